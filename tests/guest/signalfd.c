/* Signal descriptors: what they read, when they are ready, and for whom. */
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <time.h>

static volatile int caught;
static void on_signal(int n) { caught = n; }

static sigset_t set_of(int a, int b) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, a);
  if (b) sigaddset(&set, b);
  return set;
}

static void show(struct signalfd_siginfo *s) {
  printf("signo %u errno %d code %d pid %d uid %d fd %d band %u overrun %u status %d int %d ptr %llx addr %llx rest %d\n", s->ssi_signo,
         s->ssi_errno, s->ssi_code, s->ssi_pid == 0 ? 0 : s->ssi_pid == getpid() ? 1 : 2, s->ssi_uid == getuid(), s->ssi_fd, s->ssi_band,
         s->ssi_overrun, s->ssi_status, s->ssi_int, (long long)s->ssi_ptr, (long long)s->ssi_addr, s->__pad[0]);
}

static int one(int fd) {
  struct signalfd_siginfo info;
  int n = read(fd, &info, sizeof info);
  if (n == sizeof info) show(&info);
  else printf("read = %d %s\n", n, strerrorname_np(errno));
  return n;
}

static void errors(void) {
  sigset_t set = set_of(SIGUSR1, SIGRTMIN);
  char buffer[256];
  T(signalfd(-1, &set, 1));
  T(signalfd(99, &set, 0));
  T(signalfd(99, &set, 1));
  T(signalfd(0, &set, 0));
  T(syscall(SYS_signalfd4, -1, &set, 16, 0));
  T(syscall(SYS_signalfd4, -1, &set, 4, 1));
  T(syscall(SYS_signalfd4, -1, BAD, 8, 1));
  T(syscall(SYS_signalfd4, -2, &set, 8, 0));
  int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  T(fcntl(fd, F_GETFD));
  T(fcntl(fd, F_GETFL) == (O_RDWR | O_NONBLOCK));
  T(read(fd, buffer, 127));
  T(read(fd, buffer, 128));
  T(read(fd, BAD, 128));
  T(write(fd, buffer, 128));
  T(pread(fd, buffer, 128, 0));
  T(lseek(fd, 9, SEEK_SET));
  T(signalfd(fd, &set, 0) == fd);
  T(signalfd(fd, &set, SFD_CLOEXEC) == fd);
  char path[64], line[256], name[64];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  FILE *file = fopen(path, "r");
  while (fgets(line, sizeof line, file))
    if (strncmp(line, "mnt_id", 6) != 0 && strncmp(line, "ino", 3) != 0) fputs(line, stdout);
  fclose(file);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int length = readlink(path, name, sizeof name);
  printf("%.*s\n", length, name);
  close(fd);
}

static void reading(void) {
  sigset_t set = set_of(SIGUSR1, SIGUSR2), more = set_of(SIGRTMIN, SIGRTMIN + 1), all, got;
  struct signalfd_siginfo many[8];
  int fd = signalfd(-1, &set, SFD_NONBLOCK);
  struct pollfd ready = {fd, POLLIN | POLLOUT | POLLRDNORM};
  T(poll(&ready, 1, 0));
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  T(poll(&ready, 1, 0));
  T(ready.revents);
  one(fd);
  one(fd);
  raise(SIGUSR2);
  one(fd);
  syscall(SYS_tkill, getpid(), SIGUSR1);
  one(fd);
  union sigval value = {.sival_ptr = (void *)0x123456789abcdef0};
  for (int i = 0; i < 3; i++) {
    value.sival_int = i;
    T(sigqueue(getpid(), SIGRTMIN + 1, value));
    T(sigqueue(getpid(), SIGRTMIN, value));
  }
  T(poll(&ready, 1, 0));
  T(signalfd(fd, &more, 0) == fd);
  T(poll(&ready, 1, 0));
  T(read(fd, many, sizeof many[0] * 2 + 60));
  show(&many[0]), show(&many[1]);
  T(read(fd, many, sizeof many));
  for (int i = 0; i < 4; i++) show(&many[i]);
  one(fd);
  /* KILL and STOP are left out silently. */
  sigfillset(&all);
  T(signalfd(fd, &all, 0) == fd);
  siginfo_t raw = {.si_signo = 1, .si_errno = 5, .si_code = -77, .si_pid = 4242, .si_uid = 4343, .si_value.sival_int = 9};
  T(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &raw));
  one(fd);
  raw.si_code = SI_USER;
  T(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &raw));
  one(fd);
  raw.si_code = 3;
  T(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &raw));
  one(fd);
  raw.si_code = 2, raw.si_addr = (void *)0x1234;
  T(syscall(SYS_rt_sigqueueinfo, getpid(), SIGSEGV, &raw));
  one(fd);
  raw.si_code = 1, raw.si_band = 0x41, raw.si_fd = 12;
  T(syscall(SYS_rt_sigqueueinfo, getpid(), SIGIO, &raw));
  one(fd);
  raw.si_code = SI_SIGIO;
  T(syscall(SYS_rt_sigqueueinfo, getpid(), SIGIO, &raw));
  one(fd);
  /* Two readers: whoever comes first takes it. */
  int other = signalfd(-1, &all, SFD_NONBLOCK);
  raise(SIGTERM);
  struct pollfd both[2] = {{fd, POLLIN}, {other, POLLIN}};
  T(poll(both, 2, 0));
  one(other);
  T(poll(both, 2, 0));
  sigpending(&got);
  T(sigismember(&got, SIGTERM));
  raise(SIGTERM);
  T(sigtimedwait(&all, &raw, &(struct timespec){0, 0}) == SIGTERM);
  one(fd);
  /* An ignored signal is kept while it is blocked, a child's as well. */
  if (fork() == 0) _exit(7);
  T(poll(&ready, 1, -1));
  one(fd);
  wait(NULL);
  signal(SIGUSR1, SIG_IGN);
  raise(SIGUSR1);
  one(fd);
  signal(SIGUSR1, SIG_DFL);
  close(other), close(fd);
}

