/* mmap(2) of the devices of memory: zero(4), null(4), full(4), random(4). */
#include "mapping.h"

static void *device(const char *path, int open_flags, int prot, int flags) {
  int fd = open(path, open_flags);
  void *at = mmap(NULL, 2 * P, prot, flags, fd, 0);
  int error = errno;
  close(fd);
  errno = error;
  return at;
}

int main(void) {
  PAGE("zero(4)", "Mapping /dev/zero");
  char *shared = device("/dev/zero", O_RDWR, RW, MAP_SHARED);
  LOAD("shared-load", "MAP_SHARED: zeros", shared);
  STORE("shared-store", "that can be written", shared + P);
  CHILD(shared[1] = 5);
  LOAD("shared-child", "a child's stores are seen", shared + 1);
  char *other = device("/dev/zero", O_RDWR, RW, MAP_SHARED);
  LOAD("shared-other", "another mapping has zeros of its own", other + P);
  char line[512];
  HOLDS("shared-name", "maps shows /dev/zero (deleted)", strstr(maps_line(shared, line, sizeof line), "/dev/zero (deleted)") != NULL);
  ROW("shared-dontneed", "MADV_DONTNEED", madvise(shared, 2 * P, MADV_DONTNEED));
  LOAD("shared-dontneed-load", "loses nothing", shared + 1);
  ROW("shared-remove", "MADV_REMOVE", madvise(shared, 2 * P, MADV_REMOVE));
  LOAD("shared-remove-load", "does", shared + 1);
  ROW("shared-msync", "msync(2)", msync(shared, 2 * P, MS_SYNC));
  char *longer = mremap(shared, 2 * P, 4 * P, MREMAP_MAYMOVE);
  LOAD("shared-beyond", "it stays as long as it was mapped at first: what mremap(2) adds has nothing behind it", longer + 2 * P);
  char *private = device("/dev/zero", O_RDWR, RW, MAP_PRIVATE);
  LOAD("private-load", "MAP_PRIVATE: zeros", private);
  STORE("private-store", "that can be written", private + P);
  CHILD(private[1] = 5);
  LOAD("private-child", "a child's stores are its own", private + 1);
  HOLDS("private-name", "maps shows /dev/zero", strstr(maps_line(private, line, sizeof line), "/dev/zero") != NULL && strstr(line, "deleted") == NULL);
  private[3] = 4;
  ROW("private-dontneed", "MADV_DONTNEED", madvise(private, 2 * P, MADV_DONTNEED));
  LOAD("private-dontneed-load", "makes it zero again", private + 3);
  memset(private, 5, 2 * P);
  ROW("private-free", "MADV_FREE", madvise(private, 2 * P, MADV_FREE));
  LOAD("private-free-load", "what is there stays while there is room", private + P);
  private[0] = 6;
  LOAD("private-free-store", "a store after it stays", private);
  ROW("shared-free", "EINVAL: MADV_FREE of a shared mapping", madvise(longer, 2 * P, MADV_FREE));
  ROW("private-wipe", "EINVAL: MADV_WIPEONFORK", madvise(private, 2 * P, MADV_WIPEONFORK));
  longer = mremap(private, 2 * P, 4 * P, MREMAP_MAYMOVE);
  LOAD("private-longer", "what mremap(2) adds is zero, too", longer + 3 * P);
  ROW("reader", "EACCES: MAP_SHARED and PROT_WRITE of a descriptor that only reads", device("/dev/zero", O_RDONLY, RW, MAP_SHARED) == MAP_FAILED ? -1 : 0);
  HOLDS("reader-private", "MAP_PRIVATE of it may be written", device("/dev/zero", O_RDONLY, RW, MAP_PRIVATE) != MAP_FAILED);
  shared = device("/dev/zero", O_RDONLY, PROT_READ, MAP_SHARED);
  ROW("reader-mprotect", "EACCES: mprotect(2) that would make it writable", mprotect(shared, P, RW));
  ROW("writer", "EACCES: a descriptor that only writes", device("/dev/zero", O_WRONLY, PROT_READ, MAP_PRIVATE) == MAP_FAILED ? -1 : 0);
  PAGE("zero(4)", "Devices that can't be mapped");
  ROW("null", "ENODEV: /dev/null", device("/dev/null", O_RDWR, RW, MAP_SHARED) == MAP_FAILED ? -1 : 0);
  ROW("null-private", "ENODEV: privately as well", device("/dev/null", O_RDWR, RW, MAP_PRIVATE) == MAP_FAILED ? -1 : 0);
  ROW("full", "ENODEV: /dev/full", device("/dev/full", O_RDWR, RW, MAP_PRIVATE) == MAP_FAILED ? -1 : 0);
  ROW("urandom", "ENODEV: /dev/urandom", device("/dev/urandom", O_RDWR, PROT_READ, MAP_PRIVATE) == MAP_FAILED ? -1 : 0);
  return 0;
}
