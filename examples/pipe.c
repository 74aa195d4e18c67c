/* A pipeline of three processes: numbers, squares, sum. Each end closed in time, so that each reader sees the end of its input. */
#include "runtime.h"

int main(void) {
  int numbers[2], squares[2];
  CHECK(pipe(numbers) == 0 && pipe(squares) == 0);

  if (fork() == 0) {
    close(numbers[0]), close(squares[0]), close(squares[1]);
    for (long i = 1; i <= 1000; i++) CHECK(write(numbers[1], &i, sizeof i) == sizeof i);
    exit(0);
  }
  if (fork() == 0) {
    close(numbers[1]), close(squares[0]);
    for (long i; read(numbers[0], &i, sizeof i) == sizeof i;) {
      i *= i;
      CHECK(write(squares[1], &i, sizeof i) == sizeof i);
    }
    exit(0);
  }
  close(numbers[0]), close(numbers[1]), close(squares[1]);
  long total = 0, count = 0;
  for (long i; read(squares[0], &i, sizeof i) == sizeof i; count++) total += i;
  CHECK(wait(0) > 0 && wait(0) > 0);
  printf("%ld squares through two pipes, sum %ld\n", count, total);
  return 0;
}
