/*
 * Who is told of an error of writing back, and how often: descriptions, mappings, children. The program says when its medium shall refuse
 * what is written ("refuse write EIO") and when no longer ("obey"). On Linux the medium is a compressed disk in memory, and the argument
 * the file by which that is told to have no room.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define P 4096

static const char *limit;
static char page[P];

static void say(const char *what, long result) {
  if (result < 0) printf("  %s: %s\n", what, strerrorname_np(errno));
  else printf("  %s: %ld\n", what, result);
}

static void medium(int refuses) {
  if (limit == NULL) {
    printf("%s\n", refuses ? "refuse write EIO" : "obey");
    fflush(stdout);
    return;
  }
  int fd = open(limit, O_WRONLY);
  if (write(fd, refuses ? "4096" : "0", refuses ? 4 : 1) < 0) printf("no limit\n");
  close(fd);
}

/* Bytes that can't be made smaller. */
static const char *noise(void) {
  static unsigned long state = 88172645463325252UL;
  for (int i = 0; i < P; i += 8) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    memcpy(page + i, &state, 8);
  }
  return page;
}

static int open_data(int flags) {
  return open("data", O_RDWR | flags, 0644);
}

static void store(int fd) {
  if (pwrite(fd, noise(), P, P) != P) printf("  no write\n");
}

/* Something dirty that nobody has been told of: written, refused, not asked for. */
static void lose(int fd) {
  medium(1);
  store(fd);
  sync();
  medium(0);
}

static int one, two;

/* A file of 8 pages, safe, and two descriptions of it. */
static void begin(const char *what) {
  printf("%s\n", what);
  unlink("data");
  one = open_data(O_CREAT), two = open_data(0);
  for (int i = 0; i < 8; i++) pwrite(one, noise(), P, i * P);
  if (fsync(one) != 0) printf("  no file\n");
}

static void end(void) {
  fsync(one), fsync(two);
  close(one), close(two);
}

static char *map_of(int fd) {
  return mmap(NULL, 8 * P, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static void child(int fd) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    say("fsync by a child", fsync(fd));
    fflush(stdout);
    _exit(0);
  }
  waitpid(pid, NULL, 0);
}

static void descriptions(void) {
  begin("two descriptions");
  medium(1);
  store(one);
  say("fsync of the one that wrote", fsync(one));
  medium(0);
  say("again", fsync(one));
  say("a duplicate of it", fsync(dup(one)));
  say("fdatasync of the other", fdatasync(two));
  say("again", fdatasync(two));
  int late = open_data(0);
  say("one opened when others were told", fsync(late));
  end(), close(late);

  begin("the other first");
  lose(one);
  say("fsync of the other", fsync(two));
  say("fsync of the one that wrote", fsync(one));
  say("again", fsync(one));
  end();

  begin("opened before anybody was told");
  lose(one);
  late = open_data(0);
  say("the new one", fsync(late));
  int later = open_data(0);
  say("one opened after that", fsync(later));
  say("the first", fsync(one));
  say("the second", fsync(two));
  end(), close(late), close(later);

  begin("closed and opened again");
  lose(one);
  say("close", close(one));
  say("close", close(two));
  one = open_data(0), two = open_data(0);
  say("fsync", fsync(one));
  say("the other", fsync(two));
  close(one);
  one = open_data(0);
  say("opened once more", fsync(one));
  end();

  begin("two errors");
  lose(one);
  say("the first description", fsync(one));
  lose(two);
  say("again", fsync(one));
  say("the second, for both", fsync(two));
  say("again", fsync(two));
  end();

  begin("two errors, nobody told between");
  lose(one);
  lose(one);
  say("fsync", fsync(one));
  say("again", fsync(one));
  end();

  begin("written again and safe");
  lose(one);
  store(one);
  say("fsync of the first tells", fsync(one));
  say("again", fsync(one));
  store(two);
  say("fsync of the second tells, too", fsync(two));
  say("again", fsync(two));
  end();

  begin("a child has its parent's description");
  lose(one);
  child(one);
  say("its parent", fsync(one));
  child(two);
  say("its parent", fsync(two));
  end();

  begin("a description for reading");
  int reads = open("data", O_RDONLY);
  lose(one);
  say("fsync", fsync(reads));
  say("read", pread(reads, page, 10, P));
  close(reads), end();
}

