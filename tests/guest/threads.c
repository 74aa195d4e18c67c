/* Threads and futexes: pthreads, condition variables, thread-local storage, cancellation, robust mutexes, raw futex calls. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void show(const char *what, long result) {
  if (result < 0) printf("%s: %s\n", what, strerror(errno));
  else printf("%s: %ld\n", what, result);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long counter;
static _Thread_local int own = 3;

static void *add(void *argument) {
  for (int i = 0; i < 20000; i++) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
  }
  own += (int)(long)argument;
  return (void *)(long)own;
}

static int turn;
static void *alternate(void *argument) {
  int me = (int)(long)argument;
  for (int i = 0; i < 200; i++) {
    pthread_mutex_lock(&mutex);
    while (turn != me) pthread_cond_wait(&condition, &mutex);
    turn = 1 - me;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
  }
  return 0;
}

static void *sleeper(void *argument) {
  (void)argument;
  for (;;) pause();
  return 0;
}

static volatile pthread_t handled;
static void handler(int signal) {
  (void)signal;
  handled = pthread_self();
}

static void *robust(void *argument) {
  pthread_mutex_lock(argument);
  return 0;
}

static void library(void) {
  pthread_t threads[8];
  void *result;
  long sum = 0;
  for (long i = 0; i < 8; i++) pthread_create(&threads[i], 0, add, (void *)i);
  for (int i = 0; i < 8; i++) {
    pthread_join(threads[i], &result);
    sum += (long)result;
  }
  printf("counter %ld results %ld own %d\n", counter, sum, own);
  for (long i = 0; i < 2; i++) pthread_create(&threads[i], 0, alternate, (void *)i);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
  printf("alternated, turn %d\n", turn);
  pthread_create(&threads[0], 0, sleeper, 0);
  show("cancel", pthread_cancel(threads[0]));
  pthread_join(threads[0], &result);
  printf("cancelled %d\n", result == PTHREAD_CANCELED);
  signal(SIGUSR1, handler);
  pthread_create(&threads[0], 0, sleeper, 0);
  pthread_kill(threads[0], SIGUSR1);
  while (!handled) sched_yield();
  printf("signal went to the thread %d\n", handled == threads[0]);
  pthread_cancel(threads[0]);
  pthread_join(threads[0], 0);
  pthread_mutexattr_t attributes;
  pthread_mutex_t held;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&held, &attributes);
  pthread_create(&threads[0], 0, robust, &held);
  pthread_join(threads[0], 0);
  printf("owner died: %s\n", strerror(pthread_mutex_lock(&held)));
  pthread_mutex_consistent(&held);
  pthread_mutex_unlock(&held);
  printf("again: %s\n", strerror(pthread_mutex_lock(&held)));
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 2000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
  printf("timed out: %s\n", strerror(pthread_mutex_timedlock(&held, &soon)));
  pthread_mutex_lock(&mutex);
  printf("condition: %s\n", strerror(pthread_cond_timedwait(&condition, &mutex, &soon)));
}

static long futex(int *word, int op, int value, void *timeout, int *word2, int value3) {
  return syscall(SYS_futex, word, op, value, timeout, word2, value3);
}

static void raw(void) {
  static int word = 1, other;
  struct timespec soon = {0, 1000000}, bad = {0, 2000000000};
  show("changed", futex(&word, FUTEX_WAIT, 2, 0, 0, 0));
  show("timeout", futex(&word, FUTEX_WAIT, 1, &soon, 0, 0));
  show("bad timeout", futex(&word, FUTEX_WAIT, 1, &bad, 0, 0));
  show("misaligned", futex((int *)((char *)&word + 1), FUTEX_WAIT, 1, 0, 0, 0));
  show("bad address", futex((int *)16, FUTEX_WAIT, 1, 0, 0, 0));
  show("no bits", futex(&word, FUTEX_WAIT_BITSET, 1, 0, 0, 0));
  show("past", futex(&word, FUTEX_WAIT_BITSET, 1, &soon, 0, -1));
  show("wake nobody", futex(&word, FUTEX_WAKE, 10, 0, 0, 0));
  show("requeue nobody", futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 1));
  show("requeue changed", futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 7));
  show("requeue negative", futex(&word, FUTEX_REQUEUE, -1, (void *)1, &other, 0));
  show("wake op", futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &other, FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0)));
  show("its sum", other);
  show("unknown", futex(&word, 99, 0, 0, 0, 0));
}

static void between(void) {
  atomic_int *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int status;
  if (fork() == 0) {
    while (atomic_load(shared) == 0) futex((int *)shared, FUTEX_WAIT, 0, 0, 0, 0);
    _exit(atomic_load(shared));
  }
  usleep(2000);
  atomic_store(shared, 21);
  show("woken in another process", futex((int *)shared, FUTEX_WAKE, 1, 0, 0, 0) >= 0);
  wait(&status);
  show("it saw", WEXITSTATUS(status));
  sem_t *semaphore = (sem_t *)(shared + 16);
  sem_init(semaphore, 1, 0);
  if (fork() == 0) {
    sem_post(semaphore);
    sem_post(semaphore);
    _exit(0);
  }
  show("semaphore", sem_wait(semaphore));
  show("semaphore", sem_wait(semaphore));
  wait(&status);
}

static void *leave(void *argument) {
  usleep(3000);
  exit((int)(long)argument);
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  library();
  raw();
  between();
  pthread_t thread;
  if (fork() == 0) {
    pthread_create(&thread, 0, leave, (void *)44);
    pthread_exit(0);
  }
  int status;
  wait(&status);
  show("exit after the main thread has gone", WEXITSTATUS(status));
  if (fork() == 0) {
    for (int i = 0; i < 3; i++) pthread_create(&thread, 0, sleeper, 0);
    abort();
  }
  wait(&status);
  show("abort with threads", WTERMSIG(status));
  return 0;
}
