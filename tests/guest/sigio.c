/* Signals of readiness: O_ASYNC, FIOASYNC, F_SETOWN, F_SETSIG on sockets and pipes. */
#include "check.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static volatile int count, last_code, last_fd, last_band;
static void on(int n, siginfo_t *info, void *context) {
  count++, last_code = info->si_code, last_fd = info->si_fd, last_band = info->si_band;
}
static void seen(const char *what, int fd, int particulars) {
  usleep(2000);
  printf("%s: %s", what, count ? "told" : "nothing");
  if (count && particulars) printf(" code %d fd %d band %x", last_code, last_fd == fd, last_band);
  puts("");
  count = 0;
}
int main(void) {
  setbuf(stdout, NULL);
  setpgid(0, 0);
  int p[2], q[2], on_off = 1, plain = open("/proc/self/exe", O_RDONLY);
  struct sigaction act = {.sa_sigaction = on, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGIO, &act, NULL), sigaction(SIGRTMIN + 1, &act, NULL);
  socketpair(AF_UNIX, SOCK_STREAM, 0, p), pipe(q);
  char b[100];
  T(fcntl(p[0], F_GETOWN));
  T(fcntl(p[0], F_GETSIG));
  T(fcntl(p[0], F_SETOWN, 99999999));
  T(fcntl(p[0], F_SETOWN, -99999999));
  T(fcntl(p[0], F_SETSIG, 65));
  T(fcntl(p[0], F_SETOWN, getpid()));
  T(fcntl(p[0], F_GETOWN) == getpid());
  write(p[1], "x", 1);
  seen("not asked", p[0], 0);
  T(fcntl(p[0], F_SETFL, O_ASYNC));
  T(fcntl(p[0], F_GETFL) & O_ASYNC);
  write(p[1], "x", 1);
  seen("data", p[0], 0);
  read(p[0], b, 100);
  count = 0;
  T(fcntl(p[0], F_SETSIG, SIGRTMIN + 1));
  T(fcntl(p[0], F_GETSIG) == SIGRTMIN + 1);
  write(p[1], "y", 1);
  usleep(1000);
  printf("data with particulars: %s fd %d\n", count ? "told" : "nothing", last_fd == p[0]);
  count = 0;
  T(fcntl(p[0], F_SETFL, 0));
  write(p[1], "z", 1);
  seen("no more", p[0], 0);
  T(fcntl(q[0], F_SETOWN, -getpgrp()));
  T(fcntl(q[0], F_GETOWN) == -getpgrp());
  T(ioctl(q[0], FIOASYNC, &on_off));
  write(q[1], "x", 1);
  seen("pipe", q[0], 0);
  on_off = 0;
  T(ioctl(q[0], FIOASYNC, &on_off));
  write(q[1], "x", 1);
  seen("pipe no more", q[0], 0);
  on_off = 1;
  T(ioctl(plain, FIOASYNC, &on_off));
  T(fcntl(plain, F_SETFL, O_ASYNC));
  struct f_owner_ex owner = {F_OWNER_TID, gettid()}, got = {9, 9};
  T(fcntl(q[0], F_SETOWN_EX, &owner));
  T(fcntl(q[0], F_GETOWN_EX, &got));
  printf("%d %d\n", got.type, got.pid == gettid());
  owner.type = 7;
  T(fcntl(q[0], F_SETOWN_EX, &owner));
  T(fcntl(q[0], F_SETOWN_EX, BAD));
  T(fcntl(q[0], F_SETOWN, 0));
  T(fcntl(q[0], F_GETOWN));
  return 0;
}
