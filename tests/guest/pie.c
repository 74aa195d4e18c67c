/* A static position-independent program without a C library: relocates itself and shows where it lies. */
#include <elf.h>
#define ElfW(type) Elf64_##type

extern const ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

static long call(long number, long a, long b, long c) {
  register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c, a7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
  return a0;
}

static const char *const digits = "0123456789abcdef";
/* Pointers in data: each needs a relocation. */
static const char *const *const table[] = {&digits, &digits};

static void show(unsigned long value) {
  char text[17];
  for (int i = 0; i < 16; i++) text[i] = (*table[i % 2])[(value >> (60 - 4 * i)) & 15];
  text[16] = '\n';
  call(64, 1, (long)text, 17);
}

__attribute__((used)) static void begin(long *stack) {
  unsigned long base = (unsigned long)__ehdr_start;
  const ElfW(Rela) *relocations = 0;
  unsigned long bytes = 0;
  for (const ElfW(Dyn) *d = _DYNAMIC; d->d_tag != DT_NULL; d++) {
    if (d->d_tag == DT_RELA) relocations = (const void *)(base + d->d_un.d_ptr);
    if (d->d_tag == DT_RELASZ) bytes = d->d_un.d_val;
  }
  for (unsigned long i = 0; i < bytes / sizeof *relocations; i++)
    *(unsigned long *)(base + relocations[i].r_offset) = base + relocations[i].r_addend;
  show(base);
  show((unsigned long)stack & ~0xfffUL);
  call(93, bytes == 0, 0, 0);
}

__asm__(".globl _start\n_start: mv a0, sp\n.option push\n.option norelax\nandi sp, sp, -16\n.option pop\ntail begin\n");
