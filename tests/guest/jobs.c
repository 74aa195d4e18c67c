/* Job control on a pseudo-terminal: who may read and write, who is stopped, who is told. Prints no process ids. */
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <termios.h>

static int m;
static char name[64];

static void flush(void) { fflush(stdout); }

static void status_of(const char *what, int status) {
  if (WIFEXITED(status)) printf("%s: exited %d\n", what, WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) printf("%s: killed by %s\n", what, sigabbrev_np(WTERMSIG(status)));
  else if (WIFSTOPPED(status)) printf("%s: stopped by %s\n", what, sigabbrev_np(WSTOPSIG(status)));
  else if (WIFCONTINUED(status)) printf("%s: continued\n", what);
  flush();
}

static void wait_for(const char *what, pid_t pid, int options) {
  int status;
  if (waitpid(pid, &status, options) != pid) printf("%s: no such child %s\n", what, strerrorname_np(errno));
  else status_of(what, status);
  flush();
}

static void type(const char *keys) {
  usleep(40000);
  if (write(m, keys, strlen(keys)) < 0) printf("typing failed\n");
  usleep(40000);
}

static void screen(const char *what) {
  char b[1000];
  struct pollfd p = {m, POLLIN, 0};
  printf("%s:", what);
  while (poll(&p, 1, 20) > 0) {
    long n = read(m, b, sizeof b);
    if (n <= 0) {
      printf(" %s", strerrorname_np(errno));
      break;
    }
    for (long i = 0; i < n; i++) b[i] < 32 ? printf("<%d>", b[i]) : putchar(b[i]);
  }
  putchar('\n');
  flush();
}

static const char *caught;
static void on_signal(int signo) {
  char text[40];
  int n = sprintf(text, "%s caught %s\n", caught, sigabbrev_np(signo));
  if (write(1, text, n) < 0) _exit(9);
}
static void catch_signal(int signo) {
  struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(signo, &act, NULL);
}

static void restart(void) {
  m = posix_openpt(O_RDWR | O_NOCTTY);
  grantpt(m);
  unlockpt(m);
  strcpy(name, ptsname(m));
}

/* A new session whose leader runs `body` with the terminal as its own; the caller holds the master. */
static pid_t session(void (*body)(int s)) {
  flush();
  pid_t pid = fork();
  if (pid != 0) return pid;
  setsid();
  int s = open(name, O_RDWR);
  alarm(20);
  body(s);
  flush();
  _exit(0);
}

/* A child in a process group of its own, in the foreground or not. */
static pid_t job(int s, int foreground, void (*body)(int s)) {
  int go[2];
  pipe(go);
  flush();
  pid_t pid = fork();
  if (pid == 0) {
    char b;
    setpgid(0, 0);
    close(go[1]);
    read(go[0], &b, 1);
    alarm(20);
    body(s);
    flush();
    _exit(0);
  }
  setpgid(pid, pid);
  if (foreground) {
    // The job before this one may be in the foreground still.
    signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(s, pid);
    signal(SIGTTOU, SIG_DFL);
  }
  close(go[0]);
  close(go[1]);
  return pid;
}

static void take_back(int s) {
  signal(SIGTTOU, SIG_IGN);
  T(tcsetpgrp(s, getpgrp()));
  signal(SIGTTOU, SIG_DFL);
}

// --- owning a terminal

