/* Signals: order and values, every source's siginfo, flags of handlers, what restarts, changes to the context, permissions, storms. */
#include "check.h"
#include <poll.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

static void on(int signal, void *handler, int flags) {
  struct sigaction action = {.sa_flags = flags};
  action.sa_sigaction = handler;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, 0);
}
static void nap(long ms) {
  struct timespec t = {0, ms * 1000000};
  nanosleep(&t, 0);
}
static const char *name(int signal) {
  static char text[16];
  if (signal < SIGRTMIN) return sigabbrev_np(signal);
  snprintf(text, sizeof text, "RT%d", signal - SIGRTMIN);
  return text;
}

static pid_t me, kid;
static const char *who(pid_t pid) { return pid == 0 ? "nobody" : pid == me ? "me" : pid == kid ? "child" : "other"; }

static volatile int count;
static void info(int signal, siginfo_t *si, void *context) {
  printf("  %s code %d", name(signal), si->si_code);
  if (si->si_code == SI_USER || si->si_code == SI_TKILL) printf(" pid %s", who(si->si_pid));
  if (si->si_code == SI_QUEUE) printf(" pid %s value %d", who(si->si_pid), si->si_value.sival_int);
  if (signal == SIGCHLD) printf(" pid %s status %d", who(si->si_pid), si->si_status);
  printf("\n");
  count++;
}

static void queueing(void) {
  sigset_t all, old;
  sigfillset(&all);
  for (int s = SIGRTMIN; s < SIGRTMIN + 3; s++) on(s, info, SA_SIGINFO);
  on(SIGUSR1, info, SA_SIGINFO);
  on(SIGUSR2, info, SA_SIGINFO);
  sigprocmask(SIG_BLOCK, &all, &old);
  for (int i = 0; i < 3; i++)
    for (int s = 2; s >= 0; s--) sigqueue(me, SIGRTMIN + s, (union sigval){.sival_int = i});
  sigqueue(me, SIGUSR2, (union sigval){.sival_int = 7});
  sigqueue(me, SIGUSR2, (union sigval){.sival_int = 8});
  kill(me, SIGUSR1);
  raise(SIGUSR1);
  printf("queued:\n");
  siginfo_t si;
  struct timespec none = {0, 0};
  T(sigtimedwait(&all, &si, &none));
  T(sigtimedwait(&all, &si, &none));
  sigset_t pending;
  sigpending(&pending);
  T(sigismember(&pending, SIGUSR1));
  sigprocmask(SIG_SETMASK, &old, 0);
  sigset_t one;
  sigemptyset(&one);
  T(sigtimedwait(&one, &si, &none));
  none.tv_nsec = -1;
  T(sigtimedwait(&one, &si, &none));
  sigaddset(&one, SIGUSR1);
  sigprocmask(SIG_BLOCK, &one, 0);
  if ((kid = fork()) == 0) {
    nap(5);
    sigqueue(me, SIGUSR1, (union sigval){.sival_int = 33});
    _exit(0);
  }
  T(sigwaitinfo(&one, &si));
  printf("%d %s\n", si.si_value.sival_int, who(si.si_pid));
  wait(0);
  sigprocmask(SIG_SETMASK, &old, 0);
}

static void raw_queue(void) {
  siginfo_t si = {0};
  si.si_code = SI_QUEUE, si.si_pid = 4711, si.si_value.sival_int = 5;
  on(SIGUSR1, info, SA_SIGINFO);
  T(syscall(SYS_rt_sigqueueinfo, me, SIGUSR1, &si));
  si.si_code = SI_USER;
  T(syscall(SYS_rt_sigqueueinfo, me, SIGUSR1, &si));
  si.si_code = SI_TKILL;
  T(syscall(SYS_rt_tgsigqueueinfo, me, me, SIGUSR1, &si));
  T(syscall(SYS_rt_tgsigqueueinfo, me, me + 100000, SIGUSR1, &si));
  T(syscall(SYS_rt_tgsigqueueinfo, -1, me, SIGUSR1, &si));
  T(syscall(SYS_rt_sigqueueinfo, me, 99, &si));
  T(syscall(SYS_rt_sigqueueinfo, me, SIGUSR1, BAD));
  fflush(stdout);
  if ((kid = fork()) == 0) {
    for (int code = -7; code <= 1; code++) {
      si.si_code = code;
      printf("code %d: ", code);
      T(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &si));
    }
    T(syscall(SYS_rt_sigqueueinfo, 0, 0, &si));
    fflush(stdout);
    _exit(0);
  }
  wait(0);
}

