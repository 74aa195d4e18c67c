/*
 * A table that fills itself: its pages are PROT_NONE, and a SIGSEGV handler gives a page and computes its entries when one is asked for. The
 * load is run again and finds the value. lazy-table [INDEX...]: squares of those numbers; a page holds 512 of them.
 */
#include "runtime.h"

enum { PAGES = 16, ENTRIES = PAGE / 8 };

static unsigned long *table;
static volatile int filled;

static void handler(int signo, struct siginfo *info, void *context) {
  (void)context;
  CHECK(signo == SIGSEGV);
  unsigned long offset = (char *)info->address - (char *)table;
  CHECK(offset < PAGES * PAGE);
  unsigned long first = offset / PAGE * ENTRIES;
  CHECK(mprotect(table + first, PAGE, PROT_READ | PROT_WRITE) == 0);
  for (unsigned long i = first; i < first + ENTRIES; i++) table[i] = i * i;
  filled++;
  printf("filled page %lu of the table\n", first / ENTRIES);
}

static void ask(unsigned long n) {
  CHECK(n < PAGES * ENTRIES);
  printf("%lu squared is %lu\n", n, table[n]);
}

int main(int argc, char **argv) {
  table = mmap(0, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(!failed(table) && on_signal(SIGSEGV, handler) == 0);
  printf("a table of %d squares, empty\n", PAGES * (int)ENTRIES);
  if (argc > 1)
    for (int i = 1; i < argc; i++) ask(number(argv[i]));
  else {
    ask(1000);
    ask(5000);
    ask(1001);
  }
  printf("%d of %d pages were filled\n", filled, PAGES);
  return 0;
}
