/* What the manual pages name and the other programs of this folder do not show. */
#include "mapping.h"
#include <linux/membarrier.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/shm.h>

#ifndef MFD_HUGETLB
#define MFD_HUGETLB 4U
#endif
#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#define SIZE_2M (21 << 26)
#define SIZE_1G (30 << 26)
#define MEGA (512 * P)
struct poison { struct uffdio_range range; uint64_t mode; int64_t updated; };
#define IOC_POISON _IOWR(UFFDIO, 8, struct poison)

static void mappings(void) {
  PAGE("mmap(2)", "Sizes of huge pages, programs that run");
  ROW("huge-1g", "ENOMEM: MAP_HUGE_1GB, of which there are none", (long)mmap(NULL, 1UL << 30, RW, PRIVATE | MAP_HUGETLB | SIZE_1G, -1, 0));
  char *at = mmap(NULL, 1UL << 30, RW, PRIVATE | MAP_HUGETLB | MAP_NORESERVE | SIZE_2M, -1, 0);
  HOLDS("huge-2m", "MAP_HUGE_2MB with MAP_NORESERVE", at != MAP_FAILED);
  int self = open("/proc/self/exe", O_RDONLY);
  HOLDS("denywrite", "MAP_DENYWRITE is ignored", mmap(NULL, P, PROT_READ, MAP_PRIVATE | MAP_DENYWRITE, self, 0) != MAP_FAILED);
  HOLDS("executable", "MAP_EXECUTABLE as well", mmap(NULL, P, PROT_READ, MAP_PRIVATE | MAP_EXECUTABLE, self, 0) != MAP_FAILED);
  ROW("text-busy", "ETXTBSY: opening a program that runs for writing", open("/proc/self/exe", O_RDWR));
  close(self);
  int file = file_of("denied", 1);
  mmap(NULL, P, PROT_READ, MAP_PRIVATE | MAP_DENYWRITE, file, 0);
  ROW("denywrite-write", "a file mapped with MAP_DENYWRITE can be written", pwrite(file, "x", 1, 0));
  close(file);
}

