/* Huge pages by policy in the background: khugepaged, its knobs, and what it leaves alone. All knobs are left as they were. */
#include "mapping.h"

#define MEGA (512 * P)
#define FOLDER "/sys/kernel/mm/transparent_hugepage/khugepaged/"
#define THP_KB(at) smaps_kb(at, "AnonHugePages")

static long get(const char *knob) {
  char path[128], text[64] = "";
  snprintf(path, sizeof path, FOLDER "%s", knob);
  int fd = open(path, O_RDONLY);
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  return got > 0 ? strtol(text, NULL, 10) : -1;
}

static long set(const char *knob, const char *value) {
  char path[128];
  snprintf(path, sizeof path, FOLDER "%s", knob);
  int fd = open(path, O_WRONLY);
  if (fd < 0) return -1;
  long result = write(fd, value, strlen(value));
  int error = errno;
  close(fd);
  errno = error;
  return result;
}

static void set_number(const char *knob, long value) {
  char text[32];
  snprintf(text, sizeof text, "%ld", value);
  set(knob, text);
}

/* Until all memory has been looked at, from its beginning, at least once. */
static void pass_by(void) {
  long before = get("full_scans");
  for (int i = 0; i < 5000 && get("full_scans") < before + 3; i++) usleep(2000);
}

/* 2 MiB alone in their mapping, the first so many pages written. */
static char *pages(size_t count) {
  char *walls = mmap(NULL, 4 * MEGA, PROT_NONE, SHARED | MAP_NORESERVE, -1, 0);
  char *at = (char *)(((uintptr_t)walls + 2 * MEGA - 1) & ~(MEGA - 1));
  mmap(at, MEGA, RW, PRIVATE | MAP_FIXED, -1, 0);
  madvise(at, MEGA, MADV_NOHUGEPAGE);
  for (size_t i = 0; i < count; i++) at[i * P] = i % 100 + 1;
  return at;
}

static long later(char *at) {
  madvise(at, MEGA, MADV_HUGEPAGE);
  pass_by();
  return THP_KB(at);
}

