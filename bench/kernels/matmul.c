/* Nested loops over two-dimensional arrays: integer matrix multiplication. */
#include "kernel.h"

enum { N = 160 };
static int64_t a[N][N], b[N][N], c[N][N];

static uint64_t kernel(void) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = random64() % 1000, b[i][j] = random64() % 1000;
  uint64_t sum = 0;
  for (int round = 0; round < 5; round++) {
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        int64_t s = 0;
        for (int k = 0; k < N; k++) s += a[i][k] * b[k][j];
        c[i][j] = s;
      }
    for (int i = 0; i < N; i++) sum = sum * 33 + c[i][(i * 7) % N];
    a[round][round] ^= sum;
  }
  return sum;
}
