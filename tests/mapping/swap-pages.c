/* Pages in the swap area, as System V shared memory, forks and userfaultfds meet them; madvise(2), shmctl(2), userfaultfd(2). */
#include "mapping.h"
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <sys/swap.h>

enum { PAGES = 8, WP_UNPOPULATED = 1 << 13 };
struct move { uint64_t dst, src, len, mode; int64_t move; };
#define IOC_MOVE _IOWR(UFFDIO, 5, struct move)

static uint64_t entry(void *at) {
  uint64_t value = 0;
  int map = open("/proc/self/pagemap", O_RDONLY);
  pread(map, &value, 8, (unsigned long)at / P * 8);
  close(map);
  return value;
}
/* How many of the pages from here lie in the swap area, by pagemap. */
static int swapped(char *at, int pages) {
  int sum = 0;
  for (int i = 0; i < pages; i++) sum += entry(at + i * P) >> 62 & 1;
  return sum;
}
static int present(char *at, int pages) {
  int sum = 0;
  for (int i = 0; i < pages; i++) sum += entry(at + i * P) >> 63 & 1;
  return sum;
}
static int guarded(char *at) {
  return entry(at) >> 57 & 1;
}

/* Where there is no swap area yet, one of 16 MiB in a file of the working folder. */
static int swap_on(void) {
  char line[256];
  FILE *swaps = fopen("/proc/swaps", "r");
  int lines = 0;
  while (swaps != NULL && fgets(line, sizeof line, swaps)) lines++;
  if (swaps != NULL) fclose(swaps);
  if (lines > 1) return 0;
  int file = open("swapfile", O_RDWR | O_CREAT | O_TRUNC, 0600);
  static char page[P];
  for (int i = 0; i < 4096; i++) write(file, page, P);
  uint32_t *head = (uint32_t *)page;
  head[256] = 1, head[257] = 4095;
  memcpy(page + P - 10, "SWAPSPACE2", 10);
  pwrite(file, page, P, 0);
  fsync(file), close(file);
  return swapon("swapfile", 0) == 0 ? 1 : -1;
}

static void fill(char *at, int pages) {
  for (int i = 0; i < pages; i++) at[i * P] = i + 1;
}
static int kept(char *at, int pages) {
  for (int i = 0; i < pages; i++) if (at[i * P] != i + 1) return 0;
  return 1;
}
/* Linux passes by pages that another processor has only just made: collapsing anything has it look at those, too. */
static int out(char *at, int pages) {
  static char *huge;
  for (int tries = 0; tries < 100; tries++) {
    if (madvise(at, pages * P, MADV_PAGEOUT) != 0) return -1;
    if (present(at, pages) == 0) return 0;
    if (huge == NULL) huge = mmap(NULL, 4 << 20, RW, PRIVATE, -1, 0);
    memset(huge, 1, 4 << 20);
    madvise(huge, 4 << 20, MADV_COLLAPSE);
    madvise(huge, 4 << 20, MADV_DONTNEED);
    usleep(1000);
  }
  return -1;
}

