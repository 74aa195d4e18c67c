/* POSIX message queues. */
#include "check.h"
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <time.h>

static volatile int caught, code, value, sender;
static void on_signal(int n, siginfo_t *info, void *context) {
  caught = n, code = info->si_code, value = info->si_value.sival_int, sender = info->si_pid;
}
static char buffer[20000];
static char name[64];

static struct timespec in_ms(int ms) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_nsec += ms * 1000000L;
  time.tv_sec += time.tv_nsec / 1000000000, time.tv_nsec %= 1000000000;
  return time;
}
static void show(mqd_t q) {
  struct mq_attr a;
  if (mq_getattr(q, &a) == 0) printf("flags %lx maxmsg %ld msgsize %ld curmsgs %ld\n", a.mq_flags, a.mq_maxmsg, a.mq_msgsize, a.mq_curmsgs);
}
static void show_text(mqd_t q) {
  char text[100];
  int n = pread(q, text, sizeof text, 0), pid = getpid();
  text[n > 0 ? n : 0] = 0;
  char *at = strstr(text, "NOTIFY_PID:");
  printf("%d %.*s %s\n", n, at ? (int)(at - text) : 0, text, at && atoi(at + 11) == pid ? "own" : "none");
}
static int take(mqd_t q) {
  unsigned priority = 99;
  int n = mq_receive(q, buffer, sizeof buffer, &priority);
  if (n < 0) printf("receive: %s\n", strerrorname_np(errno));
  else printf("received %d %.*s priority %u\n", n, n, buffer, priority);
  return n;
}

static void opening(void) {
  struct mq_attr attr = {.mq_maxmsg = 3, .mq_msgsize = 10}, bad = {.mq_maxmsg = 0, .mq_msgsize = 10}, large = {.mq_maxmsg = 70000, .mq_msgsize = 10};
  T(syscall(SYS_mq_open, name, O_RDWR, 0, NULL));
  T(syscall(SYS_mq_open, name, O_RDWR, 0, BAD));
  T(syscall(SYS_mq_open, BAD, O_RDWR, 0, NULL));
  T(syscall(SYS_mq_open, "", O_RDWR | O_CREAT, 0600, NULL));
  T(syscall(SYS_mq_open, "a/b", O_RDWR | O_CREAT, 0600, NULL));
  T(syscall(SYS_mq_open, "/b", O_RDWR | O_CREAT, 0600, NULL));
  T(syscall(SYS_mq_open, "..", O_RDWR | O_CREAT, 0600, NULL));
  memset(buffer, 'n', 256), buffer[256] = 0;
  T(syscall(SYS_mq_open, buffer, O_RDWR | O_CREAT, 0600, NULL));
  T(syscall(SYS_mq_open, name, O_RDWR | O_CREAT, 0600, &bad));
  T(syscall(SYS_mq_open, name, O_RDWR | O_CREAT, 0600, &large));
  int q = syscall(SYS_mq_open, name, O_RDWR | O_CREAT | O_EXCL, 0640, NULL);
  T(q);
  show(q);
  T(fcntl(q, F_GETFD));
  T(fcntl(q, F_GETFL));
  struct stat status;
  T(fstat(q, &status));
  printf("%o %ld %ld\n", status.st_mode, (long)status.st_size, (long)status.st_nlink);
  T(syscall(SYS_mq_open, name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL));
  T(syscall(SYS_mq_open, name, O_RDWR | O_WRONLY, 0, NULL));
  T(syscall(SYS_mq_open, name, O_RDONLY | O_CREAT, 0600, &bad));
  close(4);
  T(syscall(SYS_mq_unlink, name));
  T(syscall(SYS_mq_unlink, name));
  T(syscall(SYS_mq_unlink, "x/y"));
  T(syscall(SYS_mq_unlink, BAD));
  show(q);
  close(q);
  q = syscall(SYS_mq_open, name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attr);
  show(q);
  T(mq_send(q, "12345678901", 11, 0));
  T(mq_send(q, "x", 1, MQ_PRIO_MAX - 1));
  T(mq_send(q, "x", 1, 32768));
  T(mq_send(q, BAD, 1, 0));
  T(mq_send(0, "x", 1, 0));
  T(mq_send(99, "x", 1, 0));
  T(mq_receive(q, buffer, 9, NULL));
  T(mq_receive(0, buffer, 10, NULL));
  T(mq_getattr(0, &attr));
  T(syscall(SYS_mq_getsetattr, q, BAD, NULL));
  T(syscall(SYS_mq_getsetattr, q, NULL, BAD));
  attr.mq_flags = 1;
  T(syscall(SYS_mq_getsetattr, q, &attr, NULL));
  attr.mq_flags = 0;
  struct mq_attr old;
  T(syscall(SYS_mq_getsetattr, q, &attr, &old));
  T(old.mq_flags == O_NONBLOCK);
  show(q);
  int reader = mq_open(name[0] == '/' ? name : (snprintf(buffer, 100, "/%s", name), buffer), O_RDONLY);
  int writer = mq_open(buffer, O_WRONLY);
  T(mq_send(reader, "x", 1, 0));
  T(mq_receive(writer, buffer, 100, NULL));
  T(write(writer, "x", 1));
  T(lseek(q, 5, SEEK_SET));
  T(read(q, buffer, 5));
  T(lseek(q, 0, SEEK_CUR));
  T(ftruncate(q, 0));
  close(reader), close(writer);
  T(mq_unlink((snprintf(buffer, 100, "/%s", name), buffer)));
  close(q);
}

