/* userfaultfd: the handshake, registration, pages that are missing, waking, errors. */
#include "userfault.h"

static unsigned char *source;
/* Nobody may read there. */
static unsigned char *nowhere;

static int reads(void *p) { return touch(p, -1); }
static int writes(void *p) { return touch(p, 9); }
static int pipes[2];
static int call_writes(void *p) { return write(pipes[1], p, 10); }
static int call_reads(void *p) { return read(pipes[0], p, 10); }

static int call_reads_much(void *p) { return read(pipes[0], p, 3 * PAGE - 100); }
static int call_writes_much(void *p) { return write(pipes[1], p, 2 * PAGE); }
static int call_populate(void *p) { return madvise(p, 2 * PAGE, 22); }
static int call_lock(void *p) { return mlock(p, PAGE); }

static void handshake(void) {
  T(syscall(SYS_userfaultfd, 0x40000000));
  T(syscall(SYS_userfaultfd, 2));
  int fd = syscall(SYS_userfaultfd, O_NONBLOCK | O_CLOEXEC);
  printf("%x %x\n", fcntl(fd, F_GETFD), fcntl(fd, F_GETFL) & ~0100000);
  char link[64] = "", path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  T(readlink(path, link, sizeof link));
  printf("%s\n", link);
  struct uffd_msg m;
  T(read(fd, &m, sizeof m));
  T(write(fd, &m, sizeof m));
  struct pollfd waits = {fd, POLLIN | POLLOUT, 0};
  T(poll(&waits, 1, 0));
  printf("%x\n", waits.revents);
  struct uffdio_range range = {(uint64_t)area, PAGE};
  T(ioctl(fd, UFFDIO_WAKE, &range));
  struct uffdio_api api = {.api = 0xab};
  T(ioctl(fd, UFFDIO_API, &api));
  printf("%llx %llx %llx\n", api.api, api.features, api.ioctls);
  api = (struct uffdio_api){.api = UFFD_API, .features = 1ULL << 40};
  T(ioctl(fd, UFFDIO_API, &api));
  T(ioctl(fd, UFFDIO_API, BAD));
  api = (struct uffdio_api){.api = UFFD_API};
  T(ioctl(fd, UFFDIO_API, &api));
  printf("%llx %llx %llx\n", api.api, api.features & 0x1ffff, api.ioctls);
  T(ioctl(fd, UFFDIO_API, &api));
  T(ioctl(fd, 0xaa30, 0));
  T(read(fd, &m, sizeof m));
  T(read(fd, &m, 31));
  T(poll(&waits, 1, 0));
  T(lseek(fd, 0, SEEK_SET));
  fcntl(fd, F_SETFL, 0);
  T(poll(&waits, 1, 0));
  printf("%x\n", waits.revents);
  T(close(fd));
}

