/* Single precision with fused multiply-add where the compiler finds it: matrix multiplication. */
#include "kernel.h"

enum { N = 160 };
static float a[N][N], b[N][N], c[N][N];

static uint64_t kernel(void) {
  /* Whole numbers below 2^6: every sum of 160 products is below 2^24 and exact, fused or not. */
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = (float)(int)(random64() % 64), b[i][j] = (float)(int)(random64() % 64);
  uint64_t sum = 0;
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        float s = 0;
        for (int k = 0; k < N; k++) s += a[i][k] * b[k][j];
        c[i][j] = s;
      }
    for (int i = 0; i < N; i++) sum = sum * 33 + (uint64_t)c[i][(i * 7) % N];
    a[round][round] = (float)(int)(sum % 64);
  }
  return sum;
}
