/* Watching files: each operation and the events that it makes. */
#include "check.h"
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/xattr.h>

static int fd;
static char buffer[65536] __attribute__((aligned(8)));

static void show_mask(uint32_t mask) {
  static const char *const names[] = {"ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN", "MOVED_FROM", "MOVED_TO",
                                      "CREATE", "DELETE", "DELETE_SELF", "MOVE_SELF", NULL, "UNMOUNT", "Q_OVERFLOW", "IGNORED"};
  for (int bit = 0; bit < 16; bit++)
    if (mask & 1u << bit) printf(" %s", names[bit]);
  if (mask & IN_ISDIR) printf(" ISDIR");
  if (mask & 0x1fff0000) printf(" +%x", mask & 0x1fff0000);
}

/* Reads what is there. Cookies are shown by the order in which they first appear. */
static void show(const char *what) {
  static uint32_t cookies[64];
  static int known;
  printf("-- %s\n", what);
  for (;;) {
    int n = read(fd, buffer, sizeof buffer);
    if (n <= 0) break;
    for (char *at = buffer; at < buffer + n;) {
      struct inotify_event *event = (void *)at;
      int cookie = 0;
      if (event->cookie) {
        for (cookie = 1; cookie <= known && cookies[cookie] != event->cookie; cookie++) continue;
        if (cookie > known) cookies[++known] = event->cookie;
      }
      printf("wd %d:", event->wd);
      show_mask(event->mask);
      printf(" cookie %d len %u", cookie, event->len);
      if (event->len) printf(" %s", event->name);
      puts("");
      at += sizeof *event + event->len;
    }
  }
}

static void errors(void) {
  char small[32];
  T(inotify_init1(1));
  int cloexec = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  T(fcntl(cloexec, F_GETFD));
  T(fcntl(cloexec, F_GETFL) == O_NONBLOCK);
  close(cloexec);
  fd = inotify_init1(IN_NONBLOCK);
  T(inotify_add_watch(fd, "nothing", IN_ALL_EVENTS));
  T(inotify_add_watch(fd, ".", 0));
  T(inotify_add_watch(fd, ".", 0x00100000));
  T(inotify_add_watch(fd, ".", IN_MASK_ADD | IN_MASK_CREATE | IN_OPEN));
  T(inotify_add_watch(99, ".", IN_OPEN));
  T(inotify_add_watch(0, ".", 0));
  T(inotify_add_watch(0, ".", IN_OPEN));
  T(inotify_add_watch(fd, BAD, IN_OPEN));
  T(inotify_rm_watch(fd, 1));
  T(inotify_rm_watch(99, 1));
  T(inotify_rm_watch(0, 1));
  T(read(fd, small, 4));
  T(write(fd, small, 4));
  T(lseek(fd, 0, SEEK_SET));
  put_file("file", "x");
  T(inotify_add_watch(fd, "file", IN_ONLYDIR | IN_OPEN));
  T(symlink("file", "link"));
  T(inotify_add_watch(fd, "link", IN_ONLYDIR | IN_DONT_FOLLOW | IN_OPEN));
  int wd = inotify_add_watch(fd, ".", IN_OPEN | IN_ONLYDIR);
  T(wd);
  T(inotify_add_watch(fd, ".", IN_OPEN | IN_MASK_CREATE));
  T(inotify_add_watch(fd, "./", IN_OPEN) == wd);
  close(open("file", O_RDONLY));
  int bytes = -1;
  T(ioctl(fd, FIONREAD, &bytes));
  T(bytes);
  struct pollfd ready = {fd, POLLIN | POLLOUT | POLLRDNORM};
  T(poll(&ready, 1, 0));
  T(ready.revents);
  T(read(fd, small, 31));
  T(read(fd, small, 32));
  T(read(fd, small, 32));
  T(poll(&ready, 1, 0));
  close(open("file", O_RDONLY));
  T(read(fd, BAD, 32));
  T(read(fd, small, 32));
  T(inotify_rm_watch(fd, wd));
  show("removed");
  T(inotify_rm_watch(fd, wd));
  T(inotify_add_watch(fd, ".", IN_OPEN));
  close(fd);
  if (getuid() != 0) return;
  /* Who may not read may not watch. */
  chmod("file", 0200);
  fd = inotify_init1(IN_NONBLOCK);
  T(seteuid(1000));
  T(inotify_add_watch(fd, "file", IN_OPEN));
  T(seteuid(0));
  close(fd);
}

