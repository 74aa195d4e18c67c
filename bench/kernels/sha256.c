/* 32-bit arithmetic, rotations and a schedule in memory: SHA-256 (FIPS 180-4). The constants are computed, not copied. */
#include "kernel.h"

static uint32_t K[64], H[8];

static inline uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

/* First 32 bits of the fraction of the root: x^power = prime, found by bisection in 64-bit fixed point. */
static uint32_t root_fraction(uint32_t prime, int power) {
  uint64_t low = 0, high = (uint64_t)20 << 32;
  while (high - low > 1) {
    uint64_t middle = (low + high) / 2;
    unsigned __int128 value = (unsigned __int128)middle * middle;
    unsigned __int128 target = (unsigned __int128)prime << 64;
    if (power == 3) {
      value = (value >> 32) * middle;
    }
    if (value <= target) low = middle;
    else high = middle;
  }
  return (uint32_t)low;
}

static void compress(const uint32_t *block) {
  uint32_t w[64], a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];
  for (int i = 0; i < 16; i++) w[i] = block[i];
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i];
    uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  H[0] += a, H[1] += b, H[2] += c, H[3] += d, H[4] += e, H[5] += f, H[6] += g, H[7] += h;
}

static uint64_t kernel(void) {
  uint32_t block[16];
  int n = 0;
  for (uint32_t p = 2; n < 64; p++) {
    int prime = 1;
    for (uint32_t q = 2; q * q <= p; q++) prime &= p % q != 0;
    if (!prime) continue;
    if (n < 8) H[n] = root_fraction(p, 2);
    K[n++] = root_fraction(p, 3);
  }
  for (int i = 0; i < 16; i++) block[i] = random64();
  for (int round = 0; round < 25000; round++) {
    compress(block);
    block[round & 15] ^= H[0];
  }
  return (uint64_t)H[0] << 32 | H[7];
}
