import type { Credentials } from '../vfs/types.js';

/**
 * The identity of a task (credentials(7)). `uid` and `gid` are the ones that file access looks at: Linux's fsuid and fsgid, which
 * follow the effective ids. Immutable: a change makes a new object, so that a file opened earlier keeps what it saw.
 */
export interface Cred extends Credentials {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly ruid: number;
  readonly euid: number;
  readonly suid: number;
  readonly rgid: number;
  readonly egid: number;
  readonly sgid: number;
  /** Capability sets, and SECBIT_* of the machinery between them. */
  readonly capEffective: bigint;
  readonly capPermitted: bigint;
  readonly capInheritable: bigint;
  readonly capBounding: bigint;
  /** Invariant: no more than what is both permitted and inheritable. */
  readonly capAmbient: bigint;
  readonly securebits: number;
}

/** CAP_LAST_CAP of Linux 6.12 is CAP_CHECKPOINT_RESTORE (40). */
export const ALL_CAPABILITIES = (1n << 41n) - 1n;
/** Those that a change of the fsuid gives and takes: they concern files only. */
const FILE_CAPABILITIES = [0n, 1n, 2n, 3n, 4n, 9n, 27n, 32n].reduce((set, capability) => set | (1n << capability), 0n);
export const CAP_KILL = 5n;
export const CAP_SETGID = 6n;
export const CAP_SETUID = 7n;
export const CAP_SETPCAP = 8n;
export const CAP_IPC_LOCK = 14n;
export const CAP_IPC_OWNER = 15n;
export const CAP_SYS_ADMIN = 21n;
export const CAP_SYS_RAWIO = 17n;
export const CAP_SYS_PTRACE = 19n;
export const CAP_SYS_NICE = 23n;
export const CAP_SYS_RESOURCE = 24n;
export const CAP_SYS_TTY_CONFIG = 26n;
export const CAP_NET_BIND_SERVICE = 10n;
export const CAP_NET_ADMIN = 12n;
export const CAP_NET_RAW = 13n;
export const CAP_CHECKPOINT_RESTORE = 40n;
export const CAP_WAKE_ALARM = 35n;

export const SECBIT_NOROOT = 1;
export const SECBIT_NO_SETUID_FIXUP = 4;
export const SECBIT_KEEP_CAPS = 16;
export const SECBIT_KEEP_CAPS_LOCKED = 32;
export const SECBIT_NO_CAP_AMBIENT_RAISE = 64;
/** The bits themselves, and above each the one that locks it. */
export const SECURE_ALL_BITS = 0x55;
export const SECURE_ALL_LOCKS = 0xaa;

export function hasCapability(cred: Cred, capability: bigint): boolean {
  return ((cred.capEffective >> capability) & 1n) === 1n;
}

export function makeCred(uid: number, gid: number, groups: readonly number[] = []): Cred {
  const capabilities = uid === 0 ? ALL_CAPABILITIES : 0n;
  return {
    uid,
    gid,
    groups,
    ruid: uid,
    euid: uid,
    suid: uid,
    rgid: gid,
    egid: gid,
    sgid: gid,
    capEffective: capabilities,
    capPermitted: capabilities,
    capInheritable: 0n,
    capBounding: ALL_CAPABILITIES,
    capAmbient: 0n,
    securebits: 0,
  };
}

export interface UserIds {
  ruid: number;
  euid: number;
  suid: number;
}

/** New user ids, with what capabilities(7) says happens to the capability sets; the fsuid follows the euid. */
export function withUserIds(cred: Cred, ids: UserIds): Cred {
  const next = { ...cred, ...ids, uid: ids.euid };
  if ((cred.securebits & SECBIT_NO_SETUID_FIXUP) !== 0) return next;
  const wasRoot = cred.ruid === 0 || cred.euid === 0 || cred.suid === 0;
  const isRoot = ids.ruid === 0 || ids.euid === 0 || ids.suid === 0;
  if (wasRoot && !isRoot) {
    if ((cred.securebits & SECBIT_KEEP_CAPS) === 0) next.capPermitted = next.capEffective = 0n;
    next.capAmbient = 0n;
  }
  if (cred.euid === 0 && ids.euid !== 0) next.capEffective = 0n;
  if (cred.euid !== 0 && ids.euid === 0) next.capEffective = next.capPermitted;
  return next;
}

/** Another fsuid: the capabilities that concern files come and go with 0. */
export function withFsUid(cred: Cred, uid: number): Cred {
  let { capEffective } = cred;
  if ((cred.securebits & SECBIT_NO_SETUID_FIXUP) === 0) {
    if (cred.uid === 0 && uid !== 0) capEffective &= ~FILE_CAPABILITIES;
    if (cred.uid !== 0 && uid === 0) capEffective |= cred.capPermitted & FILE_CAPABILITIES;
  }
  return { ...cred, uid, capEffective };
}

export function withGroupIds(cred: Cred, ids: { rgid: number; egid: number; sgid: number }): Cred {
  return { ...cred, ...ids, gid: ids.egid };
}

/** Does the change give a process something that others of its user should not look into or signal it for? */
export function raisesPrivilege(old: Cred, next: Cred): boolean {
  const ids = old.euid !== next.euid || old.egid !== next.egid || old.uid !== next.uid || old.gid !== next.gid;
  return ids || (next.capPermitted & ~old.capPermitted) !== 0n;
}
