/** A file on a medium in an array. */
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { S_IFREG } from '../../host/linux/stat.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import type { Backing } from '../../host/vfs/backing.js';
import type { VfsEnvironment } from '../../host/vfs/environment.js';
import { PagedInode } from '../../host/vfs/pagedinode.js';
import type { FileSystem, Timestamp } from '../../host/vfs/types.js';

/** A disk in an array that counts and can fail. */
export class Disk implements Backing {
  readonly reads: number[] = [];
  readonly writes: number[] = [];
  syncs = 0;
  fail: (() => void) | undefined;

  /** Calls that read. */
  requests = 0;
  readPages?: (first: number, into: readonly Uint8Array[]) => void;

  /** batched: it gives neighbouring pages at once. */
  constructor(
    public bytes: Uint8Array,
    batched = false,
  ) {
    if (!batched) return;
    this.readPages = (first, into): void => {
      this.requests++;
      for (const [i, page] of into.entries()) this.#read(first + i, page);
    };
  }

  #read(index: number, into: Uint8Array): void {
    this.fail?.();
    this.reads.push(index);
    into.set(this.bytes.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE));
  }

  readPage(index: number, into: Uint8Array): void {
    this.requests++;
    this.#read(index, into);
  }

  writePage(index: number, bytes: Uint8Array, length: number): void {
    this.fail?.();
    this.writes.push(index);
    const end = index * PAGE_SIZE + length;
    if (end > this.bytes.length) this.setSize(end);
    this.bytes.set(bytes.subarray(0, length), index * PAGE_SIZE);
  }

  setSize(bytes: number): void {
    const next = new Uint8Array(bytes);
    next.set(this.bytes.subarray(0, bytes));
    this.bytes = next;
  }

  sync(): void {
    this.syncs++;
  }
}

export class DiskFile extends PagedInode {
  readonly fs: FileSystem;
  readonly ino = 1;
  mode = S_IFREG | 0o644;
  uid = 0;
  gid = 0;
  nlink = 1;
  atime: Timestamp = { sec: 0, nsec: 0 };
  mtime: Timestamp = { sec: 0, nsec: 0 };
  ctime: Timestamp = { sec: 0, nsec: 0 };

  constructor(
    env: VfsEnvironment,
    readonly disk: Disk,
  ) {
    super(env, disk, disk.bytes.length);
    this.fs = new MemoryFileSystem(env);
  }
}
