/** Numbers as a Linux kernel reads them from files that are written to. */
import { EINVAL, ERANGE } from '../../assembly/shared/errno.js';
import { SysError } from './error.js';
import { decodeText } from './text.js';

const DECIMAL = /^\s*([+-]?)(\d+)\s*$/;
const ANY_BASE = /^\s*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)\s*$/;

/**
 * kstrtoll: blanks around it, a sign, then decimal, or with base 0 also 0x hexadecimal or 0 octal digits. EINVAL: anything else; ERANGE:
 * not in min..max.
 */
export function parseInteger(bytes: Uint8Array, min: bigint, max: bigint, base: 0 | 10 = 0): bigint {
  const match = (base === 10 ? DECIMAL : ANY_BASE).exec(decodeText(bytes));
  if (match === null || (match[1] === '-' && min >= 0n)) throw new SysError(EINVAL);
  const digits = match[2];
  const size = BigInt(base === 0 && /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = match[1] === '-' ? -size : size;
  if (value < min || value > max) throw new SysError(ERANGE);
  return value;
}

const INT_MAX = 2n ** 31n - 1n;

/** kstrtoint */
export function parseInt32(bytes: Uint8Array): number {
  return Number(parseInteger(bytes, -INT_MAX - 1n, INT_MAX));
}
