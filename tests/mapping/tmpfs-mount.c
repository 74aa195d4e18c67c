/* tmpfs(5) and hugetlbfs: their options, at mount(2) and again at a remount. In a mount namespace of its own. */
#include "pool.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/statfs.h>


/* The options that /proc/mounts shows for the last mount at a place. */
static const char *options_of(const char *place) {
  static char found[256];
  char line[512], at[256], options[256];
  FILE *file = fopen("/proc/self/mounts", "r");
  size_t length = strlen(place);
  strcpy(found, "none");
  while (file != NULL && fgets(line, sizeof line, file))
    if (sscanf(line, "%*s %255s %*s %255s", at, options) == 2 && strlen(at) >= length && !strcmp(at + strlen(at) - length, place)) strcpy(found, options);
  if (file != NULL) fclose(file);
  return found;
}
static long blocks(const char *place) {
  struct statfs fs;
  return statfs(place, &fs) == 0 ? (long)fs.f_blocks : -1;
}
static long inodes(const char *place) {
  struct statfs fs;
  return statfs(place, &fs) == 0 ? (long)fs.f_files : -1;
}
static int again(const char *options) {
  return mount(NULL, "m", NULL, MS_REMOUNT, options);
}
static int grow(const char *path, long bytes) {
  int fd = open(path, O_RDWR | O_CREAT, 0600);
  static char page[P];
  long done = 0;
  while (done < bytes && write(fd, page, P) == (long)P) done += P;
  close(fd);
  return done / P;
}

static void remounts(void) {
  PAGE("tmpfs(5)", "Options, and what a remount changes");
  mkdir("m", 0755);
  ROW("mount", "size, nr_inodes, mode, uid, gid", mount("none", "m", "tmpfs", 0, "size=64k,nr_inodes=10,mode=750,uid=7,gid=8"));
  SAYS("options", "/proc/self/mounts shows them", options_of("/m"));
  ROW("full", "pages that fit", grow("m/a", 20 * P));
  ROW("larger", "a remount with a larger size", again("size=128k"));
  ROW("larger-blocks", "statfs(2): blocks", blocks("m"));
  SAYS("larger-options", "the rest stays as it was", options_of("/m"));
  ROW("larger-full", "more pages fit", grow("m/a", 64 * P));
  ROW("smaller", "EINVAL: a size that is too small for what is there", again("size=64k"));
  ROW("smaller-blocks", "nothing changes", blocks("m"));
  truncate("m/a", 8 * P);
  ROW("fits", "a smaller one that holds it", again("size=32k"));
  ROW("fits-full", "no more pages fit", grow("m/b", P));
  ROW("nr-blocks", "nr_blocks", again("nr_blocks=9"));
  ROW("nr-blocks-full", "one more page fits", grow("m/b", 2 * P));
  ROW("inodes", "EINVAL: too few inodes for what is there", again("nr_inodes=1"));
  ROW("inodes-more", "more of them", again("nr_inodes=20"));
  ROW("inodes-count", "statfs(2): files", inodes("m"));
  ROW("mode", "mode, uid and gid say nothing", again("mode=777,uid=1,gid=1"));
  struct stat root;
  stat("m", &root);
  ROW("mode-is", "the root's mode", root.st_mode & 07777);
  ROW("mode-uid", "and owner", root.st_uid);
  ROW("unknown", "EINVAL: an option that there is not", again("nothing=1"));
  ROW("bad", "EINVAL: no size", again("size=many"));
  ROW("read-only", "ro", mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, "size=1m"));
  SAYS("read-only-options", "and size at once", options_of("/m"));
  ROW("read-only-open", "EROFS", open("m/c", O_CREAT | O_RDWR, 0600));
  ROW("unlimited", "size=0: no limit any more", again("size=0"));
  ROW("unlimited-blocks", "statfs(2): blocks", blocks("m"));
  ROW("limited", "EINVAL: a limit where there was none", again("size=1m"));
  ROW("bind", "with MS_BIND the options are not looked at", mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND, "size=many"));
  ROW("umount", "umount(2)", umount("m"));
  mount("none", "m", "tmpfs", 0, NULL);
  ROW("default-limit", "what was mounted without a size has one, which can be changed", again("size=40k"));
  SAYS("default-options", "/proc/self/mounts", options_of("/m"));
  int fd = open("m/mapped", O_RDWR | O_CREAT, 0600);
  ftruncate(fd, 16 * P);
  char *at = mmap(NULL, 16 * P, RW, MAP_SHARED, fd, 0);
  for (int i = 0; i < 10; i++) at[i * P] = 1;
  STORE("mapped-full", "a store in a mapping where no page fits any more", at + 10 * P);
  again("size=44k");
  STORE("mapped-larger", "and after a remount", at + 10 * P);
  munmap(at, 16 * P), close(fd);
  umount("m");
}

