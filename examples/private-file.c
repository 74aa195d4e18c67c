/*
 * A private file mapping: the pages are the file's until they are written; then this process gets a copy of its own, and the
 * file never sees the change.
 */
#include "runtime.h"

int main(void) {
  const char *path = "/tmp/private-file.dat";
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  CHECK(fd >= 0 && write(fd, "the quick brown fox", 19) == 19);

  char *p = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(!failed(p));
  printf("mapped:  %s\n", p);
  printf("beyond the end of the file the last page holds zeros: %d\n", p[19] | p[PAGE - 1]);

  memcpy(p + 4, "SLOW!", 5);
  char buffer[20] = {0};
  CHECK(pread(fd, buffer, 19, 0) == 19);
  printf("mapping: %s\n", p);
  printf("file:    %s\n", buffer);

  CHECK(close(fd) == 0 && unlink(path) == 0);
  printf("closed and unlinked, still mapped: %s\n", p);
  return 0;
}
