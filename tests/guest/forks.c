/* A hot loop in N children one after the other, which the parent has had hot before. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noipa)) static long hot(long turns) {
  long x = 1;
  for (long i = 0; i < turns; i++) x = x * 31 + (x >> 7);
  return x;
}

int main(int argc, char **argv) {
  long sum = hot(200000);
  for (int i = 0; i < atoi(argv[1]); i++) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
      sum = hot(200000);
      _exit(sum & 1);
    }
    waitpid(pid, NULL, 0);
  }
  printf("%ld\n", sum);
  return 0;
}