static void huge(void) {
  PAGE("mount(2)", "hugetlbfs");
  pool_set(4);
  ROW("huge-mount", "mount -t hugetlbfs", mount("none", "m", "hugetlbfs", 0, "mode=700,uid=3,gid=4"));
  SAYS("huge-options", "/proc/self/mounts", options_of("/m"));
  struct statfs fs;
  statfs("m", &fs);
  HOLDS("huge-type", "statfs(2): HUGETLBFS_MAGIC", fs.f_type == 0x958458f6);
  ROW("huge-block", "a block is a huge page", fs.f_bsize);
  ROW("huge-blocks", "of which there is no count without a limit", (long)fs.f_blocks);
  struct stat st;
  stat("m", &st);
  ROW("huge-mode", "the root's mode", st.st_mode & 07777);
  ROW("huge-uid", "and owner", st.st_uid);
  int fd = open("m/file", O_RDWR | O_CREAT, 0600);
  HOLDS("huge-open", "a file", fd >= 0);
  ROW("huge-write", "EINVAL: write(2)", write(fd, "x", 1));
  ROW("huge-odd", "EINVAL: ftruncate(2) to half a page", ftruncate(fd, MEGA / 2));
  ROW("huge-truncate", "ftruncate(2) to two pages", ftruncate(fd, 2 * MEGA));
  ROW("huge-offset", "EINVAL: a mapping from half a page on", (long)mmap(NULL, MEGA, RW, MAP_SHARED, fd, MEGA / 2));
  char *at = mmap(NULL, 2 * MEGA, RW, MAP_SHARED, fd, 0);
  HOLDS("huge-map", "a shared mapping", at != MAP_FAILED);
  HOLDS("huge-aligned", "at a multiple of 2 MiB", (unsigned long)at % MEGA == 0);
  ROW("huge-reserved", "HugePages_Rsvd", RESERVED());
  STORE("huge-store", "a store", at + MEGA + 5);
  ROW("huge-free", "takes a page: HugePages_Free", FREE());
  ROW("huge-read", "read(2)", byte_of(fd, MEGA + 5));
  ROW("huge-hole", "of a hole: zeros", byte_of(fd, 5));
  HOLDS("huge-name", "maps shows its name", (maps_line(at, (char[512]){0}, 512), strstr(maps_line(at, (char[512]){0}, 512), "/m/file") != NULL));
  CHILD(int own = open("m/file", O_RDWR); char *there = mmap(NULL, 2 * MEGA, RW, MAP_SHARED, own, 0); LOAD("huge-child", "another process maps it", there + MEGA + 5); there[7] = 9);
  LOAD("huge-child-store", "and what it stores is seen", at + 7);
  fstat(fd, &st);
  ROW("huge-size", "st_size", st.st_size);
  ROW("huge-st-block", "st_blksize", st.st_blksize);
  ROW("huge-st-blocks", "st_blocks", st.st_blocks);
  ROW("huge-busy", "EBUSY: umount(2) while it is mapped", umount("m"));
  munmap(at, 2 * MEGA), close(fd);
  ROW("huge-stays", "what a file has stays without mappings: HugePages_Free", FREE());
  fd = open("m/file", O_RDWR);
  char *own = mmap(NULL, MEGA, RW, MAP_PRIVATE, fd, MEGA);
  LOAD("huge-private", "a private mapping", own + 5);
  own[5] = 1;
  ROW("huge-private-file", "its stores are its own", byte_of(fd, MEGA + 5));
  munmap(own, MEGA);
  ROW("huge-punch", "fallocate(2): a hole", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, MEGA));
  ROW("huge-punch-free", "HugePages_Free", FREE());
  ROW("huge-allocate", "fallocate(2)", fallocate(fd, 0, 0, MEGA));
  ROW("huge-allocate-free", "HugePages_Free", FREE());
  close(fd);
  ROW("huge-unlink", "unlink(2)", unlink("m/file"));
  ROW("huge-unlink-free", "gives all back: HugePages_Free", FREE());
  ROW("huge-folder", "mkdir(2)", mkdir("m/folder", 0755));
  ROW("huge-umount", "umount(2)", umount("m"));
  ROW("huge-size-option", "size: two pages", mount("none", "m", "hugetlbfs", 0, "size=4M"));
  SAYS("huge-size-options", "/proc/self/mounts", options_of("/m"));
  ROW("huge-size-blocks", "statfs(2): blocks", blocks("m"));
  fd = open("m/file", O_RDWR | O_CREAT, 0600);
  HOLDS("huge-size-fits", "a mapping of two", mmap(NULL, 2 * MEGA, RW, MAP_SHARED, fd, 0) != MAP_FAILED);
  ROW("huge-size-more", "ENOMEM: of one more", (long)mmap(NULL, 3 * MEGA, RW, MAP_SHARED, fd, 0));
  fstat(fd, &st);
  ROW("huge-grown", "a mapping that may be written to makes its file as long as it is: st_size", st.st_size);
  WORKS("huge-more-unreserved", "MAP_NORESERVE: of three", mmap(NULL, 3 * MEGA, RW, MAP_SHARED | MAP_NORESERVE, fd, 0));
  fstat(fd, &st);
  ROW("huge-grown-unreserved", "st_size", st.st_size);
  close(fd);
  umount2("m", MNT_DETACH);
  mount("none", "m", "hugetlbfs", 0, "size=16M");
  fd = open("m/file", O_RDWR | O_CREAT, 0600);
  WORKS("huge-read-only", "a mapping that is read only", mmap(NULL, MEGA, PROT_READ, MAP_SHARED, fd, 0));
  fstat(fd, &st);
  ROW("huge-read-only-size", "leaves st_size", st.st_size);
  struct statfs before;
  statfs("m", &before);
  WORKS("huge-pool", "ENOMEM: the pool has not so many as the size allows", mmap(NULL, 7 * MEGA, RW, MAP_SHARED, fd, 0));
  fstat(fd, &st), statfs("m", &fs);
  ROW("huge-pool-size", "leaves st_size", st.st_size);
  ROW("huge-pool-blocks", "and takes no block", before.f_bfree - fs.f_bfree);
  WORKS("huge-private-write", "a private mapping that may be written to", mmap(NULL, MEGA / 2, RW, MAP_PRIVATE | MAP_NORESERVE, fd, MEGA));
  fstat(fd, &st);
  ROW("huge-private-size", "makes it as long, too: st_size", st.st_size);
  close(fd);
  umount2("m", MNT_DETACH);
  ROW("huge-pagesize", "pagesize=2M", mount("none", "m", "hugetlbfs", 0, "pagesize=2M"));
  umount("m");
  ROW("huge-pagesize-odd", "EINVAL: pagesize=3M", mount("none", "m", "hugetlbfs", 0, "pagesize=3M"));
  ROW("huge-unknown", "EINVAL: an option that there is not", mount("none", "m", "hugetlbfs", 0, "nothing=1"));
}

int main(void) {
  if (unshare(CLONE_NEWNS) == 0) mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
  umask(0);
  remounts();
  CHILD(huge(), pool_restore());
  return 0;
}
