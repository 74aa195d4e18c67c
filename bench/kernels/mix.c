/* Embedded work in turns, each on the results of the one before: lists, small matrices, a state machine, a bitwise CRC. */
#include "kernel.h"

enum { ITEMS = 400, N = 24, TEXT = 800, ROUNDS = 220 };

struct item {
  struct item *next;
  int16_t key, data;
};
static struct item items[ITEMS];
static int16_t a[N][N], b[N][N];
static int32_t c[N][N];
static char text[TEXT + 1];

static uint16_t crc16(uint32_t value, int bits, uint16_t crc) {
  for (; bits > 0; bits--, value >>= 1) crc = (crc ^ value) & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
  return crc;
}

static int by_key(const struct item *x, const struct item *y) { return x->key - y->key; }
static int by_data(const struct item *x, const struct item *y) { return x->data - y->data; }

static struct item *merged(struct item *x, struct item *y, int (*order)(const struct item *, const struct item *)) {
  struct item *first, **end = &first;
  while (x && y) {
    struct item **least = order(x, y) <= 0 ? &x : &y;
    *end = *least;
    end = &(*least)->next;
    *least = *end;
  }
  *end = x ? x : y;
  return first;
}

static struct item *sorted(struct item *list, int n, int (*order)(const struct item *, const struct item *)) {
  if (n < 2) return list;
  struct item *middle = list, *second;
  for (int i = 1; i < n / 2; i++) middle = middle->next;
  second = middle->next;
  middle->next = NULL;
  list = sorted(list, n / 2, order);
  return merged(list, sorted(second, n - n / 2, order), order);
}

static struct item *reversed(struct item *list) {
  struct item *before = NULL;
  while (list) {
    struct item *next = list->next;
    list->next = before;
    before = list;
    list = next;
  }
  return before;
}

static uint16_t lists(uint16_t seed) {
  for (int i = 0; i < ITEMS; i++) items[i] = (struct item){i + 1 < ITEMS ? &items[i + 1] : NULL, (i * 31 ^ seed) & 0x3ff, i};
  struct item *list = sorted(items, ITEMS, by_key);
  uint16_t crc = seed;
  for (int wanted = 0; wanted < 60; wanted++) {
    struct item *at = list;
    while (at && at->key != ((wanted * 17 + seed) & 0x3ff)) at = at->next;
    crc = crc16(at ? at->data : wanted, 16, crc);
    list = reversed(list);
  }
  list = sorted(list, ITEMS, by_data);
  for (struct item *at = list; at; at = at->next) crc = crc16(at->key, 8, crc);
  return crc;
}

static uint16_t matrices(uint16_t seed) {
  for (int i = 0; i < N; i++)
    for (int k = 0; k < N; k++) a[i][k] = (seed + i * k) % 97, b[i][k] = (seed ^ (i + k)) % 89;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      int32_t sum = 0;
      for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  uint16_t crc = seed;
  for (int i = 0; i < N; i++) {
    int32_t most = c[i][0], bits = 0;
    for (int k = 0; k < N; k++) {
      if (c[i][k] > most) most = c[i][k];
      bits += (c[i][k] >> 2 & 15) * (c[i][k] >> 5 & 127);
    }
    crc = crc16(most ^ bits, 16, crc);
  }
  return crc;
}

/* What does a word look like? */
enum state { START, SIGNED, INTEGER, POINT, FRACTION, EXPONENT, SCIENTIFIC, INVALID, STATES };

static enum state step(enum state state, char ch) {
  int digit = ch >= '0' && ch <= '9';
  switch (state) {
    case START: return digit ? INTEGER : ch == '+' || ch == '-' ? SIGNED : ch == '.' ? POINT : INVALID;
    case SIGNED: return digit ? INTEGER : ch == '.' ? POINT : INVALID;
    case INTEGER: return digit ? INTEGER : ch == '.' ? FRACTION : ch == 'e' ? EXPONENT : INVALID;
    case POINT: return digit ? FRACTION : INVALID;
    case FRACTION: return digit ? FRACTION : ch == 'e' ? EXPONENT : INVALID;
    case EXPONENT: return digit || ch == '-' ? SCIENTIFIC : INVALID;
    case SCIENTIFIC: return digit ? SCIENTIFIC : INVALID;
    default: return INVALID;
  }
}

static uint16_t states(uint16_t seed) {
  static const char letters[] = "0123456789+-.e,7,5";
  uint32_t counts[STATES] = {0}, number = seed;
  for (int i = 0; i < TEXT; i++) {
    number = number * 1103515245u + 12345u;
    text[i] = letters[(number >> 16) % 18];
  }
  enum state state = START;
  for (const char *p = text; *p; p++) {
    if (*p == ',') {
      counts[state]++;
      state = START;
    } else state = step(state, *p);
  }
  uint16_t crc = seed;
  for (int i = 0; i < STATES; i++) crc = crc16(counts[i], 16, crc);
  return crc;
}

static uint64_t kernel(void) {
  uint16_t crc = random64();
  uint64_t sum = 0;
  for (int round = 0; round < ROUNDS; round++) {
    crc = states(matrices(lists(crc)));
    sum = sum * 31 + crc;
  }
  return sum;
}
