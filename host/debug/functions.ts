/** Names of guest code, as tools show it. */
import { VMA_START } from '../../assembly/shared/mman.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Process } from '../kernel/process.js';
import { displayPath } from '../vfs/dentry.js';
import type { Inode } from '../vfs/types.js';
import { fileAddress, type ProgramFile, ProgramFiles } from './programs.js';
import { mappedPlace } from './symbolize.js';

const PAGE = 4096;

/** A guest function, or what stands for one where there is no name. */
export interface ProfiledFunction {
  readonly name: string;
  /** Path of its file inside the machine, '' when it is in none. */
  readonly file: string;
  /** Address in the file. */
  readonly address: number;
}

/** Each function is one object, whoever asks. */
export class Functions {
  readonly files: ProgramFiles;
  readonly #named = new Map<string, ProfiledFunction>();
  readonly #byInode = new Map<Inode, Map<number, ProfiledFunction>>();

  constructor(private readonly kernel: Kernel) {
    this.files = new ProgramFiles(kernel.env);
  }

  named(name: string, file: string, address: number): ProfiledFunction {
    const key = `${name} ${file} ${address}`;
    let found = this.#named.get(key);
    if (found === undefined) this.#named.set(key, (found = { name, file, address }));
    return found;
  }

  /** What a process executes at pc. */
  at(process: Process, pc: number): ProfiledFunction {
    const place = mappedPlace(this.kernel, process, pc);
    if (place === undefined) return this.elsewhere(process, pc);
    const file = this.files.get(place.inode);
    const address = file === undefined ? undefined : fileAddress(file.elf, place.offset);
    return this.inFile(place.inode, file, address ?? place.offset);
  }

  inFile(inode: Inode, file: ProgramFile | undefined, address: number): ProfiledFunction {
    let functions = this.#byInode.get(inode);
    if (functions === undefined) this.#byInode.set(inode, (functions = new Map()));
    const known = file?.frames?.find(address);
    const covering = file?.symbols.covering(address);
    // Stripped files have symbols of what they export only: the last one before is another function's.
    const symbol = known !== undefined && covering !== undefined && covering.address < known.start ? undefined : covering;
    const start = symbol?.address ?? known?.start ?? address - (address % PAGE);
    let found = functions.get(start);
    if (found === undefined) {
      const location = this.kernel.mapped.get(inode);
      const path = location === undefined ? '' : displayPath(location, this.kernel.cpu.loaded?.fs.root ?? location);
      found = this.named(symbol?.name ?? `${path.replace(/^.*\//, '')}@0x${start.toString(16)}`, path, start);
      functions.set(start, found);
    }
    return found;
  }

  /** Code that is in no file: made at run time, or the vDSO. */
  elsewhere(process: Process, pc: number): ProfiledFunction {
    const { core } = this.kernel;
    const vma = core.exports.vmaFind(process.space.handle, pc);
    const start = vma === 0 ? pc - (pc % PAGE) : core.readU64(vma + VMA_START);
    return this.named(process.space.layout.vdso === start ? '[vdso]' : `[anonymous 0x${start.toString(16)}]`, '', start);
  }
}
