/* Record locks, OFD locks and flock: ranges, conflicts, who holds what, waiting, deadlock, what gives them up. */
#include "check.h"
#include <sys/file.h>

static int fd, other;
static char name[] = "/tmp/locksXXXXXX";
static const char *kinds[] = {"read", "write", "unlocked"};

static int lock(int f, int cmd, int type, int whence, long start, long len) {
  struct flock l = {.l_type = type, .l_whence = whence, .l_start = start, .l_len = len};
  return fcntl(f, cmd, &l);
}
static void get(int f, int cmd, int type, long start, long len) {
  struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
  if (fcntl(f, cmd, &l)) { printf("get: %s\n", strerrorname_np(errno)); return; }
  printf("get %s %ld+%ld: %s", kinds[type], start, len, kinds[l.l_type]);
  if (l.l_type != F_UNLCK) printf(" whence %d %ld+%ld by %s", l.l_whence, (long)l.l_start, (long)l.l_len, l.l_pid == getppid() ? "parent" : l.l_pid == -1 ? "a description" : "somebody");
  puts("");
}
static void in_child(void (*body)(void)) {
  fflush(stdout);
  int pid = fork(), status;
  if (pid == 0) {
    body();
    fflush(stdout);
    _exit(0);
  }
  waitpid(pid, &status, 0);
  if (!WIFEXITED(status)) printf("child: signal %d\n", WTERMSIG(status));
}
static void look(void) {
  get(fd, F_GETLK, F_RDLCK, 0, 0);
  get(fd, F_GETLK, F_WRLCK, 0, 0);
  get(fd, F_GETLK, F_WRLCK, 100, 10);
  get(fd, F_GETLK, F_WRLCK, 150, 0);
  T(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 105, 1));
  T(lock(fd, F_SETLK, F_RDLCK, SEEK_SET, 105, 1));
  T(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 500, 1));
}
static void holder(void) { T(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 0, 10)); }
static void close_another(void) {
  T(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 700, 10));
  close(open(name, O_RDONLY));
  pause();
}
static volatile int alarms;
static void on_alarm(int n) { alarms++; }

