/*
 * Every kind of load and store in a hot loop meets a page that it may not touch: forbidden, read only, gone, cut off its file, to be copied,
 * dropped, written out. What the signal handler finds (pc, registers, memory) and what the loop computes afterwards is printed.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096
#define ACCESSES 21
#define AREA (4 * PAGE)
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

/* Area n is where access n goes: 32 turns, 512 bytes apart, so that its third page is met in the middle of the loop. */
static char areas[ACCESSES][AREA] __attribute__((aligned(PAGE)));
char *table[ACCESSES];

#define AT(n, code) "ld a2, " #n "*8(a0)\n add a2, a2, t1\n" code "\n slli a4, a1, 2\n add a1, a1, a4\n add a1, a1, a3\n"

long touch(char **table, long seed);
extern char touchEnd[];
asm(".text\n.align 2\n.globl touch\n"
    "touch: li a2, 2\n li a3, 3\n li a4, 4\n li a5, 5\n li a6, 6\n li a7, 7\n li t0, 32\n li t1, 0\n li t2, 12\n li t3, 13\n li t4, 14\n"
    "li t5, 15\n li t6, 16\n"
    "fcvt.d.l fa0, a5\n fcvt.d.l fa1, a6\n fcvt.s.l fa2, a7\n fcvt.d.l fa3, t2\n fcvt.d.l ft0, t3\n fcvt.d.l ft1, t4\n fsflags zero\n"
    "1:\n"
    AT(0, "lb a3, 5(a2)") AT(1, "lbu a3, 9(a2)") AT(2, "lh a3, 6(a2)") AT(3, "lhu a3, 2(a2)") AT(4, "lw a3, 4(a2)") AT(5, "lwu a3, 8(a2)")
    AT(6, "ld a3, 16(a2)") AT(7, "sb a1, 7(a2)") AT(8, "sh a1, 6(a2)") AT(9, "sw a1, 4(a2)") AT(10, "sd a1, 24(a2)")
    AT(11, "flw fa2, 12(a2)\n fadd.s fa4, fa2, fa2") AT(12, "fld fa1, 32(a2)\n fadd.d fa0, fa0, fa1") AT(13, "fsw fa2, 8(a2)")
    AT(14, "fsd fa0, 40(a2)") AT(15, "amoadd.w a3, a1, (a2)") AT(16, "amoswap.d a3, a1, (a2)") AT(17, "lr.d a3, (a2)\n sc.d a5, a1, (a2)")
    AT(18, "ld a3, 8(a2)\n sd a3, 16(a2)\n ld a5, 24(a2)") AT(19, "sd a1, 0(a2)\n ld a3, 0(a2)") AT(20, "amomaxu.w a3, a1, (a2)")
    "addi t1, t1, 512\n addi t0, t0, -1\n bnez t0, 2f\n mv a0, a1\n ret\n2: j 1b\n.globl touchEnd\ntouchEnd:\n");

static uint64_t hash;

static void mix(uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
  hash ^= hash >> 29;
}

static void mixMemory(void *from, long bytes) {
  for (long i = 0; i < bytes; i += 8) mix(*(uint64_t *)((char *)from + i));
}

enum { FORBIDDEN, READ_ONLY, GONE, CUT, KINDS };
static const char *const names[] = {"forbidden", "read only", "gone", "cut off"};
static int kind, victim, file = -1;
static int signals;

static char *victimPage(void) { return areas[victim] + 2 * PAGE; }

static void repair(void) {
  char *page = victimPage();
  if (kind == FORBIDDEN || kind == READ_ONLY) mprotect(page, PAGE, PROT_READ | PROT_WRITE);
  if (kind == GONE) {
    mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memset(page, victim + 3, PAGE);
  }
  if (kind == CUT) ftruncate(file, AREA);
}

static void onFault(int number, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  long *x = (long *)u->uc_mcontext.__gregs;
  static const int compared[] = {5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29, 30, 31};
  if (++signals > 1) {
    puts("  again");
    fflush(stdout);
    _exit(1);
  }
  printf("  signal %d code %d address +%ld pc +%ld turn %ld a1 %lx a3 %lx fcsr %x\n", number, info->si_code,
         (long)((char *)info->si_addr - areas[victim]), (long)(x[REG_PC] - (long)touch), 32 - x[5], x[11], x[13],
         u->uc_mcontext.__fpregs.__d.__fcsr);
  hash = 0;
  for (unsigned i = 0; i < sizeof compared / sizeof *compared; i++) mix(x[compared[i]]);
  for (int i = 0; i < 2; i++) mix(u->uc_mcontext.__fpregs.__d.__f[i]);
  for (int i = 10; i < 15; i++) mix(u->uc_mcontext.__fpregs.__d.__f[i]);
  printf("  registers %lx", (long)hash);
  hash = 0;
  repair();
  for (int i = 0; i < ACCESSES; i++)
    for (int page = 0; page < 4; page++)
      if (i != victim || page != 2) mixMemory(areas[i] + page * PAGE, PAGE);
  printf(" memory %lx\n", (long)hash);
}

