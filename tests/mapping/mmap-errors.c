/* mmap(2): every error that can be provoked, and who is asked first. */
#include "mapping.h"

#define MMAP(length, prot, flags, fd, offset) ((long)mmap(NULL, length, prot, flags, fd, offset))
#define FAR 0x7ffffffff000UL

static void arguments(void) {
  PAGE("mmap(2)", "Errors: EINVAL, ENOMEM, EOVERFLOW, EOPNOTSUPP");
  int fd = file_of("data", 2);
  WORKS("length-0", "length 0", MMAP(0, RW, PRIVATE, -1, 0));
  WORKS("length-0-file", "length 0 of a file", MMAP(0, RW, MAP_SHARED, fd, 0));
  WORKS("no-type", "neither MAP_SHARED nor MAP_PRIVATE", MMAP(P, RW, MAP_ANONYMOUS, -1, 0));
  WORKS("no-type-file", "neither, of a file", MMAP(P, RW, 0, fd, 0));
  WORKS("type-4", "a type of mapping that does not exist", MMAP(P, RW, MAP_ANONYMOUS | 4, -1, 0));
  WORKS("type-4-file", "the same, of a file", MMAP(P, RW, 4, fd, 0));
  WORKS("validate-anonymous", "MAP_SHARED_VALIDATE of anonymous memory", MMAP(P, RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0));
  WORKS("offset-odd", "an offset that is not a multiple of the page size", MMAP(P, RW, MAP_SHARED, fd, 100));
  WORKS("offset-odd-anonymous", "the same, anonymous", MMAP(P, RW, PRIVATE, -1, 1));
  WORKS("fixed-odd", "MAP_FIXED at an address that is not a multiple", (long)mmap((char *)0x10000001, P, RW, PRIVATE | MAP_FIXED, -1, 0));
  WORKS("noreplace-odd", "MAP_FIXED_NOREPLACE at such an address", (long)mmap((char *)0x10000001, P, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0));
  WORKS("hint-odd", "a hint may be any address", (long)mmap((char *)0x10000001, P, RW, PRIVATE, -1, 0));
  WORKS("length-huge", "a length beyond the address space", MMAP(1UL << 60, RW, PRIVATE, -1, 0));
  WORKS("length-overflow", "a length that is 0 when rounded up", MMAP(-1UL, RW, PRIVATE, -1, 0));
  WORKS("length-space", "as much as the whole address space", MMAP(1UL << 47, PROT_NONE, PRIVATE | MAP_NORESERVE, -1, 0));
  WORKS("fixed-beyond", "MAP_FIXED that ends beyond the address space", (long)mmap((char *)(-1UL << 20), P, RW, PRIVATE | MAP_FIXED, -1, 0));
  WORKS("hint-beyond", "a hint beyond the address space is no hint", (long)mmap((char *)(-1UL << 20), P, RW, PRIVATE, -1, 0));
  WORKS("offset-end", "offset and length beyond what an offset can be", MMAP(2 * P, RW, MAP_SHARED, fd, 0x7ffffffffffff000));
  WORKS("offset-wraps", "offset and length beyond 2^64", MMAP(P, RW, MAP_SHARED, fd, (off_t)-4096));
  WORKS("offset-wraps-anonymous", "anonymous memory has none", MMAP(P, RW, PRIVATE, -1, (off_t)-4096));
  WORKS("offset-large", "an offset that fits", MMAP(P, PROT_READ, MAP_SHARED, fd, 1L << 40));
  WORKS("prot-unknown", "unknown bits in prot are ignored", MMAP(P, PROT_READ | 0x40, PRIVATE, -1, 0));
  WORKS("flags-unknown", "unknown flags are ignored with MAP_SHARED", MMAP(P, RW, MAP_SHARED | 0x200000, fd, 0));
  WORKS("flags-unknown-private", "and with MAP_PRIVATE", MMAP(P, RW, PRIVATE | 0x200000, -1, 0));
  WORKS("validate-unknown", "but not with MAP_SHARED_VALIDATE", MMAP(P, RW, MAP_SHARED_VALIDATE | 0x200000, fd, 0));
  WORKS("validate-known", "which accepts those that are known", MMAP(P, RW, MAP_SHARED_VALIDATE | MAP_POPULATE | MAP_NORESERVE, fd, 0));
  WORKS("validate-noreplace", "MAP_FIXED_NOREPLACE is not among them", (long)mmap(room(1), P, RW, MAP_SHARED_VALIDATE | MAP_FIXED_NOREPLACE, fd, 0));
  WORKS("validate-huge", "the sizes of huge pages are", MMAP(P, RW, MAP_SHARED_VALIDATE | 21 << 26, fd, 0));
  WORKS("sync-validate", "MAP_SYNC with MAP_SHARED_VALIDATE, of a file whose medium is no memory", MMAP(P, RW, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0));
  WORKS("sync-shared", "MAP_SYNC with MAP_SHARED is ignored", MMAP(P, RW, MAP_SHARED | MAP_SYNC, fd, 0));
  WORKS("sync-private", "and with MAP_PRIVATE", MMAP(P, RW, MAP_PRIVATE | MAP_SYNC, fd, 0));
  WORKS("growsdown-file", "MAP_GROWSDOWN of a file, private", MMAP(P, RW, MAP_PRIVATE | MAP_GROWSDOWN, fd, 0));
  WORKS("growsdown-shared", "MAP_GROWSDOWN of a file, shared", MMAP(P, RW, MAP_SHARED | MAP_GROWSDOWN, fd, 0));
  WORKS("growsdown-shared-anonymous", "MAP_GROWSDOWN of shared anonymous memory", MMAP(P, RW, SHARED | MAP_GROWSDOWN, -1, 0));
  WORKS("hugetlb-file", "MAP_HUGETLB of an ordinary file", MMAP(P, RW, MAP_SHARED | MAP_HUGETLB, fd, 0));
  WORKS("hugetlb-size", "MAP_HUGETLB with a size that no page has", MMAP(P, RW, PRIVATE | MAP_HUGETLB | 13 << 26, -1, 0));
  close(fd);
}