static void private_pages(void) {
  PAGE("madvise(2)", "Private pages in the swap area");
  char *at = map(PAGES, RW, PRIVATE);
  fill(at, PAGES);
  ROW("own-out", "MADV_PAGEOUT", out(at, PAGES));
  ROW("own-swapped", "pagemap shows where they are", swapped(at, PAGES));
  ROW("own-smaps", "smaps: Swap, kB", smaps_kb(at, "Swap"));
  ROW("own-rss", "Rss, kB", smaps_kb(at, "Rss"));
  ROW("own-protect", "mprotect(2)", mprotect(at, PAGES * P, PROT_READ));
  ROW("own-protect-swapped", "brings none back", swapped(at, PAGES));
  STORE("own-protect-store", "but holds for them", at);
  mprotect(at, PAGES * P, RW);
  char *to = mremap(at, 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_FIXED, room(2));
  ROW("own-moved", "mremap(2) leaves them where they are", swapped(to, 2));
  LOAD("own-moved-load", "and their bytes come along", to + P);
  ROW("own-dontneed", "MADV_DONTNEED", madvise(at + 2 * P, P, MADV_DONTNEED));
  ROW("own-dontneed-swapped", "gives the place up", swapped(at + 2 * P, 1));
  LOAD("own-dontneed-load", "and the bytes", at + 2 * P);
  ROW("own-free", "MADV_FREE", madvise(at + 3 * P, P, MADV_FREE));
  ROW("own-free-swapped", "gives up what is out at once", swapped(at + 3 * P, 1));
  LOAD("own-free-load", "bytes and all", at + 3 * P);
  CHILD(LOAD("own-child", "a child reads its parent's page", at + 4 * P); at[4 * P] = 99; at[5 * P] = 99);
  LOAD("own-parent", "and its stores are its own", at + 4 * P);
  LOAD("own-parent-other", "also of what neither had read", at + 5 * P);
  out(at + 4 * P, 4);
  ROW("own-lock", "mlock(2)", mlock(at + 4 * P, 2 * P));
  ROW("own-lock-swapped", "brings back what it locks", swapped(at + 4 * P, 4));
  ROW("own-lock-out", "EINVAL: MADV_PAGEOUT of locked memory", madvise(at + 4 * P, P, MADV_PAGEOUT));
  munlock(at + 4 * P, 2 * P);
  ROW("own-populate", "MADV_POPULATE_READ", madvise(at + 6 * P, 2 * P, MADV_POPULATE_READ));
  ROW("own-populate-swapped", "brings back all", swapped(at + 6 * P, 2));
  ROW("own-wipe", "MADV_WIPEONFORK", madvise(at + 2 * P, 6 * P, MADV_WIPEONFORK));
  out(at + 4 * P, 4);
  CHILD(LOAD("own-wipe-child", "a child's page is zero", at + 4 * P));
  LOAD("own-wipe-parent", "its parent's is not", at + 6 * P);
}

static void system_v(void) {
  PAGE("shmget(2)", "Segments in the swap area");
  struct shmid_ds segment;
  struct shm_info all, before;
  shmctl(0, SHM_INFO, (struct shmid_ds *)&before);
  int id = shmget(IPC_PRIVATE, PAGES * P, 0600);
  char *at = shmat(id, NULL, 0);
  fill(at, PAGES);
  ROW("sysv-out", "MADV_PAGEOUT", out(at, PAGES));
  shmctl(0, SHM_INFO, (struct shmid_ds *)&all);
  ROW("sysv-info-swap", "SHM_INFO: pages that are out", all.shm_swp - before.shm_swp);
  ROW("sysv-info-rss", "and in memory", all.shm_rss - before.shm_rss);
  ROW("sysv-info-total", "and in all", all.shm_tot - before.shm_tot);
  ROW("sysv-smaps", "smaps: Swap, kB", smaps_kb(at, "Swap"));
  LOAD("sysv-load", "a page comes back", at + 3 * P);
  ROW("sysv-load-mincore", "mincore(2)", resident(at + 3 * P, 1));
  ROW("sysv-detach", "shmdt(2) of what is out", shmdt(at));
  at = shmat(id, NULL, 0);
  HOLDS("sysv-attach", "another shmat(2) finds all bytes", kept(at, PAGES));
  out(at, PAGES);
  CHILD(char *own = shmat(id, NULL, 0); HOLDS("sysv-child", "so does another process", kept(own, PAGES)); own[P] = 50);
  LOAD("sysv-child-store", "whose stores are seen", at + P);
  at[P] = 2;
  out(at, PAGES);
  ROW("sysv-lock", "SHM_LOCK", shmctl(id, SHM_LOCK, NULL));
  HOLDS("sysv-lock-kept", "loses nothing", kept(at, PAGES));
  madvise(at, PAGES * P, MADV_PAGEOUT);
  shmctl(0, SHM_INFO, (struct shmid_ds *)&all);
  ROW("sysv-lock-stays", "keeps it in memory: pages that are out", all.shm_swp - before.shm_swp);
  shmctl(id, SHM_UNLOCK, NULL);
  ROW("sysv-unlock", "SHM_UNLOCK: it may go again", out(at, PAGES));
  ROW("sysv-remove", "IPC_RMID of what is out and attached", shmctl(id, IPC_RMID, NULL));
  HOLDS("sysv-remove-kept", "loses nothing", kept(at, PAGES));
  out(at, PAGES);
  shmdt(at);
  shmctl(0, SHM_INFO, (struct shmid_ds *)&all);
  ROW("sysv-gone", "the last shmdt(2) gives its room up", all.shm_swp - before.shm_swp);
  ROW("sysv-gone-stat", "EINVAL: it is gone", shmctl(id, IPC_STAT, &segment));
}

