/* userfaultfd(2): write protection, minor faults, moves, poison, and news of what happens to memory; ioctl_userfaultfd(2) and its kin. */
#include "mapping.h"
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>

enum { WP_UNPOPULATED = 1 << 13, WP_ASYNC = 1 << 15 };
struct poison { struct uffdio_range range; uint64_t mode; int64_t updated; };
struct move { uint64_t dst, src, len, mode; int64_t move; };
#define IOC_POISON _IOWR(UFFDIO, 8, struct poison)
#define IOC_MOVE _IOWR(UFFDIO, 5, struct move)

static int fd;
static char *area, *source;
static struct uffd_msg told;

static int reopen(uint64_t features, char *at, int mode) {
  if (fd > 0) close(fd);
  fd = syscall(SYS_userfaultfd, O_CLOEXEC);
  struct uffdio_api api = {.api = UFFD_API, .features = features};
  struct uffdio_register place = {.range = {(unsigned long)at, 8 * P}, .mode = mode};
  return ioctl(fd, UFFDIO_API, &api) == 0 ? ioctl(fd, UFFDIO_REGISTER, &place) : -1;
}

static int protect(char *at, size_t length, int mode) {
  struct uffdio_writeprotect w = {.range = {(unsigned long)at, length}, .mode = mode};
  return ioctl(fd, UFFDIO_WRITEPROTECT, &w);
}

static int copy(char *at, int mode) {
  struct uffdio_copy c = {.dst = (unsigned long)at, .src = (unsigned long)source, .len = P, .mode = mode};
  return ioctl(fd, UFFDIO_COPY, &c);
}

static int proceed(char *at, int mode) {
  struct uffdio_continue c = {.range = {(unsigned long)at, P}, .mode = mode};
  return ioctl(fd, UFFDIO_CONTINUE, &c);
}

static int poison(char *at, int mode) {
  struct poison p = {.range = {(unsigned long)at, P}, .mode = mode};
  return ioctl(fd, IOC_POISON, &p);
}

static int move(char *to, char *from, size_t length, int mode) {
  struct move m = {.dst = (unsigned long)to, .src = (unsigned long)from, .len = length, .mode = mode};
  return ioctl(fd, IOC_MOVE, &m);
}

/* Reads one message and lets whoever waits go on, in the way that it asks for. */
static void *answer(void *unused) {
  (void)unused;
  if (read(fd, &told, sizeof told) != sizeof told || told.event != UFFD_EVENT_PAGEFAULT) return NULL;
  char *page = (char *)(told.arg.pagefault.address & -P);
  if (told.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP) protect(page, P, 0);
  else if (told.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_MINOR) proceed(page, 0);
  else copy(page, 0);
  return NULL;
}

static pthread_t helper;
static void listen_once(void) {
  memset(&told, 0, sizeof told);
  pthread_create(&helper, NULL, answer, NULL);
}
static long heard(void) {
  pthread_join(helper, NULL);
  return told.event == UFFD_EVENT_PAGEFAULT ? (long)told.arg.pagefault.flags : told.event;
}

static int pagemap_bit(void *at, int bit) {
  uint64_t entry = 0;
  int map = open("/proc/self/pagemap", O_RDONLY);
  pread(map, &entry, 8, (unsigned long)at / P * 8);
  close(map);
  return entry >> bit & 1;
}

