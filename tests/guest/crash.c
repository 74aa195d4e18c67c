/* Crashes four calls deep while another thread sleeps, leaving a core. */
#pragma GCC optimize("O0")
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

static int depth(int n, int *p) {
  if (n == 0) return *p;
  return depth(n - 1, p) + 1;
}
static void *idle(void *nothing) {
  for (;;) pause();
}
int main(void) {
  struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_CORE, &all);
  pthread_t thread;
  pthread_create(&thread, NULL, idle, NULL);
  usleep(1000);
  return depth(3, (int *)16);
}
