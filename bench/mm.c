/*
 * What the memory system and the kernel calls cost, in nanoseconds per operation. One source for three machines: native Linux,
 * qemu-riscv64 and Pagewalk. Each line of output: name <tab> nanoseconds <tab> operations.
 *
 *   mm [NAME...]     only the benchmarks whose name starts with one of NAME
 *
 * Every benchmark is run until it has taken at least MIN_NS, three times; the best is printed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define PAGES 1024UL
#define MIN_NS 60e6
#define ROUNDS 3

typedef double (*bench_fn)(long iterations); /* returns elapsed nanoseconds, < 0 = failed */

static char **wanted;
static volatile uint64_t sink;
static int file_fd = -1;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static int is_wanted(const char *name) {
  if (!*wanted) return 1;
  for (char **w = wanted; *w; w++)
    if (!strncmp(name, *w, strlen(*w))) return 1;
  return 0;
}

/* `per` operations are done in each iteration. */
static void bench(const char *name, bench_fn run, long per, long iterations) {
  if (!is_wanted(name)) return;
  double elapsed = run(iterations);
  while (elapsed >= 0 && elapsed < MIN_NS) {
    iterations *= elapsed > 0 && MIN_NS / elapsed < 8 ? 2 : 4;
    elapsed = run(iterations);
  }
  double best = elapsed;
  for (int i = 1; i < ROUNDS && best >= 0; i++) {
    elapsed = run(iterations);
    if (elapsed < best) best = elapsed;
  }
  if (best < 0) printf("%s\tfailed\t0\n", name);
  else printf("%s\t%.1f\t%ld\n", name, best / iterations / per, iterations * per);
  fflush(stdout);
}

static char *map(size_t bytes, int prot, int flags, int fd) {
  char *p = mmap(0, bytes, prot, flags, fd, 0);
  if (p == MAP_FAILED) return 0;
  if (flags & MAP_ANONYMOUS) madvise(p, bytes, MADV_NOHUGEPAGE);
  return p;
}

static int make_file(void) {
  static char block[PAGE];
  if (file_fd >= 0) return 0;
  char path[] = "/tmp/mm-XXXXXX";
  file_fd = mkstemp(path);
  if (file_fd < 0) return -1;
  unlink(path);
  memset(block, 'x', PAGE);
  for (size_t i = 0; i < PAGES; i++)
    if (write(file_fd, block, PAGE) != (ssize_t)PAGE) return -1;
  return 0;
}

/* Time to touch every page of a fresh mapping, without the mapping call itself. */
static double touch(long iterations, int flags, int fd, int store) {
  double total = 0;
  for (long i = 0; i < iterations; i++) {
    volatile char *p = map(PAGES * PAGE, store ? PROT_READ | PROT_WRITE : PROT_READ, flags, fd);
    if (!p) return -1;
    double start = now();
    for (size_t k = 0; k < PAGES; k++) {
      if (store) p[k * PAGE] = 1;
      else sink += p[k * PAGE];
    }
    total += now() - start;
    munmap((void *)p, PAGES * PAGE);
  }
  return total;
}

