/** Files that are not the machine's own (archives, folders of the host): by what they are called in snapshots. */
import { SysError } from '../linux/error.js';
import { OverlayFileSystem } from '../vfs/backends/overlay.js';
import { UnionFileSystem } from '../vfs/backends/union.js';
import { displayPath } from '../vfs/dentry.js';
import type { Namespace } from '../vfs/namespace.js';
import { type FileSystem, type ForeignFiles, Inode } from '../vfs/types.js';
import { SnapshotError } from './error.js';
import type { Anchor } from './graph-writer.js';

/** What is saved of their inodes, as far as they have it: what the kernel knows of their use. */
const STATE = [
  ...['opens', 'executions', 'marks', 'atime', 'mtime', 'ctime'],
  ...['mapped', 'errors', 'errorsSeen', 'readaheadMax', '_object', '_held', '_size', '_users', '_writtenByCall', '_mapReadahead'],
  ...['_opens', '_hostSize', '_hostMtimeNs', '_timesAhead', '_emptied'],
];

interface Medium extends ForeignFiles {
  readonly name: string;
  readonly fs: FileSystem;
}

export class Media {
  private readonly _byFileSystem = new Map<FileSystem, Medium>();

  constructor(namespace: Namespace) {
    for (const mount of namespace.mounts) this._add(mount.fs, displayPath(mount.location, namespace.root));
  }

  private _add(fs: FileSystem, path: string): void {
    if (fs instanceof OverlayFileSystem) this._add(fs.lower, path);
    if (fs instanceof UnionFileSystem) {
      this._add(fs.lower, `${path} (lower)`);
      this._add(fs.upper, `${path} (upper)`);
    }
    const { foreign } = fs;
    if (foreign === undefined || this._byFileSystem.has(fs)) return;
    const { label, pathOf, find } = foreign;
    this._byFileSystem.set(fs, { name: `${label} at ${path}`, fs, label, pathOf, find });
  }

  anchorOf(object: object): Anchor | undefined {
    const own = this._byFileSystem.get(object as FileSystem);
    if (own !== undefined) return { name: `medium:${own.name}`, saves: ['dev'] };
    if (!(object instanceof Inode)) return undefined;
    const medium = this._byFileSystem.get(object.fs);
    if (medium === undefined) return undefined;
    const path = medium.pathOf(object);
    if (path === undefined)
      throw new SnapshotError(`the machine can't be saved: a file of ${medium.name} that is in use has no name any more`);
    return { name: `file:${medium.name}:${path}`, saves: STATE.filter((key) => Object.hasOwn(object, key)) };
  }

  /** The file system, or the inode; undefined: the name is none of these. Throws SnapshotError. */
  anchored(name: string): object | undefined {
    const [kind] = name.split(':', 1);
    if (kind !== 'medium' && kind !== 'file') return undefined;
    const rest = name.slice(kind.length + 1);
    for (const medium of this._byFileSystem.values()) {
      if (kind === 'medium' && rest === medium.name) return medium.fs;
      if (kind === 'file' && rest.startsWith(`${medium.name}:`)) return this._find(medium, rest.slice(medium.name.length + 1));
    }
    throw new SnapshotError(`the snapshot needs ${kind === 'medium' ? rest : rest.split(':', 1)[0]}: it is to be given as root or mount`);
  }

  private _find(medium: Medium, path: string): Inode {
    let found: Inode | undefined;
    try {
      found = medium.find(path);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
    }
    if (found === undefined) throw new SnapshotError(`the snapshot needs the file ${path} of ${medium.name}, which is not there any more`);
    return found;
  }
}