static void children(void) {
  int status;
  on(SIGCHLD, info, SA_SIGINFO | SA_RESTART);
  printf("exit\n");
  fflush(stdout);
  if ((kid = fork()) == 0) nap(20), _exit(9);
  while (waitpid(kid, &status, 0) != kid) continue;
  printf("kill\n");
  fflush(stdout);
  if ((kid = fork()) == 0) for (;;) pause();
  kill(kid, SIGKILL);
  while (waitpid(kid, &status, 0) != kid) continue;
  printf("stop and continue\n");
  fflush(stdout);
  count = 0;
  if ((kid = fork()) == 0) for (;;) pause();
  kill(kid, SIGSTOP);
  while (count < 1) nap(1);
  T(waitpid(kid, &status, WUNTRACED) == kid && WIFSTOPPED(status));
  kill(kid, SIGCONT);
  while (count < 2) nap(1);
  T(waitpid(kid, &status, WCONTINUED) == kid && WIFCONTINUED(status));
  kill(kid, SIGTERM);
  while (waitpid(kid, &status, 0) != kid) continue;
  printf("no stops\n");
  fflush(stdout);
  on(SIGCHLD, info, SA_SIGINFO | SA_NOCLDSTOP | SA_RESTART);
  count = 0;
  if ((kid = fork()) == 0) for (;;) pause();
  kill(kid, SIGSTOP);
  waitpid(kid, &status, WUNTRACED);
  T(count);
  kill(kid, SIGKILL);
  while (waitpid(kid, &status, 0) != kid) continue;
  printf("no zombies\n");
  fflush(stdout);
  on(SIGCHLD, info, SA_SIGINFO | SA_NOCLDWAIT | SA_RESTART);
  if ((kid = fork()) == 0) nap(20), _exit(3);
  T(wait(&status));
  signal(SIGCHLD, SIG_IGN);
  if ((kid = fork()) == 0) _exit(3);
  T(wait(&status));
  signal(SIGCHLD, SIG_DFL);
}

/* --- handlers */
static int depth, budget;
static void nested(int signal) {
  printf("  enter %s depth %d\n", name(signal), depth++);
  if (budget-- > 0) {
    raise(signal);
    if (signal == SIGUSR1) raise(SIGUSR2);
  }
  printf("  leave %s\n", name(signal));
  depth--;
}
static void handlers(void) {
  printf("deferred\n");
  on(SIGUSR1, nested, 0);
  on(SIGUSR2, nested, SA_NODEFER);
  budget = 3;
  raise(SIGUSR1);
  printf("nodefer\n");
  depth = 0;
  budget = 2;
  raise(SIGUSR2);
  printf("resethand\n");
  on(SIGUSR1, nested, SA_RESETHAND);
  raise(SIGUSR1);
  struct sigaction action;
  sigaction(SIGUSR1, 0, &action);
  T(action.sa_handler == SIG_DFL);
  printf("flags %x\n", action.sa_flags & ~0x04000000);
  T(sigaction(SIGKILL, &action, 0));
  T(sigaction(SIGSTOP, &action, 0));
  T(sigaction(SIGKILL, 0, &action));
  T(sigaction(65, &action, 0));
  T(sigaction(0, &action, 0));
}

