/*
 * Opens and closes shared libraries again and again. A line after each thousand cycles.
 *   dlopen same N      the same file N times
 *   dlopen new N       a copy of it under a new name each time, its function hot
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void copy(const char *from, const char *to) {
  char buffer[65536];
  int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  long n;
  while ((n = read(in, buffer, sizeof buffer)) > 0) write(out, buffer, n);
  close(in), close(out);
}

int main(int argc, char **argv) {
  int new = strcmp(argv[1], "new") == 0;
  long cycles = atol(argv[2]), sum = 0;
  for (long i = 1; i <= cycles; i++) {
    char name[64];
    snprintf(name, sizeof name, new ? "/work/lib%ld.so" : "/lib/library.so", i);
    if (new) copy("/lib/library.so", name);
    void *library = dlopen(name, RTLD_NOW);
    if (library == NULL) {
      puts(dlerror());
      return 1;
    }
    long (*function)(long) = (long (*)(long))dlsym(library, "function");
    for (int k = 0; k < (new ? 20 : 1); k++) sum += function(i);
    dlclose(library);
    if (new) unlink(name);
    if (i % (cycles / 10) == 0) {
      printf("%ld %ld\n", i, sum);
      fflush(stdout);
    }
  }
  return 0;
}
