/*
 * One file, mapped twice: MAP_SHARED and MAP_PRIVATE. shared-private [STORED]: the first STORED pages (of 8) are stored to through the private
 * mapping, and then all through the shared one. What does the private mapping show?
 */
#include "runtime.h"

enum { PAGES = 8 };

int main(int argc, char **argv) {
  int stored = argc > 1 ? number(argv[1]) : 3;
  CHECK(stored <= PAGES);
  int fd = open("/tmp/shared-private.dat", O_RDWR | O_CREAT | O_TRUNC, 0600);
  CHECK(fd >= 0 && ftruncate(fd, PAGES * PAGE) == 0);
  char *shared = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *own = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(!failed(shared) && !failed(own));
  for (int i = 0; i < PAGES; i++) shared[i * PAGE] = 'a';
  int sum = 0;
  for (int i = 0; i < PAGES; i++) sum += own[i * PAGE] == 'a';
  printf("the private mapping shows %d pages as the file has them\n", sum);
  for (int i = 0; i < stored; i++) own[i * PAGE] = 'p';
  printf("stored into %d of them privately\n", stored);
  for (int i = 0; i < PAGES; i++) shared[i * PAGE] = 's';
  sum = 0;
  for (int i = 0; i < PAGES; i++) sum += own[i * PAGE] == 's';
  printf("after stores through the shared one it shows %d new pages\n", sum);
  unlink("/tmp/shared-private.dat");
  return 0;
}
