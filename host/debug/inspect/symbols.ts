/** Addresses of symbols in a process: those of the ELF files that it maps, wherever they lie. */
import { VM_EXEC, VM_HEAP } from '../../../assembly/shared/mman.js';
import type { Process } from '../../kernel/process.js';
import { fileOf, type Vma, vmas } from '../../vfs/backends/proc-maps.js';
import type { Inode } from '../../vfs/types.js';
import { type ElfFile, SymbolMap } from '../elf.js';
import { readProgram } from '../symbolize.js';
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

/** Files are read once. Reading fills the page cache of the machine that is looked at: what was not there before is dropped again. */
export class Symbols {
  readonly #files = new Map<Inode, ElfFile | undefined>();

  /** Where the process has what is asked for; undefined: no file that it maps knows the symbol. */
  find(process: Process, { symbol, offset }: AddressText): number | undefined {
    if (symbol === undefined) return offset;
    const view = viewSpace(process);
    for (const vma of vmas(view.source, view.space)) {
      const elf = this.#elfOf(view, process, vma);
      const bias = elf === undefined ? undefined : biasOf(elf, vma);
      if (elf === undefined || bias === undefined) continue;
      const found = elf.symbols.filter((s) => s.name === symbol);
      if (found.length > 0) return (found.find((s) => s.global) ?? found[0]).address + bias + offset;
    }
    return undefined;
  }

  /** main+0x12. Data beyond a file's bytes lies in the anonymous mapping that follows the file's. */
  name(process: Process, address: number): string | undefined {
    const view = viewSpace(process);
    let last: { readonly elf: ElfFile; readonly bias: number; end: number } | undefined;
    for (const vma of vmas(view.source, view.space)) {
      const elf = this.#elfOf(view, process, vma);
      const bias = elf === undefined ? undefined : biasOf(elf, vma);
      if (elf !== undefined && bias !== undefined) last = { elf, bias, end: vma.end };
      else if (last?.end === vma.start && vma.object === 0 && (vma.flags & VM_HEAP) === 0) last.end = vma.end;
      else last = undefined;
      if (address < vma.end)
        return address < vma.start || last === undefined ? undefined : new SymbolMap(last.elf.symbols).name(address - last.bias);
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

  #elfOf(view: SpaceView, process: Process, vma: Vma): ElfFile | undefined {
    const { env } = process.kernel;
    const inode = vma.object === 0 ? undefined : env.pages.inodeOf(vma.object);
    if (inode === undefined || fileOf(view.source, vma) === undefined) return undefined;
    if (this.#files.has(inode)) return this.#files.get(inode);
    const { exports } = view.core;
    const present = new Set<number>();
    for (let i = exports.objectNextPresent(vma.object, 0); i >= 0; i = exports.objectNextPresent(vma.object, i + 1)) present.add(i);
    const elf = readProgram(env, inode);
    for (let i = exports.objectNextPresent(vma.object, 0); i >= 0; i = exports.objectNextPresent(vma.object, i + 1)) {
      if (!present.has(i)) exports.objectDropPages(vma.object, i, i + 1, 0);
    }
    this.#files.set(inode, elf);
    return elf;
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
