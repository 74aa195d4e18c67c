/** Addresses of symbols in a process: those of the ELF files that it maps, wherever they lie. */
import { VM_EXEC, VM_HEAP } from '../../../assembly/shared/mman.js';
import type { Process } from '../../kernel/process.js';
import { fileOf, type Vma, vmas } from '../../vfs/backends/proc-maps.js';
import type { ElfFile } from '../elf.js';
import { type ProgramFile, ProgramFiles } from '../programs.js';
import { type SpaceView, viewSpace } from './capture.js';

/** SYMBOL, SYMBOL+8, SYMBOL-0x10, 0x1234, 4660. */
export interface AddressText {
  readonly symbol: string | undefined;
  readonly offset: number;
}

const NUMBER = /^(0x[0-9a-f]+|\d+)$/i;

/** undefined: neither a number nor a name. */
export function parseAddress(text: string): AddressText | undefined {
  if (NUMBER.test(text)) return Number.isSafeInteger(Number(text)) ? { symbol: undefined, offset: Number(text) } : undefined;
  const parts = /^([^\s+]+?)(?:([+-])(0x[0-9a-f]+|\d+))?$/i.exec(text);
  if (parts === null || /^\d/.test(parts[1])) return undefined;
  return { symbol: parts[1], offset: Number(parts[3] ?? 0) * (parts[2] === '-' ? -1 : 1) };
}

export class Symbols {
  #files: ProgramFiles | undefined = undefined;

  /** Where the process has what is asked for; undefined: no file that it maps knows the symbol. */
  find(process: Process, { symbol, offset }: AddressText): number | undefined {
    if (symbol === undefined) return offset;
    const view = viewSpace(process);
    for (const vma of vmas(view.source, view.space)) {
      const file = this.#fileOf(view, process, vma);
      const bias = file === undefined ? undefined : biasOf(file.elf, vma);
      if (file === undefined || bias === undefined) continue;
      const found = file.elf.symbols.filter((s) => s.name === symbol);
      if (found.length > 0) return (found.find((s) => s.global) ?? found[0]).address + bias + offset;
    }
    return undefined;
  }

  /** main+0x12. Data beyond a file's bytes lies in the anonymous mapping that follows the file's. */
  name(process: Process, address: number): string | undefined {
    const view = viewSpace(process);
    let last: { readonly file: ProgramFile; readonly bias: number; end: number } | undefined;
    for (const vma of vmas(view.source, view.space)) {
      const file = this.#fileOf(view, process, vma);
      const bias = file === undefined ? undefined : biasOf(file.elf, vma);
      if (file !== undefined && bias !== undefined) last = { file, bias, end: vma.end };
      else if (last?.end === vma.start && vma.object === 0 && (vma.flags & VM_HEAP) === 0) last.end = vma.end;
      else last = undefined;
      if (address < vma.end) return address < vma.start || last === undefined ? undefined : last.file.symbols.name(address - last.bias);
    }
    return undefined;
  }

  /** All that the process will ever map is there: one file, without an interpreter that could bring others. */
  isWhole(process: Process): boolean {
    const view = viewSpace(process);
    const objects = new Set<number>();
    for (const vma of vmas(view.source, view.space)) if (fileOf(view.source, vma) !== undefined) objects.add(vma.object);
    return objects.size === 1;
  }

  #fileOf(view: SpaceView, process: Process, vma: Vma): ProgramFile | undefined {
    const { env } = process.kernel;
    const inode = vma.object === 0 ? undefined : env.pages.inodeOf(vma.object);
    if (inode === undefined || fileOf(view.source, vma) === undefined) return undefined;
    this.#files ??= new ProgramFiles(env);
    return this.#files.get(inode);
  }
}

/** What is to be added to the addresses of a file where this mapping has it; undefined: it shows no segment. */
function biasOf(elf: ElfFile, vma: Vma): number | undefined {
  const end = vma.offset + (vma.end - vma.start);
  const segment = elf.segments.find(
    (s) => s.size > 0 && s.offset < end && s.offset + s.size > vma.offset && isExec(s.flags) === isExecutable(vma),
  );
  return segment === undefined ? undefined : vma.start - vma.offset + segment.offset - segment.address;
}

const PF_X = 1;
const isExec = (flags: number): boolean => (flags & PF_X) !== 0;
const isExecutable = (vma: Vma): boolean => (vma.flags & VM_EXEC) !== 0;
