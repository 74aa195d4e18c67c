/* munmap(2). */
#include "mapping.h"

int main(void) {
  PAGE("munmap(2)", "Effects");
  char *at = map(6, RW, PRIVATE), *wall;
  memset(at, 5, 6 * P);
  ROW("whole", "a whole mapping", munmap(map(2, RW, PRIVATE), 2 * P));
  ROW("middle", "a part in the middle", munmap(at + 2 * P, P));
  LOAD("middle-gone", "a load there", at + 2 * P);
  STORE("middle-gone-store", "a store there", at + 3 * P - 1);
  JUMP("middle-gone-jump", "a jump there", at + 2 * P);
  LOAD("before", "the part before it stays", at + 2 * P - 1);
  LOAD("after", "and the part behind it", at + 3 * P);
  ROW("unmapped", "a range without mappings is no error", munmap(at + 2 * P, P));
  ROW("across", "a range with mappings and a hole", munmap(at + P, 3 * P));
  LOAD("across-before", "what lies before the range stays", at);
  LOAD("across-inside", "all of it is gone", at + 3 * P);
  LOAD("across-after", "what lies behind stays", at + 4 * P);
  ROW("rounded", "a length is rounded up to whole pages", munmap(at + 4 * P, 1));
  LOAD("rounded-gone", "so that the whole page is gone", at + 4 * P + 2000);
  LOAD("rounded-next", "and the next one is not", at + 5 * P);
  HOLDS("reused", "the place is free for another mapping", mmap(at + 4 * P, P, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0) == at + 4 * P);
  LOAD("reused-zero", "whose pages are new", at + 4 * P);
  int fd = file_of("data", 2);
  char *shared = mmap(NULL, 2 * P, RW, MAP_SHARED, fd, 0);
  shared[0] = 9;
  ROW("file", "of a shared mapping of a file", munmap(shared, 2 * P));
  ROW("file-kept", "what was stored in it stays in the file", byte_of(fd, 0));
  char *private = mmap(NULL, 2 * P, RW, MAP_PRIVATE, fd, 0);
  private[0] = 8;
  munmap(private, 2 * P);
  ROW("private-lost", "what was stored in a private mapping does not get there", byte_of(fd, 0));
  char *common = map(2, RW, SHARED);
  common[0] = 3;
  CHILD(munmap(common, 2 * P));
  LOAD("child", "a child's munmap takes nothing from its parent", common);
  CHILD(common[1] = 4; munmap(common, P); exit(0));
  LOAD("child-stored", "what it stored in shared memory before stays", common + 1);
  char *locked = map(2, RW, PRIVATE | MAP_LOCKED);
  ROW("locked", "locked memory can be unmapped", munmap(locked, 2 * P));
  at = map(3, RW, PRIVATE);
  munmap(at, P);
  ROW("first-page", "the first page of a mapping: the rest keeps its pages", extent(at + P) >= 2);
  munmap(at + 2 * P, P);
  LOAD("last-page", "the last page: the rest stays", at + P);
  char *sparse = mmap(NULL, 1UL << 32, RW, PRIVATE | MAP_NORESERVE, -1, 0);
  sparse[1UL << 31] = 1;
  ROW("large", "4 GiB with one page touched", munmap(sparse, 1UL << 32));

  PAGE("munmap(2)", "Errors");
  at = map(2, RW, PRIVATE);
  ROW("length-0", "length 0", munmap(at, 0));
  ROW("odd", "an address that is not a multiple of the page size", munmap(at + 1, P));
  ROW("odd-length-0", "such an address and length 0", munmap(at + 1, 0));
  ROW("beyond", "a range that ends beyond the address space", munmap(at, 1UL << 62));
  ROW("overflow", "one that wraps around", munmap(at, -P));
  ROW("far", "an address beyond the address space", munmap((char *)(1UL << 62), P));
  ROW("null", "address 0, where nothing is mapped", munmap(NULL, P));
  LOAD("kept", "after an error nothing has changed", at);
  return 0;
}
