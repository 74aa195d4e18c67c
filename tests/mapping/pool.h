/*
 * The pool of huge pages, as these rows need it: what was reserved before they began (another's, or what Linux has lost count of) is kept
 * beside it and taken off every figure.
 */
#pragma once
#include "mapping.h"

#define MEGA (512 * P)
#define POOL "/proc/sys/vm/nr_hugepages"
#define MORE "/proc/sys/vm/nr_overcommit_hugepages"

static long pool_before = -1, pool_held;

static inline long read_number(const char *path) {
  char text[64] = "";
  int fd = open(path, O_RDONLY);
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  return got > 0 ? strtol(text, NULL, 10) : -1;
}

static inline int write_number(const char *path, long value) {
  char text[32];
  int length = snprintf(text, sizeof text, "%ld", value);
  int fd = open(path, O_WRONLY);
  int result = write(fd, text, length) == length ? 0 : -1;
  close(fd);
  return result;
}

static inline long meminfo(const char *key) {
  char line[256];
  FILE *file = fopen("/proc/meminfo", "r");
  long value = -1;
  while (file != NULL && value < 0 && fgets(line, sizeof line, file))
    if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':') value = strtol(line + strlen(key) + 1, NULL, 10);
  if (file != NULL) fclose(file);
  return value;
}

/* /proc/sys/vm/nr_hugepages */
static inline int pool_set(long pages) {
  if (pool_before < 0) pool_before = read_number(POOL), pool_held = meminfo("HugePages_Rsvd");
  return write_number(POOL, pool_held + pages);
}
static inline long pool_wanted(void) {
  return read_number(POOL) - pool_held;
}
static inline void pool_restore(void) {
  write_number(POOL, pool_before);
}

#define TOTAL() (meminfo("HugePages_Total") - pool_held)
#define FREE() (meminfo("HugePages_Free") - pool_held)
#define RESERVED() (meminfo("HugePages_Rsvd") - pool_held)
#define SURPLUS() meminfo("HugePages_Surp")
