/* MADV_GUARD_INSTALL and MADV_GUARD_REMOVE: what goes through a guard, and what takes it away. All rows are about Linux 6.13 and later. */
#include "mapping.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

static void installed(void) {
  PAGE("madvise(2)", "Guards and other advice");
  char *at = map(6, RW, PRIVATE);
  for (int i = 0; i < 6; i++) at[i * P] = i + 1;
  ROW("install@6.13", "MADV_GUARD_INSTALL in the place of two pages", madvise(at + P, 2 * P, MADV_GUARD_INSTALL));
  ROW("extent@6.13", "the mapping stays one: pages", extent(at));
  LOAD("load@6.13", "a load", at + P);
  STORE("store@6.13", "a store", at + 2 * P);
  LOAD("next@6.13", "the page after them", at + 3 * P);
  ROW("dontneed@6.13", "MADV_DONTNEED of all", madvise(at, 6 * P, MADV_DONTNEED));
  LOAD("dontneed-load@6.13", "leaves them", at + P);
  ROW("free@6.13", "MADV_FREE", madvise(at, 6 * P, MADV_FREE));
  LOAD("free-load@6.13", "leaves them", at + P);
  ROW("protect@6.13", "mprotect(2)", mprotect(at, 6 * P, PROT_READ));
  LOAD("protect-load@6.13", "leaves them", at + P);
  mprotect(at, 6 * P, RW);
  ROW("populate@6.13", "EFAULT: MADV_POPULATE_WRITE", madvise(at, 6 * P, MADV_POPULATE_WRITE));
  ROW("populate-read@6.13", "EFAULT: MADV_POPULATE_READ", madvise(at + P, P, MADV_POPULATE_READ));
  ROW("mlock@6.13", "ENOMEM: mlock(2), which does what it can", mlock(at, 6 * P));
  ROW("locked@6.13", "EINVAL: in locked memory", madvise(at + 4 * P, P, MADV_GUARD_INSTALL));
  munlock(at, 6 * P);
  int ends[2];
  pipe(ends);
  ROW("write@6.13", "EFAULT: write(2) from there", write(ends[1], at + P, 10));
  ROW("again@6.13", "guards over guards", madvise(at, 4 * P, MADV_GUARD_INSTALL));
  ROW("remove@6.13", "MADV_GUARD_REMOVE", madvise(at, 6 * P, MADV_GUARD_REMOVE));
  LOAD("removed@6.13", "zero, as pages that were never there", at + P);
}

static void moved(void) {
  PAGE("madvise(2)", "Guards, mremap(2) and fork(2)");
  char *at = map(4, RW, PRIVATE), *to = room(4);
  at[0] = 1, at[3 * P] = 4;
  madvise(at + P, P, MADV_GUARD_INSTALL);
  HOLDS("mremap@6.13", "mremap(2)", mremap(at, 4 * P, 4 * P, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
  LOAD("mremap-guard@6.13", "takes a guard along", to + P);
  LOAD("mremap-page@6.13", "as it does pages", to + 3 * P);
  CHILD({
    LOAD("child@6.13", "a child has it, too", to + P);
    ROW("child-remove@6.13", "and takes it away", madvise(to, 4 * P, MADV_GUARD_REMOVE));
    LOAD("child-removed@6.13", "for itself", to + P);
  });
  LOAD("parent@6.13", "its parent has it still", to + P);
  ROW("wipe@6.13", "MADV_WIPEONFORK", madvise(to, 4 * P, MADV_WIPEONFORK));
  CHILD(LOAD("wiped@6.13", "a child has zero in the place of a guard, too", to + P); LOAD("wiped-page@6.13", "and of pages", to));
  ROW("unmap@6.13", "munmap(2)", munmap(to + P, P));
  mmap(to + P, P, RW, PRIVATE | MAP_FIXED, -1, 0);
  LOAD("unmap-load@6.13", "and what is mapped there next is not guarded", to + P);
}

static void errors(void) {
  PAGE("madvise(2)", "Where guards can be");
  char *at = map(4, RW, PRIVATE);
  munmap(at + P, P);
  ROW("gap@6.13", "ENOMEM: a gap", madvise(at, 4 * P, MADV_GUARD_INSTALL));
  LOAD("gap-before@6.13", "what is before it has been guarded", at);
  LOAD("gap-after@6.13", "and what is after it", at + 3 * P);
  ROW("none@6.13", "PROT_NONE", madvise(map(1, PROT_NONE, PRIVATE), P, MADV_GUARD_INSTALL));
}

int main(void) {
  installed();
  moved();
  errors();
  return 0;
}