static void mappings(void) {
  begin("a mapping counts as its description");
  char *at = map_of(one);
  medium(1);
  at[P] ^= 1;
  say("msync", msync(at, 8 * P, MS_SYNC));
  medium(0);
  say("again", msync(at, 8 * P, MS_SYNC));
  say("fsync of it", fsync(one));
  say("fsync of the other", fsync(two));
  munmap(at, 8 * P), end();

  begin("fsync first");
  at = map_of(one);
  lose(one);
  say("fsync", fsync(one));
  say("msync", msync(at, 8 * P, MS_SYNC));
  say("fsync of the other", fsync(two));
  munmap(at, 8 * P), end();

  begin("two mappings of two descriptions");
  at = map_of(one);
  char *other = map_of(two);
  lose(one);
  say("MS_ASYNC of the first", msync(at, P, MS_ASYNC));
  say("MS_SYNC of a page that was not lost", msync(at, P, MS_SYNC));
  say("of the second", msync(other, 8 * P, MS_SYNC));
  say("again", msync(other, 8 * P, MS_SYNC));
  munmap(at, 8 * P), munmap(other, 8 * P), end();

  begin("two mappings of two descriptions, one after the other");
  at = map_of(one);
  other = mmap(at + 4 * P, 4 * P, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, two, 4 * P);
  lose(one);
  say("msync of the second", msync(other, 4 * P, MS_SYNC));
  say("fsync of its description", fsync(two));
  say("msync of both", msync(at, 8 * P, MS_SYNC));
  mprotect(at, 8 * P, PROT_READ);
  lose(one);
  say("fsync of the second", fsync(two));
  say("msync of it", msync(other, 4 * P, MS_SYNC));
  at = mremap(at, 4 * P, 4 * P, MREMAP_MAYMOVE | MREMAP_FIXED, mmap(NULL, 4 * P, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  say("of the first, which has moved", msync(at, 4 * P, MS_SYNC));
  say("fsync of the first", fsync(one));
  munmap(at, 4 * P), munmap(other, 4 * P), end();

  begin("a mapping whose descriptor is closed");
  at = map_of(one);
  close(one);
  lose(two);
  say("msync", msync(at, 8 * P, MS_SYNC));
  say("again", msync(at, 8 * P, MS_SYNC));
  one = open_data(0);
  say("one opened after that", fsync(one));
  say("the other", fsync(two));
  munmap(at, 8 * P), end();

  begin("a mapping in two processes");
  at = map_of(one);
  lose(one);
  child(one);
  say("msync of the parent", msync(at, 8 * P, MS_SYNC));
  munmap(at, 8 * P), end();
}

static void others(void) {
  begin("O_SYNC");
  int synchronous = open_data(O_SYNC);
  medium(1);
  say("write", pwrite(synchronous, noise(), P, P));
  medium(0);
  say("write, when the medium works", pwrite(synchronous, noise(), P, P));
  say("fsync of it", fsync(synchronous));
  say("of the other", fsync(two));
  lose(one);
  say("after another's error a write", pwrite(synchronous, noise(), P, 2 * P));
  say("again", pwrite(synchronous, noise(), P, 2 * P));
  say("close", close(synchronous));
  end();

  begin("sync_file_range");
  medium(1);
  store(one);
  say("of pages that were not written to", sync_file_range(one, 4 * P, P, 7));
  say("waits", sync_file_range(one, P, P, 7));
  medium(0);
  say("again", sync_file_range(one, P, P, 7));
  say("fsync", fsync(one));
  say("of the other", fsync(two));
  end();

  begin("syncfs");
  int folder = open(".", O_RDONLY);
  syncfs(folder), syncfs(one), syncfs(two);
  lose(one);
  say("of the first", syncfs(one));
  say("again", syncfs(one));
  say("fsync of it", fsync(one));
  say("of the folder", syncfs(folder));
  say("again", syncfs(folder));
  say("fsync of the second", fsync(two));
  say("syncfs of it", syncfs(two));
  close(folder);
  folder = open(".", O_RDONLY);
  say("of a folder opened since", syncfs(folder));
  close(folder), end();
}

int main(int argc, char **argv) {
  limit = argv[1];
  descriptions();
  mappings();
  others();
  unlink("data");
  return 0;
}
