/* Files of a disk up to the largest size and behind it (Linux: ext4, whose files end at 16 TiB): sparse ones. */
#include "mapping.h"

#define T (1UL << 40)
#define END (16 * T - P)

static int fd;
static struct stat st;

static long size(void) {
  fstat(fd, &st);
  return st.st_size / P;
}
static char *view(off_t at) {
  return mmap(NULL, P, RW, MAP_SHARED, fd, at);
}
static long put(off_t at) {
  return pwrite(fd, "abc", 3, at);
}
static long get(off_t at) {
  char bytes[3];
  return pread(fd, bytes, 3, at);
}

int main(void) {
  fd = open("large", O_RDWR | O_CREAT | O_TRUNC, 0600);
  PAGE("mmap(2)", "Files of up to 16 TiB");
  ROW("truncate-8t", "ftruncate(2) to 8 TiB and a page", ftruncate(fd, 8 * T + P));
  char *at = view(8 * T);
  LOAD("map-8t", "a mapping there: a load", at);
  STORE("store-8t", "a store", at + 9);
  ROW("byte-8t", "which read(2) sees", byte_of(fd, 8 * T + 9));
  ROW("msync-8t", "msync(2)", msync(at, P, MS_SYNC));
  munmap(at, P);
  ROW("write-last", "pwrite(2) to the last page but one", put(END - P));
  ROW("size-last", "st_size, pages", size());
  at = view(END - P);
  LOAD("map-last", "a mapping of it", at);
  munmap(at, P);
  ROW("write-over", "what goes over the end is cut", put(END - 2));
  ROW("size-over", "st_size, pages", size());
  ROW("write-end", "EFBIG: at the end", put(END));
  ROW("truncate-end", "ftruncate(2) to the end", ftruncate(fd, END));
  ROW("truncate-behind", "EFBIG: to more", ftruncate(fd, END + 1));
  ROW("truncate-far", "EFBIG: to 32 TiB", ftruncate(fd, 32 * T));
  ROW("allocate-behind", "EFBIG: fallocate(2) behind it", fallocate(fd, FALLOC_FL_KEEP_SIZE, END, P));
  HOLDS("seek-end", "lseek(2) to the end", lseek(fd, END, SEEK_SET) == END);
  ROW("seek-behind", "EINVAL: behind it", lseek(fd, END + 1, SEEK_SET));
  ROW("read-end", "read(2) at the end", get(END));
  ROW("read-far", "at 2^62", get(1L << 62));
  PAGE("mmap(2)", "Offsets behind what any file has");
  at = view(END);
  HOLDS("map-end", "a mapping at the end", at != MAP_FAILED);
  LOAD("load-end", "a load", at);
  munmap(at, P);
  at = view(16 * T);
  HOLDS("map-16t", "at 16 TiB", at != MAP_FAILED);
  STORE("store-16t", "a store", at);
  ROW("mincore-16t", "mincore: pages", resident(at, 1));
  ROW("msync-16t", "msync(2)", msync(at, P, MS_SYNC));
  ROW("dontneed-16t", "MADV_DONTNEED", madvise(at, P, MADV_DONTNEED));
  ROW("populate-16t", "EFAULT: MADV_POPULATE_READ", madvise(at, P, MADV_POPULATE_READ));
  char line[512];
  HOLDS("maps-16t", "maps shows the offset", strstr(maps_line(at, line, sizeof line), " 100000000000 ") != NULL);
  CHILD(LOAD("child-16t", "a child's load", at));
  munmap(at, P);
  at = view(1L << 62);
  LOAD("load-62", "at 2^62: a load", at);
  HOLDS("maps-62", "maps shows the offset", strstr(maps_line(at, line, sizeof line), " 4000000000000000 ") != NULL);
  munmap(at, P);
  at = mmap(NULL, 4 * P, RW, MAP_PRIVATE, fd, END - 2 * P);
  STORE("private-last", "a private mapping over the end: a store before it", at);
  STORE("private-over", "and behind it", at + 2 * P);
  ROW("truncate-under", "ftruncate(2) to nothing", ftruncate(fd, 0));
  LOAD("private-gone", "takes the copy as well", at);
  munmap(at, 4 * P);
  WORKS("overflow", "EOVERFLOW: a mapping that ends at 2^63", view((off_t)(~0UL >> 1) - P + 1));
  ROW("read-overflow", "EINVAL: read(2) there", get((off_t)(~0UL >> 1) - 1));
  close(fd), unlink("large");
  return 0;
}