static void registration(void) {
  T(reg(area, 0, 1));
  T(reg(area, PAGE, 0));
  T(reg(area, PAGE, 8));
  T(reg(area + 1, PAGE, 1));
  T(reg(area, 100, 1));
  T(reg((void *)0x1000, PAGE, 1));
  T(reg((void *)-8192UL, PAGE, 1));
  T(reg(area, -4096UL, 1));
  T(reg(area, PAGE, 4));
  struct uffdio_register r = {.range = {(uint64_t)area, 2 * PAGE}, .mode = 1};
  T(ioctl(uffd, UFFDIO_REGISTER, &r));
  printf("%llx\n", r.ioctls & 0x1ff);
  r.mode = 3;
  T(ioctl(uffd, UFFDIO_REGISTER, &r));
  printf("%llx\n", r.ioctls & 0x1ff);
  int other = open_uffd(O_NONBLOCK, 0), mine = uffd;
  uffd = other;
  T(reg(area, PAGE, 1));
  uffd = mine;
  close(other);
  unsigned char *hole = area + 4 * PAGE;
  munmap(hole, PAGE);
  T(reg(hole, PAGE, 1));
  T(reg(hole - PAGE, 3 * PAGE, 1));
  T(unreg(hole, PAGE));
  T(unreg(area, 8 * PAGE));
  T(unreg(area, 8 * PAGE));
  T(unreg(area, 0));
  int file = open("file", O_RDWR | O_CREAT, 0600);
  ftruncate(file, PAGE);
  void *p = mmap(0, PAGE, RW, MAP_SHARED, file, 0);
  T(p == MAP_FAILED);
  close(file);
  int memory = memfd_create("m", 0);
  ftruncate(memory, PAGE);
  p = mmap(0, PAGE, PROT_READ, MAP_SHARED, memory, 0);
  T(reg(p, PAGE, 1));
  mmap(hole, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* What fdinfo says beyond what it says of every file. */
static void info(void) {
  char path[64], line[128];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", uffd);
  FILE *file = fopen(path, "r");
  while (fgets(line, sizeof line, file))
    if (strchr("ptA", line[0]) && strncmp(line, "pos", 3)) fputs(line, stdout);
  fclose(file);
}

static void missing(void) {
  struct task t;
  T(reg(area, 8 * PAGE, 1));
  start(&t, reads, area + 5);
  struct pollfd waits = {uffd, POLLIN, 0};
  poll(&waits, 1, 20000);
  info();
  next();
  info();
  T(copy(area, source, PAGE, 0));
  outcome = finish(&t);
  printf("%ld, it read %d\n", done, outcome);
  start(&t, writes, area + PAGE + 77);
  next();
  T(zeropage(area + PAGE, PAGE, 0));
  outcome = finish(&t);
  printf("%ld, it wrote %d beside %d\n", done, outcome, area[PAGE]);
  start(&t, writes, area + 2 * PAGE);
  next();
  T(copy(area + 2 * PAGE, source + 1, PAGE, UFFDIO_COPY_MODE_DONTWAKE));
  T(wake(area + 2 * PAGE, PAGE));
  finish(&t);
  printf("%d %d\n", area[2 * PAGE], area[2 * PAGE + 1]);
  /* Woken for nothing it asks again. */
  start(&t, reads, area + 3 * PAGE);
  next();
  T(wake(area + 3 * PAGE, PAGE));
  next();
  T(unreg(area + 3 * PAGE, PAGE));
  printf("unregistered: %d\n", finish(&t));
  T(reg(area + 3 * PAGE, PAGE, 1));

  T(copy(area, source, PAGE, 0));
  printf("%ld\n", done);
  T(copy(area + 3 * PAGE, source, 3 * PAGE, 0));
  printf("%ld\n", done);
  T(zeropage(area + 4 * PAGE, PAGE, 0));
  printf("%ld\n", done);
  T(copy(area + 6 * PAGE, source, 4 * PAGE, 0));
  printf("%ld\n", done);
  T(copy(area + 5 * PAGE, nowhere, PAGE, 0));
  printf("%ld\n", done);
  T(copy(area + 5 * PAGE, area + 8 * PAGE, PAGE, 4));
  printf("%ld\n", done);
  T(copy(area + 5 * PAGE, source, PAGE, UFFDIO_COPY_MODE_WP));
  printf("%ld\n", done);
  T(copy(area + 5 * PAGE, source, 100, 0));
  T(copy(area + 5 * PAGE + 1, source, PAGE, 0));
  T(copy(area + 9 * PAGE, source, PAGE, 0));
  printf("%ld\n", done);
  T(copy(source, source, PAGE, 0));
  printf("%ld\n", done);
  T(zeropage(area + 7 * PAGE, PAGE, 2));
  T(zeropage(area + 7 * PAGE, 0, 0));
  T(proceed(area + 7 * PAGE, PAGE, 0));
  printf("%ld\n", done);
  T(protect(area + 7 * PAGE, PAGE, 1));
  T(wake(area, 0));
  T(ioctl(uffd, UFFDIO_COPY, BAD));
  T(ioctl(uffd, UFFDIO_WAKE, BAD));
}

static void calls(void) {
  struct task t;
  madvise(area, 8 * PAGE, MADV_DONTNEED);
  pipe(pipes);
  start(&t, call_writes, area);
  next();
  copy(area, source, PAGE, 0);
  printf("write came back with %d\n", finish(&t));
  start(&t, call_reads, area + PAGE);
  next();
  zeropage(area + PAGE, PAGE, 0);
  outcome = finish(&t);
  printf("read came back with %d: %d\n", outcome, area[PAGE]);
  /* In the middle of a transfer. */
  madvise(area, 8 * PAGE, MADV_DONTNEED);
  write(pipes[1], source, 3 * PAGE);
  start(&t, call_reads_much, area + 100);
  for (int i = 0; i < 3; i++) {
    next();
    zeropage(area + i * PAGE, PAGE, 0);
  }
  outcome = finish(&t);
  printf("read came back with %d: %d\n", outcome, memcmp(area + 100, source, 3 * PAGE - 100));
  read(pipes[0], source + 3 * PAGE - 100, 100);
  start(&t, call_writes_much, area + 2 * PAGE);
  next();
  zeropage(area + 3 * PAGE, PAGE, 0);
  outcome = finish(&t);
  printf("write came back with %d\n", outcome);
  read(pipes[0], area, 2 * PAGE);
  start(&t, call_populate, area + 4 * PAGE);
  next();
  zeropage(area + 4 * PAGE, PAGE, 0);
  next();
  copy(area + 5 * PAGE, source, PAGE, 0);
  outcome = finish(&t);
  printf("madvise came back with %d\n", outcome);
  start(&t, call_lock, area + 6 * PAGE);
  next();
  copy(area + 6 * PAGE, source, PAGE, 0);
  outcome = finish(&t);
  printf("mlock came back with %d\n", outcome);
  munlock(area + 6 * PAGE, PAGE);
}

static int fills(void *p) {
  (void)p;
  for (int i = 0; i < 2; i++) {
    struct uffd_msg m = next();
    copy((void *)(m.arg.pagefault.address & -PAGE), source, PAGE, 0);
  }
  return 0;
}

/* A blocking descriptor, and a program that waits for itself. */
static void blocking(void) {
  struct task t;
  fcntl(uffd, F_SETFL, 0);
  madvise(area, 8 * PAGE, MADV_DONTNEED);
  start(&t, fills, NULL);
  int sum = area[2 * PAGE] + area[3 * PAGE];
  finish(&t);
  printf("sum %d\n", sum);
  fcntl(uffd, F_SETFL, O_NONBLOCK);
}

static volatile int interrupted;
static void on_usr1(int signo) { interrupted = signo; }

static void signals(void) {
  struct task t;
  struct sigaction action = {.sa_handler = on_usr1};
  sigaction(SIGUSR1, &action, NULL);
  madvise(area, PAGE, MADV_DONTNEED);
  start(&t, reads, area);
  next();
  pthread_kill(t.thread, SIGUSR1);
  next();
  printf("the handler ran: %d\n", interrupted == SIGUSR1);
  copy(area, source, PAGE, 0);
  printf("read %d\n", finish(&t));
  /* Closing lets everybody go on. */
  madvise(area, PAGE, MADV_DONTNEED);
  start(&t, reads, area);
  next();
  close(uffd);
  printf("after close: %d\n", finish(&t));
}

static void features(void) {
  struct task t;
  uffd = open_uffd(O_NONBLOCK | UFFD_USER_MODE_ONLY, UFFD_FEATURE_SIGBUS);
  madvise(area, 8 * PAGE, MADV_DONTNEED);
  reg(area, 8 * PAGE, 1);
  printf("SIGBUS: %d", touch(area, -1));
  printf(" code %d\n", caught_code);
  T(write(pipes[1], area, 5));
  zeropage(area, PAGE, 0);
  printf("%d\n", touch(area, -1));
  close(uffd);

  uffd = open_uffd(O_NONBLOCK | UFFD_USER_MODE_ONLY, UFFD_FEATURE_EXACT_ADDRESS | UFFD_FEATURE_THREAD_ID);
  madvise(area, 8 * PAGE, MADV_DONTNEED);
  reg(area, 8 * PAGE, 1);
  start(&t, reads, area + 1234);
  struct uffd_msg m = next();
  printf("the thread's own number: %d\n", m.arg.pagefault.feat.ptid == (unsigned)t.tid);
  copy(area, source, PAGE, 0);
  finish(&t);
  T(write(pipes[1], area + PAGE, 5));
  close(uffd);
  T(touch(area + PAGE, -1));
  int device = open("/dev/userfaultfd", O_RDWR);
  T(device < 0 ? -1 : 0);
  T(ioctl(device, 0xaa00, 3));
  T(ioctl(device, 0xaa01, 0));
  int made = ioctl(device, 0xaa00, O_CLOEXEC);
  T(fcntl(made, F_GETFD));
}

static void without_rights(void) {
  if (fork() == 0) {
    setresuid(1000, 1000, 1000);
    T(syscall(SYS_userfaultfd, 0));
    int fd = syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);
    T(fd < 0 ? -1 : 0);
    struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_EVENT_FORK};
    T(ioctl(fd, UFFDIO_API, &api));
    T(open("/dev/userfaultfd", O_RDWR));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
}

/* With an argument: nobody will ever give the page. */
int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  catch_faults();
  area = mmap(0, 10 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(area + 8 * PAGE, 2 * PAGE, PROT_NONE);
  source = mmap(0, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 4 * PAGE; i++) source[i] = i % 251 + 1;
  nowhere = mmap(0, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (argc > 1) {
    uffd = open_uffd(0, 0);
    reg(area, PAGE, 1);
    return reads(area);
  }
  handshake();
  uffd = open_uffd(O_NONBLOCK, 0);
  registration();
  missing();
  calls();
  blocking();
  signals();
  features();
  without_rights();
  return 0;
}
