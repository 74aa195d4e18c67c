/* Mapping calls: every errno of the man pages that can be provoked, and what the memory holds afterwards. */
#include "check.h"
#include <setjmp.h>

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)

static sigjmp_buf out;
static volatile int last_signal, last_code;
static void escape(int signal, siginfo_t *info, void *context) {
  (void)context;
  last_signal = signal;
  last_code = info->si_code;
  siglongjmp(out, 1);
}

static const char *probe(volatile char *address, int write) {
  static char text[64];
  if (sigsetjmp(out, 1)) {
    snprintf(text, sizeof text, "signal %d code %d", last_signal, last_code);
    return text;
  }
  if (write) *address = 1;
  else (void)*address;
  return "fine";
}

static void files(char *page) {
  int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600), reader, writer;
  T(ftruncate(fd, 10000));
  pwrite(fd, "hello", 5, 4096);
  reader = open("data", O_RDONLY);
  writer = open("data", O_WRONLY);
  char *shared = mmap(0, 12288, RW, MAP_SHARED, fd, 0);
  char *private = mmap(0, 12288, RW, MAP_PRIVATE, fd, 0);
  printf("shared '%s' private '%s'\n", shared + 4096, private + 4096);
  memcpy(shared + 4096, "world", 5);
  printf("private sees '%s'\n", private + 4096);
  memcpy(private + 4096, "MINE!", 5);
  char buffer[8] = {0};
  pread(fd, buffer, 5, 4096);
  printf("file '%s' shared '%s' private '%s'\n", buffer, shared + 4096, private + 4096);
  pwrite(fd, "write", 5, 4096);
  printf("shared '%s' private '%s'\n", shared + 4096, private + 4096);
  printf("tail %s, beyond %s\n", probe(shared + 8192 + 2000, 1), probe(shared + 12288 - 1, 0));
  T(ftruncate(fd, 4096));
  printf("truncated: %s", probe(shared + 4096, 0));
  printf(", private copy %s\n", probe(private + 4096, 0));
  T(ftruncate(fd, 10000));
  printf("grown again: %s value %d\n", probe(shared + 4096, 0), shared[4096]);
  OK(msync(shared, 12288, MS_SYNC));
  T(msync(shared + 1, 4096, MS_SYNC));
  T(msync(shared, 4096, MS_SYNC | MS_ASYNC));
  T(msync(shared, 4096, 64));
  T((long)mmap(0, 4096, RW, MAP_SHARED, reader, 0));
  OK(munmap(mmap(0, 4096, RW, MAP_PRIVATE, reader, 0), 4096));
  char *limited = mmap(0, 4096, PROT_READ, MAP_SHARED, reader, 0);
  T(mprotect(limited, 4096, RW));
  T((long)mmap(0, 4096, PROT_READ, MAP_PRIVATE, writer, 0));
  T((long)mmap(0, 4096, PROT_READ, MAP_PRIVATE, 99, 0));
  T((long)mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 100));
  T((long)mmap(0, 4096, PROT_READ, 0, fd, 0));
  T((long)mmap(0, 0, PROT_READ, MAP_PRIVATE, fd, 0));
  int ends[2];
  pipe(ends);
  T((long)mmap(0, 4096, PROT_READ, MAP_PRIVATE, ends[0], 0));
  int folder = open(".", O_RDONLY);
  T((long)mmap(0, 4096, PROT_READ, MAP_PRIVATE, folder, 0));
  munmap(shared, 12288);
  munmap(private, 12288);
  munmap(limited, 4096);
  close(fd);
  close(reader);
  close(writer);
  unlink("data");
  (void)page;
}

