/* One page cache: what read, write and mappings see of each other. */
#include "mapping.h"
#include <sys/sendfile.h>

int main(void) {
  PAGE("mmap(2)", "One cache for read, write and mappings");
  int fd = file_of("data", 4), other = open("data", O_RDWR);
  char *shared = mmap(NULL, 4 * P, RW, MAP_SHARED, fd, 0), *second = mmap(NULL, 4 * P, RW, MAP_SHARED, other, 0);
  char *private = mmap(NULL, 4 * P, PROT_READ, MAP_PRIVATE, fd, 0), buffer[16] = {0};
  shared[0] = 1;
  ROW("store-read", "a store is read at once", byte_of(fd, 0));
  ROW("store-read-other", "through another descriptor as well", byte_of(other, 0));
  LOAD("store-mapping", "and seen by another mapping", second);
  LOAD("store-private", "and by a private one that is not written", private);
  ROW("write", "write(2)", pwrite(other, "\2", 1, 0));
  LOAD("write-mapping", "is seen by mappings at once", shared);
  LOAD("write-private", "private ones, too", private);
  CHILD(pwrite(fd, "\3", 1, 1));
  LOAD("write-child", "from another process", shared + 1);
  CHILD(int own = open("data", O_RDWR); char *new = mmap(NULL, P, RW, MAP_SHARED, own, 0); new[2] = 4);
  ROW("child-mapping", "a store in another process's own mapping", byte_of(fd, 2));
  ROW("across", "write(2) over a page's border", pwrite(fd, "abcd", 4, P - 2));
  HOLDS("across-mapping", "is seen on both sides", shared[P - 1] == 'b' && shared[P] == 'c');
  ROW("from-mapping", "write(2) from a mapping of the same file", pwrite(fd, shared, 4, 2 * P));
  HOLDS("from-mapping-seen", "copies", shared[2 * P] == 2 && shared[2 * P + 1] == 3);
  ROW("into-mapping", "read(2) into a mapping of the same file", pread(fd, shared + 100, 4, P - 2));
  HOLDS("into-mapping-seen", "copies as well", !memcmp(shared + 100, "abcd", 4));
  ROW("same-page", "write(2) of a page from that very page", pwrite(fd, shared + P, P, P));
  ROW("overlap", "read(2) of a page into that very page", pread(fd, shared + P, P, P));
  int sink = open("sink", O_RDWR | O_CREAT, 0600);
  off_t from = 0;
  shared[3] = 9;
  ROW("sendfile", "sendfile sends what was stored", sendfile(sink, fd, &from, 4));
  ROW("sendfile-byte", "the byte", byte_of(sink, 3));
  struct iovec parts[2] = {{shared, 2}, {shared + P, 2}};
  ROW("writev", "writev from two pages of a mapping", pwritev(sink, parts, 2, 0));
  ROW("append", "O_APPEND at the end of a file", write(open("data", O_WRONLY | O_APPEND), "tail", 4));
  struct stat status;
  fstat(fd, &status);
  ROW("append-size", "makes it longer", status.st_size);
  char *end = mmap(NULL, P, PROT_READ, MAP_SHARED, fd, 4 * P);
  LOAD("append-mapping", "which a mapping of that part shows", end);
  rename("data", "renamed");
  shared[5] = 6;
  int renamed = open("renamed", O_RDONLY);
  ROW("rename", "after rename(2) stores are in the file of the new name", byte_of(renamed, 5));
  link("renamed", "second");
  ROW("link", "and in that of another link", byte_of(open("second", O_RDONLY), 5));
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  ROW("proc-fd", "and through /proc/self/fd", byte_of(open(path, O_RDONLY), 5));
  unlink("renamed");
  ROW("fsync", "fsync(2) after stores", fsync(fd));
  ROW("fdatasync", "fdatasync(2)", fdatasync(fd));
  ROW("sync-range", "sync_file_range(2)", sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
  ROW("fadvise", "posix_fadvise(DONTNEED)", posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
  LOAD("fadvise-kept", "loses no store", shared + 5);
  ROW("fadvise-read", "nor a byte of the file", byte_of(fd, 5));
  HOLDS("executed", "a page that is executed sees stores through another mapping", ({
    char *code = mmap(NULL, P, RX, MAP_SHARED, fd, 3 * P);
    memcpy(shared + 3 * P, RETURN, sizeof RETURN);
    !strcmp(jump_to(code), "returns");
  }));
  int before = smaps_kb(shared, "Rss");
  char *copy = mmap(NULL, 4 * P, RW, MAP_PRIVATE, fd, 0);
  copy[0] = 1;
  ROW("private-kb", "a private mapping has memory of its own for what was written: kB", smaps_kb(copy, "Anonymous"));
  shared[0] = 50;
  LOAD("private-first", "a page copied before a store in the file shows the old bytes", copy);
  LOAD("private-later", "one copied after it the new ones", (shared[P] = 51, copy[P + 1] = 1, copy + P));
  return before < 0;
}