static void order(void) {
  struct mq_attr attr = {.mq_maxmsg = 6, .mq_msgsize = 20};
  struct timespec past = {1, 0}, bad = {0, 1000000000}, soon;
  snprintf(name + 0, sizeof name, "/pagewalk-%d", getpid());
  mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attr);
  struct pollfd f = {q, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM};
  T(poll(&f, 1, 0));
  T(f.revents);
  take(q);
  T(mq_send(q, "low", 3, 1) | mq_send(q, "high", 4, 9) | mq_send(q, "low2", 4, 1) | mq_send(q, "", 0, 5) | mq_send(q, "high2", 5, 9));
  T(poll(&f, 1, 0));
  T(f.revents);
  T(mq_send(q, "last", 4, 0));
  T(mq_send(q, "none", 4, 0));
  T(poll(&f, 1, 0));
  T(f.revents);
  show(q);
  show_text(q);
  for (int i = 0; i < 7; i++) take(q);
  /* Times are looked at even when nobody waits. */
  T(mq_timedsend(q, "x", 1, 0, &bad));
  T(mq_timedsend(q, "x", 1, 0, &past));
  T(mq_timedsend(q, "x", 1, 0, BAD));
  T(mq_timedreceive(q, buffer, 20, NULL, &bad));
  T(mq_timedreceive(q, buffer, 20, NULL, &past));
  T(fcntl(q, F_SETFL, 0));
  T(mq_timedreceive(q, buffer, 20, NULL, &past));
  soon = in_ms(10);
  T(mq_timedreceive(q, buffer, 20, NULL, &soon));
  for (int i = 0; i < 6; i++) mq_send(q, "fill", 4, i);
  soon = in_ms(10);
  T(mq_timedsend(q, "x", 1, 0, &soon));
  T(mq_timedsend(q, "x", 1, 0, &past));
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval alarm = {{0, 0}, {0, 5000}};
  setitimer(ITIMER_REAL, &alarm, NULL);
  T(mq_send(q, "x", 1, 0));
  T(caught == SIGALRM);
  for (int i = 0; i < 6; i++) take(q);
  setitimer(ITIMER_REAL, &alarm, NULL);
  take(q);
  T(mq_send(q, "lost", 4, 0));
  T(mq_receive(q, BAD, 20, NULL));
  show(q);
  T(mq_unlink(name));
  mq_close(q);
}

static mqd_t shared;
static volatile int waiter;

/* Starts a thread and waits until it waits. */
static void start(pthread_t *thread, void *(*body)(void *), void *argument) {
  waiter = 0;
  pthread_create(thread, NULL, body, argument);
  while (!waiter) usleep(100);
  wait_asleep(getpid(), waiter);
}
static void *receiver(void *argument) {
  unsigned priority;
  waiter = gettid();
  long n = mq_receive(shared, argument, 20, &priority);
  return (void *)n;
}
static void *sending(void *argument) {
  waiter = gettid();
  long n = mq_send(shared, argument, strlen(argument), 3);
  return (void *)n;
}

