/* Where things are: one line of addresses; with "off" as the argument, after personality(ADDR_NO_RANDOMIZE) and another exec. */
#include "check.h"
#include <link.h>
#include <sys/auxv.h>
#include <sys/personality.h>

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "off") == 0) {
    personality(ADDR_NO_RANDOMIZE);
    execl("/proc/self/exe", "self", "again", (char *)0);
  }
  void *map = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  printf("%p %p %p %p %p\n", (void *)main, sbrk(0), map, (void *)&argc, (void *)getauxval(AT_SYSINFO_EHDR));
  return 0;
}
