/* /proc/PID/pagemap, kpagecount, kpageflags, clear_refs. "soft": only what soft-dirty bits say, which some kernels have not. */
#include "check.h"
#include <sys/syscall.h>

#define PAGE 4096UL
#define SOFT (1UL << 55)
#define FRAMES ((1UL << 55) - 1)

static int map, counts, flags;

static unsigned long entry_of(int fd, void *at) {
  unsigned long entry = 0;
  if (pread(fd, &entry, 8, (unsigned long)at / PAGE * 8) != 8) return 0xdead;
  return entry;
}

/* Of kpageflags what a mapping decides: MMAP, ANON, SWAPBACKED; not what the cache thinks of a page. */
static void show(const char *what, void *at) {
  unsigned long entry = entry_of(map, at);
  printf("%-28s %c%c%c%c", what, entry >> 63 ? 'P' : '-', entry >> 62 & 1 ? 'S' : '-', entry >> 61 & 1 ? 'F' : '-',
         entry >> 56 & 1 ? 'X' : '-');
  unsigned long frame = entry & FRAMES;
  if (entry >> 63 && frame != 0) {
    unsigned long count = 0, flag = 0;
    pread(counts, &count, 8, frame * 8);
    pread(flags, &flag, 8, frame * 8);
    if (!(flag >> 24 & 1)) printf(" %lu", count);
    printf(" %s%s%s%s", flag >> 24 & 1 ? "zero " : "", flag >> 11 & 1 ? "mmap " : "", flag >> 12 & 1 ? "anon " : "",
           !(flag >> 24 & 1) && flag >> 14 & 1 ? "swapbacked" : "");
  }
  printf("\n");
}

static char *map_new(int prot, int flags, int fd) {
  return mmap(NULL, 4 * PAGE, prot, flags, fd, 0);
}

static void kinds(void) {
  int rw = PROT_READ | PROT_WRITE;
  char *anon = map_new(rw, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  madvise(anon, 4 * PAGE, MADV_NOHUGEPAGE);
  show("untouched", anon);
  *(volatile char *)anon;
  show("read", anon);
  anon[0] = 1;
  show("written", anon);
  mprotect(anon, PAGE, PROT_NONE);
  show("PROT_NONE", anon);
  mprotect(anon, PAGE, rw);
  char *shared = map_new(rw, MAP_SHARED | MAP_ANONYMOUS, -1);
  show("shared untouched", shared);
  shared[0] = 1;
  show("shared written", shared);
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  ftruncate(fd, 4 * PAGE);
  write(fd, "text", 4);
  char *file = map_new(rw, MAP_SHARED, fd), *copy = map_new(rw, MAP_PRIVATE, fd);
  show("file untouched", file);
  file[0] = 'T';
  show("file written", file);
  *(volatile char *)copy;
  show("private file read", copy);
  show("file, mapped twice", file);
  printf("same frame: %d\n", (entry_of(map, file) & FRAMES) == (entry_of(map, copy) & FRAMES));
  copy[0] = 'c';
  show("private file written", copy);
  show("file, mapped once", file);
  printf("same frame: %d\n", (entry_of(map, file) & FRAMES) == (entry_of(map, copy) & FRAMES));
  fflush(stdout);
  int ends[2];
  pipe(ends);
  int child = fork();
  if (child == 0) {
    char c;
    read(ends[0], &c, 1);
    _exit(0);
  }
  show("after fork", anon);
  show("shared after fork", shared);
  anon[0] = 2;
  show("written after fork", anon);
  char path[60];
  snprintf(path, sizeof path, "/proc/%d/pagemap", child);
  int own = map;
  map = open(path, O_RDONLY);
  show("the child's", anon);
  map = own;
  write(ends[1], "x", 1);
  wait(NULL);
  show("child gone", shared);
  munmap(anon, 4 * PAGE);
  show("unmapped", anon);
}

static void errors(void) {
  char bytes[64];
  T(pread(map, bytes, 7, 0));
  T(pread(map, bytes, 8, 4));
  T(pread(map, bytes, 16, 8));
  T(pread(map, bytes, 0, 1));
  T(pread(map, bytes, 8, 1L << 60));
  T(pread(map, (void *)16, 8, 0));
  T(lseek(map, 24, SEEK_SET));
  T(read(map, bytes, 16));
  T(lseek(map, 0, SEEK_CUR));
  T(lseek(map, 0, SEEK_END));
  T(pread(counts, bytes, 4, 0));
  T(pread(flags, bytes, 8, 2));
  T(pread(flags, bytes, 8, 1L << 50));
  T(open("/proc/self/pagemap", O_WRONLY) < 0);
  const char *values[] = {"1", "2", "3\n", "4", "5", "0", "6", "-1", "0x1", "01", "x", "", "99999999999"};
  int fd = open("/proc/self/clear_refs", O_WRONLY);
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
    int put = write(fd, values[i], strlen(values[i]));
    printf("clear_refs '%s': %d %s\n", values[i], put, put < 0 ? strerrorname_np(errno) : "");
  }
}

