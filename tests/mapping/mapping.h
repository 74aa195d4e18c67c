/*
 * A row of docs/mapping.md is one line of output: id <tab> what is documented <tab> what this system does. PAGE begins a section.
 * An id that ends in @6.13 is about Linux 6.13 and later. Results must not depend on addresses, on memory, on what else runs.
 */
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
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

#define P 4096UL
#define RW (PROT_READ | PROT_WRITE)
#define RX (PROT_READ | PROT_EXEC)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)
#define SHARED (MAP_SHARED | MAP_ANONYMOUS)

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define PAGE(call, subject) (setvbuf(stdout, NULL, _IOLBF, 0), printf("#\t%s\t%s\n", call, subject))
#define SAYS(id, text, result) printf("%s\t%s\t%s\n", id, text, result)

/* A number, or the name of the error. */
#define ROW(id, text, expression) (errno = 0, SAYS(id, text, number_or_error((long)(expression))))
/* Only whether it worked: for results that differ from run to run. */
#define WORKS(id, text, expression) (errno = 0, SAYS(id, text, works_or_error((long)(expression))))
#define HOLDS(id, text, condition) SAYS(id, text, (condition) ? "yes" : "no")
/* The byte there, or the signal. */
#define LOAD(id, text, address) SAYS(id, text, load_from((volatile unsigned char *)(address)))
/* "stored", or the signal. */
#define STORE(id, text, address) SAYS(id, text, store_to((volatile unsigned char *)(address)))
/* "returns", or the signal. */
#define JUMP(id, text, address) SAYS(id, text, jump_to(address))
/* A process of its own prints its rows. */
#define CHILD(...)                                              \
  do {                                                          \
    fflush(stdout);                                             \
    pid_t child_ = fork();                                      \
    if (child_ == 0) {                                          \
      __VA_ARGS__;                                              \
      fflush(stdout);                                           \
      _exit(0);                                                 \
    }                                                           \
    int status_ = 0;                                            \
    waitpid(child_, &status_, 0);                               \
    if (status_ != 0) printf("a child ended with %x\n", status_); \
  } while (0)

static inline const char *number_or_error(long value) {
  static char text[32];
  if (value == -1 && errno != 0) return strerrorname_np(errno);
  snprintf(text, sizeof text, "%ld", value);
  return text;
}

static inline const char *works_or_error(long value) {
  return value == -1 ? strerrorname_np(errno) : "works";
}

static sigjmp_buf fault_return;
static siginfo_t fault_info;

static inline void on_fault(int number, siginfo_t *info, void *context) {
  (void)number;
  (void)context;
  fault_info = *info;
  siglongjmp(fault_return, 1);
}

static inline void catch_faults(void) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  sigaction(SIGILL, &action, NULL);
}

static inline const char *fault_name(volatile void *address) {
  static char text[64];
  const char *name = fault_info.si_signo == SIGSEGV ? "SIGSEGV" : fault_info.si_signo == SIGBUS ? "SIGBUS" : "SIGILL";
  const char *code = "?";
  if (fault_info.si_signo == SIGSEGV) code = fault_info.si_code == SEGV_MAPERR ? "SEGV_MAPERR" : fault_info.si_code == SEGV_ACCERR ? "SEGV_ACCERR" : "?";
  if (fault_info.si_signo == SIGBUS) code = fault_info.si_code == BUS_ADRERR ? "BUS_ADRERR" : fault_info.si_code == BUS_MCEERR_AR ? "BUS_MCEERR_AR" : "?";
  snprintf(text, sizeof text, "%s %s%s", name, code, fault_info.si_addr == address ? "" : " (another address)");
  return text;
}

static inline const char *load_from(volatile unsigned char *address) {
  static char text[16];
  catch_faults();
  if (sigsetjmp(fault_return, 1)) return fault_name(address);
  snprintf(text, sizeof text, "%d", *address);
  return text;
}

static inline const char *store_to(volatile unsigned char *address) {
  catch_faults();
  if (sigsetjmp(fault_return, 1)) return fault_name(address);
  *address = 77;
  return "stored";
}

/* An instruction that returns, for the processors that the tests run on. */
#if defined(__riscv)
static const unsigned char RETURN[] = {0x67, 0x80, 0x00, 0x00};
#else
static const unsigned char RETURN[] = {0xc3};
#endif

static inline const char *jump_to(void *address) {
  catch_faults();
  if (sigsetjmp(fault_return, 1)) return fault_name(address);
  __builtin___clear_cache(address, (char *)address + sizeof RETURN);
  ((void (*)(void))address)();
  return "returns";
}

/* Anonymous memory between pages of another kind, so that its line of maps is its own. */
static inline char *map(size_t pages, int prot, int flags) {
  char *walls = mmap(NULL, (pages + 2) * P, PROT_NONE, SHARED, -1, 0);
  return mmap(walls + P, pages * P, prot, flags | MAP_FIXED, -1, 0);
}