int main(void) {
  setbuf(stdout, NULL);
  fd = mkstemp(name);
  other = open(name, O_RDWR);
  int read_only = open(name, O_RDONLY), write_only = open(name, O_WRONLY), path = open(name, O_PATH);
  ftruncate(fd, 1000);
  puts("-- errors");
  T(lock(fd, F_SETLK, 7, SEEK_SET, 0, 1));
  T(lock(fd, F_SETLK, F_WRLCK, 9, 0, 1));
  T(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, -1, 1));
  T(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 10, -11));
  T(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, LONG_MAX, 2));
  T(lock(read_only, F_SETLK, F_WRLCK, SEEK_SET, 0, 1));
  T(lock(write_only, F_SETLK, F_RDLCK, SEEK_SET, 0, 1));
  T(lock(path, F_SETLK, F_RDLCK, SEEK_SET, 0, 1));
  T(lock(999, F_SETLK, F_RDLCK, SEEK_SET, 0, 1));
  T(fcntl(fd, F_SETLK, BAD));
  T(lock(fd, F_GETLK, F_UNLCK, SEEK_SET, 0, 1));
  puts("-- ranges");
  T(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 100, 50));
  T(lock(fd, F_SETLK, F_RDLCK, SEEK_SET, 110, 10));
  T(lock(fd, F_SETLK, F_UNLCK, SEEK_SET, 130, 5));
  lseek(fd, 200, SEEK_SET);
  T(lock(fd, F_SETLK, F_WRLCK, SEEK_CUR, 5, -5));
  T(lock(fd, F_SETLK, F_RDLCK, SEEK_END, -10, 0));
  in_child(look);
  T(lock(fd, F_SETLK, F_RDLCK, SEEK_SET, 90, 200));
  in_child(look);
  T(lock(fd, F_SETLK, F_UNLCK, SEEK_SET, 0, 0));
  in_child(look);
  puts("-- not inherited, and gone at the end");
  in_child(holder);
  get(fd, F_GETLK, F_WRLCK, 0, 0);
  puts("-- any close gives them up");
  fflush(stdout);
  int pid = fork(), status;
  if (pid == 0) close_another(), _exit(0);
  until_asleep(pid, pid);
  get(fd, F_GETLK, F_WRLCK, 0, 0);
  kill(pid, SIGKILL), waitpid(pid, &status, 0);
  puts("-- waiting");
  fflush(stdout);
  int go[2];
  pipe(go);
  pid = fork();
  if (pid == 0) {
    lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 0, 10);
    write(go[1], "x", 1);
    pause();
  }
  char c;
  read(go[0], &c, 1);
  T(lock(fd, F_SETLK, F_RDLCK, SEEK_SET, 5, 1));
  struct sigaction act = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &act, NULL);
  ualarm(20000, 0);
  T(lock(fd, F_SETLKW, F_RDLCK, SEEK_SET, 5, 1));
  fflush(stdout);
  int second = fork();
  if (second == 0) {
    T(lock(fd, F_SETLKW, F_RDLCK, SEEK_SET, 5, 1));
    fflush(stdout);
    _exit(0);
  }
  until_asleep(second, second);
  kill(pid, SIGKILL), waitpid(pid, &status, 0), waitpid(second, &status, 0);
  puts("-- deadlock");
  lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 0, 1);
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 1, 1);
    write(go[1], "x", 1);
    int result = lock(fd, F_SETLKW, F_WRLCK, SEEK_SET, 0, 1);
    _exit(result ? errno : 0);
  }
  read(go[0], &c, 1);
  until_asleep(pid, pid);
  T(lock(fd, F_SETLKW, F_WRLCK, SEEK_SET, 1, 1));
  T(lock(fd, F_SETLK, F_UNLCK, SEEK_SET, 0, 1));
  waitpid(pid, &status, 0);
  printf("the other: %d\n", WEXITSTATUS(status));
  puts("-- of a description");
  struct flock bad = {.l_type = F_WRLCK, .l_pid = 5};
  T(fcntl(fd, F_OFD_SETLK, &bad));
  T(lock(fd, F_OFD_SETLK, F_WRLCK, SEEK_SET, 0, 100));
  T(lock(other, F_OFD_SETLK, F_RDLCK, SEEK_SET, 50, 1));
  T(lock(other, F_OFD_SETLK, F_RDLCK, SEEK_SET, 150, 1));
  T(lock(fd, F_SETLK, F_RDLCK, SEEK_SET, 50, 1));
  get(other, F_OFD_GETLK, F_RDLCK, 0, 0);
  get(other, F_GETLK, F_RDLCK, 0, 0);
  close(open(name, O_RDWR));
  int copy = dup(fd);
  close(copy);
  get(other, F_OFD_GETLK, F_RDLCK, 0, 0);
  T(lock(fd, F_OFD_SETLK, F_UNLCK, SEEK_SET, 20, 10));
  get(other, F_OFD_GETLK, F_WRLCK, 20, 100);
  close(fd);
  get(other, F_OFD_GETLK, F_WRLCK, 0, 0);
  puts("-- flock");
  fd = open(name, O_RDWR);
  T(flock(fd, 99));
  T(flock(999, LOCK_EX));
  T(flock(path, LOCK_EX));
  T(flock(fd, LOCK_SH));
  T(flock(read_only, LOCK_SH | LOCK_NB));
  T(flock(other, LOCK_EX | LOCK_NB));
  T(flock(read_only, LOCK_UN));
  T(flock(other, LOCK_EX | LOCK_NB));
  T(flock(fd, LOCK_EX | LOCK_NB));
  T(flock(other, LOCK_SH | LOCK_NB));
  copy = dup(fd);
  T(flock(copy, LOCK_UN));
  T(flock(other, LOCK_EX | LOCK_NB));
  T(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 0, 0));
  close(other);
  T(flock(fd, LOCK_EX | LOCK_NB));
  puts("-- leases");
  T(fcntl(fd, F_GETLEASE));
  T(fcntl(fd, F_SETLEASE, F_RDLCK));
  T(fcntl(fd, F_SETLEASE, 9));
  T(fcntl(read_only, F_SETLEASE, F_WRLCK));
  unlink(name);
  return 0;
}
