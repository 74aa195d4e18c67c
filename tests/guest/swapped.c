/* What a program is told of pages that lie in the swap area: each line is the same wherever there is one. Needs root, and /dev/swap0. */
#include "check.h"
#include <sys/swap.h>
#include <sys/sysinfo.h>

enum { PAGES = 64, BYTES = PAGES * 4096 };

static long field(const char *path, const char *label) {
  char line[256];
  long value = -1;
  FILE *f = fopen(path, "r");
  while (f != 0 && fgets(line, sizeof line, f) != 0)
    if (strncmp(line, label, strlen(label)) == 0) value = atol(line + strlen(label));
  if (f != 0) fclose(f);
  return value;
}

/* A field of the mapping that begins at `at`. */
static long mapped(void *at, const char *label) {
  char line[256], start[32];
  int here = 0;
  long value = -1;
  FILE *f = fopen("/proc/self/smaps", "r");
  snprintf(start, sizeof start, "%lx-", (long)at);
  while (f != 0 && fgets(line, sizeof line, f) != 0) {
    if (strchr(line, '-') != 0 && strstr(line, "kB") == 0) here = strncmp(line, start, strlen(start)) == 0;
    if (here && strncmp(line, label, strlen(label)) == 0) value = atol(line + strlen(label));
  }
  if (f != 0) fclose(f);
  return value;
}

static uint64_t entry(void *at) {
  uint64_t value = 0;
  int fd = open("/proc/self/pagemap", O_RDONLY);
  pread(fd, &value, 8, (long)at / 4096 * 8);
  close(fd);
  return value;
}

static int present(void *at) {
  unsigned char vec[PAGES];
  int n = 0;
  mincore(at, BYTES, vec);
  for (int i = 0; i < PAGES; i++) n += vec[i] & 1;
  return n;
}

static void show(const char *what, void *at) {
  printf("%s: present %d, swap %ld, pss %ld, rss %ld, bits 63..62 %lld\n", what, present(at), mapped(at, "Swap:"), mapped(at, "SwapPss:"),
         mapped(at, "Rss:"), (long long)(entry(at) >> 62));
}

int main(void) {
  char *own = mmap(0, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *shared = mmap(0, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < PAGES; i++) own[i * 4096] = shared[i * 4096] = i + 1;
  show("own", own);
  T(madvise(own, BYTES, MADV_PAGEOUT));
  T(madvise(shared, BYTES, MADV_PAGEOUT));
  show("own", own);
  show("shared", shared);
  printf("slots differ: %d\n", (entry(own) >> 5 & 0x3ffffffffffffULL) != (entry(own + 4096) >> 5 & 0x3ffffffffffffULL));
  printf("VmSwap %ld\n", field("/proc/self/status", "VmSwap:"));
  struct sysinfo info;
  T(sysinfo(&info));
  long total = field("/proc/meminfo", "SwapTotal:"), unused = field("/proc/meminfo", "SwapFree:");
  printf("totals agree: %d %d\n", (long)info.totalswap == total * 1024, (long)info.freeswap == unused * 1024);
  printf("in use: %ld kB\n", total - unused);
  printf("written: %ld pages\n", field("/proc/vmstat", "pswpout "));
  struct rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  T(madvise(own, 16 * 4096, MADV_WILLNEED));
  printf("ahead: %d present, cached %ld kB\n", present(own), field("/proc/meminfo", "SwapCached:"));
  for (int i = 0; i < 32; i++) if (own[i * 4096] != i + 1) printf("page %d is lost\n", i);
  getrusage(RUSAGE_SELF, &after);
  printf("major faults: %ld\n", after.ru_majflt - before.ru_majflt);
  show("half", own);
  fflush(stdout);
  if (fork() == 0) {
    for (int i = 0; i < PAGES / 2; i++) if (own[i * 4096] != i + 1 || shared[i * 4096] != i + 1) printf("child: page %d is lost\n", i);
    own[0] = 100;
    exit(0);
  }
  wait(0);
  printf("own[0] %d\n", own[0]);
  T(madvise(own, BYTES, MADV_PAGEOUT));
  T(mprotect(own, BYTES, PROT_READ));
  T(mlock(own, 8 * 4096));
  printf("locked: %d present\n", present(own));
  T(munlock(own, 8 * 4096));
  T(madvise(own, BYTES / 2, MADV_DONTNEED));
  printf("discarded: %d, kept: %d\n", own[0], own[40 * 4096]);
  T(swapon("/dev/swap0", 0));
  T(swapon("/nothing", 0));
  T(swapon("/proc", 0));
  T(swapon("/dev/swap0", 0x100000));
  T(swapoff("/proc"));
  T(swapoff("/dev/swap0"));
  printf("all back: %d, total %ld\n", present(shared), field("/proc/meminfo", "SwapTotal:"));
  T(swapoff("/dev/swap0"));
  T(madvise(own, BYTES, MADV_PAGEOUT));
  printf("nothing went: %ld\n", field("/proc/self/status", "VmSwap:"));
  T(swapon("/dev/swap0", SWAP_FLAG_PREFER));
  for (int i = 0; i < PAGES; i++) if (shared[i * 4096] != i + 1) printf("shared: page %d is lost\n", i);
  T(munmap(own, BYTES));
  T(munmap(shared, BYTES));
  T(seteuid(1000));
  T(swapoff("/dev/swap0"));
  T(swapon("/dev/swap0", 0));
  return 0;
}
