#!/bin/sh
# gcc-14: a C file of 6 functions compiled with -O2, and its assembler.
set -e; cd /tmp
{
  echo '#include <stdio.h>'; echo '#include <stdlib.h>'; echo '#include <string.h>'
  for i in $(seq 1 6); do
    cat <<C
struct s$i { int key; struct s$i *next; double weight[4]; };
static unsigned mix$i(unsigned a, unsigned b) { for (int i = 0; i < 8; i++) a = (a << 5 | a >> 27) ^ (b + i * $i); return a; }
int work$i(struct s$i *list, const char *text, int n) {
  int total = 0;
  for (struct s$i *at = list; at; at = at->next) {
    switch ((at->key + n) % 6) {
    case 0: total += mix$i(at->key, n); break;
    case 1: total ^= (int)(at->weight[n & 3] * $i); break;
    case 2: for (int j = 0; j < n; j++) total += (char)(text[j] - $i) == 'a' ? j : -1; break;
    case 3: at->weight[1] += at->weight[0] / ($i + n); break;
    default: if (strlen(text) > $i) total -= printf("%d %s\n", at->key, text); else total /= 3;
    }
  }
  return total;
}
C
  done
} >big.c
gcc-14 -O2 -c big.c -o big.o; size big.o | tail -1 | cut -f1 | grep -c .
