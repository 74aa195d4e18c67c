/* More data than memory, in System V segments and in memory that userfaultfds watch. Nothing may be lost. */
#include "userfault.h"
#include <sys/shm.h>

static uint64_t mix(uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  return x * 0xc4ceb9fe1a85ec53ULL;
}

static uint64_t sum_of(const uint64_t *a, long bytes) {
  uint64_t sum = 0;
  for (long i = 0; i < bytes / 8; i++) sum += mix(a[i] + i);
  return sum;
}

static int segments(long bytes) {
  enum { COUNT = 4 };
  int ids[COUNT];
  for (int n = 0; n < COUNT; n++) {
    ids[n] = shmget(IPC_PRIVATE, bytes / COUNT, 0600);
    uint64_t *a = shmat(ids[n], NULL, 0);
    for (long i = 0; i < bytes / COUNT / 8; i++) a[i] = mix(i + n);
    T(shmdt(a));
  }
  fflush(stdout);
  for (int child = 0; child < 3; child++) {
    if (fork() == 0) {
      for (int n = 0; n < COUNT; n++) {
        uint64_t *a = shmat(ids[n], NULL, child == 2 ? SHM_RDONLY : 0);
        if (child < 2) for (long page = child; page < bytes / COUNT / PAGE; page += 2) a[page * 512 + child]++;
        printf("child %d, segment %d: %016llx\n", child, n, (unsigned long long)sum_of(a, bytes / COUNT));
      }
      exit(0);
    }
    wait(NULL);
  }
  for (int n = 0; n < COUNT; n++) {
    uint64_t *a = shmat(ids[n], NULL, 0);
    T(shmctl(ids[n], IPC_RMID, NULL));
    printf("segment %d: %016llx\n", n, (unsigned long long)sum_of(a, bytes / COUNT));
    T(shmdt(a));
  }
  return 0;
}

/* Answers faults, eight pages at a time where it can. */
static void *serve(void *length) {
  static uint64_t page[8 * 512];
  struct uffd_msg m;
  while (read(uffd, &m, sizeof m) == sizeof m && m.event == UFFD_EVENT_PAGEFAULT) {
    unsigned char *at = (unsigned char *)(m.arg.pagefault.address & -PAGE);
    if (m.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_MINOR) {
      if (proceed(at, PAGE, 0) != 0 && errno == EEXIST) wake(at, PAGE);
      continue;
    }
    long first = at - area, left = (long)length - first, bytes = left < (long)sizeof page ? left : (long)sizeof page;
    for (long i = 0; i < bytes / 8; i++) page[i] = mix(first / 8 + i);
    for (long given = 0; given < bytes; given += PAGE) {
      while (copy(at + given, page + given / 8, PAGE, UFFDIO_COPY_MODE_DONTWAKE) != 0 && errno == EAGAIN);
    }
    wake(at, bytes);
  }
  return NULL;
}

static int served(long bytes) {
  pthread_t server;
  area = mmap(NULL, bytes, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  uffd = open_uffd(O_CLOEXEC, 0);
  T(reg(area, bytes, UFFDIO_REGISTER_MODE_MISSING));
  pthread_create(&server, NULL, serve, (void *)bytes);
  uint64_t *a = (uint64_t *)area, sum = 0;
  for (long n = 0; n < 20000; n++) {
    long at = mix(n) % (bytes / 8);
    sum += a[at];
    if (n % 3 == 0) a[at] += n;
  }
  printf("loads: %016llx\n", (unsigned long long)sum);
  printf("private: %016llx\n", (unsigned long long)sum_of(a, bytes));
  /* All of it at once, from memory that is out. */
  unsigned char *other = mmap(NULL, bytes, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  T(reg(other, bytes, UFFDIO_REGISTER_MODE_MISSING));
  for (long given = 0; given < bytes; given += done > 0 ? done : 0)
    if (copy(other + given, area + given, bytes - given, 0) != 0 && errno != EAGAIN) return perror("copy"), 1;
  printf("copied: %016llx\n", (unsigned long long)sum_of((uint64_t *)other, bytes));
  return 0;
}

static int minor(long bytes) {
  pthread_t server;
  int file = memfd_create("m", 0);
  T(ftruncate(file, bytes));
  uint64_t *other = mmap(NULL, bytes, RW, MAP_SHARED, file, 0);
  area = mmap(NULL, bytes, RW, MAP_SHARED, file, 0);
  for (long i = 0; i < bytes / 8; i++) other[i] = mix(i);
  uffd = open_uffd(O_CLOEXEC, 0);
  T(reg(area, bytes, UFFDIO_REGISTER_MODE_MINOR));
  pthread_create(&server, NULL, serve, (void *)bytes);
  uint64_t *a = (uint64_t *)area;
  for (long page = 0; page < bytes / PAGE; page += 3) a[page * 512]++;
  printf("shared: %016llx\n", (unsigned long long)sum_of(a, bytes));
  printf("and through the other mapping: %016llx\n", (unsigned long long)sum_of(other, bytes));
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  long bytes = atol(argv[2]) << 10;
  if (!strcmp(argv[1], "segments")) return segments(bytes);
  return !strcmp(argv[1], "served") ? served(bytes) : minor(bytes);
}
