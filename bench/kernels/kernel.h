/*
 * A benchmark kernel is one function: uint64_t kernel(void), a few hundred million instructions at most, returning a checksum. With a libc this
 * header gives it a main that runs it so often as its argument says (once) and prints the sum of the checksums; with -DFREESTANDING -nostdlib (riscv64 only) a _start that does the same by system calls.
 */
#include <stddef.h>
#include <stdint.h>

/* Not to be understood from outside: what is pure would be run once. */
static uint64_t kernel(void) __attribute__((noipa));

/* A seeded generator, so that every machine works on the same data. */
static uint64_t random_state = 0x9e3779b97f4a7c15ull;
static inline uint64_t random64(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

#ifdef FREESTANDING

/* Otherwise gcc recognises the loops and makes them calls of the functions they are in. */
#define NO_LIBRARY_CALL __attribute__((optimize("no-tree-loop-distribute-patterns")))

NO_LIBRARY_CALL void *memcpy(void *restrict to, const void *restrict from, size_t n) {
  for (char *p = to; n--;) *p++ = *(const char *)from, from = (const char *)from + 1;
  return to;
}
NO_LIBRARY_CALL void *memmove(void *to, const void *from, size_t n) {
  char *p = to;
  const char *q = from;
  if (p < q) return memcpy(to, from, n);
  while (n--) p[n] = q[n];
  return to;
}
NO_LIBRARY_CALL void *memset(void *to, int byte, size_t n) {
  for (char *p = to; n--;) *p++ = byte;
  return to;
}

static long ecall3(long number, long a, long b, long c) {
  register long a7 __asm__("a7") = number;
  register long a0 __asm__("a0") = a;
  register long a1 __asm__("a1") = b;
  register long a2 __asm__("a2") = c;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
  return a0;
}

__attribute__((used)) static void start(void) {
  char text[17];
  uint64_t sum = kernel();
  for (int i = 15; i >= 0; i--, sum >>= 4) text[i] = "0123456789abcdef"[sum & 15];
  text[16] = '\n';
  ecall3(64, 1, (long)text, sizeof text);
  ecall3(93, 0, 0, 0);
}
__asm__(".globl _start\n_start:\n.option push\n.option norelax\nla gp, __global_pointer$\n.option pop\nandi sp, sp, -16\ncall start\n");

#else

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  uint64_t sum = 0;
  for (int left = argc > 1 ? atoi(argv[1]) : 1; left > 0; left--) sum += kernel();
  printf("%016llx\n", (unsigned long long)sum);
  return 0;
}

#endif
