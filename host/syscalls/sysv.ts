/** What the three kinds of System V IPC have in common: struct ipc64_perm and the commands that read and change it. */
import type { IpcPermissions } from '../kernel/sysv/table.js';
import type { Thread } from '../kernel/thread.js';

export const READ = 0o444;
export const WRITE = 0o222;
export const EXECUTE = 0o111;

const PERMISSIONS_BYTES = 48;

/** A structure that starts with ipc64_perm; the fields after it are at offsets from the structure's start. */
export function objectBytes(bytes: number, p: IpcPermissions): { view: DataView; out: Uint8Array } {
  const out = new Uint8Array(bytes);
  const view = new DataView(out.buffer);
  [p.key, p.uid, p.gid, p.cuid, p.cgid, p.mode].forEach((value, i) => {
    view.setUint32(i * 4, value, true);
  });
  view.setUint16(24, p.sequence, true);
  return { view, out };
}

export function setLong(view: DataView, offset: number, value: number | bigint): void {
  view.setBigUint64(offset, BigInt(value), true);
}

/** What IPC_SET reads: the new owner, group and permission bits, and the rest of the structure. */
export function readChange(t: Thread, address: number, bytes: number): { uid: number; gid: number; mode: number; view: DataView } {
  const { buffer, byteOffset, byteLength } = t.user.read(address, Math.max(bytes, PERMISSIONS_BYTES)).slice();
  const view = new DataView(buffer, byteOffset, byteLength);
  return { uid: view.getUint32(4, true), gid: view.getUint32(8, true), mode: view.getUint32(20, true), view };
}

export function seconds(t: Thread): number {
  return t.kernel.realtime().sec;
}
