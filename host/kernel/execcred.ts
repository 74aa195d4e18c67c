/** What a program's file makes of the credentials of who executes it (execve(2), capabilities(7)). */
import { EINVAL, EPERM } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import { MS_NOSUID } from '../linux/mount.js';
import { S_ISGID, S_ISUID } from '../linux/stat.js';
import type { Location } from '../vfs/dentry.js';
import { CAPABILITY_XATTR, type FileCapabilities, parseFileCapabilities } from '../vfs/filecaps.js';
import { ALL_CAPABILITIES, type Cred, SECBIT_KEEP_CAPS, SECBIT_NOROOT } from './credentials.js';

const GROUP_EXEC = 0o010;

export interface ExecCred {
  readonly cred: Cred;
  /** AT_SECURE: the program has rights that its caller has not. */
  readonly secure: boolean;
  /** A set-id bit or new capabilities: personality flags that help attackers go. */
  readonly clearsPersonality: boolean;
}

/** The ids and capability sets as they change during execve: `permitted` is the new one, the others as before. */
interface Draft {
  euid: number;
  egid: number;
  permitted: bigint;
  effective: boolean;
  hasFileCapabilities: boolean;
  setId: boolean;
}

function fileCapabilities({ inode, mount }: Location): FileCapabilities | undefined {
  if ((mount.flags & MS_NOSUID) !== 0) return undefined;
  const value = inode.getxattr?.(CAPABILITY_XATTR);
  if (value === undefined) return undefined;
  const found = parseFileCapabilities(value);
  if (found === undefined) throw new SysError(EINVAL, 'its security.capability attribute is malformed');
  return found.rootId === 0 ? found : undefined;
}

/** Set-id bits of the file: not from a nosuid mount, not after PR_SET_NO_NEW_PRIVS. */
function applyModeBits(draft: Draft, { inode, mount }: Location, noNewPrivileges: boolean): void {
  const { mode } = inode;
  if ((mount.flags & MS_NOSUID) !== 0 || noNewPrivileges) return;
  if ((mode & S_ISUID) !== 0) {
    draft.euid = inode.uid;
    draft.setId = true;
  }
  // Without group execution the bit once meant mandatory locking.
  if ((mode & (S_ISGID | GROUP_EXEC)) === (S_ISGID | GROUP_EXEC)) {
    draft.egid = inode.gid;
    draft.setId = true;
  }
}

/** EPERM: the file wants its effective capabilities, and the bounding set withholds one. */
function applyFileCapabilities(draft: Draft, old: Cred, file: FileCapabilities | undefined): void {
  if (file === undefined) return;
  const wanted = file.permitted & ALL_CAPABILITIES;
  draft.hasFileCapabilities = true;
  draft.effective = file.effective;
  draft.permitted = (old.capBounding & wanted) | (old.capInheritable & file.inheritable);
  if (file.effective && (wanted & ~draft.permitted) !== 0n) throw new SysError(EPERM);
}

/** Root's programs behave as if their files had all capabilities. */
function applyRoot(draft: Draft, old: Cred): void {
  if ((old.securebits & SECBIT_NOROOT) !== 0) return;
  // A set-user-ID root program with capabilities of its own gets those, unless root runs it.
  if (draft.hasFileCapabilities && old.ruid !== 0 && draft.euid === 0) return;
  if (draft.euid === 0 || old.ruid === 0) draft.permitted = old.capBounding | old.capInheritable;
  if (draft.euid === 0) draft.effective = true;
}

/** `location`: the file that is mapped; of a script, its interpreter. Throws EPERM, EINVAL. */
export function credAfterExec(old: Cred, location: Location, noNewPrivileges: boolean): ExecCred {
  const draft: Draft = { euid: old.euid, egid: old.egid, permitted: 0n, effective: false, hasFileCapabilities: false, setId: false };
  applyModeBits(draft, location, noNewPrivileges);
  applyFileCapabilities(draft, old, fileCapabilities(location));
  applyRoot(draft, old);
  const gained = (draft.permitted & ~old.capPermitted) !== 0n;
  const changesIds = draft.euid !== old.ruid || draft.egid !== old.rgid;
  if ((changesIds || gained) && noNewPrivileges) {
    draft.euid = old.ruid;
    draft.egid = old.rgid;
    draft.permitted &= old.capPermitted;
  }
  const capAmbient = draft.hasFileCapabilities || changesIds ? 0n : old.capAmbient;
  const capPermitted = draft.permitted | capAmbient;
  const { euid, egid } = draft;
  const cred: Cred = {
    ...old,
    euid,
    egid,
    suid: euid,
    sgid: egid,
    uid: euid,
    gid: egid,
    capPermitted,
    capAmbient,
    capEffective: draft.effective ? capPermitted : capAmbient,
    securebits: old.securebits & ~SECBIT_KEEP_CAPS,
  };
  const secure = changesIds || (old.ruid !== 0 && (draft.effective || (capPermitted & ~capAmbient) !== 0n));
  return { cred, secure, clearsPersonality: draft.setId || gained };
}
