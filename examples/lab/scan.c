/* A file is summed up twice: read into a buffer piece by piece, and mapped. */
#include "runtime.h"

enum { PAGES = 256, BUFFER = 4 * 4096 };

static char buffer[BUFFER];

__attribute__((noipa)) static long by_read(int fd) {
  long sum = 0;
  for (long n; (n = read(fd, buffer, BUFFER)) > 0;)
    for (long i = 0; i < n; i += 64) sum += buffer[i];
  return sum;
}

__attribute__((noipa)) static long by_mmap(const char *p, long size) {
  long sum = 0;
  for (long i = 0; i < size; i += 64) sum += p[i];
  return sum;
}

int main(void) {
  int fd = open("/tmp/scanned", O_RDWR | O_CREAT | O_TRUNC, 0600);
  CHECK(fd >= 0);
  memset(buffer, 1, BUFFER);
  for (int i = 0; i < PAGES * 4096 / BUFFER; i++) CHECK(write(fd, buffer, BUFFER) == BUFFER);
  CALL(SYS_lseek, fd, 0, 0, 0, 0, 0);
  long first = by_read(fd);
  char *p = mmap(0, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
  CHECK(!failed(p));
  CHECK(by_mmap(p, PAGES * PAGE) == first);
  printf("%ld\n", first);
  return 0;
}
