/* Huge pages from the pool: MAP_HUGETLB. The pool is made as long as it needs to be, and left as it was. */
#include "pool.h"
#include <sys/shm.h>

#ifndef MFD_HUGETLB
#define MFD_HUGETLB 4U
#endif
#define HUGE(flags) ((flags) | MAP_HUGETLB)

static char *huge(size_t pages, int flags) {
  return mmap(NULL, pages * MEGA, RW, HUGE(flags), -1, 0);
}

static void empty_pool(void) {
  PAGE("mmap(2)", "MAP_HUGETLB: an empty pool");
  WORKS("empty", "ENOMEM: no page to reserve", huge(1, PRIVATE));
  WORKS("empty-shared", "ENOMEM: shared memory", huge(1, SHARED));
  char *at = huge(1, PRIVATE | MAP_NORESERVE);
  HOLDS("empty-noreserve", "MAP_NORESERVE maps all the same", at != MAP_FAILED);
  STORE("empty-store", "and a store finds no page", at + 5 * P);
  munmap(at, MEGA);
  WORKS("size", "ENOMEM: MAP_HUGE_2MB", huge(1, PRIVATE | 21 << 26));
  WORKS("size-other", "EINVAL: a size that no page has", huge(1, PRIVATE | 13 << 26));
}

static void mapping(void) {
  PAGE("mmap(2)", "MAP_HUGETLB: private memory");
  char *at = huge(2, PRIVATE);
  HOLDS("map", "two huge pages", at != MAP_FAILED);
  HOLDS("map-aligned", "at a multiple of 2 MiB", ((uintptr_t)at & (MEGA - 1)) == 0);
  ROW("reserved", "are reserved: HugePages_Rsvd", RESERVED());
  ROW("free", "and free still: HugePages_Free", FREE());
  ROW("total", "HugePages_Total", TOTAL());
  ROW("kernel-size", "smaps: KernelPageSize, kB", smaps_kb(at, "KernelPageSize"));
  ROW("mmu-size", "MMUPageSize, kB", smaps_kb(at, "MMUPageSize"));
  HOLDS("flag", "the flag ht", vm_flag(at, "ht"));
  HOLDS("flag-de", "and de", vm_flag(at, "de"));
  LOAD("load", "a load", at + 5 * P);
  STORE("store", "a store", at + 7 * P);
  ROW("touched-free", "a page is taken: HugePages_Free", FREE());
  ROW("touched-reserved", "HugePages_Rsvd", RESERVED());
  ROW("private-kb", "smaps: Private_Hugetlb, kB", smaps_kb(at, "Private_Hugetlb"));
  ROW("rss-kb", "Rss, kB", smaps_kb(at, "Rss"));
  ROW("anon-kb", "AnonHugePages, kB", smaps_kb(at, "AnonHugePages"));
  ROW("mincore", "mincore: pages", resident(at, 1024));
  ROW("munmap-odd", "EINVAL: munmap of a page", munmap(at + P, P));
  ROW("munmap-length", "munmap of a page from its start", munmap(at, P));
  LOAD("munmap-kept", "and what is there then", at + 7 * P);
  ROW("mprotect-odd", "EINVAL: mprotect of a page", mprotect(at + P, P, PROT_READ));
  ROW("mprotect", "mprotect of a huge page", mprotect(at, MEGA, PROT_READ));
  STORE("mprotect-store", "a store there", at);
  STORE("mprotect-other", "a store beside it", at + MEGA);
  ROW("none", "PROT_NONE", mprotect(at, MEGA, PROT_NONE));
  LOAD("none-load", "a load", at);
  ROW("none-back", "and back", mprotect(at, MEGA, RW));
  LOAD("none-back-load", "it is as it was", at + 7 * P);
  ROW("dontneed-odd", "EINVAL: MADV_DONTNEED of a page that is not the first", madvise(at + P, P, MADV_DONTNEED));
  ROW("dontneed", "MADV_DONTNEED of a huge page", madvise(at, MEGA, MADV_DONTNEED));
  ROW("dontneed-free", "gives it back: HugePages_Free", FREE());
  LOAD("dontneed-load", "and it is zero", at + 7 * P);
  ROW("free-advice", "EINVAL: MADV_FREE", madvise(at, MEGA, MADV_FREE));
  ROW("cold", "EINVAL: MADV_COLD", madvise(at, MEGA, MADV_COLD));
  ROW("guard", "EINVAL: MADV_GUARD_INSTALL", madvise(at, MEGA, MADV_GUARD_INSTALL));
  ROW("mergeable", "MADV_MERGEABLE", madvise(at, MEGA, MADV_MERGEABLE));
  ROW("populate", "MADV_POPULATE_WRITE", madvise(at, 2 * MEGA, MADV_POPULATE_WRITE));
  ROW("populate-free", "takes all: HugePages_Free", FREE());
  ROW("mlock", "mlock(2)", mlock(at, 2 * MEGA));
  HOLDS("mlock-flag", "leaves no lo", !vm_flag(at, "lo"));
  ROW("mlock-part", "of 4 KiB of it", mlock(at + P, P));
  ROW("mlock-whole", "cuts no page in two: EINVAL for munmap of a page", munmap(at + P, P));
  WORKS("grow", "EINVAL: mremap(2) that makes it longer", mremap(at, 2 * MEGA, 3 * MEGA, MREMAP_MAYMOVE));
  WORKS("shrink-odd", "mremap(2) to half a huge page less", mremap(at, 2 * MEGA, MEGA + MEGA / 2, 0));
  char *to = mmap(NULL, 5 * MEGA, PROT_NONE, SHARED | MAP_NORESERVE, -1, 0);
  char *fit = (char *)(((uintptr_t)to + MEGA - 1) & ~(MEGA - 1));
  at[9 * P] = 9;
  WORKS("move-odd", "EINVAL: to a place where it does not fit", mremap(at, 2 * MEGA, 2 * MEGA, MREMAP_MAYMOVE | MREMAP_FIXED, fit + P));
  HOLDS("move", "to one where it fits", mremap(at, 2 * MEGA, 2 * MEGA, MREMAP_MAYMOVE | MREMAP_FIXED, fit) == fit);
  LOAD("move-load", "its bytes are there", fit + 9 * P);
  ROW("munmap", "munmap", munmap(fit, 2 * MEGA));
  ROW("munmap-free", "gives all back: HugePages_Free", FREE());
  ROW("munmap-reserved", "HugePages_Rsvd", RESERVED());
  at = mmap(NULL, 20 * P, RW, HUGE(PRIVATE), -1, 0);
  ROW("short", "a length that is no multiple is made one: pages", extent(at));
  munmap(at, MEGA);
  WORKS("fixed-odd", "EINVAL: MAP_FIXED at another address", mmap(fit + P, MEGA, RW, HUGE(PRIVATE) | MAP_FIXED, -1, 0));
  WORKS("too-many", "ENOMEM: more than there are", huge(5, PRIVATE));
  char *three = huge(3, PRIVATE);
  WORKS("others", "ENOMEM: what another mapping has reserved", huge(2, PRIVATE));
  munmap(three, 3 * MEGA);
  ROW("unreserved", "munmap of what was never touched: HugePages_Rsvd", RESERVED());
  at = huge(1, PRIVATE | MAP_POPULATE);
  ROW("map-populate", "MAP_POPULATE: HugePages_Free", FREE());
  munmap(at, MEGA);
}

