/* mremap(2). */
#include "mapping.h"

/* Not the library's: that may leave the new address out. */
#define mremap(...) ((char *)syscall(SYS_mremap, __VA_ARGS__))
#define MREMAP(...) ((long)mremap(__VA_ARGS__))

/* A mapping with one that must not be touched right behind it. */
static char *walled(size_t pages) {
  char *at = room(pages + 1);
  mmap(at, pages * P, RW, PRIVATE | MAP_FIXED, -1, 0);
  mmap(at + pages * P, P, PROT_NONE, SHARED | MAP_FIXED, -1, 0);
  strcpy(at, "moved");
  return at;
}

static void sizes(void) {
  PAGE("mremap(2)", "Growing and shrinking");
  char *place = room(16), *at = mmap(place, 2 * P, RW, PRIVATE | MAP_FIXED, -1, 0);
  at[P] = 5;
  HOLDS("grow", "grows in its place where there is room", mremap(at, 2 * P, 4 * P, 0) == at);
  LOAD("grow-kept", "with its bytes", at + P);
  LOAD("grow-new", "what is new reads as zeros", at + 3 * P);
  STORE("grow-new-store", "and can be stored to", at + 3 * P);
  HOLDS("same", "the same size does nothing", mremap(at, 4 * P, 4 * P, 0) == at);
  HOLDS("shrink", "shrinks in its place", mremap(at, 4 * P, P, 0) == at);
  LOAD("shrink-gone", "what was cut off is gone", at + P);
  HOLDS("rounded", "sizes are rounded up to whole pages", mremap(at, 1, P + 1, 0) == at && (at[2 * P - 1] = 1));
  char *wall = walled(2);
  WORKS("no-room", "without MREMAP_MAYMOVE and without room", MREMAP(wall, 2 * P, 4 * P, 0));
  LOAD("no-room-kept", "nothing has changed", wall);
  char *moved = mremap(wall, 2 * P, 4 * P, MREMAP_MAYMOVE);
  HOLDS("maymove", "MREMAP_MAYMOVE moves it", moved != MAP_FAILED && moved != wall && !strcmp(moved, "moved"));
  LOAD("maymove-old", "the old place is free", wall);
  STORE("maymove-new", "the new part can be used", moved + 3 * P);
  char *part = map(4, RW, PRIVATE);
  part[P] = 7, part[2 * P] = 8;
  char *middle = mremap(part + P, P, 3 * P, MREMAP_MAYMOVE);
  HOLDS("part", "a part in the middle of a mapping moves alone", middle != MAP_FAILED && middle[0] == 7 && middle != part + P);
  LOAD("part-hole", "and leaves a hole", part + P);
  LOAD("part-after", "what lies behind stays", part + 2 * P);
  char *protected = map(1, PROT_READ, PRIVATE);
  mmap(protected + P, P, PROT_NONE, SHARED | MAP_FIXED, -1, 0);
  char *again = mremap(protected, P, 2 * P, MREMAP_MAYMOVE);
  STORE("protection", "protection moves with it", again + P);
  int fd = file_of("data", 4);
  char *file = mmap(NULL, P, RW, MAP_SHARED, fd, P);
  char *longer = mremap(file, P, 2 * P, MREMAP_MAYMOVE);
  LOAD("file", "a file's mapping grows over the file", longer + P);
  char *beyond = mremap(longer, 2 * P, 8 * P, MREMAP_MAYMOVE);
  LOAD("file-beyond", "beyond its end: SIGBUS", beyond + 7 * P);
  char *locked = map(2, RW, PRIVATE | MAP_LOCKED), *more = mremap(locked, 2 * P, 6 * P, MREMAP_MAYMOVE);
  ROW("locked", "a locked mapping's new pages are there at once", resident(more, 6));
  char *common = map(2, RW, SHARED);
  common = mremap(common, 2 * P, 4 * P, MREMAP_MAYMOVE);
  LOAD("shared-grow", "shared anonymous memory does not grow with its mapping", common + 3 * P);
  char *twice = mremap(common, 0, 2 * P, MREMAP_MAYMOVE);
  common[0] = 4;
  LOAD("zero-old", "old size 0 of shared memory maps it a second time", twice);
  LOAD("zero-old-first", "and keeps the first", common);
  CHILD(char *own = mremap(map(2, RW, PRIVATE), 2 * P, 4 * P, MREMAP_MAYMOVE); own[3 * P] = 1; LOAD("child", "in a child", own + 3 * P));
}

