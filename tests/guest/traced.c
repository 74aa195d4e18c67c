/*
 * Calls to be shown by strace. They go through syscall() and have the same arguments on every 64-bit Linux, so that the real strace of a
 * native run says what ours must say: tests/guest/traced.txt is what it says between the two writes to descriptor -1.
 */
#include "check.h"
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <linux/futex.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <time.h>

#define S(name, ...) syscall(SYS_##name, ##__VA_ARGS__)

static char b[4096];
static int p[2], q[2];
static void on_signal(int n) {}

static void set_action(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  sigaction(signal, &action, NULL);
}

static void files(void) {
  struct stat st;
  struct statx sx;
  int fd = S(openat, AT_FDCWD, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  S(openat, AT_FDCWD, "/missing", O_RDONLY | O_NONBLOCK | O_DIRECTORY);
  S(openat, -5, "x\ny", O_WRONLY | O_TRUNC | O_APPEND | O_SYNC);
  S(openat, AT_FDCWD, NULL, O_RDONLY);
  S(openat, AT_FDCWD, BAD, O_RDONLY);
  S(write, fd, "a\0b\n\t\"\\\1\0012\377 and more text that is cut after 32 bytes", 60);
  S(write, fd, "", 0);
  S(write, fd, BAD, 5);
  S(read, fd, b, 10);
  S(pread64, fd, b, 5, 3);
  S(pread64, fd, b, 100, 3);
  S(pread64, fd, b, 5, -3L);
  S(read, 77, b, 5);
  S(lseek, fd, 10, SEEK_SET);
  S(lseek, fd, -1L, SEEK_CUR);
  S(lseek, fd, 0, 77);
  S(ftruncate, fd, 100);
  S(fallocate, fd, FALLOC_FL_KEEP_SIZE, 0, 200L);
  S(fstat, fd, &st);
  S(newfstatat, AT_FDCWD, "missing", &st, AT_SYMLINK_NOFOLLOW);
  S(newfstatat, fd, "", &st, AT_EMPTY_PATH);
  S(newfstatat, AT_FDCWD, "/dev/null", &st, 0);
  S(statx, AT_FDCWD, "missing", AT_STATX_SYNC_AS_STAT | AT_SYMLINK_NOFOLLOW, STATX_ALL, &sx);
  S(statx, AT_FDCWD, "missing", AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS, &sx);
  S(mkdirat, AT_FDCWD, "dir", 0755);
  S(mknodat, AT_FDCWD, "fifo", S_IFIFO | 0644, 0);
  S(mknodat, AT_FDCWD, "no/dev", S_IFCHR | 04600, makedev(1, 3));
  S(unlinkat, AT_FDCWD, "fifo", 0);
  S(unlinkat, AT_FDCWD, "dir", AT_REMOVEDIR);
  S(renameat2, AT_FDCWD, "missing", AT_FDCWD, "x", RENAME_NOREPLACE);
  S(symlinkat, "target", AT_FDCWD, "link");
  S(readlinkat, AT_FDCWD, "link", b, 100);
  S(readlinkat, AT_FDCWD, "file", b, 100);
  S(linkat, AT_FDCWD, "missing", AT_FDCWD, "b", AT_SYMLINK_FOLLOW);
  S(faccessat, AT_FDCWD, "file", R_OK | W_OK);
  S(faccessat, AT_FDCWD, "file", F_OK);
  S(faccessat2, AT_FDCWD, "missing", R_OK | X_OK, AT_EACCESS);
  S(fchmod, fd, 0600);
  S(fchmodat, AT_FDCWD, "file", 04755);
  S(fchown, fd, -1, -1);
  S(fchownat, AT_FDCWD, "file", -1, -1, AT_SYMLINK_NOFOLLOW);
  S(umask, 022);
  S(umask, 0);
  struct timespec t[2] = {{5, 6}, {0, UTIME_NOW}};
  S(utimensat, AT_FDCWD, "file", t, 0);
  S(utimensat, fd, NULL, NULL, 0);
  t[0].tv_nsec = UTIME_OMIT;
  S(utimensat, fd, NULL, t, 0);
  S(fcntl, fd, F_GETFD);
  S(fcntl, fd, F_SETFD, 0);
  S(fcntl, fd, F_SETFD, FD_CLOEXEC);
  S(fcntl, fd, F_SETFL, O_APPEND | O_NONBLOCK);
  S(fcntl, fd, F_DUPFD_CLOEXEC, 40);
  S(fcntl, fd, F_DUPFD, 41);
  S(fcntl, fd, 999, 1);
  struct flock lock = {F_WRLCK, SEEK_SET, 0, 10, 0};
  S(fcntl, fd, F_SETLK, &lock);
  S(fcntl, fd, F_GETLK, &lock);
  S(fcntl, fd, F_GETPIPE_SZ);
  S(dup, fd);
  S(dup3, fd, 50, O_CLOEXEC);
  S(flock, fd, LOCK_EX | LOCK_NB);
  S(fsync, fd);
  S(close_range, 42, 60, 0);
  S(close, 41);
  S(close, 41);
  S(ioctl, fd, 0x5401, b);
  S(ioctl, 1, 0x5413, b);
  S(ioctl, fd, 0x12345678, 5);
  S(getdents64, fd, b, 100);
  S(fadvise64, fd, 0, 10, POSIX_FADV_DONTNEED);
  S(memfd_create, "name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  struct open_how how = {O_RDONLY | O_CLOEXEC, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
  S(openat2, AT_FDCWD, "/", &how, sizeof how);
  S(getxattr, "missing", "user.x", b, 10);
  S(chdir, "missing");
  off_t at = 2;
  S(sendfile, -1, fd, &at, 10);
  S(sendfile, fd, fd, NULL, 10);
}

static void pipes(void) {
  struct iovec out[2] = {{"hello", 5}, {" world, this is a long string of many bytes", 43}}, in[2] = {{b, 3}, {b + 100, 60}};
  int n;
  S(pipe2, p, 0);
  S(pipe2, q, O_CLOEXEC | O_NONBLOCK);
  S(pipe2, BAD, 0x10);
  S(writev, p[1], out, 2);
  S(readv, p[0], in, 0);
  S(ioctl, p[0], 0x541b, &n);
  S(readv, p[0], in, 2);
  S(read, q[0], b, 10);
  struct pollfd f[3] = {{p[0], POLLIN}, {p[1], POLLOUT | POLLERR}, {-1, POLLIN}};
  struct timespec zero = {0, 0}, bad = {1, -1};
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  S(ppoll, f, 3, NULL, NULL, 8);
  S(ppoll, f, 1, &zero, &set, 8);
  S(ppoll, NULL, 0, &bad, NULL, 8);
  fd_set r;
  FD_ZERO(&r);
  FD_SET(p[0], &r);
  struct { sigset_t *set; size_t size; } mask = {NULL, 8};
  S(pselect6, p[0] + 1, &r, NULL, NULL, &zero, &mask);
  S(write, p[1], "x", 1);
  FD_SET(p[0], &r);
  S(pselect6, p[0] + 1, &r, NULL, NULL, NULL, NULL);
  S(eventfd2, 3, EPOLL_CLOEXEC);
  int ep = S(epoll_create1, EPOLL_CLOEXEC);
  S(epoll_ctl, ep, EPOLL_CTL_DEL, 99, NULL);
}

static void signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, 40);
  S(rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
  S(rt_sigprocmask, SIG_UNBLOCK, &set, &set, 8);
  sigfillset(&set);
  sigdelset(&set, SIGTERM);
  S(rt_sigprocmask, 9, &set, NULL, 8);
  S(kill, getpid(), 0);
  S(kill, getpid(), SIGUSR1);
  S(kill, getpid(), SIGWINCH);
  S(tgkill, -1, 5, 100);
  stack_t stack = {b, 0, 4096};
  S(sigaltstack, NULL, NULL);
  S(sigaltstack, &stack, &stack);
  struct timespec zero = {0, 0};
  S(rt_sigtimedwait, &set, NULL, &zero, 8);
  struct itimerval timer = {{0, 0}, {0, 20000}};
  S(setitimer, ITIMER_REAL, &timer, NULL);
  S(read, p[0], b, 1);
  S(read, p[0], b, 1);
}

static void memory(void) {
  char *m = (char *)S(mmap, NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  S(mprotect, m, 4096, PROT_READ);
  S(mprotect, m, 4096, PROT_NONE);
  S(madvise, m, 4096, MADV_DONTNEED);
  S(madvise, m, 4096, 77);
  S(msync, m, 4096, MS_SYNC);
  S(munmap, m, 8192);
  S(munmap, m, 0);
  S(mmap, NULL, 0, PROT_NONE, MAP_SHARED, 3, 4096);
  S(mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_POPULATE, 99, 0);
  S(mlock, m, 4096);
}

static void processes(void) {
  int w;
  siginfo_t si;
  char *argv[] = {"one", "two \"quoted\"", NULL}, *envp[] = {"A=1", NULL};
  S(execve, "/missing/program", argv, envp);
  pid_t pid = fork();
  if (pid == 0) _exit(7);
  S(waitid, P_PID, pid, &si, WEXITED | WNOWAIT, NULL);
  S(wait4, pid, &w, 0, NULL);
  if ((pid = fork()) == 0) {
    S(kill, getpid(), SIGKILL);
    _exit(1);
  }
  S(wait4, -1, &w, 0, NULL);
  S(wait4, -1, &w, WNOHANG | WUNTRACED, NULL);
  S(waitid, P_ALL, 0, &si, WEXITED, NULL);
  S(setpgid, -1, 0);
  S(getpriority, 9, 0);
  S(prctl, PR_SET_NAME, "abc");
  S(prctl, PR_GET_NAME, b);
  S(prlimit64, 0, RLIMIT_CORE, &(struct rlimit){0, 0}, NULL);
  S(prlimit64, 0, 99, NULL, b);
  S(sched_yield);
  S(getuid);
  S(getresuid, b, b + 4, b + 8);
}

static void times(void) {
  struct timespec ns = {0, 1000};
  S(clock_nanosleep, CLOCK_MONOTONIC, 0, &ns, NULL);
  S(clock_gettime, 99, &ns);
  S(nanosleep, &(struct timespec){0, -1}, NULL);
  struct itimerspec timer = {{0, 0}, {5, 0}};
  S(timer_settime, 99, TIMER_ABSTIME, &timer, NULL);
  int word = 5;
  S(futex, &word, FUTEX_WAKE, 1);
  S(futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 4, NULL);
  S(futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 5, &(struct timespec){0, 0});
  S(getrandom, b, 0, GRND_NONBLOCK);
  syscall(500, 1, 2, 3, 4, 5, 6);
}

int main(void) {
  set_action(SIGUSR1, on_signal, 0);
  set_action(SIGALRM, on_signal, 0);
  /* Descriptors that the caller has left open would shift the numbers. */
  S(close_range, 3, ~0U, 0);
  write(-1, "begin", 5);
  files();
  pipes();
  signals();
  memory();
  processes();
  times();
  write(-1, "end", 3);
  return 0;
}
