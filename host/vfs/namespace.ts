import { EBUSY, EINVAL, ELOOP, ENOTDIR } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import type { PathContext } from './context.js';
import { Dentry, Location, Mount } from './dentry.js';
import type { VfsEnvironment } from './environment.js';
import { fileSystemUnmounted } from './notify.js';
import type { FileSystem, Inode } from './types.js';
import { type ResolveOptions, resolve } from './walk.js';

export interface MountOptions {
  /** Default false. */
  readonly readOnly?: boolean;
  /** First column of /proc/mounts; default the file system's name. */
  readonly source?: string;
  /** Default true: made by the embedder, whose read-only mounts stay so. */
  readonly fromHost?: boolean;
  readonly flags?: number;
  /** What of the file system is seen: a file or directory of it. Default its root. */
  readonly root?: Inode;
}

/** The mounts that make up one tree. */
export class Namespace {
  private readonly _mounts: Mount[] = [];
  /** What is mounted on a dentry, seen through which mount. Last = topmost. */
  private readonly _onTop = new Map<Dentry, Mount[]>();
  private readonly _internal = new Map<FileSystem, Mount>();
  private _lastId = 0;

  constructor(
    readonly env: VfsEnvironment,
    root: FileSystem,
    options: MountOptions = {},
  ) {
    this._mounts.push(this._make(root, new Dentry(undefined, '', root.root), options));
  }

  /** '/' of the tree. What is mounted over '/' hides it. */
  get root(): Location {
    return this.descend(this._mounts[0].location);
  }

  /** In the order of mounting: a parent comes before what is mounted below it. */
  get mounts(): readonly Mount[] {
    return this._mounts;
  }

  private _make(fs: FileSystem, root: Dentry, options: MountOptions, internal = false): Mount {
    const mount = new Mount(++this._lastId, fs, root, options.source ?? fs.name, options.readOnly ?? false, internal);
    mount.flags = options.flags ?? 0;
    mount.locked = mount.readOnlyMount && options.fromHost !== false;
    return mount;
  }

  /** mount(2): `fs` covers `at`, a directory (a file may be covered by a file). */
  mount(fs: FileSystem, at: Location, options: MountOptions = {}): Mount {
    return this._attach(this._make(fs, new Dentry(undefined, '', options.root ?? fs.root), options), at);
  }

  /** mount(MS_BIND): what is at `from` is seen at `at`, too. */
  bind(from: Location, at: Location, options: MountOptions = {}): Mount {
    if (from.mount.internal) throw new SysError(EINVAL);
    return this._attach(this._copy(from.mount, from.dentry, options), at);
  }

  /** mount(MS_BIND | MS_REC): with what is mounted below `from`, as it was before. */
  bindTree(from: Location, at: Location, options: MountOptions = {}): Mount {
    const below = this._below(from.mount).filter((mount) => mount.parent?.mount !== from.mount || isUnder(mount, from));
    const copies = new Map([[from.mount, this.bind(from, at, options)]]);
    for (const mount of below) {
      const parent = mount.parent && copies.get(mount.parent.mount);
      if (mount.parent === undefined || parent === undefined) continue;
      copies.set(mount, this._attach(this._copy(mount, mount.root, options), new Location(parent, mount.parent.dentry)));
    }
    return copies.get(from.mount) as Mount;
  }

  /** What the first mount may not do, the copy may not either. */
  private _copy({ fs, source, readOnlyMount, flags, locked }: Mount, root: Dentry, options: MountOptions): Mount {
    const copy = this._make(fs, root, { source, readOnly: readOnlyMount, flags, ...options });
    copy.locked ||= locked;
    return copy;
  }

  /** All that is mounted on a mount, and on that in turn: parents first. */
  private _below(top: Mount): Mount[] {
    const found = new Set([top]);
    for (const mount of this._mounts) if (mount.parent !== undefined && found.has(mount.parent.mount)) found.add(mount);
    found.delete(top);
    return [...found];
  }

