/* Pipes and FIFOs: waiting and not waiting, tee, vmsplice. */
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/time.h>

static volatile int caught;
static void on_signal(int n) { caught = n; }
static char buffer[200000];
static int in[2], out[2];

static void *later_write(void *argument) {
  usleep(5000);
  write(*(int *)argument, "later", 5);
  return NULL;
}
static void *later_read(void *argument) {
  usleep(5000);
  read(*(int *)argument, buffer, 65536);
  return NULL;
}

static void tees(void) {
  pthread_t thread;
  int file = open("file", O_RDWR | O_CREAT, 0600);
  T(pipe(in) | pipe(out));
  T(tee(in[0], out[1], 0, 0));
  T(tee(in[0], out[1], 10, 16));
  T(tee(in[1], out[1], 10, 0));
  T(tee(in[0], out[0], 10, 0));
  T(tee(in[0], in[1], 10, SPLICE_F_NONBLOCK));
  T(tee(file, out[1], 10, 0));
  T(tee(99, out[1], 10, 0));
  T(tee(in[0], out[1], 10, SPLICE_F_NONBLOCK));
  T(write(in[1], "hello world", 11));
  T(tee(in[0], out[1], 5, 0));
  T(tee(in[0], out[1], 100, 0));
  T(read(out[0], buffer, 100));
  printf("%.16s\n", buffer);
  T(read(in[0], buffer, 100));
  pthread_create(&thread, NULL, later_write, &in[1]);
  T(tee(in[0], out[1], 100, 0));
  pthread_join(thread, NULL);
  T(read(out[0], buffer, 100));
  fcntl(out[1], F_SETFL, O_NONBLOCK);
  while (write(out[1], buffer, 4096) > 0) continue;
  T(tee(in[0], out[1], 100, 0));
  fcntl(out[1], F_SETFL, 0);
  pthread_create(&thread, NULL, later_read, &out[0]);
  T(tee(in[0], out[1], 100, 0));
  pthread_join(thread, NULL);
  T(read(out[0], buffer, 100));
  close(out[0]);
  signal(SIGPIPE, on_signal);
  T(tee(in[0], out[1], 100, 0));
  T(caught == SIGPIPE);
  T(read(in[0], buffer, 100));
  close(in[1]);
  T(tee(in[0], out[1], 100, 0));
  close(in[0]), close(out[1]), close(file);
}

