/* memfd_create(2) and the seals of fcntl(2). */
#include "mapping.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#define MFD_EXEC 16U
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 16
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 32
#endif

static int sealable(int seals) {
  int fd = memfd_create("sealed", MFD_ALLOW_SEALING);
  ftruncate(fd, 2 * P);
  if (seals >= 0) fcntl(fd, F_ADD_SEALS, seals);
  return fd;
}

int main(void) {
  PAGE("memfd_create(2)", "The file");
  int fd = memfd_create("name", 0);
  struct stat status;
  char text[256] = {0};
  fstat(fd, &status);
  ROW("size", "a new one is empty", status.st_size);
  ROW("links", "without a name in any folder", status.st_nlink);
  HOLDS("regular", "it is a regular file", S_ISREG(status.st_mode));
  HOLDS("owner", "of the caller", status.st_uid == geteuid());
  ROW("mode", "open to all", status.st_mode & 0777);
  snprintf(text, sizeof text, "/proc/self/fd/%d", fd);
  char link[64] = {0};
  readlink(text, link, 63);
  SAYS("link", "what /proc/self/fd shows", link);
  ROW("truncate", "ftruncate", ftruncate(fd, 2 * P));
  char *shared = mmap(NULL, 2 * P, RW, MAP_SHARED, fd, 0);
  STORE("map", "a shared mapping can be stored to", shared);
  ROW("read", "which read(2) sees", byte_of(fd, 0));
  maps_line(shared, text, sizeof text);
  SAYS("maps", "what maps shows", strchr(text, '/'));
  CHILD(shared[1] = 5);
  LOAD("child", "children share it", shared + 1);
  snprintf(text, sizeof text, "/proc/self/fd/%d", fd);
  int again = open(text, O_RDONLY);
  ROW("reopen", "it can be opened again through /proc", byte_of(again, 1));
  WORKS("reopen-write", "but not mapped for writing through a descriptor for reading", (long)mmap(NULL, P, RW, MAP_SHARED, again, 0));
  ROW("cloexec", "without MFD_CLOEXEC: FD_CLOEXEC", fcntl(fd, F_GETFD));
  ROW("cloexec-set", "with it", fcntl(memfd_create("x", MFD_CLOEXEC), F_GETFD));
  ROW("flags", "the access mode", fcntl(fd, F_GETFL) & O_ACCMODE);
  HOLDS("two", "two of the same name are two files", memfd_create("name", 0) >= 0 && byte_of(memfd_create("name", 0), 0) == -1);
  WORKS("slash", "a name may hold a slash", memfd_create("a/b", 0));
  WORKS("empty-name", "and be empty", memfd_create("", 0));
  memset(text, 'n', 255);
  text[249] = 0;
  WORKS("name-249", "249 bytes", memfd_create(text, 0));
  memset(text, 'n', 255);
  text[250] = 0;
  WORKS("name-250", "EINVAL: 250 bytes", memfd_create(text, 0));
  WORKS("name-bad", "EFAULT: a name that can't be read", memfd_create((char *)8, 0));
  WORKS("unknown", "EINVAL: unknown flags", memfd_create("x", 0x800));
  WORKS("exec-both", "EINVAL: MFD_EXEC and MFD_NOEXEC_SEAL", memfd_create("x", MFD_EXEC | MFD_NOEXEC_SEAL));
  CHILD(limit(RLIMIT_NOFILE, 3); WORKS("emfile", "EMFILE: no descriptor left", memfd_create("x", 0)));
  fstat(memfd_create("x", MFD_NOEXEC_SEAL), &status);
  ROW("noexec-mode", "MFD_NOEXEC_SEAL: its mode", status.st_mode & 0777);
  ROW("noexec-seals", "and its seals", fcntl(memfd_create("x", MFD_NOEXEC_SEAL), F_GET_SEALS));
  ROW("noexec-chmod", "EPERM: which can't be made executable", fchmod(memfd_create("x", MFD_NOEXEC_SEAL), 0777));

  PAGE("memfd_create(2)", "Seals");
  ROW("get-none", "without MFD_ALLOW_SEALING: F_GET_SEALS", fcntl(fd, F_GET_SEALS));
  ROW("add-none", "EPERM: F_ADD_SEALS", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  int file = file_of("ordinary", 1), sealed;
  ROW("file", "F_GET_SEALS of a file of a memory file system", fcntl(file, F_GET_SEALS));
  ROW("pipe", "EINVAL: of what has no seals", (pipe((int *)text), fcntl(*(int *)text, F_GET_SEALS)));
  sealed = sealable(-1);
  ROW("get", "with MFD_ALLOW_SEALING", fcntl(sealed, F_GET_SEALS));
  ROW("add", "F_ADD_SEALS", fcntl(sealed, F_ADD_SEALS, F_SEAL_SHRINK));
  ROW("added", "F_GET_SEALS", fcntl(sealed, F_GET_SEALS));
  ROW("unknown-seal", "EINVAL: unknown seals", fcntl(sealed, F_ADD_SEALS, 0x100));
  ROW("shrink", "EPERM: F_SEAL_SHRINK: shorter", ftruncate(sealed, P));
  ROW("shrink-open", "EPERM: O_TRUNC", (snprintf(text, sizeof text, "/proc/self/fd/%d", sealed), open(text, O_RDWR | O_TRUNC)));
  ROW("shrink-grow", "longer", ftruncate(sealed, 3 * P));
  sealed = sealable(F_SEAL_GROW);
  ROW("grow", "EPERM: F_SEAL_GROW: longer", ftruncate(sealed, 3 * P));
  ROW("grow-write", "EPERM: write(2) beyond the end", pwrite(sealed, "x", 1, 2 * P));
  ROW("grow-across", "write(2) over the end stops there", pwrite(sealed, "xyz", 3, 2 * P - 1));
  ROW("grow-fallocate", "EPERM: fallocate", fallocate(sealed, 0, 0, 4 * P));
  ROW("grow-shrink", "shorter", ftruncate(sealed, P));
  sealed = sealable(F_SEAL_SEAL);
  ROW("seal", "EPERM: F_SEAL_SEAL: no more seals", fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE));
  sealed = sealable(F_SEAL_WRITE);
  ROW("write", "EPERM: F_SEAL_WRITE: write(2)", pwrite(sealed, "x", 1, 0));
  WORKS("write-map", "EPERM: a shared writable mapping", (long)mmap(NULL, P, RW, MAP_SHARED, sealed, 0));
  WORKS("write-map-read", "a shared mapping to read", (long)mmap(NULL, P, PROT_READ, MAP_SHARED, sealed, 0));
  ROW("write-mprotect", "EACCES: which can't be made writable", mprotect(mmap(NULL, P, PROT_READ, MAP_SHARED, sealed, 0), P, RW));
  STORE("write-private", "private mappings can be stored to", mmap(NULL, P, RW, MAP_PRIVATE, sealed, 0));
  ROW("write-punch", "EPERM: a hole", fallocate(sealed, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, P));
  ROW("write-truncate", "its length can change", ftruncate(sealed, P));
  sealed = sealable(-1);
  char *mapped = mmap(NULL, P, RW, MAP_SHARED, sealed, 0);
  ROW("busy", "EBUSY: F_SEAL_WRITE while a shared mapping may be written", fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE));
  CHILD(munmap(mapped, P); ROW("busy-other", "EBUSY: whosever it is", fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE)));
  int shown = sealable(-1);
  mmap(NULL, P, RW, MAP_PRIVATE, shown, 0);
  ROW("busy-private", "private mappings don't matter", fcntl(shown, F_ADD_SEALS, F_SEAL_WRITE));
  ROW("future", "F_SEAL_FUTURE_WRITE", fcntl(sealed, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
  STORE("future-store", "leaves the mappings that are there", mapped);
  ROW("future-write", "EPERM: write(2)", pwrite(sealed, "x", 1, 0));
  WORKS("future-map", "EPERM: new mappings to write", (long)mmap(NULL, P, RW, MAP_SHARED, sealed, 0));
  mprotect(mapped, P, PROT_READ);
  ROW("busy-protected", "EBUSY: even when it is protected now", fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE));
  munmap(mapped, P);
  ROW("free", "F_SEAL_WRITE when it is gone", fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE));
  ROW("exec", "F_SEAL_EXEC", fcntl(sealed = sealable(-1), F_ADD_SEALS, F_SEAL_EXEC));
  ROW("exec-implied", "which an executable file's other seals but the last follow", fcntl(sealed, F_GET_SEALS));
  ROW("exec-chmod", "EPERM: fchmod that takes the x bits away", fchmod(sealed, 0600));
  ROW("exec-chmod-same", "others can change", fchmod(sealed, 0711));
  snprintf(text, sizeof text, "/proc/self/fd/%d", sealed);
  ROW("reader", "EPERM: F_ADD_SEALS through a descriptor for reading", fcntl(open(text, O_RDONLY), F_ADD_SEALS, F_SEAL_GROW));
  int large = memfd_create("large", 0);
  ROW("large", "a file of 16 TiB less a page", ftruncate(large, (16L << 40) - P));
  ROW("larger", "and of 32 TiB", ftruncate(large, 32L << 40));
  int grown = memfd_create("grown", MFD_ALLOW_SEALING);
  ftruncate(grown, P);
  ROW("zero-range", "EOPNOTSUPP: FALLOC_FL_ZERO_RANGE, which files in memory have not", fallocate(grown, FALLOC_FL_ZERO_RANGE, 0, P));
  fcntl(grown, F_ADD_SEALS, F_SEAL_GROW);
  ROW("grow-allocate", "EPERM: fallocate(2) over the end of one sealed against growing", fallocate(grown, 0, 0, 2 * P));
  ROW("grow-allocate-keep", "EPERM: FALLOC_FL_KEEP_SIZE, too", fallocate(grown, FALLOC_FL_KEEP_SIZE, 0, 2 * P));
  ROW("grow-allocate-inside", "inside it", fallocate(grown, 0, 0, P));
  CHILD(ROW("child-seals", "seals are the file's: a child sees them", fcntl(sealed, F_GET_SEALS)));
  return 0;
}
