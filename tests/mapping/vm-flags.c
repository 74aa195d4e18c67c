/* VmFlags of smaps: which letters a mapping has, and keeps. */
#include "mapping.h"

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

/* The letters, without those that depend on how a kernel was made (soft-dirty pages, mergeable memory). */
static const char *letters(void *at) {
  static char text[256];
  char line[512];
  FILE *file = fopen("/proc/self/smaps", "r");
  int inside = 0;
  text[0] = 0;
  while (fgets(line, sizeof line, file)) {
    unsigned long start, end;
    char mode;
    if (sscanf(line, "%lx-%lx %c", &start, &end, &mode) == 3) inside = start <= (unsigned long)at && (unsigned long)at < end;
    if (!inside || strncmp(line, "VmFlags: ", 9) != 0) continue;
    for (char *word = strtok(line + 9, " \n"); word != NULL; word = strtok(NULL, " \n")) {
      if (strcmp(word, "sd") != 0 && strcmp(word, "mg") != 0) sprintf(text + strlen(text), "%s%s", text[0] ? " " : "", word);
    }
  }
  fclose(file);
  return text;
}
#define LETTERS(id, text, at) SAYS(id, text, letters(at))

static int named(void *at, const char *name) {
  char line[512];
  return strstr(maps_line(at, line, sizeof line), name) != NULL;
}

/* The line of /proc/FILE that begins so, as kB. */
static long kilobytes(const char *path, const char *name) {
  char line[256];
  long value = -1;
  FILE *file = fopen(path, "r");
  while (fgets(line, sizeof line, file))
    if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') value = atol(line + strlen(name) + 1);
  fclose(file);
  return value;
}

static void account(void) {
  PAGE("proc(5)", "VmFlags: ac, memory that counts against the commit limit");
  char *at = map(4, PROT_READ, PRIVATE);
  LETTERS("ac-read", "memory that was never writable does not count", at);
  mprotect(at, 4 * P, RW);
  LETTERS("ac-write", "it counts when it becomes so", at);
  mprotect(at, 4 * P, PROT_READ);
  LETTERS("ac-back", "and no longer when it is not, and was not written", at);
  mprotect(at, 4 * P, RW);
  at[0] = 1;
  mprotect(at, 4 * P, PROT_NONE);
  LETTERS("ac-none", "what was written counts whatever its protection", at);
  mprotect(at + P, P, PROT_READ);
  LETTERS("ac-part", "each part of it", at + P);
  char *fresh = map(4, PROT_NONE, PRIVATE);
  mprotect(fresh, 2 * P, RW);
  fresh[0] = 1;
  mprotect(fresh, 2 * P, PROT_NONE);
  ROW("ac-merge", "it does not merge with what does not count: pages", extent(fresh));
  char *unreserved = map(4, RW, PRIVATE | MAP_NORESERVE);
  LETTERS("ac-noreserve", "MAP_NORESERVE", unreserved);
  mprotect(unreserved, P, PROT_READ);
  mprotect(unreserved, P, RW);
  ROW("ac-noreserve-merge", "stays so: pages", extent(unreserved));
  LETTERS("ac-shared", "shared memory has its own account", map(1, RW, SHARED));
  int fd = memfd_create("file", 0);
  ftruncate(fd, 4 * P);
  char *private = mmap(NULL, 4 * P, PROT_READ, MAP_PRIVATE, fd, 0);
  LETTERS("ac-file", "a private mapping of a file, for reading", private);
  mprotect(private, P, RW);
  LETTERS("ac-file-write", "that becomes writable", private);
  mprotect(private, P, PROT_READ);
  LETTERS("ac-file-back", "stays in the account, written or not", private);
  ROW("ac-file-merge", "and apart: pages", extent(private));
}

static void others(void) {
  PAGE("proc(5)", "VmFlags: descriptors, locks, userfaultfd");
  int fd = open("/dev/shm/vm-flags", O_RDWR | O_CREAT | O_TRUNC, 0600);
  ftruncate(fd, P);
  int reader = open("/dev/shm/vm-flags", O_RDONLY);
  unlink("/dev/shm/vm-flags");
  LETTERS("reader", "shared, by a descriptor for reading: no sh, no mw", mmap(NULL, P, PROT_READ, MAP_SHARED, reader, 0));
  LETTERS("reader-private", "private", mmap(NULL, P, RW, MAP_PRIVATE, reader, 0));
  LETTERS("writer", "shared, by one for both", mmap(NULL, P, PROT_READ, MAP_SHARED, fd, 0));
  int sealed = memfd_create("sealed", MFD_ALLOW_SEALING);
  ftruncate(sealed, P);
  fcntl(sealed, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
  LETTERS("sealed", "of a file sealed against writing: sh, no mw", mmap(NULL, P, PROT_READ, MAP_SHARED, sealed, 0));
  char *at = map(4, RW, PRIVATE);
  mlock2(at, P, MLOCK_ONFAULT);
  LETTERS("on-fault", "MLOCK_ONFAULT: lo, lf", at);
  munlock(at, P);
  char *stack = map(4, RW, PRIVATE | MAP_GROWSDOWN);
  HOLDS("stack", "the stack of the process is named", named(&fd, "[stack]"));
  HOLDS("stack-other", "others that grow are not", !named(stack, "[stack]"));
  int watcher = syscall(SYS_userfaultfd, O_CLOEXEC);
  struct uffdio_api api = {UFFD_API, 0, 0};
  struct uffdio_register range = {{(unsigned long)at, P}, UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP, 0};
  ioctl(watcher, UFFDIO_API, &api);
  ioctl(watcher, UFFDIO_REGISTER, &range);
  LETTERS("watched", "registered with a userfaultfd: um, uw before ac", at);
  close(watcher);

  PAGE("mprotect(2)", "Locked memory that becomes writable");
  char *none = map(4, PROT_NONE, PRIVATE);
  mlock(none, 4 * P);
  ROW("lock-none", "mlock(2) of memory that may not be read: pages there", resident(none, 4));
  mprotect(none, 2 * P, RW);
  ROW("lock-write", "are there when it may be written", resident(none, 4));
  mprotect(none + 2 * P, P, PROT_READ);
  ROW("lock-read", "not when it may only be read", resident(none, 4));
  char *later = map(4, PROT_NONE, PRIVATE);
  mlock2(later, 4 * P, MLOCK_ONFAULT);
  mprotect(later, 4 * P, RW);
  ROW("lock-on-fault", "nor with MLOCK_ONFAULT", resident(later, 4));
  ROW("lock-kb", "VmLck counts all of them, kB", kilobytes("/proc/self/status", "VmLck"));
  munlockall();

  PAGE("proc(5)", "Files of /proc as files");
  int mem = open("/proc/self/mem", O_RDWR);
  ROW("truncate", "ftruncate(2) of one that may be written does nothing", ftruncate(mem, 0));
  ROW("truncate-longer", "to more", ftruncate(mem, 100));
  int refs = open("/proc/self/clear_refs", O_WRONLY | O_TRUNC);
  HOLDS("truncate-open", "O_TRUNC", refs >= 0);
  ROW("truncate-refs", "of clear_refs", ftruncate(refs, 0));
  ROW("truncate-reader", "EINVAL: one that is open for reading", ftruncate(open("/proc/self/maps", O_RDONLY), 0));
  ROW("huge", "HugetlbPages of status, kB", kilobytes("/proc/self/status", "HugetlbPages"));
  ROW("absent", "what a machine without swap caches or huge files has not: ShmemHugePages, kB", kilobytes("/proc/meminfo", "ShmemHugePages"));
}

int main(void) {
  account();
  others();
  return 0;
}
