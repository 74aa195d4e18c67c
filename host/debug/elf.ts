/**
 * What tools want of an ELF file: sections and symbols. Separate from the loader, which looks at segments only. Reads any
 * bytes: what lies outside the file, or makes no sense, is left out.
 */
export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly entrySize: number;
}

/** A symbol of an ELF file. */
export interface ElfSymbol {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  readonly type: number;
  readonly global: boolean;
}

/** What is read of an ELF file. */
export interface ElfFile {
  readonly machine: number;
  readonly type: number;
  readonly entry: number;
  readonly sections: readonly ElfSection[];
  /** Defined, named ones. From .symtab, or .dynsym where that is all there is. */
  readonly symbols: readonly ElfSymbol[];
  /** Loadable segments, for files whose section headers are gone. */
  readonly segments: readonly ElfSegment[];
}

export interface ElfSegment {
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
}

export const EM_RISCV = 243;
export const SHF_EXECINSTR = 4;
export const SHT_NOBITS = 8;
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const STT_SECTION = 3;
const STT_FILE = 4;
const STT_TLS = 6;
const PT_LOAD = 1;
const SHDR_BYTES = 64;
const PHDR_BYTES = 56;
const SYM_BYTES = 24;

class Reader {
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  u16(at: number): number {
    return this.#view.getUint16(at, true);
  }
  u32(at: number): number {
    return this.#view.getUint32(at, true);
  }
  u64(at: number): number {
    return this.u32(at) + this.u32(at + 4) * 2 ** 32;
  }
  has(at: number, length: number): boolean {
    return at >= 0 && length >= 0 && at + length <= this.bytes.length;
  }
  /** NUL-terminated, within the file. */
  text(at: number): string {
    if (!this.has(at, 1)) return '';
    const end = this.bytes.indexOf(0, at);
    return new TextDecoder().decode(this.bytes.subarray(at, Math.min(end < 0 ? this.bytes.length : end, at + 4096)));
  }
}

/** Undefined when the bytes are not a 64-bit little-endian ELF file. */
export function readElf(bytes: Uint8Array): ElfFile | undefined {
  const reader = new Reader(bytes);
  if (!reader.has(0, 64) || reader.u32(0) !== 0x464c457f || bytes[4] !== 2 || bytes[5] !== 1) return undefined;
  const sections = readSections(reader);
  return {
    type: reader.u16(16),
    machine: reader.u16(18),
    entry: reader.u64(24),
    sections,
    symbols: readSymbols(reader, sections),
    segments: readSegments(reader),
  };
}

function readSections(reader: Reader): ElfSection[] {
  const at = reader.u64(40);
  const count = reader.u16(60);
  if (reader.u16(58) !== SHDR_BYTES || !reader.has(at, count * SHDR_BYTES)) return [];
  const sections: ElfSection[] = [];
  const names = at + reader.u16(62) * SHDR_BYTES;
  const namesAt = reader.has(names, SHDR_BYTES) ? reader.u64(names + 24) : 0;
  for (let i = 0, header = at; i < count; i++, header += SHDR_BYTES) {
    sections.push({
      name: reader.text(namesAt + reader.u32(header)),
      type: reader.u32(header + 4),
      flags: reader.u32(header + 8),
      address: reader.u64(header + 16),
      offset: reader.u64(header + 24),
      size: reader.u64(header + 32),
      link: reader.u32(header + 40),
      entrySize: reader.u64(header + 56),
    });
  }
  return sections;
}

function readSegments(reader: Reader): ElfSegment[] {
  const at = reader.u64(32);
  const count = reader.u16(56);
  if (reader.u16(54) !== PHDR_BYTES || !reader.has(at, count * PHDR_BYTES)) return [];
  const segments: ElfSegment[] = [];
  for (let i = 0, header = at; i < count; i++, header += PHDR_BYTES) {
    if (reader.u32(header) !== PT_LOAD) continue;
    const offset = reader.u64(header + 8);
    const size = reader.u64(header + 32);
    if (reader.has(offset, size)) segments.push({ flags: reader.u32(header + 4), address: reader.u64(header + 16), offset, size });
  }
  return segments;
}

function readSymbols(reader: Reader, sections: readonly ElfSection[]): ElfSymbol[] {
  const table = sections.find((s) => s.type === SHT_SYMTAB) ?? sections.find((s) => s.type === SHT_DYNSYM);
  const strings = table === undefined ? undefined : sections[table.link];
  if (table === undefined || strings === undefined || !reader.has(table.offset, table.size)) return [];
  const symbols: ElfSymbol[] = [];
  for (let at = table.offset; at + SYM_BYTES <= table.offset + table.size; at += SYM_BYTES) {
    const info = reader.bytes[at + 4];
    const type = info & 15;
    if (reader.u16(at + 6) === 0 || type === STT_SECTION || type === STT_FILE || type === STT_TLS) continue;
    const name = reader.text(strings.offset + reader.u32(at));
    // Mapping symbols ($x, $d) and compilers' temporaries name nothing that people know.
    if (name === '' || /^(\$|\.L)/.test(name)) continue;
    symbols.push({ name, address: reader.u64(at + 8), size: reader.u64(at + 16), type, global: info >>> 4 !== 0 });
  }
  return symbols;
}

/** Finds the symbol an address belongs to. */
export class SymbolMap {
  readonly #sorted: ElfSymbol[];

  constructor(symbols: readonly ElfSymbol[]) {
    // Of several at one address the last is taken: a function with a size, then any global, rather than a bare local label.
    const rank = (s: ElfSymbol): number => (s.type === 2 ? 4 : 0) + (s.size > 0 ? 2 : 0) + (s.global ? 1 : 0);
    this.#sorted = [...symbols].sort((a, b) => a.address - b.address || rank(a) - rank(b));
  }

  find(address: number): ElfSymbol | undefined {
    const sorted = this.#sorted;
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle].address <= address) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : sorted[low - 1];
  }

  /** The symbol that covers the address. Those without a size reach to the next one. */
  covering(address: number): ElfSymbol | undefined {
    const symbol = this.find(address);
    if (symbol === undefined || symbol.size === 0 || address === symbol.address) return symbol;
    return address < symbol.address + symbol.size ? symbol : undefined;
  }

  /** "main+0x12", or undefined when no symbol covers the address. */
  name(address: number): string | undefined {
    const symbol = this.covering(address);
    if (symbol === undefined) return undefined;
    const offset = address - symbol.address;
    return offset === 0 ? symbol.name : `${symbol.name}+0x${offset.toString(16)}`;
  }
}
