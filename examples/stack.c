/*
 * The stack grows by faults: no call asks for its pages. A recursion walks half a MiB down; a jump far below the stack is not
 * growth but an error, and a signal on the thread's own stack shows where it ended.
 */
#include "runtime.h"

static unsigned long lowest = -1UL;

static int down(int depth) {
  volatile char frame[1024];
  frame[0] = depth;
  if ((unsigned long)frame < lowest) lowest = (unsigned long)frame;
  if (depth == 0) return 0;
  return down(depth - 1) + (frame[0] == (char)depth);
}

static void handler(int signo, struct siginfo *info, void *context) {
  (void)context;
  printf("signal %d, code %d (1 = not mapped): 1 GiB below the stack is no stack\n", signo, info->code);
  exit(0);
}

int main(void) {
  unsigned long top = (unsigned long)__builtin_frame_address(0);
  printf("512 levels, all frames intact: %d\n", down(512) == 512);
  printf("the stack grew by more than 512 KiB: %d\n", top - lowest > 512 << 10);
  CHECK(on_signal(SIGSEGV, handler) == 0);
  *(volatile char *)(top - (1UL << 30)) = 1;
  printf("not reached\n");
  return 1;
}