static void advice(void) {
  PAGE("madvise(2)", "Advice where there is no file, and no page");
  char *at = map(4, RW, PRIVATE);
  ROW("willneed", "MADV_WILLNEED of anonymous memory (the page says EBADF)", madvise(at, 4 * P, MADV_WILLNEED));
  ROW("willneed-resident", "brings nothing", resident(at, 4));
  ROW("remove", "EINVAL: MADV_REMOVE of private memory", madvise(at, P, MADV_REMOVE));
  int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
  struct uffdio_api api = {.api = UFFD_API};
  struct uffdio_register place = {.range = {(unsigned long)at, 4 * P}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  struct poison poison = {.range = {(unsigned long)at, P}};
  ioctl(fd, UFFDIO_API, &api), ioctl(fd, UFFDIO_REGISTER, &place), ioctl(fd, IOC_POISON, &poison);
  close(fd);
  ROW("populate-poisoned", "EHWPOISON: MADV_POPULATE_READ of a poisoned page", madvise(at, P, MADV_POPULATE_READ));
  ROW("populate-write-poisoned", "and MADV_POPULATE_WRITE", madvise(at, P, MADV_POPULATE_WRITE));
  ROW("populate-rest", "pages after it", madvise(at + P, 3 * P, MADV_POPULATE_WRITE));
  ROW("mincore-poisoned", "mincore(2): those are there", resident(at + P, 3));
}

static void watching(void) {
  PAGE("userfaultfd(2)", "Who may have one, and when it is of no use");
  ROW("user-mode", "UFFD_USER_MODE_ONLY", close(syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY)));
  CHILD(become_user(); ROW("user", "EPERM: an ordinary user, without UFFD_USER_MODE_ONLY", syscall(SYS_userfaultfd, 0)); ROW("user-only", "but with it", close(syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY))));
  CHILD(limit(RLIMIT_NOFILE, 3); ROW("descriptors", "EMFILE: no descriptor is left", syscall(SYS_userfaultfd, 0)));
  char *at = map(4, RW, PRIVATE), *source = map(1, RW, PRIVATE);
  int fd = syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);
  struct uffdio_api api = {.api = UFFD_API};
  struct uffdio_register place = {.range = {(unsigned long)at, 4 * P}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  ioctl(fd, UFFDIO_API, &api), ioctl(fd, UFFDIO_REGISTER, &place);
  int pair[2];
  pipe(pair);
  ROW("user-mode-syscall", "EFAULT: a system call at a missing page, with UFFD_USER_MODE_ONLY", write(pair[1], at, 1));
  struct uffdio_copy copy = {.dst = (unsigned long)at, .src = (unsigned long)source, .len = P, .mode = UFFDIO_COPY_MODE_DONTWAKE};
  ROW("dontwake", "UFFDIO_COPY_MODE_DONTWAKE", ioctl(fd, UFFDIO_COPY, &copy));
  struct uffdio_zeropage zero = {.range = {(unsigned long)at + P, P}, .mode = UFFDIO_ZEROPAGE_MODE_DONTWAKE};
  ROW("zero-dontwake", "UFFDIO_ZEROPAGE_MODE_DONTWAKE", ioctl(fd, UFFDIO_ZEROPAGE, &zero));
  close(fd);
  int both[2];
  char byte;
  pipe(both);
  fd = syscall(SYS_userfaultfd, 0);
  pid_t child = fork();
  if (child == 0) {
    dup2(syscall(SYS_userfaultfd, 0), fd);
    ioctl(fd, UFFDIO_API, &api), ioctl(fd, UFFDIO_REGISTER, &place);
    write(both[1], "", 1);
    pause();
  }
  read(both[0], &byte, 1);
  int theirs = syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, child, 0), fd, 0);
  kill(child, SIGKILL), waitpid(child, NULL, 0);
  copy.dst += 2 * P;
  ROW("gone", "ESRCH: UFFDIO_COPY when the process is gone", ioctl(theirs, UFFDIO_COPY, &copy));
  zero.range.start += 2 * P;
  ROW("gone-zero", "UFFDIO_ZEROPAGE", ioctl(theirs, UFFDIO_ZEROPAGE, &zero));
  ROW("gone-register", "ENOMEM: UFFDIO_REGISTER", ioctl(theirs, UFFDIO_REGISTER, &place));
  ROW("gone-unregister", "and UFFDIO_UNREGISTER", ioctl(theirs, UFFDIO_UNREGISTER, &place.range));
  ROW("gone-wake", "UFFDIO_WAKE", ioctl(theirs, UFFDIO_WAKE, &place.range));
}

static void segments(void) {
  PAGE("shmget(2)", "Huge segments, removed ones");
  ROW("shm-1g", "ENOMEM: SHM_HUGE_1GB, of which there are none", shmget(IPC_PRIVATE, 1UL << 30, SHM_HUGETLB | SIZE_1G | 0600));
  ROW("shm-size", "EINVAL: a size that no page has", shmget(IPC_PRIVATE, MEGA, SHM_HUGETLB | (22 << 26) | 0600));
  int id = shmget(IPC_PRIVATE, MEGA, SHM_NORESERVE | SHM_HUGETLB | SIZE_2M | 0600);
  HOLDS("shm-2m", "SHM_HUGE_2MB with SHM_NORESERVE", id >= 0);
  shmctl(id, IPC_RMID, NULL);
  CHILD(become_user(); ROW("shm-user", "EPERM: SHM_HUGETLB without CAP_IPC_LOCK", shmget(IPC_PRIVATE, MEGA, SHM_NORESERVE | SHM_HUGETLB | 0600)));
  id = shmget(IPC_PRIVATE, P, 0600);
  char *at = shmat(id, NULL, SHM_EXEC);
  SAYS("shm-exec", "SHM_EXEC: permissions", permissions(at));
  struct shmid_ds segment;
  int index = -1;
  struct shm_info info;
  int last = shmctl(0, SHM_INFO, (struct shmid_ds *)&info);
  for (int i = 0; i <= last; i++) if (shmctl(i, SHM_STAT, &segment) == id) index = i;
  HOLDS("shm-stat-any", "SHM_STAT_ANY", shmctl(index, SHM_STAT_ANY, &segment) == id && segment.shm_segsz == P);
  CHILD(become_user(); ROW("shm-stat-user", "EACCES: SHM_STAT of another's segment that he can't read", shmctl(index, SHM_STAT, &segment)); HOLDS("shm-stat-any-user", "but SHM_STAT_ANY", shmctl(index, SHM_STAT_ANY, &segment) == id));
  CHILD(become_user(); ROW("shm-remove-user", "EPERM: IPC_RMID of another's", shmctl(id, IPC_RMID, NULL)); ROW("shm-set-user", "EPERM: IPC_SET", shmctl(id, IPC_SET, &segment)); ROW("shm-at-user", "EACCES: shmat(2)", (long)shmat(id, NULL, 0)));
  shmctl(id, IPC_RMID, NULL);
  void *second = shmat(id, NULL, 0);
  HOLDS("shm-removed-at", "a segment that is to go with its last user can be attached by its number", second != (void *)-1);
  shmdt(second);
  ROW("shm-removed", "IPC_RMID of it a second time", shmctl(id, IPC_RMID, NULL));
  shmdt(at);
  ROW("shm-gone", "EINVAL: when it is gone", (long)shmat(id, NULL, 0));
}

