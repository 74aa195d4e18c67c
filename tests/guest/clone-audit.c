/* clone3(2) and clone(2): what they refuse; rseq, membarrier and affinity as a machine with one processor has them. */
#include "check.h"
#include <sched.h>

struct args { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup, more[4]; };
static char stack[65536];

static long clone3(struct args *args, size_t size) {
  fflush(stdout);
  long result = syscall(SYS_clone3, args, size);
  if (result == 0) _exit(3);
  if (result > 0) {
    int status;
    waitpid(result, &status, __WALL);
    return WEXITSTATUS(status);
  }
  return result;
}
#define C(...)                                      \
  do {                                              \
    struct args a = {__VA_ARGS__};                  \
    errno = 0;                                      \
    long r = clone3(&a, 88);                        \
    printf("%s: %ld %s\n", #__VA_ARGS__, r, r < 0 ? strerrorname_np(errno) : ""); \
  } while (0)

int main(void) {
  struct args plain = {.exit_signal = SIGCHLD};
  setvbuf(stdout, 0, _IOLBF, 0);
  signal(64, SIG_IGN);
  T(clone3(&plain, 0));
  T(clone3(&plain, 63));
  T(clone3(&plain, 64));
  T(clone3(&plain, 80));
  T(clone3(&plain, 88));
  T(clone3(&plain, 96));
  T(clone3(&plain, 5000));
  plain.more[0] = 1;
  T(clone3(&plain, 96));
  T(clone3(BAD, 88));
  C(.exit_signal = 0);
  C(.exit_signal = 64);
  C(.exit_signal = 65);
  C(.exit_signal = 1ul << 32);
  C(.flags = SIGCHLD);
  C(.flags = CLONE_DETACHED, .exit_signal = SIGCHLD);
  C(.flags = 1ul << 40, .exit_signal = SIGCHLD);
  C(.flags = CLONE_SIGHAND, .exit_signal = SIGCHLD);
  C(.flags = CLONE_THREAD, .exit_signal = 0);
  C(.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, .exit_signal = SIGCHLD);
  C(.flags = CLONE_PARENT, .exit_signal = SIGCHLD);
  C(.flags = 0x100000000, .exit_signal = SIGCHLD);
  C(.flags = 0x100000000 | CLONE_SIGHAND | CLONE_VM, .exit_signal = SIGCHLD);
  C(.flags = CLONE_FS | CLONE_NEWNS, .exit_signal = SIGCHLD);
  C(.exit_signal = SIGCHLD, .stack = (uintptr_t)stack);
  C(.exit_signal = SIGCHLD, .stack_size = 65536);
  C(.exit_signal = SIGCHLD, .stack = ~0ul - 4096, .stack_size = 4096);
  C(.exit_signal = SIGCHLD, .set_tid = (uintptr_t)stack);
  C(.exit_signal = SIGCHLD, .set_tid_size = 1);
  C(.exit_signal = SIGCHLD, .set_tid = (uintptr_t)stack, .set_tid_size = 33);
  C(.exit_signal = SIGCHLD, .cgroup = 5);
  int wanted = getpid(), chosen = 0;
  if (geteuid() == 0) {
    C(.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&wanted, .set_tid_size = 1);
    C(.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&chosen, .set_tid_size = 1);
    C(.exit_signal = SIGCHLD, .set_tid = (uintptr_t)BAD, .set_tid_size = 1);
    chosen = 31234;
    C(.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&chosen, .set_tid_size = 1);
  }
  T(syscall(SYS_membarrier, 0, 1, 0));
  T(syscall(SYS_membarrier, 8, 0, 0));
  T(syscall(SYS_membarrier, 16, 0, 0));
  T(syscall(SYS_membarrier, 8, 0, 0));
  T(syscall(SYS_membarrier, 1, 0, 0));
  T(syscall(SYS_membarrier, 3, 0, 0));
  T(syscall(SYS_membarrier, 1 << 20, 0, 0));
  unsigned long mask = 1;
  T(syscall(SYS_sched_setaffinity, 0, 8, &mask));
  mask = 0;
  T(syscall(SYS_sched_getaffinity, 0, 8, &mask) > 0 && mask == 1);
  T(syscall(SYS_sched_getaffinity, 0, 7, &mask));
  T(syscall(SYS_sched_getaffinity, 99999, 8, &mask));
  T(syscall(SYS_sched_setaffinity, 0, 8, BAD));
  mask = 0;
  T(syscall(SYS_sched_setaffinity, 0, 8, &mask));
  T(sched_yield());
  T(syscall(SYS_tgkill, getpid(), getpid(), 0));
  T(syscall(SYS_tgkill, getpid() + 100000, getpid(), 0));
  T(syscall(SYS_tgkill, 0, getpid(), 0));
  T(syscall(SYS_set_robust_list, 0, 24));
  T(syscall(SYS_unshare, CLONE_FILES | CLONE_FS));
  T(syscall(SYS_unshare, 1ul << 3));
  return 0;
}
