/*
 * A program with a compiler of its own: functions of random instructions are written, called until they are hot, changed in every way that
 * Linux allows, and called again. What they return is compared with what an evaluator of the same instructions says.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define LENGTH 12
#define HOT 60

typedef struct { uint8_t op, a; int16_t imm; } Step;
typedef struct { int turns, length; Step steps[LENGTH]; } Source;
typedef uint64_t (*Function)(uint64_t, uint64_t);

static uint64_t state = 88172645463325252ull;
static uint64_t number(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state;
}

/* Registers a0..a3; the turns are counted in a4. */
enum { ADDI, XORI, ADD, SUB, XOR, SLLI, SRLI, MUL, ADDW, OPS };

static Source compose(void) {
  Source source = {20 + (int)(number() % 20), 4 + (int)(number() % (LENGTH - 3)), {{0, 0, 0}}};
  for (int i = 0; i < source.length; i++)
    source.steps[i] = (Step){(uint8_t)(number() % OPS), (uint8_t)(number() & 3), (int16_t)((int)(number() & 0xfff) - 2048)};
  return source;
}

static uint64_t evaluate(const Source *source, uint64_t a, uint64_t b) {
  uint64_t x[4] = {a, b, 3, 5};
  for (int turn = source->turns; turn > 0; turn--)
    for (int i = 0; i < source->length; i++) {
      const Step *s = &source->steps[i];
      uint64_t *to = &x[s->a], from = x[(s->a + 1) & 3];
      switch (s->op) {
        case ADDI: *to += (uint64_t)(int64_t)s->imm; break;
        case XORI: *to ^= (uint64_t)(int64_t)s->imm; break;
        case ADD: *to += from; break;
        case SUB: *to -= from; break;
        case XOR: *to ^= from; break;
        case SLLI: *to <<= s->imm & 31; break;
        case SRLI: *to >>= s->imm & 31; break;
        case MUL: *to *= from | 1; break;
        case ADDW: *to = (uint64_t)(int64_t)(int32_t)(*to + from); break;
      }
    }
  return x[0] ^ x[1] ^ x[2] ^ x[3];
}

enum { A0 = 10, A2 = 12, A3, A4, A5 };
static uint32_t immediate(uint32_t base, int rd, int rs1, int imm) {
  return base | (uint32_t)rd << 7 | (uint32_t)rs1 << 15 | (uint32_t)imm << 20;
}
static uint32_t registers(uint32_t base, int rd, int rs1, int rs2) {
  return base | (uint32_t)rd << 7 | (uint32_t)rs1 << 15 | (uint32_t)rs2 << 20;
}
static uint32_t branch(int rs1, int rs2, int offset) { /* bne */
  uint32_t o = (uint32_t)offset;
  return 0x1063 | (uint32_t)rs1 << 15 | (uint32_t)rs2 << 20 | (o >> 11 & 1) << 7 | (o >> 1 & 15) << 8 | (o >> 5 & 63) << 25 | (o >> 12 & 1) << 31;
}
static uint32_t jump(int rd, int offset) {
  uint32_t o = (uint32_t)offset;
  return 0x6f | (uint32_t)rd << 7 | (o >> 12 & 255) << 12 | (o >> 11 & 1) << 20 | (o >> 1 & 1023) << 21 | (o >> 20 & 1) << 31;
}

static uint32_t encode(Step s) {
  int to = A0 + s.a, from = A0 + ((s.a + 1) & 3);
  switch (s.op) {
    case ADDI: return immediate(0x13, to, to, s.imm);
    case XORI: return immediate(0x4013, to, to, s.imm);
    case ADD: return registers(0x33, to, to, from);
    case SUB: return registers(0x40000033, to, to, from);
    case XOR: return registers(0x4033, to, to, from);
    case SLLI: return immediate(0x1013, to, to, s.imm & 31);
    case SRLI: return immediate(0x5013, to, to, s.imm & 31);
    default: return registers(0x3b, to, to, from);
  }
}

/* Words written; the first step is at words[3]. */
static int compile(const Source *source, uint32_t *words) {
  int n = 0;
  words[n++] = immediate(0x13, A2, 0, 3);
  words[n++] = immediate(0x13, A3, 0, 5);
  words[n++] = immediate(0x13, A4, 0, source->turns);
  for (int i = 0; i < source->length; i++) {
    Step s = source->steps[i];
    if (s.op == MUL) {
      words[n++] = immediate(0x6013, A5, A0 + ((s.a + 1) & 3), 1);
      words[n++] = registers(0x02000033, A0 + s.a, A0 + s.a, A5);
    } else words[n++] = encode(s);
  }
  words[n++] = immediate(0x13, A4, A4, -1);
  words[n] = branch(A4, 0, (3 - n) * 4);
  n++;
  for (int i = 1; i < 4; i++) words[n++] = registers(0x4033, A0, A0, A0 + i);
  words[n++] = 0x8067; /* ret */
  return n;
}

