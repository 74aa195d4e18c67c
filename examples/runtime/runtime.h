/*
 * A C runtime of a few hundred bytes for the lessons: system calls, strings, a small printf. Nothing else stands between a
 * lesson and the kernel.
 */
#ifndef RUNTIME_H
#define RUNTIME_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096UL

/* riscv64 system-call numbers (the generic table of Linux) */
enum {
  SYS_openat = 56, SYS_close = 57, SYS_pipe2 = 59, SYS_lseek = 62, SYS_read = 63, SYS_write = 64, SYS_pread64 = 67,
  SYS_unlinkat = 35, SYS_ftruncate = 46, SYS_exit = 93, SYS_rt_sigaction = 134, SYS_rt_sigreturn = 139, SYS_getpid = 172,
  SYS_brk = 214, SYS_munmap = 215, SYS_mremap = 216, SYS_clone = 220, SYS_execve = 221, SYS_mmap = 222, SYS_mprotect = 226,
  SYS_msync = 227, SYS_mincore = 232, SYS_madvise = 233, SYS_wait4 = 260,
};

enum { PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum { MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20 };
enum { MS_ASYNC = 1, MS_SYNC = 4, MREMAP_MAYMOVE = 1, MADV_DONTNEED = 4 };
enum { O_RDONLY = 0, O_RDWR = 2, O_CREAT = 0100, O_TRUNC = 01000, AT_FDCWD = -100 };
enum { SIGSEGV = 11, SIGBUS = 7, SIGCHLD = 17, SA_SIGINFO = 4 };

/* The raw system call: the result is >= 0, or -errno. */
static inline long syscall6(long n, long a, long b, long c, long d, long e, long f) {
  register long a7 __asm__("a7") = n;
  register long a0 __asm__("a0") = a;
  register long a1 __asm__("a1") = b;
  register long a2 __asm__("a2") = c;
  register long a3 __asm__("a3") = d;
  register long a4 __asm__("a4") = e;
  register long a5 __asm__("a5") = f;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
  return a0;
}

#define CALL(n, a, b, c, d, e, f) syscall6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static inline void exit(int status) {
  CALL(SYS_exit, status, 0, 0, 0, 0, 0);
  __builtin_unreachable();
}
static inline long write(int fd, const void *p, size_t n) { return CALL(SYS_write, fd, p, n, 0, 0, 0); }
static inline long read(int fd, void *p, size_t n) { return CALL(SYS_read, fd, p, n, 0, 0, 0); }
static inline long pread(int fd, void *p, size_t n, long at) { return CALL(SYS_pread64, fd, p, n, at, 0, 0); }
static inline int open(const char *path, int flags, int mode) { return CALL(SYS_openat, AT_FDCWD, path, flags, mode, 0, 0); }
static inline int close(int fd) { return CALL(SYS_close, fd, 0, 0, 0, 0, 0); }
static inline int unlink(const char *path) { return CALL(SYS_unlinkat, AT_FDCWD, path, 0, 0, 0, 0); }
static inline int ftruncate(int fd, long size) { return CALL(SYS_ftruncate, fd, size, 0, 0, 0, 0); }
static inline int pipe(int fds[2]) { return CALL(SYS_pipe2, fds, 0, 0, 0, 0, 0); }
static inline int fork(void) { return CALL(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0); }
static inline int wait(int *status) { return CALL(SYS_wait4, -1, status, 0, 0, 0, 0); }
static inline void *mmap(void *at, size_t n, int prot, int flags, int fd, long offset) {
  return (void *)CALL(SYS_mmap, at, n, prot, flags, fd, offset);
}
static inline int munmap(void *p, size_t n) { return CALL(SYS_munmap, p, n, 0, 0, 0, 0); }
static inline int mprotect(void *p, size_t n, int prot) { return CALL(SYS_mprotect, p, n, prot, 0, 0, 0); }
static inline int msync(void *p, size_t n, int flags) { return CALL(SYS_msync, p, n, flags, 0, 0, 0); }
static inline int madvise(void *p, size_t n, int advice) { return CALL(SYS_madvise, p, n, advice, 0, 0, 0); }
static inline int mincore(void *p, size_t n, unsigned char *v) { return CALL(SYS_mincore, p, n, v, 0, 0, 0); }
static inline void *mremap(void *p, size_t old, size_t new, int flags) {
  return (void *)CALL(SYS_mremap, p, old, new, flags, 0, 0);
}

/* siginfo_t as far as the lessons look at it */
struct siginfo {
  int signo, error, code, pad;
  void *address;
};

/* Installs a handler of three arguments. riscv64 returns from it through the kernel's own trampoline. */
int on_signal(int signo, void (*handler)(int, struct siginfo *, void *));

void *memset(void *to, int byte, size_t n);
void *memcpy(void *to, const void *from, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

/* %d %ld %u %lu %x %lx %c %s %% with a width, through one write(2) per call. */
void printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* True when a system call that gives a pointer failed. */
static inline int failed(const void *p) { return (unsigned long)p > -4096UL; }

/* Ends the program with a message when a step of a lesson did not do what it should. */
#define CHECK(what) ((what) ? (void)0 : (printf("failed: %s (line %d)\n", #what, __LINE__), exit(1)))

/* How many of the `n` pages at p are resident, as mincore(2) says. */
int resident(void *p, int n);

/* The decimal number that a text begins with. main takes (void), or (int argc, char **argv) as anywhere. */
long number(const char *text);

#endif
