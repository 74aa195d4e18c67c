import type { Location } from './dentry.js';
import type { Namespace } from './namespace.js';
import type { Credentials } from './types.js';

interface FsState {
  root: Location;
  cwd: Location;
  umask: number;
}

export const UMASK_DEFAULT = 0o022;

/**
 * From where and as whom a task looks at the tree. Every thread has its own, because credentials are a thread's own; what CLONE_FS shares
 * (root, working directory, umask) lies behind it.
 */
export class PathContext {
  private readonly _state: FsState;

  private constructor(
    readonly namespace: Namespace,
    /** Whose permissions count: fsuid, fsgid. The owner keeps it up to date. */
    public cred: Credentials,
    state: FsState,
  ) {
    this._state = state;
  }

  static create(namespace: Namespace, cred: Credentials, root: Location = namespace.root, cwd: Location = root): PathContext {
    return new PathContext(namespace, cred, { root, cwd, umask: UMASK_DEFAULT });
  }

  /** clone(CLONE_FS): changes of root, cwd and umask are seen by both. Also: the same place with other eyes, as access(2) needs. */
  share(cred: Credentials = this.cred): PathContext {
    return new PathContext(this.namespace, cred, this._state);
  }

  /** clone without CLONE_FS, unshare(CLONE_FS), execve. */
  clone(cred: Credentials = this.cred): PathContext {
    return new PathContext(this.namespace, cred, { ...this._state });
  }

  get root(): Location {
    return this._state.root;
  }
  set root(location: Location) {
    this._state.root = location;
  }

  /** The working directory. */
  get cwd(): Location {
    return this._state.cwd;
  }
  set cwd(location: Location) {
    this._state.cwd = location;
  }

  get umask(): number {
    return this._state.umask;
  }
  set umask(mask: number) {
    this._state.umask = mask & 0o777;
  }
}