static char stack[32768] __attribute__((aligned(16)));
static int rearm = 1;
static int inside(void *at) { return (char *)at >= stack && (char *)at < stack + sizeof stack; }
static void on_stack(int signal) {
  stack_t now;
  sigaltstack(0, &now);
  printf("  on it %d flags %x\n", inside(&now), now.ss_flags);
  now.ss_flags = 0;
  now.ss_sp = stack;
  now.ss_size = sizeof stack;
  if (rearm) T(sigaltstack(&now, 0));
}
static int dive(int n) {
  volatile char block[4096];
  block[0] = n;
  return dive(n + 1) + block[0];
}
static sigjmp_buf out;
static void escape(int signal) { siglongjmp(out, signal); }
static void altstack(void) {
  stack_t given = {.ss_sp = stack, .ss_size = 100}, now;
  T(sigaltstack(&given, 0));
  given.ss_size = sizeof stack;
  given.ss_flags = 99;
  T(sigaltstack(&given, 0));
  given.ss_flags = 0;
  T(sigaltstack(&given, &now));
  printf("before %x\n", now.ss_flags);
  on(SIGUSR1, on_stack, SA_ONSTACK);
  raise(SIGUSR1);
  on(SIGUSR1, on_stack, 0);
  raise(SIGUSR1);
  rearm = 0;
  given.ss_flags = 1 << 31 /* SS_AUTODISARM */;
  T(sigaltstack(&given, 0));
  on(SIGUSR1, on_stack, SA_ONSTACK);
  raise(SIGUSR1);
  sigaltstack(0, &now);
  printf("armed again %x %d\n", now.ss_flags, now.ss_sp == stack);
  given.ss_flags = 0;
  T(sigaltstack(&given, 0));
  /* A stack that is used up. */
  struct rlimit small = {65536 * 4, RLIM_INFINITY};
  setrlimit(RLIMIT_STACK, &small);
  on(SIGSEGV, escape, SA_ONSTACK);
  if (sigsetjmp(out, 1) == 0) dive(0);
  else printf("out of the depths\n");
  given.ss_flags = SS_DISABLE;
  T(sigaltstack(&given, 0));
  sigaltstack(0, &now);
  printf("disabled %x\n", now.ss_flags);
}

