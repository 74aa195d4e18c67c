/* What system programs are made of, after the mix of statements that Weicker counted for Dhrystone (1984): records copied and linked, short strings, calls, enumerations. */
#include "kernel.h"

/* Calls are the subject. */
#define CALLED __attribute__((noinline))

enum { ROUNDS = 700000 };
enum rank { FIRST, SECOND, THIRD, FOURTH, FIFTH };
struct record {
  struct record *link;
  enum rank rank, other;
  int number;
  char name[32];
};
static struct record one, two;
static int whole, table[50], square[50][50];
static char letter;

CALLED static void copy_string(char *to, const char *from) {
  while ((*to++ = *from++) != 0) continue;
}

CALLED static int compare_strings(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return (unsigned char)*a - (unsigned char)*b;
}

CALLED static enum rank next_rank(enum rank rank) {
  switch (rank) {
    case FIRST: return whole > 100 ? FIRST : FOURTH;
    case SECOND: return THIRD;
    case THIRD: return SECOND;
    case FOURTH: return FIFTH;
    default: return FIRST;
  }
}

CALLED static void add(int a, int b, int *sum) { *sum = a + 2 + b; }

CALLED static void follow(struct record *record) {
  if (record->rank == FIRST) add(10, whole, &record->number);
}

CALLED static void change(struct record *record) {
  struct record *next = record->link;
  *record->link = one;
  record->number = 5;
  next->number = record->number;
  next->link = record->link;
  follow(next);
  if (next->rank == FIRST) {
    next->number = 6;
    next->other = next_rank(record->other);
    next->link = one.link;
    add(next->number, 10, &next->number);
  } else *record = *record->link;
}

CALLED static void fill(int *row, int (*rows)[50], int at, int value) {
  int i = at + 5;
  row[i] = value;
  row[i + 1] = row[i];
  row[i + 30] = i;
  for (int k = i; k <= i + 1; k++) rows[i][k] = i;
  rows[i][i - 1]++;
  rows[i + 20][i] = row[i];
  whole = 5;
}

CALLED static int same_letter(char a, char b) {
  char copy = a;
  if (copy != b) return 0;
  letter = copy;
  return 1;
}

CALLED static int in_order(const char *a, const char *b) {
  int at = 2;
  char found = 'A';
  while (at <= 2)
    if (!same_letter(a[at], b[at + 1])) {
      found = 'A';
      at++;
    } else break;
  if (found >= 'W' && found < 'Z') at = 7;
  if (found == 'R') return 1;
  if (compare_strings(a, b) <= 0) return 0;
  whole = at + 7;
  return 1;
}

static uint64_t kernel(void) {
  char first[32], second[32];
  uint64_t sum = 0;
  one = (struct record){&two, FIRST, THIRD, 40, "A RECORD'S NAME, NOT SO SHORT"};
  two = one;
  copy_string(first, "THE FIRST STRING OF THE TWO");
  for (int round = 0; round < ROUNDS; round++) {
    int a = 2, b = 3, c = 0;
    whole = round & 127;
    copy_string(second, round & 1 ? "THE SECOND STRING OF THE TWO" : "THE FIRST STRING OF THE ONE");
    int differ = !in_order(first, second);
    while (a < b) {
      c = 5 * a - b;
      add(a, b, &c);
      a++;
    }
    fill(table, square, a, c);
    change(&one);
    for (char ch = 'A'; ch <= letter; ch++)
      if (same_letter(ch, 'C')) differ++;
    b = b * a;
    a = b / c;
    sum = sum * 31 + (uint64_t)(one.number + two.number + two.other + differ + a + whole + table[8]);
  }
  return sum;
}