static void knobs(void) {
  PAGE("madvise(2)", "Knobs of khugepaged");
  static const struct {
    const char *id, *text, *knob, *value;
  } rows[] = {
      {"none-most", "max_ptes_none: 511", "max_ptes_none", "511"},
      {"none-more", "EINVAL: 512", "max_ptes_none", "512"},
      {"swap-more", "EINVAL: max_ptes_swap of 512", "max_ptes_swap", "512"},
      {"shared-more", "EINVAL: max_ptes_shared of 512", "max_ptes_shared", "512"},
      {"scan-none", "EINVAL: pages_to_scan of 0", "pages_to_scan", "0"},
      {"scan-most", "pages_to_scan of 2^32 - 1", "pages_to_scan", "4294967295"},
      {"scan-more", "EINVAL: more", "pages_to_scan", "4294967296"},
      {"sleep-negative", "EINVAL: scan_sleep_millisecs of -1", "scan_sleep_millisecs", "-1"},
      {"sleep-line", "a line's end is no part of a number", "scan_sleep_millisecs", "20\n"},
      {"sleep-plus", "a plus sign is", "scan_sleep_millisecs", "+20"},
      {"sleep-blank", "EINVAL: a blank", "scan_sleep_millisecs", " 20"},
      {"sleep-hex", "EINVAL: hexadecimal", "scan_sleep_millisecs", "0x20"},
      {"alloc-sleep", "alloc_sleep_millisecs of 0", "alloc_sleep_millisecs", "0"},
      {"defrag-more", "EINVAL: defrag of 2", "defrag", "2"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    long before = get(rows[i].knob);
    ROW(rows[i].id, rows[i].text, set(rows[i].knob, rows[i].value));
    set_number(rows[i].knob, before);
  }
}

static void collapsing(void) {
  PAGE("madvise(2)", "What khugepaged makes huge pages of");
  char *at = pages(512);
  ROW("before", "pages: AnonHugePages, kB", THP_KB(at));
  long count = get("pages_collapsed");
  ROW("full", "later, when MADV_HUGEPAGE was said", later(at));
  LOAD("full-load", "what was there is there", at + 9 * P);
  HOLDS("full-count", "pages_collapsed counts it", get("pages_collapsed") > count);
  at = pages(0);
  at[9 * P] = 9;
  ROW("one", "a single page", later(at));
  ROW("one-rss", "makes Rss, kB", smaps_kb(at, "Rss"));
  set("max_ptes_none", "10");
  at = pages(501);
  ROW("none", "max_ptes_none 10: 11 are absent", later(at));
  at[501 * P] = 1;
  ROW("none-fewer", "10 are", later(at));
  set("max_ptes_none", "511");
  ROW("nothing", "nothing is there", later(pages(0)));
  at = pages(0);
  int sum = 0;
  for (size_t i = 0; i < 512; i++) sum += at[i * P];
  ROW("zeros", "pages that were only read", (later(at) + sum));
  at = pages(512);
  mprotect(at, MEGA, PROT_NONE);
  ROW("prot-none", "PROT_NONE", later(at));
  at = pages(512);
  pass_by();
  ROW("no", "MADV_NOHUGEPAGE", THP_KB(at));
  at = mmap(NULL, 2 * MEGA, RW, PRIVATE, -1, 0);
  for (size_t i = 0; i < 1024; i++) at[i * P] = 1;
  pass_by();
  ROW("unasked", "memory that no advice is about, with the policy madvise", THP_KB(at));
  at = pages(512);
  mlock(at, MEGA);
  ROW("locked", "mlock(2)", later(at));
  at = pages(512);
  madvise(at + 20 * P, P, MADV_GUARD_INSTALL);
  ROW("guard@6.13", "a guard", later(at));
  at = pages(512);
  later(at);
  madvise(at, MEGA, MADV_NOHUGEPAGE);
  madvise(at + 5 * P, P, MADV_DONTNEED);
  ROW("again-split", "MADV_DONTNEED of a page of it: AnonHugePages", THP_KB(at));
  ROW("again", "later, when MADV_HUGEPAGE was said again", later(at));
  LOAD("again-load", "it is zero still", at + 5 * P);
}

static void sharing(void) {
  PAGE("fork(2)", "Pages that khugepaged finds shared");
  char *at = pages(512);
  CHILD({
    ROW("child", "max_ptes_shared 256: all 512 are its parent's, too", later(at));
    for (size_t i = 0; i < 255; i++) at[i * P] = 99;
    ROW("child-more", "257 are", later(at));
    at[255 * P] = 99;
    ROW("child-fewer", "256 are", later(at));
    LOAD("child-own", "what it stored", at + 255 * P);
    LOAD("child-shared", "what its parent did", at + 257 * P);
    at[300 * P] = 7;
  });
  LOAD("parent", "a store to the huge page is the child's alone", at + 300 * P);
  ROW("parent-later", "the parent's own, when the child is gone", later(at));
}

int main(void) {
  static const char *const KNOBS[] = {"scan_sleep_millisecs", "alloc_sleep_millisecs", "max_ptes_none", "max_ptes_shared", "pages_to_scan"};
  long before[5];
  for (int i = 0; i < 5; i++) before[i] = get(KNOBS[i]);
  knobs();
  /* As Linux has them at first, whatever they are now. */
  set("max_ptes_none", "511"), set("max_ptes_shared", "256");
  set("scan_sleep_millisecs", "1");
  /* Where a machine has no huge page for the moment, it shall not take a minute until the next try. */
  set("alloc_sleep_millisecs", "10");
  // Something to look at, so that there is a pass at all.
  madvise(pages(1), MEGA, MADV_HUGEPAGE);
  collapsing();
  sharing();
  for (int i = 0; i < 5; i++) set_number(KNOBS[i], before[i]);
  return 0;
}
