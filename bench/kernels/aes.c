/* Table look-ups and exclusive ors in 32 bits: AES-128 (FIPS 197) in counter mode. The tables are computed, not copied. */
#include "kernel.h"

enum { BLOCKS = 160000, ROUNDS = 10 };
static uint8_t box[256];
static uint32_t tables[4][256], keys[4 * (ROUNDS + 1)];

static uint8_t twice(uint8_t x) { return x << 1 ^ (x >> 7) * 0x1b; }

static void make_tables(void) {
  /* 3 generates the field: p runs through it, q through the inverses. */
  uint8_t p = 1, q = 1;
  do {
    p = p ^ twice(p);
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    if (q & 0x80) q ^= 0x09;
    box[p] = q ^ (q << 1 | q >> 7) ^ (q << 2 | q >> 6) ^ (q << 3 | q >> 5) ^ (q << 4 | q >> 4) ^ 0x63;
  } while (p != 1);
  box[0] = 0x63;
  for (int i = 0; i < 256; i++) {
    uint32_t s = box[i], column = (uint32_t)twice(s) << 24 | s << 16 | s << 8 | (twice(s) ^ s);
    for (int k = 0; k < 4; k++, column = column >> 8 | column << 24) tables[k][i] = column;
  }
}

static uint32_t substituted(uint32_t word) {
  return (uint32_t)box[word >> 24] << 24 | (uint32_t)box[word >> 16 & 255] << 16 | (uint32_t)box[word >> 8 & 255] << 8 | box[word & 255];
}

static void expand(const uint32_t key[4]) {
  uint32_t constant = 1;
  for (int i = 0; i < 4 * (ROUNDS + 1); i++) {
    if (i < 4) {
      keys[i] = key[i];
      continue;
    }
    uint32_t word = keys[i - 1];
    if (i % 4 == 0) {
      word = substituted(word << 8 | word >> 24) ^ constant << 24;
      constant = twice(constant);
    }
    keys[i] = keys[i - 4] ^ word;
  }
}

static void encrypt(const uint32_t in[4], uint32_t out[4]) {
  uint32_t s[4], t[4];
  const uint32_t *key = keys;
  for (int i = 0; i < 4; i++) s[i] = in[i] ^ key[i];
  for (int round = 1; round < ROUNDS; round++) {
    key += 4;
    for (int i = 0; i < 4; i++)
      t[i] = tables[0][s[i] >> 24] ^ tables[1][s[(i + 1) & 3] >> 16 & 255] ^ tables[2][s[(i + 2) & 3] >> 8 & 255] ^ tables[3][s[(i + 3) & 3] & 255] ^ key[i];
    for (int i = 0; i < 4; i++) s[i] = t[i];
  }
  key += 4;
  for (int i = 0; i < 4; i++)
    out[i] = substituted((s[i] & 0xff000000u) | (s[(i + 1) & 3] & 0xff0000u) | (s[(i + 2) & 3] & 0xff00u) | (s[(i + 3) & 3] & 0xffu)) ^ key[i];
}

static uint64_t kernel(void) {
  make_tables();
  /* The example of FIPS 197, appendix B: the result shows when it comes out wrong. */
  expand((const uint32_t[4]){0x2b7e1516, 0x28aed2a6, 0xabf71588, 0x09cf4f3c});
  uint32_t out[4];
  encrypt((const uint32_t[4]){0x3243f6a8, 0x885a308d, 0x313198a2, 0xe0370734}, out);
  if (out[0] != 0x3925841d || out[1] != 0x02dc09fb || out[2] != 0xdc118597 || out[3] != 0x196a0b32) return 0xbad;
  uint32_t counter[4] = {random64(), random64(), random64(), 0};
  uint64_t sum = 0;
  for (uint32_t block = 0; block < BLOCKS; block++) {
    counter[3] = block;
    encrypt(counter, out);
    sum = sum * 31 + ((uint64_t)(out[0] ^ out[1]) << 32 | (out[2] ^ out[3]));
  }
  return sum;
}
