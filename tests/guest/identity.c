/* Identity: ids, capability sets, securebits, and what execve makes of them. Run as root; prints what Linux prints.
   Only the first sixteen capabilities are shown: containers withhold some of the others. */
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/xattr.h>
#include <grp.h>

#include "check.h"

#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT 47
#endif

static int get(struct __user_cap_data_struct *data) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capget, &header, data);
}

static int set(unsigned effective, unsigned permitted, unsigned inheritable) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{effective, permitted, inheritable}, {0, 0, 0}};
  return syscall(SYS_capset, &header, data);
}

static unsigned bits(int command, int sub) {
  unsigned set = 0;
  for (int i = 0; i < 16; i++) {
    int has = command == PR_CAP_AMBIENT ? prctl(command, sub, i, 0, 0) : prctl(command, i, 0, 0, 0);
    if (has == 1) set |= 1u << i;
  }
  return set;
}

static void who(const char *what) {
  uid_t r, e, s;
  gid_t rg, eg, sg;
  struct __user_cap_data_struct d[2];
  getresuid(&r, &e, &s);
  getresgid(&rg, &eg, &sg);
  get(d);
  printf("%s: uid %u %u %u fs %d gid %u %u %u fs %d e %04x p %04x i %04x b %04x a %04x s %x d %d nnp %d secure %lu\n", what, r, e, s,
         setfsuid(-1), rg, eg, sg, setfsgid(-1), d[0].effective & 0xffff, d[0].permitted & 0xffff, d[0].inheritable & 0xffff,
         bits(PR_CAPBSET_READ, 0), bits(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET), prctl(PR_GET_SECUREBITS), prctl(PR_GET_DUMPABLE),
         prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), getauxval(AT_SECURE));
  fflush(stdout);
}

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

static void run(const char *path) {
  char *argv[] = {(char *)path, "show", NULL};
  errno = 0;
  execv(path, argv);
  printf("%s: %s\n", path, strerrorname_np(errno));
}

static void copy(const char *path, int mode, int uid, int gid) {
  struct stat st;
  int from = open("/proc/self/exe", O_RDONLY), to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  fstat(from, &st);
  if (sendfile(to, from, NULL, st.st_size) != st.st_size) printf("copy failed\n");
  close(from);
  close(to);
  chown(path, uid, gid);
  chmod(path, mode);
}

static int filecap(const char *path, unsigned permitted, unsigned inheritable, int effective) {
  uint32_t value[5] = {0x02000000 | effective, permitted, inheritable, 0, 0};
  return setxattr(path, "security.capability", value, sizeof value, 0);
}

static void ids(void) {
  CHILD(who("start"));
  CHILD(T(setuid(5)); who("setuid"); T(setuid(0)); T(setgroups(0, NULL)); T(setgid(7)));
  CHILD(T(seteuid(5)); who("seteuid"); T(seteuid(0)); who("back"));
  CHILD(T(setresuid(5, 5, 0)); who("setresuid"); T(setresuid(0, -1, -1)); T(setresuid(-1, 0, -1)); who("root again"));
  CHILD(T(setreuid(5, 6)); who("setreuid"); T(setreuid(6, 5)); who("swapped"); T(setreuid(7, -1)));
  CHILD(T(setfsuid(5)); who("setfsuid"); T(setresuid(-1, -1, -1)); who("no change"); T(setfsuid(0)); who("fs root"));
  CHILD(T(setfsuid(5)); T(setreuid(-1, -1)); who("setreuid(-1, -1)"));
  CHILD(T(setregid(5, 6)); T(setresgid(1, 2, 3)); T(setfsgid(9)); who("groups"); T(setgid(4)); who("setgid"));
  CHILD(T(prctl(PR_SET_PDEATHSIG, 9)); T(setegid(5)); int s = -1; prctl(PR_GET_PDEATHSIG, &s); printf("pdeathsig %d\n", s));
  T(setuid(-1));
  T(setgid(-1));
  CHILD(gid_t g[] = {9, 3, 3}; T(setgroups(3, g)); gid_t h[4]; T(getgroups(4, h)); printf("%d %d %d\n", h[0], h[1], h[2]);
        T(getgroups(2, h)); T(getgroups(-1, h)); T(setgroups(-1, g)); T(setgroups(70000, g)); T(setgroups(1, BAD)));
}

