/* A shared library for dlopen.c: a loop, a call inside, data of its own. */
static long calls;

__attribute__((noinline)) static long step(long value, long i) { return value * 31 + (i ^ calls); }

long function(long seed) {
  long value = seed;
  calls++;
  for (long i = 0; i < 100; i++) value = step(value, i);
  return value & 0xffff;
}
