/* Calls and returns: the naive Fibonacci recursion. */
#include "kernel.h"

__attribute__((noinline)) static uint64_t fib(uint64_t n) {
  if (n < 2) return n;
  uint64_t a = fib(n - 1);
  __asm__ volatile("" : "+r"(a)); /* keeps the compiler from turning the recursion into a loop */
  return a + fib(n - 2);
}

static uint64_t kernel(void) { return fib(32); }