static void files(void) {
  PAGE("memfd_create(2)", "Sizes of huge pages, descriptors");
  HOLDS("memfd-2m", "MFD_HUGE_2MB", memfd_create("m", MFD_HUGETLB | SIZE_2M) >= 0);
  WORKS("memfd-both", "MFD_HUGETLB and MFD_ALLOW_SEALING", memfd_create("m", MFD_HUGETLB | MFD_ALLOW_SEALING));
  ROW("memfd-size", "ENODEV: a size that no page has", memfd_create("m", MFD_HUGETLB | (22 << 26)));
  ROW("memfd-size-alone", "EINVAL: a size without MFD_HUGETLB", memfd_create("m", SIZE_2M));
  CHILD(limit(RLIMIT_NOFILE, 3); ROW("memfd-descriptors", "EMFILE: no descriptor is left", memfd_create("m", 0)));
}

static void barriers(void) {
  PAGE("membarrier(2)", "All commands");
  ROW("rseq-early", "EPERM: PRIVATE_EXPEDITED_RSEQ that was not registered", syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0));
  ROW("rseq-register", "REGISTER_PRIVATE_EXPEDITED_RSEQ", syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0));
  ROW("rseq", "PRIVATE_EXPEDITED_RSEQ", syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0));
  ROW("rseq-cpu", "MEMBARRIER_CMD_FLAG_CPU", syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_FLAG_CPU, 0));
  ROW("rseq-flag", "EINVAL: an unknown flag", syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 2, 0));
  ROW("core-early", "EPERM: PRIVATE_EXPEDITED_SYNC_CORE that was not registered", syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0));
  ROW("core-register", "REGISTER_PRIVATE_EXPEDITED_SYNC_CORE", syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0));
  ROW("core", "PRIVATE_EXPEDITED_SYNC_CORE", syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0));
  ROW("shared", "MEMBARRIER_CMD_SHARED", syscall(SYS_membarrier, MEMBARRIER_CMD_SHARED, 0, 0));
}

static void seldom(void) {
  PAGE("mmap(2)", "Limits of address space and data");
  CHILD({
    char *at = map(90, RW, PRIVATE);
    limit(RLIMIT_AS, (status_of("VmSize") + 40) * 1024);
    WORKS("as", "ENOMEM: beyond RLIMIT_AS", mmap(NULL, 90 * P, RW, PRIVATE, -1, 0));
    WORKS("as-fixed", "MAP_FIXED in the place of as much", mmap(at, 90 * P, RW, PRIVATE | MAP_FIXED, -1, 0));
  });
  CHILD({
    limit(RLIMIT_DATA, (status_of("VmData") + 40) * 1024);
    WORKS("data", "ENOMEM: beyond RLIMIT_DATA", mmap(NULL, 90 * P, RW, PRIVATE, -1, 0));
    WORKS("data-stack", "MAP_GROWSDOWN is no data", mmap(NULL, 90 * P, RW, PRIVATE | MAP_GROWSDOWN, -1, 0));
  });
  PAGE("mmap(2)", "Signals at addresses that no program can have");
  LOAD("high", "the last word of 64 bits", (char *)-8L);
  STORE("high-store", "a store in the last 2 GiB", (char *)0xffffffff80001239L);
  PAGE("mincore(2)", "Gaps");
  unsigned char vector[4] = {9, 9, 9, 9};
  char *at = map(4, RW, PRIVATE);
  at[0] = 1;
  munmap(at + 2 * P, P);
  ROW("mincore-gap", "ENOMEM: a gap", mincore(at, 4 * P, vector));
  ROW("mincore-gap-told", "what comes before it has been told", vector[0] * 1000 + vector[1] * 100 + vector[2] * 10 + vector[3]);
  PAGE("shmat(2)", "Addresses that no program can have");
  int id = shmget(IPC_PRIVATE, P, 0600);
  ROW("shm-high", "ENOMEM: beyond what a program can have", (long)shmat(id, (void *)(1L << 62), 0));
  ROW("shm-end", "EINVAL: beyond the end of all addresses", (long)shmat(id, (void *)-4096L, 0));
  shmctl(id, IPC_RMID, NULL);
  PAGE("remap_file_pages(2)", "Offsets");
  int fd = file_of("far", 1);
  at = mmap(NULL, 2 * P, RW, MAP_SHARED, fd, 0);
  ROW("far", "EOVERFLOW: an offset that no file has", remap_file_pages(at, P, 0, 1UL << 52, 0));
  ROW("far-end", "EINVAL: one beyond all numbers", remap_file_pages(at, P, 0, -1L, 0));
  unlink("far");
}

