/* The page cache of a file on a disk: what is read ahead, what is dirty, and what writes it back. */
#include "mapping.h"
#include <poll.h>

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

static int fd;
static char *at;

/* Pages of a range that are there, once they are as many as wanted or a while is over: a disk takes its time. */
static int arrive(size_t first, size_t pages, int wanted) {
  for (int tries = 0; tries < 200 && resident(at + first * P, pages) < wanted; tries++) usleep(5000);
  return resident(at + first * P, pages);
}

/* Nothing of the file is in the cache, and this descriptor has read nothing yet. */
static int cold(void) {
  close(fd);
  fd = open("data", O_RDWR);
  fsync(fd);
  for (int tries = 0; tries < 100; tries++) {
    madvise(at, 512 * P, MADV_DONTNEED);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    if (resident(at, 512) == 0) break;
    usleep(5000);
  }
  return resident(at, 512);
}

static int byte(size_t page) {
  char one;
  return pread(fd, &one, 1, page * P);
}

static void touch(size_t page) { (void)*(volatile char *)(at + page * P); }

/* Pages of the file that are not on the disk yet. */
static long dirty(void) {
  uint64_t range[2] = {0, 0}, result[5] = {0};
  if (syscall(SYS_cachestat, fd, range, result, 0) != 0) return -errno;
  return result[1] + result[2];
}

static long advise(int descriptor, off_t offset, off_t length, int advice) { return syscall(SYS_fadvise64, descriptor, offset, length, advice); }

static long dirty_range(off_t from, off_t length) { return sync_file_range(fd, from, length, 7); }

