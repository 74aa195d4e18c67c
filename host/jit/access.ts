/** Loads and stores: what they transfer. */
import * as L from '../../assembly/shared/layout.js';

export interface Access {
  readonly size: 1 | 2 | 4 | 8;
  /** PERM_* bits. */
  readonly permission: number;
  /** Wasm's load or store. */
  readonly code: number;
}

const load = (size: Access['size'], code: number): Access => ({ size, permission: L.PERM_READ, code });
const store = (size: Access['size'], code: number): Access => ({ size, permission: L.PERM_WRITE, code });

export const ACCESSES: ReadonlyMap<string, Access> = new Map([
  ['lb', load(1, 0x30)],
  ['lbu', load(1, 0x31)],
  ['lh', load(2, 0x32)],
  ['lhu', load(2, 0x33)],
  ['lw', load(4, 0x34)],
  ['lwu', load(4, 0x35)],
  ['ld', load(8, 0x29)],
  ['flw', load(4, 0x35)],
  ['fld', load(8, 0x2b)],
  ['sb', store(1, 0x3c)],
  ['sh', store(2, 0x3d)],
  ['sw', store(4, 0x3e)],
  ['sd', store(8, 0x37)],
  ['fsw', store(4, 0x3e)],
  ['fsd', store(8, 0x39)],
]);
