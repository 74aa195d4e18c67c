/*
 * What megapages cost and save, by how densely memory is touched: docs/decisions/0009-huge-pages.md.
 *
 *   riscv64-linux-gnu-gcc -O2 -static -o hugepages bench/hugepages.c && npx pagewalk run hugepages
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 15
static const char *const policies[] = {"never", "always"};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void set(const char *policy) {
  int fd = open("/sys/kernel/mm/transparent_hugepage/enabled", O_WRONLY);
  if (write(fd, policy, strlen(policy)) < 0) perror("policy");
  close(fd);
}

static double touch(size_t bytes, size_t stride, int keep, char **kept) {
  char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  double start = now();
  for (size_t i = 0; i < bytes; i += stride) at[i] = 1;
  double end = now();
  if (keep) *kept = at;
  else munmap(at, bytes);
  return end - start;
}

int main(void) {
  size_t bytes = 32 << 20;
  for (size_t stride = 4096; stride <= 2 << 20; stride *= 8) {
    double ns[2][ROUNDS];
    for (int round = 0; round < ROUNDS; round++)
      for (int p = 0; p < 2; p++) {
        set(policies[p]);
        ns[p][round] = touch(bytes, stride, 0, NULL) / (bytes / stride);
      }
    for (int p = 0; p < 2; p++) qsort(ns[p], ROUNDS, sizeof(double), compare);
    printf("a touch every %4zu KiB of warm memory: pages %7.0f ns, megapages %9.0f ns\n", stride >> 10, ns[0][ROUNDS / 2], ns[1][ROUNDS / 2]);
  }
  for (int p = 0; p < 2; p++) {
    size_t much = 256 << 20;
    char *at;
    set(policies[p]);
    double first = touch(much, 4096, 1, &at), forks[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      double start = now();
      pid_t child = fork();
      if (child == 0) _exit(0);
      waitpid(child, NULL, 0);
      forks[round] = now() - start;
    }
    qsort(forks, ROUNDS, sizeof(double), compare);
    double start = now();
    for (size_t i = 0; i < much; i += 4096) at[i] = 2;
    printf("%-6s: 256 MiB of fresh memory touched in %.0f ms; fork, exit and wait %.0f us; a store after that %.0f ns a page\n", policies[p],
           first / 1e6, forks[ROUNDS / 2] / 1e3, (now() - start) / (much / 4096));
    munmap(at, much);
  }
  return 0;
}
