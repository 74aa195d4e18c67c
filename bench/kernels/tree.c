/* Pointers and comparisons that can't be predicted: a search tree kept balanced by random priorities (a treap), filled, asked and emptied. */
#include "kernel.h"

enum { N = 30000, ROUNDS = 3, ASKED = 5 };
struct node {
  struct node *left, *right;
  uint64_t key;
  uint32_t priority, count;
};
static struct node nodes[N];
static struct node *spare;

static struct node *joined(struct node *a, struct node *b) {
  if (!a) return b;
  if (!b) return a;
  if (a->priority > b->priority) {
    a->right = joined(a->right, b);
    return a;
  }
  b->left = joined(a, b->left);
  return b;
}

static struct node *inserted(struct node *tree, uint64_t key) {
  if (!tree) {
    struct node *made = spare;
    spare = made->left;
    *made = (struct node){NULL, NULL, key, random64(), 1};
    return made;
  }
  if (key == tree->key) {
    tree->count++;
    return tree;
  }
  if (key < tree->key) {
    struct node *child = tree->left = inserted(tree->left, key);
    if (child->priority <= tree->priority) return tree;
    tree->left = child->right;
    child->right = tree;
    return child;
  }
  struct node *child = tree->right = inserted(tree->right, key);
  if (child->priority <= tree->priority) return tree;
  tree->right = child->left;
  child->left = tree;
  return child;
}

static struct node *found(struct node *tree, uint64_t key) {
  while (tree && tree->key != key) tree = key < tree->key ? tree->left : tree->right;
  return tree;
}

static struct node *removed(struct node *tree, uint64_t key) {
  struct node **at = &tree;
  while (*at && (*at)->key != key) at = key < (*at)->key ? &(*at)->left : &(*at)->right;
  struct node *gone = *at;
  if (!gone) return tree;
  *at = joined(gone->left, gone->right);
  gone->left = spare;
  spare = gone;
  return tree;
}

static uint64_t total(const struct node *tree, uint64_t depth) {
  return tree ? tree->count * depth + total(tree->left, depth + 1) + total(tree->right, depth + 1) : 0;
}

static uint64_t kernel(void) {
  uint64_t sum = 0;
  spare = NULL;
  for (int i = 0; i < N; i++) nodes[i].left = spare, spare = &nodes[i];
  for (int round = 0; round < ROUNDS; round++) {
    struct node *tree = NULL;
    for (int i = 0; i < N; i++) tree = inserted(tree, random64() % (2 * N));
    sum = sum * 31 + total(tree, 1);
    for (int i = 0; i < ASKED * N; i++) {
      struct node *node = found(tree, random64() % (2 * N));
      if (node) sum += node->count;
    }
    for (uint64_t key = 0; key < 2 * N; key++) tree = removed(tree, key * 7919 % (2 * N));
    if (tree) return 0xbad;
  }
  return sum;
}
