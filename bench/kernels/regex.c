/* Small steps through two data structures at once: a backtracking matcher of regular expressions over lines of text. */
#include "kernel.h"

enum { TEXT = 1 << 16, PROGRAM = 128 };
enum op { CHAR, ANY, CLASS, SPLIT, JUMP, FIRST, LAST, MATCH };
struct step {
  uint8_t op, c;
  int16_t x, y; /* places to go on at, the better first */
  uint32_t set[8];
};
static struct step program[PROGRAM];
static int length;
static char text[TEXT + 1];

static struct step *emit(enum op op, int x, int y) {
  program[length] = (struct step){.op = op, .x = x, .y = y};
  return &program[length++];
}

/* Opens a gap in front of what was compiled last. */
static void insert(int at, struct step step) {
  for (int i = length++; i > at; i--) {
    program[i] = program[i - 1];
    if (program[i].op == SPLIT || program[i].op == JUMP) program[i].x += program[i].x >= at, program[i].y += program[i].y >= at;
  }
  program[at] = step;
}

static const char *alternatives(const char *p);

static const char *atom(const char *p) {
  if (*p == '(') return alternatives(p + 1) + 1;
  if (*p == '[') {
    struct step *step = emit(CLASS, 0, 0);
    int inverted = *++p == '^';
    for (p += inverted; *p != ']'; p++) {
      int low = (unsigned char)*p, high = p[1] == '-' && p[2] != ']' ? (unsigned char)p[2] : low;
      if (high != low) p += 2;
      for (int c = low; c <= high; c++) step->set[c >> 5] |= 1u << (c & 31);
    }
    for (int i = 0; inverted && i < 8; i++) step->set[i] = ~step->set[i];
    return p + 1;
  }
  if (*p == '.') emit(ANY, 0, 0);
  else if (*p == '^') emit(FIRST, 0, 0);
  else if (*p == '$') emit(LAST, 0, 0);
  else emit(CHAR, 0, 0)->c = *p;
  return p + 1;
}

static const char *sequence(const char *p) {
  while (*p && *p != '|' && *p != ')') {
    int at = length;
    p = atom(p);
    if (*p == '+') emit(SPLIT, at, length + 1), p++;
    else if (*p == '?') insert(at, (struct step){.op = SPLIT, .x = at + 1, .y = length + 1}), p++;
    else if (*p == '*') {
      insert(at, (struct step){.op = SPLIT, .x = at + 1, .y = length + 2});
      emit(JUMP, at, 0);
      p++;
    }
  }
  return p;
}

static const char *alternatives(const char *p) {
  int at = length;
  p = sequence(p);
  if (*p != '|') return p;
  insert(at, (struct step){.op = SPLIT, .x = at + 1, .y = length + 2});
  int jump = length;
  emit(JUMP, 0, 0);
  p = alternatives(p + 1);
  program[jump].x = length;
  return p;
}

static const char *match(int pc, const char *p, const char *line) {
  for (;;) {
    const struct step *step = &program[pc];
    unsigned char c = *p;
    switch (step->op) {
      case CHAR:
        if (c != step->c) return NULL;
        p++, pc++;
        break;
      case ANY:
        if (c == '\n') return NULL;
        p++, pc++;
        break;
      case CLASS:
        if (c == '\n' || !(step->set[c >> 5] >> (c & 31) & 1)) return NULL;
        p++, pc++;
        break;
      case SPLIT: {
        const char *end = match(step->x, p, line);
        if (end) return end;
        pc = step->y;
        break;
      }
      case JUMP: pc = step->x; break;
      case FIRST:
        if (p != line) return NULL;
        pc++;
        break;
      case LAST:
        if (c != '\n') return NULL;
        pc++;
        break;
      default: return p;
    }
  }
}

static const char *const patterns[] = {
  "[a-f]+[0-9][0-9]*", "(ab|ba|ac)+d", "^[a-h]* [0-9]+$", "e.?f.*[^a-d ]g", "(a|b|c|d)*e(f|g)h", "[0-9]+ [a-c]+( [0-9])?",
};

static uint64_t kernel(void) {
  static const char letters[] = "aabbccddeeffgghh0123456789      \n";
  for (int i = 0; i < TEXT; i++) text[i] = letters[random64() % (sizeof letters - 1)];
  text[TEXT - 1] = '\n';
  uint64_t sum = 0;
  for (size_t k = 0; k < sizeof patterns / sizeof *patterns; k++) {
    length = 0;
    alternatives(patterns[k]);
    emit(MATCH, 0, 0);
    uint64_t matches = 0, size = 0;
    for (const char *line = text, *p = text; p < text + TEXT;) {
      const char *end = match(0, p, line);
      if (end) matches++, size += (uint64_t)(end - p);
      p = end && end > p ? end : p + 1;
      if (p[-1] == '\n') line = p;
    }
    sum = sum * 1000003 + (matches << 20) + size;
  }
  return sum;
}
