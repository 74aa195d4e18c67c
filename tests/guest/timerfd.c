/* Timer descriptors: every result, error and count that does not depend on how fast the machine is. */
#include "check.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <sys/time.h>
#include <time.h>

#ifndef TFD_IOC_SET_TICKS
#define TFD_IOC_SET_TICKS _IOW(0x54, 0, uint64_t)
#endif

static volatile int caught;
static void on_signal(int n) { caught = n; }

static long long now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static struct itimerspec spec(long long value, long long interval) {
  return (struct itimerspec){{interval / 1000000000, interval % 1000000000}, {value / 1000000000, value % 1000000000}};
}

static void show_info(int fd) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  FILE *file = fopen(path, "r");
  while (fgets(line, sizeof line, file))
    if (strncmp(line, "mnt_id", 6) != 0 && strncmp(line, "ino", 3) != 0 && strncmp(line, "it_value", 8) != 0) fputs(line, stdout);
  fclose(file);
}

static void errors(void) {
  uint64_t count[2];
  struct itimerspec good = spec(1000000, 0), bad = {{0, 1000000000}, {0, 0}}, negative = {{0, 0}, {-1, 0}}, old;
  int p[2];
  T(pipe(p));
  int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME};
  for (int i = 0; i < 3; i++) {
    int fd = timerfd_create(clocks[i], TFD_CLOEXEC | TFD_NONBLOCK);
    OK(fd);
    T(fcntl(fd, F_GETFD));
    T(fcntl(fd, F_GETFL) == (O_RDWR | O_NONBLOCK));
    close(fd);
  }
  for (int clock = -1; clock < 14; clock++) {
    int fd = timerfd_create(clock, 0);
    if (clock != CLOCK_REALTIME_ALARM && clock != CLOCK_BOOTTIME_ALARM)
      printf("clock %d: %s\n", clock, fd < 0 ? strerrorname_np(errno) : "works");
    close(fd);
  }
  T(timerfd_create(CLOCK_MONOTONIC, 1));
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  T(read(fd, count, 8));
  T(read(fd, count, 7));
  T(read(fd, count, 16));
  T(write(fd, count, 8));
  T(pread(fd, count, 8, 0));
  T(lseek(fd, 5, SEEK_SET));
  T(ftruncate(fd, 0));
  T(timerfd_settime(fd, 4, &good, NULL));
  T(timerfd_settime(fd, 0, &bad, NULL));
  T(timerfd_settime(fd, 0, &negative, NULL));
  T(timerfd_settime(fd, 0, BAD, NULL));
  T(timerfd_settime(p[0], 0, &good, NULL));
  T(timerfd_settime(99, 0, &good, NULL));
  T(timerfd_settime(99, 8, &good, NULL));
  T(timerfd_settime(99, 8, BAD, NULL));
  T(timerfd_gettime(p[0], &old));
  T(timerfd_gettime(99, &old));
  T(timerfd_gettime(fd, BAD));
  T(timerfd_settime(fd, 0, &good, BAD));
  T(timerfd_gettime(fd, &old));
  struct stat status;
  T(fstat(fd, &status));
  printf("%o\n", status.st_mode & 0777);
  char link[64];
  int length = readlink("/proc/self/fd/5", link, 63);
  printf("%.*s\n", length, link);
  T(ioctl(fd, 0x1234, 0));
  close(fd), close(p[0]), close(p[1]);
}

