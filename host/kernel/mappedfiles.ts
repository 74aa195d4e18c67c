import type { PagedInode } from '../vfs/pagedinode.js';
import type { OpenFile } from '../vfs/types.js';

const PRUNE_MIN = 64;

/**
 * The open file descriptions behind an address space's mappings. They may be closed: then they only tell which errors of their file were
 * told already. One for each file: who maps it through two descriptions is told of errors through the later one.
 */
export class MappedFiles {
  #files = new Map<PagedInode, OpenFile>();
  #pruneAt = PRUNE_MIN;

  set(inode: PagedInode, file: OpenFile): void {
    this.#files.set(inode, file);
    if (this.#files.size <= this.#pruneAt) return;
    // What no space maps any more is held by its inode alone.
    for (const known of this.#files.keys()) if (known !== inode && !known.isMapped) this.#files.delete(known);
    this.#pruneAt = Math.max(PRUNE_MIN, this.#files.size * 2);
  }

  get(inode: PagedInode): OpenFile | undefined {
    return this.#files.get(inode);
  }

  inherit(parent: MappedFiles): void {
    this.#files = new Map(parent.#files);
    this.#pruneAt = parent.#pruneAt;
  }
}
