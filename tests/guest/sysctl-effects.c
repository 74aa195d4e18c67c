/* What sysctls change. Only for a machine of its own: it must be root, and puts nothing back. */
#include "check.h"
#include <sys/inotify.h>

static int set(const char *name, const char *text) {
  char path[100];
  snprintf(path, sizeof path, "/proc/sys/%s", name);
  int fd = open(path, O_WRONLY);
  int done = fd < 0 ? -1 : write(fd, text, strlen(text));
  close(fd);
  return done;
}

static int child(void) {
  int pid = fork();
  if (pid == 0) _exit(0);
  waitpid(pid, NULL, 0);
  return pid;
}

static void pids(void) {
  T(set("kernel/ns_last_pid", "5000"));
  T(child());
  T(set("kernel/pid_max", "5003"));
  T(child());
  T(child());
  T(child());
  T(set("kernel/pid_max", "4194304"));
  T(set("kernel/ns_last_pid", "100000"));
  T(child());
}

static void threads(void) {
  T(set("kernel/threads-max", "20"));
  int pids[30], made = 0;
  for (int i = 0; i < 30; i++) {
    pids[i] = fork();
    if (pids[i] == 0) {
      pause();
      _exit(0);
    }
    if (pids[i] > 0) made++;
  }
  printf("%d children, %s\n", made, strerrorname_np(errno));
  for (int i = 0; i < 30; i++) {
    if (pids[i] > 0) kill(pids[i], SIGKILL);
  }
  while (wait(NULL) > 0) {
  }
  T(set("kernel/threads-max", "100000000"));
}

static void watches(void) {
  T(set("fs/inotify/max_user_instances", "1"));
  int fd = inotify_init1(0);
  T(inotify_init1(0));
  T(set("fs/inotify/max_user_watches", "1"));
  OK(inotify_add_watch(fd, "/proc", IN_OPEN));
  T(inotify_add_watch(fd, "/", IN_OPEN));
  T(set("fs/inotify/max_user_watches", "524288"));
  OK(inotify_add_watch(fd, "/", IN_OPEN));
}

static void files(void) {
  char text[100];
  int fd = open("/proc/sys/fs/file-nr", O_RDONLY);
  int before, open_now, most;
  text[read(fd, text, 99)] = 0;
  sscanf(text, "%d 0 %d", &before, &most);
  int more[5];
  for (int i = 0; i < 5; i++) more[i] = open("/", O_RDONLY);
  text[pread(fd, text, 99, 0)] = 0;
  sscanf(text, "%d", &open_now);
  printf("%d more\n", open_now - before);
  sprintf(text, "%d", open_now + 1);
  set("fs/file-max", text);
  printf("%d\n", open("/", O_RDONLY) >= 0);
  printf("%s\n", open("/", O_RDONLY) < 0 ? strerrorname_np(errno) : "more than allowed");
  close(more[0]);
  close(more[1]);
  sprintf(text, "%d", most);
  T(set("fs/file-max", text) > 0);
  for (int i = 2; i < 5; i++) close(more[i]);
  int ends[2];
  pipe(ends);
  T(set("fs/pipe-max-size", "5000"));
  setuid(1000);
  T(fcntl(ends[0], F_SETPIPE_SZ, 8192));
  T(fcntl(ends[0], F_SETPIPE_SZ, 131072));
}

int main(void) {
  pids();
  threads();
  watches();
  files();
  return 0;
}
