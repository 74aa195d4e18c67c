/* mincore(2). */
#include "mapping.h"

int main(void) {
  PAGE("mincore(2)", "Results");
  unsigned char vector[64] = {0};
  char *at = map(8, RW, PRIVATE), *shared = map(4, RW, SHARED);
  ROW("fresh", "pages of new memory that are there", resident(at, 8));
  at[P] = 1, at[3 * P] = 1;
  ROW("touched", "after stores in two", resident(at, 8));
  HOLDS("which", "the vector tells which", mincore(at, 8 * P, vector) == 0 && !(vector[0] & 1) && (vector[1] & 1) && (vector[3] & 1) && !(vector[4] & 1));
  ROW("result", "the result is 0", mincore(at, P, vector));
  (void)*(volatile char *)(at + 5 * P);
  ROW("read", "a page that was only read is there, too", resident(at + 5 * P, 1));
  madvise(at, 8 * P, MADV_DONTNEED);
  ROW("dropped", "after MADV_DONTNEED", resident(at, 8));
  vector[2] = 0xaa;
  mincore(at, P + 1, vector);
  ROW("rounded", "a length is rounded up, and no more is written than that", vector[2]);
  ROW("length-0", "length 0", mincore(at, 0, vector));
  ROW("length-0-unmapped", "length 0 where nothing is mapped", mincore(room(1), 0, vector));
  int fd = file_of("data", 4);
  char *file = mmap(NULL, 8 * P, RW, MAP_SHARED, fd, 0);
  ROW("file", "pages of a file that are in the cache count, mapped or not", resident(file, 4));
  ROW("file-private", "in a private mapping as well", resident(mmap(NULL, 4 * P, RW, MAP_PRIVATE, fd, 0), 4));
  ROW("file-beyond", "pages beyond the end of the file", resident(file + 4 * P, 4));
  shared[0] = 1;
  CHILD(ROW("shared", "shared memory that another process has touched", resident(shared, 4)));
  CHILD(shared[2 * P] = 1);
  ROW("shared-child", "and that a child has", resident(shared, 4));
  char *locked = map(4, RW, PRIVATE);
  mlock(locked, 4 * P);
  ROW("locked", "locked memory", resident(locked, 4));
  ROW("none", "PROT_NONE", resident(map(2, PROT_NONE, PRIVATE), 2));
  mprotect(locked, 4 * P, PROT_NONE);
  ROW("protected", "pages that can no longer be read", resident(locked, 4));

  PAGE("mincore(2)", "Errors");
  ROW("odd", "EINVAL: an address that is not a multiple of the page size", mincore(at + 1, P, vector));
  ROW("odd-length-0", "even with length 0", mincore(at + 1, 0, vector));
  ROW("unmapped", "ENOMEM: nothing is mapped there", mincore(room(1), P, vector));
  munmap(at + 2 * P, P);
  ROW("hole", "ENOMEM: a hole in the range", mincore(at, 4 * P, vector));
  ROW("hole-after", "ENOMEM: a hole at its end", mincore(at + P, 2 * P, vector));
  ROW("fault", "EFAULT: a vector that can't be written", mincore(at, P, (void *)8));
  ROW("fault-read-only", "EFAULT: a vector that may only be read", mincore(at, P, (void *)map(1, PROT_READ, PRIVATE)));
  ROW("overflow", "ENOMEM: a range beyond the address space", mincore(at, 1UL << 62, vector));
  ROW("wraps", "ENOMEM: a range that wraps around", mincore(at, -P, vector));
  return 0;
}
