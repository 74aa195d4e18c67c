/* futex(2) beyond waiting and waking: locks that the kernel hands over, moving between queues, several words at once, robust lists. */
#include "check.h"
#include <dirent.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdatomic.h>
#include <time.h>

static long futex(void *word, int op, unsigned value, const void *timeout, void *word2, unsigned value3) {
  return syscall(SYS_futex, word, op, value, timeout, word2, value3);
}
static int tid(void) { return syscall(SYS_gettid); }

static struct timespec later(clockid_t clock, long ms) {
  struct timespec at;
  clock_gettime(clock, &at);
  at.tv_nsec += ms * 1000000;
  while (at.tv_nsec >= 1000000000) at.tv_sec++, at.tv_nsec -= 1000000000;
  return at;
}
static void nap(long ms) {
  struct timespec t = {0, ms * 1000000};
  nanosleep(&t, 0);
}

/* Waits until all threads but this one sleep. */
static void settle(void) {
  DIR *tasks = opendir("/proc/self/task");
  for (struct dirent *entry; (entry = readdir(tasks)) != 0;) {
    int id = atoi(entry->d_name);
    if (id != 0 && id != tid()) until_asleep(getpid(), id);
  }
  closedir(tasks);
}

static atomic_uint lock, word, other;
static atomic_int order, stage;
static const char *shape(unsigned value, int owner) {
  static char text[64];
  snprintf(text, sizeof text, "%s%s%s", value & FUTEX_WAITERS ? "W" : "-", value & FUTEX_OWNER_DIED ? "D" : "-",
           (value & FUTEX_TID_MASK) == 0 ? "0" : (value & FUTEX_TID_MASK) == owner ? "me" : "other");
  return text;
}