static void handing_over(void) {
  struct mq_attr attr = {.mq_maxmsg = 2, .mq_msgsize = 20};
  pthread_t threads[3];
  char got[3][20] = {{0}};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 6};
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGUSR1, &action, NULL);
  shared = mq_open(name, O_RDWR | O_CREAT, 0600, &attr);
  for (int i = 0; i < 3; i++) start(&threads[i], receiver, got[i]);
  T(mq_notify(shared, &event));
  caught = 0;
  /* Whoever waited first is served first; nobody is notified, and the queue stays empty. */
  mq_send(shared, "one", 3, 0), mq_send(shared, "two", 3, 9), mq_send(shared, "three", 5, 0);
  show(shared);
  for (int i = 0; i < 3; i++) {
    pthread_join(threads[i], NULL);
    puts(got[i]);
  }
  T(caught);
  T(mq_notify(shared, &event));
  T(mq_notify(shared, NULL));
  mq_send(shared, "a", 1, 5), mq_send(shared, "b", 1, 1);
  start(&threads[0], sending, "c");
  start(&threads[1], sending, "d");
  show(shared);
  take(shared);
  show(shared);
  for (int i = 0; i < 3; i++) take(shared);
  pthread_join(threads[0], NULL), pthread_join(threads[1], NULL);
  int ep = epoll_create1(0);
  struct epoll_event events = {EPOLLIN | EPOLLET, {.u64 = 3}};
  T(epoll_ctl(ep, EPOLL_CTL_ADD, shared, &events));
  T(epoll_wait(ep, &events, 1, 0));
  mq_send(shared, "x", 1, 0);
  T(epoll_wait(ep, &events, 1, -1));
  T(epoll_wait(ep, &events, 1, 0));
  take(shared);
  close(ep);
  fflush(stdout);
  int status;
  if (fork() == 0) {
    take(shared);
    mq_send(shared, "answer", 6, 4);
    fflush(stdout);
    _exit(0);
  }
  mq_send(shared, "question", 8, 2);
  wait(&status);
  take(shared);
  mq_close(shared);
  mq_unlink(name);
}

static void notices(void) {
  mqd_t q = mq_open(name, O_RDWR | O_CREAT, 0600, NULL), other;
  int status;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77};
  T(syscall(SYS_mq_notify, q, BAD));
  T(mq_notify(99, &event));
  T(mq_notify(0, &event));
  event.sigev_signo = 65;
  T(mq_notify(q, &event));
  event.sigev_signo = SIGUSR1, event.sigev_notify = 3;
  T(syscall(SYS_mq_notify, q, &event));
  event.sigev_notify = SIGEV_THREAD, event.sigev_signo = 0, event.sigev_value.sival_ptr = buffer;
  T(syscall(SYS_mq_notify, q, &event) < 0);
  event.sigev_signo = 999;
  T(syscall(SYS_mq_notify, q, &event));
  event.sigev_value.sival_ptr = BAD;
  T(syscall(SYS_mq_notify, q, &event));
  event = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77};
  T(mq_notify(q, &event));
  T(mq_notify(q, &event));
  show_text(q);
  caught = 0;
  mq_send(q, "x", 1, 0);
  printf("%d %d %d %d\n", caught, code, value, sender == getpid());
  show_text(q);
  /* Only an empty queue that gets a message counts, and only once. */
  T(mq_notify(q, &event));
  caught = 0;
  mq_send(q, "y", 1, 0);
  T(caught);
  take(q), take(q);
  mq_send(q, "z", 1, 0);
  T(caught == SIGUSR1);
  take(q);
  caught = 0;
  mq_send(q, "again", 5, 0);
  T(caught);
  take(q);
  event.sigev_notify = SIGEV_NONE;
  T(mq_notify(q, &event));
  show_text(q);
  T(mq_notify(q, NULL));
  show_text(q);
  event.sigev_notify = SIGEV_SIGNAL;
  T(mq_notify(q, &event));
  fflush(stdout);
  if (fork() == 0) {
    T(mq_notify(q, &event));
    T(mq_notify(q, NULL));
    mq_send(q, "from the child", 14, 0);
    fflush(stdout);
    _exit(0);
  }
  wait(&status);
  T(caught == SIGUSR1);
  T(sender != getpid());
  take(q);
  /* Closing any descriptor gives it up. */
  T(mq_notify(q, &event));
  other = dup(q);
  close(other);
  show_text(q);
  fflush(stdout);
  if (fork() == 0) {
    T(mq_notify(q, &event));
    fflush(stdout);
    _exit(0);
  }
  wait(&status);
  show_text(q);
  mq_close(q);
  mq_unlink(name);
}

static void limits(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_MSGQUEUE, &limit);
  printf("%ld\n", (long)limit.rlim_cur);
  mqd_t all[20];
  int n = 0;
  char numbered[80];
  while (n < 20) {
    snprintf(numbered, sizeof numbered, "%s-%d", name, n);
    if ((all[n] = mq_open(numbered, O_RDWR | O_CREAT, 0600, NULL)) < 0) break;
    mq_unlink(numbered);
    n++;
  }
  printf("%d queues, then %s\n", n, strerrorname_np(errno));
  for (int i = 0; i < n; i++) mq_close(all[i]);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  snprintf(name, sizeof name, "pagewalk-%d", getpid());
  opening();
  order();
  handing_over();
  notices();
  if (geteuid() == 0) limits();
  return 0;
}
