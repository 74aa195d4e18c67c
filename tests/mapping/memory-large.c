/* Files in memory of any size that an offset can say, and offsets of mappings up to their end: sparse ones. */
#include "mapping.h"

#include <limits.h>
#include <linux/falloc.h>

#define T (1UL << 40)

static int fd;
static struct stat st;

static long size(void) {
  fstat(fd, &st);
  return st.st_size;
}
static char *view_of(int file, size_t pages, off_t at) {
  return mmap(NULL, pages * P, RW, MAP_SHARED, file, at);
}
static char *view(off_t at) {
  return view_of(fd, 1, at);
}
static long put(off_t at) {
  return pwrite(fd, "abc", 3, at);
}
static long get(off_t at) {
  char bytes[4] = {0};
  long count = pread(fd, bytes, 3, at);
  return count <= 0 ? count : (unsigned char)bytes[count - 1];
}
static int shows(void *at, const char *offset) {
  char line[512];
  return strstr(maps_line(at, line, sizeof line), offset) != NULL;
}

/* What works with pages works with those of any index: near one that has 32 bits, and with many more. */
static void use_at(const char *where, off_t at, const char *offset) {
  char id[64];
#define ID(name) (snprintf(id, sizeof id, "%s-%s", name, where), id)
  PAGE("mmap(2)", strcmp(where, "16t") == 0 ? "Files in memory: at 16 TiB" : strcmp(where, "1p") == 0 ? "Files in memory: at 1 PiB" : "Files in memory: at 4 PiB");
  ROW(ID("size"), "ftruncate(2) to four pages more", ftruncate(fd, at + 4 * P));
  char *map = view_of(fd, 4, at);
  LOAD(ID("load"), "a load", map + P);
  STORE(ID("store"), "a store", map + P + 9);
  ROW(ID("byte"), "which read(2) sees", byte_of(fd, at + P + 9));
  ROW(ID("write"), "pwrite(2)", put(at + 2 * P - 1));
  LOAD(ID("write-load"), "is in the mapping", map + 2 * P + 1);
  LOAD(ID("low"), "what has the same low 32 bits of an index has nothing of it", view((at + P) & (16 * T - 1)) + 9);
  ROW(ID("blocks"), "st_blocks", (size(), st.st_blocks));
  HOLDS(ID("maps"), "maps shows the offset", shows(map, offset));
  ROW(ID("mincore"), "mincore(2): pages", resident(map, 4));
  ROW(ID("msync"), "msync(2)", msync(map, 4 * P, MS_SYNC));
  CHILD(map[P] = 5);
  LOAD(ID("child"), "a child's store", map + P);
  char *copy = mmap(NULL, 4 * P, RW, MAP_PRIVATE, fd, at);
  STORE(ID("private"), "a store to a private mapping", copy + P);
  LOAD(ID("private-shared"), "is not in the file", map + P);
  HOLDS(ID("data"), "SEEK_DATA", lseek(fd, at, SEEK_DATA) == (off_t)(at + P));
  HOLDS(ID("hole"), "SEEK_HOLE", lseek(fd, at + P, SEEK_HOLE) == (off_t)(at + 3 * P));
  ROW(ID("protect"), "mprotect(2) of a page splits it", mprotect(map + P, P, PROT_READ));
  LOAD(ID("protect-load"), "a load behind it", map + 2 * P + 1);
  ROW(ID("remap-file"), "remap_file_pages(2): the second page in place of the last", remap_file_pages(map + 3 * P, P, 0, at / P + 1, 0));
  LOAD(ID("remap-load"), "a load", map + 3 * P + 9);
  char *moved = mremap(map + 2 * P, P, 2 * P, MREMAP_MAYMOVE);
  LOAD(ID("mremap"), "mremap(2) makes it longer elsewhere", moved + P);
  LOAD(ID("mremap-load"), "a load", moved + 1);
  ROW(ID("advise"), "MADV_DONTNEED", madvise(moved, 2 * P, MADV_DONTNEED));
  LOAD(ID("advise-load"), "loses nothing", moved + 1);
  ROW(ID("remove"), "MADV_REMOVE", madvise(moved, P, MADV_REMOVE));
  LOAD(ID("remove-load"), "does", moved + 1);
  ROW(ID("punch"), "FALLOC_FL_PUNCH_HOLE", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at + P, P));
  LOAD(ID("punch-load"), "takes what was mapped", map + P);
  LOAD(ID("punch-private"), "and not a private copy", copy + P);
  ROW(ID("allocate"), "fallocate(2)", fallocate(fd, 0, at + 3 * P, 2 * P));
  ROW(ID("allocate-blocks"), "st_blocks", (size(), st.st_blocks));
  ROW(ID("truncate"), "ftruncate(2) to its start", ftruncate(fd, at));
  LOAD(ID("truncate-load"), "a load", map + P);
  LOAD(ID("truncate-private"), "of a private copy", copy + P);
  ROW(ID("empty"), "st_blocks", (size(), st.st_blocks));
  munmap(map, 4 * P), munmap(copy, 4 * P), munmap(moved, 2 * P);
}