static void capabilities(void) {
  struct __user_cap_header_struct header = {0, 0};
  struct __user_cap_data_struct data[2];
  T(syscall(SYS_capget, &header, NULL));
  printf("version %x\n", header.version);
  header.version = 1;
  T(syscall(SYS_capget, &header, data));
  header.version = 1;
  T(syscall(SYS_capset, &header, data));
  header = (struct __user_cap_header_struct){_LINUX_CAPABILITY_VERSION_3, -1};
  T(syscall(SYS_capget, &header, data));
  T(syscall(SYS_capset, &header, data));
  header.pid = 999999;
  T(syscall(SYS_capget, &header, data));
  T(syscall(SYS_capset, &header, data));
  header.pid = 0;
  T(syscall(SYS_capget, &header, BAD));
  T(syscall(SYS_capset, &header, BAD));
  T(syscall(SYS_capget, BAD, data));
  T(syscall(SYS_capget, NULL, NULL));
  CHILD(T(set(0xff, 0xff, 0)); who("capset"); T(set(0x1ff, 0x1ff, 0)); T(set(0x1ff, 0xff, 0)); T(set(0xff, 0xff, 0xff)); T(set(0, 0xff, 0));
        who("none effective"); T(set(0, 0xff, 0xfff)); T(set(0, 0x0f, 0xff)); who("inheritable stays"));
  CHILD(T(prctl(PR_CAPBSET_DROP, 5, 0, 0, 0)); who("bset"); T(set(0x1ff, 0x1ff, 0x20)); T(set(0x1ff, 0x1ff, 0x1f)); T(prctl(PR_CAPBSET_DROP, 99, 0, 0, 0));
        T(prctl(PR_CAPBSET_READ, 99, 0, 0, 0)); T(prctl(PR_CAPBSET_READ, 41, 0, 0, 0)); T(prctl(PR_CAPBSET_READ, 40, 0, 0, 0)); run("./plain"));
  CHILD(setuid(5); T(prctl(PR_CAPBSET_DROP, 5, 0, 0, 0)); T(prctl(PR_CAPBSET_DROP, 99, 0, 0, 0)));
}

#define AMBIENT(sub, cap) prctl(PR_CAP_AMBIENT, sub, cap, 0, 0)

static void ambient(void) {
  T(AMBIENT(PR_CAP_AMBIENT_RAISE, 3));
  T(AMBIENT(PR_CAP_AMBIENT_IS_SET, 3));
  T(AMBIENT(PR_CAP_AMBIENT_RAISE, 77));
  T(AMBIENT(9, 3));
  T(AMBIENT(PR_CAP_AMBIENT_CLEAR_ALL, 3));
  T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 3, 1, 0));
  CHILD(set(0xffff, 0xffff, 0x8f); T(AMBIENT(PR_CAP_AMBIENT_RAISE, 3)); T(AMBIENT(PR_CAP_AMBIENT_RAISE, 7)); who("raised");
        T(AMBIENT(PR_CAP_AMBIENT_LOWER, 7)); who("lowered"); CHILD(run("./plain")); T(set(0xffff, 0xffff, 0)); who("not inheritable"));
  CHILD(set(0xffff, 0xffff, 0x8f); AMBIENT(PR_CAP_AMBIENT_RAISE, 3); T(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)); T(setuid(5));
        who("ambient goes with root"); T(AMBIENT(PR_CAP_AMBIENT_RAISE, 3)); T(AMBIENT(PR_CAP_AMBIENT_RAISE, 2)); who("and may be raised again");
        CHILD(run("./plain")); CHILD(run("./setuid0")); CHILD(run("./setuid6")); CHILD(run("./caps")); CHILD(run("./setgid8")); run("./caps-inh"));
  CHILD(T(prctl(PR_SET_SECUREBITS, SECBIT_NO_CAP_AMBIENT_RAISE, 0, 0, 0)); set(0xffff, 0xffff, 0x8f); T(AMBIENT(PR_CAP_AMBIENT_RAISE, 3)));
}

