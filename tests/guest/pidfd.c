/* Process descriptors. Only what every Linux since 6.9 answers alike. */
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <linux/sched.h>

#define P_PIDFD_ 3
#define THREAD_FLAG O_EXCL

static volatile int caught, code, value;
static void on_signal(int n, siginfo_t *info, void *context) {
  caught = n, code = info->si_code, value = info->si_value.sival_int;
}

static int pidfd_open(int pid, unsigned flags) { return syscall(434, pid, flags); }
static int pidfd_send(int fd, int signal, siginfo_t *info, unsigned flags) { return syscall(424, fd, signal, info, flags); }
static int pidfd_getfd(int fd, int target, unsigned flags) { return syscall(438, fd, target, flags); }

static void show_info(int fd) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  FILE *file = fopen(path, "r");
  while (fgets(line, sizeof line, file)) {
    int pid;
    if (sscanf(line, "Pid: %d", &pid) == 1) printf("Pid: %s\n", pid == getpid() ? "own" : pid == -1 ? "none" : pid == 0 ? "0" : "other");
  }
  fclose(file);
}

static void errors(void) {
  int p[2];
  char buffer[8];
  T(pipe(p));
  T(pidfd_open(0, 0));
  T(pidfd_open(-1, 0));
  T(pidfd_open(getpid(), 1));
  T(pidfd_open(4000000, 0));
  int fd = pidfd_open(getpid(), 0);
  T(fcntl(fd, F_GETFD));
  T(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
  T(read(fd, buffer, 8));
  T(write(fd, buffer, 8));
  T(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
  T(ioctl(fd, 0x1234, 0));
  struct pollfd ready = {fd, POLLIN | POLLOUT};
  T(poll(&ready, 1, 0));
  show_info(fd);
  T(pidfd_send(fd, 99, NULL, 0));
  T(pidfd_send(fd, 0, NULL, 0));
  T(pidfd_send(fd, 0, NULL, 8));
  T(pidfd_send(fd, 0, NULL, 3));
  T(pidfd_send(p[0], 0, NULL, 0));
  T(pidfd_send(99, 0, NULL, 0));
  T(pidfd_send(fd, SIGUSR1, BAD, 0));
  siginfo_t info = {.si_signo = SIGUSR2, .si_code = SI_QUEUE};
  T(pidfd_send(fd, SIGUSR1, &info, 0));
  T(pidfd_getfd(fd, 99, 0));
  T(pidfd_getfd(fd, p[0], 1));
  T(pidfd_getfd(p[0], p[0], 0));
  T(pidfd_getfd(99, p[0], 0));
  int copy = pidfd_getfd(fd, p[1], 0);
  T(fcntl(copy, F_GETFD));
  T(write(copy, "x", 1));
  T(read(p[0], buffer, 8));
  close(copy);
  close(fd);
  fd = pidfd_open(getpid(), O_NONBLOCK);
  T(fcntl(fd, F_GETFL) & O_NONBLOCK);
  siginfo_t out;
  T(waitid(P_PIDFD_, fd, &out, WEXITED));
  T(waitid(P_PIDFD_, p[0], &out, WEXITED));
  T(waitid(P_PIDFD_, 99, &out, WEXITED));
  T(waitid(P_PIDFD_, -1, &out, WEXITED));
  T(setns(99, 0));
  T(setns(p[0], 0));
  T(setns(fd, 0));
  T(setns(fd, 1));
  close(fd), close(p[0]), close(p[1]);
}

static void signals(void) {
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, NULL);
  int fd = pidfd_open(getpid(), 0), status;
  T(pidfd_send(fd, SIGUSR1, NULL, 0));
  printf("%d %d\n", caught, code);
  siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE, .si_value.sival_int = 77};
  T(pidfd_send(fd, SIGUSR1, &info, 0));
  printf("%d %d %d\n", caught, code, value);
  info.si_code = SI_USER;
  T(pidfd_send(fd, SIGUSR1, &info, 0));
  printf("%d %d\n", caught, code);
  T(pidfd_send(fd, SIGUSR1, NULL, 1));
  printf("%d %d\n", caught, code);
  T(pidfd_send(fd, SIGUSR1, NULL, 2));
  printf("%d %d\n", caught, code);
  int directory = open("/proc/self", O_DIRECTORY | O_RDONLY);
  T(pidfd_send(directory, SIGUSR1, NULL, 0));
  printf("%d %d\n", caught, code);
  close(directory);
  fflush(stdout);
  int pid = fork();
  if (pid == 0) {
    /* The parent's. */
    info.si_code = SI_USER;
    T(pidfd_send(fd, SIGUSR1, &info, 0));
    info.si_code = SI_TKILL;
    T(pidfd_send(fd, SIGUSR1, &info, 0));
    show_info(fd);
    fflush(stdout);
    _exit(0);
  }
  waitpid(pid, &status, 0);
  close(fd);
}

