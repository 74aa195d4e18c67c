/* mmap(2): what each kind of mapping shows and whom a store reaches. */
#include "mapping.h"

static void anonymous(void) {
  PAGE("mmap(2)", "Anonymous memory");
  char *private = map(3, RW, PRIVATE), *shared = map(3, RW, SHARED);
  LOAD("anon-private-zero", "a new private anonymous page reads as zeros", private + P);
  LOAD("anon-shared-zero", "a new shared anonymous page reads as zeros", shared + P);
  STORE("anon-private-store", "it can be stored to with PROT_WRITE", private + P);
  LOAD("anon-private-keeps", "and keeps what was stored", private + P);
  CHILD(private[P] = 5; shared[P] = 6);
  LOAD("anon-private-child", "what a child stores in private memory is not seen by its parent", private + P);
  LOAD("anon-shared-child", "what a child stores in shared memory is", shared + P);
  HOLDS("anon-fd-ignored", "with MAP_ANONYMOUS the descriptor is ignored", mmap(NULL, P, RW, PRIVATE, 12345, 0) != MAP_FAILED);
  HOLDS("anon-offset", "and a multiple of the page size as offset, too", mmap(NULL, P, RW, PRIVATE, -1, 8 * P) != MAP_FAILED);
  HOLDS("length-rounded", "a length is rounded up to whole pages", private[2 * P + P - 1] == 0 && extent(mmap(NULL, P + 1, RW, SHARED, -1, 0)) == 2);
  HOLDS("aligned", "the result is a multiple of the page size", ((unsigned long)mmap(NULL, 1, RW, PRIVATE, -1, 0) & (P - 1)) == 0);
  HOLDS("never-null", "the result is never 0 without MAP_FIXED", mmap(NULL, 1, RW, PRIVATE, -1, 0) != NULL);
  int zero = open("/dev/zero", O_RDWR);
  char *zeros = mmap(NULL, P, RW, MAP_PRIVATE, zero, 0), *both = mmap(NULL, P, RW, MAP_SHARED, zero, 0);
  close(zero);
  LOAD("zero-private", "/dev/zero mapped private is anonymous memory", zeros);
  STORE("zero-private-store", "with stores of its own", zeros);
  CHILD(both[0] = 9);
  LOAD("zero-shared", "/dev/zero mapped shared is shared with children", both);
}

static void of_file(void) {
  PAGE("mmap(2)", "Files, shared and private");
  int fd = file_of("data", 4);
  char *shared = mmap(NULL, 4 * P, RW, MAP_SHARED, fd, 0), *second = mmap(NULL, 4 * P, PROT_READ, MAP_SHARED, fd, 0);
  char *private = mmap(NULL, 4 * P, RW, MAP_PRIVATE, fd, 0), *later = mmap(NULL, 2 * P, PROT_READ, MAP_SHARED, fd, 2 * P);
  LOAD("file-contents", "a mapping shows the file's bytes", shared + P);
  LOAD("file-offset", "from the offset on", later);
  shared[0] = 1;
  LOAD("file-shared-second", "a store in a shared mapping is seen by another mapping", second);
  ROW("file-shared-read", "and by read(2)", byte_of(fd, 0));
  LOAD("file-private-before", "and by a private mapping that was not written there", private);
  private[P] = 2;
  LOAD("file-private-own", "a store in a private mapping stays in it", private + P);
  LOAD("file-private-shared", "other mappings do not see it", shared + P);
  ROW("file-private-read", "nor does read(2)", byte_of(fd, P));
  shared[P] = 3;
  LOAD("file-private-copied", "a private page that was written no longer follows the file", private + P);
  private[0] = 4;
  LOAD("file-private-rest", "a copy begins with the file's bytes at the time of the store", private + 1);
  CHILD(shared[2] = 7; private[3] = 8);
  LOAD("file-shared-child", "a child's store in a shared mapping reaches its parent", shared + 2);
  LOAD("file-private-child", "one in a private mapping does not", private + 3);
  close(fd);
  LOAD("closed", "closing the descriptor does not unmap", shared + 3 * P);
  STORE("closed-store", "and stores still reach the file", shared + 3 * P);
  unlink("data");
  LOAD("unlinked", "nor does unlinking the file", shared + 3 * P);
  STORE("unlinked-store", "which can be stored to", second == MAP_FAILED ? second : shared + 2 * P);
  int again = open("data", O_RDONLY);
  ROW("unlinked-gone", "though its name is gone", again);
  fd = file_of("short", 0);
  ftruncate(fd, P + 100);
  char *tail = mmap(NULL, 3 * P, RW, MAP_SHARED, fd, 0);
  LOAD("tail-zero", "the rest of the last page reads as zeros", tail + P + 100);
  STORE("tail-store", "stores there are allowed", tail + P + 200);
  struct stat status;
  fstat(fd, &status);
  ROW("tail-size", "and don't change the file's length", status.st_size);
  ROW("tail-read", "nor are they read", byte_of(fd, P + 200));
  LOAD("beyond", "a page wholly beyond the end: SIGBUS at a load", tail + 2 * P);
  STORE("beyond-store", "and at a store", tail + 2 * P + 8);
  ftruncate(fd, 3 * P);
  LOAD("tail-not-kept", "bytes stored beyond the end may come back when the file grows over them: not with ftruncate", tail + P + 200);
  LOAD("grown", "a page that the file has grown over reads as zeros", tail + 2 * P);
  close(fd);
  int empty = file_of("empty", 0);
  char *none = mmap(NULL, P, RW, MAP_SHARED, empty, 0);
  HOLDS("empty", "an empty file can be mapped", none != MAP_FAILED);
  LOAD("empty-load", "any touch is beyond its end", none);
  HOLDS("far-offset", "so can be what lies far beyond a file's end", mmap(NULL, P, RW, MAP_SHARED, empty, 1 << 30) != MAP_FAILED);
  int sparse = open("sparse", O_RDWR | O_CREAT | O_TRUNC, 0600);
  ftruncate(sparse, 64 * P);
  char *holes = mmap(NULL, 64 * P, RW, MAP_SHARED, sparse, 0);
  LOAD("hole", "a hole of a sparse file reads as zeros", holes + 40 * P);
  STORE("hole-store", "a store in it fills it", holes + 40 * P);
  ROW("hole-read", "as read(2) sees", byte_of(sparse, 40 * P));
  struct stat before;
  stat("sparse", &before);
  HOLDS("atime", "st_size is that of ftruncate(2)", before.st_size == 64 * P);
}

