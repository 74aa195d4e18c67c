/* Far more hot code than compiled code may take: 1024 functions of their own, each with a loop, round after round. */
#include <stdio.h>

#define ONE(n) \
  static long f##n(long x) { \
    for (int i = 0; i < 60; i++) x = (x ^ (x >> 3)) * (2 * n + 1) + i * n; \
    return x; \
  }
#define TWO(n) ONE(n##0) ONE(n##1) ONE(n##2) ONE(n##3) ONE(n##4) ONE(n##5) ONE(n##6) ONE(n##7)
#define THREE(n) TWO(n##0) TWO(n##1) TWO(n##2) TWO(n##3) TWO(n##4) TWO(n##5) TWO(n##6) TWO(n##7)
#define FOUR(n) THREE(n##0) THREE(n##1) THREE(n##2) THREE(n##3) THREE(n##4) THREE(n##5) THREE(n##6) THREE(n##7)
FOUR(1) FOUR(2)
#define NAME1(n) f##n,
#define NAME2(n) NAME1(n##0) NAME1(n##1) NAME1(n##2) NAME1(n##3) NAME1(n##4) NAME1(n##5) NAME1(n##6) NAME1(n##7)
#define NAME3(n) NAME2(n##0) NAME2(n##1) NAME2(n##2) NAME2(n##3) NAME2(n##4) NAME2(n##5) NAME2(n##6) NAME2(n##7)
#define NAME4(n) NAME3(n##0) NAME3(n##1) NAME3(n##2) NAME3(n##3) NAME3(n##4) NAME3(n##5) NAME3(n##6) NAME3(n##7)
static long (*const functions[])(long) = {NAME4(1) NAME4(2)};

int main(void) {
  long x = 1;
  int count = sizeof functions / sizeof *functions;
  for (int round = 0; round < 6; round++)
    for (int i = 0; i < count; i++) x = functions[i](x);
  printf("%d functions, %ld\n", count, x);
  return 0;
}
