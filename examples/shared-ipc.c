/*
 * MAP_SHARED | MAP_ANONYMOUS survives fork as one memory: two processes pass numbers through a ring in it. A pipe each way
 * says "something is there", the data itself is never copied.
 */
#include "runtime.h"

struct ring {
  unsigned count;
  unsigned long squares[100];
};

int main(void) {
  struct ring *ring = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int ready[2], taken[2];
  char token = 0;
  CHECK(!failed(ring) && pipe(ready) == 0 && pipe(taken) == 0);

  int child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    for (int batch = 0; batch < 5; batch++) {
      for (unsigned i = 0; i < 20; i++) {
        unsigned long n = batch * 20 + i;
        ring->squares[ring->count++] = n * n;
      }
      CHECK(write(ready[1], &token, 1) == 1 && read(taken[0], &token, 1) == 1);
    }
    exit(0);
  }
  unsigned long total = 0;
  unsigned seen = 0;
  for (int batch = 0; batch < 5; batch++) {
    CHECK(read(ready[0], &token, 1) == 1);
    while (seen < ring->count) total += ring->squares[seen++];
    printf("batch %d: %u numbers so far, sum %lu\n", batch, seen, total);
    CHECK(write(taken[1], &token, 1) == 1);
  }
  CHECK(wait(0) == child);
  return 0;
}
