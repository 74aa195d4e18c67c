/* Code that has become hot meets everything that may happen to it: faults in mid-loop, copies on write, protection, new bytes, other processes. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096
#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

typedef long (*Function)(long);

static sigjmp_buf back;
static volatile long repairs;
static char *repairPage;
static int repairProtection;
static char *base;
static uintptr_t codeBase;

static void onFault(int number, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  uintptr_t pc = u->uc_mcontext.__gregs[REG_PC];
  printf("  signal %d code %d address +%ld pc +%ld a0 %ld a5 %ld\n", number, info->si_code, (long)((char *)info->si_addr - base),
         (long)(pc - codeBase), (long)u->uc_mcontext.__gregs[REG_A0] & 0xfff, (long)u->uc_mcontext.__gregs[REG_A0 + 5] & 0xff);
  if (repairPage != NULL) {
    mprotect(repairPage, PAGE, repairProtection);
    repairPage = NULL;
    repairs++;
    return;
  }
  siglongjmp(back, 1);
}

__attribute__((noinline)) static long sum(const unsigned char *p, long n) {
  long total = 0;
  for (long i = 0; i < n; i++) total += p[i] ^ i;
  return total;
}

__attribute__((noinline)) static void fill(volatile long *p, long n, long value) {
  for (long i = 0; i < n; i++) p[i] = value + i;
}

static void *pages(int count, int protection) { return mmap(NULL, count * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }

static void faults(void) {
  puts("faults");
  base = pages(8, PROT_READ | PROT_WRITE);
  for (int i = 0; i < 8 * PAGE; i++) base[i] = i * 7;
  for (int i = 0; i < 20; i++) sum((unsigned char *)base, 8 * PAGE);
  munmap(base + 5 * PAGE, PAGE);
  codeBase = (uintptr_t)sum;
  if (sigsetjmp(back, 1) == 0) printf("%ld\n", sum((unsigned char *)base + 3, 8 * PAGE - 3));
  mprotect(base + 2 * PAGE, PAGE, PROT_NONE);
  if (sigsetjmp(back, 1) == 0) printf("%ld\n", sum((unsigned char *)base + 100, 8 * PAGE - 100));
  repairPage = base + 2 * PAGE;
  repairProtection = PROT_READ;
  printf("%ld\n", sum((unsigned char *)base, 5 * PAGE));
  codeBase = (uintptr_t)fill;
  fill((long *)base, 2 * PAGE / 8, 5);
  repairPage = base + 2 * PAGE;
  repairProtection = PROT_READ | PROT_WRITE;
  fill((long *)base, 4 * PAGE / 8, 77);
  printf("%ld %ld repairs\n", sum((unsigned char *)base, 5 * PAGE), repairs);
  if (sigsetjmp(back, 1) == 0) fill((long *)base, 8 * PAGE / 8, 9);
  printf("%ld\n", sum((unsigned char *)base, 5 * PAGE));
}

/* Tables of a known size, in two pages: what is checked at once may be more than what is read. */
__attribute__((noinline)) static long lookUp(const unsigned *table, const unsigned char *keys, long n) {
  long total = 0;
  for (long i = 0; i < n; i++) {
    unsigned char key = keys[i];
    total += table[key];
    if (key & 1) total ^= table[(key >> 3) + 32];
    else total += table[256 + (key & 15)];
  }
  return total;
}

