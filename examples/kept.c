/*
 * What of a mapped file outlives the machine: kept PAGES STEP SYNCED makes /keep/kept of so many pages, stores into every STEP-th, and
 * msyncs the first SYNCED. It waits then: whoever takes the machine away now takes what is only in the page cache. kept look says what
 * is in the file. In the page /keep is the browser's storage.
 */
#include "runtime.h"

static const char *const path = "/keep/kept";

/* A page says which run stored into it, and how many pages that run had stored into. */
struct page {
  int run;
  int stored;
};

static int look(int fd) {
  struct page page = {0, 0};
  int run = 0, stored = 0, there = 0;
  for (int at = 0; pread(fd, &page, sizeof page, (long)at * PAGE) == sizeof page; at++) {
    if (page.run > run) {
      run = page.run;
      there = 0;
    }
    if (page.run == run && run > 0) {
      there++;
      stored = page.stored;
    }
  }
  printf("Of %d stored pages %d are in the file.\n", stored, there);
  return 0;
}

int main(int argc, char **argv) {
  int pages = argc > 3 ? number(argv[1]) : 16;
  int step = argc > 3 ? number(argv[2]) : 3;
  int synced = argc > 3 ? number(argv[3]) : 8;
  CHECK(pages > 0 && pages <= 1024 && step > 0 && synced <= pages);
  int fd = argc == 2 ? open(path, O_RDONLY, 0) : open(path, O_RDWR | O_CREAT, 0644);
  if (fd < 0) {
    printf("There is no /keep: the page has it, in runs without a clock of their own.\n");
    return 0;
  }
  if (argc == 2) return look(fd);

  struct page first = {0, 0};
  pread(fd, &first, sizeof first, 0);
  CHECK(ftruncate(fd, 0) == 0 && ftruncate(fd, (long)pages * PAGE) == 0);
  char *p = mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(!failed(p));
  int sum = 0;
  for (int i = 0; i < pages; i++) sum += ((volatile char *)p)[i * PAGE];
  CHECK(sum == 0);
  printf("%d pages of a file are mapped, and are clean.\n", pages);

  int stored = (pages + step - 1) / step;
  for (int i = 0; i < pages; i += step) *(struct page *)(p + i * PAGE) = (struct page){first.run + 1, stored};
  printf("Stored into %d of them.\n", stored);
  if (synced > 0) CHECK(msync(p, synced * PAGE, MS_SYNC) == 0);
  printf("msync has returned for the first %d pages. Enter ends this, and all is written.\n", synced);
  char c;
  read(0, &c, 1);
  return 0;
}
