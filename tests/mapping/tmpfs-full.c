/* A memory file system that is full: what mappings of its files do. */
#include "mapping.h"
#include <sys/mount.h>

int main(void) {
  PAGE("tmpfs(5)", "Mapping files of a full file system");
  mkdir("small", 0755);
  ROW("mount", "mounted with room for 4 pages", mount("none", "small", "tmpfs", 0, "size=16k"));
  int fd = open("small/data", O_RDWR | O_CREAT, 0644);
  ROW("truncate", "a file may be longer than that", ftruncate(fd, 16 * P));
  char *at = mmap(NULL, 16 * P, RW, MAP_SHARED, fd, 0);
  for (int i = 0; i < 3; i++) at[i * P] = 1;
  STORE("store", "a store into a hole takes a page", at + 3 * P);
  STORE("store-full", "when there is none left", at + 4 * P);
  LOAD("load-full", "a load is no better: it takes a page, too", at + 5 * P);
  char *private = mmap(NULL, 16 * P, RW, MAP_PRIVATE, fd, 0);
  STORE("private-full", "in a private mapping as well", private + 6 * P);
  STORE("there", "pages that are there can be stored to", at);
  ROW("read-hole", "read(2) of a hole takes none", byte_of(fd, 8 * P));
  ROW("write-full", "ENOSPC: write(2) into a hole", pwrite(fd, "x", 1, 8 * P));
  ROW("allocate-full", "ENOSPC: fallocate(2)", fallocate(fd, 0, 8 * P, P));
  ROW("call-full", "EFAULT: a system call that stores into a hole", pread(fd, at + 9 * P, 1, 0));
  ROW("call-load-full", "EFAULT: or loads from one", pwrite(fd, at + 9 * P, 1, 0));
  ROW("populate-full", "EFAULT: MADV_POPULATE_WRITE", madvise(at + 9 * P, P, MADV_POPULATE_WRITE));
  ROW("resident", "only the pages that had room are there", resident(at, 16));
  ROW("punch", "a hole where a page was", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, P));
  STORE("room", "makes room for a store elsewhere", at + 10 * P);
  STORE("room-gone", "but not for a second", at);
  ROW("msync", "msync(2)", msync(at, 16 * P, MS_SYNC));
  ROW("grow", "a longer file", ftruncate(fd, 32 * P));
  munmap(at, 16 * P), munmap(private, 16 * P), close(fd);
  umount("small");
  return 0;
}
