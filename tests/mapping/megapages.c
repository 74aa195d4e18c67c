/* Transparent huge pages: when memory gets them, and what ends them. The policy may be `always` or `madvise`. */
#include "mapping.h"
#include <sys/prctl.h>

#define MEGA (512 * P)
#define THP_KB(at) smaps_kb(at, "AnonHugePages")

/* Two times 2 MiB that megapages fit into, with a gap on either side. */
static char *megas(int flags) {
  char *wide = mmap(NULL, 6 * MEGA, PROT_NONE, SHARED | MAP_NORESERVE, -1, 0);
  char *at = (char *)(((uintptr_t)wide + 2 * MEGA - 1) & ~(MEGA - 1));
  return mmap(at, 2 * MEGA, RW, flags | MAP_FIXED, -1, 0);
}

static char *advised(void) {
  char *at = megas(PRIVATE);
  if (madvise(at, 2 * MEGA, MADV_HUGEPAGE) != 0) printf("no MADV_HUGEPAGE\n");
  return at;
}

/* The same, its first 2 MiB there. */
static char *filled(void) {
  char *at = advised();
  for (size_t i = 0; i < 512; i++) at[i * P] = i % 100 + 1;
  return at;
}

static long faults(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

static void first_touch(void) {
  PAGE("madvise(2)", "Huge pages by advice");
  char *at = megas(PRIVATE);
  ROW("advise", "MADV_HUGEPAGE", madvise(at, 2 * MEGA, MADV_HUGEPAGE));
  HOLDS("advise-flag", "smaps shows hg", vm_flag(at, "hg"));
  ROW("eligible", "and THPeligible", smaps_kb(at, "THPeligible"));
  ROW("before", "nothing is there before the first touch", THP_KB(at));
  long before = faults();
  for (size_t i = 0; i < 512; i++) at[i * P] = 1;
  HOLDS("one-fault", "512 pages are touched with a few faults", faults() - before < 8);
  ROW("kb", "smaps: AnonHugePages, kB", THP_KB(at));
  ROW("rss", "Rss, kB", smaps_kb(at, "Rss"));
  ROW("mincore", "mincore: pages", resident(at, 1024));
  at[MEGA + 5 * P] = 1;
  ROW("second", "one store in the next 2 MiB: AnonHugePages, kB", THP_KB(at));
  ROW("nohuge", "MADV_NOHUGEPAGE", madvise(at, 2 * MEGA, MADV_NOHUGEPAGE));
  HOLDS("nohuge-flag", "smaps shows nh and not hg", vm_flag(at, "nh") && !vm_flag(at, "hg"));
  ROW("nohuge-kept", "what is there stays: AnonHugePages, kB", THP_KB(at));
  ROW("nohuge-eligible", "THPeligible", smaps_kb(at, "THPeligible"));
  madvise(at, 2 * MEGA, MADV_DONTNEED);
  at[0] = 1;
  ROW("nohuge-touch", "what comes is pages: Rss, kB", smaps_kb(at, "Rss"));
  char *small = map(600, RW, PRIVATE);
  madvise(small, P, MADV_HUGEPAGE);
  small[0] = 1;
  ROW("small", "a mapping of a page: Rss, kB", smaps_kb(small, "Rss"));
  char *shared = megas(SHARED);
  ROW("shared", "MADV_HUGEPAGE for shared memory", madvise(shared, 2 * MEGA, MADV_HUGEPAGE));
  char *fill = advised();
  ROW("populate", "MADV_POPULATE_WRITE", madvise(fill, 2 * MEGA, MADV_POPULATE_WRITE));
  ROW("populate-kb", "AnonHugePages, kB", THP_KB(fill));
  char *locked = advised();
  ROW("mlock", "mlock(2)", mlock(locked, 2 * MEGA));
  ROW("mlock-kb", "AnonHugePages, kB", THP_KB(locked));
}

static void splitting(void) {
  PAGE("madvise(2)", "What makes pages of a huge page");
  char *at = filled();
  ROW("dontneed", "MADV_DONTNEED of a page", madvise(at + 7 * P, P, MADV_DONTNEED));
  LOAD("dontneed-load", "it is zero", at + 7 * P);
  LOAD("dontneed-next", "the one after it is not", at + 8 * P);
  ROW("dontneed-kb", "AnonHugePages, kB", THP_KB(at));
  ROW("dontneed-rss", "Rss, kB", smaps_kb(at, "Rss"));
  at = filled();
  ROW("dontneed-all", "MADV_DONTNEED of all of it", madvise(at, MEGA, MADV_DONTNEED));
  ROW("dontneed-all-rss", "Rss, kB", smaps_kb(at, "Rss"));
  at = filled();
  ROW("munmap", "munmap of a page", munmap(at + 9 * P, P));
  LOAD("munmap-before", "the one before it", at + 8 * P);
  LOAD("munmap-after", "the one after it", at + 10 * P);
  ROW("munmap-kb", "AnonHugePages, kB", THP_KB(at));
  at = filled();
  ROW("mprotect", "mprotect of a page", mprotect(at + 9 * P, P, PROT_READ));
  STORE("mprotect-store", "a store there", at + 9 * P);
  STORE("mprotect-next", "a store beside it", at + 10 * P);
  ROW("mprotect-kb", "AnonHugePages, kB", THP_KB(at));
  at = filled();
  ROW("mprotect-all", "mprotect of all of it", mprotect(at, 2 * MEGA, PROT_READ));
  STORE("mprotect-all-store", "a store", at + 9 * P);
  ROW("mprotect-all-kb", "AnonHugePages, kB", THP_KB(at));
  ROW("none", "PROT_NONE", mprotect(at, 2 * MEGA, PROT_NONE));
  LOAD("none-load", "a load", at + 9 * P);
  ROW("none-back", "and back", mprotect(at, 2 * MEGA, RW));
  LOAD("none-back-load", "a load", at + 9 * P);
  STORE("none-back-store", "a store", at + 9 * P);
  ROW("none-kb", "AnonHugePages, kB", THP_KB(at));
  at = filled();
  char *to = advised();
  HOLDS("mremap", "mremap(2) to a place where it fits", mremap(at, 2 * MEGA, 2 * MEGA, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
  LOAD("mremap-load", "a load", to + 9 * P);
  ROW("mremap-kb", "AnonHugePages, kB", THP_KB(to));
  at = filled();
  char *odd = room(1100) + P;
  if (((uintptr_t)odd & (MEGA - 1)) == 0) odd += P;
  HOLDS("mremap-odd", "mremap(2) to one where it does not", mremap(at, MEGA, MEGA, MREMAP_MAYMOVE | MREMAP_FIXED, odd) == odd);
  LOAD("mremap-odd-load", "a load", odd + 9 * P);
  ROW("mremap-odd-kb", "AnonHugePages, kB", THP_KB(odd));
}

static void cooling(void) {
  PAGE("madvise(2)", "Advice for a part of a huge page");
  char *at = filled();
  ROW("free-part", "MADV_FREE of a page", madvise(at + 3 * P, P, MADV_FREE));
  ROW("free-part-kb", "makes pages of it: AnonHugePages, kB", THP_KB(at));
  ROW("free-part-rss", "Rss, kB", smaps_kb(at, "Rss"));
  LOAD("free-part-load", "what is there stays while there is room", at + 3 * P);
  at = filled();
  ROW("free-all", "MADV_FREE of all of it", madvise(at, MEGA, MADV_FREE));
  ROW("free-all-kb", "does not: AnonHugePages, kB", THP_KB(at));
  ROW("free-all-lazy", "LazyFree, kB", smaps_kb(at, "LazyFree"));
  ROW("free-all-referenced", "Referenced, kB", smaps_kb(at, "Referenced"));
  STORE("free-all-store", "a store", at + 5 * P);
  ROW("free-all-stored", "ends that for the whole: LazyFree, kB", smaps_kb(at, "LazyFree"));
  ROW("free-all-stored-kb", "AnonHugePages, kB", THP_KB(at));
  at = filled();
  ROW("cold-part", "MADV_COLD of a page", madvise(at + 3 * P, P, MADV_COLD));
  ROW("cold-part-kb", "makes pages of it: AnonHugePages, kB", THP_KB(at));
  ROW("cold-part-referenced", "Referenced, kB", smaps_kb(at, "Referenced"));
  at = filled();
  ROW("cold-all", "MADV_COLD of all of it", madvise(at, MEGA, MADV_COLD));
  ROW("cold-all-kb", "does not: AnonHugePages, kB", THP_KB(at));
  ROW("cold-all-referenced", "Referenced, kB", smaps_kb(at, "Referenced"));
  at = filled();
  ROW("pageout-part", "MADV_PAGEOUT of a page", madvise(at + 3 * P, P, MADV_PAGEOUT));
  ROW("pageout-part-kb", "makes pages of it: AnonHugePages, kB", THP_KB(at));
  LOAD("pageout-part-load", "what is there is there", at + 3 * P);
  at = filled();
  ROW("willneed-part", "MADV_WILLNEED of a page", madvise(at + 3 * P, P, MADV_WILLNEED));
  ROW("willneed-part-kb", "does not: AnonHugePages, kB", THP_KB(at));
  CHILD({
    ROW("cold-child", "what a child has, too: MADV_COLD of a page", madvise(at + 3 * P, P, MADV_COLD));
    ROW("cold-child-kb", "leaves it whole: AnonHugePages, kB", THP_KB(at));
    ROW("free-child", "MADV_FREE of a page", madvise(at + 3 * P, P, MADV_FREE));
    ROW("free-child-kb", "does so: AnonHugePages, kB", THP_KB(at));
    LOAD("free-child-load", "a load", at + 3 * P);
  });
  ROW("cooled-parent-kb", "its parent has it: AnonHugePages, kB", THP_KB(at));
}

static void forking(void) {
  PAGE("fork(2)", "Huge pages");
  char *at = filled();
  CHILD({
    ROW("child-kb", "a child has it, too: AnonHugePages, kB", THP_KB(at));
    LOAD("child-load", "a load", at + 9 * P);
    at[9 * P] = 200;
    LOAD("child-store", "what it stores it has", at + 9 * P);
    ROW("child-store-kb", "as a page: AnonHugePages, kB", THP_KB(at));
  });
  LOAD("parent-load", "and its parent has not", at + 9 * P);
  ROW("parent-kb", "whose memory is as it was: AnonHugePages, kB", THP_KB(at));
  STORE("parent-store", "when the child is gone", at + 9 * P);
  ROW("parent-store-kb", "it stores to the huge page: AnonHugePages, kB", THP_KB(at));
}

static void collapsing(void) {
  PAGE("madvise(2)", "MADV_COLLAPSE");
  char *at = megas(PRIVATE);
  madvise(at, 2 * MEGA, MADV_NOHUGEPAGE);
  for (size_t i = 0; i < 512; i += 3) at[i * P] = i % 100 + 1;
  ROW("collapse-no", "EINVAL: where MADV_NOHUGEPAGE forbids it", madvise(at, MEGA, MADV_COLLAPSE));
  madvise(at, 2 * MEGA, MADV_HUGEPAGE);
  ROW("collapse", "pages become a huge page", madvise(at, MEGA, MADV_COLLAPSE));
  ROW("collapse-kb", "AnonHugePages, kB", THP_KB(at));
  LOAD("collapse-load", "what was there is there", at + 9 * P);
  LOAD("collapse-hole", "what was not is zero", at + 10 * P);
  ROW("collapse-again", "what is one already", madvise(at, MEGA, MADV_COLLAPSE));
  ROW("collapse-empty", "EINVAL: nothing is there", madvise(at + MEGA, MEGA, MADV_COLLAPSE));
  ROW("collapse-part", "EINVAL: less than 2 MiB", madvise(at + P, 20 * P, MADV_COLLAPSE));
  char *small = map(20, RW, PRIVATE);
  small[0] = 1;
  ROW("collapse-small", "EINVAL: a mapping that has no room for one", madvise(small, 20 * P, MADV_COLLAPSE));
  char *hole = room(2);
  ROW("collapse-hole-error", "ENOMEM: nothing is mapped", madvise(hole, P, MADV_COLLAPSE));
}

static void disabling(void) {
  PAGE("prctl(2)", "PR_SET_THP_DISABLE");
  ROW("disable-get", "PR_GET_THP_DISABLE", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
  CHILD({
    ROW("disable", "PR_SET_THP_DISABLE", prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    ROW("disabled", "PR_GET_THP_DISABLE then", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    char *at = filled();
    ROW("disabled-kb", "AnonHugePages, kB", THP_KB(at));
    ROW("disabled-eligible", "THPeligible", smaps_kb(at, "THPeligible"));
    ROW("disabled-collapse", "MADV_COLLAPSE", madvise(at, MEGA, MADV_COLLAPSE));
    ROW("disabled-status", "THP_enabled in status", status_of("THP_enabled"));
    CHILD(ROW("disabled-child", "a child inherits it", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)));
  });
  ROW("enabled-status", "THP_enabled otherwise", status_of("THP_enabled"));
  ROW("disable-argument", "EINVAL: another argument", prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0));
}

int main(void) {
  first_touch();
  splitting();
  cooling();
  forking();
  collapsing();
  disabling();
  return 0;
}
