/* A dependent chain of double arithmetic ended by a comparison: iterations of the Mandelbrot set. */
#include "kernel.h"

/* The number of iterations depends on the last bit, so nothing may be fused: plain fmul, fadd and fsub. */
#pragma GCC optimize("fp-contract=off")

enum { SIZE = 360, ITERATIONS = 200 };

static uint64_t kernel(void) {
  uint64_t sum = 0;
  for (int row = 0; row < SIZE; row++) {
    for (int column = 0; column < SIZE; column++) {
      double cx = 3.0 * column / SIZE - 2.25, cy = 3.0 * row / SIZE - 1.5;
      double x = 0, y = 0, xx = 0, yy = 0;
      int n = 0;
      while (n < ITERATIONS && xx + yy < 4) {
        y = 2 * x * y + cy;
        x = xx - yy + cx;
        xx = x * x;
        yy = y * y;
        n++;
      }
      sum = sum * 31 + (uint64_t)n;
    }
  }
  return sum;
}