static void protection(void) {
  PAGE("mmap(2)", "The prot argument");
  char *none = map(1, PROT_NONE, PRIVATE), *reading = map(1, PROT_READ, PRIVATE), *writing = map(1, PROT_WRITE, PRIVATE);
  char *all = map(1, RW | PROT_EXEC, PRIVATE);
  LOAD("none-load", "PROT_NONE: a load is refused", none);
  STORE("none-store", "PROT_NONE: a store is refused", none + 1);
  JUMP("none-jump", "PROT_NONE: execution is refused", none);
  LOAD("read-load", "PROT_READ allows loads", reading);
  STORE("read-store", "PROT_READ refuses stores", reading);
  JUMP("read-jump", "PROT_READ refuses execution", reading);
  STORE("write-store", "PROT_WRITE allows stores", writing);
  LOAD("write-load", "PROT_WRITE implies PROT_READ where the processor has no write-only pages", writing);
  memcpy(all, RETURN, sizeof RETURN);
  JUMP("exec-jump", "PROT_EXEC allows execution", all);
  SAYS("maps-none", "what /proc/PID/maps shows for PROT_NONE", permissions(none));
  SAYS("maps-read", "for PROT_READ", permissions(reading));
  SAYS("maps-write", "for PROT_WRITE alone", permissions(writing));
  SAYS("maps-all", "for all three", permissions(all));
  SAYS("maps-shared", "and for a shared mapping", permissions(map(1, RW, SHARED)));
  LOAD("unmapped", "an address without mapping", room(1));
  LOAD("null", "address 0", (char *)0);
  JUMP("jump-unmapped", "a jump to an address without mapping", room(1));
  int fd = file_of("code", 1);
  pwrite(fd, RETURN, sizeof RETURN, 0);
  JUMP("file-jump", "code of a private mapping of a file", mmap(NULL, P, RX, MAP_PRIVATE, fd, 0));
  JUMP("file-jump-shared", "code of a shared mapping of a file", mmap(NULL, P, RX, MAP_SHARED, fd, 0));
  int pair[2];
  pipe(pair);
  ROW("efault-write", "a system call that reads from PROT_NONE", write(pair[1], none, 1));
  write(pair[1], "x", 1);
  ROW("efault-read", "a system call that writes to PROT_READ", read(pair[0], reading, 1));
}

static void neighbours(void) {
  PAGE("mmap(2)", "Neighbours of one file");
  int one = file_of("neighbours", 4), two = open("neighbours", O_RDWR);
  char *at = map(4, PROT_NONE, SHARED);
  mmap(at, P, RW, MAP_SHARED | MAP_FIXED, one, 0), mmap(at + P, P, RW, MAP_SHARED | MAP_FIXED, one, P);
  ROW("neighbours", "two mappings with one descriptor are one: pages", extent(at));
  mmap(at + 2 * P, P, RW, MAP_SHARED | MAP_FIXED, dup(one), 2 * P);
  ROW("neighbours-dup", "and with its duplicate", extent(at));
  mmap(at + 3 * P, P, RW, MAP_SHARED | MAP_FIXED, two, 3 * P);
  ROW("neighbours-other", "but not with another description", extent(at));
  munmap(at, 4 * P);
  at = map(4, PROT_NONE, SHARED);
  mmap(at, P, RW, MAP_PRIVATE | MAP_FIXED, one, 0), mmap(at + P, P, RW, MAP_PRIVATE | MAP_FIXED, two, P);
  ROW("neighbours-private", "private ones neither", extent(at));
  close(one), close(two);
}

int main(void) {
  anonymous();
  of_file();
  protection();
  neighbours();
  return 0;
}
