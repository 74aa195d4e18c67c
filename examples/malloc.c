/*
 * A malloc over mmap: arenas of 64 pages, free lists by power of two, big blocks mapped on their own and given back to the
 * kernel at once. The pages of an arena cost nothing until blocks in them are used.
 */
#include "runtime.h"

enum { SMALLEST = 5, CLASSES = 8, ARENA = 64 };

struct block {
  struct block *next;
};
struct header {
  size_t size; /* class number, or bytes of a mapping of its own */
};

static struct block *free_lists[CLASSES];
static char *arena, *arena_end;
static int arenas, mappings;

static void *allocate(size_t n) {
  n += sizeof(struct header);
  int class = 0;
  while (class < CLASSES && n > 1UL << (SMALLEST + class)) class++;
  struct header *h;
  if (class == CLASSES) {
    n = (n + PAGE - 1) & -PAGE;
    h = mmap(0, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (failed(h)) return 0;
    mappings++;
    h->size = n;
    return h + 1;
  }
  if (free_lists[class]) {
    h = (struct header *)free_lists[class];
    free_lists[class] = free_lists[class]->next;
  } else {
    size_t bytes = 1UL << (SMALLEST + class);
    if (!arena || arena + bytes > arena_end) {
      arena = mmap(0, ARENA * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (failed(arena)) return 0;
      arena_end = arena + ARENA * PAGE;
      arenas++;
    }
    h = (struct header *)arena;
    arena += bytes;
  }
  h->size = class;
  return h + 1;
}

static void release(void *p) {
  struct header *h = (struct header *)p - 1;
  if (h->size >= CLASSES) {
    mappings--;
    munmap(h, h->size);
    return;
  }
  size_t class = h->size;
  ((struct block *)h)->next = free_lists[class];
  free_lists[class] = (struct block *)h;
}

int main(void) {
  enum { N = 500 };
  static unsigned char *blocks[N];
  static unsigned sizes[N];
  unsigned seed = 1, live = 0, checked = 0;
  for (int step = 0; step < 20000; step++) {
    seed = seed * 1103515245 + 12345;
    unsigned i = seed >> 8 & 0xffff;
    i %= N;
    if (blocks[i]) {
      for (unsigned k = 0; k < sizes[i]; k += 61) CHECK(blocks[i][k] == (unsigned char)(i + k)), checked++;
      release(blocks[i]);
      blocks[i] = 0;
      live--;
    } else {
      sizes[i] = 1 + (seed >> 4) % (step % 100 == 0 ? 100000 : 2000);
      blocks[i] = allocate(sizes[i]);
      CHECK(blocks[i]);
      for (unsigned k = 0; k < sizes[i]; k++) blocks[i][k] = i + k;
      live++;
    }
  }
  printf("20000 steps: %u blocks live, %u bytes checked\n", live, checked);
  printf("arenas of %d pages: %d, mappings of their own: %d\n", ARENA, arenas, mappings);
  for (int i = 0; i < N; i++)
    if (blocks[i]) release(blocks[i]);
  printf("all released, own mappings left: %d\n", mappings);
  return 0;
}
