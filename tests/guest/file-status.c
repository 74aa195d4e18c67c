/* What files are and how that changes: stat, statx, chmod, chown, times, sizes; as root and as an ordinary user. */
#include "check.h"
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static struct stat st;

static void shape(const char *what) {
  printf("%s: type %o mode %04o links %ld uid %d gid %d size %ld blksize %ld\n", what, st.st_mode >> 12, st.st_mode & 07777, (long)st.st_nlink, st.st_uid,
         st.st_gid, S_ISDIR(st.st_mode) ? -1L : (long)st.st_size, (long)st.st_blksize);
}

static void stats(void) {
  put_file("s", "0123456789");
  T(stat("s", &st));
  shape("file");
  T(chmod("s", 04755));
  T(stat("s", &st));
  shape("file");
  T(mkdir("sd", 0750));
  T(stat("sd", &st));
  shape("dir");
  T(mkdir("sd/x", 0750));
  T(stat("sd", &st));
  shape("dir with dir");
  T(symlink("s", "sl"));
  T(lstat("sl", &st));
  shape("link");
  T(stat("sl", &st));
  shape("through link");
  T(stat("missing", &st));
  T(stat("s/x", &st));
  T(stat("", &st));
  T(stat("s", BAD));
  T(stat(BAD, &st));
  T(fstat(-1, &st));
  int fd = open("s", O_PATH);
  T(fstat(fd, &st));
  T(fstatat(fd, "", &st, AT_EMPTY_PATH));
  shape("fd");
  T(fstatat(fd, "", &st, 0));
  T(fstatat(fd, "x", &st, 0));
  T(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
  T(S_ISDIR(st.st_mode));
  T(fstatat(AT_FDCWD, "s", &st, 0x10));
  close(fd);
  int p[2];
  T(pipe(p));
  T(fstat(p[0], &st));
  shape("pipe");
  T(stat("/dev/null", &st));
  T(S_ISCHR(st.st_mode));
  T(st.st_rdev == makedev(1, 3));
  T(mknod("fifo", S_IFIFO | 0606, 0));
  T(stat("fifo", &st));
  shape("fifo");
  T(unlink("fifo"));
}

static void statxs(void) {
  struct statx sx, before;
  T(statx(AT_FDCWD, "s", 0, STATX_ALL, &sx));
  T((sx.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
  T(sx.stx_size);
  T(sx.stx_mode);
  T(sx.stx_nlink);
  T(stat("s", &st));
  T(sx.stx_ino == st.st_ino);
  T(makedev(sx.stx_dev_major, sx.stx_dev_minor) == st.st_dev);
  T(sx.stx_mtime.tv_sec == st.st_mtim.tv_sec && sx.stx_mtime.tv_nsec == st.st_mtim.tv_nsec);
  T(sx.stx_ctime.tv_sec == st.st_ctim.tv_sec);
  T(sx.stx_blocks == st.st_blocks);
  T(statx(AT_FDCWD, "s", 0x4000 | 0x2000, STATX_ALL, &sx));
  T(statx(AT_FDCWD, "s", 0x1, STATX_ALL, &sx));
  T(statx(AT_FDCWD, "s", 0, 0x80000000, &sx));
  T(statx(AT_FDCWD, "s", 0, STATX_ALL, BAD));
  T(statx(AT_FDCWD, "sl", AT_SYMLINK_NOFOLLOW, STATX_ALL, &before));
  T(S_ISLNK(before.stx_mode));
  T(statx(0, "", 0, STATX_ALL, &sx));
}

static void modes(void) {
  T(chmod("missing", 0644));
  T(chmod("s", 0600));
  T(fchmodat(AT_FDCWD, "s", 0640, 0));
  int fd = open("s", O_RDONLY), path = open("s", O_PATH);
  T(fchmod(fd, 0604));
  T(fchmod(path, 0604));
  T(fchmod(-1, 0604));
  T(fstat(fd, &st));
  shape("fchmod");
  T(syscall(452, AT_FDCWD, "sl", 0600, AT_SYMLINK_NOFOLLOW));
  T(syscall(452, AT_FDCWD, "s", 0611, 0));
  T(syscall(452, path, "", 0622, AT_EMPTY_PATH));
  T(syscall(452, AT_FDCWD, "s", 0611, 0x1));
  T(fstat(fd, &st));
  shape("fchmodat2");
  T(fchown(fd, -1, -1));
  T(fchown(path, -1, -1));
  T(chown("missing", -1, -1));
  T(fchownat(AT_FDCWD, "s", -1, -1, 0x1));
  close(fd), close(path);
}

static void times(void) {
  struct timespec t[2] = {{100, 5}, {200, 6}};
  int fd = open("s", O_RDWR);
  T(utimensat(AT_FDCWD, "s", t, 0));
  T(stat("s", &st));
  T(st.st_atim.tv_sec * 1000 + st.st_atim.tv_nsec);
  T(st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec);
  T(st.st_ctim.tv_sec > 1000000000);
  t[0].tv_nsec = UTIME_OMIT, t[1].tv_sec = -5, t[1].tv_nsec = 999999999;
  T(futimens(fd, t));
  T(stat("s", &st));
  T(st.st_atim.tv_sec * 1000 + st.st_atim.tv_nsec);
  T(st.st_mtim.tv_sec * 1000);
  T(st.st_mtim.tv_nsec);
  t[0].tv_nsec = UTIME_NOW;
  T(futimens(fd, t));
  T(stat("s", &st));
  T(st.st_atim.tv_sec > 1000000000);
  t[0].tv_nsec = 1000000000;
  T(futimens(fd, t));
  t[0].tv_nsec = -1;
  T(futimens(fd, t));
  T(utimensat(AT_FDCWD, "missing", NULL, 0));
  T(utimensat(AT_FDCWD, "s", BAD, 0));
  T(syscall(SYS_utimensat, AT_FDCWD, NULL, NULL, 0));
  T(syscall(SYS_utimensat, fd, NULL, NULL, AT_SYMLINK_NOFOLLOW));
  T(syscall(SYS_utimensat, AT_FDCWD, "s", NULL, 0x4000));
  T(syscall(SYS_utimensat, -1, NULL, NULL, 0));
  t[0].tv_nsec = t[1].tv_nsec = UTIME_OMIT;
  T(utimensat(AT_FDCWD, "missing", t, 0));
  t[0] = (struct timespec){1, 0}, t[1] = (struct timespec){2, 0};
  T(utimensat(AT_FDCWD, "sl", t, AT_SYMLINK_NOFOLLOW));
  T(lstat("sl", &st));
  T(st.st_mtim.tv_sec);
  /* Writing and truncating move mtime, reading does not. */
  T(futimens(fd, t));
  char c;
  T(read(fd, &c, 1));
  T(fstat(fd, &st));
  T(st.st_mtim.tv_sec);
  T(pwrite(fd, "x", 1, 0));
  T(fstat(fd, &st));
  T(st.st_mtim.tv_sec > 1000);
  T(futimens(fd, t));
  T(ftruncate(fd, 10));
  T(fstat(fd, &st));
  T(st.st_mtim.tv_sec > 1000);
  close(fd);
}

static void sizes(void) {
  int fd = open("size", O_RDWR | O_CREAT, 0644), rd = open("size", O_RDONLY);
  T(truncate("size", 1000));
  T(truncate("size", -1));
  T(truncate("missing", 1));
  T(truncate(".", 1));
  T(ftruncate(fd, 500));
  T(ftruncate(rd, 500));
  T(fallocate(fd, 0, 0, 2000));
  T(fstat(fd, &st));
  T(st.st_size);
  T(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 100000));
  T(fstat(fd, &st));
  T(st.st_size);
  T(st.st_blocks >= 100000 / 512);
  T(fallocate(fd, 0, -1, 10));
  T(fallocate(fd, 0, 0, 0));
  T(fallocate(rd, 0, 0, 10));
  T(fallocate(-1, 0, 0, 10));
  T(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10));
  T(fallocate(fd, 0x1000, 0, 10));
  T(pwrite(fd, "data all over", 13, 0));
  T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2, 5));
  char back[20] = "";
  T(pread(fd, back, 13, 0));
  T(back[0] == 'd' && back[2] == 0 && back[6] == 0 && back[7] == 'l');
  /* Linux has it on some file systems only. */
  T(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 3000) == 0 || errno == EOPNOTSUPP);
  int p[2];
  T(pipe(p));
  T(fallocate(p[1], 0, 0, 10));
  int dir = open(".", O_RDONLY);
  T(fallocate(dir, 0, 0, 10));
  close(fd), close(rd), close(p[0]), close(p[1]), close(dir);
}

