/** Extended headers: pax records (POSIX) and the values that override a header. */
import { decodeText } from '../../linux/text.js';
import type { Timestamp } from '../types.js';
import { TarError } from './tar-header.js';

const XATTR = 'SCHILY.xattr.';

/** Values by key; xattrs keep their bytes. */
export class PaxValues {
  private readonly _values = new Map<string, Uint8Array>();

  /** Later records override; an empty value takes the key back to the header's. */
  add(records: Uint8Array, offset: number): void {
    for (let at = 0; at < records.length; ) {
      if (records[at] === 0 && records.subarray(at).every((byte) => byte === 0)) return;
      at = this._record(records, at, offset);
    }
  }

  /** "LENGTH KEY=VALUE\n", LENGTH counting all of it. */
  private _record(records: Uint8Array, start: number, offset: number): number {
    const bad = (): never => {
      throw new TarError(`damaged tar archive: malformed extended header at offset ${offset}`);
    };
    const space = records.indexOf(0x20, start);
    if (space < 0 || space === start || space - start > 10) return bad();
    const digits = decodeText(records.subarray(start, space));
    const end = /^\d+$/.test(digits) ? start + Number(digits) : 0;
    if (end <= space || end > records.length || records[end - 1] !== 0x0a) return bad();
    const equals = records.indexOf(0x3d, space + 1);
    if (equals < 0 || equals >= end) return bad();
    const key = decodeText(records.subarray(space + 1, equals));
    const value = records.slice(equals + 1, end - 1);
    if (value.length === 0 && !key.startsWith(XATTR)) this._values.delete(key);
    else this._values.set(key, value);
    return end;
  }

  get size(): number {
    return this._values.size;
  }

  clear(): void {
    this._values.clear();
  }

  /** This header's values over the archive-wide ones. */
  static merged(global: PaxValues, local: PaxValues): PaxValues {
    if (global.size === 0) return local;
    const all = new PaxValues();
    for (const from of [global, local]) for (const [key, value] of from._values) all._values.set(key, value);
    return all;
  }

  text(key: string): string | undefined {
    const value = this._values.get(key);
    return value === undefined ? undefined : decodeText(value);
  }

  /** Whole number, undefined when absent; NaN when it is none. */
  number(key: string): number | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    return /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  }

  /** Seconds with a fraction of any length, negative allowed. */
  time(key: string): Timestamp | undefined {
    const found = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(this.text(key) ?? '');
    if (found === null) return undefined;
    const sec = Number(found[2]);
    const nsec = Number((found[3] ?? '').slice(0, 9).padEnd(9, '0'));
    if (found[1] === '') return { sec, nsec };
    return nsec === 0 ? { sec: 0 - sec, nsec: 0 } : { sec: -sec - 1, nsec: 1_000_000_000 - nsec };
  }

  has(prefix: string): boolean {
    for (const key of this._values.keys()) if (key.startsWith(prefix)) return true;
    return false;
  }

  /** Extended attributes by name. */
  xattrs(): ReadonlyMap<string, Uint8Array> | undefined {
    if (!this.has(XATTR)) return undefined;
    const found = new Map<string, Uint8Array>();
    for (const [key, value] of this._values) if (key.startsWith(XATTR)) found.set(key.slice(XATTR.length), value);
    return found;
  }
}
