import type { VfsEnvironment } from '../vfs/environment.js';
import { PagedInode } from '../vfs/pagedinode.js';
import type { Inode } from '../vfs/types.js';
import { type ElfFile, SymbolMap } from './elf.js';
import { type MappedPlace, readProgram } from './symbolize.js';
import { FrameTable } from './unwind.js';

/** An ELF file as tools look at it. */
export interface ProgramFile {
  readonly elf: ElfFile;
  readonly symbols: SymbolMap;
  /** How to get from a function to its caller. */
  readonly frames: FrameTable | undefined;
}

/**
 * ELF files that processes map, each read once. Reading fills the page cache of the machine that is looked at: what was not there before is
 * dropped again.
 */
export class ProgramFiles {
  readonly #files = new Map<Inode, ProgramFile | undefined>();

  constructor(private readonly env: VfsEnvironment) {}

  /** undefined: no ELF file, or it can't be read now. */
  get(inode: Inode): ProgramFile | undefined {
    if (this.#files.has(inode)) return this.#files.get(inode);
    const read = inode instanceof PagedInode ? this.#readAside(inode) : readProgram(this.env, inode);
    const file =
      read === undefined
        ? undefined
        : { elf: read.elf, symbols: new SymbolMap(read.elf.symbols), frames: FrameTable.of(read.elf, read.bytes) };
    this.#files.set(inode, file);
    return file;
  }

  /** "main+0x12": what the file calls the byte at `place`. */
  name(place: MappedPlace): string | undefined {
    const file = this.get(place.inode);
    const address = file === undefined ? undefined : fileAddress(file.elf, place.offset);
    return address === undefined ? undefined : file?.symbols.name(address);
  }

  #readAside(inode: PagedInode): ReturnType<typeof readProgram> {
    const { exports } = this.env.core;
    const { object } = inode;
    const present = new Set<number>();
    for (let i = exports.objectNextPresent(object, 0); i >= 0; i = exports.objectNextPresent(object, i + 1)) present.add(i);
    const read = readProgram(this.env, inode);
    for (let i = exports.objectNextPresent(object, 0); i >= 0; i = exports.objectNextPresent(object, i + 1)) {
      if (!present.has(i)) exports.objectDropPages(object, i, i + 1, 0);
    }
    return read;
  }
}

/** The address that a byte of an ELF file has before the file is moved; undefined: it lies in no segment. */
export function fileAddress(elf: ElfFile, offset: number): number | undefined {
  const segment = elf.segments.find((s) => offset >= s.offset && offset < s.offset + s.size);
  return segment === undefined ? undefined : segment.address + offset - segment.offset;
}
