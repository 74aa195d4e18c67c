/* riscv_hwprobe(2) with RISCV_HWPROBE_WHICH_CPUS, which user-mode emulators lack: prints which processors have what is asked for. */
#include "check.h"

struct pair {
  int64_t key;
  uint64_t value;
};

static void which(const char *what, struct pair pair) {
  unsigned long cpus = 0;
  long result = syscall(258, &pair, 1L, sizeof cpus, &cpus, 1L);
  printf("%s: %ld cpus %lx key %ld value %lx\n", what, result, cpus, (long)pair.key, (unsigned long)pair.value);
}

int main(void) {
  which("IMA", (struct pair){3, 1});
  which("F, D and C", (struct pair){4, 3});
  which("nothing in particular", (struct pair){4, 0});
  which("vectors", (struct pair){4, 4 | 1});
  which("vendor 0", (struct pair){0, 0});
  which("vendor 1", (struct pair){0, 1});
  which("unknown key", (struct pair){1000, 7});
  return 0;
}
