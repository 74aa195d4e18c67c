/* The kernel's shared object: found by the auxiliary vector, its symbols looked up as a C library does, its answers held against the system calls'. */
#include "check.h"
#include <elf.h>
#include <link.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>

static const char *base;
static const Elf64_Sym *symbols;
static const char *strings;
static const Elf64_Half *versions;
static const Elf64_Verdef *definitions;
static const Elf64_Word *hash;

static void parse(void) {
  base = (const char *)getauxval(AT_SYSINFO_EHDR);
  const Elf64_Ehdr *header = (const void *)base;
  const Elf64_Phdr *segments = (const void *)(base + header->e_phoff);
  const Elf64_Dyn *dynamic = 0;
  for (int i = 0; i < header->e_phnum; i++) if (segments[i].p_type == PT_DYNAMIC) dynamic = (const void *)(base + segments[i].p_vaddr);
  for (; dynamic->d_tag != DT_NULL; dynamic++) {
    const void *at = base + dynamic->d_un.d_ptr;
    if (dynamic->d_tag == DT_SYMTAB) symbols = at;
    if (dynamic->d_tag == DT_STRTAB) strings = at;
    if (dynamic->d_tag == DT_HASH) hash = at;
    if (dynamic->d_tag == DT_VERSYM) versions = at;
    if (dynamic->d_tag == DT_VERDEF) definitions = at;
  }
  printf("elf %d type %d machine %d\n", memcmp(base, "\177ELF", 4) == 0, header->e_type, header->e_machine);
}

static const char *version_name(int index) {
  const Elf64_Verdef *definition = definitions;
  while (definition->vd_ndx != index) definition = (const void *)((const char *)definition + definition->vd_next);
  return strings + ((const Elf64_Verdaux *)((const char *)definition + definition->vd_aux))->vda_name;
}

static void *lookup(const char *name) {
  for (Elf64_Word i = hash[2]; i != 0; i = hash[2 + hash[0] + i])
    if (strcmp(strings + symbols[i].st_name, name) == 0) {
      printf("%s@%s\n", name, version_name(versions[i]));
      return (void *)(base + symbols[i].st_value);
    }
  printf("%s: missing\n", name);
  return 0;
}

static long long ns(const struct timespec *t) { return t->tv_sec * 1000000000LL + t->tv_nsec; }

int main(void) {
  parse();
  int (*gettime)(clockid_t, struct timespec *) = lookup("__vdso_clock_gettime");
  int (*gettod)(struct timeval *, struct timezone *) = lookup("__vdso_gettimeofday");
  int (*getres)(clockid_t, struct timespec *) = lookup("__vdso_clock_getres");
  int (*cpu)(unsigned *, unsigned *, void *) = lookup("__vdso_getcpu");
  int (*flush)(void *, void *, unsigned long) = lookup("__vdso_flush_icache");
  lookup("__vdso_rt_sigreturn");
  struct timespec now, then = {0, 0}, res;
  const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_TAI};
  for (int c = 0; c < 5; c++) {
    long long last = 0, backwards = 0;
    for (int i = 0; i < 20000; i++) {
      if (i % 7 == 3) syscall(SYS_clock_gettime, clocks[c], &now);
      else if (gettime(clocks[c], &now) != 0) printf("error\n");
      if (now.tv_nsec < 0 || now.tv_nsec > 999999999 || ns(&now) < last) backwards++;
      last = ns(&now);
      if (i % 5000 == 0) sched_yield();
    }
    printf("clock %d: backwards %lld\n", clocks[c], backwards);
  }
  struct timespec pause = {0, 3000000};
  gettime(CLOCK_MONOTONIC, &then);
  nanosleep(&pause, 0);
  gettime(CLOCK_MONOTONIC, &now);
  printf("slept %d\n", ns(&now) - ns(&then) >= 3000000);
  struct timeval tv;
  gettime(CLOCK_REALTIME, &then);
  T(gettod(&tv, 0));
  gettime(CLOCK_REALTIME, &now);
  printf("between %d\n", ns(&then) / 1000 <= tv.tv_sec * 1000000LL + tv.tv_usec && tv.tv_sec * 1000000LL + tv.tv_usec <= ns(&now) / 1000);
  printf("after 2020 %d\n", now.tv_sec > 1577836800);
  printf("bad clock %d %d\n", gettime(99, &now), gettime(-99, &now));
  printf("cpu time %d\n", gettime(CLOCK_PROCESS_CPUTIME_ID, &now));
  printf("resolution %d %ld\n", getres(CLOCK_MONOTONIC, &res), res.tv_nsec);
  unsigned a = 7, b = 7;
  printf("cpu %d", cpu(&a, &b, 0));
  printf(" %u %u\n", a, b);
  printf("flush %d\n", flush(0, 0, 0));
  T(mprotect((char *)base - 4096, 4096, PROT_READ | PROT_WRITE));
  T(mprotect((char *)base, 4096, PROT_READ | PROT_WRITE));
  T(mprotect((char *)base, 4096, PROT_READ | PROT_EXEC));
  /* Every process has one, wherever it stands. */
  if (fork() == 0) _exit(gettime(CLOCK_MONOTONIC, &now));
  int status;
  wait(&status);
  printf("child %d\n", status);
  char line[256];
  FILE *maps = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, maps)) if (strstr(line, "[v")) printf("%.4s%s", strchr(line, ' ') + 1, strchr(line, '['));
  return 0;
}