static double anon_write(long n) { return touch(n, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1); }
static double anon_read(long n) { return touch(n, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
static double file_shared_read(long n) { return make_file() ? -1 : touch(n, MAP_SHARED, file_fd, 0); }
static double file_private_read(long n) { return make_file() ? -1 : touch(n, MAP_PRIVATE, file_fd, 0); }
static double file_shared_write(long n) { return make_file() ? -1 : touch(n, MAP_SHARED, file_fd, 1); }
static double file_private_write(long n) { return make_file() ? -1 : touch(n, MAP_PRIVATE, file_fd, 1); }

/* The child writes pages it shares with its parent; it sends back how long that took. */
static double cow(long iterations) {
  char *p = map(PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  double *elapsed = (double *)map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1), total = 0;
  if (!p || !elapsed) return -1;
  memset(p, 1, PAGES * PAGE);
  for (long i = 0; i < iterations; i++) {
    pid_t child = fork();
    if (child < 0) return -1;
    if (!child) {
      double start = now();
      for (size_t k = 0; k < PAGES; k++) p[k * PAGE] = 2;
      *elapsed = now() - start;
      _exit(0);
    }
    waitpid(child, 0, 0);
    total += *elapsed;
  }
  munmap(p, PAGES * PAGE);
  munmap(elapsed, PAGE);
  return total;
}

static double mmap_munmap(long iterations) {
  double start = now();
  for (long i = 0; i < iterations; i++) {
    char *p = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return -1;
    munmap(p, PAGE);
  }
  return now() - start;
}

static double mprotect_pair(long iterations) {
  char *p = map(16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  if (!p) return -1;
  memset(p, 1, 16 * PAGE);
  double start = now();
  for (long i = 0; i < iterations; i++) {
    if (mprotect(p + PAGE, PAGE, PROT_READ) || mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE)) return -1;
    p[PAGE] = 1;
  }
  double elapsed = now() - start;
  munmap(p, 16 * PAGE);
  return elapsed;
}

/* A mapping of eight pages, touched, that moves to the place where it was before. */
static double mremap_move(long iterations) {
  char *p = map(8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  char *other = map(8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  if (!p || !other) return -1;
  memset(p, 1, 8 * PAGE);
  double start = now();
  for (long i = 0; i < iterations; i++) {
    char *there = mremap(p, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other);
    if (there != other) return -1;
    other = p;
    p = there;
  }
  double elapsed = now() - start;
  munmap(p, 8 * PAGE);
  return elapsed;
}

/* Grows by a page and shrinks again, in its place. */
static double mremap_grow(long iterations) {
  char *p = map(16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  if (!p || munmap(p + 8 * PAGE, 8 * PAGE)) return -1;
  double start = now();
  for (long i = 0; i < iterations; i++)
    if (mremap(p, 8 * PAGE, 9 * PAGE, 0) != p || mremap(p, 9 * PAGE, 8 * PAGE, 0) != p) return -1;
  double elapsed = now() - start;
  munmap(p, 8 * PAGE);
  return elapsed;
}

static double madvise_dontneed(long iterations) {
  char *p = map(16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  if (!p) return -1;
  memset(p, 1, 16 * PAGE);
  double start = now();
  for (long i = 0; i < iterations; i++) {
    if (madvise(p + PAGE, PAGE, MADV_DONTNEED)) return -1;
    p[PAGE] = 1;
  }
  double elapsed = now() - start;
  munmap(p, 16 * PAGE);
  return elapsed;
}

static double msync_page(long iterations) {
  if (make_file()) return -1;
  char *p = map(PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file_fd);
  if (!p) return -1;
  double start = now();
  for (long i = 0; i < iterations; i++) {
    p[(i % PAGES) * PAGE] = i;
    if (msync(p + (i % PAGES) * PAGE, PAGE, MS_SYNC)) return -1;
  }
  double elapsed = now() - start;
  munmap(p, PAGES * PAGE);
  return elapsed;
}

/* mmap, touch and munmap of a page in the middle of so many mappings. */
static double among(long iterations, size_t mappings) {
  size_t span = 2 * mappings * PAGE;
  char *all = mmap(0, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (all == MAP_FAILED || munmap(all, span)) return -1;
  for (size_t i = 0; i < mappings; i++)
    if (mmap(all + 2 * i * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) return -1;
  double start = now();
  uint32_t random = 1;
  for (long i = 0; i < iterations; i++) {
    random = random * 1664525 + 1013904223;
    char *place = all + (2 * ((random >> 8) % mappings) + 1) * PAGE;
    if (mmap(place, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != place) return -1;
    *place = 1;
    if (munmap(place, PAGE)) return -1;
  }
  double elapsed = now() - start;
  munmap(all, span);
  return elapsed;
}

static double among_10(long n) { return among(n, 10); }
static double among_65000(long n) { return among(n, 65000); }

static double fork_wait(long iterations, size_t megabytes) {
  char *p = 0;
  if (megabytes) {
    p = map(megabytes << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (!p) return -1;
    for (size_t k = 0; k < megabytes << 20; k += PAGE) p[k] = 1;
  }
  double start = now();
  for (long i = 0; i < iterations; i++) {
    pid_t child = fork();
    if (child < 0) return -1;
    if (!child) _exit(0);
    if (waitpid(child, 0, 0) != child) return -1;
  }
  double elapsed = now() - start;
  if (p) munmap(p, megabytes << 20);
  return elapsed;
}

static double fork_small(long n) { return fork_wait(n, 0); }
static double fork_1m(long n) { return fork_wait(n, 1); }
static double fork_100m(long n) { return fork_wait(n, 100); }
static double fork_1g(long n) { return fork_wait(n, 1024); }

static double getppid_call(long iterations) {
  double start = now();
  for (long i = 0; i < iterations; i++) syscall(SYS_getppid);
  return now() - start;
}

static double getpid_call(long iterations) {
  double start = now();
  for (long i = 0; i < iterations; i++) syscall(SYS_getpid);
  return now() - start;
}

static double pread_4k(long iterations) {
  char buffer[PAGE];
  if (make_file()) return -1;
  double start = now();
  for (long i = 0; i < iterations; i++)
    if (pread(file_fd, buffer, PAGE, (i % PAGES) * PAGE) != (ssize_t)PAGE) return -1;
  return now() - start;
}

static double pipe_round_trip(long iterations) {
  int there[2], back[2];
  char byte = 0;
  if (pipe(there) || pipe(back)) return -1;
  pid_t child = fork();
  if (child < 0) return -1;
  if (!child) {
    close(there[1]);
    while (read(there[0], &byte, 1) == 1)
      if (write(back[1], &byte, 1) != 1) break;
    _exit(0);
  }
  close(there[0]);
  close(back[1]);
  double start = now();
  for (long i = 0; i < iterations; i++)
    if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) return -1;
  double elapsed = now() - start;
  close(there[1]);
  close(back[0]);
  waitpid(child, 0, 0);
  return elapsed;
}

static volatile sig_atomic_t signals;
static void on_signal(int number) { signals += number != 0; }

static double signal_self(long iterations) {
  struct sigaction action = {.sa_handler = on_signal};
  if (sigaction(SIGUSR1, &action, 0)) return -1;
  signals = 0;
  double start = now();
  for (long i = 0; i < iterations; i++) kill(getpid(), SIGUSR1);
  double elapsed = now() - start;
  return signals == iterations ? elapsed : -1;
}

int main(int argc, char **argv) {
  wanted = argv + (argc > 0);
  bench("getppid", getppid_call, 1, 1000);
  bench("getpid", getpid_call, 1, 1000);
  bench("pread_4k_cached", pread_4k, 1, 500);
  bench("fault_anon_write", anon_write, PAGES, 1);
  bench("fault_anon_read", anon_read, PAGES, 1);
  bench("fault_file_shared_read", file_shared_read, PAGES, 1);
  bench("fault_file_private_read", file_private_read, PAGES, 1);
  bench("fault_file_shared_write", file_shared_write, PAGES, 1);
  bench("fault_file_private_write", file_private_write, PAGES, 1);
  bench("fault_cow", cow, PAGES, 1);
  bench("mmap_munmap", mmap_munmap, 1, 100);
  bench("mprotect_pair_touch", mprotect_pair, 1, 100);
  bench("mremap_move_8", mremap_move, 1, 100);
  bench("mremap_grow_shrink", mremap_grow, 1, 100);
  bench("madvise_dontneed_touch", madvise_dontneed, 1, 100);
  bench("msync_page", msync_page, 1, 20);
  bench("map_touch_unmap_among_10", among_10, 1, 100);
  bench("map_touch_unmap_among_65000", among_65000, 1, 1000);
  bench("fork_exit_wait", fork_small, 1, 5);
  bench("fork_exit_wait_1m", fork_1m, 1, 5);
  bench("fork_exit_wait_100m", fork_100m, 1, 5);
  bench("fork_exit_wait_1g", fork_1g, 1, 5);
  bench("pipe_round_trip", pipe_round_trip, 1, 50);
  bench("signal_self", signal_self, 1, 100);
  return 0;
}
