/* Timers that send signals, and sleeping: what they answer, how often they come, who inherits them. */
#include "check.h"
#include <pthread.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static volatile int caught, code, value, count, overruns, tid;
static void on_signal(int n, siginfo_t *info, void *context) {
  caught = n, code = info->si_code, value = info->si_value.sival_int, overruns = info->si_overrun, tid = gettid();
  count++;
}

static int create(int clock, int notify, int signal, int *id) {
  struct sigevent event = {.sigev_notify = notify, .sigev_signo = signal, .sigev_value.sival_int = 42};
  event.sigev_notify_thread_id = gettid();
  return syscall(SYS_timer_create, clock, &event, id);
}
static int settime(int id, int flags, long long value, long long interval) {
  struct itimerspec spec = {{interval / 1000000000, interval % 1000000000}, {value / 1000000000, value % 1000000000}};
  return syscall(SYS_timer_settime, id, flags, &spec, NULL);
}
static long long now(int clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}
static int gettime(int id, struct itimerspec *spec) { return syscall(SYS_timer_gettime, id, spec); }
static void burn(long long ns) {
  for (long long end = now(CLOCK_THREAD_CPUTIME_ID) + ns; now(CLOCK_THREAD_CPUTIME_ID) < end;) continue;
}

static void creating(void) {
  int id = -1;
  struct itimerspec spec = {{0, 0}, {1, 0}}, bad = {{0, 1000000000}, {1, 0}}, old;
  for (int clock = -1; clock < 14; clock++) {
    if (clock == 8 || clock == 9) continue;
    id = -1;
    int result = syscall(SYS_timer_create, clock, NULL, &id);
    printf("clock %d: %s\n", clock, result < 0 ? strerrorname_np(errno) : "works");
    if (result == 0) syscall(SYS_timer_delete, id);
  }
  T(create(CLOCK_MONOTONIC, 3, SIGUSR1, &id));
  T(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 0, &id));
  T(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 65, &id));
  T(create(CLOCK_MONOTONIC, SIGEV_NONE, 99, &id));
  T(syscall(SYS_timer_delete, id));
  T(create(CLOCK_MONOTONIC, SIGEV_THREAD, SIGUSR1, &id));
  T(syscall(SYS_timer_delete, id));
  T(syscall(SYS_timer_delete, id));
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
  event.sigev_notify_thread_id = 1;
  T(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
  T(syscall(SYS_timer_create, CLOCK_MONOTONIC, BAD, &id));
  T(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, BAD));
  T(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id));
  T(syscall(SYS_timer_settime, id, 0, NULL, NULL));
  T(syscall(SYS_timer_settime, id, 0, BAD, NULL));
  T(syscall(SYS_timer_settime, id, 0, &bad, NULL));
  T(syscall(SYS_timer_settime, 777, 0, &spec, NULL));
  T(syscall(SYS_timer_settime, id, 0, &spec, BAD));
  T(gettime(id, BAD));
  T(gettime(777, &old));
  T(syscall(SYS_timer_getoverrun, 777));
  spec.it_interval.tv_sec = 3;
  T(syscall(SYS_timer_settime, id, 0, &spec, &old));
  T(gettime(id, &old));
  printf("%ld %d %ld\n", (long)old.it_interval.tv_sec, old.it_value.tv_sec == 0, (long)old.it_interval.tv_nsec);
  T(syscall(SYS_timer_delete, id));
}

