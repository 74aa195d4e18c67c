/*
 * What msync is for. Two pages of a file are mapped, and each counts the runs of this program: the first is msynced, the second is
 * only stored to. In the page /keep is the browser's storage: reload the page while the program waits, and run it again.
 */
#include "runtime.h"

int main(void) {
  int fd = open("/keep/runs", O_RDWR | O_CREAT, 0644);
  if (fd < 0) {
    printf("There is no /keep: the page has it, in runs without a clock of their own.\n");
    return 0;
  }
  CHECK(ftruncate(fd, 2 * PAGE) == 0);
  char *p = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(!failed(p));
  int *synced = (int *)p, *stored = (int *)(p + PAGE);

  printf("Kept so far: %d runs in the page that is msynced, %d in the other.\n", *synced, *stored);
  ++*synced;
  ++*stored;
  CHECK(msync(p, PAGE, MS_SYNC) == 0);
  printf("Both pages have one more now. The first is on the medium; the second is dirty in the page cache.\n");
  printf("Reload the page and run this again: which count has grown? (Enter ends it, and both are written.)\n");
  char c;
  read(0, &c, 1);
  return 0;
}
