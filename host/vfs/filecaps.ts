/** Capabilities of a file: its security.capability attribute (capabilities(7)). All numbers are little endian:
 *
 *     magic_etc   revision in the upper byte, VFS_CAP_FLAGS_EFFECTIVE below
 *     permitted, inheritable      of the first 32 capabilities
 *     permitted, inheritable      of the others: revisions 2 and 3
 *     rootid                      revision 3: whose root they are for
 */
import type { Inode } from './types.js';

export const CAPABILITY_XATTR = 'security.capability';

const FLAG_EFFECTIVE = 1;
const REVISION_BYTES: ReadonlyMap<number, number> = new Map([
  [1, 12],
  [2, 20],
  [3, 24],
]);

export interface FileCapabilities {
  readonly permitted: bigint;
  readonly inheritable: bigint;
  /** All that is permitted is effective, too. */
  readonly effective: boolean;
  readonly rootId: number;
}

/** undefined: malformed. */
export function parseFileCapabilities(value: Uint8Array): FileCapabilities | undefined {
  if (value.length < 4) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const magic = view.getUint32(0, true);
  const revision = magic >>> 24;
  if (REVISION_BYTES.get(revision) !== value.length) return undefined;
  let [permitted, inheritable] = [view.getUint32(4, true), view.getUint32(8, true)].map(BigInt);
  if (revision > 1) {
    permitted |= BigInt(view.getUint32(12, true)) << 32n;
    inheritable |= BigInt(view.getUint32(16, true)) << 32n;
  }
  return { permitted, inheritable, effective: (magic & FLAG_EFFECTIVE) !== 0, rootId: revision === 3 ? view.getUint32(20, true) : 0 };
}

/** May setxattr store it? Revision 1 is only read. */
export function isStorableCapability(value: Uint8Array): boolean {
  return value.length > 12 && parseFileCapabilities(value) !== undefined;
}

/** New contents or a new owner take a file's capabilities away. */
export function dropFileCapabilities(inode: Inode): void {
  if (inode.getxattr?.(CAPABILITY_XATTR) !== undefined) inode.removexattr?.(CAPABILITY_XATTR);
}
