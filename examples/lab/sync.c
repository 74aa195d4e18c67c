/* The same stores to a mapped file of /disk, made durable by msync after each round over its pages, after every fourth, and once at the end. */
#include "runtime.h"

enum { PAGES = 64, ROUNDS = 16, STEP = 64 };

static inline __attribute__((always_inline)) void rounds(volatile char *p, int each) {
  for (int round = 1; round <= ROUNDS; round++) {
    for (int i = 0; i < PAGES; i++)
      for (int at = 0; at < (int)PAGE; at += STEP) p[i * PAGE + at] = round;
    if (round % each == 0) CHECK(msync((void *)p, PAGES * PAGE, MS_SYNC) == 0);
  }
}
__attribute__((noipa)) static void sync_each_round(volatile char *p) {
  rounds(p, 1);
}
__attribute__((noipa)) static void sync_each_fourth(volatile char *p) {
  rounds(p, 4);
}
__attribute__((noipa)) static void sync_once(volatile char *p) {
  rounds(p, ROUNDS);
}

int main(void) {
  int fd = open("/disk/pagewalk-synced", O_RDWR | O_CREAT, 0600);
  CHECK(fd >= 0 && ftruncate(fd, PAGES * PAGE) == 0);
  char *p = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(!failed(p));
  sync_each_round(p);
  sync_each_fourth(p);
  sync_once(p);
  unlink("/disk/pagewalk-synced");
  printf("done\n");
  return 0;
}
