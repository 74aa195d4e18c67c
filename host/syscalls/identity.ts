import { EFAULT, EINVAL, EPERM, ESRCH } from '../../assembly/shared/errno.js';
import * as C from '../kernel/credentials.js';
import type { Thread } from '../kernel/thread.js';
import { row } from './row.js';

const NO_CHANGE = 0xffffffff;
const GROUPS_MAX = 65536;
const LINUX_CAPABILITY_VERSION_1 = 0x19980330;
const LINUX_CAPABILITY_VERSION_2 = 0x20071026;
const LINUX_CAPABILITY_VERSION_3 = 0x20080522;

/** A process that has become somebody else is no longer open to others of that user, and no longer dies with its parent. */
function become(t: Thread, cred: C.Cred): number {
  if (C.raisesPrivilege(t.cred, cred)) {
    t.process.dumpable = 0;
    t.process.parentDeathSignal = 0;
  }
  t.setCred(cred);
  return 0;
}

function setuid(t: Thread, uid: number): number {
  const { cred } = t;
  if (uid === NO_CHANGE) return -EINVAL;
  if (C.hasCapability(cred, C.CAP_SETUID)) return become(t, C.withUserIds(cred, { ruid: uid, euid: uid, suid: uid }));
  if (uid !== cred.ruid && uid !== cred.suid) return -EPERM;
  return become(t, C.withUserIds(cred, { ruid: cred.ruid, euid: uid, suid: cred.suid }));
}

function setgid(t: Thread, gid: number): number {
  const { cred } = t;
  if (gid === NO_CHANGE) return -EINVAL;
  if (C.hasCapability(cred, C.CAP_SETGID)) return become(t, C.withGroupIds(cred, { rgid: gid, egid: gid, sgid: gid }));
  if (gid !== cred.rgid && gid !== cred.sgid) return -EPERM;
  return become(t, C.withGroupIds(cred, { rgid: cred.rgid, egid: gid, sgid: cred.sgid }));
}

/** -1 keeps an id. The saved id follows the effective one when the real one is set or the effective one is not the old real one. */
function setreuid(t: Thread, r: number, e: number): number {
  const { cred } = t;
  const may = C.hasCapability(cred, C.CAP_SETUID);
  const ruid = r === NO_CHANGE ? cred.ruid : r;
  const euid = e === NO_CHANGE ? cred.euid : e;
  if (!may && r !== NO_CHANGE && ruid !== cred.ruid && ruid !== cred.euid) return -EPERM;
  if (!may && e !== NO_CHANGE && ![cred.ruid, cred.euid, cred.suid].includes(euid)) return -EPERM;
  const suid = r !== NO_CHANGE || (e !== NO_CHANGE && euid !== cred.ruid) ? euid : cred.suid;
  return become(t, C.withUserIds(cred, { ruid, euid, suid }));
}

function setregid(t: Thread, r: number, e: number): number {
  const { cred } = t;
  const may = C.hasCapability(cred, C.CAP_SETGID);
  const rgid = r === NO_CHANGE ? cred.rgid : r;
  const egid = e === NO_CHANGE ? cred.egid : e;
  if (!may && r !== NO_CHANGE && rgid !== cred.rgid && rgid !== cred.egid) return -EPERM;
  if (!may && e !== NO_CHANGE && ![cred.rgid, cred.egid, cred.sgid].includes(egid)) return -EPERM;
  const sgid = r !== NO_CHANGE || (e !== NO_CHANGE && egid !== cred.rgid) ? egid : cred.sgid;
  return become(t, C.withGroupIds(cred, { rgid, egid, sgid }));
}

function setresuid(t: Thread, r: number, e: number, s: number): number {
  const { cred } = t;
  const [ruid, euid, suid] = pick([r, e, s], [cred.ruid, cred.euid, cred.suid]);
  const allowed = [cred.ruid, cred.euid, cred.suid];
  if (ruid === cred.ruid && suid === cred.suid && (e === NO_CHANGE || (euid === cred.euid && euid === cred.uid))) return 0;
  if (!C.hasCapability(cred, C.CAP_SETUID) && ![ruid, euid, suid].every((id) => allowed.includes(id))) return -EPERM;
  return become(t, C.withUserIds(cred, { ruid, euid, suid }));
}

function setresgid(t: Thread, r: number, e: number, s: number): number {
  const { cred } = t;
  const [rgid, egid, sgid] = pick([r, e, s], [cred.rgid, cred.egid, cred.sgid]);
  const allowed = [cred.rgid, cred.egid, cred.sgid];
  if (rgid === cred.rgid && sgid === cred.sgid && (e === NO_CHANGE || (egid === cred.egid && egid === cred.gid))) return 0;
  if (!C.hasCapability(cred, C.CAP_SETGID) && ![rgid, egid, sgid].every((id) => allowed.includes(id))) return -EPERM;
  return become(t, C.withGroupIds(cred, { rgid, egid, sgid }));
}

function pick(wanted: readonly number[], current: readonly number[]): number[] {
  return wanted.map((id, i) => (id === NO_CHANGE ? current[i] : id));
}

function putIds(t: Thread, addresses: readonly number[], ids: readonly number[]): number {
  addresses.forEach((address, i) => {
    t.user.writeU32(address, ids[i]);
  });
  return 0;
}

/** Returns the old id, whether or not it was changed. */
function setfsuid(t: Thread, uid: number): number {
  const { cred } = t;
  const may = C.hasCapability(cred, C.CAP_SETUID) || [cred.ruid, cred.euid, cred.suid, cred.uid].includes(uid);
  if (uid !== NO_CHANGE && may) become(t, C.withFsUid(cred, uid));
  return cred.uid;
}