static void owning(int s) {
  int n;
  T(tcgetpgrp(s) == getpid());
  T(tcgetsid(s) == getpid());
  int tty = open("/dev/tty", O_RDWR);
  T(tty >= 0);
  T(isatty(tty));
  T(tcgetpgrp(tty) == getpid());
  T(ioctl(s, TIOCSCTTY, 0));
  T(tcsetpgrp(s, getpgid(getppid())));
  T(tcsetpgrp(s, 999999));
  T(tcsetpgrp(s, -5));
  T(ioctl(s, TIOCSPGRP, BAD));
  T(setsid());
  T(setpgid(0, 0));
  int other = posix_openpt(O_RDWR);
  unlockpt(other);
  int slave = open(ptsname(other), O_RDWR);
  T(ioctl(slave, TIOCSCTTY, 0));
  T(ioctl(slave, TIOCGPGRP, &n));
  T(ioctl(slave, TIOCNOTTY));
  T(tcsetpgrp(slave, getpid()));
  catch_signal(SIGHUP);
  catch_signal(SIGCONT);
  caught = "leader";
  flush();
  T(ioctl(s, TIOCNOTTY));
  T(open("/dev/tty", O_RDWR));
  T(ioctl(s, TIOCGPGRP, &n));
  n = 0;
  T(ioctl(m, TIOCGPGRP, &n));
  T(n);
  close(open(name, O_WRONLY));
  T(open("/dev/tty", O_RDWR));
  close(open(name, O_RDONLY | O_NOCTTY));
  T(open("/dev/tty", O_RDWR));
  T(ioctl(m, TIOCSCTTY, 0));
  T(open("/dev/tty", O_RDWR) >= 0);
  T(tcgetpgrp(s) == getpid());
}

static void no_leader(int s) {
  if (fork() == 0) {
    T(open("/dev/tty", O_RDWR) >= 0);
    T(ioctl(s, TIOCNOTTY));
    T(open("/dev/tty", O_RDWR));
    T(ioctl(s, TIOCSCTTY, 0));
    setsid();
    T(ioctl(s, TIOCSCTTY, 0));
    T(ioctl(s, TIOCSCTTY, 1));
    T(tcgetpgrp(s) == getpid());
    flush();
    _exit(0);
  }
  wait(NULL);
  T(open("/dev/tty", O_RDWR));
}

// --- keys

static void reader(int s) {
  char b[100];
  long n = read(s, b, 100);
  printf("job read %ld\n", n);
}
static void writer(int s) { printf("job wrote %ld\n", (long)write(s, "from the job\n", 13)); }
static void sleeper(int s) {
  for (;;) pause();
}

static void keys(int s) {
  siginfo_t info;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  pid_t pid = job(s, 1, reader);
  usleep(40000);
  type("\032");
  sigwaitinfo(&set, &info);
  printf("code %d status %d is the job %d\n", info.si_code, info.si_status, info.si_pid == pid);
  T(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT | WEXITED));
  printf("code %d status %d\n", info.si_code, info.si_status);
  wait_for("job", pid, WUNTRACED);
  T(waitpid(pid, NULL, WUNTRACED | WNOHANG));
  kill(-pid, SIGCONT);
  sigwaitinfo(&set, &info);
  printf("code %d status %d\n", info.si_code, info.si_status);
  wait_for("job", pid, WCONTINUED);
  T(waitpid(pid, NULL, WCONTINUED | WNOHANG));
  type("hello\n");
  sigwaitinfo(&set, &info);
  printf("code %d status %d\n", info.si_code, info.si_status);
  wait_for("job", pid, 0);
  screen("screen");
  struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_NOCLDSTOP | SA_RESTART};
  caught = "leader";
  sigaction(SIGCHLD, &act, NULL);
  pid = job(s, 1, sleeper);
  type("\032");
  wait_for("job", pid, WUNTRACED);
  sigpending(&set);
  printf("SIGCHLD pending %d\n", sigismember(&set, SIGCHLD));
  kill(pid, SIGCONT);
  type("\003");
  wait_for("job", pid, 0);
  pid = job(s, 1, sleeper);
  type("\034");
  int status;
  waitpid(pid, &status, 0);
  printf("by %s\n", sigabbrev_np(WTERMSIG(status)));
  take_back(s);
  screen("screen");
}

static void two(int s) {
  pid_t child = fork();
  if (child == 0) {
    sleeper(s);
  }
  int status;
  signal(SIGINT, SIG_IGN);
  signal(SIGTSTP, SIG_IGN);
  wait_for("child of the job", child, WUNTRACED);
  wait_for("child of the job", child, 0);
}

static void group(int s) {
  pid_t pid = job(s, 1, two);
  usleep(40000);
  type("\032");
  kill(-pid, SIGCONT);
  type("\003");
  wait_for("job", pid, WUNTRACED);
  take_back(s);
  screen("screen");
}

