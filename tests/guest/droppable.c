/* More memory than there is, of which what may be dropped is, and nothing else; there is no swap area. */
#include "check.h"
#include <sys/mman.h>

#define PAGE 4096L
#define MEGA (512 * PAGE)
#define DROPPABLE 8
#define PAGES 16384L

static char *memory(int flags, long pages) {
  return mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
}

/* Pages that hold what was stored, and others that are zero; anything else is wrong. */
static void look(const char *what, const char *at, long pages) {
  long kept = 0, zero = 0;
  for (long i = 0; i < pages; i++) {
    if (at[i * PAGE] == (char)(i % 100 + 1)) kept++;
    else if (at[i * PAGE] == 0) zero++;
  }
  printf("%s: %s, %s\n", what, kept + zero == pages ? "whole" : "broken", zero == 0 ? "all kept" : kept == 0 ? "all gone" : "some gone");
}

static void fill(char *at, long pages) {
  for (long i = 0; i < pages; i++) at[i * PAGE] = i % 100 + 1;
}

int main(void) {
  char *own = memory(MAP_PRIVATE, 1000);
  fill(own, 1000);
  char *at = memory(DROPPABLE, PAGES);
  fill(at, PAGES);
  look("droppable", at, PAGES);
  look("other", own, 1000);
  munmap(at, PAGES * PAGE);
  /* Huge pages of which MADV_FREE was said as a whole. */
  char *wide = memory(MAP_PRIVATE, 6 * 512);
  char *huge = (char *)(((unsigned long)wide + MEGA - 1) & -MEGA);
  madvise(huge, 4 * MEGA, MADV_HUGEPAGE);
  fill(huge, 4 * 512);
  printf("madvise %d\n", madvise(huge, 4 * MEGA, MADV_FREE));
  huge[0] = 1;
  at = memory(DROPPABLE, PAGES);
  fill(at, PAGES);
  look("stored again", huge, 512);
  look("freed", huge + MEGA, 3 * 512);
  look("other", own, 1000);
  return 0;
}
