/* Data-dependent branches: quicksort of 64-bit numbers. */
#include "kernel.h"

enum { N = 200000 };
static uint64_t data[N];

static void sort(uint64_t *a, long n) {
  while (n > 16) {
    uint64_t pivot = a[n / 2];
    long i = 0, j = n - 1;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) {
        uint64_t t = a[i];
        a[i++] = a[j];
        a[j--] = t;
      }
    }
    sort(a, j + 1);
    a += i;
    n -= i;
  }
  for (long i = 1; i < n; i++) {
    uint64_t x = a[i];
    long k = i;
    for (; k > 0 && a[k - 1] > x; k--) a[k] = a[k - 1];
    a[k] = x;
  }
}

static uint64_t kernel(void) {
  uint64_t sum = 0;
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < N; i++) data[i] = random64();
    sort(data, N);
    for (int i = 0; i < N; i += 1000) sum = sum * 31 + data[i];
  }
  return sum;
}
