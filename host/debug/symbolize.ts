import { VMA_OBJECT, VMA_OFFSET, VMA_START } from '../../assembly/shared/mman.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Process } from '../kernel/process.js';
import { check, Suspend, SysError } from '../linux/error.js';
import { O_RDONLY } from '../linux/fcntl.js';
import type { VfsEnvironment } from '../vfs/environment.js';
import { HostBuffer } from '../vfs/hostbuffer.js';
import { releaseFile } from '../vfs/openfile.js';
import type { Inode } from '../vfs/types.js';
import { type ElfFile, readElf } from './elf.js';

/** Which byte of which file is mapped at an address: stays true when the process is gone. */
export interface MappedPlace {
  readonly inode: Inode;
  readonly offset: number;
}

/** undefined: nothing, or no file, is mapped there. */
export function mappedPlace(kernel: Kernel, process: Process, address: number): MappedPlace | undefined {
  const { core } = kernel;
  const vma = core.exports.vmaFind(process.space.handle, address);
  if (vma === 0) return undefined;
  const start = core.readU64(vma + VMA_START);
  const inode = kernel.env.pages.inodeOf(core.u32[(vma + VMA_OBJECT) >>> 2]);
  if (address < start || inode === undefined) return undefined;
  return { inode, offset: core.readU64(vma + VMA_OFFSET) + (address - start) };
}

/** Larger files are not searched for a name. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;

/** undefined: no ELF file, or it can't be read now. */
export function readProgram(env: VfsEnvironment, inode: Inode): { readonly elf: ElfFile; readonly bytes: Uint8Array } | undefined {
  if (inode.size > FILE_BYTES_MAX) return undefined;
  try {
    const file = inode.open(O_RDONLY);
    try {
      const buffer = new HostBuffer(new Uint8Array(inode.size), env.pages);
      while (buffer.remaining > 0 && check(file.read(buffer, buffer.transferred)) > 0);
      const bytes = buffer.filled;
      const elf = readElf(bytes);
      return elf === undefined ? undefined : { elf, bytes };
    } finally {
      releaseFile(file);
    }
  } catch (error) {
    // A name is a convenience: a file that can't be read now has none.
    if (error instanceof SysError || error instanceof Suspend) return undefined;
    throw error;
  }
}