/* The library's functions would take some results for pointers. */
static void last_page(void) {
  PAGE("mmap(2)", "Addresses at the end of 64 bits");
  char *last = (char *)-1L, *page = (char *)-4096L;
  WORKS("end-protect", "EINVAL: mprotect(2), which looks at the place in the page first", syscall(SYS_mprotect, last, P, PROT_READ));
  WORKS("end-protect-none", "of nothing, too", syscall(SYS_mprotect, last, 0UL, PROT_READ));
  WORKS("end-unmap", "EINVAL: munmap(2)", syscall(SYS_munmap, page, P));
  WORKS("end-sync", "EINVAL: msync(2)", syscall(SYS_msync, last, P, MS_SYNC));
  WORKS("end-sync-page", "ENOMEM: of the last page", syscall(SYS_msync, page, P, MS_SYNC));
  WORKS("end-advise", "EINVAL: madvise(2) to where addresses wrap around", syscall(SYS_madvise, page, P, MADV_DONTNEED));
  WORKS("end-advise-2", "ENOMEM: of a page before it", syscall(SYS_madvise, page - P, P, MADV_DONTNEED));
  WORKS("end-lock", "EINVAL: mlock(2)", syscall(SYS_mlock, last, P));
  WORKS("end-lock-page", "EINVAL: of the last page", syscall(SYS_mlock, page, P));
  WORKS("end-lock-2", "ENOMEM: of a page before it", syscall(SYS_mlock, page - P, P));
  static unsigned char there[8];
  WORKS("end-incore", "EINVAL: mincore(2)", syscall(SYS_mincore, last, P, there));
  WORKS("end-remap", "EINVAL: mremap(2)", syscall(SYS_mremap, last, P, 2 * P, MREMAP_MAYMOVE));
  WORKS("end-map", "MAP_FIXED in the last page: the address is the errno", syscall(SYS_mmap, last, P, PROT_READ, PRIVATE | MAP_FIXED, -1, 0));
  WORKS("end-map-12", "and with another one", syscall(SYS_mmap, (char *)-12L, P, PROT_READ, PRIVATE | MAP_FIXED, -1, 0));
  WORKS("end-map-before", "ENOMEM: in front of it", syscall(SYS_mmap, page, P, PROT_READ, PRIVATE | MAP_FIXED, -1, 0));
  WORKS("end-length", "a length that is 0 when rounded up: msync(2) does nothing", syscall(SYS_msync, (char *)P, -4095L, MS_SYNC));
  WORKS("end-length-lock", "nor does mlock(2)", syscall(SYS_mlock, (char *)P, -4095L));
  WORKS("middle-protect", "EINVAL: in the middle of what no program has, not at a page", syscall(SYS_mprotect, (char *)((1UL << 63) + 1), P, PROT_READ));
  WORKS("middle-protect-page", "ENOMEM: at a page", syscall(SYS_mprotect, (char *)(1UL << 63), P, PROT_READ));
}

int main(void) {
  last_page();
  mappings();
  advice();
  watching();
  segments();
  files();
  barriers();
  seldom();
  return 0;
}