static void protection(void) {
  PAGE("userfaultfd(2)", "Write protection");
  area[0] = area[P] = 1;
  ROW("wp-register", "UFFDIO_REGISTER for write protection", reopen(0, area, UFFDIO_REGISTER_MODE_WP));
  HOLDS("wp-flag", "smaps shows uw", vm_flag(area, "uw"));
  ROW("wp-both", "EINVAL: protect and don't wake", protect(area, P, 3));
  ROW("wp-unknown", "EINVAL: an unknown mode", protect(area, P, 4));
  ROW("wp-elsewhere", "ENOENT: a range that is not registered so", protect(source, P, 1));
  ROW("wp", "UFFDIO_WRITEPROTECT", protect(area, 8 * P, 1));
  HOLDS("wp-pagemap", "pagemap shows the protection", pagemap_bit(area, 57));
  HOLDS("wp-empty", "but not where there is no page", !pagemap_bit(area + 4 * P, 57));
  LOAD("wp-load", "the page can be read", area);
  listen_once();
  STORE("wp-store", "who stores waits until it is lifted", area);
  ROW("wp-message", "the message tells of a store and a protection: flags", heard());
  HOLDS("wp-lifted", "pagemap shows that it is", !pagemap_bit(area, 57));
  STORE("wp-empty-store", "a page that comes later is not protected", area + 4 * P);
  mprotect(area, 8 * P, PROT_READ);
  mprotect(area, 8 * P, RW);
  HOLDS("wp-mprotect", "mprotect(2) leaves the protection", pagemap_bit(area + P, 57));
  CHILD(STORE("wp-child", "a child's copy has none", area + P));
  ROW("wp-async", "WP_ASYNC", reopen(WP_ASYNC, area, UFFDIO_REGISTER_MODE_WP));
  protect(area, 8 * P, 1);
  STORE("wp-async-store", "nobody is asked", area);
  HOLDS("wp-async-pagemap", "pagemap shows what was written", !pagemap_bit(area, 57) && pagemap_bit(area + P, 57));
  ROW("wp-unpopulated", "WP_UNPOPULATED", reopen(WP_UNPOPULATED, area, UFFDIO_REGISTER_MODE_WP));
  madvise(area, 8 * P, MADV_DONTNEED);
  protect(area, 8 * P, 1);
  HOLDS("wp-unpopulated-pagemap", "protects also where there is no page", pagemap_bit(area + 5 * P, 57));
  listen_once();
  STORE("wp-unpopulated-store", "a store there waits", area + 5 * P);
  ROW("wp-unpopulated-message", "as for a page: flags", heard());
  reopen(0, area, UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP);
  madvise(area, 8 * P, MADV_DONTNEED);
  ROW("wp-copy", "UFFDIO_COPY_MODE_WP", copy(area, UFFDIO_COPY_MODE_WP));
  HOLDS("wp-copy-pagemap", "gives a page that is protected", pagemap_bit(area, 57));
}

static void shared(void) {
  PAGE("userfaultfd(2)", "Shared memory");
  int file = memfd_create("m", 0);
  ftruncate(file, 8 * P);
  char *at = mmap(NULL, 8 * P, RW, MAP_SHARED, file, 0), *other = mmap(NULL, 8 * P, RW, MAP_SHARED, file, 0);
  ROW("shmem-register", "missing pages of a memfd", reopen(0, at, UFFDIO_REGISTER_MODE_MISSING));
  other[P] = 3;
  LOAD("shmem-there", "what the file has is not missing", at + P);
  listen_once();
  LOAD("shmem-load", "what it has not is", at);
  ROW("shmem-message", "flags", heard());
  LOAD("shmem-other", "what is given is the file's", other);
  other[2 * P] = 1;
  ROW("shmem-exists", "EEXIST: the file has the page", copy(at + 2 * P, 0));
  ROW("minor-register", "minor faults", reopen(0, at, UFFDIO_REGISTER_MODE_MINOR));
  HOLDS("minor-flag", "smaps shows ui", vm_flag(at, "ui"));
  ROW("minor-absent", "EFAULT: UFFDIO_CONTINUE where the file has nothing", proceed(at + 4 * P, 0));
  other[3 * P] = 9;
  listen_once();
  LOAD("minor-load", "a page of the file that is not mapped is such a fault", at + 3 * P);
  ROW("minor-message", "flags", heard());
  ROW("minor-exists", "EEXIST: it is mapped now", proceed(at + 3 * P, 0));
  ROW("minor-anonymous", "EINVAL: anonymous memory has none", reopen(0, area, UFFDIO_REGISTER_MODE_MINOR));
  ROW("shmem-wp", "write protection of shared memory", reopen(0, at, UFFDIO_REGISTER_MODE_WP));
  protect(at, 8 * P, 1);
  HOLDS("shmem-wp-empty", "also protects where there is no page", pagemap_bit(at + 6 * P, 57));
  STORE("shmem-wp-other", "another mapping is not protected", other + 6 * P);
  madvise(at, P, MADV_DONTNEED);
  HOLDS("shmem-wp-dontneed", "MADV_DONTNEED leaves the protection", pagemap_bit(at, 57));
  munmap(at, 8 * P), munmap(other, 8 * P), close(file);
}

