/* hello: C on the lessons' own runtime. Every line of output is one write(2). */
#include "runtime.h"

int main(void) {
  printf("Hello from C on riscv64: %s, a page is %lu bytes\n", "one, two, three", PAGE);
  return 0;
}
