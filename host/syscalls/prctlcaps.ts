/** prctl's commands about capabilities (capabilities(7)). */
import { EINVAL, EPERM } from '../../assembly/shared/errno.js';
import * as C from '../kernel/credentials.js';
import type { Thread } from '../kernel/thread.js';
import * as P from '../linux/process.js';

const CAPABILITY_COUNT = C.ALL_CAPABILITIES.toString(2).length;

function isCapability(value: number): boolean {
  return value < CAPABILITY_COUNT;
}

function bit(capability: number): bigint {
  return 1n << BigInt(capability);
}

export function readBounding({ cred }: Thread, capability: number): number {
  if (!isCapability(capability)) return -EINVAL;
  return (cred.capBounding & bit(capability)) !== 0n ? 1 : 0;
}

export function dropBounding(t: Thread, capability: number): number {
  if (!C.hasCapability(t.cred, C.CAP_SETPCAP)) return -EPERM;
  if (!isCapability(capability)) return -EINVAL;
  t.setCred({ ...t.cred, capBounding: t.cred.capBounding & ~bit(capability) });
  return 0;
}

/** A locked bit stays as it is, and a lock stays locked. */
export function setSecurebits(t: Thread, bits: number): number {
  const { securebits } = t.cred;
  if (bits > (C.SECURE_ALL_BITS | C.SECURE_ALL_LOCKS)) return -EPERM;
  const locks = securebits & C.SECURE_ALL_LOCKS;
  if (((locks >> 1) & (securebits ^ bits)) !== 0 || (locks & ~bits) !== 0) return -EPERM;
  if (!C.hasCapability(t.cred, C.CAP_SETPCAP)) return -EPERM;
  t.setCred({ ...t.cred, securebits: bits });
  return 0;
}

export function setKeepCapabilities(t: Thread, keep: number): number {
  const { securebits } = t.cred;
  if (keep > 1) return -EINVAL;
  if ((securebits & C.SECBIT_KEEP_CAPS_LOCKED) !== 0) return -EPERM;
  t.setCred({ ...t.cred, securebits: keep === 1 ? securebits | C.SECBIT_KEEP_CAPS : securebits & ~C.SECBIT_KEEP_CAPS });
  return 0;
}

export function ambient(t: Thread, command: number, capability: number, c: number, d: number): number {
  const { cred } = t;
  if (command === P.PR_CAP_AMBIENT_CLEAR_ALL) {
    if (capability !== 0 || c !== 0 || d !== 0) return -EINVAL;
    t.setCred({ ...cred, capAmbient: 0n });
    return 0;
  }
  if (!isCapability(capability) || c !== 0 || d !== 0) return -EINVAL;
  const one = bit(capability);
  switch (command) {
    case P.PR_CAP_AMBIENT_IS_SET:
      return (cred.capAmbient & one) !== 0n ? 1 : 0;
    case P.PR_CAP_AMBIENT_LOWER:
      t.setCred({ ...cred, capAmbient: cred.capAmbient & ~one });
      return 0;
    case P.PR_CAP_AMBIENT_RAISE:
      if ((cred.capPermitted & cred.capInheritable & one) === 0n) return -EPERM;
      if ((cred.securebits & C.SECBIT_NO_CAP_AMBIENT_RAISE) !== 0) return -EPERM;
      t.setCred({ ...cred, capAmbient: cred.capAmbient | one });
      return 0;
    default:
      return -EINVAL;
  }
}