static void sharing(void) {
  PAGE("mmap(2)", "MAP_HUGETLB: shared memory, and fork(2)");
  char *at = huge(1, SHARED);
  ROW("shared-reserved", "a shared huge page: HugePages_Rsvd", RESERVED());
  CHILD(at[3 * P] = 33);
  LOAD("shared-child", "a child's store is seen", at + 3 * P);
  ROW("shared-free", "HugePages_Free", FREE());
  ROW("shared-private-kb", "Private_Hugetlb, kB", smaps_kb(at, "Private_Hugetlb"));
  CHILD(ROW("shared-kb", "Shared_Hugetlb with a child that has used it, kB", (at[0] = 1, smaps_kb(at, "Shared_Hugetlb"))));
  ROW("shared-dontneed", "MADV_DONTNEED", madvise(at, MEGA, MADV_DONTNEED));
  LOAD("shared-kept", "loses nothing", at + 3 * P);
  ROW("shared-remove", "MADV_REMOVE", madvise(at, MEGA, MADV_REMOVE));
  LOAD("shared-removed", "does", at + 3 * P);
  munmap(at, MEGA);
  ROW("shared-gone", "munmap: HugePages_Free", FREE());
  char *own = huge(1, PRIVATE);
  own[5 * P] = 5;
  CHILD({
    LOAD("fork-load", "a child reads its parent's private page", own + 5 * P);
    own[5 * P] = 6;
    LOAD("fork-store", "what it stores it has", own + 5 * P);
    ROW("fork-free", "in a page of its own: HugePages_Free", FREE());
  });
  LOAD("fork-parent", "and its parent has not", own + 5 * P);
  ROW("fork-after", "when it is gone: HugePages_Free", FREE());
  munmap(own, MEGA);
}