static void firing(void) {
  int id;
  struct itimerspec spec;
  sigset_t block, none;
  sigemptyset(&none), sigemptyset(&block);
  sigaddset(&block, SIGUSR1);
  sigprocmask(SIG_BLOCK, &block, NULL);
  T(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, &id));
  T(settime(id, 0, 1000000, 0));
  sigsuspend(&none);
  printf("%d %d %d %d\n", caught == SIGUSR1, code, value, overruns);
  T(gettime(id, &spec));
  T(spec.it_value.tv_nsec);
  T(settime(id, 0, 1000000, 1000000));
  usleep(20000);
  T(gettime(id, &spec));
  T(spec.it_value.tv_nsec > 0 && spec.it_value.tv_nsec <= 1000000);
  sigsuspend(&none);
  T(overruns >= 15 && overruns == syscall(SYS_timer_getoverrun, id));
  sigsuspend(&none);
  T(overruns < 1000);
  T(settime(id, 0, 0, 1000000));
  T(syscall(SYS_timer_getoverrun, id));
  T(gettime(id, &spec));
  printf("%ld %ld\n", (long)spec.it_value.tv_nsec, (long)spec.it_interval.tv_nsec);
  usleep(3000);
  struct timespec zero = {0, 0};
  sigtimedwait(&block, NULL, &zero);
  /* An absolute time that has passed, with what was missed. */
  T(settime(id, TIMER_ABSTIME, now(CLOCK_MONOTONIC) - 10500000, 1000000));
  sigsuspend(&none);
  T(overruns >= 10);
  T(settime(id, 0, 0, 0));
  sigtimedwait(&block, NULL, &zero);
  /* Ignored at first. */
  signal(SIGUSR1, SIG_IGN);
  sigprocmask(SIG_UNBLOCK, &block, NULL);
  T(settime(id, 0, 1000000, 1000000));
  usleep(5000);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  count = 0;
  sigaction(SIGUSR1, &action, NULL);
  while (count < 2) usleep(1000);
  T(settime(id, 0, 0, 0));
  /* A signal of that number waits already: the timer's comes beside it. */
  sigprocmask(SIG_BLOCK, &block, NULL);
  raise(SIGUSR1);
  T(settime(id, 0, 1000000, 0));
  usleep(3000);
  count = 0;
  sigprocmask(SIG_UNBLOCK, &block, NULL);
  T(count);
  T(syscall(SYS_timer_delete, id));
  /* Nobody is told. */
  T(create(CLOCK_REALTIME, SIGEV_NONE, 0, &id));
  T(settime(id, 0, 2000000, 3000000));
  usleep(8000);
  T(gettime(id, &spec));
  T(spec.it_value.tv_nsec > 0 && spec.it_value.tv_nsec <= 3000000);
  T(settime(id, 0, 1000000, 0));
  usleep(3000);
  T(gettime(id, &spec));
  T(spec.it_value.tv_nsec);
  T(syscall(SYS_timer_getoverrun, id));
  T(syscall(SYS_timer_delete, id));
}

static void *thread(void *argument) {
  int id;
  T(create(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGUSR1, &id));
  count = 0;
  T(settime(id, 0, 1000000, 0));
  while (count == 0) usleep(1000);
  T(tid == gettid());
  T(settime(id, 0, 1000000000, 0));
  return (void *)(long)id;
}

static void cpu(void) {
  int id;
  struct itimerspec spec;
  T(create(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1, &id));
  count = 0;
  T(settime(id, 0, 20000000, 0));
  usleep(30000);
  T(count);
  burn(60000000);
  T(count);
  T(gettime(id, &spec));
  T(spec.it_value.tv_nsec);
  T(settime(id, 0, 3000000, 1000000000));
  burn(30000000);
  T(gettime(id, &spec));
  T(spec.it_value.tv_nsec > 0 && spec.it_value.tv_sec == 0);
  T(spec.it_interval.tv_sec);
  T(count);
  T(syscall(SYS_timer_delete, id));
  T(create(CLOCK_THREAD_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1, &id));
  T(settime(id, TIMER_ABSTIME, now(CLOCK_THREAD_CPUTIME_ID) + 2000000, 0));
  burn(30000000);
  T(count);
  T(syscall(SYS_timer_delete, id));
  clockid_t own;
  clock_getcpuclockid(0, &own);
  T(create(own, SIGEV_NONE, 0, &id));
  T(settime(id, 0, 5000000000LL, 0));
  T(gettime(id, &spec));
  T(spec.it_value.tv_sec);
  T(syscall(SYS_timer_delete, id));
}

static void inheritance(char *self) {
  int id, status;
  struct itimerspec spec;
  struct itimerval timer = {{7, 0}, {5, 0}}, old;
  T(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, &id));
  T(settime(id, 0, 1000000000, 0));
  T(setitimer(ITIMER_REAL, &timer, NULL));
  T(setitimer(ITIMER_VIRTUAL, &timer, NULL));
  fflush(stdout);
  if (fork() == 0) {
    T(gettime(id, &spec));
    T(getitimer(ITIMER_REAL, &old));
    T(old.it_value.tv_sec + old.it_interval.tv_sec);
    T(getitimer(ITIMER_VIRTUAL, &old));
    T(old.it_value.tv_sec + old.it_interval.tv_sec);
    /* Across execve the interval timers stay, the others go, their signals as well. */
    sigset_t block;
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigprocmask(SIG_BLOCK, &block, NULL);
    T(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, &id));
    T(settime(id, 0, 1000000, 0));
    T(setitimer(ITIMER_REAL, &timer, NULL));
    usleep(3000);
    fflush(stdout);
    execl("/proc/self/exe", self, "again", NULL);
    _exit(99);
  }
  wait(&status);
  T(WEXITSTATUS(status));
  T(syscall(SYS_timer_delete, id));
  timer.it_value.tv_sec = 0;
  T(setitimer(ITIMER_REAL, &timer, &old));
  printf("%ld %d\n", (long)old.it_interval.tv_sec, old.it_value.tv_sec >= 3);
  T(getitimer(ITIMER_REAL, &old));
  printf("%ld %ld\n", (long)old.it_interval.tv_sec, (long)old.it_value.tv_sec);
}