static void descriptors(void) {
  PAGE("mmap(2)", "Errors: EACCES, EBADF, ENODEV, EPERM");
  int both = file_of("data", 2), reader = open("data", O_RDONLY), writer = open("data", O_WRONLY), path = open("data", O_PATH);
  WORKS("reader-private-write", "private and writable, of a descriptor for reading", MMAP(P, RW, MAP_PRIVATE, reader, 0));
  WORKS("reader-shared-read", "shared and readable, of a descriptor for reading", MMAP(P, PROT_READ, MAP_SHARED, reader, 0));
  WORKS("reader-shared-write", "shared and writable, of a descriptor for reading", MMAP(P, RW, MAP_SHARED, reader, 0));
  WORKS("reader-validate-write", "the same with MAP_SHARED_VALIDATE", MMAP(P, RW, MAP_SHARED_VALIDATE, reader, 0));
  WORKS("writer-shared-write", "shared and writable, of a descriptor for writing", MMAP(P, PROT_WRITE, MAP_SHARED, writer, 0));
  WORKS("writer-private-read", "private and readable, of a descriptor for writing", MMAP(P, PROT_READ, MAP_PRIVATE, writer, 0));
  WORKS("writer-none", "even PROT_NONE, of a descriptor for writing", MMAP(P, PROT_NONE, MAP_PRIVATE, writer, 0));
  WORKS("path", "a descriptor of O_PATH", MMAP(P, PROT_READ, MAP_PRIVATE, path, 0));
  WORKS("bad", "a descriptor that is not open", MMAP(P, PROT_READ, MAP_PRIVATE, 12345, 0));
  WORKS("negative", "a negative one", MMAP(P, PROT_READ, MAP_SHARED, -1, 0));
  int pair[2];
  pipe(pair);
  WORKS("pipe", "a pipe", MMAP(P, PROT_READ, MAP_PRIVATE, pair[0], 0));
  WORKS("pipe-writer", "the end of a pipe that can't be read", MMAP(P, PROT_READ, MAP_PRIVATE, pair[1], 0));
  WORKS("folder", "a directory", MMAP(P, PROT_READ, MAP_PRIVATE, open(".", O_RDONLY), 0));
  WORKS("proc", "a file of /proc", MMAP(P, PROT_READ, MAP_PRIVATE, open("/proc/self/status", O_RDONLY), 0));
  WORKS("null-private", "/dev/null, private", MMAP(P, PROT_READ, MAP_PRIVATE, open("/dev/null", O_RDWR), 0));
  WORKS("null-shared", "/dev/null, shared", MMAP(P, PROT_READ, MAP_SHARED, open("/dev/null", O_RDWR), 0));
  WORKS("full", "/dev/full", MMAP(P, PROT_READ, MAP_PRIVATE, open("/dev/full", O_RDWR), 0));
  WORKS("socket", "a socket", MMAP(P, PROT_READ, MAP_PRIVATE, syscall(SYS_socket, 1, 1, 0), 0));
  WORKS("eventfd", "an eventfd", MMAP(P, PROT_READ, MAP_SHARED, syscall(SYS_eventfd2, 0, 0), 0));
  WORKS("append-shared", "MAP_SHARED and PROT_WRITE of a file opened with O_APPEND", MMAP(P, RW, MAP_SHARED, open("data", O_RDWR | O_APPEND), 0));
  WORKS("low", "MAP_FIXED at address 0, for root: below vm.mmap_min_addr if he may (CAP_SYS_RAWIO)", (long)(mmap(NULL, P, RW, PRIVATE | MAP_FIXED, -1, 0) == NULL ? munmap(NULL, P) : -1));
  CHILD(become_user(); WORKS("low-user", "the same for an ordinary user", (long)mmap(NULL, P, RW, PRIVATE | MAP_FIXED, -1, 0)));
  HOLDS("low-hint", "a low hint is raised to vm.mmap_min_addr", (unsigned long)mmap((char *)P, P, RW, PRIVATE, -1, 0) >= 0x10000);
  close(both);
}