static void ends(void) {
  int p[2], q[2], status;
  char c;
  siginfo_t info;
  T(pipe(p) | pipe(q));
  fflush(stdout);
  int pid = fork();
  if (pid == 0) {
    int got = read(p[0], &c, 1);
    _exit(got == 1 ? 9 : 1);
  }
  int fd = pidfd_open(pid, O_NONBLOCK), again = pidfd_open(pid, 0), ep = epoll_create1(0);
  struct pollfd ready = {fd, POLLIN | POLLOUT | POLLRDNORM};
  struct epoll_event event = {EPOLLIN | EPOLLET, {.u64 = 3}};
  T(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
  T(poll(&ready, 1, 0));
  show_info(fd);
  T(waitid(P_PIDFD_, fd, &info, WEXITED));
  T(waitid(P_PIDFD_, again, &info, WEXITED | WNOHANG));
  T(info.si_pid);
  int copy = pidfd_getfd(fd, p[0], 0);
  T(write(p[1], "a", 1));
  T(poll(&ready, 1, -1));
  T(ready.revents);
  T(epoll_wait(ep, &event, 1, -1));
  T(event.events);
  T(epoll_wait(ep, &event, 1, 0));
  T(waitid(P_PIDFD_, fd, &info, WEXITED | WNOWAIT));
  T(info.si_pid == pid);
  T(info.si_status);
  T(info.si_code);
  T(pidfd_send(fd, 0, NULL, 0));
  T(waitid(P_PIDFD_, again, &info, WEXITED));
  T(info.si_status);
  T(waitid(P_PIDFD_, fd, &info, WEXITED));
  T(poll(&ready, 1, -1));
  T(ready.revents);
  T(pidfd_send(fd, 0, NULL, 0));
  T(pidfd_getfd(fd, 0, 0));
  show_info(fd);
  close(fd), close(again), close(ep), close(p[0]), close(p[1]), close(q[0]), close(q[1]);
  if (copy >= 0) close(copy);
  /* Waiting for the end of one that is killed. */
  if ((pid = fork()) == 0) pause();
  fd = pidfd_open(pid, 0);
  T(pidfd_send(fd, SIGKILL, NULL, 0));
  T(waitid(P_PIDFD_, fd, &info, WEXITED));
  T(info.si_status);
  T(info.si_code);
  close(fd);
}

static void clones(void) {
  int fd = -1, status, tid = -1;
  siginfo_t info;
  fflush(stdout);
  struct clone_args args = {.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&fd, .exit_signal = SIGCHLD};
  int pid = syscall(435, &args, sizeof args);
  if (pid == 0) {
    /* The child has no such descriptor. */
    _exit(fd == -1 && fcntl(3, F_GETFD) == -1 ? 4 : 5);
  }
  T(fd);
  T(fcntl(fd, F_GETFD));
  T(waitid(P_PIDFD_, fd, &info, WEXITED));
  T(info.si_status);
  close(fd);
  args.flags = CLONE_PIDFD | CLONE_PARENT_SETTID, args.parent_tid = (uintptr_t)&fd;
  T(syscall(435, &args, sizeof args));
  args.parent_tid = (uintptr_t)&tid;
  pid = syscall(435, &args, sizeof args);
  if (pid == 0) _exit(6);
  T(tid == pid);
  T(waitid(P_PIDFD_, fd, &info, WEXITED));
  close(fd);
  args.flags = CLONE_PIDFD, args.pidfd = 16;
  T(syscall(435, &args, sizeof args));
  T(fcntl(3, F_GETFD));
  T(waitid(P_ALL, 0, &info, WEXITED | WNOHANG));
  struct rlimit limit, none = {3, 1024};
  getrlimit(RLIMIT_NOFILE, &limit);
  none.rlim_max = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &none);
  args.pidfd = (uintptr_t)&fd;
  T(syscall(435, &args, sizeof args));
  T(pidfd_open(getpid(), 0));
  setrlimit(RLIMIT_NOFILE, &limit);
  fd = 55;
  T(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &fd, 0, 0));
  T(syscall(SYS_clone, CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, 0, &fd, 0, 0));
  pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);
  if (pid == 0) _exit(8);
  T(fd);
  T(waitid(P_PIDFD_, fd, &info, WEXITED));
  T(info.si_status);
  close(fd);
}

static int ready_pipe[2];
static int thread_tid;
static void *thread(void *argument) {
  char c;
  thread_tid = gettid();
  write(ready_pipe[1], "r", 1);
  read(*(int *)argument, &c, 1);
  return NULL;
}

static void thread_descriptors(void) {
  int p[2];
  char c;
  pthread_t id;
  T(pipe(p) | pipe(ready_pipe));
  pthread_create(&id, NULL, thread, &p[0]);
  T(read(ready_pipe[0], &c, 1));
  T(pidfd_open(thread_tid, 0) < 0);
  int fd = pidfd_open(thread_tid, THREAD_FLAG);
  OK(fd);
  struct pollfd ready = {fd, POLLIN};
  T(poll(&ready, 1, 0));
  T(pidfd_send(fd, 0, NULL, 0));
  T(write(p[1], "x", 1));
  T(poll(&ready, 1, -1));
  pthread_join(id, NULL);
  T(ready.revents & POLLIN);
  T(pidfd_send(fd, 0, NULL, 0));
  close(fd), close(p[0]), close(p[1]), close(ready_pipe[0]), close(ready_pipe[1]);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  errors();
  signals();
  ends();
  clones();
  thread_descriptors();
  return 0;
}