static void anonymous(void) {
  char *at = mmap(0, 5 * 4096, RW, ANONYMOUS, -1, 0);
  strcpy(at + 3 * 4096, "kept");
  T(munmap(at + 4096, 4096));
  printf("hole %s", probe(at + 4096, 0));
  printf(", before %s", probe(at + 4095, 1));
  printf(", after '%s'\n", at + 3 * 4096);
  T(munmap(at + 4096, 4096));
  T(munmap(at + 1, 4096));
  T(munmap(at, 0));
  T(mprotect(at + 3 * 4096, 4096, PROT_READ));
  printf("read-only: read %s", probe(at + 3 * 4096, 0));
  printf(", write %s\n", probe(at + 3 * 4096, 1));
  T(mprotect(at + 3 * 4096, 4096, PROT_NONE));
  printf("none: read %s\n", probe(at + 3 * 4096, 0));
  T(mprotect(at, 5 * 4096, RW));
  T(mprotect(at + 3 * 4096, 2 * 4096, RW));
  printf("back '%s'\n", at + 3 * 4096);
  T(mprotect(at + 1, 4096, RW));
  T(mmap(at + 4096, 4096, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == at + 4096);
  T(mmap(at + 3 * 4096, 4096, RW, ANONYMOUS | MAP_FIXED, -1, 0) == at + 3 * 4096);
  printf("replaced '%s'\n", at + 3 * 4096);
  T((long)mmap(at + 1, 4096, RW, ANONYMOUS | MAP_FIXED, -1, 0));
  T((long)mmap(0, (size_t)1 << 60, RW, ANONYMOUS, -1, 0));
  T(munmap(at, 5 * 4096));
}

static void moves(void) {
  char *at = mmap(0, 2 * 4096, RW, ANONYMOUS, -1, 0);
  strcpy(at, "moved");
  char *wall = mmap(at + 2 * 4096, 4096, RW, ANONYMOUS | MAP_FIXED, -1, 0);
  T((long)mremap(at, 2 * 4096, 4 * 4096, 0));
  char *grown = mremap(at, 2 * 4096, 4 * 4096, MREMAP_MAYMOVE);
  printf("'%s' moved %d, old %s\n", grown, grown != at, probe(at, 0));
  printf("new part %s\n", probe(grown + 3 * 4096, 1));
  T(mremap(grown, 4 * 4096, 4096, 0) == grown);
  printf("cut %s\n", probe(grown + 4096, 0));
  char *place = mmap(0, 2 * 4096, PROT_NONE, ANONYMOUS, -1, 0);
  T(mremap(grown, 4096, 2 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place);
  printf("fixed '%s'\n", place);
  T((long)mremap(place + 1, 4096, 8192, MREMAP_MAYMOVE));
  T((long)mremap(place, 4096, 4096, 64));
  T((long)mremap(place, 4096, 4096, MREMAP_FIXED, at));
  T((long)mremap(place, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, place + 4096));
  T((long)mremap((void *)0x70000000, 4096, 8192, MREMAP_MAYMOVE));
  munmap(wall, 4096);
  munmap(place, 2 * 4096);
}

static void heap(void) {
  char *start = sbrk(0);
  T(brk(start + 10000));
  printf("zeroed %d\n", start[9999]);
  memset(start, 1, 10000);
  T(sbrk(0) == start + 10000);
  T(brk(start + 100));
  T(brk(start + 10000));
  printf("kept %d, zeroed again %d\n", start[50], start[9000]);
  T(brk((void *)16));
  T(brk(start));
}

static void advice(void) {
  unsigned char resident[4];
  char *at = mmap(0, 4 * 4096, RW, ANONYMOUS, -1, 0);
  memset(at, 7, 4 * 4096);
  T(madvise(at + 4096, 4096, MADV_DONTNEED));
  printf("dropped %d kept %d\n", at[4096], at[8192]);
  T(madvise(at + 1, 4096, MADV_DONTNEED));
  T(madvise(at, 0, MADV_DONTNEED));
  munmap(at + 4096, 4096);
  T(mincore(at, 4 * 4096, resident));
  at[0] = 1;
  T(mincore(at, 4096, resident));
  printf("resident %d\n", resident[0] & 1);
  T(mincore(at, 4096, (unsigned char *)16));
  T(mlock(at, 4096));
  T(munlock(at, 4096));
  T(munmap(at, 4 * 4096));
}

static int deep(int depth) {
  volatile char frame[4000];
  frame[0] = frame[3999] = (char)depth;
  return depth == 0 ? 0 : deep(depth - 1) + frame[0] * 0 + 1;
}

static void forks(void) {
  char *private = mmap(0, 8192, RW, ANONYMOUS, -1, 0), *shared = mmap(0, 4096, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int status;
  strcpy(private, "parent");
  if (fork() == 0) {
    strcpy(private, "child");
    strcpy(shared, "from the child");
    _exit(0);
  }
  wait(&status);
  printf("private '%s' shared '%s'\n", private, shared);
}

/* What qemu-riscv64 answers otherwise than Linux does: the expected output is in the test. */
static void linux_only(void) {
  unsigned char resident[4];
  int status;
  char *at = mmap(0, 4 * 4096, RW, ANONYMOUS, -1, 0);
  memset(at, 7, 4 * 4096);
  T(mprotect(at, 0, RW));
  T((long)mmap(at + 4096, 4096, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
  T((long)mremap(at, 4096, 0, MREMAP_MAYMOVE));
  T(madvise(at, 4096, 777));
  T(mincore(at + 1, 4096, resident));
  munmap(at + 4096, 4096);
  T(madvise(at, 4 * 4096, MADV_DONTNEED));
  printf("dropped around a hole %d %d\n", at[0], at[8192]);
  T(madvise(at, 4096, MADV_DONTFORK));
  if (fork() == 0) {
    signal(SIGSEGV, SIG_DFL);
    _exit(*at);
  }
  wait(&status);
  printf("not inherited: signal %d\n", WTERMSIG(status));
  char *wiped = mmap(0, 4096, RW, ANONYMOUS, -1, 0);
  strcpy(wiped, "secret");
  T(madvise(wiped, 4096, MADV_WIPEONFORK));
  if (fork() == 0) {
    signal(SIGSEGV, SIG_DFL);
    if (wiped[0] != 0) _exit(1);
    _exit(0);
  }
  wait(&status);
  printf("wiped: status %d\n", WEXITSTATUS(status));
}

int main(int argc, char **argv) {
  (void)argv;
  setvbuf(stdout, 0, _IOLBF, 0);
  if (argc > 1) {
    linux_only();
    return 0;
  }
  struct sigaction action = {.sa_sigaction = escape, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGBUS, &action, 0);
  anonymous();
  moves();
  files(0);
  heap();
  advice();
  printf("deep %d\n", deep(1500));
  forks();
  return 0;
}
