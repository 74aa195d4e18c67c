/* Processes: fork, exec, wait, groups, sessions, limits. Prints what Linux prints; no pids, no times. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(const char *what, long result) {
  if (result < 0) printf("%s: %s\n", what, strerror(errno));
  else printf("%s: %ld\n", what, result);
  fflush(stdout);
}

static void status_of(const char *what, int status) {
  if (WIFEXITED(status)) printf("%s: exited %d\n", what, WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) printf("%s: killed %d core %d\n", what, WTERMSIG(status), !!WCOREDUMP(status));
  else if (WIFSTOPPED(status)) printf("%s: stopped %d\n", what, WSTOPSIG(status));
  else if (WIFCONTINUED(status)) printf("%s: continued\n", what);
  fflush(stdout);
}

static void forks(void) {
  int status, shared = 1;
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    shared = 2;
    _exit(getppid() == parent && shared == 2 ? 42 : 1);
  }
  show("waitpid is the child", waitpid(pid, &status, 0) == pid);
  status_of("fork", status);
  show("memory is private", shared);
  show("no children", waitpid(-1, &status, 0));
  show("options", waitpid(-1, &status, 0x100));
  show("int min", waitpid(-2147483647 - 1, &status, 0));
  if ((pid = fork()) == 0) abort();
  waitpid(pid, &status, 0);
  status_of("abort", status);
  if ((pid = fork()) == 0) {
    volatile int *p = 0;
    *p = 1;
  }
  waitpid(pid, &status, 0);
  status_of("null", status);
  for (int i = 0; i < 20; i++)
    if ((pid = fork()) == 0) _exit(i);
  int sum = 0, count = 0;
  while (wait(&status) > 0) sum += WEXITSTATUS(status), count++;
  printf("children %d sum %d\n", count, sum);
  if ((pid = fork()) == 0) {
    if (fork() == 0) {
      while (getppid() != 1 && getppid() == parent + 1) usleep(1000);
      _exit(0);
    }
    _exit(3);
  }
  waitpid(pid, &status, 0);
  status_of("orphan's parent", status);
}

static void stops(void) {
  int status;
  siginfo_t info;
  pid_t pid = fork();
  if (pid == 0) {
    raise(SIGSTOP);
    _exit(5);
  }
  waitpid(pid, &status, WUNTRACED);
  status_of("stop", status);
  show("nothing new", waitpid(pid, &status, WUNTRACED | WNOHANG));
  kill(pid, SIGCONT);
  waitpid(pid, &status, WCONTINUED);
  status_of("continue", status);
  memset(&info, 0, sizeof info);
  show("waitid nowait", waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
  printf("signo %d code %d status %d pid ok %d\n", info.si_signo, info.si_code, info.si_status, info.si_pid == pid);
  show("waitid", waitid(P_PID, pid, &info, WEXITED));
  show("waitid again", waitid(P_PID, pid, &info, WEXITED));
  show("waitid no options", waitid(P_ALL, 0, &info, WNOHANG));
  if ((pid = fork()) == 0) {
    for (;;) pause();
  }
  memset(&info, 0xff, sizeof info);
  show("waitid nohang", waitid(P_PID, pid, &info, WEXITED | WNOHANG));
  printf("signo %d pid %d\n", info.si_signo, info.si_pid);
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  status_of("kill", status);
}

static int child_value;
static int in_child(void *argument) {
  child_value = *(int *)argument;
  return 9;
}

static void clones(void) {
  static char stack[65536] __attribute__((aligned(16)));
  int status, value = 77;
  pid_t pid = clone(in_child, stack + sizeof stack, SIGCHLD, &value);
  show("memory is not shared", child_value);
  waitpid(pid, &status, 0);
  status_of("clone", status);
  pid = clone(in_child, stack + sizeof stack, 0, &value);
  show("no SIGCHLD: wait", waitpid(pid, &status, 0));
  show("no SIGCHLD: __WALL", waitpid(pid, &status, __WALL) == pid);
  show("sighand without vm", syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
  show("thread without sighand", syscall(SYS_clone, CLONE_THREAD | CLONE_VM, 0, 0, 0, 0));
}

static void groups(void) {
  int status, pipes[2];
  char byte;
  pipe(pipes);
  pid_t pid = fork();
  if (pid == 0) {
    close(pipes[0]);
    printf("setsid leads: %d\n", setsid() == getpid());
    printf("group is own: %d\n", getpgrp() == getpid() && getsid(0) == getpid());
    errno = 0;
    show("setsid again", setsid());
    show("leader's group", setpgid(0, 0));
    fflush(stdout);
    _exit(0);
  }
  close(pipes[1]);
  read(pipes[0], &byte, 1);
  waitpid(pid, &status, 0);
  show("setpgid of nobody", setpgid(0x7ffffff, 0));
  show("setpgid negative", setpgid(0, -1));
  show("getpgid of nobody", getpgid(0x7ffffff));
  show("getsid of nobody", getsid(0x7ffffff));
  if ((pid = fork()) == 0) {
    setpgid(0, 0);
    for (int i = 0; i < 3; i++)
      if (fork() == 0) for (;;) pause();
    usleep(1000);
    kill(0, SIGTERM);
    for (;;) pause();
  }
  waitpid(pid, &status, 0);
  status_of("group kill", status);
}

static void executes(char *self) {
  int status;
  pid_t pid;
  char *arguments[] = {"me", "child", "a b", "", 0}, *environment[] = {"X=1", "Y=", 0};
  if ((pid = fork()) == 0) {
    dup2(1, 100);
    fcntl(100, F_SETFD, FD_CLOEXEC);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, (void (*)(int))in_child);
    execve(self, arguments, environment);
    _exit(99);
  }
  waitpid(pid, &status, 0);
  status_of("exec", status);
  show("directory", execve("/", arguments, environment));
  show("bad path", execve((char *)8, arguments, environment));
  show("bad argv", execve(self, (char **)8, environment));
  char *huge = malloc(200000);
  memset(huge, 'x', 199999);
  huge[199999] = 0;
  char *long_arguments[] = {"me", huge, 0};
  show("long argument", execve(self, long_arguments, environment));
  free(huge);
}

static int after_exec(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("argv[%d] = '%s'\n", i, argv[i]);
  printf("env '%s' '%s' %p\n", getenv("X"), getenv("Y"), (void *)getenv("Z"));
  struct sigaction action;
  sigaction(SIGUSR1, 0, &action);
  printf("USR1 ignored %d\n", action.sa_handler == SIG_IGN);
  sigaction(SIGUSR2, 0, &action);
  printf("USR2 default %d\n", action.sa_handler == SIG_DFL);
  show("closed on exec", fcntl(100, F_GETFD));
  return 17;
}

static void limits(void) {
  struct rlimit limit;
  show("getrlimit", getrlimit(RLIMIT_NOFILE, &limit));
  limit.rlim_cur = 64;
  show("setrlimit", setrlimit(RLIMIT_NOFILE, &limit));
  getrlimit(RLIMIT_NOFILE, &limit);
  printf("nofile %ld\n", (long)limit.rlim_cur);
  limit.rlim_max = 100;
  limit.rlim_cur = 101;
  show("above the hard limit", setrlimit(RLIMIT_NOFILE, &limit));
  show("no such limit", syscall(SYS_prlimit64, 0, 99, 0, &limit));
  show("no such process", syscall(SYS_prlimit64, 0x7ffffff, 3, 0, &limit));
  char name[16];
  prctl(PR_SET_NAME, "a-very-long-name-of-a-thread");
  prctl(PR_GET_NAME, name);
  printf("name %s\n", name);
  show("dumpable", prctl(PR_GET_DUMPABLE));
  show("pdeathsig", prctl(PR_SET_PDEATHSIG, 65));
  show("no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  show("getpriority", getpriority(PRIO_PROCESS, 0));
  show("affinity", sched_getcpu() >= 0);
  struct rusage usage;
  show("getrusage", getrusage(RUSAGE_SELF, &usage));
  show("getrusage bad", getrusage(7, &usage));
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "child")) return after_exec(argc, argv);
  setvbuf(stdout, 0, _IOLBF, 0);
  forks();
  stops();
  clones();
  groups();
  executes("/proc/self/exe");
  limits();
  return 0;
}
