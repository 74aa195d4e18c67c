/* A program without a library, for every way of linking: shows what the kernel put on the stack, addresses as relations. */
#include <stddef.h>
#include <stdint.h>

static long call(long number, long a, long b, long c) {
  register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c, a7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
  return a0;
}

static void text(const char *s) {
  long n = 0;
  while (s[n]) n++;
  call(64, 1, (long)s, n);
}

static void number(const char *name, long value) {
  char digits[24];
  int at = 24;
  digits[--at] = 0;
  digits[--at] = '\n';
  do digits[--at] = (char)('0' + value % 10);
  while (value /= 10);
  text(name);
  text(" ");
  text(digits + at);
}

static int zeros[3000];
static int data[3] = {1, 2, 3};
static int *const pointers[] = {&data[2], 0};

/* In a static-pie nobody else applies the relocations. */
extern const uint64_t _DYNAMIC[] __attribute__((weak, visibility("hidden")));
static void relocate(uintptr_t base) {
  const uint64_t *rela = 0;
  uint64_t size = 0;
  if (base == 0) return;
  for (const uint64_t *d = _DYNAMIC; d[0]; d += 2) {
    if (d[0] == 7) rela = (const uint64_t *)(base + d[1]);
    if (d[0] == 8) size = d[1];
  }
  for (uint64_t i = 0; i < size / 24; i++) *(uint64_t *)(base + rela[i * 3]) = base + rela[i * 3 + 2];
}

__attribute__((used)) static void run(long *sp) {
  long argc = sp[0];
  char **argv = (char **)(sp + 1), **envp = argv + argc + 1;
  long *aux = (long *)envp;
  while (*aux++) continue;
  volatile long values[64];
  for (int i = 0; i < 64; i++) values[i] = 0;
  for (; aux[0]; aux += 2) if (aux[0] < 64) values[aux[0]] = aux[1];
#ifdef PIE
  extern char __ehdr_start[] __attribute__((visibility("hidden")));
  relocate((uintptr_t)__ehdr_start);
#endif
  number("argc", argc);
  for (int i = 1; i < argc; i++) text(argv[i]), text("\n");
  for (int i = 0; envp[i]; i++) text(envp[i]), text("\n");
  number("sp aligned", (uintptr_t)sp % 16 == 0);
  number("page size", values[6]);
  number("clock ticks", values[17]);
  number("entry of phdr", values[4]);
  number("secure", values[23]);
  number("phdr is a table", *(uint32_t *)values[3] >= 1 && *(uint32_t *)values[3] <= 6);
  extern char _start[];
  number("entry is mine", values[9] == (long)_start);
  number("exec name", *(char *)values[31] != 0);
  number("hwcap has IMAFDC", (values[16] & 0x112d) == 0x112d);
  long sum = 0;
  for (int i = 0; i < 3000; i++) sum += zeros[i];
  number("bss", sum);
  number("data", *pointers[0] + data[0]);
  zeros[2999] = data[1] = 7;
  call(93, 5, 0, 0);
}

__asm__(".globl _start\n_start:\nmv a0, sp\nandi sp, sp, -16\ntail run\n");
