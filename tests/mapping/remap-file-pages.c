/* remap_file_pages(2): since Linux 4.0 it makes other mappings. */
#include "mapping.h"

#define REMAP(...) syscall(SYS_remap_file_pages, __VA_ARGS__)

int main(void) {
  PAGE("remap_file_pages(2)", "Effects and errors");
  int fd = file_of("data", 6);
  char *at = mmap(NULL, 4 * P, RW, MAP_SHARED, fd, 0), *private = mmap(NULL, 4 * P, RW, MAP_PRIVATE, fd, 0);
  ROW("one", "a page shows another page of the file", REMAP(at + P, P, 0, 5, 0));
  LOAD("one-load", "as a load shows", at + P);
  LOAD("one-before", "those around it stay", at);
  LOAD("one-after", "on both sides", at + 2 * P);
  STORE("one-store", "a store reaches the file", at + P);
  ROW("one-read", "there", byte_of(fd, 5 * P));
  ROW("two", "two pages", REMAP(at + 2 * P, 2 * P, 0, 0, 0));
  HOLDS("two-load", "in their order", at[2 * P] == 'a' && at[3 * P] == 'b');
  ROW("extent", "maps shows mappings of their own", extent(at + P));
  ROW("nonblock", "MAP_NONBLOCK is allowed", REMAP(at, P, 0, 3, MAP_NONBLOCK));
  LOAD("nonblock-load", "and the page is there", at);
  CHILD(LOAD("child", "a child has it", at + P));
  ROW("beyond", "a page beyond the end of the file", REMAP(at, P, 0, 100, 0));
  LOAD("beyond-load", "SIGBUS at its touch", at);
  ROW("private", "EINVAL: a private mapping", REMAP(private, P, 0, 1, 0));
  ROW("anonymous", "EINVAL: private anonymous memory", REMAP(map(1, RW, PRIVATE), P, 0, 0, 0));
  ROW("prot", "EINVAL: prot is not 0", REMAP(at, P, PROT_READ, 0, 0));
  ROW("unmapped", "EINVAL: nothing is mapped there", REMAP(room(1), P, 0, 0, 0));
  ROW("length-0", "EINVAL: length 0", REMAP(at, 0, 0, 0, 0));
  ROW("odd", "an odd address is rounded down", REMAP(at + 5, P, 0, 2, 0));
  LOAD("odd-load", "to its page", at);
  ROW("wraps", "EINVAL: a range that wraps around", REMAP(at, -P, 0, 0, 0));
  ROW("pgoff", "EINVAL: an offset that can't be", REMAP(at, P, 0, -1UL, 0));
  ROW("hole", "EINVAL: a hole in the range", (munmap(at + 3 * P, P), REMAP(at + 2 * P, 2 * P, 0, 0, 0)));
  char *shared = map(2, RW, SHARED);
  shared[P] = 5;
  ROW("anonymous-shared", "shared anonymous memory", REMAP(shared, P, 0, 1, 0));
  LOAD("anonymous-shared-load", "can show another of its pages", shared);
  return 0;
}
