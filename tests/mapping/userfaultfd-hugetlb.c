/* userfaultfd(2) on huge pages of the pool: whole pages are missing, given, protected. The pool is left as it was. */
#include "pool.h"
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>

#ifndef MFD_HUGETLB
#define MFD_HUGETLB 4U
#endif
#define HUGE (PRIVATE | MAP_HUGETLB)
#define MISSING UFFDIO_REGISTER_MODE_MISSING
#define PROTECTED UFFDIO_REGISTER_MODE_WP
#define MINOR UFFDIO_REGISTER_MODE_MINOR

enum { POISON = 1 << 14, WP_ASYNC = 1 << 15, EXACT = 1 << 11 };
struct poison { struct uffdio_range range; uint64_t mode; int64_t updated; };
struct move { uint64_t dst, src, len, mode; int64_t move; };
#define IOC_POISON _IOWR(UFFDIO, 8, struct poison)
#define IOC_MOVE _IOWR(UFFDIO, 5, struct move)

static int fd;
static char *source;
static struct uffd_msg told;
static long copied;
static uint64_t offered;

static int watch(char *at, size_t length, int mode) {
  struct uffdio_register r = {.range = {(unsigned long)at, length}, .mode = mode};
  int result = ioctl(fd, UFFDIO_REGISTER, &r);
  offered = r.ioctls;
  return result;
}

static int unwatch(char *at, size_t length) {
  struct uffdio_range r = {(unsigned long)at, length};
  return ioctl(fd, UFFDIO_UNREGISTER, &r);
}

static int reopen(uint64_t features, char *at, size_t length, int mode) {
  if (fd > 0) close(fd);
  fd = syscall(SYS_userfaultfd, O_CLOEXEC);
  struct uffdio_api api = {.api = UFFD_API, .features = features};
  return ioctl(fd, UFFDIO_API, &api) == 0 ? watch(at, length, mode) : -1;
}

static int protect(char *at, size_t length, int mode) {
  struct uffdio_writeprotect w = {.range = {(unsigned long)at, length}, .mode = mode};
  return ioctl(fd, UFFDIO_WRITEPROTECT, &w);
}

static int copy_from(char *at, char *from, size_t length, int mode) {
  struct uffdio_copy c = {.dst = (unsigned long)at, .src = (unsigned long)from, .len = length, .mode = mode, .copy = 12345};
  int result = ioctl(fd, UFFDIO_COPY, &c);
  copied = c.copy;
  return result;
}
#define COPY(at, mode) copy_from(at, source, MEGA, mode)

static int zero(char *at, size_t length) {
  struct uffdio_zeropage z = {.range = {(unsigned long)at, length}};
  int result = ioctl(fd, UFFDIO_ZEROPAGE, &z);
  copied = z.zeropage;
  return result;
}

static int proceed(char *at, size_t length, int mode) {
  struct uffdio_continue c = {.range = {(unsigned long)at, length}, .mode = mode, .mapped = 12345};
  int result = ioctl(fd, UFFDIO_CONTINUE, &c);
  copied = c.mapped;
  return result;
}

static int poison(char *at, size_t length) {
  struct poison p = {.range = {(unsigned long)at, length}};
  int result = ioctl(fd, IOC_POISON, &p);
  copied = p.updated;
  return result;
}

static int move(char *to, char *from, size_t length) {
  struct move m = {.dst = (unsigned long)to, .src = (unsigned long)from, .len = length};
  return ioctl(fd, IOC_MOVE, &m);
}

static int wake(char *at, size_t length) {
  struct uffdio_range r = {(unsigned long)at, length};
  return ioctl(fd, UFFDIO_WAKE, &r);
}

static char *base;
static int waking;
/* Reads one message and lets whoever waits go on, in the way that it asks for. */
static void *answer(void *unused) {
  (void)unused;
  if (read(fd, &told, sizeof told) != sizeof told || told.event != UFFD_EVENT_PAGEFAULT) return NULL;
  char *page = (char *)(told.arg.pagefault.address & -MEGA);
  if (told.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP) protect(page, MEGA, 0);
  else if (told.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_MINOR) proceed(page, MEGA, 0);
  else if (waking) COPY(page, UFFDIO_COPY_MODE_DONTWAKE), wake(page + 3 * P, P), usleep(1000), wake(page, P);
  else COPY(page, 0);
  return NULL;
}

static pthread_t helper;
static void listen_once(char *at) {
  base = at;
  memset(&told, 0, sizeof told);
  pthread_create(&helper, NULL, answer, NULL);
}
static long heard(void) {
  pthread_join(helper, NULL);
  return told.event == UFFD_EVENT_PAGEFAULT ? (long)told.arg.pagefault.flags : told.event;
}
static long where(void) {
  return (long)(told.arg.pagefault.address - (uint64_t)base);
}