static void vmsplices(void) {
  pthread_t thread;
  int file = open("file", O_RDWR), path = open("file", O_PATH);
  char a[10] = "abc", b[10] = "defgh";
  struct iovec iov[3] = {{a, 3}, {b, 0}, {b, 5}}, bad = {BAD, 5};
  T(pipe(in));
  T(vmsplice(in[1], iov, 3, 16));
  T(vmsplice(file, iov, 3, 0));
  T(vmsplice(path, iov, 3, 0));
  T(vmsplice(99, iov, 3, 0));
  T(vmsplice(in[1], NULL, 0, 0));
  T(vmsplice(in[1], iov + 1, 1, 0));
  T(vmsplice(in[1], iov, 1025, 0));
  T(vmsplice(in[1], BAD, 1, 0));
  T(vmsplice(in[1], &bad, 1, 0));
  T(vmsplice(in[1], iov, 3, 0));
  T(read(in[0], buffer, 100));
  printf("%.8s\n", buffer);
  T(vmsplice(in[0], iov, 3, SPLICE_F_NONBLOCK));
  write(in[1], "123456789", 9);
  T(vmsplice(in[0], iov, 3, 0));
  printf("%.3s %.5s\n", a, b);
  T(vmsplice(in[0], iov, 3, 0));
  pthread_create(&thread, NULL, later_write, &in[1]);
  T(vmsplice(in[0], iov, 3, 0));
  pthread_join(thread, NULL);
  char *pages = mmap(NULL, 200 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct iovec large = {pages, 200 * 4096};
  T(vmsplice(in[1], &large, 1, 0));
  T(vmsplice(in[1], &large, 1, SPLICE_F_NONBLOCK));
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval soon = {{0, 0}, {0, 5000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  T(vmsplice(in[1], &large, 1, 0));
  close(in[0]);
  T(vmsplice(in[1], &large, 1, 0));
  close(in[1]), close(file), close(path);
}

static void not_waiting(void) {
  int p[2], n, total = 0;
  T(mkfifo("fifo", 0600));
  T(open("fifo", O_WRONLY | O_NONBLOCK));
  int r = open("fifo", O_RDONLY | O_NONBLOCK);
  T(read(r, buffer, 10));
  struct pollfd f = {r, POLLIN};
  T(poll(&f, 1, 0));
  int w = open("fifo", O_WRONLY | O_NONBLOCK);
  T(read(r, buffer, 10));
  T(write(w, "ab", 2));
  T(read(r, buffer, 10));
  /* The descriptions have flags of their own, duplicates share them. */
  int copy = dup(r);
  T(fcntl(copy, F_SETFL, 0));
  T(fcntl(r, F_GETFL) & O_NONBLOCK);
  T(fcntl(w, F_GETFL) & O_NONBLOCK);
  int on = 1;
  T(ioctl(r, FIONBIO, &on));
  T(fcntl(copy, F_GETFL) & O_NONBLOCK);
  T(read(r, buffer, 10));
  close(w);
  T(read(r, buffer, 10));
  T(poll(&f, 1, 0));
  T(f.revents);
  close(r), close(copy);
  T(pipe2(p, O_NONBLOCK));
  T(read(p[0], buffer, 0));
  T(read(p[0], buffer, 1));
  T(write(p[1], buffer, 100000));
  T(write(p[1], buffer, 1));
  T(ioctl(p[0], FIONREAD, &n));
  T(n);
  T(read(p[0], buffer, 4096));
  /* Up to PIPE_BUF at once or not at all. */
  T(write(p[1], buffer, 4097));
  T(write(p[1], buffer, 1));
  T(read(p[0], buffer, 65536));
  struct iovec iov[2] = {{buffer, 3}, {buffer, 4}};
  T(preadv2(p[0], iov, 2, -1, RWF_NOWAIT));
  T(fcntl(p[0], F_SETFL, 0));
  T(preadv2(p[0], iov, 2, -1, RWF_NOWAIT));
  T(writev(p[1], iov, 2));
  T(preadv2(p[0], iov, 2, -1, RWF_NOWAIT));
  close(p[0]), close(p[1]);
}

static void packets(void) {
  int p[2], n;
  T(pipe2(p, O_DIRECT | O_NONBLOCK));
  T((fcntl(p[0], F_GETFL) & O_DIRECT) != 0);
  T(write(p[1], "one", 3));
  T(write(p[1], "twotwo", 6));
  T(write(p[1], "", 0));
  T(ioctl(p[0], FIONREAD, &n));
  T(n);
  T(read(p[0], buffer, 100));
  T(read(p[0], buffer, 2));
  T(read(p[0], buffer, 100));
  /* Longer ones are several. */
  T(write(p[1], buffer, 10000));
  T(read(p[0], buffer, 100000));
  T(read(p[0], buffer, 100000));
  T(read(p[0], buffer, 100000));
  /* Each takes a page. */
  for (n = 0; write(p[1], "x", 1) == 1; n++) continue;
  T(n);
  struct pollfd f = {p[1], POLLOUT};
  T(poll(&f, 1, 0));
  T(read(p[0], buffer, 1));
  T(poll(&f, 1, 0));
  while (read(p[0], buffer, 10) > 0) continue;
  /* A packet joins the bytes before it; those after it do not join it. */
  fcntl(p[1], F_SETFL, O_NONBLOCK);
  T(write(p[1], "stream", 6));
  fcntl(p[1], F_SETFL, O_NONBLOCK | O_DIRECT);
  T(write(p[1], "packet", 6));
  fcntl(p[1], F_SETFL, O_NONBLOCK);
  T(write(p[1], "after", 5));
  T(write(p[1], "wards", 5));
  T(read(p[0], buffer, 100));
  printf("%.22s\n", buffer);
  fcntl(p[1], F_SETFL, O_NONBLOCK | O_DIRECT);
  T(write(p[1], "packet", 6));
  fcntl(p[1], F_SETFL, O_NONBLOCK);
  T(write(p[1], "after", 5));
  T(write(p[1], "wards", 5));
  T(read(p[0], buffer, 100));
  T(read(p[0], buffer, 100));
  close(p[0]), close(p[1]);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  tees();
  vmsplices();
  not_waiting();
  packets();
  return 0;
}
