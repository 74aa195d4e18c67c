/* Byte loads and stores with a stride: the sieve of Eratosthenes. */
#include "kernel.h"

enum { LIMIT = 1 << 20 };
static uint8_t composite[LIMIT];

static uint64_t kernel(void) {
  uint64_t count = 0;
  for (int round = 0; round < 8; round++) {
    memset(composite, 0, LIMIT);
    for (uint32_t i = 2; i < LIMIT; i++) {
      if (composite[i]) continue;
      count += i;
      for (uint64_t k = (uint64_t)i * i; k < LIMIT; k += i) composite[k] = 1;
    }
  }
  return count;
}
