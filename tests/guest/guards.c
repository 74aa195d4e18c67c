/* MADV_GUARD_INSTALL and _REMOVE, MADV_POPULATE_*'s errors, MADV_REMOVE of files that have a medium, MADV_WILLNEED. */
#include "check.h"
#include <setjmp.h>

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)
#define P 4096L
#define INSTALL 102
#define REMOVE 103

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
/* G guard, x unmapped or forbidden, or what the page begins with. */
static const char *row(char *at, int count) {
  static char text[64];
  for (int i = 0; i < count; i++) {
    if (strcmp(probe(at + i * P, 0), "fine") != 0) text[i] = last_signal == SIGSEGV && last_code == 1 ? 'G' : 'x';
    else text[i] = at[i * P] ? at[i * P] : '0';
  }
  text[count] = 0;
  return text;
}
static void number(char *at, int count) {
  for (int i = 0; i < count; i++) at[i * P] = 'a' + i;
}
static unsigned long entry(void *at) {
  unsigned long value = 0;
  int fd = open("/proc/self/pagemap", O_RDONLY);
  pread(fd, &value, 8, (uintptr_t)at / P * 8);
  close(fd);
  return value >> 55;
}

int main(void) {
  struct sigaction action = {.sa_sigaction = escape, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  setvbuf(stdout, NULL, _IOLBF, 0);
  char *at = mmap(0, 8 * P, RW, ANONYMOUS, -1, 0);
  number(at, 8);
  T(madvise(at + 2 * P, 3 * P, INSTALL));
  puts(row(at, 8));
  printf("write %s\n", probe(at + 2 * P, 1));
  printf("pagemap %lx %lx\n", entry(at + 2 * P) & 0x88, entry(at + P) & 0x108);
  T(madvise(at + 3 * P, 3 * P, INSTALL));
  T(madvise(at, 8 * P, MADV_DONTNEED));
  puts(row(at, 8));
  number(at, 2);
  T(madvise(at + 2 * P, 4 * P, MADV_FREE));
  T(madvise(at, 8 * P, MADV_POPULATE_READ));
  T(madvise(at, 8 * P, MADV_POPULATE_WRITE));
  T(mlock(at, 8 * P));
  T(munlock(at, 8 * P));
  unsigned char seen[8];
  T(mincore(at, 8 * P, seen));
  printf("resident %d\n", seen[3] & 1);
  T(read(open("/dev/zero", O_RDONLY), at + P, 2 * P));
  T(mprotect(at + 3 * P, P, PROT_READ));
  puts(row(at, 8));
  T(mprotect(at + 3 * P, P, RW));
  fflush(stdout);
  if (fork() == 0) {
    printf("child %s\n", row(at, 8));
    T(madvise(at, 8 * P, REMOVE));
    printf("child %s\n", row(at, 8));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  puts(row(at, 8));
  char *moved = mremap(at, 8 * P, 12 * P, MREMAP_MAYMOVE);
  puts(row(moved, 10));
  T(madvise(moved + 4 * P, P, REMOVE));
  number(moved, 2);
  T(madvise(moved, 12 * P, REMOVE));
  puts(row(moved, 10));
  T(madvise(moved, P, INSTALL));
  T(mmap(moved, P, RW, ANONYMOUS | MAP_FIXED, -1, 0) == moved);
  puts(row(moved, 2));
  munmap(moved + P, P);
  T(madvise(moved, 3 * P, INSTALL));
  T(madvise(moved, 2 * P, MADV_POPULATE_READ));
  T(madvise(moved + P, 2 * P, MADV_POPULATE_READ));
  printf("%s %s\n", probe(moved, 0), probe(moved + 2 * P, 0));
  T(madvise(moved, 3 * P, REMOVE));
  T(madvise(moved + 1, P, INSTALL));
  T(madvise(moved, 0, INSTALL));
  T(mlock(moved + 3 * P, P));
  T(madvise(moved + 3 * P, P, INSTALL));
  T(madvise(moved + 3 * P, P, REMOVE));
  T(munlock(moved + 3 * P, P));
  T(mprotect(moved + 3 * P, P, PROT_NONE));
  T(madvise(moved + 3 * P, P, INSTALL));
  printf("forbidden and guarded: %s\n", probe(moved + 3 * P, 0));
  T(mprotect(moved + 3 * P, P, RW));
  printf("guarded: %s\n", probe(moved + 3 * P, 0));
  T(madvise(moved + 4 * P, P, MADV_WIPEONFORK));
  T(madvise(moved + 4 * P, P, INSTALL));
  fflush(stdout);
  if (fork() == 0) {
    printf("wiped %s\n", row(moved + 3 * P, 3));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);

  /* Shared memory and files. */
  char *shared = mmap(0, 4 * P, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  number(shared, 4);
  T(madvise(shared + P, P, INSTALL));
  puts(row(shared, 4));
  T(madvise(shared + P, P, REMOVE));
  puts(row(shared, 4));
  int fd = open("guards", O_RDWR | O_CREAT | O_TRUNC, 0600);
  char block[P];
  for (int i = 0; i < 6; i++) {
    memset(block, 'a' + i, P);
    pwrite(fd, block, P, i * P);
  }
  char *file = mmap(0, 6 * P, RW, MAP_SHARED, fd, 0), *private = mmap(0, 6 * P, RW, MAP_PRIVATE, fd, 0);
  char *readable = mmap(0, 6 * P, PROT_READ, MAP_SHARED, fd, 0);
  private[P] = 'P';
  T(madvise(readable, P, INSTALL));
  T(madvise(private + P, 2 * P, INSTALL));
  puts(row(private, 6));
  T(madvise(private + P, 2 * P, REMOVE));
  puts(row(private, 6));
  printf("%s\n", row(readable, 2));

  private[3 * P] = 'Q';
  T(madvise(file + 2 * P, 2 * P, MADV_REMOVE));
  puts(row(file, 6));
  puts(row(private, 6));
  pread(fd, block, P, 2 * P);
  printf("read %d, byte %d\n", block[0], block[P - 1]);
  struct stat st;
  fstat(fd, &st);
  printf("size %ld\n", (long)st.st_size);
  file[2 * P] = 'n';
  pread(fd, block, 1, 2 * P);
  printf("again %c\n", block[0]);
  T(madvise(private, P, MADV_REMOVE));
  T(madvise(moved + 5 * P, P, MADV_REMOVE));
  T(madvise(readable + P, P, MADV_REMOVE));
  int reader = open("guards", O_RDONLY);
  char *limited = mmap(0, P, PROT_READ, MAP_SHARED, reader, 0);
  T(madvise(limited, P, MADV_REMOVE));
  T(mlock(file, P));
  T(madvise(file, P, MADV_REMOVE));
  T(munlock(file, P));
  T(ftruncate(fd, 5 * P));
  T(madvise(file, 6 * P, MADV_WILLNEED));
  T(madvise(file, 6 * P, MADV_POPULATE_READ));
  T(madvise(file + 5 * P, P, MADV_POPULATE_WRITE));
  T(madvise(limited, P, MADV_POPULATE_WRITE));
  char *none = mmap(0, P, PROT_NONE, ANONYMOUS, -1, 0);
  T(madvise(none, P, MADV_POPULATE_READ));
  T(madvise(none, P, MADV_WILLNEED));
  unlink("guards");
  return 0;
}
