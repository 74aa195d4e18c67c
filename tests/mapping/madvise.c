/* madvise(2): the advices that have been there for long. */
#include "mapping.h"

static void conventional(void) {
  PAGE("madvise(2)", "Advice about use");
  char *at = map(8, RW, PRIVATE);
  int fd = file_of("data", 8);
  char *file = mmap(NULL, 8 * P, RW, MAP_SHARED, fd, 0);
  memset(at, 1, 8 * P);
  ROW("normal", "MADV_NORMAL", madvise(at, 8 * P, MADV_NORMAL));
  ROW("random", "MADV_RANDOM", madvise(file, 8 * P, MADV_RANDOM));
  HOLDS("random-flag", "shown as rr by smaps", vm_flag(file, "rr"));
  ROW("sequential", "MADV_SEQUENTIAL", madvise(file, 8 * P, MADV_SEQUENTIAL));
  HOLDS("sequential-flag", "shown as sr by smaps, instead of rr", vm_flag(file, "sr") && !vm_flag(file, "rr"));
  HOLDS("normal-flag", "MADV_NORMAL takes both away", madvise(file, 8 * P, MADV_NORMAL) == 0 && !vm_flag(file, "sr"));
  HOLDS("splits", "advice for a part splits the mapping", madvise(file + 2 * P, P, MADV_RANDOM) == 0 && extent(file + 2 * P) == 1);
  HOLDS("joins", "taking it back joins it", madvise(file + 2 * P, P, MADV_NORMAL) == 0 && extent(file) == 8);
  ROW("willneed", "MADV_WILLNEED of a file", madvise(file, 8 * P, MADV_WILLNEED));
  ROW("willneed-anonymous", "MADV_WILLNEED of anonymous memory, with or without swap", madvise(at, 8 * P, MADV_WILLNEED));
  ROW("willneed-shared", "MADV_WILLNEED of shared memory", madvise(map(1, RW, SHARED), P, MADV_WILLNEED));
  ROW("cold", "MADV_COLD", madvise(at, 8 * P, MADV_COLD));
  ROW("pageout", "MADV_PAGEOUT", madvise(at, P, MADV_PAGEOUT));
  LOAD("cold-kept", "neither loses anything", at);
  char *locked = map(2, RW, PRIVATE | MAP_LOCKED);
  ROW("cold-locked", "MADV_COLD of locked memory", madvise(locked, 2 * P, MADV_COLD));
  ROW("pageout-locked", "MADV_PAGEOUT of locked memory", madvise(locked, 2 * P, MADV_PAGEOUT));
  ROW("dontdump", "MADV_DONTDUMP", madvise(at, P, MADV_DONTDUMP));
  HOLDS("dontdump-flag", "shown as dd by smaps", vm_flag(at, "dd"));
  HOLDS("dodump", "MADV_DODUMP takes it back", madvise(at, P, MADV_DODUMP) == 0 && !vm_flag(at, "dd"));
  ROW("hugepage", "MADV_HUGEPAGE", madvise(at, 8 * P, MADV_HUGEPAGE));
  HOLDS("hugepage-flag", "shown as hg by smaps", vm_flag(at, "hg"));
  ROW("nohugepage", "MADV_NOHUGEPAGE", madvise(at, 8 * P, MADV_NOHUGEPAGE));
  HOLDS("nohugepage-flag", "shown as nh by smaps, instead of hg", vm_flag(at, "nh") && !vm_flag(at, "hg"));
  ROW("mergeable", "MADV_MERGEABLE", madvise(at, P, MADV_MERGEABLE));
  ROW("unmergeable", "MADV_UNMERGEABLE", madvise(at, P, MADV_UNMERGEABLE));
}

