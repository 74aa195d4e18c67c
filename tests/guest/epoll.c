/* epoll: order, edges, one-shots, nesting, closing; poll and select where they differ. */
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

static volatile int caught;
static void on_signal(int n) { caught = n; }

static int watch(int ep, int op, int fd, uint32_t events, int tag) {
  struct epoll_event event = {.events = events, .data.u64 = tag};
  return epoll_ctl(ep, op, fd, &event);
}

static void show(int ep, int max, const char *what) {
  struct epoll_event events[16];
  int n = epoll_wait(ep, events, max, 0);
  printf("%s: %d", what, n);
  for (int i = 0; i < n; i++) printf(" [%d: %x]", (int)events[i].data.u64, events[i].events);
  puts("");
}

static void order(void) {
  int ep = epoll_create1(0), fd[4];
  for (int i = 0; i < 4; i++) {
    fd[i] = eventfd(0, EFD_NONBLOCK);
    watch(ep, EPOLL_CTL_ADD, fd[i], EPOLLIN, i);
  }
  eventfd_write(fd[2], 1), eventfd_write(fd[0], 1), eventfd_write(fd[3], 1);
  show(ep, 16, "in the order of readiness");
  show(ep, 2, "two");
  show(ep, 2, "two more");
  show(ep, 2, "two more");
  eventfd_t value;
  eventfd_read(fd[0], &value);
  show(ep, 16, "one is no longer ready");
  eventfd_write(fd[0], 1), eventfd_write(fd[1], 1);
  show(ep, 16, "all");
  T(watch(ep, EPOLL_CTL_DEL, fd[2], 0, 0));
  show(ep, 16, "without 2");
  T(watch(ep, EPOLL_CTL_ADD, fd[2], EPOLLIN, 22));
  show(ep, 16, "2 again");
  for (int i = 0; i < 4; i++) close(fd[i]);
  show(ep, 16, "all closed");
  close(ep);
}

static void edges(void) {
  int ep = epoll_create1(0), p[2], q[2];
  char buffer[8192] = {0};
  eventfd_t value;
  T(pipe(p) | pipe(q));
  watch(ep, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLET, 1);
  watch(ep, EPOLL_CTL_ADD, p[1], EPOLLOUT | EPOLLET, 2);
  show(ep, 16, "writable at once");
  show(ep, 16, "once");
  write(p[1], "ab", 2);
  show(ep, 16, "written");
  write(p[1], "cd", 2);
  show(ep, 16, "written again before reading");
  read(p[0], buffer, 1);
  show(ep, 16, "read in part");
  write(p[1], "cd", 2);
  write(p[1], "ef", 2);
  show(ep, 16, "two writes, one event");
  read(p[0], buffer, 100);
  show(ep, 16, "read to the end");
  fcntl(p[1], F_SETFL, O_NONBLOCK);
  while (write(p[1], buffer, sizeof buffer) > 0) continue;
  show(ep, 16, "full");
  read(p[0], buffer, 4096);
  show(ep, 16, "room again");
  close(p[1]);
  show(ep, 16, "hung up");
  show(ep, 16, "hung up, once");
  close(p[0]);
  int e = eventfd(0, EFD_NONBLOCK);
  watch(ep, EPOLL_CTL_ADD, e, EPOLLIN | EPOLLOUT | EPOLLET, 3);
  show(ep, 16, "eventfd writable");
  eventfd_write(e, 1);
  show(ep, 16, "both");
  eventfd_write(e, 1);
  show(ep, 16, "both again");
  eventfd_read(e, &value);
  show(ep, 16, "emptied");
  T(watch(ep, EPOLL_CTL_MOD, e, EPOLLOUT | EPOLLET, 4));
  show(ep, 16, "changed: an edge anew");
  eventfd_write(e, 1);
  show(ep, 16, "an event of the other kind is none");
  eventfd_read(e, &value);
  show(ep, 16, "emptied: of this kind");
  T(watch(ep, EPOLL_CTL_MOD, e, EPOLLIN | EPOLLET | EPOLLONESHOT, 5));
  eventfd_write(e, 1);
  show(ep, 16, "one shot");
  eventfd_write(e, 1);
  show(ep, 16, "spent");
  T(watch(ep, EPOLL_CTL_MOD, e, EPOLLIN | EPOLLET, 6));
  show(ep, 16, "armed");
  T(watch(ep, EPOLL_CTL_MOD, e, 0, 7));
  eventfd_write(e, 1);
  show(ep, 16, "nothing wanted");
  close(e);
  watch(ep, EPOLL_CTL_ADD, q[0], 0, 8);
  close(q[1]);
  show(ep, 16, "a hang-up is always told");
  watch(ep, EPOLL_CTL_MOD, q[0], EPOLLONESHOT, 9);
  show(ep, 16, "once");
  show(ep, 16, "disabled: not even that");
  close(q[0]), close(ep);
}