static int pagemap_bit(void *at, int bit) {
  uint64_t entry = 0;
  int map = open("/proc/self/pagemap", O_RDONLY);
  pread(map, &entry, 8, (unsigned long)at / P * 8);
  close(map);
  return entry >> bit & 1;
}

static void missing(void) {
  PAGE("userfaultfd(2)", "Huge pages of the pool: missing ones");
  char *at = mmap(NULL, 4 * MEGA, RW, HUGE, -1, 0);
  ROW("register-start", "EINVAL: UFFDIO_REGISTER from within a huge page", reopen(0, at + P, MEGA, MISSING));
  ROW("register-end", "EINVAL: to within a huge page", reopen(0, at, MEGA + P, MISSING));
  ROW("register", "UFFDIO_REGISTER of three", reopen(0, at, 3 * MEGA, MISSING));
  ROW("register-ioctls", "what may be done there: UFFDIO_COPY, WAKE, POISON; no ZEROPAGE, no MOVE", offered);
  HOLDS("flag", "smaps shows um", vm_flag(at, "um"));
  HOLDS("flag-ht", "and ht", vm_flag(at, "ht"));
  HOLDS("beside", "the page beside is not registered", !vm_flag(at + 3 * MEGA, "um"));
  listen_once(at);
  LOAD("load", "a load waits for the whole page", at + 7 * P + 5);
  ROW("load-flags", "the message's flags", heard());
  ROW("load-where", "it tells the start of the huge page", where());
  LOAD("load-last", "all of it is there", at + MEGA - 1);
  ROW("load-free", "one page of the pool is taken: HugePages_Free", FREE());
  ROW("load-reserved", "that the mapping had reserved: HugePages_Rsvd", RESERVED());
  listen_once(at);
  STORE("store", "a store waits", at + MEGA + 9 * P);
  ROW("store-flags", "flags", heard());
  ROW("store-where", "where", where());
  LOAD("store-beside", "beside it is what was given", at + MEGA + 9 * P + 1);
  ROW("copy-exists", "EEXIST: a page that is there", COPY(at, 0));
  ROW("copy-exists-field", "and the result field", copied);
  ROW("copy-small", "EINVAL: UFFDIO_COPY of 4 KiB", copy_from(at + 2 * MEGA, source, P, 0));
  ROW("copy-small-field", "the result field", copied);
  ROW("copy-odd", "EINVAL: to within a huge page", copy_from(at + MEGA + P, source, MEGA, 0));
  ROW("copy-elsewhere", "ENOENT: to one that is not registered", COPY(at + 3 * MEGA, 0));
  ROW("copy-beyond", "ENOENT: to more than is registered", copy_from(at + 2 * MEGA, source, 2 * MEGA, 0));
  ROW("copy-fault", "EFAULT: from where nothing is", copy_from(at + 2 * MEGA, room(512), MEGA, 0));
  ROW("copy-fault-free", "the page goes back to the pool: HugePages_Free", FREE());
  ROW("copy-fault-reserved", "and is reserved still: HugePages_Rsvd", RESERVED());
  ROW("copy-unaligned", "the source may lie anywhere", copy_from(at + 2 * MEGA, source + 1, MEGA, 0));
  ROW("copy-field", "the result field", copied);
  LOAD("copy-unaligned-load", "its bytes are there", at + 2 * MEGA + MEGA - 1);
  ROW("zero", "EINVAL: UFFDIO_ZEROPAGE", zero(at, MEGA));
  ROW("zero-field", "the result field", copied);
  ROW("move", "EINVAL: UFFDIO_MOVE", move(at, source, MEGA));
  ROW("dontneed", "MADV_DONTNEED", madvise(at, 3 * MEGA, MADV_DONTNEED));
  ROW("copy-partial", "two pages of which the second is there: EAGAIN", (COPY(at + MEGA, 0), copy_from(at, source, 2 * MEGA, 0)));
  ROW("copy-partial-field", "the first is done", copied);
  madvise(at, 3 * MEGA, MADV_DONTNEED);
  waking = 1;
  listen_once(at);
  LOAD("wake", "UFFDIO_COPY_MODE_DONTWAKE, then UFFDIO_WAKE of the first 4 KiB", at + 5 * P);
  heard();
  waking = 0;
  int pair[2];
  pipe(pair);
  listen_once(at);
  ROW("syscall", "a system call waits, too", write(pair[1], at + MEGA + 3 * P, 1));
  ROW("syscall-flags", "flags", heard());
  reopen(EXACT, at, 3 * MEGA, MISSING);
  madvise(at, 3 * MEGA, MADV_DONTNEED);
  listen_once(at);
  LOAD("exact", "UFFD_FEATURE_EXACT_ADDRESS", at + 7 * P + 5);
  heard();
  ROW("exact-where", "tells the byte", where());
  reopen(UFFD_FEATURE_SIGBUS, at, 3 * MEGA, MISSING);
  LOAD("sigbus", "UFFD_FEATURE_SIGBUS", at + MEGA + P);
  ROW("unregister-odd", "EINVAL: UFFDIO_UNREGISTER from within a huge page", unwatch(at + P, MEGA));
  ROW("unregister", "UFFDIO_UNREGISTER", unwatch(at, 3 * MEGA));
  LOAD("unregister-load", "the pages are zeros again", at + MEGA + P);
  munmap(at, 4 * MEGA);
  at = mmap(NULL, 3 * MEGA, RW, HUGE, -1, 0);
  char *more = mmap(NULL, 3 * MEGA, RW, HUGE | MAP_NORESERVE, -1, 0);
  madvise(at, 3 * MEGA, MADV_POPULATE_WRITE);
  reopen(0, more, 3 * MEGA, MISSING);
  ROW("empty-copy", "the last page of the pool", COPY(more, 0));
  ROW("empty", "EEXIST, when there is none left", COPY(more + MEGA, 0));
  ROW("empty-field", "the result field", copied);
  munmap(at, 3 * MEGA);
  CHILD(LOAD("child", "a child is not asked", more + 2 * MEGA));
  reopen(UFFD_FEATURE_EVENT_UNMAP | UFFD_FEATURE_EVENT_REMOVE, more, 3 * MEGA, MISSING);
  listen_once(more);
  ROW("remove", "UFFD_EVENT_REMOVE: madvise(2)", madvise(more, MEGA, MADV_DONTNEED));
  HOLDS("remove-told", "tells of whole pages", heard() == UFFD_EVENT_REMOVE && told.arg.remove.end - told.arg.remove.start == MEGA);
  listen_once(more);
  munmap(more, 3 * MEGA);
  HOLDS("unmap-told", "UFFD_EVENT_UNMAP", heard() == UFFD_EVENT_UNMAP && told.arg.remove.end - told.arg.remove.start == 3 * MEGA);
  ROW("end-free", "all are free again: HugePages_Free", FREE());
  ROW("end-reserved", "HugePages_Rsvd", RESERVED());
}