static void dropping(void) {
  PAGE("madvise(2)", "MADV_DONTNEED, MADV_FREE, MADV_REMOVE");
  char *at = map(4, RW, PRIVATE);
  memset(at, 1, 4 * P);
  ROW("dontneed", "MADV_DONTNEED of private memory", madvise(at + P, P, MADV_DONTNEED));
  LOAD("dontneed-zero", "its pages read as zeros", at + P);
  LOAD("dontneed-before", "those before keep their bytes", at);
  LOAD("dontneed-after", "and those behind", at + 2 * P);
  STORE("dontneed-store", "they can be stored to again", at + P);
  HOLDS("dontneed-now", "MADV_DONTNEED takes effect at once", madvise(at, 4 * P, MADV_DONTNEED) == 0 && resident(at, 4) == 0);
  char *shared = map(2, RW, SHARED);
  shared[0] = 5;
  ROW("dontneed-shared", "MADV_DONTNEED of shared memory", madvise(shared, 2 * P, MADV_DONTNEED));
  LOAD("dontneed-shared-kept", "which keeps its bytes", shared);
  int fd = file_of("data", 4), reader = open("data", O_RDONLY);
  char *file = mmap(NULL, 4 * P, RW, MAP_SHARED, fd, 0), *private = mmap(NULL, 4 * P, RW, MAP_PRIVATE, fd, 0);
  private[0] = 7, file[0] = 6;
  ROW("dontneed-private", "MADV_DONTNEED of a private mapping of a file", madvise(private, 4 * P, MADV_DONTNEED));
  LOAD("dontneed-private-file", "shows the file again, as it is now", private);
  ROW("dontneed-file", "MADV_DONTNEED of a shared mapping of a file", madvise(file, 4 * P, MADV_DONTNEED));
  ROW("dontneed-file-kept", "loses no store", byte_of(fd, 0));
  char *locked = map(1, RW, PRIVATE | MAP_LOCKED);
  ROW("dontneed-locked", "EINVAL: MADV_DONTNEED of locked memory", madvise(locked, P, MADV_DONTNEED));
  ROW("dontneed-locked-also", "MADV_DONTNEED_LOCKED", madvise(locked, P, 24));
  LOAD("dontneed-locked-zero", "does it all the same", locked);
  ROW("dontneed-rounded", "a length is rounded up", (memset(at, 3, P), madvise(at, 1, MADV_DONTNEED)));
  LOAD("dontneed-rounded-all", "to the whole page", at + P - 1);
  char *fresh = map(2, RW, PRIVATE);
  memset(fresh, 1, 2 * P);
  ROW("free", "MADV_FREE of private anonymous memory", madvise(fresh, 2 * P, MADV_FREE));
  HOLDS("free-bytes", "its bytes are the old ones or zeros", fresh[0] == 0 || fresh[0] == 1);
  STORE("free-store", "a store ends that", fresh);
  LOAD("free-stored", "and stays", fresh);
  ROW("free-shared", "EINVAL: MADV_FREE of shared memory", madvise(shared, P, MADV_FREE));
  ROW("free-file", "EINVAL: MADV_FREE of a private mapping of a file", madvise(private, P, MADV_FREE));
  ROW("free-locked", "EINVAL: MADV_FREE of locked memory", madvise(locked, P, MADV_FREE));
  shared[P] = 8;
  ROW("remove", "MADV_REMOVE of shared memory", madvise(shared, P, MADV_REMOVE));
  LOAD("remove-zero", "frees it: zeros in every mapping", shared);
  LOAD("remove-rest", "and the rest stays", shared + P);
  file[P] = 9;
  ROW("remove-file", "MADV_REMOVE of a file of a memory file system punches a hole", madvise(file + P, P, MADV_REMOVE));
  ROW("remove-file-read", "which read(2) sees", byte_of(fd, P));
  struct stat status;
  fstat(fd, &status);
  ROW("remove-file-size", "the file keeps its length", status.st_size);
  ROW("remove-private", "EINVAL: MADV_REMOVE of private anonymous memory", madvise(at, P, MADV_REMOVE));
  ROW("remove-private-file", "EACCES: MADV_REMOVE of a private mapping of a file", madvise(private, P, MADV_REMOVE));
  ROW("remove-reader", "EACCES: MADV_REMOVE of a mapping of a descriptor for reading", madvise(mmap(NULL, P, PROT_READ, MAP_SHARED, reader, 0), P, MADV_REMOVE));
  ROW("remove-protected", "MADV_REMOVE of a mapping that may be made writable, but is not", (mprotect(file, P, PROT_READ), madvise(file, P, MADV_REMOVE)));
  mlock(shared, P);
  ROW("remove-locked", "EINVAL: MADV_REMOVE of locked memory", madvise(shared, P, MADV_REMOVE));
}

static void at_fork(void) {
  PAGE("madvise(2)", "MADV_DONTFORK, MADV_WIPEONFORK");
  char *at = map(3, RW, PRIVATE), *shared = map(1, RW, SHARED);
  memset(at, 4, 3 * P);
  ROW("dontfork", "MADV_DONTFORK", madvise(at + P, P, MADV_DONTFORK));
  HOLDS("dontfork-flag", "shown as dc by smaps", vm_flag(at + P, "dc"));
  CHILD(LOAD("dontfork-child", "a child does not have the mapping", at + P); LOAD("dontfork-rest", "but what is around it", at + 2 * P));
  LOAD("dontfork-parent", "its parent has it", at + P);
  ROW("dofork", "MADV_DOFORK", madvise(at + P, P, MADV_DOFORK));
  CHILD(LOAD("dofork-child", "gives it to children again", at + P));
  ROW("dontfork-shared", "MADV_DONTFORK of shared memory", madvise(shared, P, MADV_DONTFORK));
  CHILD(LOAD("dontfork-shared-child", "which children don't have, then", shared));
  ROW("wipe", "MADV_WIPEONFORK", madvise(at, P, MADV_WIPEONFORK));
  HOLDS("wipe-flag", "shown as wf by smaps", vm_flag(at, "wf"));
  CHILD(LOAD("wipe-child", "a child has zeros", at); at[0] = 6;
        HOLDS("wipe-child-flag", "and the advice as well", vm_flag(at, "wf"));
        CHILD(LOAD("wipe-grandchild", "so that its children have zeros again", at)));
  LOAD("wipe-parent", "its parent has its bytes", at);
  ROW("keep", "MADV_KEEPONFORK", madvise(at, P, MADV_KEEPONFORK));
  CHILD(LOAD("keep-child", "a child has the bytes", at));
  ROW("wipe-shared", "EINVAL: MADV_WIPEONFORK of shared memory", madvise(shared, P, MADV_WIPEONFORK));
  int fd = file_of("wiped", 1);
  char *file = mmap(NULL, P, RW, MAP_PRIVATE, fd, 0);
  ROW("wipe-file", "EINVAL: MADV_WIPEONFORK of a mapping of a file", madvise(file, P, MADV_WIPEONFORK));
  ROW("keep-shared", "MADV_KEEPONFORK of shared memory", madvise(shared, P, MADV_KEEPONFORK));
}

