/*
 * The native peer of `npm run bench -- lab`: a two-level TLB over a file of records (assembly/shared/trace.ts), as one would write it in C for
 * just this machine. L1 64 entries, 4 ways, one for instructions and one for data; L2 1536 entries, 12 ways, for both; LRU; ASIDs.
 *
 *   lab RECORDS ROUNDS     prints: accesses, L1 misses, walks, nanoseconds of the quickest round
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CODE, LOAD, STORE, SPACE, PASSED, FLUSH, MARK, DROP };

struct tlb {
  int sets, ways;
  uint64_t *keys; /* each set in the order of use; 0: empty */
};

static struct tlb make(int entries, int ways) {
  struct tlb t = { entries / ways, ways, calloc(entries, sizeof(uint64_t)) };
  return t;
}

static void clear(struct tlb *t) {
  memset(t->keys, 0, sizeof(uint64_t) * t->sets * t->ways);
}

static inline uint64_t *set_of(struct tlb *t, uint64_t page, int sets, int ways) {
  return t->keys + (page % sets) * ways;
}

/* Hit: 1. The key is the latest of its set afterwards, whether it was there or not. */
static inline int use(struct tlb *t, uint64_t page, uint64_t key, int sets, int ways) {
  uint64_t *k = set_of(t, page, sets, ways);
  int way = 0;
  if (k[0] == key) return 1;
  while (way < ways && k[way] != key) way++;
  int hit = way < ways;
  for (int i = hit ? way : ways - 1; i > 0; i--) k[i] = k[i - 1];
  k[0] = key;
  return hit;
}

static void drop(struct tlb *t, uint64_t page, uint64_t key) {
  uint64_t *k = set_of(t, page, t->sets, t->ways);
  for (int way = 0; way < t->ways; way++) {
    if (k[way] != key) continue;
    for (int i = way; i < t->ways - 1; i++) k[i] = k[i + 1];
    k[t->ways - 1] = 0;
    return;
  }
}

static uint64_t accesses, l1_misses, walks;

static inline void access_page(struct tlb *l1, struct tlb *l2, uint64_t page, uint64_t key) {
  accesses++;
  if (use(l1, page, key, 16, 4)) return;
  l1_misses++;
  if (!use(l2, page, key, 128, 12)) walks++;
}

int main(int argc, char **argv) {
  if (argc < 3) return 1;
  FILE *f = fopen(argv[1], "rb");
  if (!f) return perror(argv[1]), 1;
  fseek(f, 0, SEEK_END);
  size_t count = ftell(f) / 8;
  rewind(f);
  uint64_t *records = malloc(count * 8 + 8);
  if (fread(records, 8, count, f) != count) return perror(argv[1]), 1;
  struct tlb instructions = make(64, 4), data = make(64, 4), second = make(1536, 12);
  double best = 1e18;
  for (int round = 0; round < atoi(argv[2]); round++) {
    clear(&instructions), clear(&data), clear(&second);
    accesses = l1_misses = walks = 0;
    uint64_t space = 1ull << 63, code = 0;
    int known = 0;
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (size_t i = 0; i < count; i++) {
      uint64_t record = records[i], value = record & 0xffffffffffff, passed = record >> 52;
      int kind = (record >> 48) & 15;
      if (kind == PASSED) passed += value;
      if (passed && known) {
        access_page(&instructions, &second, code, space | code);
        accesses += passed - 1;
      }
      uint64_t page = value >> 12;
      switch (kind) {
      case CODE: code = page, known = 1; break;
      case LOAD:
      case STORE: access_page(&data, &second, page, space | page); break;
      case SPACE: space = 1ull << 63 | value << 50; break;
      case FLUSH: clear(&instructions), clear(&data), clear(&second); break;
      case DROP:
        drop(&instructions, page, space | page), drop(&data, page, space | page), drop(&second, page, space | page);
        break;
      }
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    double ns = (b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec);
    if (ns < best) best = ns;
  }
  printf("%llu %llu %llu %.0f\n", (unsigned long long)accesses, (unsigned long long)l1_misses, (unsigned long long)walks, best);
  return 0;
}