static void fill(void) {
  uint64_t value = 88172645463325252ull;
  for (int i = 0; i < ACCESSES; i++)
    for (long k = 0; k < AREA; k += 8) {
      value ^= value << 13, value ^= value >> 7, value ^= value << 17;
      /* Small numbers as floats and doubles: what is computed with them stays finite. */
      *(uint64_t *)(areas[i] + k) = (value & 0x000fffff000fffffull) | 0x3ff0000040000000ull;
    }
}

static void warmUp(void) {
  for (int i = 0; i < 4; i++) touch(table, i);
}

static void result(long value) {
  hash = 0;
  mixMemory(areas, sizeof areas);
  printf("  result %lx memory %lx signals %d\n", value, (long)hash, signals);
}

static void faults(void) {
  for (kind = 0; kind < KINDS; kind++)
    for (victim = 0; victim < ACCESSES; victim++) {
      printf("%s, access %d\n", names[kind], victim);
      char *area = areas[victim];
      if (kind == CUT) {
        file = open("area", O_RDWR | O_CREAT | O_TRUNC, 0600);
        ftruncate(file, AREA);
        mmap(area, AREA, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
      }
      fill();
      warmUp();
      signals = 0;
      if (kind == FORBIDDEN) mprotect(victimPage(), PAGE, PROT_NONE);
      if (kind == READ_ONLY) mprotect(victimPage(), PAGE, PROT_READ);
      if (kind == GONE) munmap(victimPage(), PAGE);
      if (kind == CUT) ftruncate(file, 2 * PAGE);
      result(touch(table, 99));
      if (kind == READ_ONLY) repair();
      if (kind == CUT) {
        mmap(area, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        close(file);
      }
    }
}

/* No signal, but a fault that the loop must not notice. */
static void silent(void) {
  for (victim = 0; victim < ACCESSES; victim++) {
    printf("silent, access %d\n", victim);
    signals = 0;
    fill();
    warmUp();
    madvise(victimPage(), PAGE, MADV_DONTNEED);
    result(touch(table, 5));
    madvise(areas[victim], AREA, MADV_PAGEOUT);
    result(touch(table, 6));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      result(touch(table, 7));
      exit(0);
    }
    result(touch(table, 8));
    waitpid(child, NULL, 0);
    result(touch(table, 9));
  }
}

static volatile long counter[PAGE / 8] __attribute__((aligned(PAGE)));
static volatile int stop, stopped;

static void onStop(int number, siginfo_t *info, void *context) {
  stopped = (char *)info->si_addr == (char *)counter && info->si_code == SEGV_ACCERR;
  while (stopped) usleep(50);
}

static void *count(void *nothing) {
  while (!stop)
    for (int i = 0; i < 1000; i++) counter[0]++;
  return NULL;
}

/* A thread in a hot loop loses the page that it writes. */
static void otherThread(void) {
  struct sigaction action = {.sa_sigaction = onStop, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  pthread_t thread;
  pthread_create(&thread, NULL, count, NULL);
  for (int i = 0; i < 10; i++) {
    long before = counter[0];
    while (counter[0] < before + 20000) usleep(100);
    mprotect((void *)counter, PAGE, PROT_READ);
    long first = counter[0];
    while (!stopped) usleep(100);
    if (counter[0] != first) printf("written while read only: %ld\n", counter[0] - first);
    mprotect((void *)counter, PAGE, PROT_READ | PROT_WRITE);
    stopped = 0;
  }
  stop = 1;
  pthread_join(thread, NULL);
  puts(counter[0] % 1000 == 0 ? "every turn counted" : "turns lost");
}

int main(void) {
  struct sigaction action = {.sa_sigaction = onFault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  for (int i = 0; i < ACCESSES; i++) table[i] = areas[i];
  faults();
  silent();
  otherThread();
  return 0;
}
