/* Functions that the embedder calls while the program sleeps in whatever its argument says, or computes. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

volatile long calls;
static volatile int go;

long add(long a, long b) { calls++; return a + b; }
unsigned ones(void) { return ~0u; }
int negative(void) { return -3; }
double scaled(double a, float b, int c) { return a * b + c; }
float half(float a) { return a / 2; }
/* The ninth integer and the ninth double travel on the stack, or in what is left of the other kind's registers. */
long many(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j) {
  return ((((((((a * 3 + b) * 3 + c) * 3 + d) * 3 + e) * 3 + f) * 3 + g) * 3 + h) * 3 + i) * 3 + j;
}
double doubles(double a, double b, double c, double d, double e, double f, double g, double h, double i, long j) {
  return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j;
}
size_t length(const char *text) { return strlen(text); }
const char *greeting(const char *name) {
  static char text[100];
  if (name == NULL) return NULL;
  snprintf(text, sizeof text, "Hello, %s", name);
  return text;
}
void reverse(unsigned char *bytes, size_t n) {
  for (size_t i = 0; i < n / 2; i++) {
    unsigned char c = bytes[i];
    bytes[i] = bytes[n - 1 - i];
    bytes[n - 1 - i] = c;
  }
}
int format(char *into, size_t size, const char *how, ...) {
  va_list list;
  va_start(list, how);
  int n = vsnprintf(into, size, how, list);
  va_end(list);
  return n;
}
int load(volatile int *p) { return *p; }
int sleep_ms(int ms) { return usleep(ms * 1000); }
void spin(void) { for (;;) calls++; }
long ask(long n) { return syscall(1000, n); }
void finish(void) { go = 1; }
static void on_segv(int s) { write(1, "handled\n", 8); _exit(9); }
void handle_faults(void) { signal(SIGSEGV, on_segv); }
int again(char *path) { return execl(path, path, "leave", (char *)NULL); }

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *holder(void *p) {
  pthread_mutex_lock(&lock);
  *(volatile int *)p = 1;
  while (!go) usleep(100);
  pthread_mutex_unlock(&lock);
  return NULL;
}

int main(int argc, char **argv) {
  const char *how = argv[1];
  setvbuf(stdout, NULL, _IONBF, 0);
  if (strcmp(how, "leave") == 0) return 5;
  if (strcmp(how, "lock") == 0) {
    volatile int held = 0;
    pthread_t t;
    pthread_create(&t, NULL, holder, (void *)&held);
    while (!held) usleep(100);
    puts("ready");
    printf("lock %d\n", pthread_mutex_lock(&lock));
    return 0;
  }
  puts("ready");
  if (strcmp(how, "read") == 0) {
    char text[10];
    int n = read(0, text, sizeof text);
    printf("read %d %s\n", n, n < 0 ? strerror(errno) : "");
  } else if (strcmp(how, "sleep") == 0) {
    struct timespec time = {1, 0}, left = {7, 7};
    int result = nanosleep(&time, &left);
    printf("sleep %d %ld\n", result, (long)left.tv_sec);
  } else if (strcmp(how, "poll") == 0) {
    struct pollfd fd = {0, POLLIN, 0};
    sigset_t none;
    sigemptyset(&none);
    int n = ppoll(&fd, 1, NULL, &none);
    printf("poll %d\n", n);
  } else if (strcmp(how, "ask") == 0) {
    printf("ask %ld\n", ask(4));
  } else {
    unsigned long sum = 0;
    double real = 0;
    while (!go) { sum += 3; real += 0.5; }
    printf("%s\n", sum == (unsigned long)(real * 6) ? "exact" : "disturbed");
  }
  printf("calls %ld\n", calls);
  return 3;
}