static void timers(void) {
  sigset_t set = set_of(SIGRTMIN + 2, SIGALRM);
  int fd = signalfd(-1, &set, 0);
  timer_t id;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2, .sigev_value.sival_int = 31};
  struct itimerspec spec = {{0, 0}, {0, 2000000}};
  T(timer_create(CLOCK_MONOTONIC, &event, &id));
  T(timer_settime(id, 0, &spec, NULL));
  one(fd);
  spec.it_interval.tv_nsec = 2000000;
  T(timer_settime(id, 0, &spec, NULL));
  usleep(20000);
  struct signalfd_siginfo info;
  T(read(fd, &info, sizeof info));
  T(info.ssi_overrun >= 7 && info.ssi_overrun == timer_getoverrun(id));
  T(info.ssi_tid == (long)id || info.ssi_tid == 0);
  T(timer_delete(id));
  struct itimerval soon = {{0, 0}, {0, 5000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  one(fd);
  /* Another signal interrupts the wait. */
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGVTALRM, &action, NULL);
  sigset_t none;
  sigemptyset(&none);
  event.sigev_signo = SIGVTALRM;
  sigset_t block = set_of(SIGVTALRM, 0);
  sigprocmask(SIG_UNBLOCK, &block, NULL);
  spec = (struct itimerspec){{0, 0}, {0, 5000000}};
  T(timer_create(CLOCK_MONOTONIC, &event, &id));
  T(timer_settime(id, 0, &spec, NULL));
  one(fd);
  T(caught == SIGVTALRM);
  T(timer_delete(id));
  close(fd);
}

static void *sender(void *argument) {
  usleep(3000);
  pthread_kill(*(pthread_t *)argument, SIGUSR1);
  usleep(3000);
  kill(getpid(), SIGUSR2);
  return NULL;
}

static void *other_thread(void *argument) {
  /* Signals of the first thread are none of this one's. */
  struct pollfd ready = {*(int *)argument, POLLIN};
  printf("in the other thread: %d\n", poll(&ready, 1, 0));
  return NULL;
}

static void threads(void) {
  sigset_t set = set_of(SIGUSR1, SIGUSR2);
  int fd = signalfd(-1, &set, 0);
  pthread_t self = pthread_self(), thread;
  pthread_create(&thread, NULL, sender, &self);
  struct signalfd_siginfo info;
  T(read(fd, &info, sizeof info));
  T(info.ssi_signo);
  T(info.ssi_code);
  T(read(fd, &info, sizeof info));
  T(info.ssi_signo);
  pthread_join(thread, NULL);
  pthread_kill(self, SIGUSR1);
  pthread_create(&thread, NULL, other_thread, &fd);
  pthread_join(thread, NULL);
  T(read(fd, &info, sizeof info));
  /* A thread's poll sees what comes while it waits. */
  pthread_create(&thread, NULL, sender, &self);
  struct pollfd ready = {fd, POLLIN};
  T(poll(&ready, 1, -1));
  T(read(fd, &info, sizeof info));
  T(poll(&ready, 1, -1));
  T(read(fd, &info, sizeof info));
  pthread_join(thread, NULL);
  int ep = epoll_create1(0);
  struct epoll_event event = {EPOLLIN, {.u64 = 5}};
  T(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
  T(epoll_wait(ep, &event, 1, 0));
  pthread_create(&thread, NULL, sender, &self);
  T(epoll_wait(ep, &event, 1, -1));
  T(event.events);
  T(read(fd, &info, sizeof info));
  T(epoll_wait(ep, &event, 1, -1));
  T(read(fd, &info, sizeof info));
  T(epoll_wait(ep, &event, 1, 0));
  pthread_join(thread, NULL);
  close(ep), close(fd);
}

static void forks(void) {
  sigset_t set = set_of(SIGUSR1, SIGCHLD);
  int fd = signalfd(-1, &set, SFD_NONBLOCK), status;
  raise(SIGUSR1);
  fflush(stdout);
  if (fork() == 0) {
    /* The descriptor is the parent's, the signals are its own. */
    one(fd);
    raise(SIGUSR1);
    one(fd);
    struct pollfd ready = {fd, POLLIN};
    T(poll(&ready, 1, 0));
    fflush(stdout);
    _exit(3);
  }
  wait(&status);
  one(fd);
  one(fd);
  one(fd);
  close(fd);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  errors();
  reading();
  timers();
  threads();
  forks();
  return 0;
}
