/* Signals: handlers, masks, frames, queues, alternate stacks, waiting, interrupted calls. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int got, got_code, depth;
static volatile void *got_address;
static sigjmp_buf out;

static void show(const char *what, long result) {
  if (result < 0) printf("%s: %s\n", what, strerror(errno));
  else printf("%s: %ld\n", what, result);
}

static void count(int signal) { got += signal; }

static void detail(int signal, siginfo_t *info, void *context) {
  (void)context;
  got = signal;
  got_code = info->si_code;
  got_address = info->si_addr;
}

static void escape(int signal, siginfo_t *info, void *context) {
  detail(signal, info, context);
  siglongjmp(out, 1);
}

static void install(int signal, void (*handler)(int, siginfo_t *, void *), int flags) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, 0);
}

static void basics(void) {
  signal(SIGUSR1, count);
  raise(SIGUSR1);
  show("handled", got);
  sigset_t set, old, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGKILL);
  sigprocmask(SIG_BLOCK, &set, &old);
  sigprocmask(SIG_BLOCK, 0, &old);
  show("KILL not blocked", sigismember(&old, SIGKILL));
  got = 0;
  raise(SIGUSR1);
  raise(SIGUSR1);
  show("blocked", got);
  sigpending(&pending);
  show("pending", sigismember(&pending, SIGUSR1));
  sigprocmask(SIG_UNBLOCK, &set, 0);
  show("once", got);
  show("bad how", syscall(SYS_rt_sigprocmask, 9, &set, 0, 8));
  show("bad size", syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, 0, 4));
  struct sigaction action = {.sa_handler = count};
  show("KILL", sigaction(SIGKILL, &action, 0));
  show("signal 65", syscall(SYS_rt_sigaction, 65, &action, 0, 8));
  show("signal 0", kill(getpid(), 0));
  show("kill bad signal", kill(getpid(), 99));
  show("kill nobody", kill(0x7ffffff, SIGTERM));
  show("tgkill 0", syscall(SYS_tgkill, getpid(), 0, SIGTERM));
}

static void faults(void) {
  install(SIGSEGV, escape, 0);
  install(SIGBUS, escape, 0);
  install(SIGILL, escape, 0);
  install(SIGTRAP, escape, 0);
  if (!sigsetjmp(out, 1)) *(volatile int *)16 = 1;
  printf("null: %d code %d at %p\n", got, got_code, (void *)got_address);
  char *page = mmap(0, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!sigsetjmp(out, 1)) *(volatile char *)(page + 100) = 1;
  printf("read-only: %d code %d offset %ld\n", got, got_code, (long)((char *)got_address - page));
  munmap(page, 8192);
  if (!sigsetjmp(out, 1)) got = *(volatile char *)(page + 5000);
  printf("unmapped: %d code %d offset %ld\n", got, got_code, (long)((char *)got_address - page));
  page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!sigsetjmp(out, 1)) ((void (*)(void))page)();
  printf("no exec: %d code %d offset %ld\n", got, got_code, (long)((char *)got_address - page));
  if (!sigsetjmp(out, 1)) ((void (*)(void))0x123450)();
  printf("jump: %d code %d at %p\n", got, got_code, (void *)got_address);
  if (!sigsetjmp(out, 1)) __asm__ volatile(".word 0xffffffff");
  printf("illegal: %d code %d\n", got, got_code);
  if (!sigsetjmp(out, 1)) __asm__ volatile("ebreak");
  printf("ebreak: %d code %d\n", got, got_code);
  int fd = open("/tmp/pagewalk-signals", O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (fd >= 0) {
    unlink("/tmp/pagewalk-signals");
    ftruncate(fd, 100);
    page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (!sigsetjmp(out, 1)) page[4096] = 1;
    printf("beyond the end: %d code %d offset %ld\n", got, got_code, (long)((char *)got_address - page));
  }
  for (int i = 0; i < 4; i++) signal((int[]){SIGSEGV, SIGBUS, SIGILL, SIGTRAP}[i], SIG_DFL);
}

static void fix(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)info;
  ucontext_t *uc = context;
  uc->uc_mcontext.__gregs[REG_PC] += 4;
  uc->uc_mcontext.__gregs[10] = 4711;
  depth++;
}

static void frames(void) {
  install(SIGSEGV, fix, 0);
  register long a0 __asm__("a0") = 0;
  __asm__ volatile(".option push\n.option norvc\nld a0, 0(zero)\n.option pop" : "+r"(a0));
  printf("resumed with %ld after %d\n", a0, depth);
  signal(SIGSEGV, SIG_DFL);
  double before = 1.25, after;
  __asm__ volatile("fmv.d f9, %0" : : "f"(before) : "f9");
  raise(SIGUSR1);
  __asm__ volatile("fmv.d %0, f9" : "=f"(after));
  printf("floats kept %d\n", before == after);
}

static void nested(int signal, siginfo_t *info, void *context) {
  (void)info;
  (void)context;
  static int level, again;
  level++;
  printf("enter %d level %d\n", signal, level);
  if (signal == SIGUSR1) raise(SIGUSR2);
  if (signal == SIGUSR1 && again++ == 0) raise(SIGUSR1);
  printf("leave %d level %d\n", signal, level);
  level--;
}

static void nesting(void) {
  install(SIGUSR1, nested, 0);
  install(SIGUSR2, nested, 0);
  raise(SIGUSR1);
  install(SIGUSR1, nested, SA_RESETHAND | SA_NODEFER);
  raise(SIGUSR1);
  struct sigaction action;
  sigaction(SIGUSR1, 0, &action);
  printf("reset %d\n", action.sa_handler == SIG_DFL);
}

static void queued(int signal, siginfo_t *info, void *context) {
  (void)context;
  printf("rt %d code %d value %d pid ok %d\n", signal - SIGRTMIN, info->si_code, info->si_value.sival_int, info->si_pid == getpid());
}

static void queues(void) {
  sigset_t set;
  sigfillset(&set);
  install(SIGRTMIN + 1, queued, 0);
  install(SIGRTMIN + 2, queued, 0);
  sigprocmask(SIG_BLOCK, &set, 0);
  for (int i = 0; i < 3; i++) {
    sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = i});
    sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 10 + i});
  }
  sigprocmask(SIG_UNBLOCK, &set, 0);
  sigprocmask(SIG_BLOCK, &set, 0);
  sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 55});
  siginfo_t info;
  struct timespec zero = {0, 0}, soon = {0, 1000000}, bad = {0, -1};
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 1);
  show("waited for", sigtimedwait(&set, &info, &soon) - SIGRTMIN);
  show("value", info.si_value.sival_int);
  show("nothing", sigtimedwait(&set, &info, &zero));
  show("timeout", sigtimedwait(&set, &info, &soon));
  show("bad timeout", sigtimedwait(&set, &info, &bad));
  sigfillset(&set);
  sigprocmask(SIG_UNBLOCK, &set, 0);
}

static char stack[65536];
static volatile char *on_stack;
static void where(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)info;
  ucontext_t *uc = context;
  char here;
  stack_t current;
  on_stack = &here;
  sigaltstack(0, &current);
  printf("flags inside %d saved %d change %d\n", current.ss_flags, uc->uc_stack.ss_flags, sigaltstack(&current, 0));
}

static void stacks(void) {
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack}, old;
  show("altstack", sigaltstack(&alternate, &old));
  show("was", old.ss_flags);
  install(SIGUSR1, where, SA_ONSTACK);
  raise(SIGUSR1);
  printf("on it %d\n", on_stack >= stack && on_stack < stack + sizeof stack);
  install(SIGUSR1, where, 0);
  raise(SIGUSR1);
  printf("on it %d\n", on_stack >= stack && on_stack < stack + sizeof stack);
  alternate.ss_size = 100;
  show("small", sigaltstack(&alternate, 0));
  alternate.ss_flags = 77;
  show("flags", sigaltstack(&alternate, 0));
  alternate.ss_flags = SS_DISABLE;
  show("disable", sigaltstack(&alternate, &old));
}

static void waits(void) {
  int pipes[2], status;
  char byte;
  struct timespec remaining = {0, 0}, second = {0, 50000000};
  pipe(pipes);
  signal(SIGALRM, count);
  struct itimerval soon = {{0, 0}, {0, 5000}}, left;
  struct sigaction action = {.sa_handler = count};
  sigaction(SIGALRM, &action, 0);
  setitimer(ITIMER_REAL, &soon, 0);
  show("read interrupted", read(pipes[0], &byte, 1));
  setitimer(ITIMER_REAL, &soon, 0);
  show("sleep interrupted", nanosleep(&second, &remaining));
  printf("some time left %d\n", remaining.tv_nsec > 0 && remaining.tv_nsec < 50000000);
  setitimer(ITIMER_REAL, &soon, 0);
  show("pause", pause());
  setitimer(ITIMER_REAL, &soon, 0);
  show("poll", poll(0, 0, 1000));
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, 0);
  pid_t pid = fork();
  if (pid == 0) {
    usleep(30000);
    write(pipes[1], "x", 1);
    _exit(0);
  }
  setitimer(ITIMER_REAL, &soon, 0);
  show("read restarted", read(pipes[0], &byte, 1));
  waitpid(pid, &status, 0);
  sigset_t mask;
  sigfillset(&mask);
  sigdelset(&mask, SIGALRM);
  setitimer(ITIMER_REAL, &soon, 0);
  show("sigsuspend", sigsuspend(&mask));
  getitimer(ITIMER_REAL, &left);
  show("timer over", left.it_value.tv_usec);
  pid = fork();
  if (pid == 0) {
    show("child continues after stop", nanosleep(&second, &remaining));
    fflush(stdout);
    _exit(0);
  }
  usleep(10000);
  kill(pid, SIGSTOP);
  waitpid(pid, &status, WUNTRACED);
  kill(pid, SIGCONT);
  waitpid(pid, &status, 0);
  show("child exit", WEXITSTATUS(status));
}

static void child_signal(int signal, siginfo_t *info, void *context) {
  (void)context;
  printf("CHLD %d code %d status %d\n", signal, info->si_code, info->si_status);
}

static void children(void) {
  int status;
  install(SIGCHLD, child_signal, 0);
  sigset_t set, none;
  sigemptyset(&none);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, 0);
  if (fork() == 0) _exit(3);
  sigsuspend(&none);
  wait(&status);
  pid_t pid = fork();
  if (pid == 0) for (;;) pause();
  kill(pid, SIGSTOP);
  sigsuspend(&none);
  kill(pid, SIGCONT);
  sigsuspend(&none);
  kill(pid, SIGTERM);
  sigsuspend(&none);
  wait(&status);
  sigprocmask(SIG_UNBLOCK, &set, 0);
  signal(SIGCHLD, SIG_IGN);
  if ((pid = fork()) == 0) _exit(0);
  show("reaped by itself", waitpid(pid, &status, 0));
  signal(SIGPIPE, count);
  int pipes[2];
  pipe(pipes);
  close(pipes[0]);
  got = 0;
  show("EPIPE", write(pipes[1], "x", 1));
  show("SIGPIPE", got);
}

static void overflow(void) {
  signal(SIGCHLD, SIG_DFL);
  int status;
  pid_t pid = fork();
  if (pid == 0) {
    struct sigaction action = {.sa_handler = count};
    sigaction(SIGUSR1, &action, 0);
    __asm__ volatile("mv sp, zero\nli a7, 172\necall\nli a1, 10\nli a7, 129\necall\nebreak" ::: "memory");
  }
  waitpid(pid, &status, 0);
  printf("no stack: killed %d\n", WTERMSIG(status));
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  basics();
  faults();
  frames();
  nesting();
  queues();
  stacks();
  waits();
  children();
  overflow();
  return 0;
}
