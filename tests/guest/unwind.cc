// Through the frame that a signal has made: exceptions thrown by a handler, and the list of callers.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <execinfo.h>
#include <stdexcept>
#include <unistd.h>

static void thrower(int signal) { throw std::runtime_error(strsignal(signal)); }

static int destroyed;
struct Guard {
  ~Guard() { destroyed++; }
};

[[gnu::noinline]] static int load(volatile int *at) {
  Guard guard;
  return *at;
}

[[gnu::noinline]] static int outer(volatile int *at) {
  double kept = atof("1.5") * 3;
  try {
    return load(at);
  } catch (const std::exception &error) {
    printf("caught %s, kept %g\n", error.what(), kept);
    return -1;
  }
}

static int depth;
static void lister(int) {
  void *list[64];
  depth = backtrace(list, 64);
}

[[gnu::noinline]] static void innermost() {
  raise(SIGUSR2);
  asm volatile("");
}
[[gnu::noinline]] static void nested(int n) {
  if (n == 0) innermost();
  else nested(n - 1);
  asm volatile("");
}

int main() {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = thrower;
  action.sa_flags = SA_NODEFER;
  sigaction(SIGSEGV, &action, nullptr);
  for (int i = 0; i < 3; i++) printf("%d\n", outer(reinterpret_cast<volatile int *>(16)));
  printf("destroyed %d\n", destroyed);
  action.sa_handler = lister;
  sigaction(SIGUSR2, &action, nullptr);
  nested(0);
  int shallow = depth;
  nested(10);
  printf("deeper by %d\n", depth - shallow);
}