static void files(void) {
  PAGE("memfd_create(2)", "MFD_HUGETLB");
  int fd = memfd_create("huge", MFD_HUGETLB);
  HOLDS("memfd", "a file of huge pages", fd >= 0);
  struct stat st;
  fstat(fd, &st);
  ROW("memfd-block", "st_blksize", st.st_blksize);
  ROW("memfd-write", "EINVAL: write(2)", write(fd, "x", 1));
  ROW("memfd-truncate-odd", "EINVAL: ftruncate to a part of a page", ftruncate(fd, P));
  ROW("memfd-truncate", "ftruncate", ftruncate(fd, 2 * MEGA));
  char *at = mmap(NULL, 2 * MEGA, RW, MAP_SHARED, fd, 0);
  HOLDS("memfd-map", "mmap without MAP_HUGETLB", at != MAP_FAILED);
  ROW("memfd-reserved", "HugePages_Rsvd", RESERVED());
  WORKS("memfd-offset", "EINVAL: an offset that is no multiple", mmap(NULL, MEGA, RW, MAP_SHARED, fd, P));
  STORE("memfd-store", "a store", at + 5 * P);
  char byte = 0;
  ROW("memfd-read", "pread", pread(fd, &byte, 1, 5 * P));
  ROW("memfd-byte", "reads it", byte);
  char *private = mmap(NULL, MEGA, RW, MAP_PRIVATE, fd, 0);
  LOAD("memfd-private", "a private mapping reads it", private + 5 * P);
  private[5 * P] = 9;
  LOAD("memfd-private-store", "and has what it stores", private + 5 * P);
  LOAD("memfd-private-other", "alone", at + 5 * P);
  munmap(private, MEGA);
  ROW("memfd-shrink", "ftruncate to less", ftruncate(fd, MEGA));
  LOAD("memfd-beyond", "beyond the end", at + MEGA);
  munmap(at, 2 * MEGA);
  ROW("memfd-kept", "the file keeps its page: HugePages_Free", FREE());
  close(fd);
  ROW("memfd-gone", "until it is closed: HugePages_Free", FREE());
  PAGE("shmget(2)", "SHM_HUGETLB");
  int id = shmget(IPC_PRIVATE, MEGA, IPC_CREAT | SHM_HUGETLB | 0600);
  HOLDS("shm", "a segment of huge pages", id >= 0);
  ROW("shm-reserved", "HugePages_Rsvd", RESERVED());
  char *segment = shmat(id, NULL, 0);
  STORE("shm-store", "a store", segment + 5 * P);
  HOLDS("shm-flag", "the flag ht", vm_flag(segment, "ht"));
  ROW("shm-free", "HugePages_Free", FREE());
  shmdt(segment);
  shmctl(id, IPC_RMID, NULL);
  ROW("shm-gone", "after IPC_RMID: HugePages_Free", FREE());
}

static int pagemap_bit(void *at, int bit) {
  uint64_t entry = 0;
  int map = open("/proc/self/pagemap", O_RDONLY);
  pread(map, &entry, 8, (unsigned long)at / P * 8);
  close(map);
  return entry >> bit & 1;
}

