/**
 * What is there before the first package, and what the maintainer scripts of the base packages would have made. Scripts themselves are
 * not run: they are programs of the root, and it may be made on any computer.
 */
import { encodeText } from '../../linux/text.js';
import { chooseAlternatives } from './alternatives.js';
import type { TargetAttributes } from './target.js';
import type { Unpacker } from './unpack.js';

const MERGED: readonly string[] = ['bin', 'sbin', 'lib'];

/** Directories that every root has, with their modes. */
const DIRECTORIES: readonly (readonly [path: string, mode: number])[] = [
  ['dev', 0o755],
  ['etc', 0o755],
  ['proc', 0o555],
  ['root', 0o700],
  ['run', 0o755],
  ['sys', 0o555],
  ['tmp', 0o1777],
  ['var/tmp', 0o1777],
  ['var/lib/dpkg/info', 0o755],
];

/** Files that postinst scripts copy from their package's share folder (base-passwd, base-files). */
const COPIES: readonly (readonly [to: string, from: string])[] = [
  ['/etc/passwd', '/usr/share/base-passwd/passwd.master'],
  ['/etc/group', '/usr/share/base-passwd/group.master'],
  ['/etc/nsswitch.conf', '/usr/share/base-files/nsswitch.conf'],
  ['/etc/profile', '/usr/share/base-files/profile'],
  ['/root/.bashrc', '/usr/share/base-files/dot.bashrc'],
  ['/root/.profile', '/usr/share/base-files/dot.profile'],
];

/** For what no package gave. */
const FALLBACKS: readonly (readonly [to: string, text: string])[] = [
  ['/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n'],
  ['/etc/group', 'root:x:0:\nnogroup:x:65534:\n'],
  ['/etc/hosts', '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n'],
  ['/etc/hostname', 'pagewalk\n'],
];

const PLAIN: TargetAttributes = { mode: 0o644, uid: 0, gid: 0, mtimeSec: 0 };

export function isCopied(path: string): boolean {
  return COPIES.some(([, from]) => from === path);
}

/** The merged /usr (Debian since 12): packages that still say /bin find /usr/bin. */
export async function prepareLayout(unpacker: Unpacker): Promise<void> {
  for (const name of MERGED) {
    await unpacker.directory(['usr', name]);
    await link(unpacker, `/${name}`, `usr/${name}`);
  }
}

/** `scripts`: the postinst of each package, which say what alternatives (awk, vi, editor) they are for. */
export async function finishLayout(unpacker: Unpacker, scripts: readonly string[]): Promise<void> {
  for (const [path, mode] of DIRECTORIES) await unpacker.directory(path.split('/'), { ...PLAIN, mode });
  for (const [to, from] of COPIES) {
    const bytes = unpacker.kept.get(from);
    if (bytes !== undefined) await addFile(unpacker, to, bytes);
  }
  for (const [to, text] of FALLBACKS) await addFile(unpacker, to, encodeText(text));
  for (const { link: at, name, path } of chooseAlternatives(scripts, (file) => unpacker.tree.find(file) !== undefined)) {
    await link(unpacker, `/etc/alternatives/${name}`, path);
    await link(unpacker, at, `/etc/alternatives/${name}`);
  }
}

/** Nothing that a package has put there is replaced. */
export async function addFile(unpacker: Unpacker, path: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
  if (unpacker.tree.find(path, false) !== undefined) return;
  const parts = path.split('/').filter(Boolean);
  const parent = await unpacker.directory(parts.slice(0, -1));
  const name = parts[parts.length - 1];
  unpacker.tree.put(parent.node, name, 'file', '');
  await unpacker.file([...parent.real, name], { ...PLAIN, mode }, bytes);
}

async function link(unpacker: Unpacker, path: string, target: string): Promise<void> {
  if (unpacker.tree.find(path, false) !== undefined) return;
  const parts = path.split('/').filter(Boolean);
  const parent = await unpacker.directory(parts.slice(0, -1));
  const name = parts[parts.length - 1];
  unpacker.tree.put(parent.node, name, 'symlink', '', target);
  await unpacker.target.symlink([...parent.real, name], { ...PLAIN, mode: 0o777 }, target);
}