static void files(void) {
  mkdir("d", 0755);
  fd = inotify_init1(IN_NONBLOCK);
  T(inotify_add_watch(fd, "d", IN_ALL_EVENTS));
  int f = open("d/a", O_RDWR | O_CREAT, 0644);
  show("create");
  T(inotify_add_watch(fd, "d/a", IN_ALL_EVENTS));
  T(write(f, "hello", 5));
  T(write(f, " world", 6));
  T(pwrite(f, "x", 1, 0));
  show("writes are one");
  T(pread(f, buffer, 5, 0));
  T(read(f, buffer, 5));
  show("read at the end");
  T(read(f, buffer, 0));
  T(write(f, "", 0));
  show("nothing moved");
  T(ftruncate(f, 3));
  show("ftruncate");
  T(fchmod(f, 0600));
  T(fchown(f, getuid(), getgid()));
  show("fchmod, fchown");
  T(fchown(f, -1, -1));
  show("fchown of nobody");
  struct timespec both[2] = {{1, 0}, {2, 0}}, access[2] = {{1, 0}, {0, UTIME_OMIT}}, modify[2] = {{0, UTIME_OMIT}, {1, 0}};
  T(futimens(f, both));
  show("both times");
  T(futimens(f, access));
  show("access time");
  T(futimens(f, modify));
  show("modification time");
  T(fallocate(f, 0, 0, 8192));
  show("fallocate");
  int copy = dup(f);
  close(f);
  show("a duplicate is left");
  close(copy);
  show("closed after writing");
  close(open("d/a", O_RDONLY));
  show("opened and closed for reading");
  close(open("d/a", O_WRONLY | O_TRUNC));
  show("truncated by opening");
  close(open("d/a", O_PATH));
  show("O_PATH");
  T(truncate("d/a", 10));
  T(chmod("d/a", 0644));
  show("by name");
  T(link("d/a", "d/b"));
  show("link");
  T(unlink("d/b"));
  show("one of two names");
  f = open("d/a", O_RDONLY);
  T(unlink("d/a"));
  show("unlinked while open");
  T(read(f, buffer, 10));
  T(fchmod(f, 0600));
  show("used without a name");
  close(f);
  show("closed for the last time");
  put_file("d/c", "text");
  show("created by a writer");
  T(inotify_add_watch(fd, "d/c", IN_ALL_EVENTS));
  T(unlink("d/c"));
  show("unlinked while closed");
  int p[2];
  T(pipe(p));
  put_file("d/e", "0123456789");
  show("e");
  f = open("d/e", O_RDONLY);
  T(sendfile(p[1], f, NULL, 5));
  show("sendfile");
  T(splice(f, NULL, p[1], NULL, 3, 0));
  show("splice");
  int g = open("d/g", O_RDWR | O_CREAT, 0600);
  T(copy_file_range(f, &(off_t){0}, g, NULL, 4, 0));
  show("copy_file_range");
  close(g), close(f), close(p[0]), close(p[1]);
  T(symlink("e", "d/s"));
  T(mkfifo("d/f", 0600));
  T(mknod("d/n", S_IFREG | 0600, 0));
  show("others");
  f = open("d/s", O_RDONLY);
  show("by a symbolic link");
  close(f);
  f = open("d/f", O_RDWR);
  close(f);
  show("FIFO");
  T(readlink("d/s", buffer, 10));
  struct stat status;
  T(stat("d/e", &status));
  show("looking");
  T(utimensat(AT_FDCWD, "d/s", NULL, AT_SYMLINK_NOFOLLOW));
  show("the link itself");
  close(fd);
}

