/** /proc/PID/ns: the namespaces of a process. There is one of each kind, so every process is in the same ones. */
import { EACCES, EINVAL, EPERM } from '../../../assembly/shared/errno.js';
import type { UserMemory } from '../../core/user.js';
import { SysError } from '../../linux/error.js';
import * as N from '../../linux/namespace.js';
import { NSFS_MAGIC, S_IFDIR, S_IFLNK, S_IFREG } from '../../linux/stat.js';
import { AnonymousFileSystem } from '../anonymous.js';
import type { Location } from '../dentry.js';
import type { VfsEnvironment } from '../environment.js';
import { type FileSystem, Inode, type InodeChange, OpenFile, type Timestamp } from '../types.js';
import type { ProcSource } from './proc-source.js';
import type { Row, TaskView } from './proc-view.js';
import { SyntheticDirectory, type SyntheticEntries, SyntheticLink } from './synthetic.js';

interface Kind {
  /** As the link shows it: 'pid:[4026531836]'. */
  readonly label: string;
  /** CLONE_NEW* */
  readonly type: number;
  /** Those of the first namespaces, in Linux, too. */
  readonly ino: number;
}

const pid: Kind = { label: 'pid', type: N.CLONE_NEWPID, ino: 0xeffffffc };
const KINDS: Readonly<Record<string, Kind>> = {
  net: { label: 'net', type: N.CLONE_NEWNET, ino: 0xf0000000 },
  uts: { label: 'uts', type: N.CLONE_NEWUTS, ino: 0xeffffffe },
  ipc: { label: 'ipc', type: N.CLONE_NEWIPC, ino: 0xefffffff },
  pid,
  pid_for_children: pid,
  user: { label: 'user', type: N.CLONE_NEWUSER, ino: 0xeffffffd },
  mnt: { label: 'mnt', type: N.CLONE_NEWNS, ino: 0xf0000001 },
  cgroup: { label: 'cgroup', type: N.CLONE_NEWCGROUP, ino: 0xeffffffb },
};

/** Inode numbers of the links: these and the kind's index. */
const NS_KEYS = 2048;

export class NamespaceInode extends Inode {
  override readonly mode = S_IFREG | 0o444;
  override readonly uid = 0;
  override readonly gid = 0;
  override readonly nlink = 1;
  override readonly size = 0;
  override readonly atime: Timestamp;
  override readonly mtime: Timestamp;
  override readonly ctime: Timestamp;
  override readonly ino: number;

  constructor(
    override readonly fs: FileSystem,
    readonly kind: Kind,
    time: Timestamp,
  ) {
    super();
    this.ino = kind.ino;
    this.atime = this.mtime = this.ctime = time;
  }

  override open(flags: number): OpenFile {
    return new NamespaceFile(this, flags);
  }

  override setattr(_change: InodeChange): never {
    throw new SysError(EACCES);
  }
}

/** ioctl_ns(2) */
export class NamespaceFile extends OpenFile {
  constructor(
    readonly namespace: NamespaceInode,
    flags: number,
  ) {
    super(namespace, flags);
  }

  override ioctl(command: number, argument: number, user: UserMemory): number {
    const { type } = this.namespace.kind;
    const owner = type === N.CLONE_NEWUSER;
    switch (command) {
      case N.NS_GET_NSTYPE:
        return type;
      case N.NS_GET_OWNER_UID:
        if (!owner) return -EINVAL;
        user.writeU32(argument, 0);
        return 0;
      case N.NS_GET_PARENT:
        return owner || type === N.CLONE_NEWPID ? -EPERM : -EINVAL;
      case N.NS_GET_USERNS:
        // Shown to nobody, as to those in a user namespace of their own.
        return -EPERM;
      default:
        return super.ioctl(command, argument, user);
    }
  }
}

/** The namespaces' places, made once for a machine. */
export class Namespaces {
  private readonly _fs: AnonymousFileSystem;
  private readonly _time: Timestamp;
  private readonly _places = new Map<Kind, Location>();

  constructor(
    env: VfsEnvironment,
    readonly source: ProcSource,
  ) {
    this._fs = new AnonymousFileSystem(env, 'nsfs', NSFS_MAGIC);
    this._time = env.now();
  }

  place(kind: Kind): Location {
    let place = this._places.get(kind);
    if (place === undefined) {
      place = this.source.unnamed(this._fs, new NamespaceInode(this._fs, kind, this._time), label(kind));
      this._places.set(kind, place);
    }
    return place;
  }
}

function label(kind: Kind): string {
  return `${kind.label}:[${kind.ino}]`;
}

function entries(view: TaskView): SyntheticEntries {
  const names = Object.keys(KINDS);
  const inode = (name: string): Inode => {
    const follow = (): Location => {
      view.checkInspect();
      return view.namespaces.place(KINDS[name]);
    };
    const text = (): string => {
      view.checkInspect();
      return label(KINDS[name]);
    };
    return new SyntheticLink(view.place(0o777, NS_KEYS + names.indexOf(name)), text, follow);
  };
  return {
    lookup: (name) => (Object.hasOwn(KINDS, name) ? inode(name) : undefined),
    list: () => names.map((name) => ({ name, ino: inode(name).ino, type: S_IFLNK })),
  };
}

export const namespacesRow: Row = {
  name: 'ns',
  type: S_IFDIR,
  make: (view, key) => new SyntheticDirectory(view.place(0o511, key), entries(view)),
};
