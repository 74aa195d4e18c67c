import { ENXIO } from '../../assembly/shared/errno.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { AnonymousInode, anonymousFileSystems, placeAnonymous } from '../vfs/anonymous.js';
import type { OpenFile } from '../vfs/types.js';
import { descriptorLimit } from './lookup.js';

/** An inode that only its descriptor leads to. */
export class DescriptorInode extends AnonymousInode {
  override open(_flags: number): OpenFile {
    throw new SysError(ENXIO);
  }
}

/** For a file that is only ever a descriptor. EMFILE comes before anything is made. */
export function descriptorInode(t: Thread): DescriptorInode {
  const { env } = t.fs.namespace;
  t.files.requireFree(1, descriptorLimit(t));
  return new DescriptorInode(env, anonymousFileSystems(env).others, 0o600);
}

/** Gives a new file of such an inode a descriptor; readlink(/proc/self/fd/N) shows 'anon_inode:[label]'. */
export function installAnonymous(t: Thread, file: OpenFile, label: string, cloexec: boolean): number {
  placeAnonymous(t.fs.namespace, file, `anon_inode:[${label}]`);
  return t.files.install(file, cloexec, 0, descriptorLimit(t));
}