static void directories(void) {
  mkdir("top", 0755);
  mkdir("elsewhere", 0755);
  fd = inotify_init1(IN_NONBLOCK);
  T(inotify_add_watch(fd, "top", IN_ALL_EVENTS));
  T(mkdir("top/sub", 0755));
  show("mkdir");
  T(inotify_add_watch(fd, "top/sub", IN_ALL_EVENTS));
  T(inotify_add_watch(fd, "elsewhere", IN_ALL_EVENTS));
  put_file("top/sub/x", "1");
  show("below");
  DIR *dir = opendir("top/sub");
  show("opendir");
  while (readdir(dir)) continue;
  show("readdir");
  closedir(dir);
  show("closedir");
  T(chmod("top/sub", 0700));
  show("chmod");
  T(rename("top/sub/x", "top/sub/y"));
  show("rename within");
  T(inotify_add_watch(fd, "top/sub/y", IN_ALL_EVENTS));
  T(rename("top/sub/y", "elsewhere/z"));
  show("rename across");
  put_file("top/other", "2");
  show("other");
  T(inotify_add_watch(fd, "top/other", IN_ALL_EVENTS));
  T(rename("top/other", "elsewhere/z"));
  show("rename over");
  T(rename("top/sub", "elsewhere/moved"));
  show("rename of a directory");
  put_file("elsewhere/one", "1");
  put_file("elsewhere/two", "2");
  show("one, two");
  T(syscall(SYS_renameat2, AT_FDCWD, "elsewhere/one", AT_FDCWD, "elsewhere/two", 2));
  show("exchange");
  T(link("elsewhere/one", "elsewhere/same"));
  show("same");
  T(rename("elsewhere/one", "elsewhere/same"));
  show("two names of one file");
  T(rmdir("elsewhere/moved"));
  show("rmdir");
  mkdir("top/e1", 0755), mkdir("top/e2", 0755);
  show("e1, e2");
  T(inotify_add_watch(fd, "top/e2", IN_ALL_EVENTS));
  T(rename("top/e1", "top/e2"));
  show("rename over an empty directory");
  int f = open("top", O_TMPFILE | O_RDWR, 0600);
  T(write(f, "x", 1));
  close(f);
  printf("tmpfile: %d\n", read(fd, buffer, sizeof buffer) > 0);
  close(fd);
}

static void manners(void) {
  mkdir("m", 0755);
  fd = inotify_init1(IN_NONBLOCK);
  int wd = inotify_add_watch(fd, "m", IN_CREATE | IN_ONESHOT);
  T(wd);
  put_file("m/a", "1");
  put_file("m/b", "1");
  show("one shot");
  T(inotify_add_watch(fd, "m", IN_CREATE));
  T(inotify_add_watch(fd, "m", IN_DELETE | IN_MASK_ADD));
  put_file("m/c", "1");
  unlink("m/c");
  show("added");
  T(inotify_add_watch(fd, "m", IN_DELETE));
  put_file("m/c", "1");
  unlink("m/c");
  show("replaced");
  int f = open("m/a", O_RDWR);
  T(inotify_add_watch(fd, "m", IN_ALL_EVENTS | IN_EXCL_UNLINK));
  unlink("m/a");
  T(write(f, "x", 1));
  T(fchmod(f, 0600));
  close(f);
  show("without names left out");
  T(inotify_add_watch(fd, "m/b", IN_MODIFY));
  T(inotify_add_watch(fd, "m", IN_MODIFY));
  put_file("m/b", "12");
  show("both");
  T(inotify_rm_watch(fd, 3));
  show("removed");
  /* Equal events in a row are one; others between them keep them apart. */
  f = open("m/b", O_RDWR);
  int g = open("m/q", O_RDWR | O_CREAT, 0600);
  for (int i = 0; i < 5; i++) write(f, "x", 1);
  write(g, "x", 1), write(f, "x", 1), write(f, "x", 1);
  close(f), close(g);
  show("coalescing");
  /* Names are padded to 16. */
  char name[300] = "m/";
  int lengths[] = {15, 16, 31, 255};
  inotify_add_watch(fd, "m", IN_CREATE);
  for (int i = 0; i < 4; i++) {
    memset(name + 2, 'n', lengths[i]);
    name[2 + lengths[i]] = 0;
    mknod(name, S_IFREG | 0600, 0);
    unlink(name);
  }
  show("long names");
  close(fd);
}