static int fd;
static char *source;
static struct uffd_msg told;
static pthread_t helper;

static int reopen(uint64_t features, char *at, int mode) {
  if (fd > 0) close(fd);
  fd = syscall(SYS_userfaultfd, O_CLOEXEC);
  struct uffdio_api api = {.api = UFFD_API, .features = features};
  struct uffdio_register place = {.range = {(unsigned long)at, PAGES * P}, .mode = mode};
  return ioctl(fd, UFFDIO_API, &api) == 0 ? ioctl(fd, UFFDIO_REGISTER, &place) : -1;
}
static int protect(char *at, size_t length, int mode) {
  struct uffdio_writeprotect w = {.range = {(unsigned long)at, length}, .mode = mode};
  return ioctl(fd, UFFDIO_WRITEPROTECT, &w);
}
static int copy(char *at) {
  struct uffdio_copy c = {.dst = (unsigned long)at, .src = (unsigned long)source, .len = P};
  return ioctl(fd, UFFDIO_COPY, &c);
}
static int zero(char *at) {
  struct uffdio_zeropage z = {.range = {(unsigned long)at, P}};
  return ioctl(fd, UFFDIO_ZEROPAGE, &z);
}
static int proceed(char *at) {
  struct uffdio_continue c = {.range = {(unsigned long)at, P}};
  return ioctl(fd, UFFDIO_CONTINUE, &c);
}
static int move(char *to, char *from) {
  struct move m = {.dst = (unsigned long)to, .src = (unsigned long)from, .len = P};
  return ioctl(fd, IOC_MOVE, &m);
}
static void *answer(void *unused) {
  (void)unused;
  if (read(fd, &told, sizeof told) != sizeof told || told.event != UFFD_EVENT_PAGEFAULT) return NULL;
  char *page = (char *)(told.arg.pagefault.address & -P);
  if (told.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP) protect(page, P, 0);
  else if (told.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_MINOR) proceed(page);
  else copy(page);
  return NULL;
}
static void listen_once(void) {
  memset(&told, 0, sizeof told);
  pthread_create(&helper, NULL, answer, NULL);
}
static long heard(void) {
  pthread_join(helper, NULL);
  return told.event == UFFD_EVENT_PAGEFAULT ? (long)told.arg.pagefault.flags : told.event;
}