static void after_exec(void) {
  struct itimerval old;
  struct itimerspec spec;
  sigset_t pending;
  T(getitimer(ITIMER_REAL, &old));
  T(old.it_interval.tv_sec);
  T(gettime(0, &spec));
  sigpending(&pending);
  T(sigismember(&pending, SIGUSR1));
}

static void intervals(void) {
  struct itimerval timer = {{0, 2000}, {0, 1000}}, old;
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  sigaction(SIGALRM, &action, NULL), sigaction(SIGVTALRM, &action, NULL), sigaction(SIGPROF, &action, NULL);
  sigset_t block, none, pending;
  sigemptyset(&none), sigemptyset(&block);
  sigaddset(&block, SIGALRM);
  sigprocmask(SIG_BLOCK, &block, NULL);
  count = 0;
  T(setitimer(ITIMER_REAL, &timer, NULL));
  usleep(20000);
  T(getitimer(ITIMER_REAL, &old));
  T(old.it_interval.tv_usec);
  sigpending(&pending);
  T(sigismember(&pending, SIGALRM));
  sigsuspend(&none);
  T(count);
  T(code);
  sigsuspend(&none);
  T(count);
  timer = (struct itimerval){{0, 0}, {0, 0}};
  T(setitimer(ITIMER_REAL, &timer, NULL));
  sigprocmask(SIG_UNBLOCK, &block, NULL);
  count = 0;
  timer = (struct itimerval){{0, 0}, {0, 3000}};
  T(setitimer(ITIMER_VIRTUAL, &timer, NULL));
  while (count == 0) burn(1000000);
  printf("%d %d\n", caught == SIGVTALRM, code);
  T(setitimer(ITIMER_PROF, &timer, NULL));
  while (count == 1) burn(1000000);
  printf("%d %d\n", caught == SIGPROF, code);
  T(getitimer(3, &old));
  T(getitimer(-1, &old));
  T(getitimer(0, BAD));
  T(setitimer(3, &timer, NULL));
  T(setitimer(0, BAD, NULL));
  timer.it_interval.tv_usec = 1000000;
  T(setitimer(0, &timer, NULL));
  timer = (struct itimerval){{0, 0}, {-1, 0}};
  T(setitimer(0, &timer, NULL));
  timer = (struct itimerval){{0x7fffffffffffff, 0}, {0x7fffffffffffff, 0}};
  T(setitimer(0, &timer, NULL));
  T(getitimer(0, &old));
  T(old.it_value.tv_sec > 9000000000);
  T(alarm(0) > 0);
}

static void sleeping(void) {
  struct timespec long_time = {5, 0}, left = {77, 77}, bad = {0, 1000000000}, past = {1, 0}, zero = {0, 0};
  struct itimerval soon = {{0, 0}, {0, 5000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  T(nanosleep(&long_time, &left));
  T(left.tv_sec);
  setitimer(ITIMER_REAL, &soon, NULL);
  left = (struct timespec){77, 77};
  T(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &long_time, &left));
  T(left.tv_sec);
  setitimer(ITIMER_REAL, &soon, NULL);
  left = (struct timespec){77, 77};
  struct timespec later = {now(CLOCK_REALTIME) / 1000000000 + 5, 0};
  T(syscall(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &later, &left));
  T(left.tv_sec);
  setitimer(ITIMER_REAL, &soon, NULL);
  T(nanosleep(&long_time, BAD));
  T(nanosleep(BAD, NULL));
  T(nanosleep(&bad, NULL));
  T(nanosleep(&zero, &left));
  T(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL));
  T(syscall(SYS_clock_nanosleep, CLOCK_BOOTTIME, 0, &zero, NULL));
  T(syscall(SYS_clock_nanosleep, CLOCK_TAI, 0, &zero, NULL));
  int clocks[] = {-1, 3, 4, 5, 6, 10, 12, 99};
  for (int i = 0; i < 8; i++) T(syscall(SYS_clock_nanosleep, clocks[i], 0, &zero, NULL));
  T(syscall(SYS_clock_nanosleep, 1, 0, &bad, NULL));
  T(syscall(SYS_restart_syscall));
  /* Stopped and continued it sleeps on for what is left. */
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    struct timespec some = {0, 60000000};
    long long before = now(CLOCK_MONOTONIC);
    int result = nanosleep(&some, &left);
    long long slept = now(CLOCK_MONOTONIC) - before;
    printf("slept on: %d %d\n", result, slept >= 60000000);
    fflush(stdout);
    _exit(0);
  }
  usleep(10000);
  kill(pid, SIGSTOP);
  waitpid(pid, NULL, WUNTRACED);
  kill(pid, SIGCONT);
  waitpid(pid, NULL, 0);
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc > 1) {
    after_exec();
    return 5;
  }
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, NULL);
  creating();
  firing();
  pthread_t id;
  pthread_create(&id, NULL, thread, NULL);
  pthread_join(id, NULL);
  cpu();
  inheritance(argv[0]);
  intervals();
  sleeping();
  return 0;
}