static void arguments(void) {
  int ep = epoll_create1(0), other = epoll_create1(0), e = eventfd(1, 0), p[2];
  struct epoll_event event = {EPOLLIN, {.u64 = 1}};
  T(pipe(p));
  T(epoll_wait(ep, &event, -1, 0));
  T(epoll_wait(ep, &event, 0x7fffffff, 0));
  T(syscall(SYS_epoll_pwait, ep, &event, 1, 0, &event, 4));
  T(syscall(SYS_epoll_pwait, ep, &event, 1, 0, BAD, 8));
  T(syscall(SYS_epoll_pwait, ep, &event, 1, 0, NULL, 4));
  struct timespec bad = {0, -1}, zero = {0, 0};
  T(syscall(441, ep, &event, 1, &bad, NULL, 8));
  T(syscall(441, ep, &event, 1, BAD, NULL, 8));
  T(syscall(441, ep, &event, 1, &zero, NULL, 8));
  T(syscall(441, 99, &event, 1, &zero, NULL, 8));
  T(watch(ep, EPOLL_CTL_ADD, e, EPOLLIN | EPOLLEXCLUSIVE | EPOLLWAKEUP, 1));
  T(watch(ep, EPOLL_CTL_MOD, e, EPOLLIN, 1));
  T(watch(ep, EPOLL_CTL_DEL, e, 0, 1));
  T(watch(ep, EPOLL_CTL_ADD, e, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 1));
  T(watch(ep, EPOLL_CTL_ADD, e, EPOLLIN | EPOLLEXCLUSIVE | EPOLLRDHUP, 1));
  T(watch(ep, EPOLL_CTL_ADD, other, EPOLLIN | EPOLLEXCLUSIVE, 1));
  T(watch(ep, EPOLL_CTL_ADD, e, EPOLLIN, 1));
  T(watch(ep, EPOLL_CTL_MOD, e, EPOLLIN | EPOLLEXCLUSIVE, 1));
  T(watch(ep, EPOLL_CTL_ADD, ep, EPOLLIN, 1));
  T(epoll_ctl(ep, EPOLL_CTL_DEL, e, BAD));
  T(epoll_ctl(ep, EPOLL_CTL_DEL, e, NULL));
  T(watch(e, EPOLL_CTL_ADD, p[0], EPOLLIN, 1));
  T(watch(ep, 0, e, EPOLLIN, 1));
  T(watch(ep, 7, e, EPOLLIN, 1));
  int null = open("/dev/null", O_RDWR), path = open(".", O_PATH);
  T(watch(ep, EPOLL_CTL_ADD, null, EPOLLIN, 1));
  T(watch(ep, EPOLL_CTL_ADD, path, EPOLLIN, 1));
  T(read(ep, &event, 8));
  T(write(ep, &event, 8));
  T(lseek(ep, 0, SEEK_SET));
  /* A second epoll for one file; the same file by two descriptors. */
  int copy = dup(e);
  T(watch(ep, EPOLL_CTL_ADD, e, EPOLLIN, 1));
  T(watch(ep, EPOLL_CTL_ADD, copy, EPOLLIN, 2));
  T(watch(other, EPOLL_CTL_ADD, e, EPOLLIN, 3));
  show(ep, 16, "two descriptors");
  close(e);
  show(ep, 16, "one closed: still watched");
  T(watch(ep, EPOLL_CTL_DEL, e, 0, 0));
  show(other, 16, "the other epoll");
  char path_[64], line[256];
  snprintf(path_, sizeof path_, "/proc/self/fdinfo/%d", other);
  FILE *file = fopen(path_, "r");
  while (fgets(line, sizeof line, file))
    if (strncmp(line, "tfd", 3) == 0) {
      *strstr(line, " ino") = 0;
      puts(line);
    }
  fclose(file);
  close(copy);
  show(ep, 16, "both closed");
  close(ep), close(other), close(p[0]), close(p[1]), close(null), close(path);
}