/* An address with that many unmapped pages, for fixed mappings. */
static inline char *room(size_t pages) {
  char *at = map(pages, PROT_NONE, PRIVATE);
  munmap(at, pages * P);
  return at;
}

/* A new file in the working directory: `pages` pages, page n full of 'a' + n. */
static inline int file_of(const char *name, size_t pages) {
  int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
  char page[P];
  for (size_t i = 0; i < pages; i++) {
    memset(page, 'a' + i, P);
    if (pwrite(fd, page, P, i * P) != (ssize_t)P) printf("no file %s\n", name);
  }
  return fd;
}

static inline int byte_of(int fd, off_t at) {
  unsigned char byte = 0;
  return pread(fd, &byte, 1, at) == 1 ? byte : -1;
}

/* How many pages of a mapping are there, by mincore. */
static inline int resident(void *at, size_t pages) {
  unsigned char vector[1024];
  int sum = 0;
  if (mincore(at, pages * P, vector) != 0) return -1;
  for (size_t i = 0; i < pages; i++) sum += vector[i] & 1;
  return sum;
}

/* The line of /proc/self/maps or smaps for the mapping of an address: permissions and what follows the device. "" when there is none. */
static inline const char *maps_line(void *address, char *text, size_t size) {
  char line[512];
  FILE *file = fopen("/proc/self/maps", "r");
  *text = 0;
  while (file != NULL && fgets(line, sizeof line, file)) {
    unsigned long start, end;
    line[strcspn(line, "\n")] = 0;
    if (sscanf(line, "%lx-%lx", &start, &end) == 2 && start <= (unsigned long)address && (unsigned long)address < end) {
      snprintf(text, size, "%s", line);
      break;
    }
  }
  if (file != NULL) fclose(file);
  return text;
}

static inline const char *permissions(void *address) {
  static char text[512];
  maps_line(address, text, sizeof text);
  char *space = strchr(text, ' ');
  if (space == NULL) return "unmapped";
  space[5] = 0;
  return space + 1;
}

/* Pages of the mapping of an address, by /proc/self/maps; -1: unmapped. */
static inline long extent(void *address) {
  char text[512];
  unsigned long start, end;
  return sscanf(maps_line(address, text, sizeof text), "%lx-%lx", &start, &end) == 2 ? (long)((end - start) / P) : -1;
}

/* A figure of /proc/self/smaps for the mapping of an address, in kB; -1: there is none. */
static inline long smaps_kb(void *address, const char *key) {
  char line[512];
  FILE *file = fopen("/proc/self/smaps", "r");
  int inside = 0;
  long value = -1;
  while (file != NULL && value < 0 && fgets(line, sizeof line, file)) {
    unsigned long start, end;
    char dash;
    if (sscanf(line, "%lx%c%lx ", &start, &dash, &end) == 3 && dash == '-') inside = start <= (unsigned long)address && (unsigned long)address < end;
    else if (inside && !strncmp(line, key, strlen(key)) && line[strlen(key)] == ':') value = strtol(line + strlen(key) + 1, NULL, 10);
  }
  if (file != NULL) fclose(file);
  return value;
}

/* Does VmFlags of the mapping have these two letters? */
static inline int vm_flag(void *address, const char *letters) {
  char line[512], wanted[8];
  FILE *file = fopen("/proc/self/smaps", "r");
  int inside = 0, found = 0;
  snprintf(wanted, sizeof wanted, " %s", letters);
  while (file != NULL && fgets(line, sizeof line, file)) {
    unsigned long start, end;
    char dash;
    if (sscanf(line, "%lx%c%lx ", &start, &dash, &end) == 3 && dash == '-') inside = start <= (unsigned long)address && (unsigned long)address < end;
    else if (inside && !strncmp(line, "VmFlags:", 8)) found = strstr(line + 8, wanted) != NULL;
  }
  if (file != NULL) fclose(file);
  return found;
}

/* A figure of /proc/self/status in its own unit; -1: there is none. */
static inline long status_of(const char *key) {
  char line[256];
  FILE *file = fopen("/proc/self/status", "r");
  long value = -1;
  while (file != NULL && value < 0 && fgets(line, sizeof line, file))
    if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':') value = strtol(line + strlen(key) + 1, NULL, 10);
  if (file != NULL) fclose(file);
  return value;
}

static inline void limit(int which, rlim_t value) {
  struct rlimit both = {value, value};
  setrlimit(which, &both);
}

/* Gives up root's rights, for rows about ordinary users. */
static inline void become_user(void) {
  if (setresgid(12345, 12345, 12345) != 0 || setresuid(12345, 12345, 12345) != 0) printf("not root\n");
}
