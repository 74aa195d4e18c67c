/* A tight loop of unpredictable branches: longest Collatz chain. */
#include "kernel.h"

static uint64_t kernel(void) {
  uint64_t best = 0, at = 0;
  for (uint64_t i = 1; i < 300000; i++) {
    uint64_t n = i, steps = 0;
    while (n != 1) {
      n = n & 1 ? 3 * n + 1 : n / 2;
      steps++;
    }
    if (steps > best) best = steps, at = i;
  }
  return best << 32 | at;
}
