#!/bin/sh
# musl: a program compiled inside with musl-gcc, linked dynamically, as a static-PIE and statically: threads, TLS, signals, dlopen.
set -e; mkdir /tmp/m; cd /tmp/m
cat >plugin.c <<'END'
static __thread int calls; int plugin(int x) { return x * 3 + calls++; }
END
cat >main.c <<'END'
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static __thread int local = 7;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static int ready, sum, interrupts;
static void *work(void *n) {
  local += (int)(long)n;
  pthread_mutex_lock(&lock);
  while (!ready) pthread_cond_wait(&wake, &lock);
  sum += local;
  pthread_mutex_unlock(&lock);
  return (void *)(long)local;
}
static void on(int s) { (void)s; interrupts++; }
int main(int argc, char **argv) {
  pthread_t t[8]; long total = 0;
  for (long i = 0; i < 8; i++) if (pthread_create(t + i, 0, work, (void *)i)) return 1;
  pthread_mutex_lock(&lock); ready = 1; pthread_cond_broadcast(&wake); pthread_mutex_unlock(&lock);
  for (int i = 0; i < 8; i++) { void *r; pthread_join(t[i], &r); total += (long)r; }
  printf("threads: %d %ld, own %d\n", sum, total, local);
  struct sigaction a = {.sa_handler = on}; sigaction(SIGUSR1, &a, 0); raise(SIGUSR1); printf("signals: %d\n", interrupts);
  sem_t *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  sem_init(shared, 1, 0);
  pid_t child = fork();
  if (!child) { sem_post(shared); _exit(5); }
  sem_wait(shared); int status; waitpid(child, &status, 0); printf("child: %d\n", WEXITSTATUS(status));
  struct timespec now, before = {0}; clock_gettime(CLOCK_MONOTONIC, &before); nanosleep(&(struct timespec){0, 1000000}, 0); clock_gettime(CLOCK_MONOTONIC, &now);
  printf("time goes on: %d\n", now.tv_sec > before.tv_sec || now.tv_nsec >= before.tv_nsec + 1000000);
  printf("page %lu, argv %d %s, %.17g, %s\n", getauxval(AT_PAGESZ), argc, argv[1], 1.0 / 3, strerror(ENOTRECOVERABLE));
  char *big = malloc(40 << 20); memset(big, 1, 40 << 20); printf("malloc %d\n", big[(40 << 20) - 1]); free(big);
  void *lib = dlopen("./plugin.so", RTLD_NOW);
  if (!lib) { puts("no dlopen"); return 0; }
  int (*f)(int) = (int (*)(int))dlsym(lib, "plugin"); int first = f(2); printf("plugin: %d %d\n", first, f(2));
  return 0;
}
END
musl-gcc -O2 -shared -fPIC -o plugin.so plugin.c
musl-gcc -O2 -o dynamic main.c && readelf -l dynamic | grep -o '/lib/ld-musl[^]]*' && ./dynamic one
musl-gcc -O2 -static -o static main.c && ./static two
musl-gcc -O2 -static-pie -fPIE -o static-pie main.c && ./static-pie three
