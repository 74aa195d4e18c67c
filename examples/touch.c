/*
 * Demand paging, with numbers of one's own: touch [PAGES [STEP]] maps PAGES pages and stores into every STEP-th of them; then it reads all.
 * A page that is stored to gets a frame, one that is only read the page of zeros, which everybody shares.
 */
#include "runtime.h"

int main(int argc, char **argv) {
  int pages = argc > 1 ? number(argv[1]) : 32;
  int step = argc > 2 ? number(argv[2]) : 4;
  CHECK(pages > 0 && pages <= 4096 && step > 0);
  char *p = mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(!failed(p));
  printf("mapped %d pages\n", pages);
  int stored = 0;
  for (int i = 0; i < pages; i += step) {
    p[i * PAGE] = 1;
    stored++;
  }
  printf("stored into %d of them\n", stored);
  int sum = 0;
  for (int i = 0; i < pages; i++) sum += p[i * PAGE];
  printf("read all: the sum is %d\n", sum);
  CHECK(madvise(p, pages * PAGE, MADV_DONTNEED) == 0);
  printf("gave the frames back\n");
  return 0;
}
