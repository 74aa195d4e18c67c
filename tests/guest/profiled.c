/* Where its instructions are is known: three quarters in `warm`, the rest in `cool`, all called by `work`. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static unsigned long warm(unsigned long value, long turns) {
  for (long i = 0; i < turns; i++) value = value * 31 + (value >> 7);
  return value;
}

__attribute__((noinline)) static unsigned long cool(unsigned long value, long turns) {
  for (long i = 0; i < turns; i++) value = value * 31 + (value >> 5);
  return value;
}

__attribute__((noinline)) static unsigned long work(int depth, unsigned long value) {
  char room[depth * 16 + 16];
  room[0] = value;
  if (depth > 0) return work(depth - 1, value) + room[0];
  for (int i = 0; i < 100; i++) value = warm(value, 3000) ^ cool(value, 1000);
  return value + room[0];
}

int main(void) {
  printf("%lu\n", work(5, 7));
  return 0;
}
