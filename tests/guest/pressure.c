/* More data than memory: sorted in a mapped file, sorted in anonymous memory, changed on both sides of a fork. Nothing may be lost. */
#include "check.h"

static uint64_t mix(uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  return x * 0xc4ceb9fe1a85ec53ULL;
}

static void sort(uint64_t *a, long n) {
  while (n > 16) {
    uint64_t pivot = a[n / 2];
    long i = 0, j = n - 1;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) {
        uint64_t t = a[i];
        a[i++] = a[j];
        a[j--] = t;
      }
    }
    sort(a, j + 1);
    a += i;
    n -= i;
  }
  for (long i = 1; i < n; i++) {
    uint64_t x = a[i];
    long j = i;
    for (; j > 0 && a[j - 1] > x; j--) a[j] = a[j - 1];
    a[j] = x;
  }
}

/* A sum that order does not change, and whether the order is right. */
static uint64_t sum, previous;
static int ordered;
static void begin(void) {
  sum = previous = 0;
  ordered = 1;
}
static void add(const uint64_t *a, long n) {
  for (long i = 0; i < n; i++) {
    sum += mix(a[i]);
    if (a[i] < previous) ordered = 0;
    previous = a[i];
  }
}
static void tell(const char *what) {
  printf("%s: sum %016llx, %s\n", what, (unsigned long long)sum, ordered ? "in order" : "not in order");
}

static int sortFile(const char *path, long bytes) {
  static uint64_t buffer[8192];
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) return perror(path), 1;
  begin();
  for (long at = 0; at < bytes; at += sizeof buffer) {
    for (int i = 0; i < 8192; i++) buffer[i] = mix(at + i);
    add(buffer, 8192);
    if (write(fd, buffer, sizeof buffer) != sizeof buffer) return perror("write"), 1;
  }
  tell("written");
  uint64_t *a = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (a == MAP_FAILED) return perror("mmap"), 1;
  sort(a, bytes / 8);
  begin();
  add(a, bytes / 8);
  tell("mapped");
  T(munmap(a, bytes));
  T(fsync(fd));
  T(lseek(fd, 0, SEEK_SET));
  begin();
  while (read(fd, buffer, sizeof buffer) == sizeof buffer) add(buffer, 8192);
  tell("read");
  T(close(fd));
  return 0;
}

static int sortAnonymous(long bytes) {
  uint64_t *a = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (a == MAP_FAILED) return perror("mmap"), 1;
  for (long i = 0; i < bytes / 8; i++) a[i] = mix(i);
  begin();
  add(a, bytes / 8);
  tell("made");
  sort(a, bytes / 8);
  begin();
  add(a, bytes / 8);
  tell("sorted");
  T(madvise(a, bytes / 2, MADV_PAGEOUT));
  begin();
  add(a, bytes / 8);
  tell("paged out");
  return 0;
}

static uint64_t *area(long bytes, int type) {
  uint64_t *a = mmap(0, bytes, PROT_READ | PROT_WRITE, type | MAP_ANONYMOUS, -1, 0);
  for (long i = 0; i < bytes / 8; i++) a[i] = mix(i);
  return a;
}

/* The child changes every other page of both, the parent every third. */
static int forks(long bytes) {
  uint64_t *own = area(bytes, MAP_PRIVATE), *shared = area(bytes, MAP_SHARED);
  long pages = bytes / 4096;
  fflush(stdout);
  for (int child = 0; child < 3; child++) {
    if (fork() == 0) {
      for (long p = child; p < pages; p += 2) own[p * 512 + child]++, shared[p * 512 + child]++;
      begin();
      add(own, bytes / 8);
      printf("child %d: %016llx\n", child, (unsigned long long)sum);
      fflush(stdout);
      if (child == 1 && fork() == 0) {
        for (long p = 0; p < pages; p += 5) own[p * 512]--;
        begin();
        add(own, bytes / 8);
        printf("its child: %016llx\n", (unsigned long long)sum);
        exit(0);
      }
      while (wait(0) > 0);
      exit(0);
    }
    for (long p = 0; p < pages; p += 3) own[p * 512 + 7] += child;
    while (wait(0) > 0);
  }
  begin();
  add(own, bytes / 8);
  tell("private");
  begin();
  add(shared, bytes / 8);
  tell("shared");
  return 0;
}

/* Pages locked before memory runs short stay; a pipe and a file are fed from pages that are out. */
static int locked(unsigned long bytes) {
  char *kept = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  T(mlock(kept, 65536));
  memset(kept, 7, 65536);
  uint64_t *a = area(bytes, MAP_PRIVATE);
  unsigned char present[16];
  T(mincore(kept, 65536, present));
  int here = 0;
  for (int i = 0; i < 16; i++) here += present[i] & 1;
  printf("locked pages present: %d\n", here);
  int fd = memfd_create("data", 0);
  unsigned long done = 0;
  while (done < bytes) {
    long n = write(fd, (char *)a + done, bytes - done);
    if (n <= 0) return perror("write"), 1;
    done += n;
  }
  memset(a, 0, (size_t)bytes);
  done = 0;
  while (done < bytes) {
    long n = pread(fd, (char *)a + done, bytes - done, done);
    if (n <= 0) return perror("pread"), 1;
    done += n;
  }
  begin();
  add(a, bytes / 8);
  tell("through a memfd");
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  long bytes = atol(argv[2]) << 10;
  if (!strcmp(argv[1], "file")) return sortFile(argv[3], bytes);
  if (!strcmp(argv[1], "anonymous")) return sortAnonymous(bytes);
  if (!strcmp(argv[1], "fork")) return forks(bytes);
  return locked(bytes);
}
