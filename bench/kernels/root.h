/* Square root as the one instruction it is: without a C library there is no sqrt(), which gcc calls to set errno. */
static inline double root(double x) {
  double r;
#if defined(__riscv)
  __asm__("fsqrt.d %0, %1" : "=f"(r) : "f"(x));
#elif defined(__x86_64__)
  __asm__("sqrtsd %1, %0" : "=x"(r) : "x"(x));
#elif defined(__aarch64__)
  __asm__("fsqrt %d0, %d1" : "=w"(r) : "w"(x));
#else
  r = __builtin_sqrt(x);
#endif
  return r;
}
