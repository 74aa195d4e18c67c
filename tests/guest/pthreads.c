/* The whole of pthreads(7): every kind of mutex, conditions, barriers, rwlocks, semaphores, thread-specific data, cancellation, fork. */
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

static const char *why(int error) { return error == 0 ? "ok" : strerrorname_np(error); }
#define R(call) printf("%s: %s\n", #call, why(call))

static struct timespec later(long ms) {
  struct timespec at;
  clock_gettime(CLOCK_REALTIME, &at);
  at.tv_nsec += ms * 1000000;
  if (at.tv_nsec >= 1000000000) at.tv_sec++, at.tv_nsec -= 1000000000;
  return at;
}

static pthread_mutex_t make(int type, int robust, int protocol) {
  static pthread_mutex_t mutex;
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, type);
  if (robust) pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setprotocol(&attributes, protocol);
  memset(&mutex, 0, sizeof mutex);
  R(pthread_mutex_init(&mutex, &attributes));
  return mutex;
}

static pthread_mutex_t m;
static void *try_it(void *argument) {
  struct timespec at = later(3);
  printf("other thread: try %s", why(pthread_mutex_trylock(&m)));
  printf(", timed %s", why(pthread_mutex_timedlock(&m, &at)));
  printf(", unlock %s\n", why(pthread_mutex_unlock(&m)));
  return 0;
}
static void *take(void *argument) {
  pthread_mutex_lock(&m);
  return 0;
}
static void run(void *(*body)(void *)) {
  pthread_t thread;
  pthread_create(&thread, 0, body, 0);
  pthread_join(thread, 0);
}

static void mutexes(void) {
  for (int protocol = 0; protocol < 2; protocol++) {
    m = make(PTHREAD_MUTEX_ERRORCHECK, 0, protocol ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE);
    R(pthread_mutex_lock(&m));
    R(pthread_mutex_lock(&m));
    run(try_it);
    R(pthread_mutex_unlock(&m));
    R(pthread_mutex_unlock(&m));
    m = make(PTHREAD_MUTEX_RECURSIVE, 0, protocol ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE);
    R(pthread_mutex_lock(&m));
    R(pthread_mutex_lock(&m));
    R(pthread_mutex_trylock(&m));
    run(try_it);
    R(pthread_mutex_unlock(&m));
    R(pthread_mutex_unlock(&m));
    R(pthread_mutex_unlock(&m));
    R(pthread_mutex_unlock(&m));
    m = make(PTHREAD_MUTEX_NORMAL, 1, protocol ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE);
    run(take);
    R(pthread_mutex_lock(&m));
    R(pthread_mutex_unlock(&m));
    R(pthread_mutex_lock(&m));
    R(pthread_mutex_destroy(&m));
  }
}

static pthread_barrier_t barrier;
static atomic_int arrived, serial;
static void *arrive(void *argument) {
  for (int i = 0; i < 50; i++) {
    arrived++;
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) serial++;
    if (arrived % 5 != 0 && arrived / 5 < i) printf("early\n");
    pthread_barrier_wait(&barrier);
  }
  return 0;
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static long shared_value, torn;
static void *reader(void *argument) {
  for (int i = 0; i < 300; i++) {
    pthread_rwlock_rdlock(&rwlock);
    if (shared_value % 2) torn++;
    if (i % 50 == 0) sched_yield();
    pthread_rwlock_unlock(&rwlock);
  }
  return 0;
}
static void *writer(void *argument) {
  for (int i = 0; i < 300; i++) {
    pthread_rwlock_wrlock(&rwlock);
    shared_value++;
    if (i % 20 == 0) sched_yield();
    shared_value++;
    pthread_rwlock_unlock(&rwlock);
  }
  return 0;
}

static void together(void) {
  pthread_t threads[6];
  pthread_barrier_init(&barrier, 0, 5);
  for (int i = 0; i < 5; i++) pthread_create(&threads[i], 0, arrive, 0);
  for (int i = 0; i < 5; i++) pthread_join(threads[i], 0);
  printf("barrier: arrived %d serial %d\n", arrived, serial);
  for (int i = 0; i < 6; i++) pthread_create(&threads[i], 0, i % 2 ? reader : writer, 0);
  for (int i = 0; i < 6; i++) pthread_join(threads[i], 0);
  printf("rwlock: %ld torn %ld\n", shared_value, torn);
  struct timespec at = later(3);
  R(pthread_rwlock_wrlock(&rwlock));
  R(pthread_rwlock_rdlock(&rwlock));
  R(pthread_rwlock_tryrdlock(&rwlock));
  R(pthread_rwlock_unlock(&rwlock));
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  R(pthread_cond_timedwait(&condition, &mutex, &at));
  clock_gettime(CLOCK_MONOTONIC, &at);
  R(pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &at));
}

static void semaphores(void) {
  sem_t *own = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), unnamed;
  int value, status;
  struct timespec at = later(3);
  sem_init(&unnamed, 0, 2);
  T(sem_wait(&unnamed));
  T(sem_trywait(&unnamed));
  T(sem_trywait(&unnamed));
  T(sem_timedwait(&unnamed, &at));
  T(sem_post(&unnamed));
  T(sem_getvalue(&unnamed, &value));
  T(value);
  sem_init(own, 1, 0);
  fflush(stdout);
  if (fork() == 0) {
    for (int i = 0; i < 3; i++) sem_post(own);
    _exit(0);
  }
  for (int i = 0; i < 3; i++) T(sem_wait(own));
  wait(&status);
}

