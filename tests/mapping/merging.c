/* Same-page merging. The machine's ksmd is made to run, and left as it was. */
#include "mapping.h"
#include <sys/prctl.h>
#include <time.h>

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif
#define KSM "/sys/kernel/mm/ksm/"
#define KSM_KB(at) smaps_kb(at, "KSM")

static long knob(const char *name) {
  char path[128], text[64] = "";
  snprintf(path, sizeof path, KSM "%s", name);
  int fd = open(path, O_RDONLY);
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  return got > 0 ? strtol(text, NULL, 10) : -1;
}

static int set(const char *name, long value) {
  char path[128], text[32];
  snprintf(path, sizeof path, KSM "%s", name);
  int fd = open(path, O_WRONLY);
  int length = snprintf(text, sizeof text, "%ld", value);
  int result = write(fd, text, length) == length ? 0 : -1;
  int error = errno;
  close(fd);
  errno = error;
  return result;
}

/* Waits until the mapping has so many kB merged; what it has at last. */
static long merged(char *at, long wanted) {
  for (int i = 0; i < 500 && KSM_KB(at) != wanted; i++) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  return KSM_KB(at);
}

/* Long enough that what could be merged is. */
static void passes(int count) {
  long end = knob("full_scans") + count;
  for (int i = 0; i < 500 && knob("full_scans") < end; i++) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static char *alike(size_t pages, int flags, int salt) {
  char *at = map(pages, RW, flags);
  for (size_t i = 0; i < pages; i++) {
    memset(at + i * P, salt, P);
    memcpy(at + i * P + 100, "the same everywhere", 20);
  }
  return at;
}

static void merging(void) {
  PAGE("madvise(2)", "MADV_MERGEABLE: same-page merging");
  char *at = alike(4, PRIVATE, 17);
  ROW("mergeable", "MADV_MERGEABLE", madvise(at, 4 * P, MADV_MERGEABLE));
  HOLDS("flag", "smaps shows mg", vm_flag(at, "mg"));
  ROW("merged", "pages of the same contents become one: KSM, kB", merged(at, 16));
  ROW("rss", "Rss, kB", smaps_kb(at, "Rss"));
  ROW("pss", "Pss, kB", smaps_kb(at, "Pss"));
  LOAD("load", "they hold what they held", at + 3 * P);
  HOLDS("shared", "pages_shared", knob("pages_shared") >= 1);
  HOLDS("sharing", "pages_sharing", knob("pages_sharing") >= 3);
  STORE("store", "a store to one", at + P);
  LOAD("store-load", "changes it", at + P);
  LOAD("store-other", "and no other", at + 2 * P);
  ROW("store-kb", "it is merged no longer: KSM, kB", KSM_KB(at));
  CHILD({
    ROW("child-kb", "a child's are, too: KSM, kB", KSM_KB(at));
    at[0] = 99;
    LOAD("child-store", "what it stores", at);
    ROW("child-store-kb", "KSM, kB", KSM_KB(at));
    HOLDS("child-flag", "smaps shows mg", vm_flag(at, "mg"));
  });
  LOAD("parent-load", "is its own", at);
  ROW("munmap", "munmap of one", munmap(at + 3 * P, P));
  LOAD("munmap-other", "leaves the others", at + 2 * P);
  ROW("unmergeable", "MADV_UNMERGEABLE", madvise(at, 3 * P, MADV_UNMERGEABLE));
  ROW("unmergeable-kb", "takes them apart: KSM, kB", KSM_KB(at));
  HOLDS("unmergeable-flag", "smaps shows mg no longer", !vm_flag(at, "mg"));
  LOAD("unmergeable-load", "they hold what they held", at + 2 * P);
}

static void conditions(void) {
  PAGE("madvise(2)", "MADV_MERGEABLE: what is merged and what is not");
  char *shared = alike(2, SHARED, 23);
  ROW("shared-memory", "shared memory: no error", madvise(shared, 2 * P, MADV_MERGEABLE));
  HOLDS("shared-memory-flag", "and no mg", !vm_flag(shared, "mg"));
  char *unasked = alike(2, PRIVATE, 29);
  char *odd = alike(2, PRIVATE, 31);
  odd[P + 4000] = 1;
  madvise(odd, 2 * P, MADV_MERGEABLE);
  char *one = alike(1, PRIVATE, 37);
  char *two = alike(1, PRIVATE, 37);
  madvise(one, P, MADV_MERGEABLE);
  madvise(two, P, MADV_MERGEABLE);
  int fd = file_of("merge.dat", 1);
  char *file = mmap(NULL, P, RW, MAP_PRIVATE, fd, 0);
  memcpy(file, one, P);
  madvise(file, P, MADV_MERGEABLE);
  ROW("two-mappings", "of two mappings: KSM, kB", merged(two, 4));
  ROW("file-copy", "the private copy of a file's page: KSM, kB", merged(file, 4));
  passes(3);
  ROW("unasked", "not without MADV_MERGEABLE: KSM, kB", KSM_KB(unasked));
  ROW("odd", "not what differs in a byte: KSM, kB", KSM_KB(odd));
  ROW("hole", "ENOMEM: nothing is mapped", madvise(room(2), P, MADV_MERGEABLE));
  ROW("ro", "mprotect to read only", mprotect(one, P, PROT_READ));
  LOAD("ro-load", "a load", one);
  ROW("ro-back", "and back", mprotect(one, P, RW));
  STORE("ro-store", "a store", one);
  LOAD("ro-other", "the other holds what it held", two);
  ROW("run-2", "2 written to /sys/kernel/mm/ksm/run", set("run", 2));
  ROW("run-2-kb", "takes all apart: KSM, kB", KSM_KB(file));
  ROW("run-2-shared", "pages_shared", knob("pages_shared"));
  ROW("run-bad", "EINVAL: 3", set("run", 3));
  set("run", 1);
}

static int mergesAny(void) {
  char line[128];
  FILE *file = fopen("/proc/self/ksm_stat", "r");
  int any = -1;
  while (file != NULL && fgets(line, sizeof line, file)) if (!strncmp(line, "ksm_merge_any: ", 15)) any = !strncmp(line + 15, "yes", 3);
  if (file != NULL) fclose(file);
  return any;
}

static void whole_process(void) {
  PAGE("prctl(2)", "PR_SET_MEMORY_MERGE");
  ROW("all-get", "PR_GET_MEMORY_MERGE", prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0));
  ROW("all-argument", "EINVAL: another argument", prctl(PR_SET_MEMORY_MERGE, 1, 1, 0, 0));
  CHILD({
    char *before = alike(2, PRIVATE, 41);
    ROW("all", "PR_SET_MEMORY_MERGE", prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0));
    ROW("all-set", "PR_GET_MEMORY_MERGE then", prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0));
    char *after = alike(2, PRIVATE, 41);
    HOLDS("all-before", "mappings that were there have mg", vm_flag(before, "mg"));
    HOLDS("all-after", "and those that come", vm_flag(after, "mg"));
    HOLDS("all-stat", "ksm_stat says so", mergesAny() == 1);
    ROW("all-merged", "KSM, kB", merged(after, 8));
    CHILD(ROW("all-child", "a child inherits it", prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0)));
    ROW("all-off", "0", prctl(PR_SET_MEMORY_MERGE, 0, 0, 0, 0));
    HOLDS("all-off-flag", "takes mg away", !vm_flag(after, "mg"));
    ROW("all-off-kb", "and takes apart: KSM, kB", KSM_KB(after));
  });
  CHILD({
    become_user();
    ROW("all-user", "an ordinary user may as well", prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0));
  });
}

int main(void) {
  static const char *const names[] = {"run", "sleep_millisecs", "pages_to_scan"};
  static const long values[] = {1, 1, 2000};
  long old[3];
  for (int i = 0; i < 3; i++) {
    old[i] = knob(names[i]);
    set(names[i], values[i]);
  }
  merging();
  conditions();
  whole_process();
  for (int i = 2; i >= 0; i--) set(names[i], old[i]);
  return 0;
}
