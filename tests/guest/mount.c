/* mount(2), umount2(2) and what mounts forbid. Natively it runs in a mount namespace of its own. */
#include "check.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/vfs.h>

static long flags_of(const char *path) {
  struct statfs fs;
  if (statfs(path, &fs) < 0) return -1;
  /* Not ST_VALID, and access times are as the kernel was configured. */
  return fs.f_flags & 0xf;
}

static long type_of(const char *path) {
  struct statfs fs;
  return statfs(path, &fs) < 0 ? -1 : fs.f_type;
}

static void tmpfs(void) {
  struct stat st;
  struct statfs fs;
  mkdir("m", 0755);
  put_file("m/below", "hidden");
  T(mount("none", "m", "tmpfs", 0, "size=64k,mode=0750,uid=7,gid=8,nr_inodes=5"));
  T(access("m/below", F_OK));
  T(stat("m", &st));
  printf("%o %d %d\n", st.st_mode, st.st_uid, st.st_gid);
  T(statfs("m", &fs));
  printf("%lx %ld %ld %ld\n", (long)fs.f_type, (long)fs.f_blocks, (long)fs.f_bsize, (long)fs.f_files);
  T(rmdir("m"));
  T(rename("m", "n"));
  put_file("m/a", "text");
  T(link("m/a", "outside"));
  T(rename("m/a", "outside"));
  int fd = open("m/a", O_RDONLY);
  T(umount("m"));
  close(fd);
  T(chdir("m"));
  T(umount("../m"));
  T(chdir(".."));
  T(umount2("m", 0x100));
  T(umount2("m", MNT_EXPIRE | MNT_DETACH));
  T(umount("m/a"));
  T(umount("m"));
  T(access("m/below", F_OK));
  T(umount("m"));
  T(umount("missing"));
  T(mount("none", "m", "tmpfs", 0, "size=bad"));
  T(mount("none", "m", "tmpfs", 0, "mode=9"));
  T(mount("none", "m", "tmpfs", 0, "unknown=1"));
  T(mount("none", "m", "nosuchfs", 0, NULL));
  T(mount("none", "missing", "tmpfs", 0, NULL));
  T(mount("none", "m/below", "tmpfs", 0, NULL));
  T(mount("none", "m", NULL, 0, NULL));
  T(mount(BAD, "m", "tmpfs", 0, NULL));
}

static void forbidden(void) {
  char exec[] = "#!/bin/sh\n";
  T(mount("none", "m", "tmpfs", MS_NODEV | MS_NOEXEC | MS_NOSUID, NULL));
  printf("flags %lx\n", flags_of("m"));
  T(mknod("m/null", S_IFCHR | 0666, 0x103));
  T(open("m/null", O_RDONLY));
  put_file("m/prog", exec);
  chmod("m/prog", 0755);
  T(access("m/prog", X_OK));
  T(access("m", X_OK));
  T(execl("m/prog", "prog", NULL));
  int fd = open("m/prog", O_RDONLY);
  T(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED);
  void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  T(mprotect(page, 4096, PROT_READ | PROT_EXEC));
  T(munmap(page, 4096));
  close(fd);
  T(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
  printf("flags %lx\n", flags_of("m"));
  T(open("m/new", O_WRONLY | O_CREAT, 0644));
  T(unlink("m/prog"));
  T(mkdir("m/d", 0755));
  T(chmod("m/prog", 0600));
  T(truncate("m/prog", 0));
  T(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND, NULL));
  printf("flags %lx\n", flags_of("m"));
  T(unlink("m/prog"));
  T(mount(NULL, "m/null", NULL, MS_REMOUNT | MS_BIND, NULL));
  T(umount("m"));
}

static void binds(void) {
  mkdir("from", 0755), mkdir("from/sub", 0755), mkdir("to", 0755), mkdir("other", 0755);
  put_file("from/f", "text");
  put_file("file", "x");
  T(mount("none", "from/sub", "tmpfs", 0, NULL));
  put_file("from/sub/deep", "x");
  T(mount("from", "to", NULL, MS_BIND, NULL));
  T(access("to/f", F_OK));
  T(access("to/sub/deep", F_OK));
  T(umount("to"));
  T(mount("from", "to", NULL, MS_BIND | MS_REC, NULL));
  T(access("to/sub/deep", F_OK));
  T(umount("to"));
  T(mount("to", "other", NULL, MS_MOVE, NULL));
  T(access("other/sub/deep", F_OK));
  T(access("to/f", F_OK));
  T(mount("other", "other/sub", NULL, MS_MOVE, NULL));
  T(mount("to", "other", NULL, MS_MOVE, NULL));
  T(umount2("other", MNT_DETACH));
  T(access("other/f", F_OK));
  T(mount("from/f", "to", NULL, MS_BIND, NULL));
  T(mount("from/f", "file", NULL, MS_BIND, NULL));
  T(unlink("file"));
  T(umount("file"));
  T(unlink("file"));
  T(mount("missing", "to", NULL, MS_BIND, NULL));
  T(mount(NULL, "to", NULL, MS_BIND, NULL));
  T(mount("", "to", NULL, MS_BIND, NULL));
  T(mount(NULL, "to", NULL, MS_MOVE, NULL));
  T(mount("from/f", "to", NULL, MS_MOVE, NULL));
  int fd = open("from/sub/deep", O_RDONLY);
  char c;
  T(umount2("from/sub", MNT_DETACH));
  T(read(fd, &c, 1));
  T(access("from/sub/deep", F_OK));
}

static void others(void) {
  T(mount("proc", "to", "proc", 0, NULL));
  printf("%lx\n", type_of("to"));
  T(access("to/self/stat", F_OK));
  T(umount("to"));
  T(mount(NULL, "to", NULL, MS_PRIVATE, NULL));
  T(mount(NULL, "m", NULL, MS_PRIVATE | MS_SHARED, NULL));
  if (fork() == 0) {
    setuid(1000);
    T(mount("none", "m", "tmpfs", 0, NULL));
    T(umount("m"));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (unshare(CLONE_NEWNS) == 0) mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
  tmpfs();
  forbidden();
  binds();
  others();
  return 0;
}
