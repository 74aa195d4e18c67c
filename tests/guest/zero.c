/* Mapping the devices of memory: /dev/zero is memory, the others can't be mapped. */
#include "check.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define PAGE 4096

static sigjmp_buf back;
static volatile int signalled, code;

static void caught(int signo, siginfo_t *info, void *context) {
  (void)context;
  signalled = signo;
  code = info->si_code;
  siglongjmp(back, 1);
}

/* The byte at p, or minus the signal. */
static int touch(volatile unsigned char *p, int store) {
  if (sigsetjmp(back, 1) != 0) return -signalled;
  if (store >= 0) *p = store;
  return *p;
}

static void *map(const char *path, int open_flags, size_t length, int prot, int flags, off_t offset) {
  int fd = open(path, open_flags);
  void *p = mmap(0, length, prot, flags, fd, offset);
  int error = errno;
  printf("mmap %s %o prot %d flags %d offset %ld: %s\n", path, open_flags, prot, flags, (long)offset, p == MAP_FAILED ? strerrorname_np(error) : "mapped");
  close(fd);
  return p;
}

/* What follows the inode in maps, and the permissions. */
static void show(void *p) {
  char line[512], name[256] = "";
  FILE *maps = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, maps)) {
    unsigned long start, end, offset;
    char perms[8];
    if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %255[^\n]", &start, &end, perms, &offset, name) >= 4 && start == (unsigned long)p)
      printf("  %lu pages %s %lx %s\n", (end - start) / PAGE, perms, offset, name);
    name[0] = 0;
  }
  fclose(maps);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGBUS, &action, 0);
  setvbuf(stdout, 0, _IONBF, 0);
  const int RW = PROT_READ | PROT_WRITE;

  unsigned char *shared = map("/dev/zero", O_RDWR, 3 * PAGE, RW, MAP_SHARED, 0);
  show(shared);
  printf("zeros %d\n", touch(shared, -1));
  printf("stored %d\n", touch(shared + PAGE, 7));
  if (fork() == 0) {
    shared[2 * PAGE] = shared[PAGE] + 1;
    _exit(0);
  }
  wait(0);
  printf("the child wrote %d\n", shared[2 * PAGE]);
  unsigned char *longer = mremap(shared, 3 * PAGE, 5 * PAGE, MREMAP_MAYMOVE);
  printf("longer: %d\n", touch(longer + 2 * PAGE, -1));
  printf("beyond: %d\n", touch(longer + 3 * PAGE, -1));
  T(madvise(longer, 3 * PAGE, MADV_DONTNEED));
  printf("%d\n", longer[PAGE]);
  T(madvise(longer, 3 * PAGE, MADV_REMOVE));
  printf("%d\n", longer[PAGE]);
  munmap(longer, 5 * PAGE);

  unsigned char *private = map("/dev/zero", O_RDWR, 3 * PAGE, RW, MAP_PRIVATE, 0);
  show(private);
  printf("zeros %d\n", touch(private, -1));
  printf("stored %d\n", touch(private + PAGE, 7));
  if (fork() == 0) {
    private[PAGE] = 9;
    _exit(private[2 * PAGE]);
  }
  wait(0);
  printf("the child's is its own: %d\n", private[PAGE]);
  longer = mremap(private, 3 * PAGE, 5 * PAGE, MREMAP_MAYMOVE);
  printf("longer: %d\n", touch(longer + PAGE, -1));
  printf("beyond: %d\n", touch(longer + 4 * PAGE, 3));
  T(madvise(longer, 3 * PAGE, MADV_DONTNEED));
  printf("%d\n", longer[PAGE]);
  T(madvise(longer, 3 * PAGE, MADV_REMOVE));
  munmap(longer, 5 * PAGE);

  unsigned char *at = map("/dev/zero", O_RDWR, PAGE, RW, MAP_PRIVATE, 1 << 20);
  printf("at an offset: %d\n", touch(at, 5));
  show(at);
  at = map("/dev/zero", O_RDWR, PAGE, RW, MAP_SHARED, 1 << 20);
  printf("at an offset: %d\n", touch(at, 5));
  show(at);

  map("/dev/zero", O_RDONLY, PAGE, RW, MAP_SHARED, 0);
  unsigned char *p = map("/dev/zero", O_RDONLY, PAGE, PROT_READ, MAP_SHARED, 0);
  T(mprotect(p, PAGE, RW));
  map("/dev/zero", O_RDONLY, PAGE, RW, MAP_PRIVATE, 0);
  map("/dev/zero", O_WRONLY, PAGE, PROT_WRITE, MAP_SHARED, 0);
  map("/dev/zero", O_WRONLY, PAGE, PROT_WRITE, MAP_PRIVATE, 0);
  map("/dev/zero", O_RDWR, 0, RW, MAP_SHARED, 0);
  map("/dev/zero", O_RDWR, PAGE, RW, MAP_SHARED, 1);
  map("/dev/zero", O_RDWR, PAGE, RW, 0, 0);
  map("/dev/null", O_RDWR, PAGE, RW, MAP_SHARED, 0);
  map("/dev/null", O_RDWR, PAGE, RW, MAP_PRIVATE, 0);
  map("/dev/full", O_RDWR, PAGE, RW, MAP_PRIVATE, 0);
  map("/dev/urandom", O_RDWR, PAGE, PROT_READ, MAP_PRIVATE, 0);
  return 0;
}
