/* userfaultfd: what the watcher is told of forks, moves, removals and unmappings, and that it is waited for. */
#include "userfault.h"
#include <sys/prctl.h>

static unsigned char *source;
static int go;

static int reads(void *p) { return touch(p, -1); }
static int unmaps(void *p) { return munmap(p, 2 * PAGE); }
static int drops(void *p) { return madvise(p, 2 * PAGE, MADV_DONTNEED); }
static unsigned char *moved;
static int moves(void *p) {
  moved = mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, area + 20 * PAGE);
  return moved == MAP_FAILED ? -1 : 0;
}
static int grows(void *p) {
  moved = mremap(p, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, area + 30 * PAGE);
  return moved == MAP_FAILED ? -1 : 0;
}
static int shrinks(void *p) { return mremap(p, 4 * PAGE, PAGE, 0) == p ? 0 : -1; }
static int replaces(void *p) { return mmap(p, 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p ? 0 : -1; }
static int forks(void *p) {
  int pid = fork();
  if (pid == 0) {
    int value = *(unsigned char *)p;
    _exit(value);
  }
  int status;
  waitpid(pid, &status, 0);
  return WEXITSTATUS(status);
}

static void fresh(uint64_t features, int mode) {
  if (uffd >= 0) close(uffd);
  munmap(area, 40 * PAGE);
  mmap(area, 40 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  mmap(area, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  uffd = open_uffd(O_NONBLOCK, features);
  reg(area, 8 * PAGE, mode);
}

static void unmapping(void) {
  struct task t;
  fresh(UFFD_FEATURE_EVENT_UNMAP, 1);
  start(&t, unmaps, area);
  struct uffd_msg m = next();
  outcome = finish(&t);
  printf("munmap %d\n", outcome);
  start(&t, unmaps, area + PAGE);
  next();
  outcome = finish(&t);
  printf("a part of it %d\n", outcome);
  start(&t, replaces, area + 4 * PAGE);
  next();
  outcome = finish(&t);
  printf("replaced %d: %d\n", outcome, area[4 * PAGE]);
  T(munmap(area + 4 * PAGE, PAGE));
  /* While nobody has read it, no page can be given. */
  start(&t, unmaps, area + 7 * PAGE);
  until_waiting(t.tid);
  T(copy(area + 6 * PAGE, source, PAGE, 0));
  printf("%ld\n", done);
  T(zeropage(area + 6 * PAGE, PAGE, 0));
  T(protect(area + 6 * PAGE, PAGE, 1));
  next();
  finish(&t);
  T(copy(area + 6 * PAGE, source, PAGE, 0));
  T(read(uffd, &m, sizeof m));
  /* Without the feature nobody hears of it. */
  fresh(0, 1);
  T(munmap(area, 2 * PAGE));
  T(read(uffd, &m, sizeof m));
}

static void removing(void) {
  struct task t;
  fresh(UFFD_FEATURE_EVENT_REMOVE, 1);
  copy(area, source, 2 * PAGE, 0);
  start(&t, drops, area);
  until_waiting(t.tid);
  next();
  outcome = finish(&t);
  printf("madvise %d\n", outcome);
  start(&t, reads, area);
  next();
  copy(area, source, PAGE, 0);
  finish(&t);
  T(madvise(area, PAGE, MADV_WILLNEED));
  T(madvise(area + 1, PAGE, MADV_DONTNEED));
  start(&t, drops, area + 7 * PAGE);
  next();
  outcome = finish(&t);
  printf("madvise beyond %d\n", outcome);
}

static void remapping(void) {
  struct task t;
  fresh(UFFD_FEATURE_EVENT_REMAP, 1);
  copy(area, source, PAGE, 0);
  start(&t, moves, area);
  next();
  outcome = finish(&t);
  printf("mremap %d: %d\n", outcome, moved[0]);
  start(&t, reads, moved + PAGE);
  next();
  copy(moved + PAGE, source, PAGE, 0);
  finish(&t);
  start(&t, grows, area + 4 * PAGE);
  next();
  finish(&t);
  start(&t, reads, moved + 3 * PAGE);
  next();
  zeropage(moved + 3 * PAGE, PAGE, 0);
  finish(&t);
  T(shrinks(moved));

  fresh(UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_UNMAP, 1);
  start(&t, moves, area);
  next();
  struct pollfd waits = {uffd, POLLIN, 0};
  if (poll(&waits, 1, 300) == 1) next();
  outcome = finish(&t);
  printf("mremap %d\n", outcome);
  start(&t, shrinks, area + 2 * PAGE);
  next();
  outcome = finish(&t);
  printf("shrunk %d\n", outcome);

  fresh(0, 1);
  copy(area, source, PAGE, 0);
  T(moves(area));
  printf("no longer watched: %d %d\n", moved[0], moved[PAGE]);
  struct uffd_msg m;
  T(read(uffd, &m, sizeof m));
  /* What stays behind is. */
  copy(area + 4 * PAGE, source, PAGE, 0);
  unsigned char *two = mremap(area + 4 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
  printf("moved %d\n", two[0]);
  start(&t, reads, area + 4 * PAGE);
  next();
  zeropage(area + 4 * PAGE, PAGE, 0);
  outcome = finish(&t);
  printf("%d\n", outcome);
}

static void forking(void) {
  struct task t;
  fresh(0, 3);
  copy(area, source, PAGE, 0);
  start(&t, forks, area + PAGE);
  outcome = finish(&t);
  printf("a child's zeros: %d\n", outcome);

  fresh(UFFD_FEATURE_EVENT_FORK, 3);
  copy(area, source, PAGE, 0);
  zeropage(area + 2 * PAGE, PAGE, 0);
  start(&t, forks, area + PAGE);
  until_waiting(t.tid);
  struct uffd_msg m = next();
  int child = m.arg.fork.ufd, mine = uffd;
  printf("close on exec %d, flags %x\n", fcntl(child, F_GETFD), fcntl(child, F_GETFL) & O_NONBLOCK);
  uffd = child;
  next();
  T(copy(area + PAGE, source + 7, PAGE, 0));
  outcome = finish(&t);
  printf("the child read %d\n", outcome);
  T(copy(area + 3 * PAGE, source, PAGE, 0));
  printf("%ld\n", done);
  T(reg(area, PAGE, 1));
  T(unreg(area, PAGE));
  T(wake(area, PAGE));
  uffd = mine;
  start(&t, forks, area + 2 * PAGE);
  m = next();
  outcome = finish(&t);
  printf("a page of zeros the child has: %d\n", outcome);
  close(m.arg.fork.ufd);
  close(child);
  start(&t, reads, area + PAGE);
  next();
  zeropage(area + PAGE, PAGE, 0);
  outcome = finish(&t);
  printf("here %d\n", outcome);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  catch_faults();
  area = mmap(0, 40 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  source = mmap(0, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 4 * PAGE; i++) source[i] = i % 251 + 1;
  unmapping();
  removing();
  remapping();
  forking();
  return 0;
}
