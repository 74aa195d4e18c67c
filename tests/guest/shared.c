/* Tasks that share memory. qemu-riscv64 can't run these (it makes forks of them): the expected output is Linux's. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int value;
static int child(void *argument) {
  value = *(int *)argument;
  return 9;
}

int main(int argc, char **argv) {
  static char stack[65536] __attribute__((aligned(16)));
  int status, given = 77;
  if (argc > 1) return atoi(argv[1]);
  pid_t pid = clone(child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &given);
  printf("vfork clone: %d\n", value);
  waitpid(pid, &status, 0);
  printf("status %d\n", WEXITSTATUS(status));
  pid = vfork();
  if (pid == 0) {
    value = 5;
    _exit(6);
  }
  printf("vfork: %d\n", value);
  waitpid(pid, &status, 0);
  printf("status %d\n", WEXITSTATUS(status));
  struct clone_args arguments = {.flags = CLONE_VFORK, .exit_signal = SIGCHLD};
  pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) {
    value = 1;
    _exit(4);
  }
  waitpid(pid, &status, 0);
  printf("clone3: %d status %d\n", value, WEXITSTATUS(status));
  printf("small: %ld %s\n", syscall(SYS_clone3, &arguments, 8), strerror(errno));
  arguments.exit_signal = 300;
  printf("signal: %ld %s\n", syscall(SYS_clone3, &arguments, sizeof arguments), strerror(errno));
  char *arguments2[] = {argv[0], "33", 0};
  posix_spawn(&pid, "/proc/self/exe", 0, 0, arguments2, 0);
  waitpid(pid, &status, 0);
  printf("spawn: %d\n", WEXITSTATUS(status));
  printf("spawn error: %s\n", strerror(posix_spawn(&pid, "/nonexistent", 0, 0, arguments2, 0)));
  printf("exec: %d %s\n", execv("/nonexistent", arguments2), strerror(errno));
  return 0;
}