static void systems(void) {
  struct statfs fs;
  T(statfs(".", &fs));
  T(fs.f_bsize);
  T(fs.f_namelen);
  T(fs.f_blocks >= fs.f_bfree && fs.f_bfree >= fs.f_bavail);
  T(statfs("missing", &fs));
  T(statfs(".", BAD));
  T(fstatfs(-1, &fs));
  T(statfs("/proc", &fs));
  T(fs.f_type == 0x9fa0);
}

static void as_user(void) {
  T(mkdir("open", 0777));
  T(chmod("open", 01777));
  T(mkdir("shut", 0700));
  put_file("mine", "root's");
  T(chmod("mine", 0640));
  put_file("group", "group's");
  T(chown("group", 0, 500));
  T(chmod("group", 0640));
  put_file("run", "x");
  T(access("run", X_OK));
  T(chmod("run", 04711));
  T(access("run", X_OK));
  put_file("open/sticky", "s");
  T(chmod("open/sticky", 0666));
  fflush(stdout);
  if (fork() == 0) {
    T(setresgid(500, 500, 500));
    T(setresuid(1000, 1000, 1000));
    T(open("mine", O_RDONLY));
    T(close(open("group", O_RDONLY)));
    T(open("group", O_RDWR));
    T(open("shut/x", O_RDONLY));
    T(chdir("shut"));
    T(mkdir("new", 0755));
    T(open("shut", O_RDONLY));
    T(chmod("mine", 0777));
    T(chown("mine", 1000, -1));
    T(truncate("mine", 0));
    T(utimensat(AT_FDCWD, "mine", NULL, 0));
    T(unlink("mine"));
    T(rename("mine", "open/mine"));
    T(link("open/sticky", "open/l") == 0 || errno == EPERM);
    T(unlink("open/sticky"));
    T(rename("open/sticky", "open/moved"));
    T(mknod("open/dev", S_IFCHR | 0600, makedev(1, 3)));
    T(mknod("open/fifo", S_IFIFO | 0600, 0));
    T(chroot("open"));
    put_file("open/own", "own");
    T(chmod("open/own", 06755));
    T(stat("open/own", &st));
    shape("own");
    T(chown("open/own", 1000, 500));
    T(stat("open/own", &st));
    shape("chowned");
    T(chown("open/own", -1, 0));
    T(chown("open/own", 0, -1));
    T(chmod("open/own", 04755));
    int fd = open("open/own", O_WRONLY);
    T(write(fd, "x", 1));
    T(fstat(fd, &st));
    shape("written");
    T(chmod("open/own", 0));
    T(open("open/own", O_RDONLY));
    T(access("open/own", R_OK));
    T(unlink("open/own"));
    T(unlink("open/fifo"));
    T(open("open/sticky", O_RDONLY | O_NOATIME));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  T(chmod("run", 06755));
  T(chown("run", 7, 8));
  T(stat("run", &st));
  shape("given away");
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  umask(022);
  stats();
  statxs();
  modes();
  times();
  sizes();
  systems();
  if (geteuid() == 0) as_user();
  return 0;
}
