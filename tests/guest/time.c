/* Clocks and timers. Prints relations, never times. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

static void show(const char *what, long result) {
  if (result < 0) printf("%s: %s\n", what, strerror(errno));
  else printf("%s: %ld\n", what, result);
}

static long long now(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) != 0) return -1;
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static volatile int fired, last_value, last_code;
static void handler(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)context;
  fired++;
  last_code = info->si_code;
  last_value = info->si_value.sival_int;
}

static void burn(void) {
  for (volatile int i = 0; i < 200000; i++) continue;
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW,
                  CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME};
  for (int i = 0; i < 8; i++) {
    long long before = now(clocks[i]);
    burn();
    printf("clock %d goes on %d\n", clocks[i], before >= 0 && now(clocks[i]) >= before);
  }
  struct timespec time = {0, 2000000}, left = {0, 0}, bad = {0, -1}, bad2 = {-1, 0};
  show("clock 99", clock_gettime(99, &time));
  show("bad address", syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8));
  show("resolution", clock_getres(CLOCK_MONOTONIC, &left));
  show("resolution of 99", clock_getres(99, &left));
  time = (struct timespec){0, 2000000};
  long long before = now(CLOCK_MONOTONIC);
  show("nanosleep", nanosleep(&time, &left));
  printf("slept %d\n", now(CLOCK_MONOTONIC) - before >= 2000000);
  show("bad nanoseconds", nanosleep(&bad, 0));
  show("bad seconds", nanosleep(&bad2, 0));
  clock_gettime(CLOCK_MONOTONIC, &time);
  show("absolute past", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, 0));
  time.tv_nsec += 2000000;
  if (time.tv_nsec >= 1000000000) time.tv_sec++, time.tv_nsec -= 1000000000;
  show("absolute", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, 0));
  show("thread clock", clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &time, 0));
  struct timeval tv;
  show("gettimeofday", gettimeofday(&tv, 0));
  struct tms tms;
  show("times", times(&tms) >= 0);

  sigaction(SIGALRM, &action, 0);
  struct itimerval timer = {{0, 1000}, {0, 1000}}, old;
  show("setitimer", setitimer(ITIMER_REAL, &timer, 0));
  while (fired < 3) pause();
  memset(&timer, 0, sizeof timer);
  show("off", setitimer(ITIMER_REAL, &timer, &old));
  printf("interval was %ld\n", (long)old.it_interval.tv_usec);
  show("timer 9", setitimer(9, &timer, 0));
  timer.it_value.tv_usec = 2000000;
  show("bad microseconds", setitimer(ITIMER_REAL, &timer, 0));
  show("alarm", alarm(100));
  show("alarm off", alarm(0) > 98);
  fired = 0;
  sigaction(SIGVTALRM, &action, 0);
  timer = (struct itimerval){{0, 0}, {0, 1000}};
  setitimer(ITIMER_VIRTUAL, &timer, 0);
  while (!fired) burn();
  show("virtual", fired);
  fired = 0;
  sigaction(SIGPROF, &action, 0);
  timer.it_interval.tv_usec = 1000;
  setitimer(ITIMER_PROF, &timer, 0);
  while (fired < 2) burn();
  memset(&timer, 0, sizeof timer);
  setitimer(ITIMER_PROF, &timer, 0);
  printf("profiling ticks\n");

  timer_t id;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 4242};
  sigaction(SIGUSR1, &action, 0);
  show("timer_create", timer_create(CLOCK_MONOTONIC, &event, &id));
  struct itimerspec spec = {{0, 0}, {0, 1000000}}, current;
  fired = 0;
  sigset_t block, none;
  sigemptyset(&none);
  sigemptyset(&block);
  sigaddset(&block, SIGUSR1);
  sigprocmask(SIG_BLOCK, &block, 0);
  show("timer_settime", timer_settime(id, 0, &spec, 0));
  sigsuspend(&none);
  printf("fired %d code %d value %d\n", fired, last_code, last_value);
  show("timer_gettime", timer_gettime(id, &current));
  printf("disarmed %d\n", current.it_value.tv_sec == 0 && current.it_value.tv_nsec == 0);
  show("overrun", timer_getoverrun(id));
  show("timer_delete", timer_delete(id));
  show("gone", syscall(SYS_timer_gettime, 12345, &current));
  event.sigev_signo = 99;
  show("bad signal", timer_create(CLOCK_MONOTONIC, &event, &id));
  show("bad clock", timer_create(77, &event, &id));
  return 0;
}
