/* openat2 and extended attributes; epoll_pwait2. */
#include "check.h"
#include <linux/openat2.h>
#include <sys/epoll.h>
#include <sys/xattr.h>
#include <time.h>

static struct open_how how;

static long openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve, size_t size) {
  how = (struct open_how){flags, mode, resolve};
  long fd = syscall(SYS_openat2, dirfd, path, &how, size);
  if (fd >= 0) close(fd);
  return fd >= 0 ? 0 : -1;
}

static void opens(void) {
  size_t size = sizeof how;
  mkdir("o", 0755), mkdir("o/in", 0755);
  put_file("o/f", "f");
  symlink("f", "o/link"), symlink("/", "o/root"), symlink("../o", "o/out"), symlink("in/../f", "o/inner");
  int dir = open("o", O_PATH);
  T(openat2(dir, "f", O_RDONLY, 0, 0, size));
  T(openat2(dir, "f", O_RDONLY, 0, 0, size - 1));
  T(openat2(dir, "f", O_RDONLY, 0, 0, 5000));
  T(openat2(dir, "f", O_RDONLY, 0600, 0, size));
  T(openat2(dir, "new", O_RDWR | O_CREAT, 0600, 0, size));
  T(openat2(dir, "new", O_RDWR | O_CREAT, 010000, 0, size));
  T(openat2(dir, "f", 1UL << 40, 0, 0, size));
  T(openat2(dir, "f", 040000000, 0, 0, size));
  T(openat2(dir, "f", O_PATH | O_RDWR, 0, 0, size));
  T(openat2(dir, "f", O_PATH | O_NOFOLLOW | O_CLOEXEC, 0, 0, size));
  T(openat2(dir, "f", O_RDONLY, 0, 0x100, size));
  T(openat2(dir, "f", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT, size));
  T(openat2(dir, "link", O_RDONLY, 0, RESOLVE_NO_SYMLINKS, size));
  T(openat2(dir, "f", O_RDONLY, 0, RESOLVE_NO_SYMLINKS, size));
  T(openat2(dir, "link", O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS, size));
  T(openat2(dir, "../o/f", O_RDONLY, 0, RESOLVE_BENEATH, size));
  T(openat2(dir, "in/../f", O_RDONLY, 0, RESOLVE_BENEATH, size));
  T(openat2(dir, "inner", O_RDONLY, 0, RESOLVE_BENEATH, size));
  T(openat2(dir, "/etc", O_RDONLY, 0, RESOLVE_BENEATH, size));
  T(openat2(dir, "root", O_RDONLY, 0, RESOLVE_BENEATH, size));
  T(openat2(dir, "out/f", O_RDONLY, 0, RESOLVE_BENEATH, size));
  T(openat2(dir, "out/f", O_RDONLY, 0, RESOLVE_IN_ROOT, size));
  T(openat2(dir, "../../../f", O_RDONLY, 0, RESOLVE_IN_ROOT, size));
  T(openat2(dir, "/f", O_RDONLY, 0, RESOLVE_IN_ROOT, size));
  T(openat2(dir, "root/f", O_RDONLY, 0, RESOLVE_IN_ROOT, size));
  T(openat2(dir, "/proc/self/cwd", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS, size));
  T(openat2(AT_FDCWD, "/proc/self", O_RDONLY, 0, RESOLVE_NO_XDEV, size));
  T(openat2(dir, "f", O_RDWR | O_TRUNC, 0, RESOLVE_CACHED, size));
  T(syscall(SYS_openat2, dir, "f", BAD, size));
  T(syscall(SYS_openat2, dir, BAD, &how, size));
  close(dir);
}

static void attributes(void) {
  char value[100] = "", list[200];
  put_file("x", "x");
  int fd = open("x", O_RDWR), path = open("x", O_PATH);
  T(getxattr("x", "user.none", value, sizeof value));
  T(setxattr("x", "user.one", "1", 1, XATTR_REPLACE));
  T(setxattr("x", "user.one", "first", 5, 0));
  T(setxattr("x", "user.one", "again", 5, XATTR_CREATE));
  T(fsetxattr(fd, "user.two", "", 0, 0));
  T(getxattr("x", "user.one", value, sizeof value));
  T(memcmp(value, "first", 5));
  T(getxattr("x", "user.one", value, 0));
  T(getxattr("x", "user.one", value, 3));
  T(getxattr("x", "user.one", BAD, 10));
  T(fgetxattr(fd, "user.two", value, sizeof value));
  T(fgetxattr(path, "user.two", value, sizeof value));
  T(flistxattr(fd, list, 0));
  T(flistxattr(fd, list, 3));
  T(flistxattr(fd, list, sizeof list));
  T(removexattr("x", "user.one"));
  T(removexattr("x", "user.one"));
  T(flistxattr(fd, list, sizeof list));
  T(strcmp(list, "user.two"));
  T(setxattr("x", "bogus.name", "1", 1, 0));
  T(setxattr("x", "", "1", 1, 0));
  T(setxattr("x", "user.", "1", 1, 0));
  T(setxattr("x", "user.v", "1", 1, 7));
  T(setxattr("x", "user.v", BAD, 1, 0));
  T(setxattr("x", "user.v", "1", 70000, 0));
  T(setxattr("x", BAD, "1", 1, 0));
  T(getxattr("missing", "user.v", value, 10));
  T(symlink("x", "l"));
  T(lsetxattr("l", "user.v", "1", 1, 0));
  T(lgetxattr("l", "user.two", value, 10));
  T(llistxattr("l", list, sizeof list));
  T(getxattr("l", "user.two", value, 10));
  close(fd), close(path);
}

static void waiting(void) {
  int ep = epoll_create1(0);
  struct epoll_event event;
  struct timespec short_time = {0, 1000000}, bad = {0, -1};
  T(syscall(SYS_epoll_pwait2, ep, &event, 1, &short_time, NULL, 8));
  T(syscall(SYS_epoll_pwait2, ep, &event, 1, &bad, NULL, 8));
  T(syscall(SYS_epoll_pwait2, ep, &event, 0, NULL, NULL, 8));
  close(ep);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  opens();
  attributes();
  waiting();
  return 0;
}
