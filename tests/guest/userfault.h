/* A userfaultfd with what older headers lack, and a thread that answers. Ranges are shown by page, so that addresses do not matter. */
#pragma once
#include "check.h"
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/ioctl.h>

#define PAGE 4096L
#define RW (PROT_READ | PROT_WRITE)
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

enum { FEATURE_WP_UNPOPULATED = 1 << 13, FEATURE_POISON = 1 << 14, FEATURE_WP_ASYNC = 1 << 15, FEATURE_MOVE = 1 << 16 };
struct poison_arg { struct uffdio_range range; uint64_t mode; int64_t updated; };
struct move_arg { uint64_t dst, src, len, mode; int64_t move; };
#define IOC_POISON _IOWR(UFFDIO, 8, struct poison_arg)
#define IOC_MOVE _IOWR(UFFDIO, 5, struct move_arg)
#define MOVE_HOLES 2

static int uffd = -1;
static unsigned char *area;

static sigjmp_buf back;
static volatile int caught_code;

static void on_fault(int signo, siginfo_t *info, void *context) {
  (void)context;
  caught_code = info->si_code;
  siglongjmp(back, signo);
}

static void catch_faults(void) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
}

/* The byte at p (stored first, unless it is negative), or minus the signal. */
static int touch(volatile unsigned char *p, int store) {
  int signo = sigsetjmp(back, 1);
  if (signo != 0) return -signo;
  if (store >= 0) *p = store;
  return *p;
}

static int open_uffd(int flags, uint64_t features) {
  int fd = syscall(SYS_userfaultfd, flags);
  if (fd < 0) return fd;
  struct uffdio_api api = {.api = UFFD_API, .features = features};
  if (ioctl(fd, UFFDIO_API, &api) < 0) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

static int reg(void *start, size_t length, int mode) {
  struct uffdio_register r = {.range = {(uint64_t)start, length}, .mode = mode};
  return ioctl(uffd, UFFDIO_REGISTER, &r);
}

static int unreg(void *start, size_t length) {
  struct uffdio_range r = {(uint64_t)start, length};
  return ioctl(uffd, UFFDIO_UNREGISTER, &r);
}

static int wake(void *start, size_t length) {
  struct uffdio_range r = {(uint64_t)start, length};
  return ioctl(uffd, UFFDIO_WAKE, &r);
}

/* They leave the result field in `done`. */
static long done;

static int copy(void *to, const void *from, size_t length, int mode) {
  struct uffdio_copy c = {.dst = (uint64_t)to, .src = (uint64_t)from, .len = length, .mode = mode, .copy = 12345};
  int result = ioctl(uffd, UFFDIO_COPY, &c);
  done = c.copy;
  return result;
}

static int zeropage(void *to, size_t length, int mode) {
  struct uffdio_zeropage z = {.range = {(uint64_t)to, length}, .mode = mode, .zeropage = 12345};
  int result = ioctl(uffd, UFFDIO_ZEROPAGE, &z);
  done = z.zeropage;
  return result;
}

static int proceed(void *to, size_t length, int mode) {
  struct uffdio_continue c = {.range = {(uint64_t)to, length}, .mode = mode, .mapped = 12345};
  int result = ioctl(uffd, UFFDIO_CONTINUE, &c);
  done = c.mapped;
  return result;
}

static int protect(void *to, size_t length, int mode) {
  struct uffdio_writeprotect w = {.range = {(uint64_t)to, length}, .mode = mode};
  return ioctl(uffd, UFFDIO_WRITEPROTECT, &w);
}

static int poison(void *to, size_t length, int mode) {
  struct poison_arg p = {.range = {(uint64_t)to, length}, .mode = mode, .updated = 12345};
  int result = ioctl(uffd, IOC_POISON, &p);
  done = p.updated;
  return result;
}

static int move(void *to, void *from, size_t length, int mode) {
  struct move_arg m = {.dst = (uint64_t)to, .src = (uint64_t)from, .len = length, .mode = mode, .move = 12345};
  int result = ioctl(uffd, IOC_MOVE, &m);
  done = m.move;
  return result;
}

static void show(const struct uffd_msg *m) {
  switch (m->event) {
    case UFFD_EVENT_PAGEFAULT:
      printf("fault at %ld", (long)(m->arg.pagefault.address - (uint64_t)area));
      if (m->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WRITE) printf(" write");
      if (m->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP) printf(" wp");
      if (m->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_MINOR) printf(" minor");
      printf("\n");
      break;
    case UFFD_EVENT_FORK: printf("fork\n"); break;
    case UFFD_EVENT_REMAP:
      printf("remap %ld to %s %lld bytes\n", (long)(m->arg.remap.from - (uint64_t)area), m->arg.remap.to == m->arg.remap.from ? "itself" : "elsewhere",
             (long long)m->arg.remap.len);
      break;
    case UFFD_EVENT_REMOVE: printf("remove %ld to %ld\n", (long)(m->arg.remove.start - (uint64_t)area), (long)(m->arg.remove.end - (uint64_t)area)); break;
    case UFFD_EVENT_UNMAP: printf("unmap %ld to %ld\n", (long)(m->arg.remove.start - (uint64_t)area), (long)(m->arg.remove.end - (uint64_t)area)); break;
    default: printf("event %x\n", m->event);
  }
}

/* Calls `act` in a thread of its own. */
struct task {
  pthread_t thread;
  int (*act)(void *);
  void *argument;
  int tid, result;
};

static void *run_task(void *p) {
  struct task *t = p;
  __atomic_store_n(&t->tid, gettid(), __ATOMIC_SEQ_CST);
  t->result = t->act(t->argument);
  return NULL;
}

static void start(struct task *t, int (*act)(void *), void *argument) {
  t->act = act;
  t->argument = argument;
  t->tid = 0;
  pthread_create(&t->thread, NULL, run_task, t);
  while (__atomic_load_n(&t->tid, __ATOMIC_SEQ_CST) == 0) usleep(200);
}

/* What a task returned: printf's arguments have no order. */
static int outcome;

static int finish(struct task *t) {
  pthread_join(t->thread, NULL);
  return t->result;
}

/* Until a thread of ours sleeps in a way that no signal ends. */
static void until_waiting(int tid) {
  char path[64], text[256];
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
  for (;;) {
    int fd = open(path, O_RDONLY);
    if (fd < 0) return;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0) return;
    text[length] = 0;
    if (strrchr(text, ')')[2] == 'D') return;
    usleep(500);
  }
}

/* The next message, shown. */
static struct uffd_msg next(void) {
  struct pollfd waits = {uffd, POLLIN, 0};
  struct uffd_msg m;
  poll(&waits, 1, 20000);
  if (read(uffd, &m, sizeof m) != sizeof m) {
    printf("no message: %s\n", strerrorname_np(errno));
    exit(1);
  }
  show(&m);
  return m;
}