static void order(void) {
  PAGE("mmap(2)", "Which error comes first");
  WORKS("badf-length", "no such descriptor and length 0", MMAP(0, RW, MAP_SHARED, 12345, 0));
  WORKS("badf-offset", "no such descriptor and an odd offset", MMAP(P, RW, MAP_SHARED, 12345, 3));
  WORKS("badf-type", "no such descriptor and no type", MMAP(P, RW, 0, 12345, 0));
  WORKS("badf-huge", "no such descriptor and a length that can't be", MMAP(1UL << 60, RW, MAP_SHARED, 12345, 0));
  int writer = open("data", O_WRONLY);
  WORKS("access-huge", "a descriptor for writing and a length that can't be", MMAP(1UL << 60, PROT_READ, MAP_SHARED, writer, 0));
  WORKS("access-type", "a descriptor for writing and no type", MMAP(P, PROT_READ, 0, writer, 0));
  WORKS("folder-shared", "a directory, shared and writable", MMAP(P, RW, MAP_SHARED, open(".", O_RDONLY), 0));
  WORKS("folder-huge", "a directory and a length that can't be", MMAP(1UL << 60, PROT_READ, MAP_PRIVATE, open(".", O_RDONLY), 0));
  char *here = map(1, RW, PRIVATE);
  WORKS("exist-badf", "MAP_FIXED_NOREPLACE over a mapping, no such descriptor", (long)mmap(here, P, RW, MAP_PRIVATE | MAP_FIXED_NOREPLACE, 12345, 0));
  WORKS("exist-folder", "MAP_FIXED_NOREPLACE over a mapping, of a directory", (long)mmap(here, P, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, open(".", O_RDONLY), 0));
  LOAD("folder-fixed-kept", "a mapping survives MAP_FIXED over it that fails: of a descriptor that is not open",
       mmap(here, P, RW, MAP_PRIVATE | MAP_FIXED, 12345, 0) == MAP_FAILED ? here : NULL);
}

static void limits(void) {
  PAGE("mmap(2)", "Errors: ENOMEM and EAGAIN by resource limits");
  CHILD(limit(RLIMIT_AS, 0); WORKS("as-0", "RLIMIT_AS: no more of anything", MMAP(P, PROT_NONE, PRIVATE, -1, 0)));
  CHILD(limit(RLIMIT_AS, 1UL << 30); WORKS("as-beyond", "RLIMIT_AS: more than it allows", MMAP(2UL << 30, PROT_NONE, PRIVATE, -1, 0)));
  CHILD(limit(RLIMIT_AS, 1UL << 30); WORKS("as-shared", "RLIMIT_AS counts shared memory, too", MMAP(2UL << 30, RW, SHARED | MAP_NORESERVE, -1, 0)));
  CHILD(limit(RLIMIT_AS, 1UL << 30); WORKS("as-within", "RLIMIT_AS: what it allows", MMAP(64 * P, RW, PRIVATE, -1, 0)));
  CHILD(limit(RLIMIT_DATA, 0); WORKS("data-0", "RLIMIT_DATA counts private writable memory", MMAP(P, RW, PRIVATE, -1, 0)));
  CHILD(limit(RLIMIT_DATA, 0); WORKS("data-read", "not memory that is only read", MMAP(P, PROT_READ, PRIVATE, -1, 0)));
  CHILD(limit(RLIMIT_DATA, 0); WORKS("data-shared", "not shared memory", MMAP(P, RW, SHARED, -1, 0)));
  CHILD(int fd = open("data", O_RDWR); limit(RLIMIT_DATA, 0);
        WORKS("data-file", "but private writable mappings of files", MMAP(P, RW, MAP_PRIVATE, fd, 0));
        WORKS("data-file-read", "and not readable ones", MMAP(P, PROT_READ, MAP_PRIVATE, fd, 0)));
  CHILD(char *here = map(1, PROT_READ, PRIVATE); limit(RLIMIT_DATA, 0);
        WORKS("data-mprotect", "RLIMIT_DATA stops mprotect(2) from making memory writable", mprotect(here, P, RW)));
  CHILD(become_user(); limit(RLIMIT_MEMLOCK, 0); WORKS("locked-0", "MAP_LOCKED without RLIMIT_MEMLOCK", MMAP(P, RW, PRIVATE | MAP_LOCKED, -1, 0)));
  CHILD(become_user(); limit(RLIMIT_MEMLOCK, 2 * P);
        WORKS("locked-within", "MAP_LOCKED within RLIMIT_MEMLOCK", MMAP(2 * P, RW, PRIVATE | MAP_LOCKED, -1, 0));
        WORKS("locked-beyond", "and one page more", MMAP(P, RW, PRIVATE | MAP_LOCKED, -1, 0)));
  CHILD(limit(RLIMIT_MEMLOCK, 0); WORKS("locked-root", "the limit is not for root", MMAP(P, RW, PRIVATE | MAP_LOCKED, -1, 0)));
}

int main(void) {
  arguments();
  descriptors();
  order();
  limits();
  return 0;
}
