/* mseal, process_madvise, process_mrelease, process_vm_readv, cachestat, remap_file_pages, pkeys, mlock in full, mremap's combinations. */
#include "check.h"
#include <setjmp.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/ipc.h>

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define SHARED (MAP_SHARED | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)
#define P 4096L
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static long seal(void *at, size_t length, long flags) { return syscall(462, at, length, flags); }
static long advise_in(int fd, struct iovec *iov, size_t n, int advice, unsigned flags) { return syscall(440, fd, iov, n, advice, flags); }
static long mrelease(int fd, unsigned flags) { return syscall(448, fd, flags); }
static long cache(int fd, void *range, void *out, unsigned flags) { return syscall(451, fd, range, out, flags); }
static int pidfd(int pid) { return syscall(434, pid, 0); }
static char *pages(int count, int prot, int flags) { return mmap(0, count * P, prot, flags, -1, 0); }

static sigjmp_buf out;
static volatile int probing, last_signal, last_code;
static void escape(int signal, siginfo_t *info, void *context) {
  (void)context;
  if (!probing) _exit(99);
  last_signal = signal;
  last_code = info->si_code;
  siglongjmp(out, 1);
}
static const char *probe(volatile char *address, int write) {
  static char text[64];
  if (sigsetjmp(out, 1)) {
    probing = 0;
    snprintf(text, sizeof text, "signal %d code %d", last_signal, last_code);
    return text;
  }
  probing = 1;
  if (write) *address = 1;
  else (void)*address;
  probing = 0;
  return "fine";
}

static long status(const char *label) {
  char text[8192];
  int fd = open("/proc/self/status", O_RDONLY);
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  text[n > 0 ? n : 0] = 0;
  char *found = strstr(text, label);
  return found ? strtol(found + strlen(label) + 1, NULL, 10) : -1;
}

/* A figure or VmFlags letters of the mapping at an address. */
static const char *smaps(void *at, const char *label) {
  static char line[256], found[256];
  FILE *file = fopen("/proc/self/smaps", "r");
  char start[32];
  snprintf(start, sizeof start, "%08lx-", (unsigned long)at);
  int inside = 0;
  strcpy(found, "(none)");
  while (fgets(line, sizeof line, file)) {
    if (strchr(line, '-') && line[0] != 'V' && strspn(line, "0123456789abcdef") >= 8) inside = strncmp(line, start, strlen(start)) == 0;
    else if (inside && strncmp(line, label, strlen(label)) == 0) {
      line[strcspn(line, "\n")] = 0;
      char *value = line + strlen(label);
      snprintf(found, sizeof found, "%s", value + strspn(value, ": "));
    }
  }
  fclose(file);
  return found;
}
static int has(void *at, const char *letters) { return strstr(smaps(at, "VmFlags"), letters) != NULL; }

static int resident(char *at, int count) {
  unsigned char seen[64];
  int sum = 0;
  mincore(at, count * P, seen);
  for (int i = 0; i < count; i++) sum += seen[i] & 1;
  return sum;
}

