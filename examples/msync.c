/*
 * msync: when a promise about the medium is needed. Stores go to the page cache; MS_SYNC returns when the dirty pages of the
 * range are on the medium. A range that is not wholly mapped is ENOMEM, contradictory flags are EINVAL.
 */
#include "runtime.h"

int main(void) {
  const char *path = "/tmp/msync.dat";
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  CHECK(fd >= 0 && ftruncate(fd, 8 * PAGE) == 0);
  char *p = mmap(0, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(!failed(p));

  for (int i = 0; i < 8; i++) p[i * PAGE] = 'a' + i;
  printf("MS_SYNC of three pages: %d\n", msync(p + PAGE, 3 * PAGE, MS_SYNC));
  printf("MS_ASYNC of all: %d\n", msync(p, 8 * PAGE, MS_ASYNC));
  printf("MS_SYNC | MS_ASYNC: %d\n", msync(p, PAGE, MS_SYNC | MS_ASYNC));
  printf("an unaligned address: %d\n", msync(p + 1, PAGE, MS_SYNC));
  CHECK(munmap(p + 4 * PAGE, PAGE) == 0);
  printf("a range with a hole: %d\n", msync(p, 8 * PAGE, MS_SYNC));

  int other = open(path, O_RDONLY, 0);
  char seen[9] = {0};
  for (int i = 0; i < 8; i++) CHECK(pread(other, seen + i, 1, i * PAGE) == 1);
  printf("another descriptor reads: %s\n", seen);
  unlink(path);
  return 0;
}