static void watched_private(void) {
  PAGE("userfaultfd(2)", "Private pages in the swap area");
  char *at = map(PAGES, RW, PRIVATE), *from = map(PAGES, RW, PRIVATE);
  source = map(1, RW, PRIVATE);
  memset(source, 42, P);
  fill(at, 4), fill(from, PAGES);
  out(at, 4), out(from, 4);
  ROW("uffd-register", "UFFDIO_REGISTER for missing pages", reopen(0, at, UFFDIO_REGISTER_MODE_MISSING));
  ROW("uffd-swapped", "leaves them out", swapped(at, 4));
  LOAD("uffd-load", "they are not missing", at);
  ROW("uffd-copy", "EEXIST: UFFDIO_COPY", copy(at + P));
  ROW("uffd-zero", "EEXIST: UFFDIO_ZEROPAGE", zero(at + P));
  LOAD("uffd-copy-load", "the page is as it was", at + P);
  ROW("uffd-given", "UFFDIO_COPY of one that is missing", copy(at + 4 * P));
  ROW("uffd-given-out", "can go out", out(at + 4 * P, 1));
  LOAD("uffd-given-load", "and comes back", at + 4 * P);
  ROW("uffd-move", "UFFDIO_MOVE of a page that is out", move(at + 5 * P, from));
  LOAD("uffd-move-load", "its bytes are there", at + 5 * P);
  ROW("uffd-move-source", "where it was is nothing", swapped(from, 1) + present(from, 1));
  ROW("uffd-dontneed", "MADV_DONTNEED of a page that is out", out(at + 2 * P, 1) || madvise(at + 2 * P, P, MADV_DONTNEED));
  listen_once();
  LOAD("uffd-dontneed-load", "makes it missing", at + 2 * P);
  ROW("uffd-dontneed-message", "flags", heard());
  close(fd), fd = 0;
  fill(at, PAGES);
  out(at, 4);
  ROW("uffd-wp", "UFFDIO_REGISTER for write protection", reopen(0, at, UFFDIO_REGISTER_MODE_WP));
  ROW("uffd-wp-protect", "UFFDIO_WRITEPROTECT of pages that are out", protect(at, PAGES * P, 1));
  ROW("uffd-wp-swapped", "leaves them out", swapped(at, 4));
  HOLDS("uffd-wp-pagemap", "pagemap shows the protection", guarded(at));
  LOAD("uffd-wp-load", "a load brings one back", at);
  HOLDS("uffd-wp-back", "protected", guarded(at));
  listen_once();
  STORE("uffd-wp-store", "a store to one that is out waits", at + P);
  ROW("uffd-wp-message", "flags", heard());
  HOLDS("uffd-wp-lifted", "it is lifted", !guarded(at + P));
  out(at + 4 * P, 4);
  HOLDS("uffd-wp-out", "what goes out protected stays so", guarded(at + 4 * P));
  ROW("uffd-wp-lift", "the protection of what is out is lifted", protect(at, PAGES * P, 0));
  STORE("uffd-wp-lift-store", "nobody is asked", at + 5 * P);
  HOLDS("uffd-kept", "nothing is lost", (fill(at + 5 * P, 0), at[6 * P] == 7 && at[7 * P] == 8 && at[2 * P] == 3));
  close(fd), fd = 0;
}

static void watched_shared(void) {
  PAGE("userfaultfd(2)", "Shared pages in the swap area");
  int file = memfd_create("m", 0);
  ftruncate(file, PAGES * P);
  char *at = mmap(NULL, PAGES * P, RW, MAP_SHARED, file, 0), *other = mmap(NULL, PAGES * P, RW, MAP_SHARED, file, 0);
  fill(other, 6);
  out(other, PAGES);
  ROW("shmem-missing", "UFFDIO_REGISTER for missing pages", reopen(0, at, UFFDIO_REGISTER_MODE_MISSING));
  LOAD("shmem-load", "what is out is not missing", at);
  ROW("shmem-copy", "EEXIST: UFFDIO_COPY", copy(at + P));
  listen_once();
  LOAD("shmem-hole", "a hole is", at + 6 * P);
  ROW("shmem-hole-message", "flags", heard());
  munmap(other, PAGES * P);
  ROW("shmem-out", "what a userfaultfd watches can go out", out(at, PAGES));
  LOAD("shmem-out-load", "and comes back", at + P);
  ROW("shmem-minor", "UFFDIO_REGISTER for minor faults", reopen(0, at, UFFDIO_REGISTER_MODE_MINOR));
  out(at, PAGES);
  listen_once();
  LOAD("shmem-minor-load", "a page that is out is such a fault", at + 2 * P);
  ROW("shmem-minor-message", "flags", heard());
  ROW("shmem-continue", "UFFDIO_CONTINUE of another before its fault", proceed(at + 3 * P));
  LOAD("shmem-continue-load", "its bytes are there", at + 3 * P);
  ROW("shmem-continue-hole", "EFAULT: of a hole", proceed(at + 7 * P));
  ROW("shmem-wp", "UFFDIO_REGISTER for write protection", reopen(0, at, UFFDIO_REGISTER_MODE_WP));
  out(at, PAGES);
  ROW("shmem-wp-protect", "UFFDIO_WRITEPROTECT of what is out", protect(at, PAGES * P, 1));
  LOAD("shmem-wp-load", "a load brings it back", at + 4 * P);
  HOLDS("shmem-wp-back", "protected", guarded(at + 4 * P));
  listen_once();
  STORE("shmem-wp-store", "a store to one that is out waits", at + 5 * P);
  ROW("shmem-wp-message", "flags", heard());
  at[5 * P] = 6;
  ROW("shmem-wp-out", "what is protected can go out", out(at, 5));
  HOLDS("shmem-wp-out-guarded", "and is protected still", guarded(at + 4 * P));
  listen_once();
  STORE("shmem-wp-again", "a store waits again", at + 4 * P);
  ROW("shmem-wp-again-message", "flags", heard());
  at[4 * P] = 5;
  protect(at, PAGES * P, 0);
  HOLDS("shmem-kept", "nothing is lost", kept(at, 6));
  close(fd), fd = 0;
}