int main(void) {
  char page[P];
  fd = file_of("data", 1);
  memset(page, 'x', P);
  for (int i = 0; i < 512; i++) pwrite(fd, page, P, i * P);
  at = mmap(NULL, 512 * P, RW, MAP_SHARED, fd, 0);

  PAGE("posix_fadvise(2)", "What is read, and read ahead");
  ROW("dontneed", "POSIX_FADV_DONTNEED: clean pages that nobody has mapped go", cold());
  byte(0);
  HOLDS("start", "a read from the start reads more than it needs", arrive(0, 512, 2) > 1);
  for (int i = 1; i < 64; i++) byte(i);
  HOLDS("sequential", "one that goes on reads further ahead", arrive(0, 512, 65) > 64);
  HOLDS("sequential-window", "but not all there is", resident(at, 512) < 512);
  cold();
  byte(300);
  ROW("middle", "a small read in the middle brings what it needs", arrive(0, 512, 1));
  byte(100), byte(411), byte(7);
  ROW("jumps", "and so do others", arrive(0, 512, 4));
  cold();
  advise(fd, 0, 0, POSIX_FADV_RANDOM);
  byte(0), byte(1), byte(2), byte(3);
  ROW("random", "POSIX_FADV_RANDOM: nothing is read ahead", arrive(0, 512, 4));
  advise(fd, 0, 0, POSIX_FADV_NORMAL);
  cold();
  ROW("willneed", "POSIX_FADV_WILLNEED", advise(fd, 10 * P, 20 * P, POSIX_FADV_WILLNEED));
  ROW("willneed-pages", "reads the range", arrive(10, 20, 20));
  ROW("willneed-others", "and nothing before it", resident(at, 10));
  ROW("dontneed-part", "POSIX_FADV_DONTNEED of a range", advise(fd, 12 * P, 4 * P, POSIX_FADV_DONTNEED));
  ROW("dontneed-part-pages", "drops its pages", resident(at + 12 * P, 4));
  ROW("dontneed-inside", "pages that are only touched by a range stay", (advise(fd, 20 * P + 1, P, POSIX_FADV_DONTNEED), resident(at + 20 * P, 2)));
  touch(25);
  ROW("dontneed-mapped", "and so do those that somebody has mapped", (advise(fd, 25 * P, P, POSIX_FADV_DONTNEED), resident(at + 25 * P, 1)));
  ROW("sequential-advice", "POSIX_FADV_SEQUENTIAL", advise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
  ROW("noreuse", "POSIX_FADV_NOREUSE", advise(fd, 0, 0, POSIX_FADV_NOREUSE));
  ROW("beyond", "a range beyond the end", advise(fd, 1L << 40, P, POSIX_FADV_WILLNEED));
  ROW("unknown", "EINVAL: unknown advice", advise(fd, 0, 0, 6));
  ROW("negative", "EINVAL: a negative length", advise(fd, 0, -1, POSIX_FADV_NORMAL));
  ROW("bad", "EBADF: no descriptor", advise(-1, 0, 0, POSIX_FADV_NORMAL));
  int pipes[2];
  pipe(pipes);
  ROW("pipe", "ESPIPE: a pipe", advise(pipes[0], 0, 0, POSIX_FADV_NORMAL));
  ROW("pipe-unknown", "whatever the advice", advise(pipes[0], 0, 0, 99));

  PAGE("readahead(2)", "Reading into the cache");
  cold();
  ROW("readahead", "readahead", readahead(fd, 40 * P, 8 * P));
  ROW("readahead-pages", "reads the range", arrive(40, 8, 8));
  ROW("readahead-beyond", "a range beyond the end", readahead(fd, 1L << 40, P));
  ROW("readahead-0", "nothing", readahead(fd, 0, 0));
  int writer = open("data", O_WRONLY);
  ROW("readahead-writer", "EBADF: a descriptor that only writes", readahead(writer, 0, P));
  ROW("readahead-pipe", "EINVAL: a pipe", readahead(pipes[0], 0, P));
  int directory = open(".", O_RDONLY);
  ROW("readahead-directory", "EINVAL: a directory", readahead(directory, 0, P));

  PAGE("madvise(2)", "Reading a mapped file");
  cold();
  touch(200);
  HOLDS("around", "a fault reads around its page", arrive(190, 10, 1) > 0 && arrive(201, 10, 1) > 0);
  cold();
  madvise(at, 512 * P, MADV_RANDOM);
  touch(200);
  ROW("around-random", "MADV_RANDOM: only that page", arrive(0, 512, 1));
  cold();
  madvise(at, 512 * P, MADV_SEQUENTIAL);
  touch(200);
  HOLDS("after-sequential", "MADV_SEQUENTIAL: pages after it", arrive(201, 10, 1) > 0);
  ROW("before-sequential", "none before it", resident(at + 100 * P, 100));
  cold();
  madvise(at, 512 * P, MADV_NORMAL);
  ROW("map-willneed", "MADV_WILLNEED", madvise(at + 30 * P, 9 * P, MADV_WILLNEED));
  ROW("map-willneed-pages", "reads the range", arrive(30, 9, 9));

  PAGE("msync(2)", "What is dirty");
  fsync(fd);
  ROW("clean@6.5", "after fsync(2) no page is dirty", dirty());
  at[0] = 'y';
  ROW("store@6.5", "a store makes its page dirty", dirty());
  at[1] = 'y', at[5 * P] = 'y', at[6 * P] = 'y';
  ROW("stores@6.5", "others make theirs", dirty());
  (void)*(volatile char *)(at + 8 * P);
  ROW("load@6.5", "a load makes none", dirty());
  msync(at, 512 * P, MS_ASYNC);
  ROW("ms-async@6.5", "MS_ASYNC leaves them to the kernel", dirty());
  msync(at + 5 * P, P, MS_SYNC);
  ROW("ms-sync@6.5", "MS_SYNC writes those of its range", dirty());
  at[5 * P] = 'z';
  ROW("again@6.5", "a store after that makes it dirty again", dirty());
  munmap(at, 4 * P);
  ROW("munmap@6.5", "munmap(2) writes nothing", dirty());
  mmap(at, 4 * P, RW, MAP_SHARED | MAP_FIXED, fd, 0);
  int other = open("data", O_RDWR);
  pwrite(other, "w", 1, 9 * P);
  close(other);
  ROW("close@6.5", "neither does close(2)", dirty());
  msync(at, 512 * P, MS_INVALIDATE);
  ROW("ms-invalidate@6.5", "nor MS_INVALIDATE", dirty());
  fdatasync(fd);
  ROW("fdatasync@6.5", "fdatasync(2) writes all", dirty());

  PAGE("sync_file_range(2)", "Writing a range");
  for (int i = 0; i < 8; i++) pwrite(fd, "v", 1, i * P);
  ROW("dirty-8@6.5", "dirty pages", dirty());
  ROW("range", "SYNC_FILE_RANGE_WRITE and waiting", dirty_range(2 * P, 2 * P));
  ROW("range-dirty@6.5", "leaves the others", dirty());
  ROW("range-touched", "a range that begins and ends inside pages", dirty_range(P - 1, 2));
  ROW("range-touched-dirty@6.5", "writes them", dirty());
  ROW("range-rest", "length 0: all that follows", dirty_range(6 * P, 0));
  ROW("range-rest-dirty@6.5", "which leaves these", dirty());
  ROW("range-none", "no flags", sync_file_range(fd, 0, 0, 0));
  ROW("range-none-dirty@6.5", "write nothing", dirty());
  ROW("range-wait", "waiting alone", sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WAIT_AFTER));
  ROW("range-wait-dirty@6.5", "writes nothing either", dirty());
  ROW("range-unknown", "EINVAL: unknown flags", sync_file_range(fd, 0, 0, 8));
  ROW("range-negative", "EINVAL: a negative offset", sync_file_range(fd, -P, P, 7));
  ROW("range-negative-length", "EINVAL: a negative length", sync_file_range(fd, 0, -1, 7));
  ROW("range-overflow", "EINVAL: an end beyond all files", sync_file_range(fd, P, 0x7fffffffffffffffL, 7));
  ROW("range-pipe", "ESPIPE: a pipe", sync_file_range(pipes[0], 0, 0, 7));
  ROW("range-bad", "EBADF: no descriptor", sync_file_range(-1, 0, 0, 7));
  ROW("range-reader", "a descriptor that only reads will do", sync_file_range(open("data", O_RDONLY), 0, 0, 7));

  PAGE("fsync(2)", "Writing a file");
  for (int i = 0; i < 3; i++) pwrite(fd, "u", 1, i * P);
  ROW("fsync", "fsync", fsync(fd));
  ROW("fsync-dirty@6.5", "leaves nothing dirty", dirty());
  ROW("fsync-reader", "a descriptor that only reads will do", fsync(open("data", O_RDONLY)));
  ROW("fsync-directory", "a directory", fsync(directory));
  ROW("fdatasync-directory", "fdatasync of a directory", fdatasync(directory));
  ROW("fsync-pipe", "EINVAL: a pipe", fsync(pipes[0]));
  ROW("fsync-path", "EBADF: O_PATH", fsync(open("data", O_PATH)));
  ROW("fsync-bad", "EBADF: no descriptor", fsync(-1));
  pwrite(fd, "t", 1, 0);
  ROW("syncfs", "syncfs", syncfs(directory));
  ROW("syncfs-dirty@6.5", "writes the files of its file system", dirty());
  ROW("syncfs-bad", "EBADF: no descriptor", syncfs(-1));
  pwrite(fd, "s", 1, 0);
  sync();
  ROW("sync-dirty@6.5", "sync writes all", dirty());
  int sync_fd = open("data", O_WRONLY | O_SYNC), dsync_fd = open("data", O_WRONLY | O_DSYNC);
  pwrite(sync_fd, page, 3 * P, 0);
  ROW("o-sync@6.5", "a write with O_SYNC leaves nothing dirty", dirty());
  pwrite(dsync_fd, page, P, 7 * P);
  ROW("o-dsync@6.5", "nor one with O_DSYNC", dirty());
  pwrite(fd, "r", 1, 0);
  pwrite(dsync_fd, "r", 1, 7 * P);
  ROW("o-dsync-range@6.5", "which writes its own pages", dirty());
  struct iovec one = {page, 10};
  pwritev2(fd, &one, 1, 3 * P, RWF_DSYNC);
  ROW("rwf-dsync@6.5", "as RWF_DSYNC does for a single call", dirty());
  return 0;
}