static void details(void) {
  PAGE("memfd_create(2)", "MFD_HUGETLB: what of an ordinary file is different");
  int fd = memfd_create("huge", MFD_HUGETLB), plain = open("plain", O_RDWR | O_CREAT, 0600);
  ftruncate(fd, 3 * MEGA);
  char *at = mmap(NULL, 3 * MEGA, RW, MAP_SHARED, fd, 0), *other = mmap(NULL, 3 * MEGA, RW, MAP_SHARED, fd, 0);
  at[P] = 7;
  ROW("file-mincore", "mincore: pages that are mapped", resident(at, 512));
  ROW("file-mincore-other", "and in a mapping that has not used them", resident(other, 512));
  ROW("file-exclusive", "pagemap: mapped once", pagemap_bit(at + 3 * P, 56));
  LOAD("file-other", "another mapping uses it", other + P);
  ROW("file-exclusive-twice", "mapped twice", pagemap_bit(at + 3 * P, 56));
  ROW("file-page-file", "pagemap: a file's", pagemap_bit(at, 61));
  ROW("file-seek-hole", "SEEK_HOLE: its end", lseek(fd, 0, SEEK_HOLE));
  ROW("file-seek-data", "SEEK_DATA: where one is", lseek(fd, MEGA + 5, SEEK_DATA));
  ROW("file-seek-beyond", "ENXIO: behind its end", lseek(fd, 3 * MEGA, SEEK_DATA));
  ROW("file-sendfile", "EINVAL: sendfile(2) from it", syscall(SYS_sendfile, plain, fd, NULL, 100));
  ROW("file-punch-part", "a hole of a page of 4 KiB", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, P, P));
  LOAD("file-punch-part-load", "is zeros", at + P);
  ROW("file-punch-part-free", "and gives nothing back: HugePages_Free", FREE());
  at[0] = at[MEGA] = at[2 * MEGA] = 7;
  ROW("file-punch-over", "a hole over two halves and a whole", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, MEGA / 2, 2 * MEGA));
  ROW("file-punch-over-free", "gives back the whole: HugePages_Free", FREE());
  LOAD("file-punch-over-first", "what is before it stays", at);
  ROW("file-allocate-odd", "fallocate(2) to within a page", fallocate(fd, 0, 3 * MEGA, P));
  ROW("file-allocate-size", "st_size", lseek(fd, 0, SEEK_END));
  munmap(at, 3 * MEGA), munmap(other, 3 * MEGA), close(fd), close(plain);
  char *own = huge(1, PRIVATE);
  own[0] = 1;
  ROW("own-wipe", "EINVAL: MADV_WIPEONFORK of private memory", madvise(own, MEGA, MADV_WIPEONFORK));
  HOLDS("own-account", "smaps: no ac", !vm_flag(own, "ac"));
  ROW("own-exclusive", "pagemap: mapped once", pagemap_bit(own, 56));
  CHILD(ROW("own-exclusive-child", "and by a child as well", pagemap_bit(own, 56)));
  munmap(own, MEGA);
  ROW("details-free", "HugePages_Free", FREE());
}

static void overcommit(void) {
  PAGE("proc(5)", "/proc/sys/vm/nr_overcommit_hugepages");
  long old = read_number(MORE);
  ROW("more", "so many pages may be made when they are needed", write_number(MORE, 2));
  char *at = huge(1, PRIVATE);
  HOLDS("more-map", "a mapping that the pool has no page for", at != MAP_FAILED);
  ROW("more-total", "HugePages_Total", TOTAL());
  ROW("more-surplus", "HugePages_Surp", SURPLUS());
  ROW("more-pool", "nr_hugepages stays", pool_wanted());
  STORE("more-store", "a store", at);
  ROW("more-free", "HugePages_Free", FREE());
  ROW("more-much", "ENOMEM: more than may be made", (long)huge(2, PRIVATE));
  ROW("more-much-surplus", "of which none stays", SURPLUS());
  char *noreserve = huge(1, PRIVATE | MAP_NORESERVE);
  STORE("more-noreserve", "one is made by a fault, too", noreserve);
  ROW("more-noreserve-surplus", "HugePages_Surp", SURPLUS());
  ROW("more-convert", "nr_hugepages takes them over", pool_set(1));
  ROW("more-convert-surplus", "HugePages_Surp", SURPLUS());
  ROW("more-convert-total", "HugePages_Total", TOTAL());
  pool_set(0);
  munmap(at, MEGA), munmap(noreserve, MEGA);
  ROW("more-gone", "nobody needs them: HugePages_Total", TOTAL());
  write_number(MORE, old);
}

int main(void) {
  pool_set(0);
  empty_pool();
  pool_set(4);
  mapping();
  sharing();
  files();
  details();
  PAGE("proc(5)", "/proc/sys/vm/nr_hugepages");
  ROW("pool", "the pool", pool_wanted());
  char *held = huge(2, PRIVATE);
  held[0] = 1;
  pool_set(0);
  ROW("pool-held", "pages that are reserved stay when it is made shorter: HugePages_Total", TOTAL());
  munmap(held, 2 * MEGA);
  ROW("pool-left", "until they are let go: HugePages_Total", TOTAL());
  if (pool_before == 0) overcommit();
  pool_restore();
  return 0;
}
