/* Who may do what: files by fsuid and capabilities, set-id bits, sticky and set-group-ID directories, signals, priorities, limits. As root. */
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <dirent.h>
#include <sys/prctl.h>
#include <sys/xattr.h>

#include "check.h"

static void keep(unsigned caps) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{caps, caps, 0}, {0, 0, 0}};
  prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
  setgroups(0, NULL);
  setresgid(50, 50, 50);
  setresuid(5, 5, 5);
  if (syscall(SYS_capset, &header, data) != 0) printf("capset failed\n");
}

static unsigned mode_of(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}
#define M(path) printf("%s is %o\n", path, mode_of(path))

#define CHILD(...)                    \
  do {                                \
    int status_;                      \
    fflush(stdout);                   \
    pid_t pid_ = fork();              \
    if (pid_ == 0) {                  \
      __VA_ARGS__;                    \
      fflush(stdout);                 \
      _exit(0);                       \
    }                                 \
    waitpid(pid_, &status_, 0);       \
    if (status_ != 0) printf("child ended with %x\n", status_); \
  } while (0)

static void make(const char *path, int mode, int uid, int gid) {
  put_file(path, "text");
  chown(path, uid, gid);
  chmod(path, mode);
}

static void folder(const char *path, int mode, int uid, int gid) {
  mkdir(path, 0755);
  chown(path, uid, gid);
  chmod(path, mode);
}

static void files(unsigned caps) {
  printf("with %x\n", caps);
  keep(caps);
  OK(open("secret", O_RDONLY));
  OK(open("secret", O_WRONLY));
  OK(open("mine-not", O_RDONLY));
  OK(open("closed/in", O_RDONLY));
  OK(opendir("closed"));
  T(access("noexec", X_OK));
  T(faccessat(AT_FDCWD, "noexec", X_OK, AT_EACCESS));
  T(faccessat(AT_FDCWD, "secret", R_OK, AT_EACCESS));
  T(chmod("other", 06777));
  M("other");
  T(chown("other", 5, -1));
  T(chown("own", 6, -1));
  T(chown("own", -1, 60));
  T(chown("own", 5, 50));
  M("own");
  T(utimensat(AT_FDCWD, "other", NULL, 0));
  struct timespec times[2] = {{1, 0}, {1, 0}};
  T(utimensat(AT_FDCWD, "other", times, 0));
  T(utimensat(AT_FDCWD, "world", NULL, 0));
  T(utimensat(AT_FDCWD, "world", times, 0));
  T(unlink("sticky/other"));
  T(rename("sticky/other", "sticky/other2"));
  T(link("world", "sticky/linked"));
  T(unlink("sticky/linked"));
  T(mknod("sticky/null", S_IFCHR | 0666, 0x103));
  T(unlink("sticky/null"));
  T(mknod("sticky/fifo", S_IFIFO | 0666, 0));
  T(unlink("sticky/fifo"));
  T(chmod("own-group60", 02755));
  M("own-group60");
  OK(open("other", O_RDONLY | O_NOATIME));
  T(chroot("."));
  T(setxattr("sticky", "user.a", "1", 1, 0));
  T(setxattr("own", "trusted.a", "1", 1, 0));
  T(setxattr("own", "security.a", "1", 1, 0));
  T(setpriority(PRIO_PROCESS, 0, -1));
  T(setpriority(PRIO_PROCESS, getppid(), 1));
  T(kill(getppid(), 0));
  struct rlimit limit = {10, 20};
  T(prlimit(getppid(), RLIMIT_CORE, NULL, &limit));
  T(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
  T(setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1}));
}

static void set_id(void) {
  char byte = 'x';
  CHILD(keep(0); chmod("setid", 06777); M("setid"); int fd = open("setid", O_WRONLY); write(fd, &byte, 1); M("setid"); fchmod(fd, 06777); ftruncate(fd, 3);
        M("setid"); fchmod(fd, 06777); chown("setid", -1, 50); M("setid"); fchmod(fd, 06767); write(fd, &byte, 1); M("setid"); chmod("setid", 06777);
        close(open("setid", O_WRONLY | O_TRUNC)); M("setid"); chmod("setid", 06777); truncate("setid", 9); M("setid");
        fd = open("new-setid", O_WRONLY | O_CREAT, 06755); M("new-setid"));
  chmod("setid", 06777);
  int fd = open("setid", O_WRONLY);
  write(fd, &byte, 1);
  M("setid");
  chown("setid", 5, 60);
  M("setid");
  folder("inherit", 02777, 0, 60);
  CHILD(keep(0); umask(0); T(mkdir("inherit/dir", 0755)); M("inherit/dir"); close(open("inherit/file", O_CREAT | O_WRONLY, 02775)); M("inherit/file");
        struct stat st; stat("inherit/file", &st); printf("group %d\n", st.st_gid); close(open("inherit/file2", O_CREAT | O_WRONLY, 02745)); M("inherit/file2");
        T(mknod("inherit/fifo", S_IFIFO | 02777, 0)); M("inherit/fifo"); T(mkdir("inherit/dir2", 06777)); M("inherit/dir2"));
}

int main(void) {
  umask(022);
  chmod(".", 0777);
  unsigned sets[] = {0, 1 << CAP_CHOWN, 1 << CAP_DAC_OVERRIDE, 1 << CAP_DAC_READ_SEARCH, 1 << CAP_FOWNER, 1 << CAP_FSETID, 1 << CAP_KILL,
                     1 << CAP_SYS_CHROOT, 1 << CAP_SYS_ADMIN, 1 << CAP_SYS_NICE, 1 << CAP_MKNOD};
  for (unsigned i = 0; i < sizeof sets / sizeof *sets; i++) {
    make("secret", 0600, 0, 0);
    make("mine-not", 0077, 5, 50);
    folder("closed", 0700, 0, 0);
    make("closed/in", 0644, 0, 0);
    make("noexec", 0644, 0, 0);
    make("other", 0644, 6, 6);
    make("own", 06755, 5, 50);
    make("world", 0666, 6, 6);
    make("own-group60", 0644, 5, 60);
    folder("sticky", 01777, 0, 0);
    make("sticky/other", 0666, 6, 6);
    CHILD(files(sets[i]));
    unlink("sticky/other");
    unlink("sticky/other2");
    unlink("sticky/linked");
  }
  make("setid", 0777, 5, 50);
  set_id();
  return 0;
}
