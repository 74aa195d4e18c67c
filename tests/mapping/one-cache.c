/* Processes that map one file have its frames together: what smaps says of them. */
#include "mapping.h"

#define PAGES 16

static char *at;

static void touch_all(void) {
  for (int i = 0; i < PAGES; i++) (void)*(volatile char *)(at + i * P);
}

int main(void) {
  PAGE("proc(5)", "smaps of a file that several processes map");
  int fd = file_of("data", PAGES), ready[2], done[2];
  at = mmap(NULL, PAGES * P, RW, MAP_SHARED, fd, 0);
  touch_all();
  ROW("rss", "Rss of one process: its pages, kB", smaps_kb(at, "Rss"));
  ROW("pss", "Pss: nobody else has them", smaps_kb(at, "Pss"));
  ROW("shared", "Shared_Clean and Shared_Dirty", smaps_kb(at, "Shared_Clean") + smaps_kb(at, "Shared_Dirty"));
  pipe(ready), pipe(done);
  char byte = 0;
  for (int i = 0; i < 3; i++) {
    if (fork() != 0) continue;
    munmap(at, PAGES * P);
    int own = open("data", O_RDWR);
    at = mmap(NULL, PAGES * P, RW, MAP_SHARED, own, 0);
    touch_all();
    write(ready[1], &byte, 1);
    read(done[0], &byte, 1);
    _exit(0);
  }
  for (int i = 0; i < 3; i++) read(ready[0], &byte, 1);
  ROW("rss-four", "when three others have mapped it for themselves, Rss is the same", smaps_kb(at, "Rss"));
  ROW("pss-four", "Pss is a quarter", smaps_kb(at, "Pss"));
  ROW("private-four", "no page is its own", smaps_kb(at, "Private_Clean") + smaps_kb(at, "Private_Dirty"));
  ROW("shared-four", "all are shared", smaps_kb(at, "Shared_Clean") + smaps_kb(at, "Shared_Dirty"));
  char *copy = mmap(NULL, PAGES * P, RW, MAP_PRIVATE, fd, 0);
  for (int i = 0; i < PAGES; i++) (void)*(volatile char *)(copy + i * P);
  ROW("rss-private", "a private mapping that is only read has the same pages: Rss", smaps_kb(copy, "Rss"));
  ROW("anonymous-private", "none is a copy", smaps_kb(copy, "Anonymous"));
  copy[0] = 1, copy[P] = 1;
  ROW("anonymous-written", "but those that were written are", smaps_kb(copy, "Anonymous"));
  for (int i = 0; i < 3; i++) write(done[1], &byte, 1);
  for (int i = 0; i < 3; i++) wait(NULL);
  munmap(copy, PAGES * P);
  ROW("pss-again", "when the others have ended, Pss is whole again", smaps_kb(at, "Pss"));

  PAGE("proc_sys_vm(5)", "Limits of dirty pages");
  const char *files[] = {"dirty_background_bytes", "dirty_background_ratio", "dirty_bytes", "dirty_expire_centisecs", "dirty_ratio", "dirty_writeback_centisecs"};
  for (int i = 0; i < 6; i++) {
    char path[64], id[64], text[64];
    snprintf(path, sizeof path, "/proc/sys/vm/%s", files[i]);
    snprintf(id, sizeof id, "%s", files[i]);
    snprintf(text, sizeof text, "%s: a number that can be read", files[i]);
    int knob = open(path, O_RDWR);
    char number[32] = {0};
    HOLDS(id, text, read(knob, number, 31) > 0 && number[0] >= '0' && number[0] <= '9');
    snprintf(id, sizeof id, "%s-word", files[i]);
    snprintf(text, sizeof text, "EINVAL: no number in %s", files[i]);
    ROW(id, text, pwrite(knob, "x", 1, 0));
    close(knob);
  }
  int ratio = open("/proc/sys/vm/dirty_ratio", O_WRONLY), background = open("/proc/sys/vm/dirty_background_ratio", O_WRONLY);
  int bytes = open("/proc/sys/vm/dirty_bytes", O_WRONLY), expire = open("/proc/sys/vm/dirty_expire_centisecs", O_WRONLY);
  ROW("ratio-101", "EINVAL: more than all", write(ratio, "101", 3));
  ROW("ratio-negative", "EINVAL: less than nothing", write(ratio, "-1", 2));
  ROW("background-101", "EINVAL: dirty_background_ratio as well", write(background, "101", 3));
  ROW("bytes-small", "EINVAL: dirty_bytes below two pages", write(bytes, "8191", 4));
  ROW("expire-negative", "EINVAL: a negative age", write(expire, "-1", 2));
  return 0;
}