static void counts(void) {
  uint64_t count = 77;
  struct itimerspec old, set = spec(5000000, 0);
  int fd = timerfd_create(CLOCK_MONOTONIC, 0);
  long long before = now(CLOCK_MONOTONIC);
  T(timerfd_gettime(fd, &old));
  T(old.it_value.tv_sec | old.it_value.tv_nsec | old.it_interval.tv_nsec);
  struct itimerspec later = spec(5000000000, 0);
  T(timerfd_settime(fd, 0, &later, &old));
  T(old.it_value.tv_nsec);
  T(timerfd_gettime(fd, &old));
  T(old.it_value.tv_sec == 4 && old.it_value.tv_nsec > 0);
  T(timerfd_settime(fd, 0, &set, NULL));
  T(read(fd, &count, 8));
  T(count);
  T(now(CLOCK_MONOTONIC) - before >= 5000000);
  T(timerfd_gettime(fd, &old));
  T(old.it_value.tv_nsec);
  struct pollfd ready = {fd, POLLIN | POLLOUT | POLLRDNORM};
  T(poll(&ready, 1, 0));
  set = spec(1000000, 1000000);
  T(timerfd_settime(fd, 0, &set, NULL));
  T(poll(&ready, 1, -1));
  T(ready.revents);
  usleep(20000);
  T(poll(&ready, 1, -1));
  T(read(fd, &count, 8));
  T(count >= 20);
  T(read(fd, &count, 8));
  T(count >= 1);
  T(timerfd_gettime(fd, &old));
  T(old.it_interval.tv_nsec);
  T(old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 1000000);
  usleep(5000);
  /* Setting forgets what has not been read. */
  set = spec(0, 1000000);
  T(timerfd_settime(fd, 0, &set, &old));
  T(old.it_interval.tv_nsec);
  T(poll(&ready, 1, 0));
  T(timerfd_gettime(fd, &old));
  T(old.it_value.tv_nsec);
  T(old.it_interval.tv_nsec);
  T(fcntl(fd, F_SETFL, O_NONBLOCK));
  T(read(fd, &count, 8));
  set = spec(3000000, 0);
  T(timerfd_settime(fd, 0, &set, NULL));
  usleep(4000);
  T(read(fd, BAD, 8));
  T(read(fd, &count, 8));
  close(fd);
}

static void absolute(void) {
  uint64_t count;
  struct itimerspec set, old;
  int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME};
  for (int i = 0; i < 3; i++) {
    int fd = timerfd_create(clocks[i], TFD_NONBLOCK);
    struct pollfd ready = {fd, POLLIN};
    set = spec(now(clocks[i]) + 50000000, 0);
    T(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &set, NULL));
    T(read(fd, &count, 8));
    T(poll(&ready, 1, -1));
    T(now(clocks[i]) >= set.it_value.tv_sec * 1000000000LL + set.it_value.tv_nsec);
    T(read(fd, &count, 8));
    T(count);
    /* In the past: at once, with everything that was missed. */
    set = spec(now(clocks[i]) - 10000000, 2000000);
    T(timerfd_settime(fd, TFD_TIMER_ABSTIME, &set, NULL));
    T(poll(&ready, 1, 0));
    T(read(fd, &count, 8));
    T(count >= 6);
    set = spec(1, 0);
    T(timerfd_settime(fd, TFD_TIMER_ABSTIME, &set, NULL));
    T(read(fd, &count, 8));
    T(count);
    set = (struct itimerspec){{0, 0}, {0x7fffffffffffffff, 5}};
    T(timerfd_settime(fd, 0, &set, NULL));
    T(timerfd_gettime(fd, &old));
    T(old.it_value.tv_sec > 9000000000);
    T(read(fd, &count, 8));
    set.it_interval = set.it_value;
    set.it_value = (struct timespec){0, 1};
    T(timerfd_settime(fd, 0, &set, NULL));
    T(poll(&ready, 1, -1));
    T(timerfd_gettime(fd, &old));
    T(old.it_interval.tv_sec);
    T(old.it_interval.tv_nsec);
    T(read(fd, &count, 8));
    T(count);
    close(fd);
  }
}

static void sharing(void) {
  uint64_t count;
  int fd = timerfd_create(CLOCK_MONOTONIC, 0), status;
  struct itimerspec set = spec(2000000, 0);
  T(timerfd_settime(fd, 0, &set, NULL));
  fflush(stdout);
  if (fork() == 0) {
    /* The same timer: the child's read takes the parent's ticks. */
    T(read(fd, &count, 8));
    T(count);
    fflush(stdout);
    _exit(0);
  }
  wait(&status);
  T(fcntl(fd, F_SETFL, O_NONBLOCK));
  T(read(fd, &count, 8));
  T(fcntl(fd, F_SETFL, 0));
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval soon = {{0, 0}, {0, 20000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  T(read(fd, &count, 8));
  T(caught == SIGALRM);
  uint64_t ticks = 7;
  set = spec(1000000000000LL, 2000000);
  T(timerfd_settime(fd, 0, &set, NULL));
  T(ioctl(fd, TFD_IOC_SET_TICKS, &ticks));
  show_info(fd);
  T(read(fd, &count, 8));
  T(count);
  ticks = 0;
  T(ioctl(fd, TFD_IOC_SET_TICKS, &ticks));
  T(ioctl(fd, TFD_IOC_SET_TICKS, BAD));
  close(fd);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  errors();
  counts();
  absolute();
  sharing();
  return 0;
}
