/*
 * Carries out random sequences of mapping calls, loads, stores and forks (tests/support/mm-model.ts), one process an address space. Input:
 * for each sequence a u16 number of steps, then 6 bytes a step: what, space, page, pages, prot, value. Output: a line of results each, and
 * what every page of every space holds at the end.
 */
#include "check.h"
#include <setjmp.h>
#include <sys/prctl.h>

#define PAGE 4096L
#define BASE ((char *)0x20000000)
enum { PAGES = 24, FILE_PAGES = 16, SPACES_MAX = 4, DUMP = 100, END };
enum { MAP, UNMAP, PROTECT, WRITE, READ, FORK, RELEASE, MOVE, DISCARD, TRUNCATE, CLEAN, ACTIVATE };
/* What a load or a store meets; calls give -errno. */
enum { MAPERR = 1001, ACCERR, ADRERR, FAULT };

struct step { unsigned char what, space, at, pages, prot, value; };

static int file, scratch;
static int commands[SPACES_MAX][2], results[SPACES_MAX][2];
static sigjmp_buf out;
static volatile int met;

static void on_fault(int number, siginfo_t *info, void *context) {
  (void)context;
  met = number == SIGBUS ? ADRERR : info->si_code == SEGV_MAPERR ? MAPERR : ACCERR;
  siglongjmp(out, 1);
}

static short load(volatile unsigned char *at) {
  if (sigsetjmp(out, 0)) return -met;
  return *at;
}

static short store(volatile unsigned char *at, int value) {
  if (sigsetjmp(out, 0)) return -met;
  *at = value;
  return 0;
}

/* The same by a system call. */
static short load_by_call(char *at) {
  unsigned char byte;
  if (pwrite(scratch, at, 1, 0) != 1) return -FAULT;
  return pread(scratch, &byte, 1, 0) == 1 ? byte : -1;
}

static short store_by_call(char *at, unsigned char value) {
  pwrite(scratch, &value, 1, 0);
  return pread(scratch, at, 1, 0) == 1 ? 0 : -FAULT;
}

static short call(long result) { return result == -1 ? -errno : 0; }

static short carry_out(const struct step *s) {
  char *at = BASE + s->at * PAGE;
  int pages = s->pages < PAGES - s->at ? s->pages : PAGES - s->at;
  switch (s->what) {
    case MAP: {
      int kind = s->value % 4, anonymous = kind < 2;
      int flags = (kind % 2 ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED | (anonymous ? MAP_ANONYMOUS : 0);
      return call((long)mmap(at, pages * PAGE, s->prot, flags, anonymous ? -1 : file, 0));
    }
    case UNMAP: return call(munmap(at, pages * PAGE));
    case PROTECT: return call(mprotect(at, pages * PAGE, s->prot));
    case WRITE: return s->value & 1 ? store_by_call(at, s->value) : store((unsigned char *)at, s->value);
    case READ: return s->value & 1 ? load_by_call(at) : load((unsigned char *)at);
    case MOVE:
      /* Which error comes first for a hole that is moved onto itself has changed in Linux. */
      if (s->value % PAGES == s->at) return 0;
      return call((long)mremap(at, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, BASE + s->value % PAGES * PAGE));
    case DISCARD: return call(madvise(at, pages * PAGE, MADV_DONTNEED));
    case TRUNCATE: return call(ftruncate(file, s->value % (FILE_PAGES + 1) * PAGE));
    case CLEAN: return call(msync(at, pages * PAGE, MS_SYNC));
    default: return 0;
  }
}

static void answer(int space, const void *bytes, int size) {
  if (write(results[space][1], bytes, size) != size) _exit(1);
}

/* A process that is an address space: does what it is told. */
static void serve(int space) {
  struct step s;
  for (;;) {
    if (read(commands[space][0], &s, sizeof s) != sizeof s) _exit(1);
    short result = 0;
    if (s.what == FORK) {
      pid_t child = fork();
      if (child == 0) {
        space = s.value;
        continue;
      }
      if (child < 0) result = -errno;
    } else if (s.what == DUMP) {
      short all[PAGES];
      for (int i = 0; i < PAGES; i++) all[i] = load((unsigned char *)BASE + i * PAGE);
      answer(space, all, sizeof all);
      continue;
    } else if (s.what != END) {
      result = carry_out(&s);
    }
    answer(space, &result, sizeof result);
    if (s.what == END) _exit(0);
  }
}

static void ask(int space, struct step s, void *result, int size) {
  if (write(commands[space][1], &s, sizeof s) != sizeof s || read(results[space][0], result, size) != size) {
    printf("no answer\n");
    exit(1);
  }
}

static void new_file(void) {
  char page[PAGE] = {0};
  if (ftruncate(file, 0) != 0) exit(1);
  for (int i = 0; i < FILE_PAGES; i++) {
    page[0] = i + 1;
    if (pwrite(file, page, PAGE, i * PAGE) != PAGE) exit(1);
  }
}

static void sequence(int steps) {
  int slots[SPACES_MAX] = {0, 1, 2, 3}, spaces = 1;
  short result, all[PAGES];
  struct step s;
  new_file();
  fflush(stdout);
  pid_t first = fork();
  if (first == 0) serve(0);
  for (int i = 0; i < steps; i++) {
    if (fread(&s, sizeof s, 1, stdin) != 1) exit(1);
    int n = s.space % spaces;
    if (s.what == FORK) {
      if (spaces == SPACES_MAX) continue;
      s.value = slots[spaces];
      ask(slots[n], s, &result, sizeof result);
      spaces++;
    } else if (s.what == RELEASE) {
      if (spaces == 1) continue;
      s.what = END;
      ask(slots[n], s, &result, sizeof result);
      int free_slot = slots[n];
      memmove(slots + n, slots + n + 1, (SPACES_MAX - n - 1) * sizeof slots[0]);
      slots[SPACES_MAX - 1] = free_slot;
      spaces--;
    } else {
      ask(slots[n], s, &result, sizeof result);
    }
    printf("%d ", result);
  }
  for (int n = 0; n < spaces; n++) {
    s.what = DUMP;
    ask(slots[n], s, all, sizeof all);
    for (int i = 0; i < PAGES; i++) printf("%c%d", i == 0 ? '|' : ' ', all[i]);
    s.what = END;
    ask(slots[n], s, &result, sizeof result);
  }
  printf("\n");
}

int main(void) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER}, none = {.sa_handler = SIG_IGN};
  uint16_t steps;
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  sigaction(SIGCHLD, &none, NULL);
  /* Children of those that have ended are ours: they do not wait for anybody either. */
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  file = memfd_create("model", 0);
  scratch = memfd_create("scratch", 0);
  for (int i = 0; i < SPACES_MAX; i++)
    if (pipe(commands[i]) != 0 || pipe(results[i]) != 0) return 1;
  static char buffer[1 << 16];
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  while (fread(&steps, sizeof steps, 1, stdin) == 1) sequence(steps);
  return 0;
}
