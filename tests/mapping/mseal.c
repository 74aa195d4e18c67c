/* mseal(2): what sealed memory refuses, and what it does not. */
#include "mapping.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

static long seal(void *at, size_t length, unsigned long flags) {
  return syscall(SYS_mseal, at, length, flags);
}

static void writable(void) {
  PAGE("mseal(2)", "Memory that may be written to");
  char *at = map(4, RW, PRIVATE);
  at[0] = 1, at[P] = 2;
  ROW("seal", "two pages in the middle of a mapping", seal(at + P, 2 * P, 0));
  ROW("again", "what is sealed, and what is around it", seal(at, 4 * P, 0));
  HOLDS("flag@6.13", "VmFlags: sl", vm_flag(at, "sl"));
  ROW("munmap", "EPERM: munmap(2)", munmap(at, 4 * P));
  ROW("munmap-part", "EPERM: of a part", munmap(at + P, P));
  ROW("mprotect", "EPERM: mprotect(2)", mprotect(at + P, P, PROT_READ));
  WORKS("grow", "EPERM: mremap(2) to another size", mremap(at + P, P, 2 * P, MREMAP_MAYMOVE, NULL));
  WORKS("shrink", "EPERM: to less", mremap(at, 4 * P, P, 0, NULL));
  WORKS("fixed", "EPERM: MAP_FIXED", mmap(at, P, RW, PRIVATE | MAP_FIXED, -1, 0));
  WORKS("noreplace", "EEXIST: MAP_FIXED_NOREPLACE", mmap(at, P, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0));
  LOAD("kept", "it is as it was", at + P);
  STORE("store", "a store", at + P);
  ROW("dontneed", "MADV_DONTNEED: who may write may do that", madvise(at, P, MADV_DONTNEED));
  ROW("free", "MADV_FREE as well", madvise(at, P, MADV_FREE));
  ROW("mlock", "mlock(2)", mlock(at, P));
  ROW("munlock", "munlock(2)", munlock(at, P));
  ROW("dontfork", "MADV_DONTFORK", madvise(at, P, MADV_DONTFORK));
  ROW("dofork", "MADV_DOFORK", madvise(at, P, MADV_DOFORK));
  CHILD(ROW("child", "EPERM: a child's memory is sealed, too: munmap(2)", munmap(at, 4 * P)); LOAD("child-load", "a load there", at + P));
}

static void read_only(void) {
  PAGE("mseal(2)", "Memory that may only be read");
  char *at = map(2, RW, PRIVATE);
  at[0] = 7;
  mprotect(at, 2 * P, PROT_READ);
  ROW("read-only", "a mapping that may only be read", seal(at, 2 * P, 0));
  ROW("read-only-dontneed", "EPERM: MADV_DONTNEED", madvise(at, P, MADV_DONTNEED));
  ROW("read-only-free", "EPERM: MADV_FREE", madvise(at, P, MADV_FREE));
  ROW("read-only-dontfork", "EPERM: MADV_DONTFORK", madvise(at, P, MADV_DONTFORK));
  ROW("read-only-wipe", "EPERM: MADV_WIPEONFORK", madvise(at, P, MADV_WIPEONFORK));
  ROW("read-only-willneed", "MADV_WILLNEED", madvise(at, P, MADV_WILLNEED));
  ROW("read-only-cold", "MADV_COLD", madvise(at, P, MADV_COLD));
  ROW("read-only-pageout", "MADV_PAGEOUT", madvise(at, P, MADV_PAGEOUT));
  ROW("read-only-dump", "MADV_DONTDUMP", madvise(at, P, MADV_DONTDUMP));
  ROW("read-only-merge", "MADV_MERGEABLE", madvise(at, P, MADV_MERGEABLE));
  LOAD("read-only-kept", "it is as it was", at);
  int fd = file_of("sealed", 1);
  char *file = mmap(NULL, P, PROT_READ, MAP_SHARED, fd, 0);
  ROW("file", "a shared mapping of a file", seal(file, P, 0));
  ROW("file-dontneed", "MADV_DONTNEED loses nothing of it", madvise(file, P, MADV_DONTNEED));
  ROW("file-munmap", "EPERM: munmap(2)", munmap(file, P));
  ROW("file-truncate", "its file can be truncated", ftruncate(fd, 0));
  LOAD("file-gone", "a load there", file);
  unlink("sealed");
}

static void errors(void) {
  PAGE("mseal(2)", "Errors");
  char *at = map(4, RW, PRIVATE);
  munmap(at + P, P);
  ROW("gap", "ENOMEM: a gap", seal(at, 4 * P, 0));
  ROW("gap-munmap", "and nothing is sealed", munmap(at, P));
  ROW("length", "a length of 0", seal(at + 2 * P, 0, 0));
  ROW("odd", "EINVAL: an address within a page", seal(at + 2 * P + 1, P, 0));
  ROW("flags", "EINVAL: flags", seal(at + 2 * P, P, 1));
  ROW("wrap", "EINVAL: a range that ends before it begins", seal(at + 2 * P, -P, 0));
}

int main(void) {
  writable();
  read_only();
  errors();
  return 0;
}
