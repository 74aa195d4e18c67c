/* brk(2), and the limits of address space. */
#include "mapping.h"
#include <sys/prctl.h>

static char *now(void) { return (char *)syscall(SYS_brk, 0); }
static char *set(char *at) { return (char *)syscall(SYS_brk, at); }

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("");
  char *first;
  PAGE("brk(2)", "The heap");
  first = now();
  HOLDS("query", "brk(0) gives the end of the heap", first != NULL);
  HOLDS("grow", "a higher address makes it larger", set(first + 3 * P) == first + 3 * P);
  char *page = (char *)(((unsigned long)first + P - 1) & -P);
  LOAD("grow-zero", "by zeros", page);
  STORE("grow-store", "that can be stored to", page + P);
  HOLDS("odd", "the end need not be a page's", set(first + 3 * P + 5) == first + 3 * P + 5);
  HOLDS("shrink", "a lower one makes it smaller", set(first + P) == first + P);
  LOAD("shrink-gone", "and what was cut off is gone", page + 2 * P);
  set(first + 3 * P);
  LOAD("again", "growing again gives zeros", page + P);
  HOLDS("low", "below the heap's start: nothing changes, the result is the old end", set((char *)P) == first + 3 * P);
  HOLDS("high", "beyond the address space: the same", set((char *)(1UL << 62)) == first + 3 * P);
  char *wall = mmap(page + 64 * P, P, PROT_NONE, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0);
  HOLDS("wall", "into another mapping: the same", set(first + 80 * P) == first + 3 * P);
  HOLDS("wall-kept", "which stays", extent(wall) == 1);
  munmap(wall, P);
  CHILD(limit(RLIMIT_DATA, 0); HOLDS("data", "RLIMIT_DATA: the same", set(now() + 100 * P) == first + 3 * P));
  CHILD(limit(RLIMIT_AS, 0); HOLDS("as", "RLIMIT_AS: the same", set(now() + 100 * P) == first + 3 * P));
  CHILD(set(first + 5 * P); first[4 * P + 4] = 1);
  HOLDS("child", "a child's heap is its own", now() == first + 3 * P);
  CHILD(munmap(page, P); HOLDS("unmapped", "what munmap takes out of the heap does not matter to brk", set(first + 4 * P) == first + 4 * P);
        LOAD("unmapped-load", "and stays away", page));
  errno = 0;
  HOLDS("sbrk", "sbrk gives the old end", sbrk(0) == now());
  HOLDS("sbrk-fail", "ENOMEM: sbrk of too much", sbrk(1L << 46) == (void *)-1 && errno == ENOMEM);
  return 0;
}
