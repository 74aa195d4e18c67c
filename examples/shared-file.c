/*
 * A shared file mapping and read(2)/write(2) are two views of the same pages: a store is read back by read at once, and what
 * write puts into the file is seen through the mapping. There is one page cache.
 */
#include "runtime.h"

int main(void) {
  const char *path = "/tmp/shared-file.dat";
  char buffer[16] = {0};
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  CHECK(fd >= 0 && ftruncate(fd, 3 * PAGE) == 0);

  char *p = mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *q = mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
  CHECK(!failed(p) && !failed(q));

  memcpy(p + PAGE, "stored", 6);
  CHECK(pread(fd, buffer, 6, PAGE) == 6);
  printf("a store, seen by read: %s; by a second mapping: %s\n", buffer, q);

  CHECK(CALL(SYS_lseek, fd, PAGE, 0, 0, 0, 0) == (long)PAGE && write(fd, "written", 7) == 7);
  printf("a write, seen by both mappings: %s %s\n", p + PAGE, q);

  CHECK(msync(p, 3 * PAGE, MS_SYNC) == 0 && munmap(p, 3 * PAGE) == 0);
  CHECK(pread(fd, buffer, 7, PAGE) == 7);
  printf("after munmap the file holds: %s\n", buffer);
  unlink(path);
  return 0;
}
