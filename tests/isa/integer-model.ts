/** What integer and bit-manipulation instructions compute, written from the manual in exact arithmetic on whole numbers. */
const ONES = 2n ** 64n - 1n;
const u = (value: bigint): bigint => BigInt.asUintN(64, value);
const s = (value: bigint): bigint => BigInt.asIntN(64, value);
const uw = (value: bigint): bigint => BigInt.asUintN(32, value);
const sw = (value: bigint): bigint => BigInt.asIntN(32, value);
const word = (value: bigint): bigint => u(sw(value));
const bool = (value: boolean): bigint => (value ? 1n : 0n);

/** Of two numbers the one that comes first, or last, in the order of `key`. */
type Key = (value: bigint) => bigint;
const first = (a: bigint, b: bigint, key: Key): bigint => (key(a) < key(b) ? a : b);
const last = (a: bigint, b: bigint, key: Key): bigint => (key(a) < key(b) ? b : a);

/** Bits from the highest to the lowest. */
const binary = (value: bigint, width: number): string => value.toString(2).padStart(width, '0');
const leading = (text: string): bigint => BigInt(text.indexOf('1') < 0 ? text.length : text.indexOf('1'));
const trailing = (text: string): bigint => leading([...text].reverse().join(''));
const ones = (text: string): bigint => BigInt(text.replaceAll('0', '').length);
const bytesOf = (value: bigint): bigint[] => Array.from({ length: 8 }, (_, i) => (value >> BigInt(i * 8)) & 255n);
const fromBytes = (bytes: readonly bigint[]): bigint => bytes.reduce((value, byte, i) => value | (byte << BigInt(i * 8)), 0n);

function rotateLeft(value: bigint, by: bigint, width: bigint): bigint {
  const n = by % width;
  return BigInt.asUintN(Number(width), (value << n) | (value >> (width - n)));
}

type Model = (a: bigint, b: bigint) => bigint;

/** Registers in and out are unsigned 64-bit numbers. */
export const REGISTER_MODELS: Readonly<Record<string, Model>> = {
  add: (a, b) => u(a + b),
  sub: (a, b) => u(a - b),
  sll: (a, b) => u(a << (b % 64n)),
  slt: (a, b) => bool(s(a) < s(b)),
  sltu: (a, b) => bool(a < b),
  xor: (a, b) => a ^ b,
  srl: (a, b) => a >> (b % 64n),
  sra: (a, b) => u(s(a) >> (b % 64n)),
  or: (a, b) => a | b,
  and: (a, b) => a & b,
  addw: (a, b) => word(a + b),
  subw: (a, b) => word(a - b),
  sllw: (a, b) => word(a << (b % 32n)),
  srlw: (a, b) => word(uw(a) >> (b % 32n)),
  sraw: (a, b) => word(sw(a) >> (b % 32n)),
  mul: (a, b) => u(a * b),
  mulh: (a, b) => u((s(a) * s(b)) >> 64n),
  mulhsu: (a, b) => u((s(a) * b) >> 64n),
  mulhu: (a, b) => (a * b) >> 64n,
  div: (a, b) => (b === 0n ? ONES : u(s(a) / s(b))),
  divu: (a, b) => (b === 0n ? ONES : a / b),
  rem: (a, b) => (b === 0n ? a : u(s(a) % s(b))),
  remu: (a, b) => (b === 0n ? a : a % b),
  mulw: (a, b) => word(a * b),
  divw: (a, b) => (uw(b) === 0n ? ONES : word(sw(a) / sw(b))),
  divuw: (a, b) => (uw(b) === 0n ? ONES : word(uw(a) / uw(b))),
  remw: (a, b) => (uw(b) === 0n ? word(a) : word(sw(a) % sw(b))),
  remuw: (a, b) => (uw(b) === 0n ? word(a) : word(uw(a) % uw(b))),
  'add.uw': (a, b) => u(uw(a) + b),
  sh1add: (a, b) => u(a * 2n + b),
  sh2add: (a, b) => u(a * 4n + b),
  sh3add: (a, b) => u(a * 8n + b),
  'sh1add.uw': (a, b) => u(uw(a) * 2n + b),
  'sh2add.uw': (a, b) => u(uw(a) * 4n + b),
  'sh3add.uw': (a, b) => u(uw(a) * 8n + b),
  andn: (a, b) => a & (ONES - b),
  orn: (a, b) => a | (ONES - b),
  xnor: (a, b) => ONES - (a ^ b),
  min: (a, b) => first(a, b, s),
  minu: (a, b) => first(a, b, u),
  max: (a, b) => last(a, b, s),
  maxu: (a, b) => last(a, b, u),
  rol: (a, b) => rotateLeft(a, b % 64n, 64n),
  ror: (a, b) => rotateLeft(a, 64n - (b % 64n), 64n),
  rolw: (a, b) => word(rotateLeft(uw(a), b % 32n, 32n)),
  rorw: (a, b) => word(rotateLeft(uw(a), 32n - (b % 32n), 32n)),
  bset: (a, b) => a | (1n << (b % 64n)),
  bclr: (a, b) => a & (ONES - (1n << (b % 64n))),
  binv: (a, b) => a ^ (1n << (b % 64n)),
  bext: (a, b) => (a >> (b % 64n)) & 1n,
  'czero.eqz': (a, b) => (b === 0n ? 0n : a),
  'czero.nez': (a, b) => (b !== 0n ? 0n : a),
};