int main(void) {
  fd = memfd_create("large", 0);
  use_at("16t", 16 * T - P, " ffffffff000 ");
  use_at("1p", 1024 * T, " 4000000000000 ");
  use_at("4p", 4096 * T + 64 * P, " 10000000040000 ");

  PAGE("mmap(2)", "Files in memory: their end");
  ROW("end", "ftruncate(2) to 2^63 - 1", ftruncate(fd, LONG_MAX));

  PAGE("mmap(2)", "Offsets of devices");
  int null = open("/dev/null", O_RDWR);
  int zero = open("/dev/zero", O_RDWR);
  off_t half = (off_t)(1UL << 63);
  WORKS("null", "ENODEV: /dev/null", (long)view_of(null, 1, 0));
  WORKS("null-63", "ENODEV: at 2^63, too", (long)view_of(null, 1, half));
  WORKS("null-below", "ENODEV: at the page before it", (long)view_of(null, 1, (off_t)((1UL << 63) - P)));
  WORKS("null-odd", "EINVAL: not at a page", (long)view_of(null, 1, half + 1));
  WORKS("null-end", "EOVERFLOW: at the last page of 64 bits", (long)view_of(null, 1, -(off_t)P));
  WORKS("null-before", "ENODEV: at the one before it", (long)view_of(null, 1, -2 * (off_t)P));
  char *at = mmap(NULL, 2 * P, RW, MAP_PRIVATE, zero, half);
  LOAD("zero", "/dev/zero at 2^63, private: a load", at);
  STORE("zero-store", "a store", at + P);
  HOLDS("zero-maps", "maps shows the offset", shows(at, " 8000000000000000 "));
  at = mmap(NULL, 2 * P, RW, MAP_PRIVATE, zero, -3 * (off_t)P);
  LOAD("zero-end", "three pages before the end", at + P);
  at = mmap(NULL, 2 * P, RW, MAP_SHARED, zero, half);
  LOAD("zero-shared", "shared, it is as long as the mapping at first: a load", at);
  at = mmap(NULL, 4 * P, RW, MAP_SHARED, zero, 2 * P);
  LOAD("zero-part", "two pages from the third on: a load", at + P);
  LOAD("zero-behind", "behind them", at + 2 * P);
  int ends[2];
  pipe(ends);
  WORKS("pipe", "ENODEV: a pipe at 2^63", (long)view_of(ends[0], 1, half));
  WORKS("directory", "ENODEV: a directory at 2^63", (long)mmap(NULL, P, PROT_READ, MAP_PRIVATE, open("/", O_RDONLY), half));
  WORKS("closed", "EBADF: no file", (long)view_of(99, 1, half));
  WORKS("place", "ENOMEM: a place that can't be comes first", (long)mmap((void *)-(2 * P), P, RW, MAP_SHARED | MAP_FIXED, fd, half));
  return 0;
}