static void nesting(void) {
  int ep[8], e = eventfd(0, EFD_NONBLOCK);
  for (int i = 0; i < 8; i++) ep[i] = epoll_create1(0);
  /* From the bottom: each watches the one before. */
  watch(ep[0], EPOLL_CTL_ADD, e, EPOLLIN, 9);
  for (int i = 1; i < 5; i++) printf("level %d: %d\n", i, watch(ep[i], EPOLL_CTL_ADD, ep[i - 1], EPOLLIN, i));
  T(watch(ep[0], EPOLL_CTL_ADD, ep[2], EPOLLIN, 1));
  T(watch(ep[0], EPOLL_CTL_ADD, ep[1], EPOLLIN, 1));
  show(ep[3], 16, "not ready");
  eventfd_write(e, 1);
  show(ep[3], 16, "ready below");
  show(ep[0], 16, "at the bottom");
  struct pollfd f = {ep[2], POLLIN | POLLRDNORM};
  T(poll(&f, 1, 0));
  T(f.revents);
  eventfd_t value;
  eventfd_read(e, &value);
  T(poll(&f, 1, 0));
  show(ep[3], 16, "not any more");
  watch(ep[7], EPOLL_CTL_ADD, ep[1], EPOLLIN | EPOLLET, 7);
  eventfd_write(e, 1);
  show(ep[7], 16, "edge of a nested one");
  show(ep[7], 16, "once");
  eventfd_write(e, 1);
  show(ep[7], 16, "another");
  for (int i = 0; i < 8; i++) close(ep[i]);
  close(e);
}

static void *writer(void *argument) {
  usleep(5000);
  eventfd_write(*(int *)argument, 1);
  return NULL;
}

static void *closer(void *argument) {
  usleep(5000);
  watch(((int *)argument)[0], EPOLL_CTL_ADD, ((int *)argument)[1], EPOLLIN, 8);
  return NULL;
}