static pthread_key_t keys[3];
static void gone(void *value) {
  printf("destroyed %s\n", (char *)value);
  if (strcmp(value, "again") == 0) pthread_setspecific(keys[2], "last");
}
static _Thread_local struct { char text[64]; long number; } local = {"initial", 42};
static void *specific(void *argument) {
  pthread_setspecific(keys[0], "first");
  pthread_setspecific(keys[1], "again");
  local.number++;
  printf("local %s %ld\n", local.text, local.number);
  strcpy(local.text, "changed");
  return &local == argument ? argument : 0;
}

static void cleaned(void *text) { printf("cleanup %s\n", (char *)text); }
static atomic_int ready;
static void *deferred(void *argument) {
  int old;
  pthread_cleanup_push(cleaned, "outer");
  pthread_cleanup_push(cleaned, "inner");
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
  ready = 1;
  while (ready != 2) sched_yield();
  pthread_testcancel();
  printf("not while disabled\n");
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
  pthread_testcancel();
  printf("never\n");
  pthread_cleanup_pop(1);
  pthread_cleanup_pop(1);
  return 0;
}
static void *async(void *argument) {
  int old;
  pthread_cleanup_push(cleaned, "async");
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
  ready = 1;
  for (;;) __asm__ volatile("");
  pthread_cleanup_pop(1);
}
static void *blocked(void *argument) {
  int ends[2];
  char byte;
  pipe(ends);
  ready = 1;
  pthread_cleanup_push(cleaned, "blocked");
  read(ends[0], &byte, 1);
  pthread_cleanup_pop(1);
  return 0;
}

static void cancel(void) {
  void *(*const bodies[])(void *) = {deferred, async, blocked};
  for (int i = 0; i < 3; i++) {
    pthread_t thread;
    void *result;
    ready = 0;
    pthread_create(&thread, 0, bodies[i], 0);
    while (ready != 1) sched_yield();
    if (i == 2) usleep(2000);
    /* Printed after the join: the thread's own lines come at the same time. */
    int sent = pthread_cancel(thread);
    ready = 2;
    pthread_join(thread, &result);
    printf("pthread_cancel: %s, cancelled %d\n", why(sent), result == PTHREAD_CANCELED);
  }
}

static atomic_int handled_by;
static _Thread_local int number;
static void handler(int signal) { handled_by = number; }
static void *masked(void *argument) {
  sigset_t set;
  number = (int)(long)argument;
  sigfillset(&set);
  if (number == 1) sigdelset(&set, SIGUSR1);
  pthread_sigmask(SIG_SETMASK, &set, 0);
  ready++;
  while (ready < 10) sched_yield();
  sigpending(&set);
  return (void *)(long)sigismember(&set, SIGUSR2);
}

static void masks(void) {
  pthread_t threads[3];
  sigset_t set;
  ready = 0;
  signal(SIGUSR1, handler);
  signal(SIGUSR2, handler);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, 0);
  for (long i = 0; i < 3; i++) pthread_create(&threads[i], 0, masked, (void *)i);
  while (ready != 3) sched_yield();
  kill(getpid(), SIGUSR1);
  while (handled_by != 1) sched_yield();
  printf("handled by %d\n", handled_by);
  R(pthread_kill(threads[2], SIGUSR2));
  for (int i = 0; i < 3; i++) {
    if (i == 0) ready = 10;
    void *result;
    pthread_join(threads[i], &result);
    printf("thread %d has it pending: %ld\n", i, (long)result);
  }
  R(pthread_kill(pthread_self(), 0));
  R(pthread_kill(pthread_self(), 99));
}

static atomic_int many_done;
static void *one_of_many(void *argument) {
  number = (int)(long)argument;
  for (int i = 0; i < 20; i++) sched_yield();
  many_done += number == (int)(long)argument;
  return argument;
}
static void *detached(void *argument) {
  many_done++;
  return 0;
}

static void many(void) {
  static pthread_t threads[200];
  long sum = 0;
  void *result;
  for (long i = 0; i < 200; i++) pthread_create(&threads[i], 0, one_of_many, (void *)i);
  for (int i = 0; i < 200; i++) {
    pthread_join(threads[i], &result);
    sum += (long)result;
  }
  printf("200 threads: %d sum %ld\n", many_done, sum);
  pthread_t thread;
  pthread_create(&thread, 0, detached, 0);
  pthread_detach(thread);
  while (many_done != 201) sched_yield();
  printf("detached\n");
}

static void before(void) { printf("prepare\n"); fflush(stdout); }
static int in_parents;
static void in_parent(void) { in_parents++; }
static void in_child(void) { printf("child\n"); fflush(stdout); }
static void *spin(void *argument) {
  while (ready != 77) free(malloc(100));
  return 0;
}
static void forking(void) {
  pthread_t threads[3];
  int status;
  pthread_atfork(before, in_parent, in_child);
  ready = 0;
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, spin, 0);
  if (fork() == 0) {
    /* Alone: the heap's locks are free. */
    for (int i = 0; i < 100; i++) free(malloc(1000));
    _exit(5);
  }
  wait(&status);
  ready = 77;
  for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
  printf("status %d parent %d\n", WEXITSTATUS(status), in_parents);
}

static char *self;
static void *execs(void *argument) {
  execl("/proc/self/exe", self, "second", (char *)0);
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 1) {
    printf("after exec from a thread: %d\n", (int)syscall(SYS_gettid) == getpid());
    return 0;
  }
  self = argv[0];
  setvbuf(stdout, 0, _IOLBF, 0);
  mutexes();
  together();
  semaphores();
  for (int i = 0; i < 3; i++) pthread_key_create(&keys[i], gone);
  run(specific);
  run(specific);
  printf("local here %s %ld\n", local.text, local.number);
  cancel();
  many();
  forking();
  masks();
  fflush(stdout);
  pthread_t thread;
  pthread_create(&thread, 0, execs, 0);
  for (;;) pause();
}
