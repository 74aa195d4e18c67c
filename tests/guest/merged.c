/* Registers that one side of a branch writes in the core, and accesses at addresses that are in no page, in code that is hot. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

/* a1 is set before the branch, written by fclass.d on one side, and used behind it. */
long merged(long taken, double value);
__asm__(".globl merged\nmerged: addi a1,a0,5\n beqz a0,1f\n fclass.d a1,fa0\n1: addi a0,a1,1\n ret\n");

static sigjmp_buf back;

static void handler(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)info, (void)context;
  siglongjmp(back, 1);
}

__attribute__((noinline)) static long load(volatile long *p, long n) {
  long sum = 0;
  for (long i = 0; i < n; i++) sum += p[0] + p[1];
  return sum;
}

__attribute__((noinline)) static void store(volatile long *p, long n) {
  for (long i = 0; i < n; i++) p[0] = i, p[1] = i;
}

int main(void) {
  long (*volatile call)(long, double) = merged;
  long wrong = 0;
  for (long i = 0; i < 400000; i++) wrong += call(1, 3.0) != 65;
  printf("merged: %ld wrong\n", wrong);

  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  static long array[2000];
  for (long i = 0; i < 4000; i++) load(array + i % 1000, 100), store(array + i % 1000, 100);
  static const unsigned long nowhere[] = {1ul << 63, (1ul << 63) + 4096, 1ul << 62, 3ul << 62};
  for (int i = 0; i < 4; i++) {
    volatile long *p = (volatile long *)nowhere[i];
    if (!sigsetjmp(back, 1)) load(p, 1), puts("no fault");
    else puts("load: fault");
    if (!sigsetjmp(back, 1)) store(p, 1), puts("no fault");
    else puts("store: fault");
  }
  return 0;
}
