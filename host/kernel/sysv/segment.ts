import { VMA_END, VMA_OBJECT, VMA_OFFSET, VMA_START } from '../../../assembly/shared/mman.js';
import { S_IFREG } from '../../linux/stat.js';
import type { MemoryFileSystem } from '../../vfs/backends/memory.js';
import type { VfsEnvironment } from '../../vfs/environment.js';
import { releaseFile } from '../../vfs/openfile.js';
import type { PagedInode } from '../../vfs/pagedinode.js';
import type { OpenFile } from '../../vfs/types.js';
import type { Process } from '../process.js';
import type { IpcPermissions } from './table.js';

const O_RDWR = 2;

/**
 * A segment of shared memory (shmget(2)): a memory file without a name. Times are seconds since 1970. Attachments are not counted
 * but looked up: each is a reference that a mapping holds on the file's object, whichever way it came (fork) or goes (munmap, exit).
 */
export class SharedSegment {
  attachTime = 0;
  detachTime = 0;
  lastPid = 0;
  /** Whose locked memory it counts as while it is locked (SHM_LOCK). */
  lockedBy: number | undefined = undefined;
  readonly file: OpenFile;
  readonly inode: PagedInode;
  private _held = true;

  /** ENOMEM, ENOSPC of the file system. */
  constructor(
    readonly env: VfsEnvironment,
    fs: MemoryFileSystem,
    readonly permissions: IpcPermissions,
    readonly bytes: number,
    readonly creator: number,
    public changeTime: number,
    fileBytes = bytes,
  ) {
    const { mode, cuid, cgid } = permissions;
    const inode = fs.root.createUnnamed({ mode: S_IFREG | mode, uid: cuid, gid: cgid }, false) as PagedInode;
    this.file = inode.open(O_RDWR);
    this.file.refs = 1;
    this.inode = inode;
    try {
      this.file.truncate(fileBytes);
      this.object = inode.object;
    } catch (error) {
      releaseFile(this.file);
      throw error;
    }
    inode.mapped = true;
  }

  /** The core's handle, good as long as the segment is not gone. */
  readonly object: number;

  get attachments(): number {
    return this.gone ? 0 : this.env.core.exports.objectReferences(this.object) - (this._held ? 1 : 0);
  }

  get pagesPresent(): number {
    return this.gone ? 0 : this.inode.pagesPresent;
  }

  get pagesSwapped(): number {
    return this.gone ? 0 : this.inode.pagesSwapped;
  }

  /** Only mappings keep it from now on: with the last of them the memory is free. */
  release(): void {
    if (!this._held) return;
    this._held = false;
    releaseFile(this.file);
  }

  /** It was released, and nobody maps it any more. */
  get gone(): boolean {
    if (this._held) return false;
    this.env.pages.forgetFreed();
    return this.env.pages.inodeOf(this.object) !== this.inode;
  }
}

export interface SegmentMapping {
  readonly start: number;
  readonly end: number;
  /** Bytes into the segment. */
  readonly offset: number;
}

/** Where a process has a segment attached, or parts of it, by address. */
export function mappingsOf({ kernel, space }: Process, segment: SharedSegment): SegmentMapping[] {
  const { core } = kernel;
  const found: SegmentMapping[] = [];
  if (segment.attachments === 0) return found;
  for (let vma = core.exports.vmaFind(space.handle, 0); vma !== 0; vma = core.exports.vmaNext(space.handle, vma)) {
    if (core.u32[(vma + VMA_OBJECT) >>> 2] !== segment.object) continue;
    found.push({ start: core.readU64(vma + VMA_START), end: core.readU64(vma + VMA_END), offset: core.readU64(vma + VMA_OFFSET) });
  }
  return found;
}
