/* Division and integer-to-double conversion in the inner loop: the spectral norm of a matrix given by a formula. */
#include "kernel.h"
#include "root.h"

enum { N = 260, ROUNDS = 10 };

static double element(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void multiply(const double *v, double *result, int transposed) {
  for (int i = 0; i < N; i++) {
    double sum = 0;
    for (int j = 0; j < N; j++) sum += (transposed ? element(j, i) : element(i, j)) * v[j];
    result[i] = sum;
  }
}

static uint64_t kernel(void) {
  static double u[N], v[N], half[N];
  for (int i = 0; i < N; i++) u[i] = 1;
  for (int round = 0; round < ROUNDS; round++) {
    multiply(u, half, 0);
    multiply(half, v, 1);
    multiply(v, half, 0);
    multiply(half, u, 1);
  }
  double uv = 0, vv = 0;
  for (int i = 0; i < N; i++) uv += u[i] * v[i], vv += v[i] * v[i];
  return (uint64_t)(root(uv / vv) * 1e9); /* the digits that no fusing changes */
}
