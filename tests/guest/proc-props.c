/* Files of /proc/self that set a property: what is accepted, what is read afterwards. Then the same without privileges; and what io counts. */
#include "check.h"
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static void show(const char *name) {
  char path[100], text[200];
  snprintf(path, sizeof path, "/proc/self/%s", name);
  int fd = open(path, O_RDONLY);
  int got = fd < 0 ? -1 : read(fd, text, sizeof text);
  printf("  %s: %.*s", name, got < 0 ? 0 : got, text);
  if (got < 0) printf("%s\n", strerrorname_np(errno));
  close(fd);
}

static void set(const char *name, const char *text) {
  char path[100];
  snprintf(path, sizeof path, "/proc/self/%s", name);
  int fd = open(path, O_WRONLY);
  int put = fd < 0 ? -1 : write(fd, text, strlen(text));
  printf("%s <- '%s': %d %s\n", name, text, put, put < 0 ? strerrorname_np(errno) : "");
  close(fd);
  show(name);
}

static void oom(void) {
  const char *scores[] = {"0", "500", "1000\n", "1001", "-1", "0x10", "010", " 7 ", "7 8", "", "x", "12345678901234", "+3"};
  for (unsigned i = 0; i < sizeof scores / sizeof *scores; i++) set("oom_score_adj", scores[i]);
  show("oom_adj");
  const char *old[] = {"-17", "15", "16", "-18", "8", "-1", "0"};
  for (unsigned i = 0; i < sizeof old / sizeof *old; i++) {
    set("oom_adj", old[i]);
    show("oom_score_adj");
  }
}

static void others(void) {
  const char *filters[] = {"0x33", "0xffffffff", "0x1ffffffff", "-1", "7\n", "0", "x"};
  for (unsigned i = 0; i < sizeof filters / sizeof *filters; i++) set("coredump_filter", filters[i]);
  const char *slacks[] = {"1", "1000000000000", "0", "-1", "99999999999999999999", "70000\n"};
  for (unsigned i = 0; i < sizeof slacks / sizeof *slacks; i++) set("timerslack_ns", slacks[i]);
  printf("%d\n", prctl(PR_GET_TIMERSLACK));
  show("personality");
}

/* How long the text was: that reading is counted the next time. */
static int counts(long out[4]) {
  char text[400];
  int fd = open("/proc/self/io", O_RDONLY);
  int got = read(fd, text, sizeof text - 1);
  text[got < 0 ? 0 : got] = 0;
  close(fd);
  sscanf(text, "rchar: %ld\nwchar: %ld\nsyscr: %ld\nsyscw: %ld\n", out, out + 1, out + 2, out + 3);
  return got;
}

static long before[4];
static int own;

static void begin(void) {
  own = counts(before);
}

static void end(const char *what) {
  long after[4];
  counts(after);
  printf("%-10s %ld %ld %ld %ld\n", what, after[0] - before[0] - own, after[1] - before[1], after[2] - before[2] - 1, after[3] - before[3]);
}

static void io(void) {
  char bytes[3000] = {0};
  int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
  struct iovec two[2] = {{bytes, 10}, {bytes, 20}};
  begin();
  end("nothing");
  begin();
  write(fd, bytes, 3000);
  end("write");
  begin();
  pread(fd, bytes, 100, 0);
  pread(fd, bytes, 100, 2950);
  end("pread");
  begin();
  pread(fd, bytes, 100, 3000);
  read(-1, bytes, 1);
  read(fd, (void *)-4096L, 1);
  end("none");
  begin();
  preadv(fd, two, 2, 0);
  pwritev(fd, two, 2, 0);
  end("vectors");
  begin();
  int to = open("copy", O_RDWR | O_CREAT | O_TRUNC, 0600);
  off_t at = 0;
  sendfile(to, fd, &at, 1234);
  end("sendfile");
  begin();
  int ends[2];
  pipe2(ends, O_NONBLOCK);
  read(ends[0], bytes, 5);
  write(ends[1], bytes, 5);
  read(ends[0], bytes, 50);
  end("pipe");
}

/* Whether root may lower a score depends on where the test runs. */
static void drop_resource(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  syscall(SYS_capget, &header, data);
  data[0].effective &= ~(1u << CAP_SYS_RESOURCE);
  syscall(SYS_capset, &header, data);
}

int main(void) {
  drop_resource();
  set("oom_score_adj", "0");
  oom();
  others();
  io();
  fflush(stdout);
  set("oom_score_adj", "100");
  setgroups(0, NULL);
  setgid(1000);
  setuid(1000);
  prctl(PR_SET_DUMPABLE, 1);
  set("oom_score_adj", "99");
  set("oom_score_adj", "101");
  set("oom_score_adj", "100");
  set("oom_adj", "0");
  set("oom_adj", "5");
  set("coredump_filter", "0x7");
  set("timerslack_ns", "123");
  if (fork() == 0) {
    show("oom_score_adj");
    show("coredump_filter");
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  return 0;
}
