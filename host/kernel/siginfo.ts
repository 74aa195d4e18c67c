import { PAGE_SHIFT } from '../../assembly/shared/layout.js';
import { BUS_MCEERR_AR, isFaultSignal, SI_TIMER, SIGBUS, SIGCHLD } from '../linux/signal.js';
import type { SigInfo } from './pending.js';

export const SIGINFO_BYTES = 128;

/** siginfo_t as the kernel writes it: signo, errno, code, 4 bytes of padding, then a union that code and signo choose. */
export function encodeSigInfo(info: SigInfo): Uint8Array {
  if (info.raw !== undefined) return info.raw;
  const bytes = new Uint8Array(SIGINFO_BYTES);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, info.signo, true);
  view.setInt32(4, info.errno ?? 0, true);
  view.setInt32(8, info.code, true);
  if (isFault(info)) {
    view.setBigUint64(16, BigInt(info.address ?? 0), true);
    if (info.signo === SIGBUS && info.code >= BUS_MCEERR_AR) view.setUint16(24, PAGE_SHIFT, true);
  } else if (info.code === SI_TIMER) {
    view.setInt32(16, info.timerId ?? 0, true);
    view.setInt32(20, info.overrun ?? 0, true);
    view.setBigUint64(24, info.value ?? 0n, true);
  } else {
    view.setInt32(16, info.pid ?? 0, true);
    view.setInt32(20, info.uid ?? 0, true);
    if (info.signo === SIGCHLD && info.code > 0) {
      view.setInt32(24, info.status ?? 0, true);
      view.setBigInt64(32, BigInt(info.utime ?? 0), true);
      view.setBigInt64(40, BigInt(info.stime ?? 0), true);
    } else view.setBigUint64(24, info.value ?? 0n, true);
  }
  return bytes;
}

function isFault(info: SigInfo): boolean {
  return info.code > 0 && info.code < 0x80 && isFaultSignal(info.signo);
}