  /** mount(MS_MOVE). EINVAL: `from` is no mount, or the tree's root; ELOOP: into itself. */
  move(from: Location, at: Location): void {
    const { mount } = from;
    if (from.dentry !== mount.root || mount.parent === undefined) throw new SysError(EINVAL);
    if (mount.root.isDirectory !== at.dentry.isDirectory) throw new SysError(ENOTDIR);
    const tree = [mount, ...this._below(mount)];
    if (tree.includes(at.mount)) throw new SysError(ELOOP);
    const children = tree.slice(1);
    this._detach(mount);
    this._attach(mount, at);
    // Parents stay before their children.
    for (const child of children) {
      this._mounts.splice(this._mounts.indexOf(child), 1);
      this._mounts.push(child);
    }
  }

  private _detach(mount: Mount): void {
    const under = mount.parent;
    if (under === undefined) return;
    const stack = (this._onTop.get(under.dentry) ?? []).filter((other) => other !== mount);
    if (stack.length === 0) this._onTop.delete(under.dentry);
    else this._onTop.set(under.dentry, stack);
    under.dentry.mounts--;
    this._mounts.splice(this._mounts.indexOf(mount), 1);
    mount.parent = undefined;
  }

  private _attach(mount: Mount, at: Location): Mount {
    if (mount.root.isDirectory !== at.dentry.isDirectory) throw new SysError(ENOTDIR);
    if (at.mount.internal) throw new SysError(EINVAL);
    const under = this.descend(at);
    mount.parent = under;
    const stack = this._onTop.get(under.dentry);
    if (stack === undefined) this._onTop.set(under.dentry, [mount]);
    else stack.push(mount);
    under.dentry.mounts++;
    this._mounts.push(mount);
    return mount;
  }

  /** umount(2) of what `at` shows. EINVAL: not the root of a mount; EBUSY: the tree's root, or something is mounted below. */
  unmount(at: Location, lazily = false): void {
    const { mount } = at;
    if (at.dentry !== mount.root || mount.internal) throw new SysError(EINVAL);
    const under = mount.parent;
    const below = this._below(mount);
    if (under === undefined || (!lazily && below.length > 0)) throw new SysError(EBUSY);
    for (const gone of [...below.reverse(), mount]) {
      gone.fs.sync();
      this._detach(gone);
      if (!this._mounts.some((other) => other.fs === gone.fs)) fileSystemUnmounted(gone.fs);
    }
  }

  /** From a covered directory to what covers it. */
  descend(location: Location): Location {
    let at = location;
    while (at.dentry.mounts > 0) {
      const top = this._onTop.get(at.dentry)?.findLast((mount) => mount.parent?.mount === at.mount);
      if (top === undefined) break;
      at = top.location;
    }
    return at;
  }

  /** Something is mounted on this dentry: it can't be removed or renamed. */
  isMountPoint(dentry: Dentry): boolean {
    return dentry.mounts > 0;
  }

  /** A place for an inode that has no name in the tree: a pipe, a memfd. `label` is what /proc/self/fd shows. */
  internalLocation(fs: FileSystem, inode: Inode, label: string): Location {
    let mount = this._internal.get(fs);
    if (mount === undefined) {
      mount = this._make(fs, new Dentry(undefined, '', fs.root), {}, true);
      this._internal.set(fs, mount);
    }
    return new Location(mount, new Dentry(undefined, label, inode));
  }

  /** What a path names; see walk.ts. */
  resolve(ctx: PathContext, start: Location, path: string, options?: ResolveOptions): Location {
    return resolve(ctx, start, path, options);
  }

  /** sync(2) */
  sync(): void {
    for (const fs of new Set(this._mounts.map((mount) => mount.fs))) fs.sync();
  }

  /** Everything dirty to its medium; returns the first failure. Suspend: call again. */
  writeBack(): SysError | undefined {
    let failure: SysError | undefined;
    for (const fs of new Set(this._mounts.map((mount) => mount.fs))) {
      const error = fs.writeBack?.();
      failure ??= error;
    }
    return failure;
  }
}

/** Is the place that a mount covers at `from` or below it? */
function isUnder(mount: Mount, from: Location): boolean {
  return mount.parent?.mount === from.mount && mount.parent.dentry.isWithin(from.dentry);
}
