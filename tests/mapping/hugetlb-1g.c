/* Huge pages of 1 GiB: mappings of them, of which the pool has none. */
#include "pool.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/statfs.h>
#include <sched.h>

#ifndef MFD_HUGETLB
#define MFD_HUGETLB 4U
#endif
#ifndef SHM_NORESERVE
#define SHM_NORESERVE 010000
#endif
#define GIGA (512 * MEGA)
#define SIZE_1GB (30U << 26)
#define GIANT (MAP_HUGETLB | SIZE_1GB)
#define UNRESERVED (PRIVATE | GIANT | MAP_NORESERVE)

static void mapping(void) {
  PAGE("mmap(2)", "MAP_HUGE_1GB");
  WORKS("private", "ENOMEM: the pool has no page to reserve", mmap(NULL, GIGA, RW, PRIVATE | GIANT, -1, 0));
  WORKS("shared", "ENOMEM: nor for shared memory", mmap(NULL, GIGA, RW, SHARED | GIANT, -1, 0));
  char *shared = mmap(NULL, GIGA, RW, SHARED | GIANT | MAP_NORESERVE, -1, 0);
  HOLDS("shared-noreserve", "shared memory with MAP_NORESERVE", shared != MAP_FAILED);
  STORE("shared-store", "a store there", shared + 5 * P);
  char *at = mmap(NULL, GIGA, RW, UNRESERVED, -1, 0);
  HOLDS("noreserve", "private memory with MAP_NORESERVE", at != MAP_FAILED);
  HOLDS("aligned", "at a multiple of 1 GiB", ((uintptr_t)at & (GIGA - 1)) == 0);
  ROW("kernel-size", "smaps: KernelPageSize, kB", smaps_kb(at, "KernelPageSize"));
  ROW("mmu-size", "MMUPageSize, kB", smaps_kb(at, "MMUPageSize"));
  HOLDS("flag", "the flag ht", vm_flag(at, "ht"));
  LOAD("load", "a load finds no page", at + 5);
  STORE("store", "nor does a store", at + GIGA - 1);
  int pair[2];
  pipe(pair);
  ROW("syscall", "EFAULT: a system call", write(pair[1], at + P, 1));
  CHILD(LOAD("child", "a child's load", at));
  char *short_one = mmap(NULL, P, RW, UNRESERVED, -1, 0);
  ROW("short", "a length that is no multiple is made one: pages", extent(short_one) % 262144);
  munmap(short_one, GIGA);
  WORKS("fixed-odd", "EINVAL: MAP_FIXED at another address", mmap(at + MEGA, GIGA, RW, UNRESERVED | MAP_FIXED, -1, 0));
  ROW("munmap-part", "EINVAL: munmap of 2 MiB", munmap(at, MEGA));
  ROW("munmap-odd", "EINVAL: from within the page", munmap(at + MEGA, GIGA - MEGA));
  ROW("mprotect-part", "EINVAL: mprotect of 2 MiB", mprotect(at, MEGA, PROT_READ));
  ROW("mprotect", "mprotect of 1 GiB", mprotect(at, GIGA, PROT_READ));
  STORE("mprotect-store", "a store there", at);
  ROW("dontneed-odd", "EINVAL: MADV_DONTNEED from within", madvise(at + MEGA, GIGA - MEGA, MADV_DONTNEED));
  ROW("dontneed-part", "of the first 2 MiB: none", madvise(at, MEGA, MADV_DONTNEED));
  ROW("dontneed", "of 1 GiB", madvise(at, GIGA, MADV_DONTNEED));
  ROW("random-part", "EINVAL: MADV_RANDOM of 2 MiB", madvise(at, MEGA, MADV_RANDOM));
  ROW("random", "of 1 GiB", madvise(at, GIGA, MADV_RANDOM));
  ROW("free", "EINVAL: MADV_FREE", madvise(at, GIGA, MADV_FREE));
  ROW("populate", "EFAULT: MADV_POPULATE_READ", madvise(at, GIGA, MADV_POPULATE_READ));
  ROW("mincore", "mincore: pages", resident(at, 512));
  ROW("mlock", "mlock(2)", mlock(at, P));
  HOLDS("shrink", "mremap(2) to 2 MiB leaves it", mremap(at, GIGA, MEGA, 0) == at && extent(at) >= 262144);
  WORKS("grow", "EINVAL: mremap(2) that makes it longer", mremap(at, GIGA, 2 * GIGA, MREMAP_MAYMOVE));
  int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
  struct uffdio_api api = {.api = UFFD_API};
  ioctl(fd, UFFDIO_API, &api);
  struct uffdio_register whole = {.range = {(unsigned long)at, GIGA}, .mode = UFFDIO_REGISTER_MODE_WP}, part = whole;
  part.range.len = MEGA;
  ROW("watch-part", "EINVAL: UFFDIO_REGISTER of 2 MiB", ioctl(fd, UFFDIO_REGISTER, &part));
  ROW("watch", "of 1 GiB", ioctl(fd, UFFDIO_REGISTER, &whole));
  struct uffdio_writeprotect protect = {.range = part.range, .mode = UFFDIO_WRITEPROTECT_MODE_WP};
  ROW("protect-part", "EINVAL: UFFDIO_WRITEPROTECT of 2 MiB", ioctl(fd, UFFDIO_WRITEPROTECT, &protect));
  close(fd);
  ROW("munmap", "munmap", munmap(at, GIGA));
  ROW("munmap-shared", "of shared memory", munmap(shared, GIGA));
  at = mmap(NULL, GIGA, RW, UNRESERVED | MAP_POPULATE, -1, 0);
  HOLDS("map-populate", "MAP_POPULATE maps all the same", at != MAP_FAILED);
  munmap(at, GIGA);
}

