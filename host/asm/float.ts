/** Decimal text to the nearest float32 or float64, ties to even. Number() does it exactly for doubles only: going through
 * a double rounds twice, which differs where the double falls halfway between two floats. */
export function floatBits(text: string, bytes: 4 | 8): bigint {
  const view = new DataView(new ArrayBuffer(8));
  const value = Number(text);
  if (bytes === 8) {
    view.setFloat64(0, value);
    return view.getBigUint64(0);
  }
  view.setFloat32(0, value);
  const nearest = view.getUint32(0);
  if (Number.isFinite(value) && Math.fround(value) !== value) {
    const rounded = Math.abs(Math.fround(value));
    const away = rounded < Math.abs(value);
    view.setUint32(0, (nearest & 0x7fffffff) + (away ? 1 : -1));
    const other = view.getFloat32(0);
    // 2^128 stands for infinity: it is where the next float would lie.
    const top = 2 ** 128;
    const low = Math.min(Math.min(rounded, top), Math.min(other, top));
    const high = Math.max(Math.min(rounded, top), Math.min(other, top));
    if ((low + high) / 2 === Math.abs(value)) return pickNeighbour(text, value, low, high);
  }
  return BigInt(nearest);
}

/** The double lies exactly between two floats: the decimal text itself decides, or the even one when it does not. */
function pickNeighbour(text: string, value: number, low: number, high: number): bigint {
  const order = compareDecimal(text.replace(/^[+-]/, ''), Math.abs(value));
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, low);
  const lowBits = view.getUint32(0);
  view.setFloat32(0, high);
  const highBits = view.getUint32(0);
  const bits = order < 0 ? lowBits : order > 0 ? highBits : lowBits % 2 === 0 ? lowBits : highBits;
  return BigInt(bits) | (text.startsWith('-') ? 0x80000000n : 0n);
}

/** -1, 0, 1: how unsigned decimal text compares with a positive finite double, exactly. */
function compareDecimal(text: string, value: number): number {
  const [, whole, , fraction = '', exponent = '0'] = /^(\d*)(\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) as RegExpExecArray;
  let left = BigInt(whole + fraction || '0');
  const power = Number(exponent) - fraction.length;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  let right = (bits & 0xf_ffff_ffff_ffffn) | (biased > 0 ? 1n << 52n : 0n);
  const shift = Math.max(biased, 1) - 1075;
  if (power > 0) left *= 10n ** BigInt(power);
  else right *= 10n ** BigInt(-power);
  if (shift > 0) right <<= BigInt(shift);
  else left <<= BigInt(-shift);
  return left < right ? -1 : left > right ? 1 : 0;
}