// --- in the background

static void tostop(int s, int on) {
  struct termios t;
  tcgetattr(s, &t);
  t.c_lflag = on ? t.c_lflag | TOSTOP : t.c_lflag & ~TOSTOP;
  tcsetattr(s, TCSANOW, &t);
}
static void set_modes(int s) {
  struct termios t;
  T(tcgetattr(s, &t));
  T(tcsetattr(s, TCSANOW, &t));
}
static void flusher(int s) { T(tcflush(s, TCIFLUSH)); }
static void taker(int s) { T(tcsetpgrp(s, getpgrp())); }
static void ignores(int s) {
  char b[10];
  signal(SIGTTIN, SIG_IGN);
  signal(SIGTTOU, SIG_IGN);
  T(read(s, b, 10));
  T(write(s, "ignored\n", 8));
  T(tcflush(s, TCIFLUSH));
}
static void blocks(int s) {
  char b[10];
  sigset_t set;
  sigfillset(&set);
  sigprocmask(SIG_BLOCK, &set, NULL);
  T(read(s, b, 10));
  T(write(s, "blocked\n", 8));
  T(tcflush(s, TCIFLUSH));
}
static void catches(int s) {
  char b[10];
  struct sigaction act = {.sa_handler = on_signal};
  caught = "job";
  sigaction(SIGTTIN, &act, NULL);
  sigaction(SIGTTOU, &act, NULL);
  T(read(s, b, 10));
  T(write(s, "caught\n", 7));
}

static void goes_on(const char *what, int s, void (*body)(int s), const char *input) {
  pid_t pid = job(s, 0, body);
  wait_for(what, pid, WUNTRACED);
  tcsetpgrp(s, pid);
  kill(-pid, SIGCONT);
  if (input) type(input);
  wait_for(what, pid, 0);
  take_back(s);
}

static void background(int s) {
  goes_on("reader", s, reader, "line\n");
  wait_for("writer", job(s, 0, writer), WUNTRACED);
  tostop(s, 1);
  goes_on("writer", s, writer, NULL);
  goes_on("modes", s, set_modes, NULL);
  goes_on("flusher", s, flusher, NULL);
  goes_on("taker", s, taker, NULL);
  wait_for("ignores", job(s, 0, ignores), WUNTRACED);
  wait_for("blocks", job(s, 0, blocks), WUNTRACED);
  wait_for("catches", job(s, 0, catches), WUNTRACED);
  tostop(s, 0);
  screen("screen");
}

// --- groups without a shell

static void orphan_uses(int s) {
  char b[10];
  T(read(s, b, 10));
  T(tcflush(s, TCIFLUSH));
  raise(SIGTSTP);
  printf("SIGTSTP of an orphan has no effect\n");
  flush();
}

static void orphaned(int s) {
  int done[2];
  pipe(done);
  flush();
  pid_t pid = fork();
  if (pid == 0) {
    if (fork() == 0) {
      setpgid(0, 0);
      usleep(120000);
      orphan_uses(s);
      _exit(0);
    }
    usleep(40000);
    _exit(0);
  }
  close(done[1]);
  waitpid(pid, NULL, 0);
  char b;
  struct pollfd p = {done[0], POLLIN, 0};
  T(read(done[0], &b, 1));
  flush();
  pipe(done);
  pid = fork();
  if (pid == 0) {
    if (fork() == 0) {
      setpgid(0, 0);
      caught = "stopped orphan";
      catch_signal(SIGHUP);
      catch_signal(SIGCONT);
      raise(SIGSTOP);
      usleep(40000);
      _exit(0);
    }
    usleep(80000);
    _exit(0);
  }
  close(done[1]);
  waitpid(pid, NULL, 0);
  T(read(done[0], &b, 1));
}

// --- the size of the window

static void watches(int s) {
  struct winsize w;
  caught = "job";
  catch_signal(SIGWINCH);
  char b[10];
  T(read(s, b, 10));
  ioctl(s, TIOCGWINSZ, &w);
  printf("%d x %d\n", w.ws_row, w.ws_col);
}

