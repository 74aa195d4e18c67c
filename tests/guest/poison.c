/* MADV_HWPOISON and MADV_SOFT_OFFLINE: what Linux says where it can be told that memory is broken. */
#include "check.h"
#include <setjmp.h>

#define RW (PROT_READ | PROT_WRITE)
#define P 4096L

static sigjmp_buf out;
static const char *probe(volatile char *address, int write) {
  static char text[96];
  if (sigsetjmp(out, 1)) return "signal";
  if (write) *address = 1;
  else (void)*address;
  snprintf(text, sizeof text, "fine %d", *address);
  return text;
}
static void escape(int signal, siginfo_t *info, void *context) {
  (void)context;
  printf("[%d code %d lsb %d] ", signal, info->si_code, info->si_addr_lsb);
  siglongjmp(out, 1);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = escape, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGBUS, &action, NULL);
  setvbuf(stdout, NULL, _IOLBF, 0);
  char *at = mmap(0, 6 * P, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 5; i++) at[i * P] = 'a' + i;
  int go[2];
  pipe(go);
  int child = fork();
  if (child == 0) {
    char c;
    read(go[0], &c, 1);
    printf("child: %s\n", probe(at + P, 0));
    fflush(stdout);
    _exit(0);
  }
  T(madvise(at + P, P, 100));
  puts(probe(at + P, 0));
  puts(probe(at + P, 1));
  puts(probe(at + 2 * P, 0));
  write(go[1], "x", 1);
  waitpid(child, NULL, 0);
  T(write(open("/dev/null", O_WRONLY), at, P));
  T(pwrite(open("poison", O_RDWR | O_CREAT | O_TRUNC, 0600), at + P, 10, 0));
  T(madvise(at + P, P, MADV_POPULATE_READ));
  T(madvise(at + P, P, 100));
  T(madvise(at + P, P, MADV_DONTNEED));
  puts(probe(at + P, 1));
  T(madvise(at + 3 * P, P, 101));
  puts(probe(at + 3 * P, 0));
  T(madvise(at + 5 * P, P, 100));
  T(madvise(at + 1, P, 100));
  T(madvise(BAD, 0, 100));
  T(madvise(at, 0, 100));
  int fd = open("poison", O_RDWR);
  T(pwrite(fd, "clean", 5, 0));
  fsync(fd);
  char *file = mmap(0, P, RW, MAP_SHARED, fd, 0);
  printf("%c\n", file[0]);
  T(madvise(file, P, 100));
  printf("read again: %s\n", probe(file, 0));
  unlink("poison");
  setresuid(1000, 1000, 1000);
  T(madvise(at, P, 100));
  T(madvise(at, P, 101));
  return 0;
}
