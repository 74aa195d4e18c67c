/* Memory whose pages come one by one at the first touch, and memory that has them from the start. */
#include "runtime.h"

enum { PAGES = 256, MAP_POPULATE = 0x8000 };

__attribute__((noipa)) static void touch_on_demand(volatile char *p) {
  for (int i = 0; i < PAGES; i++) p[i * PAGE] = 1;
}
__attribute__((noipa)) static void touch_populated(volatile char *p) {
  for (int i = 0; i < PAGES; i++) p[i * PAGE] = 1;
}

int main(void) {
  char *p = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *q = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  CHECK(!failed(p) && !failed(q));
  touch_on_demand(p);
  touch_populated(q);
  printf("done\n");
  return 0;
}
