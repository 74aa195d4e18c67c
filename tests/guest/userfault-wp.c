/* userfaultfd: write protection, shared memory, minor faults, moves, poison. */
#include "userfault.h"

static unsigned char *source;

static int reads(void *p) { return touch(p, -1); }
static int writes(void *p) { return touch(p, 9); }

static uint64_t entry(void *p) {
  uint64_t value = 0;
  int fd = open("/proc/self/pagemap", O_RDONLY);
  pread(fd, &value, 8, (uint64_t)p / PAGE * 8);
  close(fd);
  return value;
}

/* Is it marked as protected? */
static int marked(void *p) { return entry(p) >> 57 & 1; }

static void protection(void) {
  struct task t;
  uffd = open_uffd(O_NONBLOCK, UFFD_FEATURE_PAGEFAULT_FLAG_WP);
  T(reg(area, 8 * PAGE, 2));
  area[0] = 1;
  area[PAGE] = 2;
  printf("%d %d\n", area[2 * PAGE], marked(area));
  T(protect(area, 8 * PAGE, 1));
  printf("marked: %d %d %d %d\n", marked(area), marked(area + PAGE), marked(area + 2 * PAGE), marked(area + 3 * PAGE));
  printf("still read: %d\n", area[0]);
  start(&t, writes, area + 1);
  next();
  T(protect(area, PAGE, 0));
  outcome = finish(&t);
  printf("wrote %d, marked %d\n", outcome, marked(area));
  start(&t, writes, area + 2 * PAGE);
  next();
  T(protect(area + 2 * PAGE, PAGE, 2));
  T(wake(area + 2 * PAGE, PAGE));
  printf("a page of zeros: wrote %d\n", finish(&t));
  /* What was not there is not protected. */
  area[3 * PAGE] = 5;
  printf("%d\n", marked(area + 3 * PAGE));
  T(protect(area, PAGE, 3));
  T(protect(area, PAGE, 4));
  T(protect(area, 9 * PAGE, 1));
  T(protect(source, PAGE, 1));
  /* Unprotected by being unregistered. */
  start(&t, writes, area + PAGE);
  next();
  T(unreg(area, 8 * PAGE));
  wake(area, 8 * PAGE);
  printf("wrote %d\n", finish(&t));
  printf("%d\n", marked(area + PAGE));

  T(reg(area, 8 * PAGE, 3));
  madvise(area, 8 * PAGE, MADV_DONTNEED);
  start(&t, writes, area);
  next();
  T(copy(area, source, PAGE, UFFDIO_COPY_MODE_WP));
  struct uffd_msg m = next();
  (void)m;
  T(protect(area, PAGE, 0));
  printf("wrote %d\n", finish(&t));
  /* mprotect and a child leave it alone. */
  T(copy(area + PAGE, source, PAGE, UFFDIO_COPY_MODE_WP));
  mprotect(area, 8 * PAGE, PROT_READ);
  mprotect(area, 8 * PAGE, RW);
  printf("%d\n", marked(area + PAGE));
  if (fork() == 0) {
    area[PAGE] = 3;
    area[5 * PAGE] = 3;
    _exit(marked(area + PAGE));
  }
  int status;
  wait(&status);
  printf("the child: %x, here %d %d\n", status, marked(area + PAGE), area[PAGE]);
  start(&t, writes, area + PAGE);
  next();
  protect(area + PAGE, PAGE, 0);
  printf("wrote %d\n", finish(&t));
  close(uffd);
}

static void asynchronous(void) {
  uffd = open_uffd(O_NONBLOCK, FEATURE_WP_ASYNC);
  madvise(area, 8 * PAGE, MADV_DONTNEED);
  area[0] = area[PAGE] = 1;
  T(reg(area, 8 * PAGE, 2));
  T(protect(area, 2 * PAGE, 1));
  area[PAGE] = 4;
  printf("%d %d, %d\n", marked(area), marked(area + PAGE), area[PAGE]);
  close(uffd);
}

static void shared(int private) {
  struct task t;
  uffd = open_uffd(O_NONBLOCK, UFFD_FEATURE_MISSING_SHMEM);
  int fd = memfd_create("m", 0);
  ftruncate(fd, 6 * PAGE);
  unsigned char *old = area;
  area = mmap(0, 8 * PAGE, RW, private ? MAP_PRIVATE : MAP_SHARED, fd, 0);
  T(reg(area, 8 * PAGE, 1));
  pwrite(fd, "x", 1, 5 * PAGE);
  printf("there already: %d\n", touch(area + 5 * PAGE, -1));
  start(&t, writes, area + 10);
  next();
  T(copy(area, source, PAGE, 0));
  char byte = 0;
  printf("wrote %d", finish(&t));
  pread(fd, &byte, 1, 10);
  printf(", in the file %d\n", byte);
  start(&t, reads, area + PAGE);
  next();
  T(zeropage(area + PAGE, PAGE, 0));
  printf("read %d\n", finish(&t));
  pwrite(fd, "y", 1, 2 * PAGE);
  T(copy(area + 2 * PAGE, source, PAGE, 0));
  printf("%ld: %d\n", done, touch(area + 2 * PAGE, -1));
  printf("beyond: %d\n", touch(area + 6 * PAGE, -1));
  T(copy(area + 6 * PAGE, source, PAGE, 0));
  printf("%ld\n", done);
  T(zeropage(area + 6 * PAGE, PAGE, 0));
  printf("%ld\n", done);
  /* The file is read and written past the watch. */
  char bytes[4];
  T(pread(fd, bytes, 4, 3 * PAGE));
  T(pwrite(fd, "abcd", 4, 3 * PAGE));
  printf("%c\n", area[3 * PAGE]);
  munmap(area, 8 * PAGE);
  area = old;
  close(fd);
  close(uffd);
}

