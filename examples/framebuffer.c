/*
 * A device that is memory: the frame buffer is mapped, and what is stored there is the picture.
 *   pagewalk run --framebuffer 320x200 --screenshot picture.png examples/bin/framebuffer.elf
 * draws the Mandelbrot set. Where there is no /dev/fb0 it says so.
 */
#include "runtime.h"

enum { SYS_ioctl = 29, FBIOGET_VSCREENINFO = 0x4600, FBIOGET_FSCREENINFO = 0x4602 };

/* struct fb_var_screeninfo and struct fb_fix_screeninfo, as far as it goes */
struct mode {
  uint32_t width, height, virtual_width, virtual_height, x, y, bits, rest[33];
};
struct place {
  char id[16];
  unsigned long start;
  uint32_t bytes, type, aux, visual;
  uint16_t steps[4];
  uint32_t line_bytes, rest[7];
};

/* How many rounds it takes z to leave: fixed point with 24 bits behind the point. */
static int rounds(long x, long y, int most) {
  long a = x, b = y;
  for (int n = 0; n < most; n++) {
    long aa = a * a >> 24, bb = b * b >> 24;
    if (aa + bb > 4L << 24) return n;
    b = (2 * a * b >> 24) + y;
    a = aa - bb + x;
  }
  return most;
}

int main(void) {
  struct mode mode;
  struct place place;
  int fd = open("/dev/fb0", O_RDWR, 0);
  if (fd < 0) {
    printf("no /dev/fb0: pagewalk run --framebuffer 320x200 has one\n");
    return 0;
  }
  CHECK(CALL(SYS_ioctl, fd, FBIOGET_VSCREENINFO, &mode, 0, 0, 0) == 0);
  CHECK(CALL(SYS_ioctl, fd, FBIOGET_FSCREENINFO, &place, 0, 0, 0) == 0);
  printf("%s: %u x %u pixels of %u bits, %u bytes a line\n", place.id, mode.width, mode.height, mode.bits, place.line_bytes);

  long bytes = (long)place.line_bytes * mode.height;
  char *screen = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(!failed(screen));
  close(fd);
  long step = (3L << 24) / mode.width;
  for (uint32_t y = 0; y < mode.height; y++) {
    uint32_t *line = (uint32_t *)(screen + y * (unsigned long)place.line_bytes);
    for (uint32_t x = 0; x < mode.width; x++) {
      int n = rounds((long)x * step - (9L << 22), ((long)y - mode.height / 2) * step, 64);
      line[x] = n == 64 ? 0 : (uint32_t)(n * 4) << 16 | (uint32_t)(n * 9 & 255) << 8 | (uint32_t)(255 - n * 3);
    }
  }
  uint32_t sum = 0;
  for (long i = 0; i < bytes; i += 4) sum = sum * 31 + *(uint32_t *)(screen + i);
  printf("the picture's sum is %x\n", sum);
  return 0;
}
