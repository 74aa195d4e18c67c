/* Says what its terminal is like and does what the lines typed say. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static void size(int fd) {
  struct winsize w = {0};
  if (ioctl(fd, TIOCGWINSZ, &w) < 0) printf("no size\n");
  else printf("%dx%d\n", w.ws_col, w.ws_row);
}
static void on_signal(int signo) { printf("caught %s\n", sigabbrev_np(signo)); }

int main(void) {
  char line[100];
  setvbuf(stdout, NULL, _IONBF, 0);
  int tty = open("/dev/tty", O_RDWR);
  printf("%d%d%d %d\n", isatty(0), isatty(1), isatty(2), isatty(tty));
  struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGWINCH, &act, NULL);
  printf("foreground %d\n", tcgetpgrp(tty) == getpgrp());
  FILE *keys = fdopen(tty, "r");
  for (;;) {
    printf("ready\n");
    if (keys == NULL || fgets(line, sizeof line, keys) == NULL) break;
    line[strcspn(line, "\n")] = 0;
    if (strcmp(line, "size") == 0) size(tty);
    else if (strcmp(line, "input") == 0) printf("input %s", fgets(line, sizeof line, stdin) ? line : "ends\n");
    else if (strcmp(line, "error") == 0) fprintf(stderr, "to standard error\n");
    else if (strcmp(line, "name") == 0) printf("%s\n", ttyname(0));
    else if (strcmp(line, "catch") == 0) sigaction(SIGINT, &act, NULL), sigaction(SIGQUIT, &act, NULL), sigaction(SIGHUP, &act, NULL);
    else if (strcmp(line, "raw") == 0) {
      struct termios t, old;
      char b[20];
      tcgetattr(tty, &old);
      t = old;
      cfmakeraw(&t);
      tcsetattr(tty, TCSANOW, &t);
      printf("keys:");
      long n = 0;
      while (n < 8) {
        long got = read(tty, b + n, 1);
        if (got <= 0) break;
        printf(" %d", b[n++]);
      }
      printf("\r\n");
      tcsetattr(tty, TCSANOW, &old);
    } else if (strcmp(line, "deaf") == 0) {
      signal(SIGINT, SIG_IGN);
      signal(SIGQUIT, SIG_IGN);
      signal(SIGHUP, SIG_IGN);
      signal(SIGTERM, SIG_IGN);
      printf("deaf\n");
      for (;;) {}
    } else if (strcmp(line, "crash") == 0) *(volatile int *)0 = 1;
    else if (strncmp(line, "exit ", 5) == 0) return atoi(line + 5);
    else printf("read '%s'\n", line);
  }
  printf("end %d\n", errno);
  return 3;
}
