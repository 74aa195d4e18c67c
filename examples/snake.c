/*
 * Snake, on a mapped frame buffer: arrow keys (or w a s d) steer, q ends. Keys come through the terminal, without echo and byte by byte; the
 * picture is what is stored in /dev/fb0. Where there is no frame buffer it says so.
 */
#include "runtime.h"

enum { SYS_ioctl = 29, SYS_ppoll = 73, SYS_nanosleep = 101, FBIOGET_VSCREENINFO = 0x4600, TCGETS = 0x5401, TCSETS = 0x5402 };
enum { CELL = 8, LENGTH_MAX = 1024, TICK_NS = 100000000, ICANON = 2, ECHO = 8, POLLIN = 1 };
enum { GROUND = 0x10141c, WALL = 0x3a4152, BODY = 0x3fbf78, HEAD = 0xa3f0c4, FOOD = 0xf0695a };

struct termios {
  uint32_t input, output, control, local;
  unsigned char line, keys[19];
};

static uint32_t *screen;
static uint32_t mode[40];
static int width, height;
static int snake[LENGTH_MAX], length, food;
static unsigned seed = 1;

static void cell(int at, uint32_t color) {
  int left = at % width * CELL, top = at / width * CELL;
  for (int y = top; y < top + CELL - 1; y++)
    for (int x = left; x < left + CELL - 1; x++) screen[y * mode[0] + x] = color;
}

static int bites(int at) {
  for (int i = 0; i < length; i++)
    if (snake[i] == at) return 1;
  return 0;
}

static void feed(void) {
  do {
    seed = seed * 1103515245 + 12345;
    food = (1 + (seed >> 8) % (height - 2)) * width + 1 + (seed >> 20) % (width - 2);
  } while (bites(food));
  cell(food, FOOD);
}

/* The direction that keys ask for; 0: to end. */
static int steer(int direction) {
  struct { int fd; short events, got; } poll = {0, POLLIN, 0};
  long now[2] = {0, 0};
  while (CALL(SYS_ppoll, &poll, 1, now, 0, 0, 0) > 0) {
    char key;
    if (read(0, &key, 1) != 1 || key == 'q') return 0;
    int wanted = key == 'A' || key == 'w'   ? -width
                 : key == 'B' || key == 's' ? width
                 : key == 'C' || key == 'd' ? 1
                 : key == 'D' || key == 'a' ? -1
                                            : direction;
    if (wanted != -direction) direction = wanted;
  }
  return direction;
}

static int play(void) {
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) cell(y * width + x, x == 0 || y == 0 || x == width - 1 || y == height - 1 ? WALL : GROUND);
  length = 4;
  for (int i = 0; i < length; i++) cell(snake[i] = height / 2 * width + width / 3 - i, BODY);
  feed();
  int direction = 1;
  for (int eaten = 0;;) {
    long tick[2] = {0, TICK_NS};
    CALL(SYS_nanosleep, tick, 0, 0, 0, 0, 0);
    direction = steer(direction);
    int next = snake[0] + direction, x = next % width, y = next / width;
    if (direction == 0 || x == 0 || x == width - 1 || y == 0 || y == height - 1 || bites(next)) return eaten;
    if (next == food && length < LENGTH_MAX) length++;
    else cell(snake[length - 1], GROUND);
    for (int i = length - 1; i > 0; i--) snake[i] = snake[i - 1];
    cell(snake[1], BODY);
    cell(snake[0] = next, HEAD);
    if (next == food) {
      eaten++;
      feed();
    }
  }
}

int main(void) {
  int fd = open("/dev/fb0", O_RDWR, 0);
  if (fd < 0) {
    printf("no /dev/fb0: pagewalk run --framebuffer 320x200 has one\n");
    return 0;
  }
  CHECK(CALL(SYS_ioctl, fd, FBIOGET_VSCREENINFO, mode, 0, 0, 0) == 0);
  width = mode[0] / CELL;
  height = mode[1] / CELL;
  screen = mmap(0, (long)mode[0] * mode[1] * 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(!failed(screen));
  struct termios before, raw;
  int terminal = CALL(SYS_ioctl, 0, TCGETS, &before, 0, 0, 0) == 0;
  raw = before;
  raw.local &= ~(ICANON | ECHO);
  if (terminal) CALL(SYS_ioctl, 0, TCSETS, &raw, 0, 0, 0);
  printf("arrow keys steer, q ends\n");
  int eaten = play();
  if (terminal) CALL(SYS_ioctl, 0, TCSETS, &before, 0, 0, 0);
  printf("%d eaten\n", eaten);
  return 0;
}