static void population(void) {
  PAGE("madvise(2)", "MADV_POPULATE_READ, MADV_POPULATE_WRITE");
  char *at = map(4, RW, PRIVATE), *reading = map(4, PROT_READ, PRIVATE);
  int fd = file_of("populated", 4);
  char *file = mmap(NULL, 8 * P, RW, MAP_SHARED, fd, 0), *private = mmap(NULL, 4 * P, RW, MAP_PRIVATE, fd, 0);
  ROW("read", "MADV_POPULATE_READ", madvise(at, 4 * P, MADV_POPULATE_READ));
  ROW("read-resident", "brings all pages in", resident(at, 4));
  ROW("read-clean", "private ones without memory of their own", smaps_kb(at, "Anonymous") >= 0 ? smaps_kb(reading, "Anonymous") : -1);
  ROW("write", "MADV_POPULATE_WRITE", madvise(at, 4 * P, MADV_POPULATE_WRITE));
  LOAD("write-zero", "brings in pages of zeros", at);
  ROW("write-private", "MADV_POPULATE_WRITE of a private mapping of a file", madvise(private, 4 * P, MADV_POPULATE_WRITE));
  ROW("write-private-kb", "copies its pages", smaps_kb(private, "Anonymous"));
  ROW("write-refused", "EINVAL: MADV_POPULATE_WRITE of what can't be written", madvise(reading, 4 * P, MADV_POPULATE_WRITE));
  ROW("read-none", "EINVAL: MADV_POPULATE_READ of PROT_NONE", madvise(map(1, PROT_NONE, PRIVATE), P, MADV_POPULATE_READ));
  ROW("read-beyond", "EFAULT: beyond the end of a file", madvise(file, 8 * P, MADV_POPULATE_READ));
  ROW("write-beyond", "EFAULT: beyond the end of a file, writing", madvise(file + 4 * P, 4 * P, MADV_POPULATE_WRITE));
  char *hole = map(3, RW, PRIVATE);
  munmap(hole + P, P);
  ROW("populate-hole", "ENOMEM: a hole", madvise(hole, 3 * P, MADV_POPULATE_WRITE));
  HOLDS("populate-hole-before", "what lies before it was done", resident(hole, 1) == 1);
  HOLDS("populate-hole-after", "what lies behind was not", resident(hole + 2 * P, 1) == 0);
  ROW("populate-0", "length 0", madvise(at, 0, MADV_POPULATE_READ));
}

static void errors(void) {
  PAGE("madvise(2)", "Errors");
  char *at = map(4, RW, PRIVATE);
  memset(at, 1, 4 * P);
  ROW("unknown", "EINVAL: an advice that does not exist", madvise(at, P, 777));
  ROW("unknown-length-0", "even with length 0", madvise(at, 0, 777));
  ROW("unknown-unmapped", "and where nothing is mapped", madvise(room(1), P, 777));
  ROW("odd", "EINVAL: an address that is not a multiple of the page size", madvise(at + 1, P, MADV_NORMAL));
  ROW("odd-length-0", "even with length 0", madvise(at + 1, 0, MADV_NORMAL));
  ROW("negative", "EINVAL: a length that wraps", madvise(at, -1UL, MADV_NORMAL));
  ROW("overflow", "EINVAL: a range that ends beyond 2^64", madvise(at, -2 * P, MADV_NORMAL));
  ROW("length-0", "length 0 does nothing", madvise(at, 0, MADV_DONTNEED));
  ROW("length-0-unmapped", "even where nothing is mapped", madvise(room(1), 0, MADV_NORMAL));
  ROW("unmapped", "ENOMEM: nothing is mapped there", madvise(room(1), P, MADV_NORMAL));
  munmap(at + P, P);
  ROW("hole", "ENOMEM: a hole in the range", madvise(at, 4 * P, MADV_DONTNEED));
  LOAD("hole-before", "what lies before it was done", at);
  LOAD("hole-after", "and what lies behind", at + 2 * P);
  ROW("null", "address 0", madvise(NULL, P, MADV_DONTNEED));
  CHILD(become_user(); ROW("poison-user", "EPERM: MADV_HWPOISON without CAP_SYS_ADMIN", madvise(at, P, MADV_HWPOISON)));
  CHILD(become_user(); ROW("offline-user", "EPERM: MADV_SOFT_OFFLINE without CAP_SYS_ADMIN", madvise(at, P, 101)));
}

int main(void) {
  conventional();
  dropping();
  at_fork();
  population();
  errors();
  return 0;
}
