/* Shows an expression and its result, or the name of the error: one line each, the same on every Linux. */
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define T(expression)                                                              \
  do {                                                                             \
    errno = 0;                                                                     \
    long result_ = (long)(expression);                                             \
    if (result_ < 0) printf("%s = -1 %s\n", #expression, strerrorname_np(errno));  \
    else printf("%s = %ld\n", #expression, result_);                               \
  } while (0)

/* Only whether it worked: for values that differ from run to run. */
#define OK(expression)                                                             \
  do {                                                                             \
    errno = 0;                                                                     \
    long result_ = (long)(expression);                                             \
    if (result_ < 0) printf("%s = -1 %s\n", #expression, strerrorname_np(errno));  \
    else printf("%s works\n", #expression);                                        \
  } while (0)

/* Waits until a task sleeps, or is gone: the letter of its state in /proc. */
static void until_asleep(int pid, int tid) {
  char path[64], text[256];
  for (;;) {
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, tid);
    int fd = open(path, O_RDONLY);
    if (fd < 0) return;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length > 0) {
      text[length] = 0;
      char *end = strrchr(text, ')');
      if (end != NULL && end[2] == 'S') return;
    }
    usleep(500);
  }
}

/* An address that nothing is mapped at. */
static void *const BAD = (void *)16;

static void put_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) printf("put_file %s failed\n", path);
  close(fd);
}

/* Returns once that thread sleeps in its call. */
static void wait_asleep(int pid, int tid) {
  char path[64], text[256];
  snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, tid);
  for (;;) {
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    char *state = strrchr(text, ')');
    if (state && state[2] == 'S') return;
    usleep(500);
  }
}

/* A page followed by one that must not be touched. */
static char *edge_page(void) {
  char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(page + 4096, 4096, PROT_NONE);
  return page;
}