/* --- faults */
static siginfo_t fault;
static void faulted(int signal, siginfo_t *si, void *context) {
  fault = *si;
  siglongjmp(out, signal);
}
#define FAULT(code, at)                                                                                                    \
  do {                                                                                                                     \
    int signal = sigsetjmp(out, 1);                                                                                        \
    if (signal == 0) {                                                                                                     \
      code;                                                                                                                \
      printf("%s: nothing\n", #code);                                                                                      \
    } else printf("%s: %s code %d address %d\n", #code, name(signal), fault.si_code, (char *)fault.si_addr - (char *)(at) == 0); \
  } while (0)
static void faults(void) {
  on(SIGSEGV, faulted, SA_SIGINFO);
  on(SIGBUS, faulted, SA_SIGINFO);
  volatile char *map = mmap(0, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  FAULT(*(volatile int *)BAD, BAD);
  FAULT(map[5] = 1, map + 5);
  mprotect((void *)map, 4096, PROT_NONE);
  FAULT(map[7], map + 7);
  FAULT(((void (*)(void))map)(), map);
  munmap((void *)map, 4096);
  FAULT(map[9], map + 9);
  int fd = open("short", O_RDWR | O_CREAT | O_TRUNC, 0644);
  char *beyond = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);
  FAULT(*(volatile char *)beyond, beyond);
  unlink("short");
}

/* --- what happens to a call that a signal interrupts */
static volatile int *ticks;
static void tick(int signal) { ticks[0]++; }
static int ends[2], pair[2];
static struct timespec brief = {0, 900000000};
static long c_read(void) { char c; return read(ends[0], &c, 1); }
static long c_wait(void) { return waitpid(kid, 0, 0) == kid; }
static long c_waitid(void) { siginfo_t si; return waitid(P_PID, kid, &si, WEXITED); }
static long c_nanosleep(void) { return nanosleep(&brief, 0); }
static long c_clock_nanosleep(void) { return clock_nanosleep(CLOCK_MONOTONIC, 0, &brief, 0); }
static long c_poll(void) { return poll(0, 0, 5000); }
static long c_ppoll(void) { return ppoll(0, 0, &brief, 0); }
static long c_select(void) { struct timeval tv = {5, 0}; return select(0, 0, 0, 0, &tv); }
static long c_pause(void) { return pause(); }
static long c_sigsuspend(void) { sigset_t none; sigemptyset(&none); return sigsuspend(&none); }
static long c_sigtimedwait(void) { sigset_t set; sigemptyset(&set); sigaddset(&set, SIGUSR2); return sigtimedwait(&set, 0, &brief); }
static long c_futex(void) { int word = 0; return syscall(SYS_futex, &word, 0, 0, &brief, 0, 0); }
static long c_recv(void) { char c; return read(pair[0], &c, 1); }
static long c_flock(void) { int fd = open("locked", O_RDWR); long r = flock(fd, LOCK_EX); close(fd); return r; }
static long c_epoll(void) { struct epoll_event e; int fd = epoll_create1(0); long r = epoll_wait(fd, &e, 1, 5000); close(fd); return r; }
static long c_setlkw(void) {
  struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
  int fd = open("locked", O_RDWR);
  long r = fcntl(fd, F_SETLKW, &l);
  close(fd);
  return r;
}

static void restarts(void) {
  const struct { const char *name; long (*call)(void); } calls[] = {
      {"read", c_read}, {"waitpid", c_wait}, {"waitid", c_waitid}, {"nanosleep", c_nanosleep}, {"clock_nanosleep", c_clock_nanosleep},
      {"poll", c_poll}, {"ppoll", c_ppoll}, {"select", c_select}, {"pause", c_pause}, {"sigsuspend", c_sigsuspend},
      {"sigtimedwait", c_sigtimedwait}, {"futex", c_futex}, {"socket", c_recv}, {"flock", c_flock}, {"epoll_wait", c_epoll}, {"F_SETLKW", c_setlkw}};
  ticks = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  volatile int *started = ticks + 1;
  pipe(ends);
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  int locked = open("locked", O_RDWR | O_CREAT, 0644);
  sigset_t usr2;
  sigemptyset(&usr2);
  sigaddset(&usr2, SIGUSR2);
  sigprocmask(SIG_BLOCK, &usr2, 0);
  for (int flags = 0; flags < 2; flags++) {
    on(SIGUSR1, tick, flags ? SA_RESTART : 0);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
      ticks[0] = 0;
      fflush(stdout);
      if ((kid = fork()) == 0) {
        struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
        fcntl(locked, F_SETLK, &l);
        int own = open("locked", O_RDWR);
        flock(own, LOCK_EX);
        *started = 1;
        while (*started != 2) usleep(200);
        until_asleep(me, me);
        kill(me, SIGUSR1);
        while (ticks[0] == 0) usleep(200);
        write(ends[1], "x", 1);
        write(pair[1], "x", 1);
        _exit(0);
      }
      while (!*started) usleep(200);
      *started = 2;
      errno = 0;
      long result = calls[i].call();
      int saved = errno;
      *started = 0;
      printf("%s%s: %ld %s ticks %d\n", calls[i].name, flags ? " SA_RESTART" : "", result, result < 0 ? strerrorname_np(saved) : "", ticks[0] > 0);
      while (waitpid(kid, 0, 0) == kid || errno == EINTR) continue;
      char drain[8];
      fcntl(ends[0], F_SETFL, O_NONBLOCK);
      fcntl(pair[0], F_SETFL, O_NONBLOCK);
      read(ends[0], drain, 8);
      read(pair[0], drain, 8);
      fcntl(ends[0], F_SETFL, 0);
      fcntl(pair[0], F_SETFL, 0);
    }
  }
  unlink("locked");
}

static void ends_how(const char *what) {
  int status;
  wait(&status);
  printf("%s: %s %d\n", what, WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}
static void bad_stack(int signal) { _exit(1); }
static void fatal(void) {
  fflush(stdout);
  if (fork() == 0) {
    /* A handler whose stack can't be written: SIGSEGV instead, which ends the process. */
    stack_t given = {.ss_sp = mmap(0, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), .ss_size = 65536};
    sigaltstack(&given, 0);
    on(SIGUSR1, bad_stack, SA_ONSTACK);
    on(SIGSEGV, bad_stack, SA_ONSTACK);
    raise(SIGUSR1);
    _exit(0);
  }
  ends_how("no stack");
  if (fork() == 0) {
    stack_t given = {.ss_sp = mmap(0, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), .ss_size = 65536};
    sigaltstack(&given, 0);
    on(SIGUSR1, bad_stack, SA_ONSTACK);
    signal(SIGSEGV, bad_stack);
    raise(SIGUSR1);
    _exit(0);
  }
  ends_how("another stack for SIGSEGV");
  if (fork() == 0) {
    signal(SIGSEGV, SIG_IGN);
    *(volatile int *)BAD = 1;
  }
  ends_how("ignored fault");
  if (fork() == 0) {
    sigset_t set;
    sigfillset(&set);
    on(SIGSEGV, bad_stack, 0);
    sigprocmask(SIG_BLOCK, &set, 0);
    *(volatile int *)BAD = 1;
  }
  ends_how("blocked fault");
}

/* Pending signals and the mask survive exec; handlers do not, ignored ones stay so. */
static void across_exec(void) {
  fflush(stdout);
  if (fork() == 0) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 5);
    sigprocmask(SIG_BLOCK, &set, 0);
    raise(SIGUSR1);
    sigqueue(getpid(), SIGRTMIN + 5, (union sigval){.sival_int = 12});
    on(SIGUSR2, tick, 0);
    signal(SIGHUP, SIG_IGN);
    execl("/proc/self/exe", "self", "exec", (char *)0);
  }
  wait(0);
}
static void after_exec(void) {
  sigset_t set;
  siginfo_t si;
  struct timespec none = {0, 0};
  struct sigaction action;
  sigprocmask(SIG_BLOCK, 0, &set);
  printf("mask %d %d %d\n", sigismember(&set, SIGUSR1), sigismember(&set, SIGRTMIN + 5), sigismember(&set, SIGUSR2));
  T(sigtimedwait(&set, &si, &none) == SIGUSR1);
  T(sigtimedwait(&set, &si, &none) == SIGRTMIN + 5);
  T(si.si_value.sival_int);
  sigaction(SIGUSR2, 0, &action);
  T(action.sa_handler == SIG_DFL);
  sigaction(SIGHUP, 0, &action);
  T(action.sa_handler == SIG_IGN);
}