static void window(int s) {
  caught = "leader";
  catch_signal(SIGWINCH);
  pid_t pid = job(s, 1, watches);
  usleep(40000);
  struct winsize w = {10, 20};
  T(ioctl(m, TIOCSWINSZ, &w));
  usleep(40000);
  T(ioctl(m, TIOCSWINSZ, &w));
  w.ws_xpixel = 1;
  T(ioctl(s, TIOCSWINSZ, &w));
  type("\n");
  wait_for("job", pid, 0);
  take_back(s);
  w.ws_row = 11;
  T(ioctl(s, TIOCSWINSZ, &w));
  T(ioctl(m, TIOCSIG, SIGWINCH));
  usleep(40000);
  screen("screen");
}

// --- the end of a session

static void hung_job(int s) {
  char b[10];
  caught = "job";
  catch_signal(SIGHUP);
  catch_signal(SIGCONT);
  usleep(250000);
  T(open("/dev/tty", O_RDWR));
  fcntl(s, F_SETFL, O_NONBLOCK);
  T(read(s, b, 10));
  T(write(s, "x", 1));
}

static void leaves(int s) {
  job(s, 1, hung_job);
  usleep(60000);
}

static void stays(int s) {
  caught = "leader";
  catch_signal(SIGHUP);
  catch_signal(SIGCONT);
  close(m);
  job(s, 1, hung_job);
  usleep(120000);
  T(tcgetpgrp(s));
  T(open("/dev/tty", O_RDWR));
  printf("the leader leaves\n");
}

static void ends(void) {
  restart();
  int gone[2];
  char b;
  pipe(gone);
  pid_t pid = session(leaves);
  close(gone[1]);
  waitpid(pid, NULL, 0);
  read(gone[0], &b, 1);
  int n = 0;
  T(ioctl(m, TIOCGPGRP, &n));
  T(n);
  screen("screen");
  close(m);
  restart();
  pipe(gone);
  pid = session(stays);
  close(gone[1]);
  usleep(60000);
  close(m);
  waitpid(pid, NULL, 0);
  read(gone[0], &b, 1);
}

// --- threads

static volatile long counts[2];
static void *count(void *which) {
  for (;;) counts[(long)which]++;
}
static int stop_pipe[2];
static void threads(int s) {
  pthread_t t;
  pthread_create(&t, NULL, count, (void *)0);
  pthread_create(&t, NULL, count, (void *)1);
  for (;;) {
    usleep(10000);
    long now[2] = {counts[0], counts[1]};
    write(stop_pipe[1], now, sizeof now);
  }
}
static long newest(int which) {
  long now[2] = {-1, -1}, next[2];
  fcntl(stop_pipe[0], F_SETFL, O_NONBLOCK);
  while (read(stop_pipe[0], next, sizeof next) > 0) memcpy(now, next, sizeof now);
  return now[which];
}
static void all_threads(int s) {
  pipe(stop_pipe);
  pid_t pid = job(s, 1, threads);
  usleep(50000);
  type("\032");
  wait_for("threads", pid, WUNTRACED);
  newest(0);
  usleep(50000);
  printf("stopped: %d\n", newest(0) == -1);
  kill(pid, SIGCONT);
  usleep(60000);
  printf("run again: %d\n", newest(0) > 0);
  kill(pid, SIGSTOP);
  wait_for("threads", pid, WUNTRACED);
  kill(pid, SIGTERM);
  T(waitpid(pid, NULL, WNOHANG));
  kill(pid, SIGKILL);
  wait_for("threads", pid, 0);
  take_back(s);
}

static void run(const char *what, void (*body)(int s)) {
  printf("-- %s\n", what);
  restart();
  pid_t pid = session(body);
  wait_for("session", pid, 0);
  close(m);
}

int main(void) {
  signal(SIGHUP, SIG_DFL);
  run("owning a terminal", owning);
  run("no leader", no_leader);
  run("keys", keys);
  run("a group", group);
  run("in the background", background);
  run("orphaned", orphaned);
  run("window", window);
  run("threads", all_threads);
  printf("-- the end of a session\n");
  ends();
  return 0;
}