static int calls, wrong;
static void check(const Source *source, const void *code, int times) {
  for (int i = 0; i < times; i++) {
    uint64_t a = number(), b = number(), found = ((Function)code)(a, b);
    calls++;
    if (found != evaluate(source, a, b)) wrong++;
  }
}

static void flush(void *from, long bytes) { __builtin___clear_cache((char *)from, (char *)from + bytes); }

static void *area(int pages, int protection) {
  void *found = mmap(NULL, (size_t)pages * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (found == MAP_FAILED) perror("mmap"), exit(1);
  return found;
}

/* Written anew in place, and single steps of the loop changed. */
static void in_place(void) {
  uint32_t *code = area(1, PROT_READ | PROT_WRITE | PROT_EXEC);
  for (int round = 0; round < 12; round++) {
    Source source = compose();
    flush(code, 4 * compile(&source, code));
    check(&source, code, HOT);
    for (int change = 0; change < 6; change++) {
      int at = 0, word = 3;
      while (at < source.length && source.steps[at].op == MUL) word += 2, at++;
      if (at == source.length) break;
      source.steps[at] = (Step){(uint8_t)(number() & 1), (uint8_t)(number() & 3), (int16_t)(number() & 1023)};
      code[word] = encode(source.steps[at]);
      flush(&code[word], 4);
      check(&source, code, HOT / 2);
    }
  }
  munmap(code, PAGE);
}

/* Never writable and executable at once. */
static void toggled(void) {
  uint32_t *code = area(1, PROT_READ | PROT_WRITE);
  for (int round = 0; round < 25; round++) {
    Source source = compose();
    mprotect(code, PAGE, PROT_READ | PROT_WRITE);
    int words = compile(&source, code);
    mprotect(code, PAGE, PROT_READ | PROT_EXEC);
    flush(code, 4 * words);
    check(&source, code, HOT / 2);
  }
  munmap(code, PAGE);
}

/* One page seen at two addresses: written through one, executed through the other. */
static void twice_mapped(void) {
  int file = memfd_create("code", 0);
  ftruncate(file, PAGE);
  uint32_t *data = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  void *code = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
  for (int round = 0; round < 25; round++) {
    Source source = compose();
    uint32_t words[64];
    int n = compile(&source, words);
    if (round & 1) pwrite(file, words, 4 * (size_t)n, 0);
    else memcpy(data, words, 4 * (size_t)n);
    flush(code, 4 * n);
    check(&source, code, HOT / 2);
  }
  munmap(data, PAGE);
  munmap(code, PAGE);
  close(file);
}

/* A child changes what its parent goes on executing, then the other way round. */
static void forked(void) {
  uint32_t *code = area(1, PROT_READ | PROT_WRITE | PROT_EXEC);
  for (int round = 0; round < 4; round++) {
    Source source = compose();
    flush(code, 4 * compile(&source, code));
    check(&source, code, HOT);
    Source other = compose();
    pid_t child = fork();
    if (child == 0) {
      wrong = 0;
      check(&source, code, HOT / 2);
      flush(code, 4 * compile(&other, code));
      check(&other, code, HOT);
      _exit(wrong != 0);
    }
    check(&source, code, HOT / 2);
    flush(code, 4 * compile(&other, code));
    check(&other, code, HOT / 2);
    int status;
    waitpid(child, &status, 0);
    wrong += status != 0;
  }
  munmap(code, PAGE);
}

/* Another thread writes; the one that calls hears of it. */
static uint32_t *shared;
static Source published;
static volatile int version, seen;
static void *writer(void *unused) {
  for (int round = 1; round <= 20; round++) {
    Source source = compose();
    flush(shared, 4 * compile(&source, shared));
    published = source;
    __atomic_store_n(&version, round, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&seen, __ATOMIC_SEQ_CST) != round) sched_yield();
  }
  return unused;
}
static void threaded(void) {
  shared = area(1, PROT_READ | PROT_WRITE | PROT_EXEC);
  pthread_t thread;
  pthread_create(&thread, NULL, writer, NULL);
  for (int round = 1; round <= 20; round++) {
    while (__atomic_load_n(&version, __ATOMIC_SEQ_CST) != round) sched_yield();
    check(&published, shared, HOT / 2);
    __atomic_store_n(&seen, round, __ATOMIC_SEQ_CST);
  }
  pthread_join(thread, NULL);
  munmap(shared, PAGE);
}

