/* fork(2), vfork(2), clone(2) with CLONE_VM, execve(2): what becomes of memory. */
#include "mapping.h"
#include <sched.h>

static volatile int seen_by_all;
static int in_clone(void *argument) {
  *(volatile char *)argument = 9;
  seen_by_all = 5;
  return 0;
}

/* A child that stores; its parent looks only when it has ended. */
#define AFTER(statement) CHILD(statement)

int main(int argc, char **argv) {
  if (argc > 1) {
    HOLDS("exec-unlocked", "nor are locks kept", status_of("VmLck") == 0);
    HOLDS("exec-future", "nor what MCL_FUTURE asked for", !vm_flag(map(1, RW, PRIVATE), "lo"));
    return 0;
  }
  PAGE("fork(2)", "Copy-on-write");
  char *private = map(4, RW, PRIVATE), *shared = map(4, RW, SHARED);
  int fd = file_of("data", 4);
  char *file = mmap(NULL, 4 * P, RW, MAP_SHARED, fd, 0), *own = mmap(NULL, 4 * P, RW, MAP_PRIVATE, fd, 0);
  memset(private, 1, 2 * P);
  memset(shared, 2, 2 * P);
  CHILD(LOAD("inherits", "a child has its parent's bytes", private); private[0] = 7; LOAD("child-own", "what it stores is its own", private));
  LOAD("parent", "its parent does not see that", private);
  int pair[2], back[2];
  char byte;
  pipe(pair), pipe(back);
  pid_t child = fork();
  if (child == 0) {
    read(pair[0], &byte, 1);
    LOAD("parent-stores", "what the parent stores after fork, its child does not see", private + P);
    LOAD("parent-stores-shared", "in shared memory it does", shared + P);
    write(back[1], "x", 1);
    read(pair[0], &byte, 1);
    _exit(0);
  }
  private[P] = 8, shared[P] = 8;
  write(pair[1], "x", 1);
  read(back[0], &byte, 1);
  ROW("copies", "after a store, as many kB are private and dirty in the parent", smaps_kb(private, "Private_Dirty"));
  ROW("still-shared", "and as many are shared with the child", smaps_kb(private, "Shared_Dirty"));
  write(pair[1], "x", 1);
  waitpid(child, NULL, 0);
  ROW("alone", "when the child has gone, all are private again", smaps_kb(private, "Shared_Dirty"));
  AFTER(shared[0] = 3);
  LOAD("shared", "a child's store in shared memory is seen", shared);
  AFTER(shared[3 * P] = 4);
  LOAD("shared-untouched", "even in a page that nobody had touched", shared + 3 * P);
  AFTER(file[0] = 5);
  LOAD("file", "and in a shared mapping of a file", file);
  AFTER(own[1] = 6);
  LOAD("file-private", "not in a private one", own + 1);
  AFTER(own[2] = 6; file[2] = 9);
  LOAD("file-private-follows", "which goes on to follow the file", own + 2);
  CHILD(private[0] = 11; CHILD(private[0] = 12); LOAD("grandchild", "a grandchild's stores are its own", private));
  CHILD(shared[0] = 20; CHILD(shared[0]++); LOAD("grandchild-shared", "shared memory is shared by all generations", shared));
  CHILD(LOAD("zero", "a page that was never touched is zero in the child", private + 3 * P); private[3 * P] = 3);
  LOAD("zero-parent", "and in its parent, whatever the child did", private + 3 * P);
  CHILD(munmap(private, P); LOAD("unmap", "a child's munmap", private));
  LOAD("unmap-parent", "is its own", private);
  CHILD(char *new = mmap(private + 2 * P, P, RW, PRIVATE | MAP_FIXED, -1, 0); new[0] = 3);
  LOAD("map-parent", "as is its mmap", private + 2 * P);
  CHILD(mprotect(private, P, PROT_READ));
  STORE("protect-parent", "and its mprotect", private);
  pipe(pair);
  child = fork();
  if (child == 0) {
    char *target = private + 100;
    read(pair[0], target, 1);
    LOAD("syscall", "a system call's store in a page that is shared after fork reaches the caller", target);
    _exit(0);
  }
  write(pair[1], "z", 1);
  waitpid(child, NULL, 0);
  LOAD("syscall-parent", "and only him", private + 100);
  mlock(private, P);
  CHILD(HOLDS("lock", "a child has none of its parent's locks", status_of("VmLck") == 0); munlock(private, P));
  HOLDS("lock-parent", "its parent keeps them", status_of("VmLck") == 4);
  CHILD(ROW("fork-of-fork", "a child can fork at once", (fflush(stdout), (child = fork()) == 0 ? (_exit(3), 0) : (waitpid(child, &argc, 0), WEXITSTATUS(argc)))));
  char *executable = map(1, RW | PROT_EXEC, PRIVATE);
  memcpy(executable, RETURN, sizeof RETURN);
  CHILD(JUMP("code", "a child executes copied code", executable); memset(executable, 0, 64));
  JUMP("code-parent", "its parent, too, whatever the child made of it", executable);

  PAGE("fork(2)", "vfork, CLONE_VM, execve");
  fflush(stdout);
  volatile char *common = private;
  common[0] = 1;
  child = vfork();
  if (child == 0) {
    common[0] = 44;
    _exit(0);
  }
  waitpid(child, NULL, 0);
  LOAD("vfork", "a vfork child stores in its parent's memory", common);
  char *stack = map(16, RW, PRIVATE);
  child = clone(in_clone, stack + 16 * P, CLONE_VM | SIGCHLD, private + 1);
  waitpid(child, NULL, 0);
  LOAD("clone-vm", "so does a child of clone with CLONE_VM", private + 1);
  ROW("clone-vm-data", "in all of it", seen_by_all);
  child = clone(in_clone, stack + 16 * P, SIGCHLD, private + 2);
  waitpid(child, NULL, 0);
  LOAD("clone", "without CLONE_VM it has a copy", private + 2);
  CHILD(mlockall(MCL_CURRENT | MCL_FUTURE); fflush(stdout); execl("/proc/self/exe", "fork", "exec", NULL));
  CHILD(limit(RLIMIT_AS, 0); fflush(stdout); child = fork(); if (child == 0) _exit(0);
        HOLDS("as", "RLIMIT_AS does not stop fork: nothing is mapped anew", child > 0); waitpid(child, NULL, 0));
  return 0;
}
