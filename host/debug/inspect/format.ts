/** Numbers as all views show them. */
import { PAGE_BYTES } from './pages.js';

export const hex = (n: number): string => `0x${n.toString(16)}`;

/** 1,234 */
export const count = (n: number): string => n.toLocaleString('en-US');

/** "1 page", "1,234 pages". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

const UNITS = ['K', 'M', 'G', 'T'];

/** Pages as 4K, 132K, 1.5M, 64G; nothing as '-'. */
export function pagesText(pages: number): string {
  if (pages === 0) return '-';
  let value = (pages * PAGE_BYTES) / 1024;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)}${UNITS[unit]}`;
}

/** 64 bits as 16 digits, in groups of 4. */
export function pteText(pte: number): string {
  return pte
    .toString(16)
    .padStart(16, '0')
    .replace(/(.{4})(?=.)/g, '$1_');
}

const PTE_LETTERS = 'VRWXUGAD';

/** "VR-XU-A- RSW 00": letters of the bits that are set. */
export function pteBitsText(pte: number): string {
  const bits = pte % 1024;
  const letters = [...PTE_LETTERS].map((letter, i) => ((bits >>> i) & 1 ? letter : '-')).join('');
  return `${letters} RSW ${(bits >>> 8).toString(2).padStart(2, '0')}`;
}
