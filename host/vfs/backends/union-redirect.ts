/**
 * Directories of a union that were moved: what the lower one has of them is still where it was. A file in the upper one's directory says
 * where, under the name that would hide a name of no letters.
 */

import { EIO } from '../../../assembly/shared/errno.js';
import { check, SysError } from '../../linux/error.js';
import { O_RDONLY, O_RDWR } from '../../linux/fcntl.js';
import { S_IFREG } from '../../linux/stat.js';
import { decodeText, encodeText } from '../../linux/text.js';
import { HostBuffer } from '../hostbuffer.js';
import { releaseFile } from '../openfile.js';
import type { PageCache } from '../pager.js';
import type { Inode } from '../types.js';

/** Names that begin so are the union's own, in the upper one: with a name behind it, that name of the lower one is hidden. */
export const RESERVED = '.wh.';
const REDIRECT = RESERVED;
const UNFINISHED = `${RESERVED}.copy.redirect`;

/** The path in the lower one, from its root, that the directory was moved from; undefined: it was not. */
export function redirectOf(directory: Inode, pages: PageCache): string | undefined {
  const inode = directory.lookup(REDIRECT);
  if (inode === undefined) return undefined;
  const file = inode.open(O_RDONLY);
  try {
    const buffer = new HostBuffer(new Uint8Array(inode.size), pages);
    while (buffer.remaining > 0) if (check(file.read(buffer, buffer.transferred)) === 0) throw new SysError(EIO);
    return decodeText(buffer.bytes);
  } finally {
    releaseFile(file);
  }
}

/** What a machine that has stopped in the middle left behind. */
export function dropUnfinished(directory: Inode): void {
  if (directory.lookup(UNFINISHED) !== undefined) directory.unlink(UNFINISHED);
}

/** It is about to be moved. Once said it is true for good: the lower one does not change. */
export function setRedirect(directory: Inode, path: string, pages: PageCache): void {
  if (directory.lookup(REDIRECT) !== undefined) return;
  const inode = directory.lookup(UNFINISHED) ?? directory.create(UNFINISHED, { mode: S_IFREG | 0o600, uid: 0, gid: 0 });
  const file = inode.open(O_RDWR);
  try {
    const buffer = new HostBuffer(encodeText(path), pages);
    // Written anew, it would have to be waited for anew.
    if (inode.size !== buffer.remaining) while (buffer.remaining > 0) check(file.write(buffer, buffer.transferred));
    file.sync(false);
  } finally {
    releaseFile(file);
  }
  directory.rename(UNFINISHED, directory, REDIRECT, 0);
}

export function atPath(root: Inode, path: string): Inode | undefined {
  let at: Inode | undefined = root;
  for (const name of path.split('/')) if (name !== '') at = at?.lookup(name);
  return at;
}
