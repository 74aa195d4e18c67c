/*
 * A small database: a journal written with fdatasync, and a mapped table written with msync at checkpoints.
 *   journal run COUNT   transactions, each told as "commit N" when it is safe
 *   journal recover     what the journal and the table hold: "last N", and whether that is all of the transactions 1 to N
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 4
#define SLOTS (PAGES * 4096 / 8)
/* The first slot tells the last transaction that the table has for certain. */
#define APPLIED 0
#define CHECKPOINT 6

struct record {
  uint64_t number, slot, value, sum;
};

static uint64_t *table;
static int journal;

static uint64_t slot_of(uint64_t number) { return 1 + number * 37 % (SLOTS - 1); }
static uint64_t value_of(uint64_t number) { return number * 0x9e3779b97f4a7c15; }
static uint64_t sum_of(const struct record *r) { return (r->number * 31 + r->slot) * 31 + r->value + 12345; }

static void must(int ok, const char *what) {
  if (ok) return;
  printf("%s: %s\n", what, strerror(errno));
  exit(1);
}

static void open_all(void) {
  journal = open("journal", O_RDWR | O_CREAT, 0644);
  int fd = open("table", O_RDWR | O_CREAT, 0644);
  must(journal >= 0 && fd >= 0, "open");
  must(ftruncate(fd, PAGES * 4096) == 0, "ftruncate");
  table = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  must(table != MAP_FAILED, "mmap");
  must(fsync(fd) == 0 && fsync(journal) == 0, "fsync");
  int directory = open(".", O_RDONLY);
  must(fsync(directory) == 0, "fsync of the directory");
}

static void checkpoint(uint64_t number) {
  must(msync(table, PAGES * 4096, MS_SYNC) == 0, "msync");
  table[APPLIED] = number;
  must(msync(table, 4096, MS_SYNC) == 0, "msync");
  must(ftruncate(journal, 0) == 0 && lseek(journal, 0, SEEK_SET) == 0 && fsync(journal) == 0, "truncate");
}

static void run(uint64_t count) {
  open_all();
  for (uint64_t number = 1; number <= count; number++) {
    struct record r = {number, slot_of(number), value_of(number)};
    r.sum = sum_of(&r);
    must(write(journal, &r, sizeof r) == sizeof r && fdatasync(journal) == 0, "write");
    char line[32];
    write(1, line, snprintf(line, sizeof line, "commit %lu\n", (unsigned long)number));
    table[r.slot] = r.value;
    if (number % CHECKPOINT == 0) checkpoint(number);
  }
}

static void recover(void) {
  open_all();
  uint64_t last = table[APPLIED];
  struct record r;
  while (read(journal, &r, sizeof r) == sizeof r && r.sum == sum_of(&r)) {
    if (r.number > last + 1) break;
    table[r.slot] = r.value;
    if (r.number > last) last = r.number;
  }
  uint64_t wanted[SLOTS] = {last > 0 ? table[APPLIED] : 0};
  for (uint64_t number = 1; number <= last; number++) wanted[slot_of(number)] = value_of(number);
  printf("last %lu %s\n", (unsigned long)last, memcmp(wanted, table, sizeof wanted) ? "broken" : "whole");
}

int main(int argc, char **argv) {
  if (argc > 2 && !strcmp(argv[1], "run")) run(strtoul(argv[2], NULL, 10));
  else recover();
  return 0;
}
