/*
 * fork and copy on write, with numbers of one's own: fork-writes [PAGES [CHILD [PARENT]]]. The child stores into the first CHILD of PAGES
 * pages, then the parent into the first PARENT. Only what is stored to while the other still has it is copied.
 */
#include "runtime.h"

int main(int argc, char **argv) {
  int pages = argc > 1 ? number(argv[1]) : 16;
  int childs = argc > 2 ? number(argv[2]) : 5;
  int parents = argc > 3 ? number(argv[3]) : 3;
  CHECK(pages > 0 && pages <= 1024 && childs <= pages && parents <= pages);
  char *p = mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(!failed(p));
  for (int i = 0; i < pages; i++) p[i * PAGE] = 1;
  int there[2], back[2];
  CHECK(pipe(there) == 0 && pipe(back) == 0);
  printf("%d pages stored to\n", pages);
  char byte = 0;
  if (fork() == 0) {
    for (int i = 0; i < childs; i++) p[i * PAGE] = 2;
    printf("the child has stored into %d\n", childs);
    CHECK(write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1);
    exit(0);
  }
  CHECK(read(there[0], &byte, 1) == 1);
  for (int i = 0; i < parents; i++) p[i * PAGE] = 3;
  printf("the parent has stored into %d\n", parents);
  CHECK(write(back[1], &byte, 1) == 1);
  int status = 0;
  CHECK(wait(&status) > 0);
  printf("the child has ended\n");
  return 0;
}
