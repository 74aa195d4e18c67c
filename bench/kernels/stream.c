/* Memory in order: arrays of 64-bit numbers copied, scaled, added, both at once, and bytes moved and set by the C library. */
#include "kernel.h"

enum { N = 1 << 16, ROUNDS = 40 };
static uint64_t a[N], b[N], c[N];

/* Each pass is a loop of its own. */
#define PASS __attribute__((noinline))

PASS static void copy(void) {
  for (int i = 0; i < N; i++) c[i] = a[i];
}
PASS static void scale(uint64_t by) {
  for (int i = 0; i < N; i++) b[i] = by * c[i];
}
PASS static void sum(void) {
  for (int i = 0; i < N; i++) c[i] = a[i] + b[i];
}
PASS static void triad(uint64_t by) {
  for (int i = 0; i < N; i++) a[i] = b[i] + by * c[i];
}

static uint64_t kernel(void) {
  for (int i = 0; i < N; i++) a[i] = random64();
  uint64_t result = 0;
  for (int round = 0; round < ROUNDS; round++) {
    copy();
    scale(round | 1);
    sum();
    triad(3);
    memcpy(c, a, sizeof a);
    memcpy((char *)b + 3, (char *)c + 1, sizeof a - 8);
    memset((char *)c + 5, round, N);
    result = result * 31 + a[round] + b[N - 1 - round] + c[round * 100];
  }
  return result;
}
