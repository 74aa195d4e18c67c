/* Doubles through memory at growing strides: fast Fourier transforms in place, forth and back. */
#include "kernel.h"
#include "root.h"

enum { BITS = 14, N = 1 << BITS, ROUNDS = 6 };
static double re[N], im[N], cosine[N / 2], sine[N / 2];

/* cosine[k], sine[k] of 2 pi k / N. An angle is halved by roots, from pi down; the rest are sums of two known angles. */
static void fill_table(void) {
  double c = 0, s = 1; /* of pi / 2 */
  cosine[0] = 1;
  sine[0] = 0;
  for (int k = N / 4; k >= 1; k /= 2) {
    cosine[k] = c;
    sine[k] = s;
    double half = root((1 + c) / 2);
    s = s / (2 * half);
    c = half;
  }
  for (int high = 2; high < N / 2; high *= 2)
    for (int k = 1; k < high; k++) {
      cosine[high + k] = cosine[high] * cosine[k] - sine[high] * sine[k];
      sine[high + k] = sine[high] * cosine[k] + cosine[high] * sine[k];
    }
}

static void transform(int inverse) {
  for (int i = 1, j = 0; i < N; i++) {
    int bit = N >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      double t = re[i];
      re[i] = re[j], re[j] = t;
      t = im[i];
      im[i] = im[j], im[j] = t;
    }
  }
  for (int length = 2; length <= N; length *= 2) {
    int half = length / 2, step = N / length;
    for (int start = 0; start < N; start += length)
      for (int k = 0; k < half; k++) {
        double wr = cosine[k * step], wi = inverse ? sine[k * step] : -sine[k * step];
        int p = start + k, q = p + half;
        double tr = re[q] * wr - im[q] * wi, ti = re[q] * wi + im[q] * wr;
        re[q] = re[p] - tr, im[q] = im[p] - ti;
        re[p] += tr, im[p] += ti;
      }
  }
}

static uint64_t kernel(void) {
  fill_table();
  for (int i = 0; i < N; i++) re[i] = (double)(int)(random64() % 1000), im[i] = 0;
  uint64_t sum = 0;
  for (int round = 0; round < ROUNDS; round++) {
    transform(0);
    for (int i = 1; i < N; i *= 2) sum = sum * 33 + (uint64_t)(int64_t)(re[i] * 64 + im[i] * 16);
    transform(1);
    for (int i = 0; i < N; i++) re[i] /= N, im[i] /= N;
    sum = sum * 33 + (uint64_t)(int64_t)(re[round] + 0.5);
  }
  return sum;
}
