/* userfaultfd: what is said of pages that are not there: poison, protection before there is a page, protection that outlives one. */
#include "userfault.h"

static unsigned char *source;

static int writes(void *p) { return touch(p, 9); }
static int reads(void *p) { return touch(p, -1); }

/* Protected, and: is a page there? */
static const char *state(void *p) {
  uint64_t value = 0;
  int fd = open("/proc/self/pagemap", O_RDONLY);
  pread(fd, &value, 8, (uint64_t)p / PAGE * 8);
  close(fd);
  int marked = value >> 57 & 1;
  if (value >> 63) return marked ? "protected" : "there";
  if (value >> 62 & 1) return marked ? "to be protected" : "marked";
  return "nothing";
}

static void poisons(void) {
  struct task t;
  uffd = open_uffd(O_NONBLOCK, FEATURE_POISON);
  T(reg(area, 8 * PAGE, 1));
  start(&t, writes, area);
  next();
  T(poison(area, PAGE, 0));
  outcome = finish(&t);
  printf("%ld: %d\n", done, outcome);
  printf("%s\n", state(area));
  outcome = touch(area + 5, -1);
  printf("again: %d\n", outcome);
  int pipes[2];
  pipe(pipes);
  T(write(pipes[1], area, 1));
  T(poison(area, PAGE, 0));
  printf("%ld\n", done);
  T(zeropage(area, PAGE, 0));
  T(copy(area + PAGE, source, PAGE, 0));
  T(poison(area + PAGE, PAGE, 0));
  T(poison(area + 2 * PAGE, 2 * PAGE, 0));
  printf("%ld\n", done);
  T(poison(area + 2 * PAGE, PAGE, 2));
  T(poison(area + 9 * PAGE, PAGE, 0));
  printf("%ld\n", done);
  /* A child has it, too, and so has memory that was moved. */
  if (fork() == 0) _exit(-touch(area, -1));
  int status;
  wait(&status);
  printf("the child %d\n", WEXITSTATUS(status));
  T(copy(area, source, PAGE, 0));
  printf("healed: %d\n", touch(area, -1));
  T(madvise(area + 2 * PAGE, PAGE, MADV_DONTNEED));
  printf("%s\n", state(area + 2 * PAGE));
  T(unreg(area, 8 * PAGE));
  printf("still: %d\n", touch(area + 3 * PAGE, -1));
  unsigned char *to = mremap(area + 3 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, area + 10 * PAGE);
  outcome = touch(to, 1);
  printf("moved: %d\n", outcome);
  printf("left behind: %d\n", touch(area + 3 * PAGE, -1));
  mmap(area + 3 * PAGE, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  mmap(area + 10 * PAGE, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  outcome = touch(area + 10 * PAGE, 1);
  printf("mapped anew: %d\n", outcome);
  close(uffd);
}

static void unpopulated(void) {
  struct task t;
  uffd = open_uffd(O_NONBLOCK, FEATURE_WP_UNPOPULATED);
  madvise(area, 8 * PAGE, MADV_DONTNEED);
  T(reg(area, 8 * PAGE, 2));
  T(protect(area, 4 * PAGE, 1));
  printf("%s, %s\n", state(area), state(area + 4 * PAGE));
  printf("read %d\n", touch(area, -1));
  printf("%s\n", state(area));
  start(&t, writes, area + PAGE);
  next();
  printf("%s\n", state(area + PAGE));
  T(protect(area + PAGE, PAGE, 0));
  outcome = finish(&t);
  printf("%d, %s\n", outcome, state(area + PAGE));
  T(madvise(area + 2 * PAGE, PAGE, MADV_DONTNEED));
  printf("%s\n", state(area + 2 * PAGE));
  T(protect(area + 3 * PAGE, PAGE, 0));
  printf("%s\n", state(area + 3 * PAGE));
  T(protect(area + 5 * PAGE, PAGE, 1));
  T(unreg(area, 8 * PAGE));
  printf("%s %s\n", state(area), state(area + 5 * PAGE));
  T(reg(area, 8 * PAGE, 3));
  T(protect(area + 6 * PAGE, PAGE, 1));
  start(&t, writes, area + 6 * PAGE);
  next();
  T(zeropage(area + 6 * PAGE, PAGE, 0));
  printf("%ld\n", done);
  T(copy(area + 6 * PAGE, source, PAGE, 0));
  outcome = finish(&t);
  printf("%d, %s\n", outcome, state(area + 6 * PAGE));
  close(uffd);
}

static void shared(void) {
  struct task t;
  uffd = open_uffd(O_NONBLOCK, UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_HUGETLBFS_SHMEM);
  int fd = memfd_create("m", 0);
  ftruncate(fd, 8 * PAGE);
  unsigned char *old = area;
  area = mmap(0, 8 * PAGE, RW, MAP_SHARED, fd, 0);
  unsigned char *other = mmap(0, 8 * PAGE, RW, MAP_SHARED, fd, 0);
  area[0] = 1;
  other[PAGE] = 2;
  T(reg(area, 8 * PAGE, 2));
  T(protect(area, 4 * PAGE, 1));
  printf("%s, %s, %s, %s\n", state(area), state(area + PAGE), state(area + 2 * PAGE), state(area + 4 * PAGE));
  for (int i = 0; i < 3; i++) {
    start(&t, writes, area + i * PAGE);
    next();
    printf("%s\n", state(area + i * PAGE));
    protect(area + i * PAGE, PAGE, 0);
    outcome = finish(&t);
    printf("%d, %s\n", outcome, state(area + i * PAGE));
  }
  printf("read %d, %s\n", touch(area + 3 * PAGE, -1), state(other + 3 * PAGE));
  printf("%s\n", state(area + 3 * PAGE));
  /* Another mapping of the page is not protected. */
  other[3 * PAGE] = 5;
  printf("%d\n", area[3 * PAGE]);
  /* Contents go and come; the protection stays. */
  T(madvise(area + 3 * PAGE, PAGE, MADV_DONTNEED));
  printf("%s\n", state(area + 3 * PAGE));
  T(madvise(area + 3 * PAGE, PAGE, MADV_REMOVE));
  printf("%s\n", state(area + 3 * PAGE));
  ftruncate(fd, PAGE);
  ftruncate(fd, 8 * PAGE);
  printf("%s\n", state(area + 3 * PAGE));
  start(&t, writes, area + 3 * PAGE);
  next();
  T(protect(area + 3 * PAGE, PAGE, 0));
  outcome = finish(&t);
  printf("%d\n", outcome);
  T(protect(area + 5 * PAGE, PAGE, 1));
  if (fork() == 0) {
    area[5 * PAGE] = 3;
    _exit(0);
  }
  wait(NULL);
  start(&t, reads, area + 5 * PAGE);
  outcome = finish(&t);
  printf("%d, %s\n", outcome, state(area + 5 * PAGE));
  T(unreg(area, 8 * PAGE));
  area[5 * PAGE] = 4;
  printf("%s\n", state(area + 5 * PAGE));
  munmap(area, 8 * PAGE);
  munmap(other, 8 * PAGE);

  /* A private mapping of it. */
  area = mmap(0, 8 * PAGE, RW, MAP_PRIVATE, fd, 0);
  T(reg(area, 8 * PAGE, 2));
  T(protect(area, 8 * PAGE, 1));
  printf("%s\n", state(area));
  start(&t, writes, area + 5 * PAGE + 1);
  next();
  protect(area + 5 * PAGE, PAGE, 0);
  outcome = finish(&t);
  printf("%d beside %d\n", outcome, area[5 * PAGE]);
  munmap(area, 8 * PAGE);
  area = old;
  close(fd);
  close(uffd);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  catch_faults();
  area = mmap(0, 12 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(area + 8 * PAGE, 4 * PAGE, PROT_NONE);
  source = mmap(0, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 4 * PAGE; i++) source[i] = i % 251 + 1;
  poisons();
  unpopulated();
  shared();
  return 0;
}
