#include "runtime.h"

__asm__(
    ".globl _start\n"
    "_start:\n"
    "  .option push\n"
    "  .option norelax\n"
    "  la gp, __global_pointer$\n"
    "  .option pop\n"
    "  andi sp, sp, -16\n"
    "  ld a0, 0(sp)\n"
    "  addi a1, sp, 8\n"
    "  call main\n"
    "  li a7, 93\n"
    "  ecall\n");

void *memset(void *to, int byte, size_t n) {
  for (char *p = to; n--;) *p++ = byte;
  return to;
}

void *memcpy(void *to, const void *from, size_t n) {
  char *p = to;
  for (const char *q = from; n--;) *p++ = *q++;
  return to;
}

size_t strlen(const char *s) {
  size_t n = 0;
  while (s[n]) n++;
  return n;
}

int strcmp(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return (unsigned char)*a - (unsigned char)*b;
}

/* The kernel's sigaction on riscv64 has no restorer. */
struct kernel_sigaction {
  void (*handler)(int, struct siginfo *, void *);
  unsigned long flags;
  unsigned long mask;
};

int on_signal(int signo, void (*handler)(int, struct siginfo *, void *)) {
  struct kernel_sigaction action = {handler, SA_SIGINFO, 0};
  return CALL(SYS_rt_sigaction, signo, &action, 0, sizeof action.mask, 0, 0);
}

int resident(void *p, int n) {
  unsigned char seen[64];
  int count = 0;
  CHECK(n <= 64 && mincore(p, n * PAGE, seen) == 0);
  for (int i = 0; i < n; i++) count += seen[i] & 1;
  return count;
}

static char *put_number(char *out, unsigned long value, unsigned base, int width, char pad) {
  char digits[24];
  int n = 0;
  do digits[n++] = "0123456789abcdef"[value % base];
  while ((value /= base));
  while (width-- > n) *out++ = pad;
  while (n) *out++ = digits[--n];
  return out;
}

void printf(const char *format, ...) {
  char buffer[512], *out = buffer;
  va_list args;
  va_start(args, format);
  for (; *format && out < buffer + sizeof buffer - 64; format++) {
    if (*format != '%') {
      *out++ = *format;
      continue;
    }
    int width = 0, wide = 0;
    char pad = ' ';
    if (*++format == '0') pad = '0', format++;
    while (*format >= '0' && *format <= '9') width = width * 10 + *format++ - '0';
    if (*format == 'l') wide = 1, format++;
    switch (*format) {
    case 'd': {
      long value = wide ? va_arg(args, long) : va_arg(args, int);
      if (value < 0) *out++ = '-', value = -value;
      out = put_number(out, value, 10, width, pad);
      break;
    }
    case 'u':
    case 'x':
      out = put_number(out, wide ? va_arg(args, unsigned long) : va_arg(args, unsigned), *format == 'x' ? 16 : 10, width, pad);
      break;
    case 'c':
      *out++ = va_arg(args, int);
      break;
    case 's':
      for (const char *s = va_arg(args, const char *); *s && out < buffer + sizeof buffer - 64;) *out++ = *s++;
      break;
    default:
      *out++ = *format;
    }
  }
  va_end(args);
  write(1, buffer, out - buffer);
}

long number(const char *text) {
  long n = 0;
  while (*text >= '0' && *text <= '9') n = n * 10 + *text++ - '0';
  return n;
}