static void tables(void) {
  puts("tables");
  base = pages(4, PROT_READ | PROT_WRITE);
  unsigned char *keys = (unsigned char *)base;
  unsigned *table = (unsigned *)(base + 2 * PAGE - 600);
  codeBase = (uintptr_t)lookUp;
  for (int i = 0; i < 272; i++) table[i] = i * 2654435761u;
  for (int i = 0; i < PAGE; i++) keys[i] = i * 37;
  for (int i = 0; i < 20; i++) lookUp(table, keys, PAGE);
  printf("%ld\n", lookUp(table, keys, PAGE));
  /* Only what is in the first page is looked up: the second one does not matter. */
  for (int i = 0; i < PAGE; i++) keys[i] = (i * 37 & 127) | 1;
  mprotect(base + 2 * PAGE, PAGE, PROT_NONE);
  printf("%ld\n", lookUp(table, keys, PAGE));
  keys[3001] = 240;
  if (sigsetjmp(back, 1) == 0) printf("%ld\n", lookUp(table, keys, PAGE));
  repairPage = base + 2 * PAGE;
  repairProtection = PROT_READ;
  printf("%ld\n", lookUp(table, keys, PAGE));
  /* At another place, of which the first page is forbidden. */
  mprotect(base + PAGE, PAGE, PROT_NONE);
  if (sigsetjmp(back, 1) == 0) printf("%ld\n", lookUp(table + 150, keys, PAGE - 1));
  if (sigsetjmp(back, 1) == 0) printf("%ld\n", lookUp(table, keys, PAGE));
  munmap(base + 2 * PAGE, PAGE);
  mprotect(base + PAGE, PAGE, PROT_READ);
  if (sigsetjmp(back, 1) == 0) printf("%ld\n", lookUp(table, keys, PAGE));
  base = NULL;
}

static void copies(void) {
  puts("copies");
  long *data = pages(4, PROT_READ | PROT_WRITE);
  for (int i = 0; i < 20; i++) fill(data, 4 * PAGE / 8, i);
  for (int child = 0; child < 3; child++) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
      fill(data + PAGE / 8, PAGE / 8, 1000 + child);
      printf("child %ld\n", sum((unsigned char *)data, 4 * PAGE));
      exit(0);
    }
    fill(data, PAGE / 8, 500 + child);
    waitpid(pid, NULL, 0);
    printf("parent %ld\n", sum((unsigned char *)data, 4 * PAGE));
  }
}

/* addi a0, a0, value; ret: as a loop of a hundred turns */
static void emit(uint32_t *at, int value) {
  uint32_t words[] = {0x06400293, 0x00000513 | (10 << 15) | ((uint32_t)value << 20), 0xfff28293, 0xfe029ce3, 0x00008067};
  memcpy(at, words, sizeof words);
}

static void flush(void *at, long size) { __builtin___clear_cache((char *)at, (char *)at + size); }

static long callOften(void *code, int times) {
  long total = 0;
  for (int i = 0; i < times; i++) total += ((Function)code)(i);
  return total;
}

