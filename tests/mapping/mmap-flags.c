/* mmap(2): the flags. */
#include "mapping.h"

static void placement(void) {
  PAGE("mmap(2)", "Where: hints, MAP_FIXED, MAP_FIXED_NOREPLACE");
  char *at = map(5, RW, PRIVATE), *free_place = room(16);
  strcpy(at + 2 * P, "kept");
  HOLDS("hint-free", "a free hint is taken", mmap(free_place, P, RW, PRIVATE, -1, 0) == free_place);
  HOLDS("hint-odd", "a hint is rounded down to a page", mmap(free_place + P + 5, P, RW, PRIVATE, -1, 0) == free_place + P);
  char *other = mmap(at + P, P, RW, PRIVATE, -1, 0);
  HOLDS("hint-taken", "a hint that is taken gives another place", other != MAP_FAILED && other != at + P);
  HOLDS("hint-taken-kept", "and what is there stays", !strcmp(at + 2 * P, "kept"));
  char *partly = mmap(free_place + 4 * P, 8 * P, RW, PRIVATE | MAP_FIXED, -1, 0);
  HOLDS("fixed", "MAP_FIXED is exact", partly == free_place + 4 * P);
  munmap(partly, 8 * P);
  HOLDS("fixed-over", "MAP_FIXED replaces what is there", mmap(at + 2 * P, P, RW, PRIVATE | MAP_FIXED, -1, 0) == at + 2 * P);
  LOAD("fixed-over-zero", "with new memory", at + 2 * P);
  at[P] = 1, at[3 * P] = 3;
  mmap(at + 2 * P, P, PROT_READ, PRIVATE | MAP_FIXED, -1, 0);
  LOAD("fixed-before", "pages before it stay", at + P);
  LOAD("fixed-after", "and those behind it", at + 3 * P);
  ROW("fixed-splits", "a mapping is split in three", extent(at + 3 * P) >= 2 && extent(at + 2 * P) == 1);
  HOLDS("fixed-hole", "MAP_FIXED over mappings and holes", munmap(at + P, P) == 0 && mmap(at, 4 * P, RW, PRIVATE | MAP_FIXED, -1, 0) == at);
  HOLDS("noreplace-free", "MAP_FIXED_NOREPLACE in a free place", mmap(free_place + 2 * P, P, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0) == free_place + 2 * P);
  WORKS("noreplace-taken", "MAP_FIXED_NOREPLACE over a mapping", (long)mmap(at + P, P, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0));
  char *edge = room(4);
  mmap(edge + 2 * P, P, RW, PRIVATE | MAP_FIXED, -1, 0);
  WORKS("noreplace-end", "one whose end runs into a mapping", (long)mmap(edge, 3 * P, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0));
  HOLDS("noreplace-touches", "one that ends where a mapping begins", mmap(edge, 2 * P, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0) == edge);
  WORKS("noreplace-both", "MAP_FIXED and MAP_FIXED_NOREPLACE together replace nothing",
        (long)mmap(edge, P, RW, PRIVATE | MAP_FIXED | MAP_FIXED_NOREPLACE, -1, 0));
  char *a = map(2, RW, PRIVATE), *b = mmap(a + 2 * P, P, RW, PRIVATE | MAP_FIXED, -1, 0);
  HOLDS("merge", "neighbours that are alike are one mapping in maps", extent(a) == extent(b) && extent(b) >= 3);
  mmap(a + P, P, PROT_READ, PRIVATE | MAP_FIXED, -1, 0);
  ROW("no-merge-prot", "others are not", extent(a + P));
  int fd = file_of("data", 3);
  char *f = room(3);
  mmap(f, P, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0), mmap(f + P, P, PROT_READ, MAP_SHARED | MAP_FIXED, fd, P);
  ROW("merge-file", "parts of a file that follow each other are one mapping", extent(f));
  mmap(f + 2 * P, P, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
  ROW("no-merge-file", "parts that don't are not", extent(f + 2 * P));
  char *own = mmap(f, 3 * P, RW, SHARED | MAP_FIXED, -1, 0);
  CHILD(own[P] = 4);
  LOAD("fixed-shared", "MAP_FIXED with shared memory in the place of a file", own + P);
}

static void population(void) {
  PAGE("mmap(2)", "Presence: MAP_POPULATE, MAP_LOCKED, MAP_NONBLOCK, MAP_NORESERVE");
  int fd = file_of("pages", 8);
  ROW("plain", "pages of a new private anonymous mapping that are there", resident(map(8, RW, PRIVATE), 8));
  ROW("populate", "with MAP_POPULATE", resident(map(8, RW, PRIVATE | MAP_POPULATE), 8));
  ROW("populate-read", "with MAP_POPULATE and PROT_READ", resident(map(8, PROT_READ, PRIVATE | MAP_POPULATE), 8));
  ROW("populate-none", "with MAP_POPULATE and PROT_NONE", resident(map(8, PROT_NONE, PRIVATE | MAP_POPULATE), 8));
  ROW("populate-shared", "with MAP_POPULATE and shared memory", resident(map(8, RW, SHARED | MAP_POPULATE), 8));
  ROW("nonblock", "MAP_NONBLOCK makes MAP_POPULATE do nothing", resident(map(8, RW, PRIVATE | MAP_POPULATE | MAP_NONBLOCK), 8));
  ROW("locked", "with MAP_LOCKED", resident(map(8, RW, PRIVATE | MAP_LOCKED), 8));
  char *locked = map(8, RW, PRIVATE | MAP_LOCKED), *private, *shared;
  ROW("locked-kb", "smaps tells what is locked", smaps_kb(locked, "Locked"));
  HOLDS("locked-flag", "with the flag lo", vm_flag(locked, "lo"));
  private = mmap(NULL, 8 * P, RW, MAP_PRIVATE | MAP_POPULATE, fd, 0), shared = mmap(NULL, 8 * P, RW, MAP_SHARED | MAP_POPULATE, fd, 0);
  ROW("populate-file-private", "a private writable mapping of a file gets pages of its own", smaps_kb(private, "Anonymous"));
  ROW("populate-file-shared", "a shared one the file's", smaps_kb(shared, "Rss"));
  ROW("populate-file-clean", "which are not made dirty by that", smaps_kb(mmap(NULL, 8 * P, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0), "Shared_Dirty") >= 0);
  WORKS("populate-beyond", "MAP_POPULATE beyond the end of a file is no error", (long)mmap(NULL, 16 * P, RW, MAP_SHARED | MAP_POPULATE, fd, 0));
  char *reserve = map(8, RW, PRIVATE | MAP_NORESERVE);
  HOLDS("noreserve-flag", "MAP_NORESERVE: smaps shows nr", vm_flag(reserve, "nr"));
  STORE("noreserve", "and the memory can be used", reserve);
  WORKS("noreserve-much", "MAP_NORESERVE: more than there is memory", (long)mmap(NULL, 64UL << 30, RW, PRIVATE | MAP_NORESERVE, -1, 0));
}

static void others(void) {
  PAGE("mmap(2)", "MAP_GROWSDOWN, MAP_STACK and flags without effect");
  char *place = room(800), *stack = mmap(place + 500 * P, 4 * P, RW, PRIVATE | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
  HOLDS("growsdown", "MAP_GROWSDOWN: the mapping is as long as asked for", stack == place + 500 * P && extent(stack) == 4);
  HOLDS("growsdown-flag", "smaps shows gd", vm_flag(stack, "gd"));
  STORE("growsdown-touch", "a touch in the page below", stack - 8);
  ROW("growsdown-grown", "makes it grow by a page", extent(stack));
  STORE("growsdown-far", "a touch further below grows it as well", stack - 10 * P);
  ROW("growsdown-far-grown", "as far as that", extent(stack));
  char *low = room(400), *other = mmap(low, P, RW, PRIVATE | MAP_FIXED, -1, 0);
  char *above = mmap(low + 258 * P, P, RW, PRIVATE | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
  STORE("growsdown-gap", "down to 256 pages above the mapping below it", low + 257 * P);
  STORE("growsdown-gap-end", "and no further", low + 256 * P);
  HOLDS("growsdown-limit", "a growing mapping keeps its neighbours", extent(other) == 1 && extent(above) == 2);
  CHILD(limit(RLIMIT_STACK, 4 * P); char *small = room(800); char *top = mmap(small + 600 * P, P, RW, PRIVATE | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
        STORE("growsdown-stack", "RLIMIT_STACK limits how far it grows: within", top - 1);
        STORE("growsdown-stack-beyond", "and beyond", top - 8 * P));
  WORKS("stack", "MAP_STACK", (long)map(4, RW, PRIVATE | MAP_STACK));
  ROW("stack-no-growth", "has no effect: such a mapping does not grow", extent(mmap(room(4) + 2 * P, P, RW, PRIVATE | MAP_STACK | MAP_FIXED, -1, 0)));
  int fd = file_of("text", 1);
  WORKS("denywrite", "MAP_DENYWRITE is ignored", (long)mmap(NULL, P, PROT_READ, MAP_PRIVATE | MAP_DENYWRITE, fd, 0));
  ROW("denywrite-open", "the file can be written", open("text", O_WRONLY));
  WORKS("executable", "MAP_EXECUTABLE is ignored", (long)mmap(NULL, P, PROT_READ, MAP_PRIVATE | MAP_EXECUTABLE, fd, 0));
  WORKS("file", "MAP_FILE is 0", (long)mmap(NULL, P, PROT_READ, MAP_PRIVATE | MAP_FILE, fd, 0));
  WORKS("uninitialized", "MAP_UNINITIALIZED is ignored where there is an MMU", (long)map(1, RW, PRIVATE | 0x4000000));
  LOAD("uninitialized-zero", "such memory is zero", map(1, RW, PRIVATE | 0x4000000));
}

int main(void) {
  placement();
  population();
  others();
  return 0;
}
