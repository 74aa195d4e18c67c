/* mmap(2): MAP_DROPPABLE, memory that may go whenever room is needed. */
#include "mapping.h"

#include <linux/userfaultfd.h>
#include <sched.h>
#include <sys/ioctl.h>

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 8
#endif
#define DROPPABLE (MAP_DROPPABLE | MAP_ANONYMOUS)

static int watch(char *at, int mode) {
  int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
  struct uffdio_api api = {.api = UFFD_API};
  struct uffdio_register r = {.range = {(unsigned long)at, 4 * P}, .mode = mode};
  ioctl(fd, UFFDIO_API, &api);
  int result = ioctl(fd, UFFDIO_REGISTER, &r), error = errno;
  close(fd);
  errno = error;
  return result;
}

int main(void) {
  /* What another processor has in hand Linux does not page out. */
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  sched_setaffinity(0, sizeof one, &one);
  PAGE("mmap(2)", "MAP_DROPPABLE");
  char *at = map(4, RW, DROPPABLE);
  HOLDS("map@6.11", "memory that may be dropped", at != MAP_FAILED);
  SAYS("permissions@6.11", "is private", permissions(at));
  HOLDS("flags@6.11", "smaps shows dp, nr, wf, dd", vm_flag(at, "dp") && vm_flag(at, "nr") && vm_flag(at, "wf") && vm_flag(at, "dd"));
  HOLDS("accountable@6.11", "and not ac", !vm_flag(at, "ac"));
  WORKS("locked@6.11", "EINVAL: MAP_LOCKED", mmap(NULL, P, RW, DROPPABLE | MAP_LOCKED, -1, 0));
  WORKS("hugetlb@6.11", "EINVAL: MAP_HUGETLB", mmap(NULL, P, RW, DROPPABLE | MAP_HUGETLB, -1, 0));
  WORKS("grows@6.11", "EINVAL: MAP_GROWSDOWN", mmap(NULL, P, RW, DROPPABLE | MAP_GROWSDOWN, -1, 0));
  WORKS("stack@6.11", "MAP_STACK means nothing", mmap(NULL, P, RW, DROPPABLE | MAP_STACK, -1, 0));
  WORKS("file@6.11", "EINVAL: of a file", mmap(NULL, P, RW, MAP_DROPPABLE, memfd_create("f", 0), 0));
  WORKS("zero@6.11", "EINVAL: of /dev/zero", mmap(NULL, P, RW, MAP_DROPPABLE, open("/dev/zero", O_RDWR), 0));
  WORKS("shared@6.11", "EINVAL: and shared", mmap(NULL, P, RW, DROPPABLE | MAP_SHARED, -1, 0));
  char *ready = mmap(NULL, 4 * P, RW, DROPPABLE | MAP_POPULATE, -1, 0);
  ROW("populate@6.11", "MAP_POPULATE: pages that are there", resident(ready, 4));
  memset(at, 7, 4 * P);
  LOAD("load@6.11", "what is stored is there", at);
  CHILD(LOAD("child@6.11", "but not in a child", at));
  ROW("keeponfork@6.11", "EINVAL: MADV_KEEPONFORK", madvise(at, 4 * P, MADV_KEEPONFORK));
  ROW("dodump@6.11", "EINVAL: MADV_DODUMP", madvise(at, 4 * P, MADV_DODUMP));
  ROW("wipeonfork@6.11", "MADV_WIPEONFORK", madvise(at, 4 * P, MADV_WIPEONFORK));
  ROW("mlock@6.11", "mlock(2)", mlock(at, 4 * P));
  HOLDS("mlock-flag@6.11", "leaves no lo", !vm_flag(at, "lo"));
  ROW("mlock-kb@6.11", "and counts nothing: VmLck, kB", status_of("VmLck"));
  ROW("mergeable@6.11", "MADV_MERGEABLE", madvise(at, 4 * P, MADV_MERGEABLE));
  HOLDS("mergeable-flag@6.11", "leaves no mg", !vm_flag(at, "mg"));
  ROW("pageout@6.11", "MADV_PAGEOUT", madvise(at, P, MADV_PAGEOUT));
  LOAD("pageout-load@6.11", "drops a page, written or not", at);
  LOAD("pageout-next@6.11", "and not the next", at + P);
  ROW("pageout-rss@6.11", "Rss when it was loaded, kB", smaps_kb(at, "Rss"));
  at[0] = 8;
  ROW("pageout-again@6.11", "again", madvise(at, P, MADV_PAGEOUT));
  LOAD("pageout-again-load@6.11", "it is dropped", at);
  ROW("missing@6.11", "EINVAL: a userfaultfd for missing pages", watch(at, UFFDIO_REGISTER_MODE_MISSING));
  ROW("protected@6.11", "EINVAL: for write protection", watch(at, UFFDIO_REGISTER_MODE_WP));
  ROW("mprotect@6.11", "mprotect(2) of a page", mprotect(at, P, PROT_READ));
  STORE("mprotect-store@6.11", "a store there", at);
  HOLDS("mprotect-flag@6.11", "it is droppable still", vm_flag(at, "dp"));
  mprotect(at, P, RW);
  char *to = room(8);
  HOLDS("mremap@6.11", "mremap(2) moves it, and makes it longer", mremap(at, 4 * P, 8 * P, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to && vm_flag(to + 6 * P, "dp"));
  LOAD("mremap-load@6.11", "a load", to + P);
  char *wide = map(8, PROT_NONE, PRIVATE);
  mmap(wide, 4 * P, RW, DROPPABLE | MAP_FIXED, -1, 0), mmap(wide + 4 * P, 4 * P, RW, PRIVATE | MAP_FIXED, -1, 0);
  ROW("beside@6.11", "beside other memory it is a mapping of its own: pages", extent(wide));
  mlockall(MCL_FUTURE);
  char *late = mmap(NULL, 4 * P, RW, DROPPABLE, -1, 0);
  HOLDS("mlockall@6.11", "MCL_FUTURE does not lock it", late != MAP_FAILED && !vm_flag(late, "lo"));
  munlockall();
  return 0;
}