static void securebits(void) {
  T(prctl(PR_SET_KEEPCAPS, 2, 0, 0, 0));
  T(prctl(PR_SET_SECUREBITS, 0x10000, 0, 0, 0));
  CHILD(T(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)); T(prctl(PR_GET_KEEPCAPS)); T(setuid(5)); who("kept"); T(set(0x3f, 0x3f, 0)); who("effective again");
        run("./plain"));
  CHILD(T(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED, 0, 0, 0)); T(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)); T(prctl(PR_SET_SECUREBITS, 0, 0, 0, 0));
        T(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED | SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0)); who("locked");
        T(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED | SECBIT_NOROOT_LOCKED, 0, 0, 0)); run("./plain"));
  CHILD(T(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)); T(setuid(5)); who("no fixup"); T(setfsuid(7)); who("fsuid"); run("./plain"));
  CHILD(setuid(5); T(prctl(PR_SET_SECUREBITS, 0, 0, 0, 0)); T(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)));
}

static void execs(void) {
  const char *paths[] = {"./plain", "./setuid0", "./setuid6", "./setgid8", "./setgid8-nox", "./setuid6-caps", "./setuid0-caps", "./caps", "./caps-legacy", "./caps-inh", "./script"};
  for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) {
    CHILD(printf("root %s ", paths[i]); fflush(stdout); run(paths[i]));
    CHILD(setgid(5); setuid(5); printf("user %s ", paths[i]); fflush(stdout); run(paths[i]));
    CHILD(setgid(5); setuid(5); prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); printf("nnp %s ", paths[i]); fflush(stdout); run(paths[i]));
    CHILD(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0, 0); printf("noroot %s ", paths[i]); fflush(stdout); run(paths[i]));
    CHILD(prctl(PR_CAPBSET_DROP, 3, 0, 0, 0); setresuid(5, 5, 0); printf("saved %s ", paths[i]); fflush(stdout); run(paths[i]));
  }
  CHILD(int s = 0; setgid(5); setuid(5); T(prctl(PR_SET_PDEATHSIG, 10)); run("./plain"));
}

static void attributes(void) {
  char value[24];
  uint32_t bad[6] = {0x05000000, 1, 0, 0, 0, 0};
  T(setxattr("plain", "security.capability", bad, 20, 0));
  T(setxattr("plain", "security.capability", bad, 24, 0));
  T(setxattr("plain", "security.capability", bad, 0, 0));
  bad[0] = 0x01000000;
  T(setxattr("plain", "security.capability", bad, 12, 0));
  T(getxattr("caps", "security.capability", value, sizeof value));
  CHILD(setuid(5); T(filecap("own", 1, 0, 0)); T(removexattr("caps", "security.capability")); T(getxattr("caps", "security.capability", value, sizeof value)));
  T(filecap("own", 1, 0, 0));
  T(chmod("own", 0755));
  T(getxattr("own", "security.capability", value, sizeof value));
  T(chown("own", 5, -1));
  T(getxattr("own", "security.capability", value, sizeof value));
  T(filecap("own", 1, 0, 0));
  int fd = open("own", O_WRONLY);
  T(getxattr("own", "security.capability", value, sizeof value));
  T(write(fd, "x", 1));
  T(getxattr("own", "security.capability", value, sizeof value));
  T(filecap("own", 1, 0, 0));
  T(truncate("own", 10));
  T(getxattr("own", "security.capability", value, sizeof value));
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "show") == 0) {
    who("program");
    return 0;
  }
  if (argc > 1) {
    who(argv[2] != NULL ? "script" : "interpreter");
    return 0;
  }
  umask(022);
  setgroups(0, NULL);
  copy("plain", 0755, 0, 0);
  copy("own", 0755, 0, 0);
  copy("setuid0", 04755, 0, 0);
  copy("setuid6", 04755, 6, 0);
  copy("setgid8", 02755, 0, 8);
  copy("setgid8-nox", 02705, 0, 8);
  copy("caps", 0755, 0, 0);
  copy("caps-legacy", 0755, 0, 0);
  copy("caps-inh", 0755, 0, 0);
  copy("setuid6-caps", 04755, 6, 0);
  copy("setuid0-caps", 04755, 0, 0);
  filecap("caps", 0x48, 0, 0);
  filecap("caps-legacy", 0x48, 0, 1);
  filecap("caps-inh", 0, 0x8f, 1);
  filecap("setuid6-caps", 0x40, 0, 1);
  filecap("setuid0-caps", 0x40, 0, 1);
  put_file("script", "#!./plain show\n");
  chmod("script", 06755);
  ids();
  capabilities();
  ambient();
  securebits();
  execs();
  attributes();
  return 0;
}
