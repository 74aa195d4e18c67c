/* Dependent loads: a linked list in random order, walked and relinked. */
#include "kernel.h"

enum { N = 50000 };
struct node {
  struct node *next;
  uint64_t value;
};
static struct node nodes[N];
static uint32_t order[N];

static uint64_t kernel(void) {
  for (uint32_t i = 0; i < N; i++) order[i] = i;
  for (uint32_t i = N - 1; i > 0; i--) {
    uint32_t j = random64() % (i + 1), t = order[i];
    order[i] = order[j];
    order[j] = t;
  }
  for (uint32_t i = 0; i < N; i++) nodes[order[i]] = (struct node){&nodes[order[(i + 1) % N]], i};
  uint64_t sum = 0;
  struct node *p = nodes;
  for (int i = 0; i < 12000000; i++) {
    sum += p->value ^ i;
    p = p->next;
  }
  return sum;
}
