import { EACCES, EEXIST, EINVAL, ENOENT, ENOSPC, EPERM } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { IPC_CREAT, IPC_EXCL, IPC_PLACES, IPC_PRIVATE, IPC_SEQUENCES } from '../../linux/ipc.js';
import { CAP_IPC_OWNER, CAP_SYS_ADMIN, type Cred, hasCapability } from '../credentials.js';

const PERMISSIONS = 0o777;
/** Places are handed out in turn among at least so many. */
const CYCLE_MIN = 64;

/** Who made an object and who may use it: struct ipc64_perm. */
export class IpcPermissions {
  uid: number;
  gid: number;
  readonly cuid: number;
  readonly cgid: number;

  constructor(
    public key: number,
    /** The nine permission bits; shared memory has flags above them. */
    public mode: number,
    readonly id: number,
    cred: Cred,
  ) {
    this.uid = this.cuid = cred.euid;
    this.gid = this.cgid = cred.egid;
  }

  get sequence(): number {
    return Math.floor(this.id / IPC_PLACES);
  }

  /** EACCES: none of the asked bits (in any of the three places) that this user lacks may be granted. */
  require(cred: Cred, asked: number): void {
    const requested = (asked >> 6) | (asked >> 3) | asked;
    let granted = this.mode;
    if (cred.euid === this.cuid || cred.euid === this.uid) granted >>= 6;
    else if (inGroup(cred, this.cgid) || inGroup(cred, this.gid)) granted >>= 3;
    if ((requested & ~granted & 7) !== 0 && !hasCapability(cred, CAP_IPC_OWNER)) throw new SysError(EACCES);
  }

  /** EPERM: only the owner and the creator change or remove an object. */
  requireOwner(cred: Cred): void {
    if (cred.euid !== this.cuid && cred.euid !== this.uid && !hasCapability(cred, CAP_SYS_ADMIN)) throw new SysError(EPERM);
  }

  /** IPC_SET */
  change(uid: number, gid: number, mode: number): void {
    this.uid = uid;
    this.gid = gid;
    this.mode = (this.mode & ~PERMISSIONS) | (mode & PERMISSIONS);
  }
}

function inGroup(cred: Cred, gid: number): boolean {
  return cred.egid === gid || cred.groups.includes(gid);
}

export interface IpcObject {
  readonly permissions: IpcPermissions;
}

/** All objects of one kind, by key and by id. Ids repeat late, as Linux's: places in turn, and a sequence number above them. */
export class IpcTable<T extends IpcObject> {
  private readonly _places = new Map<number, T>();
  private _last = -1;
  private _sequence = 0;

  constructor(
    readonly max: number,
    /** Forgets what has ended by itself; called before anything is looked up. */
    private readonly sweep?: () => void,
  ) {}

  get size(): number {
    return this._places.size;
  }

  /** In the order of their places. */
  values(): T[] {
    this.sweep?.();
    return [...this._places.keys()].sort((a, b) => a - b).map((place) => this._places.get(place) as T);
  }

  /** The highest place in use, 0 when there is none: what *_INFO calls return. */
  get highest(): number {
    this.sweep?.();
    return Math.max(0, ...this._places.keys());
  }

  /** EINVAL: there is no object with this id. */
  get(id: number): T {
    this.sweep?.();
    const object = id < 0 ? undefined : this._places.get(id % IPC_PLACES);
    if (object === undefined || object.permissions.id !== id) throw new SysError(EINVAL);
    return object;
  }

  /** By place, as *_STAT calls count: the sequence number is not looked at. EINVAL: the place is free. */
  at(place: number): T {
    this.sweep?.();
    const object = place < 0 ? undefined : this._places.get(place % IPC_PLACES);
    if (object === undefined) throw new SysError(EINVAL);
    return object;
  }

  /** The rule of all *get calls: finds by key or makes. `fits` throws when an object that is there is not what was asked for. */
  getOrMake(cred: Cred, key: number, flags: number, fits: (object: T) => void, make: (permissions: IpcPermissions) => T): number {
    this.sweep?.();
    const found = key === IPC_PRIVATE ? undefined : this._byKey(key);
    if (found !== undefined) {
      if ((flags & (IPC_CREAT | IPC_EXCL)) === (IPC_CREAT | IPC_EXCL)) throw new SysError(EEXIST);
      fits(found);
      found.permissions.require(cred, flags);
      return found.permissions.id;
    }
    if (key !== IPC_PRIVATE && (flags & IPC_CREAT) === 0) throw new SysError(ENOENT);
    const permissions = new IpcPermissions(key, flags & PERMISSIONS, this._nextId(), cred);
    const object = make(permissions);
    this._last = permissions.id % IPC_PLACES;
    this._sequence = permissions.sequence;
    this._places.set(this._last, object);
    return permissions.id;
  }

  remove(object: T): void {
    this._places.delete(object.permissions.id % IPC_PLACES);
  }

  private _byKey(key: number): T | undefined {
    for (const object of this._places.values()) if (object.permissions.key === key) return object;
    return undefined;
  }

  private _nextId(): number {
    const { size } = this._places;
    if (size >= this.max) throw new SysError(ENOSPC);
    const cycle = Math.min(Math.max(Math.floor((size * 3) / 2), CYCLE_MIN), IPC_PLACES);
    let place = this._last + 1 < cycle ? this._last + 1 : 0;
    while (this._places.has(place)) place = (place + 1) % cycle;
    const sequence = place > this._last ? this._sequence : (this._sequence + 1) % IPC_SEQUENCES;
    return sequence * IPC_PLACES + place;
  }
}
