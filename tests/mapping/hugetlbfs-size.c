/* hugetlbfs with size=: what counts against it. In a mount namespace of its own. */
#include "pool.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/statfs.h>

static int one, two;

static char *map_of(int fd, size_t pages, int flags) {
  return mmap(NULL, pages * MEGA, RW, flags, fd, 0);
}
static long blocks_free(void) {
  struct statfs fs;
  return statfs("m", &fs) == 0 ? (long)fs.f_bfree : -1;
}
static void begin(const char *options) {
  mount("none", "m", "hugetlbfs", 0, options);
  one = open("m/one", O_RDWR | O_CREAT, 0600), two = open("m/two", O_RDWR | O_CREAT, 0600);
}
/* Everything is as before: blocks free, and the pool. */
static int end(long blocks) {
  close(one), close(two), unlink("m/one"), unlink("m/two");
  int whole = blocks_free() == blocks && RESERVED() == 0 && FREE() == 6;
  umount("m");
  return whole;
}

static void reserved(void) {
  PAGE("mount(2)", "hugetlbfs, size=4M: private mappings");
  begin("size=4M");
  char *at = map_of(one, 2, MAP_PRIVATE);
  HOLDS("private", "a private mapping of two pages", at != MAP_FAILED);
  ROW("private-blocks", "leaves no block free", blocks_free());
  WORKS("private-shared", "ENOMEM: a shared mapping of another file", map_of(two, 1, MAP_SHARED));
  WORKS("private-again", "ENOMEM: a private one", map_of(two, 1, MAP_PRIVATE));
  STORE("private-store", "a store", at);
  ROW("private-stored", "takes what was reserved: blocks free", blocks_free());
  ROW("private-fill", "ENOSPC: fallocate(2)", fallocate(two, 0, 0, MEGA));
  madvise(at, MEGA, MADV_DONTNEED);
  ROW("private-dontneed", "MADV_DONTNEED leaves it reserved: blocks free", blocks_free());
  STORE("private-other", "a store to the other page", at + MEGA);
  munmap(at, 2 * MEGA);
  ROW("private-gone", "munmap(2) gives both back: blocks free", blocks_free());
  HOLDS("private-end", "and nothing is left", end(2));
}

static void unreserved(void) {
  PAGE("mount(2)", "hugetlbfs, size=4M: MAP_NORESERVE");
  begin("size=4M");
  char *at = map_of(one, 3, MAP_PRIVATE | MAP_NORESERVE);
  ROW("noreserve", "a private mapping of three counts nothing: blocks free", blocks_free());
  STORE("noreserve-store", "its first page", at);
  ROW("noreserve-blocks", "does: blocks free", blocks_free());
  STORE("noreserve-second", "its second", at + MEGA);
  STORE("noreserve-third", "a third is SIGBUS", at + 2 * MEGA);
  int pair[2];
  pipe(pair);
  ROW("noreserve-syscall", "EFAULT: a system call", write(pair[1], at + 2 * MEGA, 1));
  madvise(at, MEGA, MADV_DONTNEED);
  ROW("noreserve-dontneed", "MADV_DONTNEED of one: blocks free", blocks_free());
  STORE("noreserve-again", "the third can be had now", at + 2 * MEGA);
  munmap(at, 3 * MEGA);
  ROW("noreserve-gone", "munmap(2): blocks free", blocks_free());
  at = map_of(one, 3, MAP_SHARED | MAP_NORESERVE);
  STORE("shared-first", "a shared mapping: its first page", at);
  STORE("shared-second", "its second", at + MEGA);
  STORE("shared-third", "a third is SIGBUS", at + 2 * MEGA);
  munmap(at, 3 * MEGA);
  ROW("shared-gone", "the file keeps them: blocks free", blocks_free());
  ROW("shared-truncate", "ftruncate(2)", ftruncate(one, 0));
  ROW("shared-truncated", "gives them back: blocks free", blocks_free());
  HOLDS("noreserve-end", "and nothing is left", end(2));
}