/* 2 MiB of written pages of which so many were swapped out, the last ones first. */
static char *megapage_with(int out) {
  char *walls = mmap(NULL, 4 * 512 * P, PROT_NONE, SHARED | MAP_NORESERVE, -1, 0);
  char *at = (char *)(((uintptr_t)walls + 1024 * P - 1) & ~(512 * P - 1));
  mmap(at, 512 * P, RW, PRIVATE | MAP_FIXED, -1, 0);
  madvise(at, 512 * P, MADV_NOHUGEPAGE);
  for (int i = 0; i < 512; i++) at[i * P] = i % 100 + 1;
  madvise(at + (512 - out) * P, out * P, MADV_PAGEOUT);
  return at;
}
static int is_whole(char *at) {
  for (int i = 0; i < 512; i++) if (at[i * P] != i % 100 + 1) return 0;
  return 1;
}
static long knob(const char *name, long value) {
  char path[128], text[32] = "";
  snprintf(path, sizeof path, "/sys/kernel/mm/transparent_hugepage/khugepaged/%s", name);
  int fd = open(path, value < 0 ? O_RDONLY : O_WRONLY);
  if (value < 0) read(fd, text, sizeof text - 1);
  else write(fd, text, snprintf(text, sizeof text, "%ld", value));
  close(fd);
  return strtol(text, NULL, 10);
}
static long collapsed_later(char *at) {
  madvise(at, 512 * P, MADV_HUGEPAGE);
  long passes = knob("full_scans", -1);
  for (int i = 0; i < 5000 && knob("full_scans", -1) < passes + 3; i++) usleep(2000);
  return smaps_kb(at, "AnonHugePages");
}

static void huge_pages(void) {
  PAGE("madvise(2)", "Huge pages of pages in the swap area");
  char *at = megapage_with(100);
  ROW("collapse-out", "512 pages, of which were swapped out", swapped(at, 512));
  madvise(at, 512 * P, MADV_HUGEPAGE);
  ROW("collapse", "MADV_COLLAPSE brings them back", madvise(at, 512 * P, MADV_COLLAPSE));
  ROW("collapse-kb", "AnonHugePages, kB", smaps_kb(at, "AnonHugePages"));
  HOLDS("collapse-kept", "and all is there", is_whole(at));
  long sleep = knob("scan_sleep_millisecs", -1), most = knob("max_ptes_swap", -1);
  knob("scan_sleep_millisecs", 1);
  knob("max_ptes_swap", 64);
  ROW("khugepaged-65", "max_ptes_swap 64: khugepaged leaves 65 where they are", collapsed_later(megapage_with(65)));
  at = megapage_with(64);
  ROW("khugepaged-64", "and brings back 64: AnonHugePages, kB", collapsed_later(at));
  HOLDS("khugepaged-kept", "all is there", is_whole(at));
  knob("scan_sleep_millisecs", sleep);
  knob("max_ptes_swap", most);
}

int main(void) {
  int own = swap_on();
  if (own < 0) return perror("swapon"), 1;
  private_pages();
  huge_pages();
  system_v();
  watched_private();
  watched_shared();
  if (own) swapoff("swapfile"), unlink("swapfile");
  return 0;
}