static void minor(void) {
  struct task t;
  uffd = open_uffd(O_NONBLOCK, UFFD_FEATURE_MINOR_SHMEM);
  int fd = memfd_create("m", 0);
  ftruncate(fd, 4 * PAGE);
  unsigned char *old = area;
  area = mmap(0, 5 * PAGE, RW, MAP_SHARED, fd, 0);
  unsigned char *other = mmap(0, 4 * PAGE, RW, MAP_SHARED, fd, 0);
  struct uffdio_register r = {.range = {(uint64_t)area, 5 * PAGE}, .mode = 4};
  T(ioctl(uffd, UFFDIO_REGISTER, &r));
  printf("%llx\n", r.ioctls & 0x1ff);
  area[PAGE] = 3;
  printf("a hole is no minor fault: %d\n", area[PAGE]);
  other[0] = 7;
  start(&t, writes, area + 1);
  next();
  other[2] = 8;
  T(proceed(area, PAGE, 0));
  outcome = finish(&t);
  printf("%ld, wrote %d, sees %d %d\n", done, outcome, area[0], area[2]);
  T(proceed(area, PAGE, 0));
  printf("%ld\n", done);
  T(proceed(area + 2 * PAGE, PAGE, 0));
  printf("%ld\n", done);
  T(proceed(area + 4 * PAGE, PAGE, 0));
  printf("%ld\n", done);
  T(proceed(area + 2 * PAGE, PAGE, 2));
  printf("%ld\n", done);
  T(proceed(area + 2 * PAGE, PAGE, 4));
  other[3 * PAGE] = 1;
  start(&t, reads, area + 3 * PAGE);
  next();
  T(proceed(area + 3 * PAGE, PAGE, 1));
  T(wake(area, 4 * PAGE));
  printf("read %d\n", finish(&t));
  munmap(area, 5 * PAGE);
  munmap(other, 4 * PAGE);
  area = old;
  close(uffd);
}

static void moves(void) {
  struct task t;
  uffd = open_uffd(O_NONBLOCK, 0);
  madvise(area, 8 * PAGE, MADV_DONTNEED);
  T(reg(area, 8 * PAGE, 1));
  unsigned char *from = mmap(0, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  from[0] = 1;
  from[2 * PAGE] = 3;
  start(&t, reads, area + 5);
  next();
  T(move(area, from, PAGE, 0));
  outcome = finish(&t);
  printf("%ld, read %d %d\n", done, outcome, area[0]);
  printf("left behind: %d\n", from[0]);
  T(move(area + PAGE, from + PAGE, 2 * PAGE, 0));
  printf("%ld\n", done);
  T(move(area + PAGE, from + PAGE, 2 * PAGE, MOVE_HOLES));
  printf("%ld, %d\n", done, area[2 * PAGE]);
  from[3 * PAGE] = 5;
  T(move(area, from + 3 * PAGE, PAGE, 0));
  printf("%ld\n", done);
  T(move(area + 3 * PAGE, from + 3 * PAGE, 2 * PAGE, 0));
  T(move(area + 3 * PAGE, from + 3 * PAGE, PAGE, 4));
  T(move(from, area, PAGE, 0));
  T(move(area + 3 * PAGE, from + 3 * PAGE + 1, PAGE, 0));
  int pipes[2];
  pipe(pipes);
  if (fork() == 0) {
    close(pipes[1]);
    read(pipes[0], &pipes, 1);
    _exit(0);
  }
  T(move(area + 3 * PAGE, from + 3 * PAGE, PAGE, 0));
  printf("%ld\n", done);
  close(pipes[1]);
  wait(NULL);
  from[3 * PAGE] = 6;
  T(move(area + 3 * PAGE, from + 3 * PAGE, PAGE, 0));
  printf("%ld, %d\n", done, area[3 * PAGE]);
  area[3 * PAGE] = 7;
  mprotect(from, PAGE, PROT_READ);
  T(move(area + 5 * PAGE, from, PAGE, 0));
  munmap(from, 4 * PAGE);
  close(uffd);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  catch_faults();
  area = mmap(0, 9 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(area + 8 * PAGE, PAGE, PROT_NONE);
  source = mmap(0, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 4 * PAGE; i++) source[i] = i % 251 + 1;
  protection();
  asynchronous();
  shared(0);
  shared(1);
  minor();
  moves();
  return 0;
}
