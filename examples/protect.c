/*
 * Page protection as a tool: a read-only page, a handler for the SIGSEGV that a store to it raises, and a repair. The store is
 * run again after the handler returns, as if nothing had happened: this is how garbage collectors and debuggers watch memory.
 */
#include "runtime.h"

static volatile char *watched;
static volatile int faults;

static void handler(int signo, struct siginfo *info, void *context) {
  (void)context;
  faults++;
  long offset = (char *)info->address - (char *)watched;
  if (offset < 0 || offset >= (long)(2 * PAGE)) {
    printf("signal %d, code %d at an address that is not mapped: end\n", signo, info->code);
    exit(0);
  }
  printf("signal %d, code %d (2 = not permitted) at offset %ld\n", signo, info->code, offset);
  CHECK(mprotect((char *)watched + (offset & -PAGE), PAGE, PROT_READ | PROT_WRITE) == 0);
}

int main(void) {
  watched = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(!failed((char *)watched) && on_signal(SIGSEGV, handler) == 0);
  memcpy((char *)watched, "first", 6);
  CHECK(mprotect((char *)watched, 2 * PAGE, PROT_READ) == 0);

  printf("reading is allowed: %s\n", (char *)watched);
  watched[0] = 'F';
  watched[1] = 'I';
  watched[PAGE + 10] = '!';
  printf("after %d faults: %s %c\n", faults, (char *)watched, watched[PAGE + 10]);

  CHECK(munmap((char *)watched, 2 * PAGE) == 0);
  watched[100 * PAGE] = 1;
  printf("not reached\n");
  return 1;
}