function setfsgid(t: Thread, gid: number): number {
  const { cred } = t;
  const may = C.hasCapability(cred, C.CAP_SETGID) || [cred.rgid, cred.egid, cred.sgid, cred.gid].includes(gid);
  if (gid !== NO_CHANGE && may) become(t, { ...cred, gid });
  return cred.gid;
}

function getgroups(t: Thread, size: number, list: number): number {
  const { groups } = t.cred;
  if (size < 0) return -EINVAL;
  if (size === 0) return groups.length;
  if (size < groups.length) return -EINVAL;
  groups.forEach((gid, i) => {
    t.user.writeU32(list + i * 4, gid);
  });
  return groups.length;
}

function setgroups(t: Thread, size: number, list: number): number {
  if (!C.hasCapability(t.cred, C.CAP_SETGID)) return -EPERM;
  if (size < 0 || size > GROUPS_MAX) return -EINVAL;
  const view = new DataView(t.user.read(list, size * 4).buffer);
  const groups = Array.from({ length: size }, (_, i) => view.getUint32(i * 4, true));
  if (groups.includes(NO_CHANGE)) return -EINVAL;
  return become(t, { ...t.cred, groups: groups.sort((a, b) => a - b) });
}

/** How many 32-bit words per set the header's version asks for; 0: unknown, and the kernel's own has been written into it. */
function capabilityWords(t: Thread, header: number): number {
  const version = t.user.readU32(header);
  if (version === LINUX_CAPABILITY_VERSION_1) return 1;
  if (version === LINUX_CAPABILITY_VERSION_2 || version === LINUX_CAPABILITY_VERSION_3) return 2;
  t.user.writeU32(header, LINUX_CAPABILITY_VERSION_3);
  return 0;
}

function capget(t: Thread, header: number, data: number): number {
  if (header === 0) return -EFAULT;
  const words = capabilityWords(t, header);
  if (words === 0) return data === 0 ? 0 : -EINVAL;
  const pid = t.user.readI32(header + 4);
  if (pid < 0) return -EINVAL;
  const target = pid === 0 ? t : t.kernel.threads.get(pid);
  if (target === undefined) return -ESRCH;
  if (data === 0) return 0;
  const { capEffective, capPermitted, capInheritable } = target.cred;
  for (let i = 0; i < words; i++) {
    [capEffective, capPermitted, capInheritable].forEach((set, k) => {
      t.user.writeU32(data + i * 12 + k * 4, Number((set >> BigInt(i * 32)) & 0xffffffffn));
    });
  }
  return 0;
}

function capset(t: Thread, header: number, data: number): number {
  const words = capabilityWords(t, header);
  if (words === 0) return -EINVAL;
  const pid = t.user.readI32(header + 4);
  if (pid !== 0 && pid !== t.tid) return -EPERM;
  const sets = [0n, 0n, 0n];
  for (let i = 0; i < words; i++) {
    for (let k = 0; k < 3; k++) sets[k] |= BigInt(t.user.readU32(data + i * 12 + k * 4)) << BigInt(i * 32);
  }
  const [capEffective, capPermitted, capInheritable] = sets.map((set) => set & C.ALL_CAPABILITIES);
  const { cred } = t;
  if ((capPermitted & ~cred.capPermitted) !== 0n || (capEffective & ~capPermitted) !== 0n) return -EPERM;
  const added = capInheritable & ~cred.capInheritable;
  if ((added & ~cred.capBounding) !== 0n) return -EPERM;
  if ((added & ~cred.capPermitted) !== 0n && !C.hasCapability(cred, C.CAP_SETPCAP)) return -EPERM;
  const capAmbient = cred.capAmbient & capPermitted & capInheritable;
  return become(t, { ...cred, capEffective, capPermitted, capInheritable, capAmbient });
}

export const identityRows = [
  row(90, 'capget', ['struct:cap_header', 'out:cap_data'], capget),
  row(91, 'capset', ['struct:cap_header', 'struct:cap_data'], capset),
  row(143, 'setregid', ['uid', 'uid'], setregid),
  row(144, 'setgid', ['uid'], setgid),
  row(145, 'setreuid', ['uid', 'uid'], setreuid),
  row(146, 'setuid', ['uid'], setuid),
  row(147, 'setresuid', ['uid', 'uid', 'uid'], setresuid),
  row(148, 'getresuid', ['out:uid', 'out:uid', 'out:uid'], (t, r, e, s) => putIds(t, [r, e, s], [t.cred.ruid, t.cred.euid, t.cred.suid])),
  row(149, 'setresgid', ['uid', 'uid', 'uid'], setresgid),
  row(150, 'getresgid', ['out:uid', 'out:uid', 'out:uid'], (t, r, e, s) => putIds(t, [r, e, s], [t.cred.rgid, t.cred.egid, t.cred.sgid])),
  row(151, 'setfsuid', ['uid'], setfsuid),
  row(152, 'setfsgid', ['uid'], setfsgid),
  row(158, 'getgroups', ['int', 'out:gids'], getgroups),
  row(159, 'setgroups', ['int', 'pointer'], setgroups),
  row(174, 'getuid', [], (t) => t.cred.ruid),
  row(175, 'geteuid', [], (t) => t.cred.euid),
  row(176, 'getgid', [], (t) => t.cred.rgid),
  row(177, 'getegid', [], (t) => t.cred.egid),
];
