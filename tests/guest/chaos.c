/* Random system calls with random arguments: the machine must answer each and stay whole. argv: seed, calls, "waiting" for a choice. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t state;
static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static char *area;
static const char *const paths[] = {"/", ".", "..", "file", "folder", "folder/link", "/proc/self/maps", "/dev/null", "/dev/zero", "/proc/self/fd/1",
                                    "", "/proc/self/exe", "/tmp/x", "/dev/full", "/proc/1/status", "a/b/c", "/proc/self/mem"};

/* What makes descriptors to wait for, and what waits: among all calls they would seldom meet. */
static const short waiting[] = {19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 35, 46, 56, 57, 59, 62, 63, 64, 67, 71, 72, 73, 74, 75, 76, 77, 78, 85, 86,
                                87, 95, 101, 102, 103, 107, 108, 109, 110, 111, 115, 129, 134, 135, 137, 138, 180, 181, 182, 183, 184, 185, 199,
                                220, 260, 276, 424, 434, 435, 438, 441};

static long argument(void) {
  switch (next() % 16) {
    case 0: return 0;
    case 1: return -1;
    case 2: return (long)next();
    case 3: return (long)(next() >> (next() % 64));
    case 4: return -100; /* AT_FDCWD */
    case 5: case 6: return (long)(next() % 12);
    case 7: case 8: return (long)(area + next() % 65536);
    case 9: return (long)(area + 65536 - next() % 64);
    case 10: case 11: strcpy(area + 4096, paths[next() % (sizeof paths / sizeof *paths)]); return (long)(area + 4096);
    case 12: return (long)(next() % 70000);
    case 13: return 1L << (next() % 64);
    case 14: return (long)(next() % 8) * 4096;
    default: return (long)(next() % 256);
  }
}

static long call(long number, long *a) {
  register long a0 __asm__("a0") = a[0], a1 __asm__("a1") = a[1], a2 __asm__("a2") = a[2], a3 __asm__("a3") = a[3], a4 __asm__("a4") = a[4],
                a5 __asm__("a5") = a[5], a7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
  return a0;
}

int main(int argc, char **argv) {
  state = argc > 1 ? strtoull(argv[1], 0, 10) * 2654435761u + 1 : 1;
  long calls = argc > 2 ? atol(argv[2]) : 1000;
  int choice = argc > 3;
  area = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (long i = 0; i < calls; i++) {
    /* Each call in a child of its own now and then, so that the damage it does to its process ends with it. */
    if (i % 16 == 0) {
      pid_t pid = fork();
      if (pid > 0) {
        int status;
        while (waitpid(-1, &status, 0) != pid) continue;
        for (int skip = 0; skip < 96; skip++) next();
        continue;
      }
      setsid();
      signal(SIGALRM, SIG_DFL);
      alarm(1);
      for (int n = 0; n < (choice ? 96 : 24); n++) {
        long arguments[6], number = choice ? waiting[next() % (sizeof waiting / sizeof *waiting)] : (long)(next() % 470);
        for (int k = 0; k < 6; k++) arguments[k] = argument();
        if (number == 129 || number == 130) arguments[0] = getpid(), arguments[1] = next() % 15; /* kill only itself, never stop */
        if (number == 131 || number == 138 || number == 240) arguments[1] %= 15;
        call(number, arguments);
      }
      _exit(0);
    }
  }
  printf("survived\n");
  return 0;
}
