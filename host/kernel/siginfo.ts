import { PAGE_SHIFT } from '../../assembly/shared/layout.js';
import { BUS_MCEERR_AR, isFaultSignal, SI_TIMER, SIGBUS, SIGCHLD } from '../linux/signal.js';
import type { SigInfo } from './pending.js';

export const SIGINFO_BYTES = 128;

/** siginfo_t as the kernel writes it: signo, errno, code, 4 bytes of padding, then a union that code and signo choose. */
export function encodeSigInfo(info: SigInfo): Uint8Array {
  if (info.raw !== undefined) return info.raw;
  const bytes = new Uint8Array(SIGINFO_BYTES);
  putFields(new DataView(bytes.buffer), 0, info);
  return bytes;
}

/** The same into SIGINFO_BYTES zeros. */
export function putSigInfo(view: DataView, at: number, info: SigInfo): void {
  if (info.raw === undefined) putFields(view, at, info);
  else info.raw.forEach((byte, i) => view.setUint8(at + i, byte));
}

function putFields(view: DataView, at: number, info: SigInfo): void {
  view.setInt32(at, info.signo, true);
  view.setInt32(at + 4, info.errno ?? 0, true);
  view.setInt32(at + 8, info.code, true);
  if (isFault(info)) {
    view.setBigUint64(at + 16, BigInt(info.address ?? 0), true);
    if (info.signo === SIGBUS && info.code >= BUS_MCEERR_AR) view.setUint16(at + 24, PAGE_SHIFT, true);
  } else if (info.code === SI_TIMER) {
    view.setInt32(at + 16, info.timerId ?? 0, true);
    view.setInt32(at + 20, info.overrun ?? 0, true);
    view.setBigUint64(at + 24, info.value ?? 0n, true);
  } else {
    view.setInt32(at + 16, info.pid ?? 0, true);
    view.setInt32(at + 20, info.uid ?? 0, true);
    if (info.signo === SIGCHLD && info.code > 0) {
      view.setInt32(at + 24, info.status ?? 0, true);
      view.setBigInt64(at + 32, BigInt(info.utime ?? 0), true);
      view.setBigInt64(at + 40, BigInt(info.stime ?? 0), true);
    } else if (info.value !== undefined) view.setBigUint64(at + 24, info.value, true);
  }
}

function isFault(info: SigInfo): boolean {
  return info.code > 0 && info.code < 0x80 && isFaultSignal(info.signo);
}
