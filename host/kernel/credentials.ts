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
  /** Effective, permitted, inheritable, ambient and bounding capability sets. */
  readonly capEffective: bigint;
  readonly capPermitted: bigint;
  readonly capInheritable: bigint;
}

/** CAP_LAST_CAP of Linux 6.12 is CAP_CHECKPOINT_RESTORE (40). */
export const ALL_CAPABILITIES = (1n << 41n) - 1n;
export const CAP_KILL = 5n;
export const CAP_SETGID = 6n;
export const CAP_SETUID = 7n;
export const CAP_IPC_LOCK = 14n;
export const CAP_IPC_OWNER = 15n;
export const CAP_SYS_ADMIN = 21n;
export const CAP_SYS_PTRACE = 19n;
export const CAP_SYS_NICE = 23n;
export const CAP_SYS_RESOURCE = 24n;
export const CAP_SYS_TTY_CONFIG = 26n;
export const CAP_NET_BIND_SERVICE = 10n;
export const CAP_NET_ADMIN = 12n;
export const CAP_NET_RAW = 13n;
export const CAP_CHECKPOINT_RESTORE = 40n;
export const CAP_WAKE_ALARM = 35n;

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
  };
}

export interface UserIds {
  ruid: number;
  euid: number;
  suid: number;
}

/** New user ids, with what capabilities(7) says happens to the capability sets; the fsuid follows the euid. */
export function withUserIds(cred: Cred, ids: UserIds): Cred {
  let { capEffective, capPermitted } = cred;
  const wasRoot = cred.ruid === 0 || cred.euid === 0 || cred.suid === 0;
  const isRoot = ids.ruid === 0 || ids.euid === 0 || ids.suid === 0;
  if (wasRoot && !isRoot) {
    capPermitted = 0n;
    capEffective = 0n;
  }
  if (cred.euid === 0 && ids.euid !== 0) capEffective = 0n;
  if (cred.euid !== 0 && ids.euid === 0) capEffective = capPermitted;
  return { ...cred, ...ids, uid: ids.euid, capEffective, capPermitted };
}

export function withGroupIds(cred: Cred, ids: { rgid: number; egid: number; sgid: number }): Cred {
  return { ...cred, ...ids, gid: ids.egid };
}

/** execve: the saved ids become the effective ones; a root program gets all capabilities, another loses them. */
export function credAfterExec(cred: Cred): Cred {
  const root = cred.euid === 0 || cred.ruid === 0;
  const capPermitted = root ? ALL_CAPABILITIES : 0n;
  return {
    ...cred,
    suid: cred.euid,
    sgid: cred.egid,
    uid: cred.euid,
    gid: cred.egid,
    capPermitted,
    capEffective: cred.euid === 0 ? capPermitted : 0n,
  };
}
