/* Two processes hand a byte to and fro; each looks at its own pages in between. */
#include "runtime.h"

enum { PAGES = 12, TURNS = 100 };

static char memory[PAGES][4096];
static volatile char seen;

static void look(void) {
  for (int i = 0; i < PAGES; i++) seen = ((volatile char *)memory[i])[0];
}

static void play(int in, int out) {
  char byte;
  for (int i = 0; i < TURNS; i++) {
    CHECK(read(in, &byte, 1) == 1);
    look();
    CHECK(write(out, &byte, 1) == 1);
  }
}

int main(void) {
  int there[2], back[2];
  memset(memory, 1, sizeof memory);
  CHECK(pipe(there) == 0 && pipe(back) == 0);
  if (fork() == 0) {
    memset(memory, 2, sizeof memory);
    play(there[0], back[1]);
    exit(0);
  }
  CHECK(write(there[1], "x", 1) == 1);
  play(back[0], there[1]);
  printf("done\n");
  return 0;
}
