/* A product of matrices, row by column and in blocks: the same sums, other pages. */
#include "runtime.h"

enum { N = 96, BLOCK = 8, ROW = 512 };

/* A row is a page: as in matrices of 512 columns, of which the first 96 are used. */
static double a[N][ROW], b[N][ROW], c[N][ROW], d[N][ROW];

__attribute__((noipa)) static void plain(void) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      double sum = 0;
      for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
}

__attribute__((noipa)) static void blocked(void) {
  for (int k0 = 0; k0 < N; k0 += BLOCK)
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        double sum = d[i][j];
        for (int k = k0; k < k0 + BLOCK; k++) sum += a[i][k] * b[k][j];
        d[i][j] = sum;
      }
}

int main(void) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = i + j, b[i][j] = i - j;
  plain();
  blocked();
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) CHECK(c[i][j] == d[i][j]);
  printf("equal\n");
  return 0;
}