static void *locker(void *argument) {
  long n = (long)argument, result;
  result = futex(&lock, FUTEX_LOCK_PI, 0, 0, 0, 0);
  printf("locker %ld: %ld as %d, %s\n", n, result, order++, shape(lock, tid()));
  if (n < 10) futex(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
  return 0;
}

static void *crossed(void *argument) {
  futex(&other, FUTEX_LOCK_PI, 0, 0, 0, 0);
  stage = 1;
  T(futex(&lock, FUTEX_LOCK_PI, 0, 0, 0, 0));
  futex(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
  futex(&other, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
  return 0;
}

static void pi(void) {
  pthread_t threads[8];
  struct timespec at;
  lock = 0;
  T(futex(&lock, FUTEX_LOCK_PI, 0, 0, 0, 0));
  puts(shape(lock, tid()));
  T(futex(&lock, FUTEX_LOCK_PI, 0, 0, 0, 0));
  T(futex(&lock, FUTEX_TRYLOCK_PI, 0, 0, 0, 0));
  T(futex(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  T(lock);
  T(futex(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  T(futex(&lock, FUTEX_TRYLOCK_PI, 0, 0, 0, 0));
  for (long i = 0; i < 4; i++) {
    pthread_create(&threads[i], 0, locker, (void *)i);
    settle();
  }
  puts(shape(lock, tid()));
  futex(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  puts(shape(lock & FUTEX_TID_MASK, 0));
  /* An owner that is not there. */
  lock = 1 << 28;
  T(futex(&lock, FUTEX_LOCK_PI, 0, 0, 0, 0));
  T(futex(&lock, FUTEX_TRYLOCK_PI, 0, 0, 0, 0));
  lock = FUTEX_OWNER_DIED;
  T(futex(&lock, FUTEX_LOCK_PI, 0, 0, 0, 0));
  puts(shape(lock, tid()));
  T(futex(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  T(futex((char *)&lock + 1, FUTEX_LOCK_PI, 0, 0, 0, 0));
  T(futex(BAD, FUTEX_LOCK_PI, 0, 0, 0, 0));
  /* Held by somebody who ends without letting go. */
  lock = 0;
  order = 0;
  pthread_create(&threads[0], 0, locker, (void *)10);
  at = later(CLOCK_REALTIME, 500);
  pthread_join(threads[0], 0);
  T(futex(&lock, FUTEX_LOCK_PI, 0, &at, 0, 0));
  /* Two that wait for each other. */
  lock = other = 0;
  stage = 0;
  T(futex(&lock, FUTEX_LOCK_PI, 0, 0, 0, 0));
  pthread_create(&threads[0], 0, crossed, 0);
  while (stage != 1) nap(1);
  settle();
  T(futex(&other, FUTEX_LOCK_PI, 0, 0, 0, 0));
  futex(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
  pthread_join(threads[0], 0);
}

static void *holder(void *argument) {
  futex(&lock, FUTEX_LOCK_PI, 0, 0, 0, 0);
  stage = 1;
  while (stage != 2) nap(1);
  if (argument) futex(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
  return 0;
}

static void timeouts(void) {
  pthread_t thread;
  struct timespec at;
  lock = stage = 0;
  pthread_create(&thread, 0, holder, (void *)1);
  while (stage != 1) nap(1);
  T(futex(&lock, FUTEX_TRYLOCK_PI, 0, 0, 0, 0));
  at = later(CLOCK_REALTIME, 5);
  T(futex(&lock, FUTEX_LOCK_PI, 0, &at, 0, 0));
  at = later(CLOCK_MONOTONIC, 5);
  T(futex(&lock, 13 /* LOCK_PI2 */, 0, &at, 0, 0));
  at = later(CLOCK_REALTIME, 5);
  T(futex(&lock, 13 | FUTEX_CLOCK_REALTIME, 0, &at, 0, 0));
  T(futex(&lock, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, &at, 0, 0));
  at.tv_nsec = 2000000000;
  T(futex(&lock, FUTEX_LOCK_PI, 0, &at, 0, 0));
  T(futex(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  stage = 2;
  pthread_join(thread, 0);
  /* The owner dies while somebody waits. */
  lock = stage = 0;
  pthread_create(&thread, 0, holder, 0);
  while (stage != 1) nap(1);
  stage = 2;
  T(futex(&lock, FUTEX_LOCK_PI, 0, 0, 0, 0) < 0 && errno != ESRCH);
  lock = tid();
  printf("%d\n", (lock & FUTEX_TID_MASK) == tid());
  T(futex(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  pthread_join(thread, 0);
  at = later(CLOCK_MONOTONIC, 5);
  word = 1;
  T(futex(&word, FUTEX_WAIT_BITSET, 1, &at, 0, 1));
  at = later(CLOCK_REALTIME, 5);
  T(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 1, &at, 0, 1));
}

static void *requeued(void *argument) {
  long result = futex(&word, FUTEX_WAIT_REQUEUE_PI, 5, 0, &lock, 0);
  printf("requeued %ld: %s\n", result, shape(lock & ~FUTEX_WAITERS, tid()));
  futex(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
  return 0;
}

static void *plain(void *argument) {
  T(futex(&word, FUTEX_WAIT, 5, 0, 0, 0));
  return 0;
}

static void requeue(void) {
  pthread_t threads[3];
  struct timespec at;
  word = 5;
  lock = 0;
  T(futex(&word, FUTEX_WAIT_REQUEUE_PI, 4, 0, &lock, 0));
  T(futex(&word, FUTEX_WAIT_REQUEUE_PI, 5, 0, &word, 0));
  at = later(CLOCK_MONOTONIC, 5);
  T(futex(&word, FUTEX_WAIT_REQUEUE_PI, 5, &at, &lock, 0));
  T(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)0, &lock, 4));
  T(futex(&word, FUTEX_CMP_REQUEUE_PI, 2, (void *)0, &lock, 5));
  T(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)0, &word, 5));
  T(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)9, &lock, 5));
  for (int i = 0; i < 3; i++) {
    pthread_create(&threads[i], 0, requeued, 0);
    settle();
  }
  T(futex(&word, FUTEX_WAKE, 1, 0, 0, 0));
  T(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)9, &other, 5));
  T(futex(&lock, FUTEX_LOCK_PI, 0, 0, 0, 0));
  T(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &lock, 5));
  futex(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
  settle();
  /* The lock is free: the first of the rest has it at once. */
  long moved = futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)9, &lock, 5);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
  T(moved);
  pthread_create(&threads[0], 0, plain, 0);
  settle();
  T(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)9, &lock, 5));
  futex(&word, FUTEX_WAKE, 1, 0, 0, 0);
  pthread_join(threads[0], 0);
}

struct waitv {
  uint64_t value, address;
  uint32_t flags, reserved;
};
static long waitv(struct waitv *list, unsigned count, unsigned flags, struct timespec *timeout, int clock) {
  return syscall(449, list, count, flags, timeout, clock);
}

static void *waker(void *argument) {
  until_asleep(getpid(), getpid());
  futex(argument, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
  return 0;
}

static void several(void) {
  atomic_uint words[3] = {1, 2, 3};
  struct waitv list[3];
  struct timespec at;
  pthread_t thread;
  for (int i = 0; i < 3; i++) list[i] = (struct waitv){i + 1, (uintptr_t)&words[i], 2 | 128, 0};
  T(waitv(list, 0, 0, 0, 0));
  T(waitv(list, 129, 0, 0, 0));
  T(waitv(list, 3, 1, 0, 0));
  T(waitv(0, 3, 0, 0, 0));
  T(waitv(BAD, 3, 0, 0, 0));
  at = later(CLOCK_MONOTONIC, 5);
  T(waitv(list, 3, 0, &at, CLOCK_MONOTONIC));
  T(waitv(list, 3, 0, &at, CLOCK_BOOTTIME));
  at = later(CLOCK_REALTIME, 5);
  T(waitv(list, 3, 0, &at, CLOCK_REALTIME));
  list[1].value = 9;
  T(waitv(list, 3, 0, 0, 0));
  list[1].value = 2, list[2].flags = 0;
  T(waitv(list, 3, 0, 0, 0));
  list[2].flags = 2 | 128, list[0].reserved = 1;
  T(waitv(list, 3, 0, 0, 0));
  list[0].reserved = 0, list[0].value = 1ull << 32;
  T(waitv(list, 3, 0, 0, 0));
  list[0].value = 1;
  pthread_create(&thread, 0, waker, &words[2]);
  T(waitv(list, 3, 0, 0, 0));
  pthread_join(thread, 0);
  T(futex(&words[0], FUTEX_WAKE_PRIVATE, 9, 0, 0, 0));
  /* futex_wake, futex_wait, futex_requeue of Linux 6.7 */
  T(syscall(454, &words[0], 1, 1, 2 | 128));
  T(syscall(454, &words[0], 0, 1, 2 | 128));
  T(syscall(454, &words[0], 1, 1, 0));
  T(syscall(455, &words[0], 9, 1, 2 | 128, 0, 0));
  T(syscall(455, &words[0], 1, 0, 2 | 128, 0, 0));
  at = later(CLOCK_MONOTONIC, 5);
  T(syscall(455, &words[0], 1, 1, 2 | 128, &at, CLOCK_MONOTONIC));
  T(syscall(456, list, 0, 1, 1));
  T(syscall(456, list, 1, 1, 1));
  list[0].value = 7;
  T(syscall(456, list, 0, 1, 1));
}

struct entry {
  struct robust_list list;
  atomic_uint word;
};

static struct robust_list_head head;
static void hold(struct entry *entry, int mark) {
  head.list.next = &head.list;
  head.futex_offset = offsetof(struct entry, word);
  head.list_op_pending = 0;
  T(syscall(SYS_set_robust_list, &head, sizeof head));
  entry->word = tid() | FUTEX_WAITERS;
  entry->list.next = &head.list;
  head.list.next = (void *)((uintptr_t)&entry->list | mark);
}

static void robust(char *self) {
  struct entry *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int status;
  T(syscall(SYS_set_robust_list, &head, 3));
  const char *const ways[] = {"exit", "kill", "exec", "pending"};
  for (int way = 0; way < 4; way++) {
    fflush(stdout);
    if (fork() == 0) {
      hold(shared, 0);
      if (way == 3) head.list_op_pending = head.list.next, head.list.next = &head.list;
      fflush(stdout);
      if (way == 1) raise(SIGKILL);
      if (way == 2) execl(self, self, "nothing", (char *)0);
      _exit(0);
    }
    wait(&status);
    printf("%s: %s\n", ways[way], shape(shared->word, -1));
  }
  /* A waiter in another process is told. */
  fflush(stdout);
  if (fork() == 0) {
    hold(shared, 0);
    shared[1].word = 1;
    until_asleep(getppid(), getppid());
    _exit(0);
  }
  while (shared[1].word == 0) sched_yield();
  unsigned seen = shared->word;
  T(futex(&shared->word, FUTEX_WAIT, seen, 0, 0, 0));
  puts(shape(shared->word, -1));
  wait(&status);
  /* A list that never ends ends. */
  if (fork() == 0) {
    hold(shared, 0);
    shared->list.next = &shared->list;
    _exit(7);
  }
  wait(&status);
  T(WEXITSTATUS(status));
  pthread_mutexattr_t attributes;
  pthread_mutex_t *mutex = (pthread_mutex_t *)(shared + 8);
  for (int inherit = 0; inherit < 2; inherit++) {
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (inherit) pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    T(pthread_mutex_init(mutex, &attributes));
    fflush(stdout);
    if (fork() == 0) {
      pthread_mutex_lock(mutex);
      shared[2 + inherit].word = 1;
      until_asleep(getppid(), getppid());
      raise(SIGKILL);
    }
    while (shared[2 + inherit].word == 0) sched_yield();
    printf("lock: %s\n", strerror(pthread_mutex_lock(mutex)));
    T(pthread_mutex_consistent(mutex));
    T(pthread_mutex_unlock(mutex));
    wait(&status);
  }
}

/* One page at two addresses, and in another process at a third. */
static void aliases(void) {
  int fd = syscall(SYS_memfd_create, "page", 0);
  ftruncate(fd, 4096);
  atomic_uint *one = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  atomic_uint *two = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    atomic_uint *three = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    _exit(futex(three, FUTEX_WAIT, 0, 0, 0, 0) == 0 ? 3 : 4);
  }
  until_asleep(child, child);
  T(futex(two, FUTEX_WAKE, 1, 0, 0, 0));
  int status;
  wait(&status);
  T(WEXITSTATUS(status));
  munmap(one, 4096);
}

int main(int argc, char **argv) {
  if (argc > 1) return 0;
  setvbuf(stdout, 0, _IOLBF, 0);
  alarm(60);
  pi();
  timeouts();
  requeue();
  several();
  robust("/proc/self/exe");
  aliases();
  return 0;
}