/* One page gone and another in its place; code moved away and other code put where it was. */
static void moved(void) {
  uint32_t *code = area(1, PROT_READ | PROT_WRITE | PROT_EXEC);
  for (int round = 0; round < 12; round++) {
    Source source = compose(), other = compose();
    flush(code, 4 * compile(&source, code));
    check(&source, code, HOT / 2);
    void *elsewhere = area(1, PROT_NONE);
    if (mremap(code, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere) != elsewhere) wrong++;
    mmap(code, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    flush(code, 4 * compile(&other, code));
    for (int i = 0; i < 3; i++) check(&source, elsewhere, HOT / 4), check(&other, code, HOT / 4);
    if (round & 1) madvise(code, PAGE, MADV_DONTNEED);
    else mmap(code, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    flush(code, 4 * compile(&source, code));
    check(&source, code, HOT / 4);
    munmap(elsewhere, PAGE);
  }
  munmap(code, PAGE);
}

/* A loop across two pages, an instruction across the border; only the second page is written. */
static void across(void) {
  char *pages = area(2, PROT_READ | PROT_WRITE | PROT_EXEC);
  for (int round = 0; round < 20; round++) {
    Source source = compose();
    uint32_t words[64];
    int n = compile(&source, words);
    char *code = pages + PAGE - 18; /* four words and half of the fifth are in the first page */
    memcpy(code, words, 4 * (size_t)n);
    flush(code, 4 * n);
    check(&source, code, HOT / 2);
    int last = source.length - 1;
    if (source.steps[last].op == MUL || n < 10) continue;
    source.steps[last] = (Step){ADDI, (uint8_t)(number() & 3), (int16_t)(number() & 1023)};
    uint32_t word = encode(source.steps[last]);
    char *at = code + 4 * (n - 7); /* in front of addi, bne, three xors, ret: the last step */
    memcpy(at, &word, 4);
    flush(at, 4);
    check(&source, code, HOT / 2);
  }
  munmap(pages, 2 * PAGE);
}

/* A function calls another one, far away, that is written anew: the caller's code holds a copy of it. */
static void called(void) {
  uint32_t *code = area(3, PROT_READ | PROT_WRITE | PROT_EXEC), *callee = code + 2 * PAGE / 4;
  /* mv t0, ra; jal callee; addi a0, a0, 7; jr t0 */
  uint32_t caller[] = {immediate(0x13, 5, 1, 0), jump(1, 2 * PAGE - 4), immediate(0x13, A0, A0, 7), immediate(0x67, 0, 5, 0)};
  memcpy(code, caller, sizeof caller);
  for (int round = 0; round < 20; round++) {
    Source source = compose();
    flush(callee, 4 * compile(&source, callee));
    flush(code, sizeof caller);
    for (int i = 0; i < HOT; i++) {
      uint64_t a = number(), b = number();
      calls++;
      wrong += ((Function)code)(a, b) != evaluate(&source, a, b) + 7;
    }
  }
  munmap(code, 3 * PAGE);
}

/* Code that writes the instruction behind its own store. */
static void self(void) {
  uint32_t *code = area(1, PROT_READ | PROT_WRITE | PROT_EXEC);
  /* sw a1, 8(a0); fence.i; [written: addi a0, zero, imm]; ret, called as f(code, word) */
  uint32_t words[] = {0x00b52423, 0x0000100f, 0, 0x8067};
  memcpy(code, words, sizeof words);
  flush(code, sizeof words);
  for (int i = 0; i < 400; i++) {
    uint64_t value = i % 7 == 0 ? (uint64_t)i : 5;
    calls++;
    wrong += ((Function)(void *)code)((uint64_t)code, immediate(0x13, A0, 0, (int)value)) != value;
  }
  munmap(code, PAGE);
}

int main(int argc, char **argv) {
  static const struct { const char *name; void (*run)(void); } parts[] = {
    {"in place", in_place}, {"toggled", toggled}, {"twice mapped", twice_mapped}, {"forked", forked}, {"threaded", threaded},
    {"moved", moved}, {"across", across}, {"called", called}, {"self", self},
  };
  for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (argc > 1 && strcmp(argv[1], parts[i].name) == 0) continue;
    calls = wrong = 0;
    state = 88172645463325252ull + i; /* what is left out changes nothing of the rest */
    parts[i].run();
    printf("%s: %d calls, %d wrong\n", parts[i].name, calls, wrong);
    fflush(stdout);
  }
  return 0;
}