static void files(void) {
  PAGE("memfd_create(2)", "MFD_HUGE_1GB");
  int fd = memfd_create("giant", MFD_HUGETLB | SIZE_1GB);
  struct stat st;
  HOLDS("memfd", "a file of such pages", fstat(fd, &st) == 0);
  ROW("memfd-block", "st_blksize", st.st_blksize);
  ROW("memfd-truncate-odd", "EINVAL: ftruncate(2) to 2 MiB", ftruncate(fd, MEGA));
  ROW("memfd-truncate", "to 1 GiB", ftruncate(fd, GIGA));
  WORKS("memfd-map", "ENOMEM: a mapping", mmap(NULL, GIGA, RW, MAP_SHARED, fd, 0));
  char *at = mmap(NULL, GIGA, RW, MAP_SHARED | MAP_NORESERVE, fd, 0);
  HOLDS("memfd-noreserve", "with MAP_NORESERVE", at != MAP_FAILED);
  LOAD("memfd-load", "a load", at);
  WORKS("memfd-offset", "EINVAL: from 2 MiB on", mmap(NULL, GIGA, RW, MAP_SHARED | MAP_NORESERVE, fd, MEGA));
  char *own = mmap(NULL, GIGA, RW, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
  STORE("memfd-private", "a store in a private mapping", own);
  ROW("memfd-read", "a hole is read as zeros", byte_of(fd, 5));
  ROW("memfd-fill", "ENOSPC: fallocate(2)", fallocate(fd, 0, 0, GIGA));
  munmap(at, GIGA), munmap(own, GIGA), close(fd);
  PAGE("shmget(2)", "SHM_HUGE_1GB");
  WORKS("shm", "ENOMEM: a segment", shmget(IPC_PRIVATE, GIGA, IPC_CREAT | SHM_HUGETLB | SIZE_1GB | 0600));
  int id = shmget(IPC_PRIVATE, GIGA, IPC_CREAT | SHM_HUGETLB | SHM_NORESERVE | SIZE_1GB | 0600);
  HOLDS("shm-noreserve", "with SHM_NORESERVE", id >= 0);
  char *segment = shmat(id, NULL, 0);
  HOLDS("shm-attach", "shmat(2)", segment != (void *)-1);
  LOAD("shm-load", "a load", segment);
  ROW("shm-size", "smaps: KernelPageSize, kB", smaps_kb(segment, "KernelPageSize"));
  HOLDS("shm-flag", "the flag nr", vm_flag(segment, "nr"));
  shmdt(segment), shmctl(id, IPC_RMID, NULL);
  id = shmget(IPC_PRIVATE, MEGA, IPC_CREAT | SHM_HUGETLB | SHM_NORESERVE | 0600);
  segment = shmat(id, NULL, 0);
  HOLDS("shm-2m", "of 2 MiB, when the pool is empty", segment != (void *)-1);
  LOAD("shm-2m-load", "a load", segment);
  shmdt(segment), shmctl(id, IPC_RMID, NULL);
}

static const char *options(void) {
  static char found[256];
  char line[512], at[256], words[256];
  FILE *file = fopen("/proc/self/mounts", "r");
  while (file != NULL && fgets(line, sizeof line, file))
    if (sscanf(line, "%*s %255s %*s %255s", at, words) == 2 && strlen(at) > 2 && !strcmp(at + strlen(at) - 2, "/m")) strcpy(found, words);
  if (file != NULL) fclose(file);
  return found;
}

static void mounts(void) {
  struct statfs fs;
  PAGE("mount(2)", "hugetlbfs: pagesize=1G");
  if (unshare(CLONE_NEWNS) == 0) mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
  mkdir("m", 0700);
  ROW("mount", "mount -t hugetlbfs -o pagesize=1G", mount("none", "m", "hugetlbfs", 0, "pagesize=1G"));
  SAYS("mount-options", "/proc/self/mounts", options());
  statfs("m", &fs);
  ROW("mount-block", "statfs(2): a block", fs.f_bsize);
  umount("m");
  ROW("mount-size", "size=2560M", mount("none", "m", "hugetlbfs", 0, "size=2560M,pagesize=1G"));
  SAYS("mount-size-options", "are two pages", options());
  statfs("m", &fs);
  ROW("mount-size-blocks", "statfs(2): blocks", fs.f_blocks);
  int fd = open("m/file", O_RDWR | O_CREAT, 0600);
  WORKS("mount-map", "a mapping of one, MAP_NORESERVE", mmap(NULL, GIGA, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0));
  close(fd);
  umount2("m", MNT_DETACH);
}

int main(void) {
  pool_set(0);
  mapping();
  files();
  CHILD(mounts());
  pool_restore();
  return 0;
}