/* With which code depends on CONFIG_MEMORY_FAILURE. */
static int is_bus(char *at) {
  return !strncmp(load_from((volatile unsigned char *)at), "SIGBUS", 6);
}

static void poisons(void) {
  PAGE("userfaultfd(2)", "Huge pages of the pool: poison");
  char *at = mmap(NULL, MEGA, RW, HUGE, -1, 0);
  reopen(POISON, at, MEGA, MISSING);
  ROW("poison-odd", "EINVAL: UFFDIO_POISON of 4 KiB", poison(at, P));
  ROW("poison", "of a huge page", poison(at, MEGA));
  ROW("poison-field", "the result field", copied);
  ROW("poison-twice", "EEXIST: a second time", poison(at, MEGA));
  HOLDS("poison-load", "a load: SIGBUS", is_bus(at + 7 * P));
  int pair[2];
  pipe(pair);
  ROW("poison-syscall", "EFAULT: a system call", write(pair[1], at + P, 1));
  CHILD(HOLDS("poison-child", "a child has it, too", is_bus(at + P)));
  ROW("poison-pagemap", "pagemap: present", pagemap_bit(at, 63));
  ROW("poison-pagemap-swap", "swapped", pagemap_bit(at, 62));
  ROW("poison-mincore", "mincore: pages", resident(at, 512));
  char *place = (char *)(((uintptr_t)room(1536) + MEGA - 1) & -MEGA);
  HOLDS("poison-move", "mremap(2)", mremap(at, MEGA, MEGA, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place);
  HOLDS("poison-moved", "takes it along", is_bus(place + P));
  ROW("poison-dontneed", "MADV_DONTNEED", madvise(place, MEGA, MADV_DONTNEED));
  LOAD("poison-healed", "takes it away", place + P);
  ROW("poison-healed-reserved", "HugePages_Rsvd", RESERVED());
  munmap(place, MEGA);
  at = mmap(NULL, MEGA, RW, HUGE, -1, 0);
  reopen(POISON, at, MEGA, MISSING);
  poison(at, MEGA);
  ROW("poison-reserved", "HugePages_Rsvd", RESERVED());
  ROW("poison-copy", "UFFDIO_COPY takes its place", COPY(at, 0));
  LOAD("poison-copied", "by memory", at + P);
  ROW("poison-copy-reserved", "HugePages_Rsvd", RESERVED());
  munmap(at, MEGA);
  ROW("poison-free", "HugePages_Free", FREE());
  ROW("poison-end-reserved", "HugePages_Rsvd", RESERVED());
}

static void protection(void) {
  PAGE("userfaultfd(2)", "Huge pages of the pool: write protection");
  char *at = mmap(NULL, 4 * MEGA, RW, HUGE, -1, 0);
  at[0] = at[MEGA] = 1;
  ROW("wp-register", "UFFDIO_REGISTER for write protection", reopen(0, at, 4 * MEGA, PROTECTED));
  ROW("wp-ioctls", "what may be done there", offered);
  HOLDS("wp-flag", "smaps shows uw", vm_flag(at, "uw"));
  ROW("wp-odd", "EINVAL: UFFDIO_WRITEPROTECT from within a huge page", protect(at + P, MEGA, 1));
  ROW("wp-length", "EINVAL: of 4 KiB", protect(at, P, 1));
  ROW("wp", "of all", protect(at, 4 * MEGA, 1));
  HOLDS("wp-pagemap", "pagemap shows the protection", pagemap_bit(at + 3 * P, 57));
  HOLDS("wp-empty", "where there is no page, too", pagemap_bit(at + 2 * MEGA, 57));
  ROW("wp-empty-swap", "as if nothing were swapped out", pagemap_bit(at + 2 * MEGA, 62));
  LOAD("wp-load", "the page can be read", at);
  listen_once(at);
  STORE("wp-store", "who stores waits until it is lifted", at + 5 * P);
  ROW("wp-message", "flags", heard());
  ROW("wp-where", "where", where());
  HOLDS("wp-lifted", "pagemap shows that it is", !pagemap_bit(at, 57));
  LOAD("wp-empty-load", "where there is none: a load", at + 2 * MEGA);
  HOLDS("wp-empty-kept", "gives a page that is protected", pagemap_bit(at + 2 * MEGA, 57));
  listen_once(at);
  STORE("wp-empty-store", "a store there waits", at + 3 * MEGA);
  ROW("wp-empty-message", "flags", heard());
  mprotect(at, 4 * MEGA, PROT_READ);
  mprotect(at, 4 * MEGA, RW);
  HOLDS("wp-mprotect", "mprotect(2) leaves the protection", pagemap_bit(at + MEGA, 57));
  mprotect(at, 4 * MEGA, PROT_NONE);
  HOLDS("wp-none", "PROT_NONE, too", pagemap_bit(at + MEGA, 57));
  mprotect(at, 4 * MEGA, RW);
  madvise(at + MEGA, MEGA, MADV_DONTNEED);
  HOLDS("wp-dontneed", "MADV_DONTNEED leaves it", pagemap_bit(at + MEGA, 57));
  CHILD({
    HOLDS("wp-child-pagemap", "a child has none", !pagemap_bit(at + 2 * MEGA, 57));
    STORE("wp-child", "and is not asked", at + 2 * MEGA);
  });
  unwatch(at, 4 * MEGA);
  HOLDS("wp-unregister", "UFFDIO_UNREGISTER lifts it", !pagemap_bit(at + 2 * MEGA, 57));
  STORE("wp-unregister-store", "a store goes through", at + 2 * MEGA);
  ROW("wp-async", "WP_ASYNC", reopen(WP_ASYNC, at, 4 * MEGA, PROTECTED));
  protect(at, 4 * MEGA, 1);
  STORE("wp-async-store", "nobody is asked", at);
  HOLDS("wp-async-pagemap", "pagemap shows what was written", !pagemap_bit(at, 57) && pagemap_bit(at + 2 * MEGA, 57));
  reopen(0, at, 4 * MEGA, MISSING | PROTECTED);
  madvise(at, 4 * MEGA, MADV_DONTNEED);
  ROW("wp-copy", "UFFDIO_COPY_MODE_WP", COPY(at, UFFDIO_COPY_MODE_WP));
  HOLDS("wp-copy-pagemap", "gives a page that is protected", pagemap_bit(at, 57));
  listen_once(at);
  STORE("wp-copy-store", "a store there waits", at + P);
  ROW("wp-copy-message", "flags", heard());
  reopen(0, at, 4 * MEGA, MISSING);
  ROW("wp-copy-unwatched", "EINVAL: where protection is not watched", (madvise(at, MEGA, MADV_DONTNEED), COPY(at, UFFDIO_COPY_MODE_WP)));
  munmap(at, 4 * MEGA);
  ROW("wp-free", "HugePages_Free", FREE());
}

static void shared(void) {
  PAGE("userfaultfd(2)", "Huge pages of the pool: files");
  int file = memfd_create("m", MFD_HUGETLB);
  ftruncate(file, 4 * MEGA);
  char *at = mmap(NULL, 4 * MEGA, RW, MAP_SHARED, file, 0), *other = mmap(NULL, 4 * MEGA, RW, MAP_SHARED, file, 0);
  ROW("shared-register", "missing pages of a memfd", reopen(0, at, 4 * MEGA, MISSING));
  other[MEGA] = 3;
  LOAD("shared-there", "what the file has is not missing", at + MEGA);
  listen_once(at);
  LOAD("shared-load", "what it has not is", at + P);
  ROW("shared-message", "flags", heard());
  LOAD("shared-other", "what is given is the file's", other + 2 * P);
  other[2 * MEGA] = 1;
  ROW("shared-exists", "EEXIST: the file has the page", COPY(at + 2 * MEGA, 0));
  ROW("shared-poison", "UFFDIO_POISON of a page that the file has", poison(at + 2 * MEGA, MEGA));
  LOAD("shared-poison-other", "is the mapping's alone", other + 2 * MEGA);
  ROW("minor-register", "minor faults", reopen(0, at, 4 * MEGA, MINOR));
  ROW("minor-ioctls", "what may be done there", offered);
  HOLDS("minor-flag", "smaps shows ui", vm_flag(at, "ui"));
  ROW("minor-odd", "EINVAL: UFFDIO_CONTINUE of 4 KiB", proceed(at + 3 * MEGA, P, 0));
  ROW("minor-absent", "EFAULT: UFFDIO_CONTINUE where the file has nothing", proceed(at + 3 * MEGA, MEGA, 0));
  other[3 * MEGA] = 9;
  listen_once(at);
  LOAD("minor-load", "a page of the file that is not mapped is such a fault", at + 3 * MEGA);
  ROW("minor-message", "flags", heard());
  ROW("minor-where", "where", where());
  ROW("minor-exists", "EEXIST: it is mapped now", proceed(at + 3 * MEGA, MEGA, 0));
  ROW("minor-field", "the result field", copied);
  char *private = mmap(NULL, 4 * MEGA, RW, MAP_PRIVATE | MAP_NORESERVE, file, 0);
  ROW("private-minor", "minor faults of a private mapping", reopen(0, private, 4 * MEGA, MINOR));
  listen_once(private);
  STORE("private-minor-store", "a store", private + 3 * MEGA);
  ROW("private-minor-message", "flags", heard());
  LOAD("private-minor-own", "is its own", private + 3 * MEGA);
  LOAD("private-minor-file", "and not the file's", other + 3 * MEGA);
  munmap(private, 4 * MEGA);
  ROW("shared-wp", "write protection of shared memory", reopen(0, at, 4 * MEGA, PROTECTED));
  protect(at, 4 * MEGA, 1);
  STORE("shared-wp-other", "another mapping is not protected", other + MEGA);
  listen_once(at);
  STORE("shared-wp-store", "this one is", at + MEGA);
  ROW("shared-wp-message", "flags", heard());
  madvise(at, MEGA, MADV_DONTNEED);
  HOLDS("shared-wp-dontneed", "MADV_DONTNEED leaves the protection", pagemap_bit(at, 57));
  ROW("shared-wp-truncate", "ftruncate(2)", ftruncate(file, 0));
  HOLDS("shared-wp-truncated", "takes it away", !pagemap_bit(at, 57));
  reopen(0, at, 4 * MEGA, MISSING);
  ROW("beyond", "EFAULT: UFFDIO_COPY beyond the end of the file", COPY(at, 0));
  ROW("beyond-continue", "EFAULT: UFFDIO_CONTINUE there", proceed(at, MEGA, 0));
  LOAD("beyond-load", "a load there", at);
  munmap(at, 4 * MEGA), munmap(other, 4 * MEGA), close(file);
  ROW("shared-free", "all are free again: HugePages_Free", FREE());
  ROW("shared-reserved", "HugePages_Rsvd", RESERVED());
}

int main(void) {
  pool_set(4);
  source = map(1024, RW, PRIVATE);
  memset(source, 42, 1024 * P);
  missing();
  pool_set(6);
  poisons();
  protection();
  shared();
  close(fd);
  pool_restore();
  return 0;
}
