/* Resource limits: what each refuses, and how. */
#include "check.h"
#include <sys/time.h>

static volatile int got;
static void note(int signal) { got = signal; }

static void limit(int which, rlim_t bytes) {
  struct rlimit both = {bytes, RLIM_INFINITY};
  getrlimit(which, &both);
  both.rlim_cur = bytes;
  T(setrlimit(which, &both));
}

/* Runs a part in a child of its own and shows how that ended. */
static void apart(const char *name, void (*part)(void)) {
  int status;
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    part();
    fflush(stdout);
    _exit(0);
  }
  waitpid(pid, &status, 0);
  printf("%s: %s %d core %d\n", name, WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
         WIFSIGNALED(status) && WCOREDUMP(status));
}

static void *area(size_t mb, int prot, int flags) { return mmap(0, mb << 20, prot, flags | MAP_ANONYMOUS, -1, 0); }

static void as(void) {
  limit(RLIMIT_AS, 128 << 20);
  OK((long)area(256, PROT_READ, MAP_PRIVATE));
  OK((long)area(256, PROT_NONE, MAP_PRIVATE));
  OK((long)area(256, PROT_READ | PROT_WRITE, MAP_SHARED));
  char *some = area(16, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  OK((long)some);
  OK((long)mremap(some, 16 << 20, 200 << 20, MREMAP_MAYMOVE));
  OK((long)sbrk(200 << 20));
  OK((long)malloc(200 << 20) - 1);
  munmap(some, 16 << 20);
  OK((long)area(16, PROT_READ | PROT_WRITE, MAP_PRIVATE));
}

static void data(void) {
  limit(RLIMIT_DATA, 32 << 20);
  OK((long)area(64, PROT_READ | PROT_WRITE, MAP_PRIVATE));
  OK((long)area(64, PROT_READ, MAP_PRIVATE));
  OK((long)area(64, PROT_READ | PROT_WRITE, MAP_SHARED));
  OK((long)sbrk(64 << 20));
}

static int deep(int n) {
  volatile char block[1024];
  block[0] = n;
  return n == 0 ? 0 : deep(n - 1) + block[0];
}

static void stack(void) {
  limit(RLIMIT_STACK, 256 << 10);
  printf("deep %d\n", deep(60) > 0);
  fflush(stdout);
  deep(100000);
}

static void fsize(void) {
  static char block[4096];
  int fd = open("limited", O_RDWR | O_CREAT | O_TRUNC, 0644);
  limit(RLIMIT_FSIZE, 6000);
  signal(SIGXFSZ, note);
  T(write(fd, block, 4096));
  T(write(fd, block, 4096));
  T(got);
  T(write(fd, block, 4096));
  T(got);
  got = 0;
  T(pwrite(fd, block, 10, 7000));
  T(got);
  got = 0;
  T(ftruncate(fd, 7000));
  T(got);
  got = 0;
  T(ftruncate(fd, 6000));
  T(fallocate(fd, 0, 0, 9000));
  T(got);
  signal(SIGXFSZ, SIG_IGN);
  T(write(fd, block, 1));
  signal(SIGXFSZ, SIG_DFL);
  unlink("limited");
  write(fd, block, 1);
}

static void nofile(void) {
  limit(RLIMIT_NOFILE, 5);
  T(open("/dev/null", O_RDONLY));
  T(open("/dev/null", O_RDONLY));
  T(open("/dev/null", O_RDONLY));
  T(dup(0));
  T(dup2(0, 5));
  T(fcntl(0, F_DUPFD, 5));
  int ends[2];
  T(pipe(ends));
}

static void nproc(void) {
  if (geteuid() == 0) setresuid(54321, 54321, 54321);
  limit(RLIMIT_NPROC, 0);
  T(fork());
  T(vfork());
}

static void pending(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, 0);
  if (geteuid() == 0) setresuid(54322, 54322, 54322);
  limit(RLIMIT_SIGPENDING, 3);
  union sigval value = {.sival_int = 1};
  for (int i = 0; i < 5; i++) T(sigqueue(getpid(), SIGRTMIN, value));
  T(sigqueue(getpid(), SIGUSR1, value));
  T(kill(getpid(), SIGUSR1));
  T(kill(getpid(), SIGRTMIN));
  sigset_t now;
  sigpending(&now);
  T(sigismember(&now, SIGUSR1));
  int count = 0;
  siginfo_t info;
  struct timespec none = {0, 0};
  while (sigtimedwait(&set, &info, &none) > 0) count++, printf("took %d code %d\n", info.si_signo, info.si_code);
  T(sigqueue(getpid(), SIGRTMIN, value));
}

static void rules(void) {
  struct rlimit one = {10, 5}, two;
  T(setrlimit(RLIMIT_CORE, &one));
  T(setrlimit(99, &one));
  T(getrlimit(99, &one));
  T(setrlimit(RLIMIT_CORE, BAD));
  T(getrlimit(RLIMIT_CORE, BAD));
  one.rlim_cur = 3, one.rlim_max = 5;
  T(setrlimit(RLIMIT_MSGQUEUE, &one));
  if (geteuid() == 0) setresuid(54323, 54323, 54323);
  one.rlim_max = 6;
  T(setrlimit(RLIMIT_MSGQUEUE, &one));
  one.rlim_max = 4;
  T(setrlimit(RLIMIT_MSGQUEUE, &one));
  T(getrlimit(RLIMIT_MSGQUEUE, &two));
  T(two.rlim_max);
  T(prlimit(99999, RLIMIT_CORE, 0, &two));
  T(prlimit(0, RLIMIT_STACK, 0, &two));
}

static void core(void) {
  limit(RLIMIT_CORE, 0);
  abort();
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  apart("as", as);
  apart("data", data);
  apart("stack", stack);
  apart("fsize", fsize);
  apart("nofile", nofile);
  apart("nproc", nproc);
  apart("pending", pending);
  apart("rules", rules);
  apart("core", core);
  return 0;
}
