/* A block device of 79 sectors (9 pages and 7 sectors), named by the argument: what calls on it answer. */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SIZE 40448
#define PAGE 4096

static void say(const char *what, long result) {
  if (result < 0) printf("%s = -1 %s\n", what, strerrorname_np(errno));
  else printf("%s = %ld\n", what, result);
}
#define SAY(call) say(#call, (long)(call))

static char text[2 * SIZE];

static void show(int fd, off_t at, int length) {
  memset(text, 0, sizeof text);
  long count = pread(fd, text, length, at);
  printf("at %ld: %ld bytes,", (long)at, count);
  for (int i = 0; i < count && i < 12; i++) printf(" %02x", (unsigned char)text[i]);
  printf("\n");
}

static void sizes(int fd) {
  uint64_t bytes = 0;
  unsigned long sectors = 0;
  int logical = 0, soft = 0, readonly = -1, align = -1;
  unsigned physical = 0, least = 0;
  SAY(ioctl(fd, BLKGETSIZE64, &bytes));
  SAY(ioctl(fd, BLKGETSIZE, &sectors));
  SAY(ioctl(fd, BLKSSZGET, &logical));
  SAY(ioctl(fd, BLKPBSZGET, &physical));
  SAY(ioctl(fd, BLKIOMIN, &least));
  SAY(ioctl(fd, BLKBSZGET, &soft));
  SAY(ioctl(fd, BLKROGET, &readonly));
  SAY(ioctl(fd, BLKALIGNOFF, &align));
  printf("%lu bytes, %lu sectors of %d, %u, least %u, soft %d, read only %d, alignment %d\n", (unsigned long)bytes, sectors, logical, physical,
         least, soft, readonly, align);
  unsigned long window = 1;
  SAY(ioctl(fd, BLKRAGET, &window) + (window == 0));
}

static void positions(int fd) {
  SAY(lseek(fd, 0, SEEK_END));
  SAY(lseek(fd, 1, SEEK_END));
  SAY(lseek(fd, SIZE, SEEK_SET));
  SAY(lseek(fd, SIZE + 1, SEEK_SET));
  SAY(lseek(fd, -1, SEEK_SET));
  SAY(lseek(fd, 0, SEEK_DATA));
  SAY(lseek(fd, 0, SEEK_HOLE));
  SAY(lseek(fd, SIZE - 4, SEEK_SET));
  SAY(read(fd, text, 100));
  SAY(read(fd, text, 100));
  SAY(lseek(fd, 0, SEEK_CUR));
}

static void writing(int fd) {
  SAY(pwrite(fd, "abcdef", 6, 4094));
  show(fd, 4090, 12);
  SAY(pwrite(fd, "abcdefgh", 8, SIZE - 4));
  SAY(pwrite(fd, "a", 1, SIZE));
  SAY(pwrite(fd, "a", 1, SIZE + 1));
  SAY(pwrite(fd, "", 0, SIZE + 1));
  show(fd, SIZE - 6, 20);
  show(fd, SIZE, 20);
  SAY(fsync(fd));
  SAY(fdatasync(fd));
  SAY(ftruncate(fd, 100));
  SAY(sync_file_range(fd, 0, SIZE, SYNC_FILE_RANGE_WRITE));
  SAY(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
  show(fd, 4094, 6);
  SAY(ioctl(fd, BLKFLSBUF, 0));
}

static void holes(int fd) {
  memset(text, 'x', SIZE);
  SAY(pwrite(fd, text, SIZE, 0));
  SAY(fallocate(fd, 0, 0, 4096));
  SAY(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4096));
  SAY(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096));
  SAY(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 512, 1024));
  show(fd, 510, 4);
  show(fd, 1534, 4);
  SAY(fallocate(fd, FALLOC_FL_ZERO_RANGE, 4096, 4096));
  show(fd, 4094, 4);
  show(fd, 8190, 4);
  SAY(fallocate(fd, FALLOC_FL_ZERO_RANGE, 100, 512));
  SAY(fallocate(fd, FALLOC_FL_ZERO_RANGE, SIZE, 512));
  SAY(fallocate(fd, FALLOC_FL_ZERO_RANGE, SIZE - 512, 1024));
  SAY(fallocate(fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, SIZE - 512, 1024));
  show(fd, SIZE - 514, 600);
  uint64_t range[2] = {8192, 512};
  SAY(ioctl(fd, BLKZEROOUT, range));
  show(fd, 8190, 4);
  show(fd, 8702, 4);
  range[1] = 100;
  SAY(ioctl(fd, BLKZEROOUT, range));
  range[0] = SIZE;
  range[1] = 512;
  SAY(ioctl(fd, BLKZEROOUT, range));
}

static void mapping(int fd) {
  char *shared = mmap(0, 10 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  SAY(shared == MAP_FAILED ? -1 : 0);
  shared[5] = 'm';
  shared[9 * PAGE + 1] = 'n';
  show(fd, 4, 3);
  show(fd, 9 * PAGE, 3);
  SAY(pwrite(fd, "pq", 2, 20));
  printf("%c%c\n", shared[20], shared[21]);
  char *private = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  private[5] = 'P';
  show(fd, 5, 1);
  SAY(msync(shared, 10 * PAGE, MS_SYNC));
  SAY(munmap(shared, 10 * PAGE));
  SAY(munmap(private, PAGE));
}

static void direct(const char *path) {
  int fd = open(path, O_RDWR | O_DIRECT);
  SAY(fd < 0 ? -1 : 0);
  char *aligned = aligned_alloc(4096, 8192);
  memset(aligned, 'd', 8192);
  SAY(pwrite(fd, aligned, 512, 512));
  SAY(pwrite(fd, aligned, 100, 512));
  SAY(pread(fd, aligned, 512, 100));
  SAY(pread(fd, aligned, 1024, 0));
  printf("%c%c\n", aligned[511] == 'd' ? 'd' : '-', aligned[512]);
  SAY(pread(fd, aligned, 4096, SIZE - 512));
  close(fd);
}

int main(int argc, char **argv) {
  struct stat status;
  setvbuf(stdout, 0, _IOLBF, 0);
  int fd = open(argv[1], O_RDWR);
  if (fd < 0) return 1;
  fstat(fd, &status);
  printf("block %d, size %ld, %ld blocks, numbered %d\n", S_ISBLK(status.st_mode), (long)status.st_size, (long)status.st_blocks,
         status.st_rdev != 0);
  sizes(fd);
  positions(fd);
  writing(fd);
  holes(fd);
  mapping(fd);
  direct(argv[1]);
  SAY(truncate(argv[1], 10));
  int trunc = open(argv[1], O_WRONLY | O_TRUNC);
  SAY(trunc < 0 ? -1 : 0);
  show(fd, 0, 4);
  SAY(pread(trunc, text, 1, 0));
  int append = open(argv[1], O_WRONLY | O_APPEND);
  SAY(write(append, "a", 1));
  int reader = open(argv[1], O_RDONLY);
  SAY(pwrite(reader, "a", 1, 0));
  SAY(ioctl(reader, BLKFLSBUF, 0));
  SAY(mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, reader, 0) == MAP_FAILED ? -1 : 0);
  SAY(close(fd));
  return 0;
}
