/* A process forks again and again; each child writes to some pages that it shares with its parent, which then writes to all. */
#include "runtime.h"

enum { PAGES = 64, CHILDREN = 4 };

static char memory[PAGES][4096];

__attribute__((noipa)) static void write_pages(int count) {
  for (int i = 0; i < count; i++) ((volatile char *)memory[i])[0]++;
}

int main(void) {
  write_pages(PAGES);
  for (int child = 1; child <= CHILDREN; child++) {
    if (fork() == 0) {
      write_pages(child * PAGES / CHILDREN);
      exit(0);
    }
    wait(0);
    write_pages(PAGES);
  }
  printf("%d\n", memory[0][0]);
  return 0;
}
