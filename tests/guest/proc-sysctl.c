/* What files of /proc/sys accept. Natively it changes names in a namespace of its own, and puts the rest back. */
#include "check.h"
#include <grp.h>
#include <sched.h>
#include <sys/utsname.h>

static int put(const char *name, const char *text) {
  char path[100];
  snprintf(path, sizeof path, "/proc/sys/%s", name);
  int fd = open(path, O_WRONLY | O_TRUNC);
  int done = fd < 0 ? -1 : write(fd, text, strlen(text));
  int error = errno;
  close(fd);
  errno = error;
  return done;
}

static const char *get(const char *name) {
  static char text[200];
  char path[100];
  snprintf(path, sizeof path, "/proc/sys/%s", name);
  int fd = open(path, O_RDONLY);
  int got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  text[got < 0 ? 0 : got] = 0;
  close(fd);
  return got < 0 ? strerrorname_np(errno) : text;
}

static void set(const char *name, const char *text) {
  int done = put(name, text);
  printf("%s <- '%s': %d %s\n", name, text, done, done < 0 ? strerrorname_np(errno) : "");
}

static void numbers(void) {
  char before[200];
  strcpy(before, get("vm/swappiness"));
  const char *values[] = {"10", "\t 20\n", "0x1e", "024", "200", "201", "-1", "+5", "5x", "x", "", " ", "\n", "08", "99999999999", "-99999999999",
                          "99999999999999999999999", "0"};
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
    set("vm/swappiness", values[i]);
    printf("  %s", get("vm/swappiness"));
  }
  put("vm/swappiness", before);
  strcpy(before, get("fs/file-max"));
  const char *sizes[] = {"-5", "x", "5 x", "99999999999999999999"};
  for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    if (i != 2) set("fs/file-max", sizes[i]);
    printf("  same: %d\n", strcmp(before, get("fs/file-max")) == 0);
  }
  const char *drops[] = {"0", "-1", "x", ""};
  for (unsigned i = 0; i < sizeof drops / sizeof *drops; i++) set("vm/drop_caches", drops[i]);
  set("kernel/pid_max", "300");
  set("kernel/pid_max", "4194305");
  set("fs/pipe-max-size", "-4096");
}

static void names(void) {
  struct utsname name;
  unshare(CLONE_NEWUTS);
  const char *values[] = {"first", "second\n", "third\nfourth\n", "a-name-that-is-longer-than-the-sixty-four-characters-that-a-name-may-have-at-most", "x y", "", "\n"};
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
    set("kernel/hostname", values[i]);
    uname(&name);
    printf("  '%s' %s", name.nodename, get("kernel/hostname"));
  }
  set("kernel/domainname", "example.org");
  uname(&name);
  printf("  '%s'\n", name.domainname);
}

/* Two writes through one descriptor, and writes at a position. */
static void again(const char *name, const char *first, const char *second, long at) {
  char path[100];
  snprintf(path, sizeof path, "/proc/sys/%s", name);
  int fd = open(path, O_WRONLY);
  write(fd, first, strlen(first));
  long done = at < 0 ? write(fd, second, strlen(second)) : pwrite(fd, second, strlen(second), at);
  printf("%s <- '%s', then '%s' at %ld: %ld, position %ld: %s", name, first, second, at, done, (long)lseek(fd, 0, SEEK_CUR), get(name));
  close(fd);
}

static void positions(void) {
  char before[200];
  strcpy(before, get("vm/swappiness"));
  again("vm/swappiness", "30", "40", -1);
  again("vm/swappiness", "30", "x", -1);
  again("vm/swappiness", "30", "50", 0);
  again("vm/swappiness", "30", "50", 1);
  put("vm/swappiness", before);
  again("kernel/hostname", "one", "two", -1);
  again("kernel/hostname", "one\n", "two", -1);
  again("kernel/hostname", "one", "two", 1);
  again("kernel/hostname", "one", "two", 0);
  again("kernel/hostname", "one", "two", 3);
  again("kernel/hostname", "one", "two", 4);
}

static void modes(void) {
  static const char *files[] = {"kernel/hostname",    "kernel/osrelease",  "kernel/ostype",     "kernel/version",       "kernel/pid_max",
                                "kernel/ngroups_max", "kernel/random/uuid", "vm/drop_caches",   "vm/compact_memory",    "vm/swappiness",
                                "fs/file-nr",         "fs/file-max",       "fs/inotify/max_user_watches", "kernel/cap_last_cap"};
  struct stat st;
  for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
    char path[100];
    snprintf(path, sizeof path, "/proc/sys/%s", files[i]);
    stat(path, &st);
    int reading = open(path, O_RDONLY);
    int read_error = errno;
    int writing = open(path, O_WRONLY);
    printf("%s %o %d %ld r:%s w:%s\n", files[i], st.st_mode, st.st_nlink, st.st_size, reading < 0 ? strerrorname_np(read_error) : "yes",
           writing < 0 ? strerrorname_np(errno) : "yes");
    close(reading);
    close(writing);
  }
  T(open("/proc/sys/kernel/none", O_WRONLY | O_CREAT, 0600));
  T(chmod("/proc/sys/kernel/hostname", 0666));
  T(unlink("/proc/sys/kernel/hostname"));
  T(mkdir("/proc/sys/kernel/d", 0700));
}

int main(void) {
  numbers();
  names();
  positions();
  modes();
  setgroups(0, NULL);
  setgid(1000);
  setuid(1000);
  modes();
  set("kernel/ns_last_pid", "400");
  return 0;
}
