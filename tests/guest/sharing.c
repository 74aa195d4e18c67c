/* Five processes map one file of 64 pages at once; then eight pages with the same contents are merged. Must be root. */
#include "check.h"

enum { PAGES = 64, CHILDREN = 4, ALIKE = 8 };
static const size_t PAGE = 4096;

static long knob(const char *name) {
  char path[64], text[32] = "";
  snprintf(path, sizeof path, "/sys/kernel/mm/ksm/%s", name);
  int fd = open(path, O_RDONLY);
  if (fd < 0 || read(fd, text, sizeof text - 1) <= 0) return -1;
  close(fd);
  return atol(text);
}

int main(void) {
  static char page[4096] = "page";
  int file = open("shared", O_RDWR | O_CREAT | O_TRUNC, 0600), ready[2], go[2];
  for (int i = 0; i < PAGES; i++) write(file, page, PAGE);
  pipe(ready), pipe(go);
  for (int i = 0; i < CHILDREN; i++) {
    if (fork() != 0) continue;
    volatile char *at = mmap(NULL, PAGES * PAGE, PROT_READ, i % 2 ? MAP_SHARED : MAP_PRIVATE, file, 0);
    for (int n = 0; n < PAGES; n++) (void)at[n * PAGE];
    write(ready[1], "", 1);
    close(go[1]);
    read(go[0], page, 1);
    exit(0);
  }
  volatile char *at = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, file, 0);
  for (int n = 0; n < PAGES; n++) (void)at[n * PAGE];
  for (int i = 0; i < CHILDREN; i++) read(ready[0], page, 1);
  close(go[1]);
  while (wait(NULL) > 0);
  char *alike = mmap(NULL, ALIKE * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(alike, 5, ALIKE * PAGE);
  madvise(alike, ALIKE * PAGE, MADV_MERGEABLE);
  put_file("/sys/kernel/mm/ksm/run", "1");
  for (int i = 0; i < 500 && knob("pages_sharing") < ALIKE - 1; i++) usleep(10000);
  return 0;
}
