/*
 * fork copies an address space without copying its memory: parent and child share the frames, read-only, until one of them
 * writes. Then the writer gets a copy. Each sees only its own stores.
 */
#include "runtime.h"

enum { PAGES = 32 };

static int sum(const char *p) {
  int total = 0;
  for (int i = 0; i < PAGES; i++) total += p[i * PAGE];
  return total;
}

int main(void) {
  char *p = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(!failed(p));
  for (int i = 0; i < PAGES; i++) p[i * PAGE] = 1;
  printf("before fork: %d\n", sum(p));

  int child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    for (int i = 0; i < 4; i++) p[i * PAGE] = 100;
    printf("child wrote four pages: %d\n", sum(p));
    exit(sum(p) == 428 ? 7 : 1);
  }
  int status = 0;
  CHECK(wait(&status) == child);
  printf("child's exit status: %d\n", status >> 8 & 255);
  printf("the parent still sees its own: %d\n", sum(p));
  return 0;
}
