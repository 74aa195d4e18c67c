/* Byte-wise work: word count, case folding, hashing into an open table. */
#include "kernel.h"

enum { TEXT = 1 << 16, SLOTS = 1 << 12 };
static char text[TEXT + 1];
static struct {
  uint32_t hash, count;
} slots[SLOTS];

static uint64_t kernel(void) {
  for (int i = 0; i < TEXT; i++) text[i] = random64() % 6 == 0 ? ' ' : 'A' + random64() % 3 + (random64() & 1 ? 32 : 0);
  uint64_t sum = 0;
  for (int round = 0; round < 60; round++) {
    memset(slots, 0, sizeof slots);
    for (const char *p = text; *p;) {
      while (*p == ' ') p++;
      uint32_t hash = 2166136261u;
      for (; *p && *p != ' '; p++) hash = (hash ^ (*p | 32)) * 16777619u;
      uint32_t i = hash % SLOTS, tries = 0;
      while (slots[i].hash && slots[i].hash != hash && ++tries < 64) i = (i + 1) % SLOTS;
      slots[i].hash = hash;
      slots[i].count++;
    }
    for (int i = 0; i < SLOTS; i++) sum += (uint64_t)slots[i].count * slots[i].count;
    text[round * 100] = 'Z';
  }
  return sum;
}
