/* msync(2). */
#include "mapping.h"

int main(void) {
  PAGE("msync(2)", "Effects");
  int fd = file_of("data", 4);
  char *at = mmap(NULL, 4 * P, RW, MAP_SHARED, fd, 0), *private = mmap(NULL, 4 * P, RW, MAP_PRIVATE, fd, 0);
  at[0] = 1;
  ROW("sync", "MS_SYNC writes what was stored", msync(at, 4 * P, MS_SYNC));
  ROW("sync-read", "which read(2) sees", byte_of(fd, 0));
  ROW("async", "MS_ASYNC", msync(at, 4 * P, MS_ASYNC));
  ROW("invalidate", "MS_INVALIDATE", msync(at, 4 * P, MS_INVALIDATE));
  ROW("sync-invalidate", "MS_SYNC and MS_INVALIDATE", msync(at, 4 * P, MS_SYNC | MS_INVALIDATE));
  ROW("async-invalidate", "MS_ASYNC and MS_INVALIDATE", msync(at, 4 * P, MS_ASYNC | MS_INVALIDATE));
  ROW("none", "no flags: allowed by Linux, not by POSIX", msync(at, 4 * P, 0));
  ROW("length-0", "length 0", msync(at, 0, MS_SYNC));
  ROW("length-0-unmapped", "length 0 where nothing is mapped", msync(room(1), 0, MS_SYNC));
  ROW("rounded", "a length is rounded up", msync(at, 1, MS_SYNC));
  private[0] = 9;
  ROW("private", "a private mapping: nothing is written", msync(private, 4 * P, MS_SYNC));
  ROW("private-read", "as read(2) shows", byte_of(fd, 0));
  ROW("anonymous", "anonymous memory", msync(map(1, RW, PRIVATE), P, MS_SYNC));
  ROW("anonymous-shared", "shared anonymous memory", msync(map(1, RW, SHARED), P, MS_SYNC));
  at[P] = 3;
  CHILD(ROW("child", "in a child, of what its parent stored", msync(at, 4 * P, MS_SYNC)));
  ROW("protected", "of pages that can't be read", (mprotect(at + 2 * P, P, PROT_NONE), msync(at + 2 * P, P, MS_SYNC)));
  mprotect(at + 2 * P, P, RW);
  struct stat before, after;
  fstat(fd, &before);
  usleep(30000);
  at[0] = 4;
  msync(at, P, MS_SYNC);
  fstat(fd, &after);
  HOLDS("size", "the file's length does not change", before.st_size == after.st_size);
  ftruncate(fd, P);
  ROW("beyond", "pages beyond the end of the file", msync(at, 4 * P, MS_SYNC));
  close(fd);
  at[1] = 5;
  ROW("closed", "after close(2)", msync(at, P, MS_SYNC));
  unlink("data");
  ROW("unlinked", "of a file without a name", msync(at, P, MS_SYNC));

  PAGE("msync(2)", "Errors");
  ROW("both", "EINVAL: MS_SYNC and MS_ASYNC", msync(at, P, MS_SYNC | MS_ASYNC));
  ROW("unknown", "EINVAL: unknown flags", msync(at, P, 64));
  ROW("odd", "EINVAL: an address that is not a multiple of the page size", msync(at + 1, P, MS_SYNC));
  ROW("odd-length-0", "even with length 0", msync(at + 1, 0, MS_SYNC));
  ROW("unmapped", "ENOMEM: nothing is mapped there", msync(room(1), P, MS_SYNC));
  char *hole = map(3, RW, SHARED);
  munmap(hole + P, P);
  ROW("hole", "ENOMEM: a hole, after the rest was done", msync(hole, 3 * P, MS_SYNC));
  ROW("hole-async", "MS_ASYNC, too", msync(hole, 3 * P, MS_ASYNC));
  ROW("hole-first", "a range that begins in the hole", msync(hole + P, 2 * P, MS_SYNC));
  ROW("end", "a range that ends in one", msync(hole, 2 * P, MS_SYNC));
  ROW("wraps", "ENOMEM: a range that wraps around", msync(at, -2 * P, MS_SYNC));
  ROW("length-wraps", "a length that is 0 when rounded up", msync(at, -1UL, MS_SYNC));
  char *locked = mmap(NULL, P, RW, SHARED | MAP_LOCKED, -1, 0);
  ROW("locked", "EBUSY: MS_INVALIDATE of locked memory", msync(locked, P, MS_INVALIDATE));
  ROW("locked-sync", "MS_SYNC and MS_INVALIDATE of it", msync(locked, P, MS_SYNC | MS_INVALIDATE));
  ROW("locked-only", "MS_SYNC alone works", msync(locked, P, MS_SYNC));
  char *mixed = map(3, RW, PRIVATE);
  mlock(mixed + P, P);
  ROW("locked-part", "EBUSY when a part of the range is locked", msync(mixed, 3 * P, MS_INVALIDATE));
  ROW("order", "flags are looked at before the address", msync(at + 1, P, 64));
  return 0;
}
