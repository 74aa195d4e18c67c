/** Socket addresses and descriptors between user memory and the sockets. */
import { EFAULT, EINVAL, ENOTSOCK } from '../../assembly/shared/errno.js';
import { ACCESS_WRITE } from '../../assembly/shared/exit.js';
import { Socket } from '../kernel/net/socket.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';

/** sizeof(struct sockaddr_storage) */
const ADDRESS_BYTES_MAX = 128;

/** EBADF, ENOTSOCK */
export function socketOf(t: Thread, fd: number): Socket {
  const file = t.files.get(fd);
  if (!(file instanceof Socket)) throw new SysError(ENOTSOCK);
  return file;
}

/** A sockaddr as the caller gives it. EINVAL: no such length; EFAULT */
export function readAddress(t: Thread, address: number, length: number): Uint8Array {
  if (length < 0 || length > ADDRESS_BYTES_MAX) throw new SysError(EINVAL);
  return length === 0 ? new Uint8Array(0) : t.user.read(address, length);
}

/** Cuts the address to the room there is and tells its true length. EINVAL: a negative room; EFAULT */
export function writeAddress(t: Thread, bytes: Uint8Array, address: number, lengthAddress: number): void {
  const room = t.user.readI32(lengthAddress);
  if (room < 0) throw new SysError(EINVAL);
  const cut = bytes.subarray(0, Math.min(room, bytes.length));
  if (cut.length > 0) t.user.write(address, cut);
  t.user.writeU32(lengthAddress, bytes.length);
}

/**
 * Brings pages in that a call will write to, so that it need not wait for a medium in the middle of something that can't be done twice.
 * What is no memory is left for the call itself to find.
 */
export function bringIn(t: Thread, address: number, length: number, access = ACCESS_WRITE): void {
  try {
    t.user.pieces(address, length, access, () => {});
  } catch (error) {
    if (!(error instanceof SysError && error.errno === EFAULT)) throw error;
  }
}
