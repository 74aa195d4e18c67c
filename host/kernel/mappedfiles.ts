import type { PagedInode } from '../vfs/pagedinode.js';
import type { OpenFile } from '../vfs/types.js';

const PRUNE_MIN = 64;

/**
 * The open file descriptions behind an address space's mappings. They may be closed: then they only tell which errors of their file were
 * told already. One for each file: who maps it through two descriptions is told of errors through the later one.
 */
export class MappedFiles {
  private _files = new Map<PagedInode, OpenFile>();
  private _pruneAt = PRUNE_MIN;

  set(inode: PagedInode, file: OpenFile): void {
    this._files.set(inode, file);
    if (this._files.size <= this._pruneAt) return;
    // What no space maps any more is held by its inode alone.
    for (const known of this._files.keys()) if (known !== inode && !known.isMapped) this._files.delete(known);
    this._pruneAt = Math.max(PRUNE_MIN, this._files.size * 2);
  }

  get(inode: PagedInode): OpenFile | undefined {
    return this._files.get(inode);
  }

  inherit(parent: MappedFiles): void {
    this._files = new Map(parent._files);
    this._pruneAt = parent._pruneAt;
  }
}