static void waiting(void) {
  int ep = epoll_create1(0), e = eventfd(0, 0);
  struct epoll_event event;
  pthread_t thread;
  eventfd_t value;
  watch(ep, EPOLL_CTL_ADD, e, EPOLLIN, 1);
  pthread_create(&thread, NULL, writer, &e);
  T(epoll_wait(ep, &event, 1, -1));
  pthread_join(thread, NULL);
  int both[2] = {ep, eventfd(1, 0)};
  eventfd_read(e, &value);
  pthread_create(&thread, NULL, closer, both);
  T(epoll_wait(ep, &event, 1, -1));
  T(event.data.u64);
  pthread_join(thread, NULL);
  watch(ep, EPOLL_CTL_DEL, both[1], 0, 0);
  close(both[1]);
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  T(epoll_wait(ep, &event, 1, 20));
  clock_gettime(CLOCK_MONOTONIC, &after);
  T((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 >= 20);
  /* A signal ends the wait, SA_RESTART or not; a stopped and continued process sees it, too. */
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval soon = {{0, 0}, {0, 10000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  T(epoll_wait(ep, &event, 1, -1));
  T(caught == SIGALRM);
  struct pollfd f = {e, POLLIN, 0x7f};
  struct timespec timeout = {100, 0};
  setitimer(ITIMER_REAL, &soon, NULL);
  T(syscall(SYS_ppoll, &f, 1, &timeout, NULL, 8));
  T(f.revents);
  T(timeout.tv_sec == 99);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(e, &set);
  timeout.tv_sec = 100;
  setitimer(ITIMER_REAL, &soon, NULL);
  T(syscall(SYS_pselect6, e + 1, &set, NULL, NULL, &timeout, NULL));
  T(FD_ISSET(e, &set) != 0);
  T(timeout.tv_sec == 99);
  fflush(stdout);
  int p[2];
  pipe(p);
  pid_t pid = fork();
  if (pid == 0) {
    /* epoll_wait is not restarted, poll is. */
    write(p[1], "x", 1);
    int n = epoll_wait(ep, &event, 1, 2000);
    printf("epoll_wait after SIGCONT: %d %s\n", n, n < 0 ? strerrorname_np(errno) : "");
    fflush(stdout);
    write(p[1], "y", 1);
    n = poll(&f, 1, 200);
    printf("poll after SIGCONT: %d\n", n);
    fflush(stdout);
    _exit(0);
  }
  char c;
  for (int i = 0; i < 2; i++) {
    read(p[0], &c, 1);
    wait_asleep(pid, pid);
    kill(pid, SIGSTOP);
    waitpid(pid, NULL, WUNTRACED);
    kill(pid, SIGCONT);
  }
  waitpid(pid, NULL, 0);
  /* Signals that only the call lets through. */
  sigset_t block, none;
  sigemptyset(&none), sigemptyset(&block);
  sigaddset(&block, SIGALRM);
  sigprocmask(SIG_BLOCK, &block, NULL);
  struct timespec zero = {0, 0};
  raise(SIGALRM), caught = 0;
  T(epoll_pwait(ep, &event, 1, 0, &none));
  T(caught);
  T(epoll_pwait(ep, &event, 1, 100, &none));
  T(caught == SIGALRM);
  raise(SIGALRM), caught = 0;
  T(ppoll(&f, 1, &zero, &none));
  T(caught == SIGALRM);
  raise(SIGALRM), caught = 0;
  T(pselect(0, NULL, NULL, NULL, &zero, &none));
  T(caught == SIGALRM);
  eventfd_write(e, 1);
  raise(SIGALRM), caught = 0;
  T(ppoll(&f, 1, &zero, &none));
  T(caught);
  T(epoll_pwait(ep, &event, 1, 100, &none));
  T(caught);
  T(sigprocmask(SIG_UNBLOCK, &block, NULL));
  T(caught == SIGALRM);
  close(ep), close(e), close(p[0]), close(p[1]);
}

static void polls(void) {
  struct rlimit limit, small;
  getrlimit(RLIMIT_NOFILE, &limit);
  small = limit, small.rlim_cur = 10;
  setrlimit(RLIMIT_NOFILE, &small);
  struct pollfd many[20];
  for (int i = 0; i < 20; i++) many[i] = (struct pollfd){-1 - i, POLLIN, 0x55};
  T(poll(many, 11, 0));
  T(poll(many, 10, 0));
  T(many[9].revents);
  setrlimit(RLIMIT_NOFILE, &limit);
  many[0] = (struct pollfd){77, POLLIN}, many[1] = (struct pollfd){1000000, 0};
  T(poll(many, 2, -1));
  printf("%x %x\n", many[0].revents, many[1].revents);
  struct timespec bad = {0, 1000000000}, negative = {-1, 0};
  T(syscall(SYS_ppoll, many, 2, &bad, NULL, 8));
  T(syscall(SYS_ppoll, many, 2, &negative, NULL, 8));
  T(syscall(SYS_ppoll, many, 2, BAD, NULL, 8));
  T(syscall(SYS_ppoll, many, 2, NULL, &bad, 7));
  T(syscall(SYS_ppoll, NULL, 1, NULL, NULL, 8));
  int e = eventfd(1, 0);
  /* The same descriptor twice, and asked for nothing. */
  many[0] = (struct pollfd){e, POLLIN}, many[1] = (struct pollfd){e, POLLOUT}, many[2] = (struct pollfd){e, 0};
  T(poll(many, 3, -1));
  printf("%x %x %x\n", many[0].revents, many[1].revents, many[2].revents);
  /* A timeout in memory that can't be written is no error. */
  char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *(struct timespec *)page = (struct timespec){5, 0};
  mprotect(page, 4096, PROT_READ);
  T(syscall(SYS_ppoll, many, 1, page, NULL, 8));
  fd_set in, out;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(e, &in);
  FD_SET(e, &out);
  struct timeval second = {1, 0};
  T(select(e + 1, &in, &out, NULL, &second));
  T(FD_ISSET(e, &in) && FD_ISSET(e, &out));
  T(second.tv_sec * 1000000 + second.tv_usec > 900000);
  FD_ZERO(&in);
  FD_SET(500, &in);
  T(select(100, &in, NULL, NULL, &second));
  T(FD_ISSET(500, &in) != 0);
  T(select(501, &in, NULL, NULL, &second));
  struct { const void *mask; size_t size; } pack = {&bad, 4};
  T(syscall(SYS_pselect6, 0, NULL, NULL, NULL, NULL, &pack));
  T(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &negative, NULL));
  T(syscall(SYS_pselect6, 0, NULL, NULL, NULL, NULL, BAD));
  close(e);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  order();
  edges();
  arguments();
  nesting();
  waiting();
  polls();
  return 0;
}
