/* mmap(2), ENOMEM: the number of mappings is limited (vm.max_map_count); and one mapping in many processes. */
#include "mapping.h"

/* The pages of an even number are mappings of their own: every other page of a range that is mapped anyway. */
static long split(char *at, long pages) {
  long done = 0;
  while (2 * done + 1 < pages && mprotect(at + (2 * done + 1) * P, P, PROT_READ) == 0) done++;
  return done;
}

static long mappings(void) {
  FILE *file = fopen("/proc/self/maps", "r");
  long lines = 0;
  for (int c; (c = fgetc(file)) != EOF;) lines += c == '\n';
  fclose(file);
  /* Not one of the process's own mappings on x86-64. */
  FILE *again = fopen("/proc/self/maps", "r");
  char line[512];
  while (fgets(line, sizeof line, again)) lines -= strstr(line, "[vsyscall]") != NULL;
  fclose(again);
  return lines;
}

int main(void) {
  PAGE("mmap(2)", "How many mappings (vm.max_map_count)");
  long limit_of_system = 65530;
  char buffer[32] = {0};
  int fd = open("/proc/sys/vm/max_map_count", O_RDONLY);
  read(fd, buffer, 31);
  ROW("default", "vm.max_map_count", atol(buffer));
  CHILD(
      size_t pages = 140000; char *at = mmap(NULL, pages * P, RW, PRIVATE | MAP_NORESERVE, -1, 0);
      errno = 0;
      long done = split(at, pages);
      SAYS("enomem", "mprotect that would split beyond it", strerrorname_np(errno));
      HOLDS("count", "when there are as many mappings as it says, or one less", mappings() >= limit_of_system - 2 && mappings() <= limit_of_system + 1);
      HOLDS("done", "of which most are those of this test", done > 32700 && done < 32765);
      LOAD("last", "memory is as it was", at + 2 * done * P);
      STORE("read-only", "protection, too", at + P);
      STORE("between", "in each of them", at + 2 * 20000 * P);
      while (mmap(NULL, P, PROT_READ, SHARED, -1, 0) != MAP_FAILED);
      SAYS("mmap", "mmap", strerrorname_np(errno));
      ROW("munmap-middle", "munmap that would split", munmap(at + (2 * done + 40) * P, P));
      ROW("madvise", "madvise that would", madvise(at + (2 * done + 40) * P, P, MADV_DONTFORK));
      ROW("mlock", "mlock that would", mlock(at + (2 * done + 40) * P, P));
      WORKS("mremap", "mremap that would", (long)mremap(at, P, 2 * P, MREMAP_MAYMOVE));
      ROW("munmap-whole", "munmap of whole mappings works", munmap(at, 2 * P));
      ROW("munmap-again", "after which a split does as well", munmap(at + (2 * done + 40) * P, P));
      HOLDS("fork", "a process with that many mappings can fork", ({ fflush(stdout); pid_t c = fork(); int s = 1; if (c == 0) _exit(at[20000 * 2 * P]); waitpid(c, &s, 0); WEXITSTATUS(s) == 77; }));
      ROW("unmap-all", "one munmap takes them all", munmap(at, pages * P));
      HOLDS("again", "and there is room again", map(1, RW, PRIVATE) != MAP_FAILED));

  PAGE("mmap(2)", "One mapping in many processes");
  enum { MANY = 1000 };
  volatile int *counters = (volatile int *)map(2, RW, SHARED);
  int data = file_of("many", 2), ends[2], alive = 0, sum = 0, status;
  char *file = mmap(NULL, 2 * P, RW, MAP_SHARED, data, 0), byte;
  pipe(ends);
  fflush(stdout);
  for (int i = 0; i < MANY; i++) {
    pid_t child = fork();
    if (child == 0) {
      close(ends[1]);
      counters[i % 1000] += i;
      file[i] = i % 100;
      read(ends[0], &byte, 1);
      /* All of them are there by now. */
      _exit(counters[(i + 1) % 1000] == (i + 1) % 1000 && file[(i + 1) % MANY] == (i + 1) % MANY % 100 ? 0 : 1);
    }
    alive += child > 0;
  }
  ROW("processes", "so many processes share a mapping", alive);
  /* Each has stored before it waits. */
  for (int i = 0; i < MANY;) i = counters[i] == i && file[i] == i % 100 ? i + 1 : (usleep(1000), i);
  close(ends[1]);
  for (int i = 0; i < alive; i++) sum += wait(&status) > 0 && status == 0;
  ROW("agree", "so many of them see what their neighbour has stored", sum);
  for (int i = 0; i < MANY; i++) sum += byte_of(data, i) == i % 100;
  ROW("file", "as read(2) does", sum - MANY);
  return 0;
}