static void poisons(void) {
  PAGE("userfaultfd(2)", "Poison");
  reopen(0, area, UFFDIO_REGISTER_MODE_MISSING);
  madvise(area, 8 * P, MADV_DONTNEED);
  ROW("poison", "UFFDIO_POISON", poison(area, 0));
  ROW("poison-mode", "EINVAL: an unknown mode", poison(area + P, 2));
  ROW("poison-twice", "EEXIST: a second time", poison(area, 0));
  int pair[2];
  pipe(pair);
  ROW("poison-syscall", "EFAULT: a system call that reads there", write(pair[1], area, 1));
  ROW("poison-healed", "UFFDIO_COPY takes its place", copy(area, 0));
  LOAD("poison-load", "by memory", area);
}

static void moves(void) {
  PAGE("userfaultfd(2)", "Moving pages");
  reopen(0, area, UFFDIO_REGISTER_MODE_MISSING);
  madvise(area, 8 * P, MADV_DONTNEED);
  char *from = map(4, RW, PRIVATE);
  from[0] = 6, from[3 * P] = 7;
  ROW("move", "UFFDIO_MOVE", move(area, from, P, 0));
  LOAD("move-load", "takes the page along", area);
  LOAD("move-left", "and leaves nothing", from);
  ROW("move-hole", "ENOENT: there is no page", move(area + P, from + P, P, 0));
  ROW("move-hole-allowed", "but with ALLOW_SRC_HOLES", move(area + P, from + P, P, 2));
  ROW("move-exists", "EEXIST: there is one already", move(area, from + 3 * P, P, 0));
  ROW("move-mode", "EINVAL: an unknown mode", move(area + P, from + 3 * P, P, 4));
  ROW("move-beyond", "EINVAL: more than one mapping", move(area + P, from + 3 * P, 2 * P, 0));
  ROW("move-unregistered", "EINVAL: to memory that is not registered", move(from + P, area, P, 0));
  char *common = map(1, RW, SHARED);
  common[0] = 1;
  ROW("move-shared", "EINVAL: shared memory", move(area + P, common, P, 0));
  mprotect(from, 4 * P, PROT_READ);
  ROW("move-protection", "EINVAL: mappings of unlike protection", move(area + P, from + 3 * P, P, 0));
}

static void news(void) {
  PAGE("userfaultfd(2)", "What it is told of");
  reopen(UFFD_FEATURE_EVENT_UNMAP | UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_EVENT_REMAP, area, UFFDIO_REGISTER_MODE_MISSING);
  listen_once();
  ROW("event-remove", "madvise(2) that drops pages", madvise(area, P, MADV_DONTNEED));
  HOLDS("event-remove-message", "waits until it was read: UFFD_EVENT_REMOVE, and where", heard() == UFFD_EVENT_REMOVE && told.arg.remove.start == (unsigned long)area && told.arg.remove.end == (unsigned long)area + P);
  listen_once();
  char *to = mremap(area + 6 * P, P, P, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, room(1));
  HOLDS("event-remap", "mremap(2): UFFD_EVENT_REMAP, from and to", heard() == UFFD_EVENT_REMAP && told.arg.remap.from == (unsigned long)area + 6 * P && told.arg.remap.to == (unsigned long)to);
  HOLDS("event-remap-flag", "memory that moved is registered still", vm_flag(to, "um"));
  listen_once();
  ROW("event-unmap", "munmap(2)", munmap(area + 7 * P, P));
  ROW("event-unmap-message", "UFFD_EVENT_UNMAP", heard() == UFFD_EVENT_UNMAP);
  reopen(0, area, UFFDIO_REGISTER_MODE_MISSING);
  to = mremap(area, P, P, MREMAP_MAYMOVE | MREMAP_FIXED, room(1));
  HOLDS("remap-flag", "without the feature memory that moves is registered no longer", !vm_flag(to, "um"));
  reopen(UFFD_FEATURE_SIGBUS, area + P, UFFDIO_REGISTER_MODE_MISSING);
  madvise(area + P, 5 * P, MADV_DONTNEED);
  LOAD("sigbus", "UFFD_FEATURE_SIGBUS: a signal instead", area + P);
  int pair[2];
  pipe(pair);
  ROW("sigbus-syscall", "EFAULT for system calls", write(pair[1], area + P, 1));
}

int main(void) {
  area = map(8, RW, PRIVATE), source = map(1, RW, PRIVATE);
  memset(source, 42, P);
  protection();
  shared();
  poisons();
  moves();
  news();
  return 0;
}