static void permissions(void) {
  if (geteuid() != 0) {
    for (int i = 0; i < 6; i++) puts("as root only");
    return;
  }
  fflush(stdout);
  pid_t target = fork();
  if (target == 0) {
    setresuid(1001, 1001, 1002);
    for (;;) pause();
  }
  until_asleep(target, target);
  const int ids[][3] = {{1003, 1003, 1003}, {1001, 1003, 1003}, {1003, 1002, 1003}, {1003, 1003, 1002}};
  for (int i = 0; i < 4; i++) {
    fflush(stdout);
    if (fork() == 0) {
      setresuid(ids[i][0], ids[i][1], ids[i][2]);
      T(kill(target, 0));
      fflush(stdout);
      _exit(0);
    }
    wait(0);
  }
  if (fork() == 0) {
    setresuid(1003, 1003, 1003);
    T(kill(target, SIGCONT));
    setsid();
    T(kill(target, SIGCONT));
    fflush(stdout);
    _exit(0);
  }
  wait(0);
  kill(target, SIGKILL);
  wait(0);
}

static atomic_int *received;
static void storm_handler(int signal, siginfo_t *si, void *context) {
  received[0]++;
  received[1] += si->si_value.sival_int;
}
static void storm(void) {
  received = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  struct rlimit limit = {4096, 4096};
  setrlimit(RLIMIT_SIGPENDING, &limit);
  on(SIGRTMIN + 1, storm_handler, SA_SIGINFO | SA_RESTART);
  for (int i = 0; i < 4; i++)
    if (fork() == 0) {
      for (int n = 0; n < 25000; n++)
        while (sigqueue(me, SIGRTMIN + 1, (union sigval){.sival_int = n % 3}) < 0) {
          if (errno != EAGAIN) printf("storm: %m\n");
          usleep(100);
        }
      _exit(0);
    }
  for (int i = 0; i < 4; i++) while (wait(0) < 0) continue;
  printf("storm: %d sum %d\n", received[0], received[1]);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    after_exec();
    return 0;
  }
  setvbuf(stdout, 0, _IOLBF, 0);
  me = getpid();
  queueing();
  raw_queue();
  children();
  handlers();
  altstack();
  faults();
  restarts();
  fatal();
  across_exec();
  permissions();
  storm();
  return 0;
}
