/** The address that a load, a store or an atomic touches: from its word and the registers it finds. */

const signed = (value: number, bits: number): number => (value >= 2 ** (bits - 1) ? value - 2 ** bits : value);
const field = (word: number, low: number, count: number): number => (word >>> low) % 2 ** count;

/** undefined: the instruction touches no data. `register(n)` is x[n] as an unsigned number; addresses are below 2^53. */
export function dataAddress(word: number, register: (n: number) => number): number | undefined {
  if ((word & 3) !== 3) return compressed(word & 0xffff, register);
  switch (word & 0x7f) {
    case 0x03: // LOAD
    case 0x07: // LOAD-FP
      return register(field(word, 15, 5)) + signed(field(word, 20, 12), 12);
    case 0x23: // STORE
    case 0x27: // STORE-FP
      return register(field(word, 15, 5)) + signed((field(word, 25, 7) << 5) | field(word, 7, 5), 12);
    case 0x2f: // AMO
      return register(field(word, 15, 5));
    default:
      return undefined;
  }
}

const SP = 2;

/** RISC-V unprivileged manual, "C" Extension: quadrants 0 and 2. */
function compressed(word: number, register: (n: number) => number): number | undefined {
  const kind = word >>> 13;
  if (kind === 0 || kind === 4) return undefined;
  // 2 and 6 are of 4 bytes; 1, 3, 5 and 7 of 8.
  const isWord = kind === 2 || kind === 6;
  if ((word & 3) === 0) {
    const upper = field(word, 10, 3) << 3;
    const offset = isWord ? upper | (field(word, 6, 1) << 2) | (field(word, 5, 1) << 6) : upper | (field(word, 5, 2) << 6);
    return register(8 + field(word, 7, 3)) + offset;
  }
  if ((word & 3) !== 2) return undefined;
  const store = kind >= 5;
  const offset = store
    ? isWord
      ? (field(word, 9, 4) << 2) | (field(word, 7, 2) << 6)
      : (field(word, 10, 3) << 3) | (field(word, 7, 3) << 6)
    : isWord
      ? (field(word, 12, 1) << 5) | (field(word, 4, 3) << 2) | (field(word, 2, 2) << 6)
      : (field(word, 12, 1) << 5) | (field(word, 5, 2) << 3) | (field(word, 2, 3) << 6);
  return register(SP) + offset;
}