static void copies(void) {
  PAGE("mount(2)", "hugetlbfs, size=4M: copies");
  begin("size=4M");
  char *at = map_of(one, 2, MAP_SHARED);
  at[0] = at[MEGA] = 1;
  WORKS("copy-reserved", "ENOMEM: a private mapping of a page that the file has", map_of(one, 1, MAP_PRIVATE));
  char *own = map_of(one, 2, MAP_PRIVATE | MAP_NORESERVE);
  LOAD("copy-load", "without a reservation it can be read", own);
  STORE("copy-store", "and a store is SIGBUS", own);
  munmap(own, 2 * MEGA), munmap(at, 2 * MEGA);
  HOLDS("copy-end", "nothing is left", end(2));
  begin("size=4M");
  ROW("fill", "fallocate(2) of one page", fallocate(one, 0, 0, MEGA));
  own = map_of(one, 1, MAP_PRIVATE);
  ROW("fill-blocks", "and a private mapping of it: blocks free", blocks_free());
  STORE("fill-store", "a store", own);
  ROW("fill-stored", "blocks free", blocks_free());
  munmap(own, MEGA);
  ROW("fill-gone", "munmap(2): blocks free", blocks_free());
  HOLDS("fill-end", "nothing is left", end(2));
  begin("size=4M");
  at = map_of(one, 1, MAP_PRIVATE);
  at[0] = 1;
  CHILD(STORE("fork-store", "fork(2): a child's store", at); ROW("fork-blocks", "takes a block: blocks free", blocks_free()));
  ROW("fork-gone", "which goes with it: blocks free", blocks_free());
  munmap(at, MEGA);
  HOLDS("fork-end", "nothing is left", end(2));
}

/* The parent stores to a page that a child has, too, where no other is to be had. */
static void parent_first(char *at, const char *store, const char *child) {
  int to[2];
  char go = 0;
  pipe(to);
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    read(to[0], &go, 1);
    LOAD(child, "which the child loses: SIGBUS", at);
    fflush(stdout), _exit(0);
  }
  STORE(store, "its parent's store keeps the page", at + 5);
  write(to[1], &go, 1);
  waitpid(pid, NULL, 0);
  close(to[0]), close(to[1]);
}

static void owners(void) {
  PAGE("mount(2)", "hugetlbfs, size=2M: who has reserved a page keeps it");
  begin("size=2M");
  char *at = map_of(one, 1, MAP_PRIVATE);
  at[0] = 1;
  CHILD(STORE("owner-child", "fork(2): a child's store is SIGBUS", at); LOAD("owner-child-load", "a load is not", at));
  parent_first(at, "owner-store", "owner-lost");
  LOAD("owner-load", "with what was there", at);
  ROW("owner-blocks", "blocks free", blocks_free());
  munmap(at, MEGA);
  HOLDS("owner-end", "nothing is left", end(1));
}

static void pool(void) {
  PAGE("mmap(2)", "MAP_HUGETLB: a pool of one page, and fork(2)");
  pool_set(1);
  char *at = mmap(NULL, MEGA, RW, PRIVATE | MAP_HUGETLB, -1, 0);
  at[0] = 1;
  CHILD(STORE("pool-child", "a child's store is SIGBUS", at));
  parent_first(at, "pool-store", "pool-lost");
  LOAD("pool-load", "with what was there", at);
  munmap(at, MEGA);
  ROW("pool-free", "HugePages_Free", FREE());
  ROW("pool-reserved", "HugePages_Rsvd", RESERVED());
}

int main(void) {
  if (unshare(CLONE_NEWNS) == 0) mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
  mkdir("m", 0700);
  pool_set(6);
  reserved();
  unreserved();
  copies();
  owners();
  pool();
  pool_restore();
  return 0;
}