static void sealing(void) {
  puts("-- mseal");
  char *at = pages(6, RW, ANONYMOUS);
  strcpy(at + P, "sealed");
  T(seal(at, P, 1));
  T(seal(at + 1, P, 0));
  T(seal(at, 0, 0));
  T(seal(at, -1L, 0));
  munmap(at + 4 * P, P);
  T(seal(at + 3 * P, 3 * P, 0));
  T(mprotect(at + 3 * P, P, PROT_READ));
  T(seal(at + P, 2 * P, 0));
  T(seal(at + P, 2 * P, 0));
  T(munmap(at + P, P));
  T(munmap(at, 2 * P));
  T(mprotect(at + P, P, PROT_READ));
  T(mprotect(at + P, P, RW));
  T(mprotect(at, 2 * P, PROT_READ));
  printf("first page after that: %s\n", probe(at, 1));
  T((long)mremap(at + P, P, 2 * P, MREMAP_MAYMOVE));
  T((long)mremap(at + P, 2 * P, P, 0));
  T((long)mremap(at + P, P, P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP));
  char *other = pages(2, RW, ANONYMOUS);
  T((long)mremap(other, P, P, MREMAP_MAYMOVE | MREMAP_FIXED, at + P));
  T((long)mmap(at + P, P, RW, ANONYMOUS | MAP_FIXED, -1, 0));
  T((long)mmap(at + P, P, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
  T(madvise(at + P, P, MADV_DONTNEED));
  printf("writable, so it is '%s'\n", at + P);
  T(madvise(at + P, P, MADV_DONTFORK));
  T(mlock(at + P, P));
  T(munlock(at + P, P));
  char *text = pages(2, RW, ANONYMOUS);
  strcpy(text, "constant");
  mprotect(text, 2 * P, PROT_READ);
  T(seal(text, 2 * P, 0));
  T(madvise(text, P, MADV_DONTNEED));
  T(madvise(text, P, MADV_FREE));
  T(madvise(text, P, MADV_DONTFORK));
  T(madvise(text, P, MADV_WIPEONFORK));
  T(madvise(text, P, MADV_REMOVE));
  T(madvise(text, P, MADV_DONTNEED_LOCKED));
  T(madvise(text, P, MADV_WILLNEED));
  T(madvise(text, P, MADV_POPULATE_READ));
  T(madvise(text, P, MADV_RANDOM));
  printf("still '%s', sl %d\n", text, has(text, "sl"));
  if (fork() == 0) {
    T(munmap(text, P));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  char *shared = pages(1, PROT_READ, SHARED);
  T(seal(shared, P, 0));
  T(madvise(shared, P, MADV_DONTNEED));
  T(remap_file_pages(shared, P, 0, 0, 0));
  /* The heap cannot shrink into what is sealed. */
  char *heap = sbrk(4 * P);
  char *page = (char *)(((uintptr_t)heap + P) & ~(P - 1));
  T(seal(page, P, 0));
  OK((long)sbrk(-3 * P));
}

static void other_processes(void) {
  puts("-- other processes");
  char *at = pages(8, RW, ANONYMOUS);
  memset(at, 'p', 8 * P);
  int ends[2], back[2];
  pipe(ends);
  pipe(back);
  fflush(stdout);
  int child = fork();
  if (child == 0) {
    char c;
    close(ends[1]);
    strcpy(at, "the child's");
    strcpy(at + 5 * P - 3, "across");
    munmap(at + 6 * P, P);
    mprotect(at + 7 * P, P, PROT_READ);
    write(back[1], "x", 1);
    read(ends[0], &c, 1);
    printf("child has '%s' and '%s'\n", at, at + 2 * P - 2);
    fflush(stdout);
    pause();
  }
  char ready;
  read(back[0], &ready, 1);
  char a[32] = "", b[32] = "";
  struct iovec local[2] = {{a, 4}, {b, 20}}, remote[3] = {{at, 12}, {at + 5 * P - 3, 7}, {at + 6 * P, 4}};
  T(process_vm_readv(child, local, 2, remote, 2, 0));
  printf("'%s' '%s'\n", a, b);
  T(process_vm_readv(child, local, 2, remote + 2, 1, 0));
  T(process_vm_readv(child, local, 2, remote, 2, 1));
  T(process_vm_readv(child, local, 0, remote, 2, 0));
  T(process_vm_readv(child, local, 2, remote, 0, 0));
  T(process_vm_readv(child, local, 2, BAD, 1, 0));
  T(process_vm_readv(child, BAD, 2, remote, 1, 0));
  T(process_vm_readv(child, local, 1025, remote, 1, 0));
  T(process_vm_readv(child, local, 2, remote, 1025, 0));
  T(process_vm_readv(0x3fffffff, local, 2, remote, 2, 0));
  struct iovec unwritable = {BAD, 8};
  T(process_vm_readv(child, &unwritable, 1, remote, 1, 0));
  struct iovec negative = {at, -1};
  T(process_vm_readv(child, local, 1, &negative, 1, 0));
  T(process_vm_readv(child, &negative, 1, remote, 1, 0));
  struct iovec put = {"written", 8}, there[2] = {{at, 3}, {at + 2 * P - 2, 5}}, rest = {at + 7 * P, 4};
  T(process_vm_writev(child, &put, 1, there, 2, 0));
  T(process_vm_writev(child, &put, 1, &rest, 1, 0));
  T(process_vm_writev(child, &put, 1, remote + 2, 1, 0));
  T(process_vm_readv(getpid(), local, 1, &put, 1, 0));

  int fd = pidfd(child), self = pidfd(getpid());
  struct iovec mine[2] = {{at, 2 * P}, {at + 4 * P, P}}, hole[2] = {{at, P}, {at + 5 * P, 3 * P}};
  T(advise_in(fd, mine, 2, MADV_COLD, 0));
  T(advise_in(fd, mine, 2, MADV_PAGEOUT, 0));
  T(advise_in(fd, mine, 2, MADV_WILLNEED, 0));
  T(advise_in(fd, mine, 2, MADV_COLD, 1));
  T(advise_in(fd, mine, 2, MADV_DONTNEED, 0));
  T(advise_in(fd, mine, 2, 999, 0));
  T(advise_in(fd, hole, 2, MADV_COLD, 0));
  T(advise_in(fd, hole + 1, 1, MADV_COLD, 0));
  T(advise_in(fd, mine, 0, MADV_COLD, 0));
  T(advise_in(fd, BAD, 1, MADV_COLD, 0));
  T(advise_in(ends[0], mine, 2, MADV_COLD, 0));
  T(advise_in(99, mine, 2, MADV_COLD, 0));
  T(advise_in(self, mine, 1, MADV_DONTNEED, 0));
  printf("dropped: %d\n", at[0]);
  T(mrelease(fd, 1));
  T(mrelease(fd, 0));
  T(mrelease(99, 0));
  T(mrelease(ends[0], 0));
  fflush(stdout);
  int judge = fork();
  if (judge == 0) {
    setresgid(1000, 1000, 1000);
    setresuid(1000, 1000, 1000);
    T(process_vm_readv(child, local, 2, remote, 2, 0));
    T(advise_in(fd, mine, 2, MADV_COLD, 0));
    T(advise_in(self, mine, 1, MADV_COLD, 0));
    int own = pidfd(getpid());
    T(advise_in(own, mine, 1, MADV_COLD, 0));
    T(advise_in(own, mine, 1, MADV_DONTNEED, 0));
    fflush(stdout);
    _exit(0);
  }
  waitpid(judge, NULL, 0);
  write(ends[1], "x", 1);
  close(ends[1]);
  until_asleep(child, child);
  usleep(30000);
  until_asleep(child, child);
  kill(child, SIGKILL);
  siginfo_t info;
  waitid(P_PID, child, &info, WEXITED | WNOWAIT);
  T(mrelease(fd, 0));
  T(process_vm_readv(child, local, 2, remote, 2, 0));
  T(advise_in(fd, mine, 2, MADV_COLD, 0));
  waitpid(child, NULL, 0);
  T(advise_in(fd, mine, 2, MADV_COLD, 0));
  T(mrelease(fd, 0));
}

static void files(void) {
  puts("-- files");
  int fd = open("stat", O_RDWR | O_CREAT | O_TRUNC, 0600);
  char block[P];
  for (int i = 0; i < 6; i++) {
    memset(block, 'a' + i, P);
    pwrite(fd, block, P, i * P);
  }
  uint64_t range[2] = {0, 0}, stat[5] = {9, 9, 9, 9, 9};
  T(cache(fd, range, stat, 0));
  printf("cached %lu\n", (unsigned long)stat[0]);
  range[0] = P + 5;
  range[1] = P;
  T(cache(fd, range, stat, 0));
  printf("cached %lu\n", (unsigned long)stat[0]);
  range[0] = 100 * P;
  T(cache(fd, range, stat, 0));
  printf("cached %lu dirty %lu\n", (unsigned long)stat[0], (unsigned long)stat[1]);
  T(cache(fd, range, stat, 1));
  T(cache(fd, BAD, stat, 0));
  T(cache(fd, range, BAD, 0));
  T(cache(99, range, stat, 0));
  int ends[2];
  pipe(ends);
  T(cache(ends[0], range, stat, 0));

  char *at = mmap(0, 4 * P, RW, MAP_SHARED, fd, 0);
  T(remap_file_pages(at + P, P, 0, 5, 0));
  T(remap_file_pages(at + 2 * P, 2 * P, 0, 0, MAP_NONBLOCK));
  printf("%c %c %c %c\n", at[0], at[P], at[2 * P], at[3 * P]);
  at[P] = 'X';
  pread(fd, block, 1, 5 * P);
  printf("file has %c\n", block[0]);
  T(remap_file_pages(at, P, PROT_READ, 0, 0));
  T(remap_file_pages(at, 0, 0, 0, 0));
  T(remap_file_pages(at, 5 * P, 0, 0, 0));
  T(remap_file_pages(at, 4 * P, 0, 1, 0));
  T(remap_file_pages(at + 3, P + 1, 0, 9, 0));
  printf("beyond the end: %s\n", probe(at, 0));
  char *private = mmap(0, P, RW, MAP_PRIVATE, fd, 0);
  T(remap_file_pages(private, P, 0, 0, 0));
  T(remap_file_pages(BAD, P, 0, 0, 0));
  char *shared = pages(3, RW, SHARED);
  shared[0] = '0', shared[P] = '1', shared[2 * P] = '2';
  T(remap_file_pages(shared, P, 0, 2, 0));
  T(remap_file_pages(shared + 2 * P, P, 0, 0, 0));
  printf("%c %c %c\n", shared[0], shared[P], shared[2 * P]);

  /* Flags. */
  T((long)mmap(0, P, RW, MAP_SHARED_VALIDATE | 0x80000, fd, 0));
  T((long)mmap(0, P, RW, MAP_SHARED_VALIDATE | 0x800000, fd, 0));
  T(mmap(0, P, RW, MAP_SHARED | 0x800000, fd, 0) != MAP_FAILED);
  T(mmap(0, P, RW, MAP_SHARED_VALIDATE | MAP_DENYWRITE | MAP_EXECUTABLE | MAP_NORESERVE | MAP_STACK, fd, 0) != MAP_FAILED);
  T((long)mmap(0, P, RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0));
  char *spot = pages(1, RW, ANONYMOUS);
  munmap(spot, P);
  T((long)mmap(spot, P, RW, MAP_SHARED_VALIDATE | MAP_FIXED_NOREPLACE, fd, 0));
  T((long)mmap(0, P, RW, MAP_PRIVATE | MAP_GROWSDOWN, fd, 0));
  T((long)mmap(0, P, RW, SHARED | MAP_GROWSDOWN, -1, 0));
  T(mmap(0, P, RW, ANONYMOUS | MAP_GROWSDOWN, -1, 0) != MAP_FAILED);

  /* Both ends of a move see one file. */
  munmap(at, 4 * P);
  at = mmap(0, 2 * P, RW, MAP_SHARED, fd, 0);
  char *moved = mremap(at, 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  moved[0] = 'M';
  printf("left behind: %c\n", at[0]);
  private[0] = 'N';
  char *left = mremap(private, P, P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  printf("private moved %c, left %c\n", left[0], private[0]);
  shared = pages(3, RW, SHARED);
  shared[2 * P] = '2';
  char *twin = mremap(shared, 0, 3 * P, MREMAP_MAYMOVE);
  twin[P] = 'T';
  printf("twin %c %c\n", shared[P], twin[2 * P]);
  T((long)mremap(left, 0, P, MREMAP_MAYMOVE));
  T((long)mremap(shared, 0, P, 0));
  char *anon = pages(3, RW, ANONYMOUS);
  strcpy(anon, "here");
  T((long)mremap(anon, P, 2 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0));
  T((long)mremap(anon, P, P, MREMAP_DONTUNMAP, 0));
  T((long)mremap(anon, P, P, MREMAP_MAYMOVE | MREMAP_FIXED, anon));
  T((long)mremap(anon, 2 * P, P, MREMAP_MAYMOVE | MREMAP_FIXED, anon + P));
  char *place = pages(4, PROT_NONE, ANONYMOUS);
  T(mremap(anon, P, P, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, place) == place);
  printf("'%s' '%s'\n", place, anon);
  T((long)mremap(anon + 2 * P, 2 * P, 3 * P, MREMAP_MAYMOVE));
  unlink("stat");
}

static void limit(int which, long bytes) {
  struct rlimit l = {bytes, bytes < 0 ? -1 : 1 << 30};
  getrlimit(which, &l);
  l.rlim_cur = bytes;
  setrlimit(which, &l);
}

static void locking(void) {
  puts("-- locks");
  char *at = pages(8, RW, ANONYMOUS);
  T(mlock2(at, 4 * P, 2));
  T(mlock2(at, 4 * P, MLOCK_ONFAULT));
  printf("locked %ld, resident %d, lo %d\n", status("VmLck"), resident(at, 4), has(at, " lo"));
  at[P] = 1;
  printf("resident %d, Locked %s\n", resident(at, 4), smaps(at, "Locked"));
  T(mlock(at, 2 * P));
  printf("locked %ld, resident %d\n", status("VmLck"), resident(at, 4));
  T(madvise(at, P, MADV_DONTNEED));
  T(madvise(at, P, MADV_FREE));
  T(madvise(at, P, MADV_COLD));
  T(madvise(at, P, MADV_PAGEOUT));
  T(madvise(at, P, MADV_DONTNEED_LOCKED));
  printf("resident %d\n", resident(at, 4));
  T(munlock(at + P, P));
  printf("locked %ld\n", status("VmLck"));
  char *grown = mremap(at, P, 20 * P, MREMAP_MAYMOVE);
  printf("grown: locked %ld, resident %d\n", status("VmLck"), resident(grown, 20));
  T(munlockall());
  printf("locked %ld\n", status("VmLck"));
  T(mlockall(0));
  T(mlockall(MCL_ONFAULT));
  T(mlockall(8));
  T(mlockall(MCL_FUTURE | MCL_ONFAULT));
  char *late = pages(3, RW, ANONYMOUS);
  printf("on fault: locked %ld resident %d\n", status("VmLck"), resident(late, 3));
  T(mlockall(MCL_FUTURE));
  char *later = pages(3, RW, SHARED);
  printf("at once: locked %ld resident %d\n", status("VmLck"), resident(later, 3));
  fflush(stdout);
  if (fork() == 0) {
    printf("child: locked %ld\n", status("VmLck"));
    pages(2, RW, ANONYMOUS);
    printf("child: locked %ld\n", status("VmLck"));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  T(munlockall());
  char *free = pages(2, RW, ANONYMOUS);
  printf("afterwards: locked %ld resident %d\n", status("VmLck"), resident(free, 2));
  T(mlockall(MCL_CURRENT | MCL_ONFAULT));
  printf("all: %d, resident %d\n", status("VmLck") > 0, resident(free, 2));
  T(munlockall());
  T(mlock(BAD, P));
  T(mlock(free, -1L));
  T(mlock((void *)-P, 2 * P));
  char *none = pages(1, PROT_NONE, ANONYMOUS);
  T(mlock(none, P));
  munmap(none, P);
  int segment = shmget(IPC_PRIVATE, 4 * P, 0600);
  fflush(stdout);
  if (fork() == 0) {
    setresgid(1000, 1000, 1000);
    setresuid(1000, 1000, 1000);
    limit(RLIMIT_MEMLOCK, 3 * P + 100);
    char *few = pages(8, RW, ANONYMOUS);
    T(mlock(few, 3 * P));
    T(mlock(few, 3 * P));
    T(mlock(few + 3 * P, P));
    T(mlock(few + P, 3 * P));
    T((long)mmap(0, P, RW, ANONYMOUS | MAP_LOCKED, -1, 0));
    munlock(few, P);
    OK((long)mmap(0, P, RW, ANONYMOUS | MAP_LOCKED, -1, 0));
    T((long)mremap(few + P, 2 * P, 3 * P, MREMAP_MAYMOVE));
    T(mlockall(MCL_CURRENT));
    T(mlockall(MCL_FUTURE));
    T((long)mmap(0, 4 * P, RW, ANONYMOUS, -1, 0));
    T((long)sbrk(8 * P));
    T(munlockall());
    T(shmctl(segment, SHM_LOCK, NULL));
    int own = shmget(IPC_PRIVATE, 4 * P, 0600), small = shmget(IPC_PRIVATE, 2 * P, 0600);
    T(shmctl(own, SHM_LOCK, NULL));
    T(shmctl(small, SHM_LOCK, NULL));
    T(shmctl(small, SHM_LOCK, NULL));
    int second = shmget(IPC_PRIVATE, 2 * P, 0600);
    T(shmctl(second, SHM_LOCK, NULL));
    T(shmctl(small, SHM_UNLOCK, NULL));
    T(shmctl(second, SHM_LOCK, NULL));
    T(shmctl(second, SHM_UNLOCK, NULL));
    shmctl(own, IPC_RMID, NULL), shmctl(small, IPC_RMID, NULL), shmctl(second, IPC_RMID, NULL);
    limit(RLIMIT_MEMLOCK, 0);
    T(mlock(few, P));
    T(mlock(few, 0));
    T(munlock(few, P));
    T(mlockall(MCL_CURRENT));
    T((long)mmap(0, P, RW, ANONYMOUS | MAP_LOCKED, -1, 0));
    T(munlockall());
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  shmctl(segment, IPC_RMID, NULL);
  if (fork() == 0) {
    char *room = pages(2, RW, ANONYMOUS);
    limit(RLIMIT_AS, 1);
    T((long)mremap(room, 2 * P, 4 * P, MREMAP_MAYMOVE));
    T((long)mremap(room, 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP));
    T(mremap(room, 2 * P, P, 0) == room);
    T((long)mremap(room, 8 * P, 9 * P, MREMAP_MAYMOVE));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
}

static void controls(void) {
  puts("-- prctl, keys");
  T(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
  T(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
  T(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
  printf("THP_enabled %ld\n", status("THP_enabled"));
  fflush(stdout);
  if (fork() == 0) {
    T(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  T(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
  T(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
  T(prctl(PR_SET_THP_DISABLE, 0, 0, 1, 0));
  T(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0));
  char *at = pages(2, RW, ANONYMOUS);
  T(pkey_mprotect(at, P, PROT_READ, -1));
  T(pkey_mprotect(at + P, P, RW, 7));
  T(pkey_alloc(1, 0));
  T(pkey_alloc(0, 8));
  T(pkey_free(5));
  T(madvise(at, P, 777));
  T(madvise(at, P, -1));
  T(madvise(at, P, 99));
  T(madvise(at + 1, P, MADV_NORMAL));
  T(madvise(at, -1L, MADV_NORMAL));
  T(madvise(at, 0, MADV_NORMAL));
  T(madvise(at, 0, 777));
}

int main(void) {
  struct sigaction action = {.sa_sigaction = escape, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  setvbuf(stdout, NULL, _IOLBF, 0);
  sealing();
  other_processes();
  files();
  locking();
  controls();
  return 0;
}