static void newBytes(void) {
  puts("new bytes");
  uint32_t *code = pages(2, PROT_ALL);
  for (int version = 1; version < 30; version++) {
    emit(code + (version % 3) * 8, version);
    flush(code, PAGE);
    printf("%ld%c", callOften(code + (version % 3) * 8, 40), version == 29 ? '\n' : ' ');
  }
  for (int version = 1; version < 12; version++) {
    mprotect(code, PAGE, PROT_READ | PROT_WRITE);
    emit(code, version * 3);
    mprotect(code, PAGE, PROT_READ | PROT_EXEC);
    flush(code, PAGE);
    printf("%ld%c", callOften(code, 40), version == 11 ? '\n' : ' ');
  }
  for (int version = 1; version < 8; version++) {
    munmap(code, PAGE);
    void *again = mmap(code, PAGE, PROT_ALL, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    emit(again, version * 5);
    flush(again, PAGE);
    printf("%ld%c", callOften(again, 40), version == 7 ? '\n' : ' ');
  }
  /* Moved: the same bytes elsewhere, other bytes here. */
  void *moved = pages(1, PROT_ALL);
  moved = mremap(code, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, moved);
  mmap(code, PAGE, PROT_ALL, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  emit(code, -9);
  flush(code, PAGE);
  printf("%ld %ld\n", callOften(moved, 40), callOften(code, 40));
}

static void files(int rewritten) {
  puts("files");
  int fd = open("code", O_RDWR | O_CREAT | O_TRUNC, 0700);
  uint32_t words[8] = {0};
  emit(words, 4);
  ftruncate(fd, 2 * PAGE);
  pwrite(fd, words, sizeof words, 0);
  void *shared = mmap(NULL, 2 * PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
  void *copy = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
  printf("%ld %ld\n", callOften(shared, 40), callOften(copy, 40));
  if (rewritten) {
    /* qemu-riscv64 goes on with the old code. */
    emit(words, 6);
    pwrite(fd, words, sizeof words, 0);
    flush(shared, PAGE);
    flush(copy, PAGE);
    printf("%ld %ld\n", callOften(shared, 40), callOften(copy, 40));
  }
  base = shared;
  codeBase = (uintptr_t)sum;
  sum(shared, 2 * PAGE);
  ftruncate(fd, 100);
  if (sigsetjmp(back, 1) == 0) printf("%ld\n", sum(shared, 2 * PAGE));
  close(fd);
  unlink("code");
}

static void processes(void) {
  puts("processes");
  uint32_t *code = pages(1, PROT_ALL);
  emit(code, 2);
  flush(code, PAGE);
  printf("%ld\n", callOften(code, 60));
  for (int child = 0; child < 3; child++) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
      printf("child %ld\n", callOften(code, 60));
      emit(code, 100 + child);
      flush(code, PAGE);
      printf("child %ld\n", callOften(code, 60));
      exit(0);
    }
    waitpid(pid, NULL, 0);
    printf("parent %ld\n", callOften(code, 60));
  }
}

static void forbidden(void) {
  puts("forbidden");
  uint32_t *code = pages(1, PROT_ALL);
  emit(code, 2);
  flush(code, PAGE);
  callOften(code, 60);
  base = (char *)code;
  codeBase = (uintptr_t)code;
  mprotect(code, PAGE, PROT_READ | PROT_WRITE);
  if (sigsetjmp(back, 1) == 0) printf("%ld\n", callOften(code, 60));
  repairPage = (char *)code;
  repairProtection = PROT_READ | PROT_EXEC;
  printf("%ld\n", callOften(code, 60));
}

static volatile int stop, turns;

static void *spin(void *argument) {
  volatile long *data = argument;
  while (!stop) {
    for (int i = 0; i < 64; i++) data[i]++;
    turns++;
  }
  return NULL;
}

static void threads(void) {
  puts("threads");
  volatile long *data = pages(1, PROT_READ | PROT_WRITE);
  pthread_t thread;
  pthread_create(&thread, NULL, spin, (void *)data);
  for (int i = 0; i < 5; i++) {
    int before = turns;
    while (turns < before + 50) usleep(10);
  }
  stop = 1;
  pthread_join(thread, NULL);
  long sumOf = 0;
  for (int i = 0; i < 64; i++) sumOf += data[i];
  puts(sumOf == 64L * turns ? "all turns counted" : "lost");
}

static volatile long ticks;
static void onTick(int number) { ticks++; }

/* Signals between any two instructions of a loop whose registers must all survive. */
static void interruptions(void) {
  puts("interruptions");
  signal(SIGUSR1, onTick);
  pid_t self = getpid();
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    for (int i = 0; i < 40; i++) kill(self, SIGUSR1), usleep(100);
    exit(0);
  }
  unsigned long a = 1, b = 2, c = 3, d = 4, expected = 0;
  unsigned char bytes[256];
  for (int i = 0; i < 256; i++) bytes[i] = i;
  int status, rounds = 0, wrong = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    a = 1, b = 2, c = 3, d = 4;
    for (int i = 0; i < 4000; i++) a += b * 3, b ^= c + bytes[a & 255], c += d >> 3, d += a | i;
    if (expected == 0) expected = a ^ b ^ c ^ d;
    if ((a ^ b ^ c ^ d) != expected) wrong++;
    rounds++;
  }
  printf("%d wrong, ticks %s\n", wrong, ticks > 0 ? "came" : "missing");
}

int main(int argc, char **argv) {
  struct sigaction action = {.sa_sigaction = onFault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  if (argc > 1 && argv[1][0] == 'f') {
    files(1);
    return 0;
  }
  if (argc > 1) {
    printf("executed again %ld\n", sum((unsigned char *)"0123456789", 10));
    return 0;
  }
  faults();
  tables();
  copies();
  newBytes();
  files(0);
  processes();
  forbidden();
  threads();
  interruptions();
  fflush(stdout);
  execl("/proc/self/exe", "hot", "again", NULL);
  return 1;
}