/** Immediate form -> register form; the immediate is sign-extended, or a shift amount. */
export const IMMEDIATE_OF: Readonly<Record<string, string>> = {
  addi: 'add',
  slti: 'slt',
  sltiu: 'sltu',
  xori: 'xor',
  ori: 'or',
  andi: 'and',
  addiw: 'addw',
  slli: 'sll',
  srli: 'srl',
  srai: 'sra',
  slliw: 'sllw',
  srliw: 'srlw',
  sraiw: 'sraw',
  rori: 'ror',
  roriw: 'rorw',
  bseti: 'bset',
  bclri: 'bclr',
  binvi: 'binv',
  bexti: 'bext',
};

export const IMMEDIATE_MODELS: Readonly<Record<string, Model>> = {
  ...Object.fromEntries(Object.entries(IMMEDIATE_OF).map(([name, base]) => [name, REGISTER_MODELS[base]])),
  'slli.uw': (a, b) => u(uw(a) << b),
};

export const UNARY_MODELS: Readonly<Record<string, (a: bigint) => bigint>> = {
  clz: (a) => leading(binary(a, 64)),
  ctz: (a) => trailing(binary(a, 64)),
  cpop: (a) => ones(binary(a, 64)),
  clzw: (a) => leading(binary(uw(a), 32)),
  ctzw: (a) => trailing(binary(uw(a), 32)),
  cpopw: (a) => ones(binary(uw(a), 32)),
  'sext.b': (a) => u(BigInt.asIntN(8, a)),
  'sext.h': (a) => u(BigInt.asIntN(16, a)),
  'zext.h': (a) => BigInt.asUintN(16, a),
  'orc.b': (a) => fromBytes(bytesOf(a).map((byte) => (byte === 0n ? 0n : 255n))),
  rev8: (a) => fromBytes(bytesOf(a).reverse()),
};

/** The new memory value from the old one and rs2, in the width of the operation; both unsigned. */
export const ATOMIC_MODELS: Readonly<Record<string, (m: bigint, b: bigint, width: number) => bigint>> = {
  amoswap: (_, b) => b,
  amoadd: (m, b, width) => BigInt.asUintN(width, m + b),
  amoxor: (m, b) => m ^ b,
  amoand: (m, b) => m & b,
  amoor: (m, b) => m | b,
  amomin: (m, b, width) => first(m, b, (value) => BigInt.asIntN(width, value)),
  amomax: (m, b, width) => last(m, b, (value) => BigInt.asIntN(width, value)),
  amominu: (m, b) => first(m, b, u),
  amomaxu: (m, b) => last(m, b, u),
};
