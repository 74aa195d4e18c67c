/* What programs see of the devices that tests/unit/devices.test.ts makes. argv[1] chooses. */
#include "check.h"
#include <linux/fb.h>
#include <poll.h>
#include <setjmp.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#define PAGE 4096
#define RW (PROT_READ | PROT_WRITE)

static sigjmp_buf back;
static volatile int code;

static void caught(int signo, siginfo_t *info, void *context) {
  (void)context;
  code = info->si_code;
  siglongjmp(back, signo);
}

static int touch(volatile unsigned char *p, int store) {
  int signo = sigsetjmp(back, 1);
  if (signo != 0) return -signo;
  if (store >= 0) *p = store;
  return *p;
}

static void show(const char *name) {
  char line[512];
  FILE *maps = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, maps)) {
    char perms[8], path[256] = "";
    unsigned long start, end, offset;
    if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %255s", &start, &end, perms, &offset, path) == 5 && strcmp(path, name) == 0)
      printf("%lu pages %s at %lx\n", (end - start) / PAGE, perms, offset);
  }
  fclose(maps);
}

/* Memory of 2.5 pages: bytes are 1, 2, 3 by page. */
static void memory(const char *path) {
  int fd = open(path, O_RDWR);
  struct stat status;
  T(fstat(fd, &status));
  printf("mode %o size %ld\n", status.st_mode, (long)status.st_size);
  unsigned char *shared = mmap(0, 3 * PAGE, RW, MAP_SHARED, fd, 0);
  unsigned char *private = mmap(0, 2 * PAGE, RW, MAP_PRIVATE, fd, PAGE);
  show(path);
  printf("%d %d %d %d\n", shared[0], shared[PAGE], shared[2 * PAGE], private[0]);
  private[0] = 77;
  shared[PAGE + 1] = 55;
  printf("%d %d\n", shared[PAGE], private[1]);
  if (fork() == 0) {
    shared[5] = 99;
    private[5] = 99;
    _exit(0);
  }
  wait(NULL);
  printf("from the child: %d %d\n", shared[5], private[5]);

  char text[16] = "";
  T(pread(fd, text, 4, 5));
  printf("%d\n", text[0]);
  T(pwrite(fd, "abc", 3, PAGE - 1));
  printf("%c%c%c\n", shared[PAGE - 1], shared[PAGE], shared[PAGE + 1]);
  T(pread(fd, text, 16, 2 * PAGE + 2040));
  T(pread(fd, text, 16, 2 * PAGE + 2048));
  T(pwrite(fd, "abcdefghij", 10, 2 * PAGE + 2043));
  T(pwrite(fd, "a", 1, 2 * PAGE + 2048));
  T(pwrite(fd, "a", 1, 3 * PAGE));
  T(lseek(fd, 2 * PAGE, SEEK_SET));
  T(read(fd, text, 2));
  T(lseek(fd, 0, SEEK_CUR));
  T(lseek(fd, -1, SEEK_SET));

  T(mmap(0, 4 * PAGE, RW, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0);
  T(mmap(0, PAGE, RW, MAP_SHARED, fd, 3 * PAGE) == MAP_FAILED ? -1 : 0);
  T(mmap(0, PAGE, RW, MAP_SHARED, fd, 2 * PAGE) == MAP_FAILED ? -1 : 0);
  T((long)mremap(shared, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE) < 0 ? -1 : 0);
  unsigned char *moved = mremap(shared, 3 * PAGE, 2 * PAGE, MREMAP_MAYMOVE);
  T(moved == shared ? 0 : 1);
  int reader = open(path, O_RDONLY);
  T(mmap(0, PAGE, RW, MAP_SHARED, reader, 0) == MAP_FAILED ? -1 : 0);
  T(msync(shared, 2 * PAGE, MS_SYNC));
  T(fsync(fd));
  T(ftruncate(fd, 0));
  T(ioctl(fd, 12345, 0));
  close(fd);
  shared[7] = 88;
  printf("after close: %d\n", touch(shared + 7, -1));
  T(munmap(shared, 2 * PAGE));
  printf("unmapped: %d\n", touch(shared, -1));
}

/* Pages of which number 2 can't be read. */
static void broken(const char *path) {
  int fd = open(path, O_RDWR);
  unsigned char *p = mmap(0, 4 * PAGE, RW, MAP_SHARED, fd, 0);
  printf("%d %d\n", touch(p, -1), touch(p + PAGE, 33));
  printf("broken: %d", touch(p + 2 * PAGE, -1));
  printf(" code %d\n", code);
  char text[8];
  T(pread(fd, text, 8, 2 * PAGE));
  T(msync(p, 4 * PAGE, MS_SYNC));
  touch(p + 3 * PAGE, 44);
  T(fsync(fd));
}

static void stream(const char *path) {
  int fd = open(path, O_RDWR);
  char text[64] = "";
  T(read(fd, text, 3));
  printf("%s\n", text);
  T(read(fd, text, 64));
  printf("%s\n", text);
  T(write(fd, "to the host", 11));
  T(ioctl(fd, 1, 41));
  int value = 5;
  T(ioctl(fd, 2, &value));
  printf("%d\n", value);
  T(ioctl(fd, 2, BAD));
  T(ioctl(fd, 3, 0));
  T(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0);
  struct pollfd waits = {fd, POLLIN | POLLOUT, 0};
  T(poll(&waits, 1, 0));
  printf("%x\n", waits.revents);
  int quick = open(path, O_RDWR | O_NONBLOCK);
  T(read(quick, text, 8));
  T(ioctl(fd, 4, 0));
  printf("a sleep: ");
  fflush(stdout);
  long count = read(fd, text, 64);
  printf("%.*s\n", (int)count, text);
  char line[128];
  FILE *list = fopen("/proc/devices", "r");
  while (fgets(line, sizeof line, list))
    if (strstr(line, "mine")) fputs(line, stdout);
  fclose(list);
  T(mknod("/tmp/same", S_IFCHR | 0600, makedev(240, 0)));
  T(open("/tmp/same", O_RDWR) < 0 ? -1 : 0);
}

static void frame(const char *path) {
  int fd = open(path, O_RDWR);
  struct fb_var_screeninfo var;
  struct fb_fix_screeninfo fix;
  T(ioctl(fd, FBIOGET_VSCREENINFO, &var));
  T(ioctl(fd, FBIOGET_FSCREENINFO, &fix));
  printf("%ux%u (%ux%u) at %u,%u: %u bits, red %u:%u green %u:%u blue %u:%u\n", var.xres, var.yres, var.xres_virtual, var.yres_virtual,
         var.xoffset, var.yoffset, var.bits_per_pixel, var.red.offset, var.red.length, var.green.offset, var.green.length, var.blue.offset,
         var.blue.length);
  printf("%.16s: %u bytes, line %u, visual %u, type %u, pan %u %u\n", fix.id, fix.smem_len, fix.line_length, fix.visual, fix.type,
         fix.xpanstep, fix.ypanstep);
  uint32_t *p = mmap(0, fix.smem_len, RW, MAP_SHARED, fd, 0);
  show(path);
  p[0] = 0x112233;
  p[1] = 0xff0000;
  p[fix.line_length / 4] = 0x00ff00;
  p[var.yres * fix.line_length / 4] = 0x0000ff;

  struct fb_var_screeninfo wanted = var;
  wanted.xres = 640;
  T(ioctl(fd, FBIOPUT_VSCREENINFO, &wanted));
  wanted = var;
  wanted.bits_per_pixel = 16;
  T(ioctl(fd, FBIOPUT_VSCREENINFO, &wanted));
  wanted = var;
  wanted.yres_virtual = 1000;
  T(ioctl(fd, FBIOPUT_VSCREENINFO, &wanted));
  wanted = var;
  wanted.yres_virtual = var.yres;
  wanted.activate = FB_ACTIVATE_TEST;
  T(ioctl(fd, FBIOPUT_VSCREENINFO, &wanted));
  printf("%u\n", wanted.yres_virtual);
  T(ioctl(fd, FBIOPUT_VSCREENINFO, &var));
  T(ioctl(fd, FBIOPUT_VSCREENINFO, BAD));
  wanted = var;
  wanted.yoffset = var.yres + 1;
  T(ioctl(fd, FBIOPAN_DISPLAY, &wanted));
  wanted.yoffset = var.yres;
  T(ioctl(fd, FBIOPAN_DISPLAY, &wanted));
  T(ioctl(fd, FBIOGET_VSCREENINFO, &var));
  printf("at %u\n", var.yoffset);
  T(ioctl(fd, FBIOBLANK, 0));
  T(ioctl(fd, 0x4699, 0));
  T(pwrite(fd, "\1\2\3\4", 4, fix.line_length * var.yres + 4));
}

int main(int argc, char **argv) {
  struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  if (argc < 3) return 1;
  if (strcmp(argv[1], "memory") == 0) memory(argv[2]);
  if (strcmp(argv[1], "broken") == 0) broken(argv[2]);
  if (strcmp(argv[1], "stream") == 0) stream(argv[2]);
  if (strcmp(argv[1], "frame") == 0) frame(argv[2]);
  return 0;
}