static void executing(char *self) {
  int status;
  mkdir("x", 0755);
  int from = open("/proc/self/exe", O_RDONLY), to = open("x/program", O_WRONLY | O_CREAT, 0755);
  while (sendfile(to, from, NULL, 1 << 20) > 0) continue;
  close(from), close(to);
  put_file("x/script", "#!x/program again\n");
  chmod("x/script", 0755);
  fd = inotify_init1(IN_NONBLOCK);
  T(inotify_add_watch(fd, "x", IN_OPEN | IN_ACCESS | IN_MODIFY));
  const char *const names[] = {"x/program", "x/script"};
  for (int i = 0; i < 2; i++) {
    if (fork() == 0) {
      execl(names[i], names[i], "again", NULL);
      _exit(99);
    }
    wait(&status);
    T(WEXITSTATUS(status));
    show(names[i]);
  }
  close(fd);
}

static void *writer(void *argument) {
  usleep(5000);
  put_file("w/x", "1");
  return NULL;
}

static void waiting(void) {
  mkdir("w", 0755);
  fd = inotify_init1(0);
  pthread_t thread;
  T(inotify_add_watch(fd, "w", IN_CREATE));
  pthread_create(&thread, NULL, writer, NULL);
  T(read(fd, buffer, sizeof buffer));
  pthread_join(thread, NULL);
  unlink("w/x");
  pthread_create(&thread, NULL, writer, NULL);
  struct pollfd ready = {fd, POLLIN};
  T(poll(&ready, 1, -1));
  pthread_join(thread, NULL);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  show("polled");
  /* The queue has an end. */
  FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
  int limit = 0;
  T(fscanf(file, "%d", &limit));
  fclose(file);
  T(inotify_add_watch(fd, "w", IN_OPEN | IN_CLOSE));
  for (int i = 0; i < limit; i++) close(open("w/x", O_RDONLY));
  int count = 0, overflow = 0, bytes;
  T(ioctl(fd, FIONREAD, &bytes));
  T(bytes == limit * 32 + 16);
  for (int n; (n = read(fd, buffer, sizeof buffer)) > 0;)
    for (char *at = buffer; at < buffer + n; at += sizeof(struct inotify_event) + ((struct inotify_event *)at)->len) {
      struct inotify_event *event = (void *)at;
      count++;
      if (event->mask & IN_Q_OVERFLOW) overflow++, printf("overflow: wd %d len %d at the end %d\n", event->wd, event->len, count == limit + 1);
    }
  T(count == limit + 1);
  T(overflow);
  close(open("w/x", O_RDONLY));
  show("goes on");
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  file = fopen(path, "r");
  while (fgets(line, sizeof line, file))
    if (strncmp(line, "inotify", 7) == 0) {
      unsigned wd, mask, ignored;
      unsigned long ino, dev;
      struct stat status;
      stat("w", &status);
      T(sscanf(line, "inotify wd:%x ino:%lx sdev:%lx mask:%x ignored_mask:%x", &wd, &ino, &dev, &mask, &ignored));
      printf("%d %d %x %x\n", wd, ino == status.st_ino, mask, ignored);
    }
  fclose(file);
  close(fd);
}

int main(int argc, char **argv) {
  if (argc > 1) return 7;
  setvbuf(stdout, NULL, _IOLBF, 0);
  errors();
  files();
  directories();
  manners();
  executing(argv[0]);
  waiting();
  return 0;
}
