import { LOCK_NONE } from '../../assembly/shared/mman.js';
import { SPACE_STAT_MAJOR_FAULTS, SPACE_STAT_MINOR_FAULTS, SPACE_STAT_RESIDENT_PEAK } from '../../assembly/shared/stat.js';
import type { Core } from '../core/core.js';
import { type Pager, UserMemory } from '../core/user.js';
import type { Inode } from '../vfs/types.js';
import { MappedFiles } from './mappedfiles.js';
import { noUsage, type Usage } from './usage.js';
import { VmaNames } from './vmanames.js';

/** Where the parts of a program lie; what /proc/PID/stat and cmdline show and prctl(PR_SET_MM) would change. */
export interface ImageLayout {
  codeStart: number;
  codeEnd: number;
  dataStart: number;
  dataEnd: number;
  stackStart: number;
  argStart: number;
  argEnd: number;
  envStart: number;
  envEnd: number;
  /** Address of the auxiliary vector and its length. */
  auxStart: number;
  auxBytes: number;
  /** mmap searches downwards from here. */
  mmapBase: number;
  brkStart: number;
  /** Address of the vDSO, and of the code in it that signal handlers return to. */
  vdso: number;
  trampoline: number;
}

/** An unlimited stack still ends somewhere. */
const STACK_BYTES_MAX = 2 ** 37;

/**
 * An address space as the kernel counts it: one core space, shared by the threads of a process and by a vfork child until
 * it execs. The core space lives exactly as long as `references` is above 0.
 */
export class AddressSpace {
  references = 1;
  /** Names of anonymous mappings. */
  names = new VmaNames();
  private _lockNew = LOCK_NONE;
  readonly user: UserMemory;
  readonly layout: ImageLayout;
  /** Files that are executed in it: program and interpreter. */
  private readonly _images: Inode[] = [];
  /** The open file descriptions of its mappings: whom msync tells of errors. */
  readonly mappedFiles: MappedFiles;

  constructor(
    readonly core: Core,
    readonly handle: number,
    pager: Pager,
    layout?: ImageLayout,
  ) {
    this.user = new UserMemory(core, pager);
    this.user.space = handle;
    this.mappedFiles = new MappedFiles(core, handle);
    this.layout =
      layout !== undefined
        ? { ...layout }
        : {
            codeStart: 0,
            codeEnd: 0,
            dataStart: 0,
            dataEnd: 0,
            stackStart: 0,
            argStart: 0,
            argEnd: 0,
            envStart: 0,
            envEnd: 0,
            auxStart: 0,
            auxBytes: 0,
            mmapBase: 0,
            brkStart: 0,
            vdso: 0,
            trampoline: 0,
          };
  }

  /** The file is executed here: until the space is gone nobody may write it. */
  execute(inode: Inode): void {
    inode.executions++;
    this._images.push(inode);
  }

  /** mlockall(MCL_FUTURE): LOCK_* of mappings made from now on; a child begins with LOCK_NONE. */
  get lockNew(): number {
    return this._lockNew;
  }

  set lockNew(lock: number) {
    this._lockNew = lock;
    this.core.exports.spaceLockNew(this.handle, lock);
  }

  /** fork: what the parent executes the child does, too, and it has the same mappings. */
  inherit(parent: AddressSpace): void {
    for (const inode of parent._images) this.execute(inode);
    this.mappedFiles.inherit(parent.mappedFiles);
  }

  /** Tells the core where mmap and brk begin and how far the stack may grow. */
  applyLayout(stackLimitBytes: number): void {
    const limit = Math.min(stackLimitBytes, STACK_BYTES_MAX);
    this.core.exports.spaceSetLayout(this.handle, this.layout.mmapBase, this.layout.brkStart, limit);
  }

  retain(): AddressSpace {
    this.references++;
    return this;
  }

  usage(): Usage {
    const { exports } = this.core;
    return {
      ...noUsage(),
      minorFaults: exports.spaceStat(this.handle, SPACE_STAT_MINOR_FAULTS),
      majorFaults: exports.spaceStat(this.handle, SPACE_STAT_MAJOR_FAULTS),
      residentPeak: exports.spaceStat(this.handle, SPACE_STAT_RESIDENT_PEAK),
    };
  }

  release(): void {
    if (--this.references > 0) return;
    for (const inode of this._images.splice(0)) inode.executions--;
    this.core.exports.spaceRelease(this.handle);
  }
}
