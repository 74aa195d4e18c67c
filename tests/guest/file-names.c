/* Names and directories: making, removing, moving, listing, links, permissions of paths. */
#include "check.h"
#include <dirent.h>

static char text[5000];

static const char *named(int length) {
  static char name[300];
  memset(name, 'n', length);
  name[length] = 0;
  return name;
}

static void make_and_remove(void) {
  T(mkdir("d", 0755));
  T(mkdir("d", 0755));
  T(mkdir("d/", 0755));
  T(mkdir("d/sub/", 0755));
  T(mkdir("missing/sub", 0755));
  T(mkdir("", 0755));
  T(mkdir(".", 0755));
  T(mkdir("..", 0755));
  T(mkdir("/", 0755));
  T(mkdir(BAD, 0755));
  put_file("f", "text");
  T(mkdir("f", 0755));
  T(mkdir("f/x", 0755));
  T(mkdir(named(255), 0755));
  T(rmdir(named(255)));
  T(mkdir(named(256), 0755));
  memset(text, 'a', 4999), text[4999] = 0;
  T(mkdir(text, 0755));
  T(open(text, O_RDONLY));
  T(rmdir("d"));
  T(rmdir("f"));
  T(rmdir("."));
  T(rmdir("d/."));
  T(rmdir("d/.."));
  T(rmdir("missing"));
  T(rmdir("f/x"));
  T(rmdir("/"));
  T(rmdir("d/sub"));
  T(unlink("d"));
  T(unlink("d/"));
  T(unlink("f/"));
  T(unlink("missing"));
  T(unlink(""));
  T(unlink("."));
  T(unlinkat(AT_FDCWD, "f", 0x400));
  T(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
  T(unlink("f"));
  T(unlink("f"));
  T(mknod("fifo", S_IFIFO | 0644, 0));
  T(mknod("fifo", S_IFIFO | 0644, 0));
  T(mknod("regular", S_IFREG | 0600, 0));
  T(mknod("nothing", 0600, 0));
  T(mknod("dir", S_IFDIR | 0700, 0));
  T(mknod("odd", 0030000 | 0700, 0));
  T(mknod("socket", S_IFSOCK | 0600, 0));
  T(open("socket", O_RDONLY));
  T(open("fifo", O_WRONLY | O_NONBLOCK));
  T(close(open("fifo", O_RDONLY | O_NONBLOCK)));
  T(unlink("fifo") | unlink("regular") | unlink("nothing") | unlink("socket"));
}

static void opening(void) {
  T(mkdir("o", 0755));
  T(close(open("o/new", O_CREAT | O_RDWR, 0640)));
  T(open("o/new", O_CREAT | O_EXCL | O_RDWR, 0640));
  T(open("o/none", O_RDWR));
  T(open("o/none/x", O_RDWR | O_CREAT, 0600));
  T(open("o/new/x", O_RDWR));
  T(open("o/new/", O_RDONLY));
  T(open("o/other/", O_RDWR | O_CREAT, 0600));
  T(open("o", O_RDWR));
  T(open("o", O_WRONLY));
  T(open("o", O_RDONLY | O_CREAT, 0600));
  T(open("o/new", O_RDONLY | O_DIRECTORY));
  T(close(open("o", O_RDONLY | O_DIRECTORY)));
  T(open("", O_RDONLY));
  T(open(BAD, O_RDONLY));
  T(openat(-1, "x", O_RDONLY));
  T(openat(1000, "x", O_RDONLY));
  T(close(openat(-1, "/", O_RDONLY)));
  int file = open("o/new", O_RDONLY), dir = open("o", O_RDONLY | O_DIRECTORY), path = open("o", O_PATH);
  T(openat(file, "x", O_RDONLY));
  T(close(openat(dir, "new", O_RDONLY)));
  T(close(openat(path, "new", O_RDONLY)));
  T(openat(dir, "../o/./new/../new", O_RDONLY));
  T(symlink("new", "o/link"));
  T(symlink("loop", "o/loop"));
  T(symlink("nowhere", "o/dangling"));
  T(symlink("..", "o/up"));
  T(close(open("o/link", O_RDONLY)));
  T(open("o/link", O_RDONLY | O_NOFOLLOW));
  T(close(open("o/link", O_PATH | O_NOFOLLOW)));
  T(open("o/loop", O_RDONLY));
  T(open("o/loop/x", O_RDONLY));
  T(open("o/dangling", O_RDONLY));
  T(close(open("o/dangling", O_RDWR | O_CREAT, 0600)));
  T(access("o/nowhere", F_OK));
  T(open("o/dangling", O_RDWR | O_CREAT | O_EXCL, 0600));
  T(close(open("o/up/o/link", O_RDONLY)));
  T(open("o/link/", O_RDONLY));
  T(open("o/new", O_TMPFILE | O_RDWR, 0600));
  T(open("o", O_TMPFILE | O_RDONLY, 0600));
  put_file("o/new", "12345");
  struct stat st;
  int fd = open("o/new", O_RDWR | O_TRUNC);
  T(fstat(fd, &st));
  T(st.st_size);
  T(fcntl(fd, F_GETFL) & (O_ACCMODE | O_TRUNC | O_CREAT));
  close(fd), close(file), close(dir), close(path);
}

static void unlinked(void) {
  char back[10] = "";
  struct stat st;
  int fd = open("gone", O_RDWR | O_CREAT, 0600);
  T(write(fd, "still", 5));
  T(unlink("gone"));
  T(fstat(fd, &st));
  T(st.st_nlink);
  T(pread(fd, back, 5, 0));
  T(strcmp(back, "still"));
  T(access("gone", F_OK));
  close(fd);
  T(mkdir("dead", 0700));
  int dir = open("dead", O_RDONLY | O_DIRECTORY);
  T(rmdir("dead"));
  T(openat(dir, "x", O_RDWR | O_CREAT, 0600));
  T(mkdirat(dir, "x", 0700));
  char list[1000];
  T(syscall(SYS_getdents64, dir, list, sizeof list));
  T(fchdir(dir));
  T(syscall(SYS_getcwd, list, sizeof list));
  T(chdir(".."));
  close(dir);
}

static void links(void) {
  struct stat st;
  put_file("a", "a");
  T(link("a", "b"));
  T(stat("b", &st));
  T(st.st_nlink);
  T(link("a", "b"));
  T(link("missing", "c"));
  T(link("a", "missing/c"));
  T(mkdir("ld", 0755));
  T(link("ld", "ld2"));
  T(symlink("a", "s"));
  T(link("s", "s2"));
  T(lstat("s2", &st));
  T(S_ISLNK(st.st_mode));
  T(st.st_size);
  T(linkat(AT_FDCWD, "s", AT_FDCWD, "s3", AT_SYMLINK_FOLLOW));
  T(lstat("s3", &st));
  T(S_ISREG(st.st_mode));
  T(linkat(AT_FDCWD, "a", AT_FDCWD, "z", 0x200));
  T(linkat(AT_FDCWD, "", AT_FDCWD, "z", 0));
  T(symlink("", "empty"));
  T(symlink("x", ""));
  T(symlink("x", "a"));
  T(symlink("x", "new/"));
  T(readlink("s", text, 5000));
  T(readlink("s", text, 0));
  T(readlink("a", text, 100));
  T(readlink("missing", text, 100));
  T(readlink("s", BAD, 100));
  T(symlink("a longer target", "long"));
  T(readlink("long", text, 8));
  T(memcmp(text, "a longer", 8));
  int fd = open("long", O_PATH | O_NOFOLLOW);
  T(readlinkat(fd, "", text, 100));
  T(readlinkat(AT_FDCWD, "", text, 100));
  close(fd);
  T(unlink("a") | unlink("b") | unlink("s") | unlink("s2") | unlink("s3") | unlink("long") | rmdir("ld"));
}

static void renames(void) {
  struct stat st;
  T(mkdir("r", 0755) | mkdir("r/d1", 0755) | mkdir("r/d2", 0755) | mkdir("r/d2/full", 0755));
  put_file("r/f1", "one");
  put_file("r/f2", "two2");
  T(rename("r/f1", "r/f3"));
  T(rename("r/f1", "r/f3"));
  T(rename("r/f3", "r/f2"));
  T(stat("r/f2", &st));
  T(st.st_size);
  T(rename("r/f2", "r/d1"));
  T(rename("r/d1", "r/f2"));
  T(rename("r/d1", "r/d2"));
  T(rename("r/d2", "r/d1"));
  T(access("r/d1/full", F_OK));
  T(rename("r/d1", "r/d1/full/x"));
  T(rename("r/d1", "r/d1"));
  T(rename("r/d1/full", "r/d1"));
  T(rename("r/.", "r/x"));
  T(rename("r/f2", "r/.."));
  T(rename("r/f2", "r/new/"));
  T(rename("r/d1", "r/moved/"));
  T(rename("r/f2/", "r/f4"));
  T(rename("", "x"));
  T(rename("r/f2", ""));
  T(rename("r/f2", "missing/x"));
  T(link("r/f2", "r/same"));
  T(rename("r/f2", "r/same"));
  T(access("r/f2", F_OK));
  put_file("r/p", "p");
  put_file("r/q", "qqq");
  T(renameat2(AT_FDCWD, "r/p", AT_FDCWD, "r/q", RENAME_NOREPLACE));
  T(renameat2(AT_FDCWD, "r/p", AT_FDCWD, "r/fresh", RENAME_NOREPLACE));
  T(renameat2(AT_FDCWD, "r/fresh", AT_FDCWD, "r/q", RENAME_EXCHANGE));
  T(stat("r/q", &st));
  T(st.st_size);
  T(renameat2(AT_FDCWD, "r/fresh", AT_FDCWD, "r/absent", RENAME_EXCHANGE));
  T(renameat2(AT_FDCWD, "r/fresh", AT_FDCWD, "r/moved", RENAME_EXCHANGE));
  T(stat("r/fresh", &st));
  T(S_ISDIR(st.st_mode));
  T(renameat2(AT_FDCWD, "r/q", AT_FDCWD, "r/x", RENAME_EXCHANGE | RENAME_NOREPLACE));
  T(renameat2(AT_FDCWD, "r/q", AT_FDCWD, "r/x", 0x80));
  T(renameat(AT_FDCWD, "r/q", -1, "x"));
}

static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void listing(void) {
  static char list[65536];
  char *names[500];
  int count = 0, calls = 0;
  T(mkdir("many", 0755));
  for (int i = 0; i < 300; i++) {
    char name[40];
    snprintf(name, sizeof name, "many/entry-%d-%.*s", i, i % 20, "xxxxxxxxxxxxxxxxxxxx");
    close(open(name, O_CREAT | O_WRONLY, 0644));
  }
  int fd = open("many", O_RDONLY | O_DIRECTORY);
  T(syscall(SYS_getdents64, fd, list, 10));
  T(syscall(SYS_getdents64, fd, BAD, 1000));
  for (;;) {
    long got = syscall(SYS_getdents64, fd, list, 1000);
    if (got <= 0) break;
    calls++;
    for (long at = 0; at < got;) {
      struct dirent64 *entry = (struct dirent64 *)(list + at);
      if (count < 500) names[count++] = strdup(entry->d_name);
      if (entry->d_type != (entry->d_name[0] == '.' ? DT_DIR : DT_REG)) printf("odd type of %s\n", entry->d_name);
      if (entry->d_reclen % 8) printf("odd length of %s\n", entry->d_name);
      at += entry->d_reclen;
    }
  }
  T(calls > 5);
  T(count);
  qsort(names, count, sizeof *names, by_name);
  for (int i = 0; i < count; i += 23) printf("%d %s\n", i, names[i]);
  T(syscall(SYS_getdents64, fd, list, 1000));
  T(lseek(fd, 0, SEEK_SET));
  OK(syscall(SYS_getdents64, fd, list, sizeof list));
  close(fd);
  T(syscall(SYS_getdents64, 0, list, 1000));
  T(syscall(SYS_getdents64, -1, list, 1000));
  /* Removing what has been listed must not make others vanish. */
  DIR *dir = opendir("many");
  int removed = 0;
  for (struct dirent *entry; (entry = readdir(dir));)
    if (entry->d_name[0] != '.') removed += unlinkat(dirfd(dir), entry->d_name, 0) == 0;
  T(removed);
  closedir(dir);
  T(rmdir("many"));
}

static void places(void) {
  char here[PATH_MAX], *base;
  T(getcwd(here, sizeof here) != NULL);
  T(mkdir("place", 0755) | mkdir("place/inner", 0755));
  put_file("place/file", "x");
  T(chdir("place/inner"));
  T(getcwd(text, sizeof text) != NULL);
  base = strstr(text, "/place/inner");
  T(base != NULL && strncmp(text, here, strlen(here)) == 0);
  T(syscall(SYS_getcwd, text, 3));
  T(syscall(SYS_getcwd, BAD, 4096));
  T(chdir("../file"));
  T(chdir("../missing"));
  T(chdir(""));
  T(chdir("../.."));
  int dir = open("place", O_PATH), file = open("place/file", O_RDONLY);
  T(fchdir(dir));
  T(access("inner", F_OK));
  T(fchdir(file));
  T(fchdir(-1));
  T(rename("../place", "../place2"));
  T(getcwd(text, sizeof text) != NULL && strstr(text, "/place2") != NULL);
  T(chdir(".."));
  T(umask(077));
  T(close(open("masked", O_CREAT | O_WRONLY, 0666)));
  T(mkdir("maskedd", 0777));
  struct stat st;
  T(stat("masked", &st));
  T(st.st_mode & 07777);
  T(stat("maskedd", &st));
  T(st.st_mode & 07777);
  T(umask(022));
  T(access("place2", X_OK | W_OK));
  T(access("place2/file", R_OK));
  T(access("place2", 8));
  T(access("missing", F_OK));
  T(faccessat(AT_FDCWD, "place2", R_OK, AT_EACCESS));
  T(syscall(SYS_faccessat2, AT_FDCWD, "place2", R_OK, 0x4));
  T(syscall(SYS_faccessat2, dir, "", F_OK, AT_EMPTY_PATH));
  T(chroot("masked"));
  T(chroot("missing"));
  close(dir), close(file);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  umask(022);
  make_and_remove();
  opening();
  unlinked();
  links();
  renames();
  listing();
  places();
  return 0;
}
