/** Where a program is to be stopped and looked at. */
import { type AddressText, parseAddress } from './symbols.js';

/** Where a program is to be stopped for a look at it. */
export type Point =
  | { readonly kind: 'exit' }
  /** Before the count-th call of that name is carried out. */
  | { readonly kind: 'syscall'; readonly name: string; readonly count: number }
  /** Before the instruction there is executed for the first time. */
  | { readonly kind: 'pc'; readonly text: string; readonly address: AddressText }
  /** After so many instructions of the machine. */
  | { readonly kind: 'instructions'; readonly count: number };

/** exit, syscall:NAME[:N], pc:ADDRESS, instructions:N. A string is what is wrong with it. */
export function parsePoint(text: string): Point | string {
  const [kind, value = '', count = '1', ...rest] = text.split(':');
  if (kind === 'exit' && value === '') return { kind };
  if (kind === 'syscall' && /^\w+$/.test(value) && /^[1-9]\d{0,14}$/.test(count) && rest.length === 0) {
    return { kind, name: value, count: Number(count) };
  }
  if (kind === 'pc' && text.length > 3) {
    const address = parseAddress(text.slice(3));
    return address === undefined ? `'${text.slice(3)}' is neither an address nor a symbol` : { kind, text: text.slice(3), address };
  }
  if (kind === 'instructions') {
    const found = /^(\d+(?:\.\d+)?)([kmg])?$/i.exec(text.slice(kind.length + 1));
    const factor = { k: 1e3, m: 1e6, g: 1e9 }[(found?.[2] ?? '').toLowerCase()] ?? 1;
    const instructions = found === null ? Number.NaN : Number(found[1]) * factor;
    if (Number.isSafeInteger(instructions) && instructions > 0) return { kind, count: instructions };
  }
  return `'${text}' is none of exit, syscall:NAME[:N], pc:ADDRESS, instructions:N`;
}

const ORDINALS = ['th', 'st', 'nd', 'rd'];

export function ordinal(n: number): string {
  const last = n % 100;
  return `${n}${(last > 10 && last < 14 ? undefined : ORDINALS[last % 10]) ?? 'th'}`;
}

/** "before the 2nd write". */
export function describePoint(point: Point): string {
  switch (point.kind) {
    case 'exit':
      return 'exit';
    case 'syscall':
      return point.count === 1 ? `the first ${point.name}` : `the ${ordinal(point.count)} ${point.name}`;
    case 'pc':
      return `pc ${point.text}`;
    case 'instructions':
      return `${point.count.toLocaleString('en-US')} instructions`;
  }
}