/* Without the privilege the bits are told, and where pages lie is not. */
static void unprivileged(void) {
  char *page = map_new(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  page[0] = 1;
  setgid(1000);
  setuid(1000);
  T(open("/proc/self/pagemap", O_RDONLY));
  syscall(SYS_prctl, 4, 1, 0, 0, 0);
  int fd = open("/proc/self/pagemap", O_RDONLY);
  unsigned long entry = entry_of(fd, page);
  printf("%d %lx\n", fd >= 0, entry & ~SOFT);
  T(open("/proc/kpagecount", O_RDONLY));
}

static void clear(void) {
  int fd = open("/proc/self/clear_refs", O_WRONLY);
  write(fd, "4", 1);
  close(fd);
}

static void soft(char *page, const char *what) {
  printf("%s: ", what);
  for (int i = 0; i < 4; i++) printf("%d", (int)(entry_of(map, page + i * PAGE) >> 55 & 1));
  printf("\n");
}

static void soft_dirty(void) {
  char *page = map_new(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  page[0] = 1;
  if ((entry_of(map, page) & SOFT) == 0) {
    printf("no soft-dirty bits\n");
    return;
  }
  soft(page, "new");
  page[PAGE] = 1;
  clear();
  soft(page, "cleared");
  page[0] = 2;
  page[2 * PAGE] = 1;
  *(volatile char *)(page + PAGE);
  soft(page, "0 and 2 written");
  printf("%d %d %d\n", page[0], page[PAGE], page[2 * PAGE]);
  clear();
  fflush(stdout);
  if (fork() == 0) {
    map = open("/proc/self/pagemap", O_RDONLY);
    soft(page, "child");
    page[PAGE] = 3;
    soft(page, "child, its own writing");
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  soft(page, "parent");
  page[PAGE] = 4;
  soft(page, "parent, 1 written");
  clear();
  char *moved = mremap(page, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page + 64 * PAGE);
  soft(moved, "moved: what was present");
  clear();
  madvise(moved + PAGE, PAGE, MADV_DONTNEED);
  soft(moved, "given back");
  moved[PAGE] = 1;
  soft(moved, "written again");
  clear();
  mprotect(moved, PAGE, PROT_READ);
  mprotect(moved, PAGE, PROT_READ | PROT_WRITE);
  soft(moved, "protection there and back");
  moved[0] = 9;
  soft(moved, "0 written");
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  ftruncate(fd, 4 * PAGE);
  char *file = map_new(PROT_READ | PROT_WRITE, MAP_SHARED, fd);
  file[0] = file[PAGE] = 1;
  clear();
  file[PAGE] = 2;
  soft(file, "file");
  clear();
  pread(fd, moved, 1, 0);
  soft(moved, "the kernel writes, too");
}

int main(int argc, char **argv) {
  map = open("/proc/self/pagemap", O_RDONLY);
  counts = open("/proc/kpagecount", O_RDONLY);
  flags = open("/proc/kpageflags", O_RDONLY);
  if (argc > 1) {
    soft_dirty();
    return 0;
  }
  kinds();
  errors();
  unprivileged();
  return 0;
}
