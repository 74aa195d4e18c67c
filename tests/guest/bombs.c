/* Programs that want too much: argv[1] says of what. Each shows what it was told when there was no more. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void told(const char *what, long count) {
  printf("%s: %ld, %s\n", what, count, strerrorname_np(errno));
  fflush(stdout);
}

/* Children that only wait: how many are there? */
static void forks(void) {
  long count = 0;
  pid_t pid;
  while ((pid = fork()) > 0) count++;
  if (pid == 0) for (;;) pause();
  told("fork", count);
  signal(SIGTERM, SIG_IGN);
  kill(0, SIGTERM);
  while (wait(0) > 0) count--;
  printf("reaped, %ld left\n", count);
}

/* Every process makes more until it can't, for ever. */
static void bomb(void) {
  for (;;) fork();
}

static void *idle(void *argument) {
  for (;;) pause();
  return argument;
}

static void threads(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  long count = 0;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 16384);
  while ((errno = pthread_create(&thread, &attributes, idle, 0)) == 0) count++;
  told("pthread_create", count);
}

static void files(void) {
  long count = 0;
  while (open("/dev/null", O_RDONLY) >= 0) count++;
  told("open", count);
  int ends[2];
  told("pipe", pipe(ends));
  told("eventfd", eventfd(0, 0));
  /* The machine's own limit: children with tables of their own. */
  for (int i = 0; i < 64; i++) {
    if (fork() > 0) continue;
    for (int fd = 3; fd < 1024; fd++) close(fd);
    while (open("/dev/null", O_RDONLY) >= 0) continue;
    if (errno == ENFILE) told("in all", 0), kill(0, SIGKILL);
    for (;;) pause();
  }
  for (;;) pause();
}

/* dup leaks descriptors of one open file: only the tables grow. */
static void tables(void) {
  struct rlimit limit = {1048576, 1048576};
  setrlimit(RLIMIT_NOFILE, &limit);
  while (fcntl(0, F_DUPFD, 100000) >= 0) {
    pid_t pid = fork();
    if (pid < 0) told("fork", pid), kill(0, SIGKILL);
    if (pid > 0) for (;;) pause();
  }
  told("dup", -1);
  kill(0, SIGKILL);
}

static void touch(volatile char *at, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 4096) at[i] = 1;
}

static void heap(void) {
  for (;;) touch(malloc(1 << 20), 1 << 20);
}

static void shared(void) {
  for (;;) touch(mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), 1 << 20);
}

/* A small parent watches a large child: the child is the one to go. */
static void child(void) {
  int status;
  if (fork() == 0) heap();
  wait(&status);
  printf("child: signal %d\n", WTERMSIG(status));
}

static void file(void) {
  static char block[65536];
  int fd = open("full", O_WRONLY | O_CREAT, 0644);
  while (write(fd, block, sizeof block) > 0) continue;
  told("write", -1);
  unlink("full");
  close(fd);
  fd = open("again", O_WRONLY | O_CREAT, 0644);
  printf("after unlink: %zd\n", write(fd, block, sizeof block));
}

/* One page in every 2 MiB: mostly page tables. */
static void pagetables(void) {
  for (unsigned long at = 0x4000000000 - (2ul << 30); at > (2ul << 30); at -= 2 << 20) {
    char *page = mmap((void *)at, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (page == MAP_FAILED) {
      told("mmap", -1);
      exit(0);
    }
    *page = 1;
  }
}

static void mappings(void) {
  long count = 0;
  while (mmap(0, 4096, count % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) count++;
  told("mmap", count > 65000);
}

static void pipes(void) {
  static char block[65536];
  int ends[2];
  long bytes = 0;
  while (pipe2(ends, O_NONBLOCK) == 0) {
    ssize_t n;
    while ((n = write(ends[1], block, sizeof block)) > 0) bytes += n;
  }
  told("pipe", bytes < (128 << 20));
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static void *lock(void *argument) {
  pthread_mutex_lock(&mutex);
  return argument;
}

/* The lock is held by a thread that waits for its taker; a child reads from a pipe that both hold open. */
static void deadlock(void) {
  pthread_t thread;
  int ends[2];
  char byte;
  pipe(ends);
  if (fork() == 0) exit(read(ends[0], &byte, 1));
  pthread_mutex_lock(&mutex);
  pthread_create(&thread, 0, lock, 0);
  pthread_join(thread, 0);
}

static void handled(int signo) { _exit(5); }

/* Waits for a byte that nobody can write; a signal would end that. */
static void asleep(void) {
  int ends[2];
  char byte;
  signal(SIGINT, handled);
  pipe(ends);
  read(ends[0], &byte, 1);
}

int main(int argc, char **argv) {
  const struct {
    const char *name;
    void (*run)(void);
  } modes[] = {{"forks", forks}, {"bomb", bomb}, {"threads", threads}, {"files", files}, {"tables", tables}, {"heap", heap}, {"shared", shared},
               {"child", child}, {"file", file}, {"pagetables", pagetables}, {"mappings", mappings}, {"pipes", pipes}, {"deadlock", deadlock},
               {"asleep", asleep}};
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) if (argc > 1 && strcmp(argv[1], modes[i].name) == 0) modes[i].run();
  return 0;
}
