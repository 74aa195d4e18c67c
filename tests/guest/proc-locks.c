/* /proc/locks and the locks in /proc/self/fdinfo: of each kind, held and waited for. */
#include "check.h"
#include <sys/file.h>

static int me, posix, whole;
static ino_t first;

static const char *who(int pid) {
  return pid == -1 ? "-1" : pid == me ? "me" : pid == posix ? "posix" : pid == whole ? "whole" : NULL;
}

/* Lines of others' locks are left out; numbers depend on them in the list of all. */
static void line(const char *text, int numbered) {
  int number, pid, used = 0;
  unsigned major, minor;
  unsigned long ino;
  char what[40];
  const char *colon = strchr(text, ':');
  const char *arrow = strncmp(colon + 2, "-> ", 3) == 0 ? "-> " : "";
  const char *rest = colon + 2 + strlen(arrow);
  number = atoi(text);
  if (sscanf(rest + 23, "%d %x:%x:%lu %n", &pid, &major, &minor, &ino, &used) < 4) {
    printf("? %s\n", text);
    return;
  }
  if (who(pid) == NULL) return;
  if (numbered) printf("%d: ", number);
  printf("%s'%.22s' %s %s %s\n", arrow, rest, who(pid), ino == first ? "a" : "b", rest + 23 + used);
}

static void show(const char *path, const char *prefix) {
  char text[8000];
  int fd = open(path, O_RDONLY);
  int got = read(fd, text, sizeof text - 1);
  text[got < 0 ? 0 : got] = 0;
  close(fd);
  for (char *at = strtok(text, "\n"); at != NULL; at = strtok(NULL, "\n")) {
    if (strncmp(at, prefix, strlen(prefix)) == 0) line(at + strlen(prefix), *prefix != 0);
  }
  printf("--\n");
}

static void show_fd(int fd) {
  char path[60];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  show(path, "lock:\t");
}

static int lock(int fd, int command, int type, int start, int length) {
  struct flock wanted = {.l_type = type, .l_start = start, .l_len = length};
  return fcntl(fd, command, &wanted);
}

int main(void) {
  int a = open("a", O_RDWR | O_CREAT, 0600), b = open("b", O_RDWR | O_CREAT, 0600), again = open("a", O_RDWR);
  struct stat st;
  fstat(a, &st);
  first = st.st_ino;
  me = getpid();
  T(lock(a, F_SETLK, F_WRLCK, 10, 5));
  T(lock(a, F_SETLK, F_WRLCK, 100, 0));
  T(flock(b, LOCK_EX));
  T(lock(again, F_OFD_SETLK, F_WRLCK, 0, 3));
  fflush(stdout);
  if ((posix = fork()) == 0) {
    lock(a, F_SETLKW, F_WRLCK, 11, 1);
    _exit(0);
  }
  if ((whole = fork()) == 0) {
    flock(open("b", O_RDWR), LOCK_EX);
    _exit(0);
  }
  until_asleep(posix, posix);
  until_asleep(whole, whole);
  show("/proc/locks", "");
  show_fd(a);
  show_fd(b);
  show_fd(again);
  kill(posix, SIGKILL);
  kill(whole, SIGKILL);
  wait(NULL);
  wait(NULL);
  T(lock(a, F_SETLK, F_UNLCK, 100, 0));
  T(flock(b, LOCK_UN));
  show("/proc/locks", "");
  show_fd(a);
  show_fd(b);
  close(again);
  show("/proc/locks", "");
  return 0;
}
