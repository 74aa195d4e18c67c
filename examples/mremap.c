/*
 * mremap moves page-table entries, not bytes: a buffer that doubles from one page to 16 MiB keeps its contents, and only the
 * pages that were touched are resident at the end.
 */
#include "runtime.h"

int main(void) {
  size_t size = PAGE;
  char *p = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(!failed(p));
  for (int step = 0; size < 16UL << 20; step++) {
    p[size - 1] = 'A' + step;
    p = mremap(p, size, size * 2, MREMAP_MAYMOVE);
    CHECK(!failed(p));
    size *= 2;
  }
  char marks[16] = {0};
  int n = 0;
  for (size_t s = PAGE; s < size; s *= 2) marks[n++] = p[s - 1];
  printf("grown to %lu KiB, marks: %s\n", size >> 10, marks);
  printf("resident in the first 64 pages: %d\n", resident(p, 64));

  p = mremap(p, size, PAGE, 0);
  CHECK(!failed(p));
  printf("shrunk to a page, first mark: %c\n", p[PAGE - 1]);
  printf("growing in place into a mapping: ");
  char *next = mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  CHECK(next == p + PAGE);
  printf("%ld (-12 = ENOMEM)\n", (long)mremap(p, PAGE, 2 * PAGE, 0));
  return 0;
}
