/* Recursion and bit operations: the queens problem. */
#include "kernel.h"

static uint64_t place(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
  if (columns == all) return 1;
  uint64_t count = 0;
  for (uint32_t free = all & ~(columns | left | right); free; free &= free - 1) {
    uint32_t bit = free & -free;
    count += place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}

static uint64_t kernel(void) { return place((1 << 11) - 1, 0, 0, 0); }
