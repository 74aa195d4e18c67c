/*
 * Demand paging: mmap gives addresses, not memory. A frame comes with the first touch of a page, one page at a time, and
 * madvise(MADV_DONTNEED) gives it back: the next touch finds zeros again.
 */
#include "runtime.h"

enum { PAGES = 64 };

int main(void) {
  char *p = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(!failed(p));
  printf("mapped %d pages, resident: %d\n", PAGES, resident(p, PAGES));

  for (int i = 0; i < PAGES; i += 8) p[i * PAGE] = i;
  printf("touched every 8th page, resident: %d\n", resident(p, PAGES));

  int sum = 0;
  for (int i = 0; i < PAGES; i += 8) sum += p[i * PAGE];
  printf("what was stored is there: sum %d\n", sum);

  CHECK(madvise(p, PAGES * PAGE, MADV_DONTNEED) == 0);
  printf("after MADV_DONTNEED, resident: %d, first byte of page 8: %d\n", resident(p, PAGES), p[8 * PAGE]);

  char *huge = mmap(0, 16UL << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | 0x4000, -1, 0);
  CHECK(!failed(huge));
  huge[12345678901] = 42;
  printf("16 GiB of address space, one page of it used: %d\n", huge[12345678901]);
  return 0;
}
