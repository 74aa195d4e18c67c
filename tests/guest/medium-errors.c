/*
 * What a program is told when the medium of its files refuses. It says when: "refuse write EIO" makes the medium refuse all writes from
 * then on, "obey" ends that (see tests/programs/medium-errors.test.ts). The answers are Linux's by its documentation (errseq).
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define P 4096

static sigjmp_buf back;
static volatile int code;

static void caught(int signo, siginfo_t *info, void *context) {
  code = info->si_code;
  siglongjmp(back, signo);
}

static void say(const char *what, long result) {
  if (result < 0) printf("%s: %s\n", what, strerrorname_np(errno));
  else printf("%s: %ld\n", what, result);
}

static void medium(const char *order) {
  printf("%s\n", order);
  fflush(stdout);
}

static void load(const char *what, volatile char *at) {
  int signo = sigsetjmp(back, 1);
  if (signo == 0) printf("%s: %d\n", what, *at);
  else printf("%s: %s %s\n", what, signo == SIGBUS ? "SIGBUS" : "other", code == BUS_ADRERR ? "BUS_ADRERR" : "other");
}

int main(void) {
  struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
  sigaction(SIGBUS, &action, NULL);
  char page[P];
  memset(page, 'a', P);
  int fd = open("data", O_RDWR | O_CREAT, 0644), other = open("data", O_RDWR);
  for (int i = 0; i < 8; i++) pwrite(fd, page, P, i * P);
  say("fsync", fsync(fd));
  char *at = mmap(NULL, 8 * P, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

  medium("refuse write EIO");
  at[0] = 'b';
  say("msync", msync(at, P, MS_SYNC));
  say("msync again", msync(at, P, MS_SYNC));
  say("fsync of the description that was mapped", fsync(fd));
  say("fsync of another", fsync(other));
  say("fsync of another again", fsync(other));
  int later = open("data", O_RDWR);
  say("fsync of one opened since", fsync(later));
  int directory = open(".", O_RDONLY);
  say("syncfs of one opened since", syncfs(directory));
  medium("obey");
  say("fsync when the medium works", fsync(fd));
  load("what was stored", at);
  at[0] = 'c';
  say("msync after another store", msync(at, P, MS_SYNC));

  medium("refuse write EIO");
  pwrite(fd, "d", 1, P);
  sync();
  medium("obey");
  close(later);
  later = open("data", O_RDWR);
  say("fsync of one opened before anybody was told", fsync(later));
  say("fsync of one opened before the error", fsync(fd));
  say("fdatasync of one opened before the error", fdatasync(other));
  say("syncfs", syncfs(fd));
  say("syncfs again", syncfs(fd));
  say("syncfs of a directory", syncfs(directory));

  medium("refuse sync EIO");
  pwrite(fd, "e", 1, 0);
  say("fsync when the medium can't keep it", fsync(fd));
  medium("obey");
  say("fsync of another", fsync(other));
  say("fsync", fsync(fd));

  medium("refuse write EIO");
  int synchronous = open("data", O_RDWR | O_SYNC);
  say("write with O_SYNC", pwrite(synchronous, "f", 1, 2 * P));
  say("close", close(synchronous));
  pwrite(fd, "g", 1, 3 * P);
  say("sync_file_range", sync_file_range(fd, 3 * P, P, 7));
  say("sync_file_range again", sync_file_range(fd, 3 * P, P, 7));
  medium("obey");
  fsync(fd);
  fsync(other);

  medium("refuse write ENOSPC");
  at[4 * P] = 'h';
  say("msync without room", msync(at + 4 * P, P, MS_SYNC));
  say("msync without room, again", msync(at + 4 * P, P, MS_SYNC));
  medium("obey");
  say("msync with room", msync(at + 4 * P, P, MS_SYNC));
  say("and again", msync(at + 4 * P, P, MS_SYNC));

  fsync(fd);
  munmap(at, 8 * P);
  at = mmap(NULL, 8 * P, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  medium("refuse read EIO");
  load("a load", at + 5 * P);
  say("read", pread(fd, page, 10, 5 * P));
  int pipes[2];
  pipe(pipes);
  say("write to a pipe of what can't be read", write(pipes[1], at + 5 * P, 10));
  say("a write into a part of a page that can't be read", pwrite(fd, "i", 1, 5 * P));
  say("a write of all of it", pwrite(fd, page, P, 5 * P));
  say("MADV_WILLNEED", madvise(at + 6 * P, P, MADV_WILLNEED));
  say("MADV_POPULATE_READ", madvise(at + 6 * P, P, 22));
  say("posix_fadvise", posix_fadvise(fd, 6 * P, P, POSIX_FADV_WILLNEED));
  medium("obey");
  load("a load when the medium works", at + 6 * P);
  say("read", pread(fd, page, 10, 6 * P));
  medium("refuse make EIO");
  say("open of a new file", open("new", O_RDWR | O_CREAT, 0644));
  medium("refuse rename EIO");
  say("rename", rename("data", "moved"));
  medium("refuse syncEntries EIO");
  say("fsync of a directory", fsync(directory));
  medium("obey");
  say("fsync of a directory", fsync(directory));
  return 0;
}
