/* Core files: which signals leave one, what forbids it, and what SIGCHLD and wait say. The host's core_pattern must be "core". */
#include "check.h"
#include <elf.h>
#include <sys/prctl.h>

static volatile int code;
static void on_child(int n, siginfo_t *info, void *context) { code = info->si_code; }
static void die(const char *what, int signo, void (*prepare)(void)) {
  unlink("core");
  code = 0;
  int pid = fork(), status;
  if (pid == 0) {
    prepare();
    signo == SIGSEGV ? *(volatile int *)16 = 1 : raise(signo);
    _exit(1);
  }
  while (waitpid(pid, &status, 0) < 0) {}
  struct stat s;
  int there = stat("core", &s) == 0;
  printf("%s: signal %d core %d code %d file %d mode %o\n", what, WTERMSIG(status), WCOREDUMP(status) != 0, code, there && S_ISREG(s.st_mode) && s.st_size > 0, there ? s.st_mode : 0);
}
static void limit(long bytes) {
  struct rlimit l = {bytes, bytes};
  setrlimit(RLIMIT_CORE, &l);
}
static void nothing(void) {}
static void unlimited(void) { limit(RLIM_INFINITY); }
static void none(void) { limit(0); }
static void tiny(void) { limit(4095); }
static void undumpable(void) { unlimited(), prctl(PR_SET_DUMPABLE, 0); }
static void link_there(void) { unlimited(), symlink("elsewhere", "core"); }
static void folder_there(void) { unlimited(), mkdir("core", 0700); }
static void old_there(void) { unlimited(), write(open("core", O_CREAT | O_WRONLY, 0644), "old", 3); }

int main(void) {
  setbuf(stdout, NULL);
  char folder[] = "/tmp/coreXXXXXX";
  mkdtemp(folder);
  chdir(folder);
  struct sigaction act = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO};
  sigaction(SIGCHLD, &act, NULL);
  die("by default", SIGSEGV, nothing);
  die("unlimited", SIGSEGV, unlimited);
  die("abort", SIGABRT, unlimited);
  die("quit", SIGQUIT, unlimited);
  die("xcpu", SIGXCPU, unlimited);
  die("sys", SIGSYS, unlimited);
  die("term", SIGTERM, unlimited);
  die("kill", SIGKILL, unlimited);
  die("none", SIGSEGV, none);
  die("less than a page", SIGSEGV, tiny);
  die("not dumpable", SIGSEGV, undumpable);
  die("a link in its place", SIGSEGV, link_there);
  die("an old one", SIGSEGV, old_there);
  Elf64_Ehdr header;
  int fd = open("core", O_RDONLY);
  T(read(fd, &header, sizeof header));
  printf("%d %d %d\n", memcmp(header.e_ident, ELFMAG, 4), header.e_type, header.e_phnum > 3);
  Elf64_Phdr first;
  pread(fd, &first, sizeof first, header.e_phoff);
  printf("%d\n", first.p_type);
  char notes[100000];
  int length = pread(fd, notes, sizeof notes < first.p_filesz ? sizeof notes : first.p_filesz, first.p_offset);
  for (int at = 0; at < length;) {
    Elf64_Nhdr *n = (void *)(notes + at);
    if (n->n_type == NT_PRSTATUS || n->n_type == NT_PRPSINFO || n->n_type == NT_AUXV || n->n_type == NT_FILE || n->n_type == NT_SIGINFO)
      printf("note %s %x signal %d\n", notes + at + 12, n->n_type, n->n_type == NT_PRSTATUS ? *(int *)(notes + at + 20) : 0);
    at += 12 + (n->n_namesz + 3) / 4 * 4 + (n->n_descsz + 3) / 4 * 4;
  }
  unlink("core");
  die("a folder in its place", SIGSEGV, folder_there);
  rmdir("core");
  chdir("/");
  T(rmdir(folder));
  return 0;
}
