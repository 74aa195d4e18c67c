/** Text of the files of /proc/PID that list mounts. */
import { MS_NOATIME, MS_NODEV, MS_NODIRATIME, MS_NOEXEC, MS_NOSUID } from '../../linux/mount.js';
import type { ProcMount } from './proc-source.js';

/** Blanks, newlines, backslashes and '#' as octal, so that columns stay columns. */
function mangle(text: string): string {
  return text.replace(/[ \t\n\\#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

const MOUNT_WORDS: readonly (readonly [flag: number, word: string])[] = [
  [MS_NOSUID, 'nosuid'],
  [MS_NODEV, 'nodev'],
  [MS_NOEXEC, 'noexec'],
  [MS_NOATIME, 'noatime'],
  [MS_NODIRATIME, 'nodiratime'],
];

function mountOptions(mount: ProcMount): string {
  const { flags = 0 } = mount;
  const words = MOUNT_WORDS.filter(([flag]) => (flags & flag) !== 0).map(([, word]) => word);
  return [mount.readOnly ? 'ro' : 'rw', ...words, ...((flags & MS_NOATIME) === 0 ? ['relatime'] : [])].join(',');
}

/** What the mount and what the file system was told, as one list. */
function allOptions(mount: ProcMount): string {
  return [mountOptions(mount), ...(mount.options ?? [])].join(',');
}

export function mountsText(mounts: readonly ProcMount[]): string {
  return mounts.map((m) => `${mangle(m.source)} ${mangle(m.target)} ${m.type} ${allOptions(m)} 0 0\n`).join('');
}

export function mountinfoText(mounts: readonly ProcMount[]): string {
  return mounts
    .map((m) => {
      const dev = `${(m.dev >>> 8) & 0xfff}:${(m.dev & 0xff) | ((m.dev >>> 12) & 0xfff00)}`;
      const left = `${m.id} ${m.parentId} ${dev} ${mangle(m.rootPath)} ${mangle(m.target)} ${mountOptions(m)}`;
      return `${left} - ${m.type} ${mangle(m.source)} ${[m.readOnly ? 'ro' : 'rw', ...(m.options ?? [])].join(',')}\n`;
    })
    .join('');
}

export function mountstatsText(mounts: readonly ProcMount[]): string {
  return mounts.map((m) => `device ${mangle(m.source)} mounted on ${mangle(m.target)} with fstype ${m.type}\n`).join('');
}