static void places(void) {
  PAGE("mremap(2)", "MREMAP_FIXED and MREMAP_DONTUNMAP");
  char *at = map(2, RW, PRIVATE), *place = map(4, RW, PRIVATE), *fixed;
  strcpy(at + P, "here");
  memset(place, 9, 4 * P);
  fixed = mremap(at, 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_FIXED, place + P);
  HOLDS("fixed", "MREMAP_FIXED is exact", fixed == place + P && !strcmp(fixed + P, "here"));
  LOAD("fixed-replaced", "what was there is replaced", fixed);
  LOAD("fixed-before", "what lies before it stays", place);
  LOAD("fixed-after", "and what lies behind", place + 3 * P);
  LOAD("fixed-old", "the old place is free", at + P);
  fixed = mremap(fixed, 2 * P, P, MREMAP_MAYMOVE | MREMAP_FIXED, at);
  HOLDS("fixed-shrink", "and may become shorter at once", fixed == at);
  LOAD("fixed-shrink-rest", "the rest is gone", place + 2 * P);
  fixed = mremap(at, P, 3 * P, MREMAP_MAYMOVE | MREMAP_FIXED, room(3));
  STORE("fixed-grow", "or longer", fixed + 2 * P);
  char *from = map(2, RW, PRIVATE);
  strcpy(from, "kept");
  char *to = mremap(from, 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  HOLDS("dontunmap", "MREMAP_DONTUNMAP moves the pages", to != MAP_FAILED && to != from && !strcmp(to, "kept"));
  LOAD("dontunmap-old", "and leaves the old mapping, whose pages are zeros", from);
  STORE("dontunmap-store", "and can be stored to", from);
  LOAD("dontunmap-both", "without effect on the new one", to);
  char *target = room(2);
  HOLDS("dontunmap-hint", "a new address without MREMAP_FIXED is a hint", mremap(to, 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, target) == target);
  char *over = map(2, RW, PRIVATE);
  HOLDS("dontunmap-fixed", "with MREMAP_FIXED it is exact", mremap(target, 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED, over) == over && !strcmp(over, "kept"));
  char *common = map(2, RW, SHARED);
  common[0] = 6;
  char *other = mremap(common, 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  HOLDS("dontunmap-shared", "shared memory shows in both places", other != MAP_FAILED && other[0] == 6 && common[0] == 6);
  int fd = file_of("data", 2);
  char *file = mmap(NULL, 2 * P, RW, MAP_PRIVATE, fd, 0);
  file[1] = 1;
  char *gone = mremap(file, 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  HOLDS("dontunmap-file", "private pages of a file move", gone != MAP_FAILED && gone[1] == 1);
  LOAD("dontunmap-file-old", "the old place shows the file again", file + 1);
  char *locked = map(1, RW, PRIVATE | MAP_LOCKED);
  mremap(locked, P, P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  char *middle = map(4, RW, SHARED);
  mremap(middle + P, P, P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  ROW("dontunmap-middle", "MREMAP_DONTUNMAP of a page in the middle of shared memory leaves one mapping: pages", extent(middle));
  HOLDS("dontunmap-locked", "the old mapping is no longer locked", !vm_flag(locked, "lo"));
}

static void errors(void) {
  PAGE("mremap(2)", "Errors");
  char *at = map(4, RW, PRIVATE), *hole = map(4, RW, PRIVATE);
  munmap(hole + 2 * P, P);
  mprotect(at + 2 * P, P, PROT_READ);
  WORKS("odd", "EINVAL: an address that is not a multiple of the page size", MREMAP(at + 1, P, P, 0));
  WORKS("new-0", "EINVAL: new size 0", MREMAP(at, P, 0, MREMAP_MAYMOVE));
  WORKS("unknown", "EINVAL: unknown flags", MREMAP(at, P, P, 64));
  WORKS("fixed-alone", "EINVAL: MREMAP_FIXED without MREMAP_MAYMOVE", MREMAP(at, P, P, MREMAP_FIXED, room(1)));
  WORKS("dontunmap-alone", "EINVAL: MREMAP_DONTUNMAP without MREMAP_MAYMOVE", MREMAP(at, P, P, MREMAP_DONTUNMAP, 0));
  WORKS("dontunmap-size", "EINVAL: MREMAP_DONTUNMAP and another size", MREMAP(at, P, 2 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0));
  WORKS("fixed-odd", "EINVAL: a new address that is not a multiple", MREMAP(at, P, P, MREMAP_MAYMOVE | MREMAP_FIXED, at + 10 * P + 1));
  WORKS("fixed-overlap", "EINVAL: the new place overlaps the old one", MREMAP(at, 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_FIXED, at + P));
  WORKS("fixed-same", "EINVAL: the new place is the old one", MREMAP(at, P, P, MREMAP_MAYMOVE | MREMAP_FIXED, at));
  WORKS("fixed-beyond", "EINVAL: the new place is beyond the address space", MREMAP(at, P, P, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)(1UL << 62)));
  WORKS("unmapped", "EFAULT: nothing is mapped at the old address", MREMAP(room(1), P, 2 * P, MREMAP_MAYMOVE));
  WORKS("unmapped-same", "EFAULT: even when nothing would change", MREMAP(room(1), P, P, 0));
  WORKS("hole-grow", "EFAULT: a hole in the range that is to grow", MREMAP(hole, 4 * P, 8 * P, MREMAP_MAYMOVE));
  WORKS("hole-same", "a hole in a range that keeps its size is not looked at", MREMAP(hole, 4 * P, 4 * P, 0));
  WORKS("two-grow", "EFAULT: a range over two mappings", MREMAP(at, 4 * P, 8 * P, MREMAP_MAYMOVE));
  WORKS("huge", "EINVAL or ENOMEM: a new size beyond the address space", MREMAP(at, P, 1UL << 62, MREMAP_MAYMOVE));
  WORKS("zero-private", "EINVAL: old size 0 of private memory", MREMAP(at, 0, P, MREMAP_MAYMOVE));
  WORKS("zero-nomove", "old size 0 without MREMAP_MAYMOVE", MREMAP(map(1, RW, SHARED), 0, P, 0));
  CHILD(char *own = map(2, RW, PRIVATE); limit(RLIMIT_AS, 0); WORKS("as", "ENOMEM: RLIMIT_AS", MREMAP(own, 2 * P, 64 * P, MREMAP_MAYMOVE)));
  CHILD(char *own = map(2, RW, PRIVATE); limit(RLIMIT_AS, 0); WORKS("as-shrink", "which does not stop shrinking", MREMAP(own, 2 * P, P, MREMAP_MAYMOVE)));
  CHILD(char *own = map(2, RW, PRIVATE); limit(RLIMIT_AS, 0); WORKS("as-move", "nor moving", MREMAP(own, 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_FIXED, room(2))));
  CHILD(char *own = map(2, RW, PRIVATE); limit(RLIMIT_DATA, 0); WORKS("data", "ENOMEM: RLIMIT_DATA", MREMAP(own, 2 * P, 64 * P, MREMAP_MAYMOVE)));
  CHILD(become_user(); char *own = map(2, RW, PRIVATE | MAP_LOCKED); limit(RLIMIT_MEMLOCK, 2 * P);
        WORKS("memlock", "EAGAIN: a locked mapping beyond RLIMIT_MEMLOCK", MREMAP(own, 2 * P, 3 * P, MREMAP_MAYMOVE)));
  LOAD("kept", "after errors nothing has changed", at);
}

/* Eight pages with their numbers in three mappings; the second may only be read. */
static char *three(void) {
  char *at = map(8, RW, PRIVATE);
  for (int i = 0; i < 8; i++) at[i * P] = i + 1;
  mprotect(at + P, P, PROT_READ);
  return at;
}

static int numbered(const char *at) {
  for (int i = 0; i < 8; i++)
    if (at[i * P] != i + 1) return 0;
  return 1;
}

static void several(void) {
  PAGE("mremap(2)", "Several mappings at once, since Linux 6.17");
  const int fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
  char *at = three(), *to = room(8);
  HOLDS("several", "MREMAP_FIXED moves all mappings of a range that keeps its size", mremap(at, 8 * P, 8 * P, fixed, to) == to && numbered(to));
  LOAD("several-old", "the old place is free", at + 4 * P);
  STORE("several-protection", "each keeps its protection", to + P);
  at = three(), to = room(8), munmap(at + 3 * P, P);
  mmap(to, 8 * P, PROT_READ, PRIVATE | MAP_FIXED, -1, 0);
  HOLDS("several-hole", "a hole stays a hole", mremap(at, 8 * P, 8 * P, fixed, to) == to && to[4 * P] == 5);
  LOAD("several-hole-there", "what was at its new place stays there", to + 3 * P);
  at = three(), munmap(at, P);
  WORKS("several-hole-first", "EFAULT: a hole at the beginning", MREMAP(at, 8 * P, 8 * P, fixed, room(8)));
  at = three(), munmap(at + 6 * P, 2 * P);
  WORKS("several-hole-last", "one at the end", MREMAP(at, 8 * P, 8 * P, fixed, room(8)));
  at = three(), to = room(8);
  HOLDS("several-inner", "a range that begins and ends inside of mappings", mremap(at + P, 5 * P, 5 * P, fixed, to) == to && to[4 * P] == 6 && at[6 * P] == 7);
  at = three();
  WORKS("several-shrink", "EFAULT: a range that is to shrink", MREMAP(at, 8 * P, 7 * P, fixed, room(8)));
  LOAD("several-shrink-kept", "of which nothing is cut off", at + 7 * P);
  WORKS("several-grow", "EFAULT: one that is to grow", MREMAP(at, 7 * P, 8 * P, fixed, room(8)));
  HOLDS("several-dontunmap", "MREMAP_DONTUNMAP leaves empty mappings behind",
        mremap(at, 8 * P, 8 * P, fixed | MREMAP_DONTUNMAP, to = room(8)) == to && numbered(to) && at[4 * P] == 0);
  at = three();
  WORKS("several-hint", "EFAULT: MREMAP_DONTUNMAP without MREMAP_FIXED", MREMAP(at, 8 * P, 8 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, room(8)));
  mmap(at + 2 * P, P, RW, SHARED | MAP_FIXED, -1, 0), at[2 * P] = 77;
  HOLDS("several-kinds", "shared and private ones", mremap(at, 8 * P, 8 * P, fixed, to = room(8)) == to && to[2 * P] == 77 && to[3 * P] == 4);
  at = three(), to = room(8), syscall(462, at + 4 * P, P, 0UL);
  WORKS("several-sealed", "EPERM: one is sealed", MREMAP(at, 8 * P, 8 * P, fixed, to));
  LOAD("several-sealed-before", "those before it have moved", to);
  LOAD("several-sealed-after", "those behind have not", at + 6 * P);
}

int main(void) {
  sizes();
  places();
  several();
  errors();
  return 0;
}
