import type { Section } from './section.js';
import type { SymbolEntry } from './symbols.js';

/**
 * The file, in this order:
 *
 *   ELF header, program headers          \  first PT_LOAD, R-X, at IMAGE_BASE
 *   executable and read-only sections    /
 *   writable sections                       second PT_LOAD, RW-, .bss behind its end
 *   .riscv.attributes .symtab .strtab .shstrtab, section headers   (not loaded)
 *
 * An address and its file offset agree modulo the page size, so that the segments can be mapped.
 */
export const IMAGE_BASE = 0x10000;
const PAGE = 0x1000;
const EHDR_BYTES = 64;
const PHDR_BYTES = 56;
const SHDR_BYTES = 64;
const SYM_BYTES = 24;

const EM_RISCV = 243;
const EF_RISCV_RVC = 1;
const EF_RISCV_FLOAT_ABI_DOUBLE = 4;
const PT_LOAD = 1;
const PT_GNU_STACK = 0x6474e551;
const SHT_PROGBITS = 1;
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHT_NOBITS = 8;
const SHT_RISCV_ATTRIBUTES = 0x70000003;
const ARCHITECTURE = 'rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_zicsr2p0_zifencei2p0_zba1p0_zbb1p0_zbs1p0';

export interface ImageLayout {
  /** In address order, empty ones left out. */
  readonly sections: readonly Section[];
  readonly segments: readonly Segment[];
  /** Names that linker scripts usually give: _end, _edata, __bss_start... */
  readonly provided: ReadonlyMap<string, number>;
}

interface Segment {
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

const alignUp = (value: number, alignment: number): number => Math.ceil(value / alignment) * alignment;

/** Gives every section its address and file offset. */
export function layoutImage(all: readonly Section[]): ImageLayout {
  const used = all.filter((section) => section.size > 0 || section.name === '.text');
  const rank = (s: Section): number => (s.flags.execute ? 0 : !s.flags.write ? 1 : !s.flags.nobits ? 2 : 3);
  const sections = [0, 1, 2, 3].flatMap((r) => used.filter((section) => rank(section) === r));
  const hasData = sections.some((section) => section.flags.write);
  let offset = EHDR_BYTES + PHDR_BYTES * (hasData ? 3 : 2);
  let address = IMAGE_BASE + offset;
  const place = (section: Section): void => {
    const aligned = alignUp(address, section.alignment);
    offset += aligned - address;
    section.address = aligned;
    section.fileOffset = offset;
    address = aligned + section.size;
    offset += section.size;
  };
  const constant = sections.filter((section) => !section.flags.write);
  for (const section of constant) place(section);
  const segments: Segment[] = [{ flags: 5, offset: 0, address: IMAGE_BASE, fileBytes: offset, memoryBytes: offset }];
  const textEnd = constant.reduce((end, s) => (s.flags.execute ? s.address + s.size : end), IMAGE_BASE);
  address = alignUp(address, PAGE) + (offset % PAGE);
  const dataStart = address;
  const dataOffset = offset;
  for (const section of sections.filter((s) => s.flags.write && !s.flags.nobits)) place(section);
  const dataEnd = address;
  const fileBytes = offset - dataOffset;
  const zeroed = sections.filter((s) => s.flags.nobits);
  for (const section of zeroed) {
    address = alignUp(address, section.alignment);
    section.address = address;
    section.fileOffset = offset;
    address += section.size;
  }
  if (hasData) segments.push({ flags: 6, offset: dataOffset, address: dataStart, fileBytes, memoryBytes: address - dataStart });
  const bssStart = zeroed.length > 0 ? zeroed[0].address : dataEnd;
  const provided = new Map<string, number>([
    ['_etext', textEnd],
    ['etext', textEnd],
    ['_edata', dataEnd],
    ['edata', dataEnd],
    ['__bss_start', bssStart],
    ['_end', address],
    ['end', address],
    ['__global_pointer$', dataStart + 0x800],
  ]);
  return { sections, segments, provided };
}

class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  at = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }
  u8(value: number): void {
    this.#view.setUint8(this.at++, value);
  }
  u16(value: number): void {
    this.#view.setUint16(this.at, value, true);
    this.at += 2;
  }
  u32(value: number): void {
    this.#view.setUint32(this.at, value, true);
    this.at += 4;
  }
  u64(value: number | bigint): void {
    this.#view.setBigUint64(this.at, BigInt.asUintN(64, BigInt(value)), true);
    this.at += 8;
  }
  raw(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.at);
    this.at += bytes.length;
  }
  get bytes(): Uint8Array {
    return this.#bytes;
  }
}

/** Strings of .strtab and .shstrtab, each once. */
class StringTable {
  readonly #offsets = new Map<string, number>([['', 0]]);
  readonly #parts: Uint8Array[] = [new Uint8Array(1)];
  size = 1;

  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const bytes = new TextEncoder().encode(`${text}\0`);
    const offset = this.size;
    this.#offsets.set(text, offset);
    this.#parts.push(bytes);
    this.size += bytes.length;
    return offset;
  }

  get bytes(): Uint8Array {
    const all = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

function attributes(): Uint8Array {
  const text = new TextEncoder().encode(`${ARCHITECTURE}\0`);
  const inner = 1 + 4 + 1 + text.length;
  const outer = 4 + 6 + inner;
  const out = new Writer(1 + outer);
  out.u8(0x41); // format version 'A'
  out.u32(outer);
  out.raw(new TextEncoder().encode('riscv\0'));
  out.u8(1); // Tag_File
  out.u32(inner);
  out.u8(5); // Tag_RISCV_arch
  out.raw(text);
  return out.bytes;
}

const SHN_ABS = 0xfff1;

function symbolTable(
  symbols: readonly SymbolEntry[],
  layout: ImageLayout,
  strings: StringTable,
): { bytes: Uint8Array; firstGlobal: number } {
  const ordered = [...symbols.filter((s) => s.binding === 'local'), ...symbols.filter((s) => s.binding !== 'local')];
  const indexOf = new Map(layout.sections.map((section, i) => [section, i + 1]));
  const out = new Writer((ordered.length + 1) * SYM_BYTES);
  out.at = SYM_BYTES;
  for (const symbol of ordered) {
    const binding = symbol.binding === 'local' ? 0 : symbol.binding === 'global' ? 1 : 2;
    const type = symbol.type === 'function' ? 2 : symbol.type === 'object' ? 1 : 0;
    out.u32(strings.add(symbol.name));
    out.u8(binding * 16 + type);
    out.u8(0);
    out.u16(symbol.section === undefined ? SHN_ABS : (indexOf.get(symbol.section) ?? SHN_ABS));
    out.u64(symbol.value);
    out.u64(symbol.size);
  }
  return { bytes: out.bytes, firstGlobal: 1 + ordered.filter((s) => s.binding === 'local').length };
}

interface Header {
  name: string;
  type: number;
  flags: number;
  address: number;
  offset: number;
  size: number;
  link: number;
  info: number;
  alignment: number;
  entrySize: number;
}

/** A static ELF64 riscv executable. */
export function writeElf(layout: ImageLayout, symbols: readonly SymbolEntry[], entry: number): Uint8Array {
  const strings = new StringTable();
  const names = new StringTable();
  const table = symbolTable(symbols, layout, strings);
  const headers: Header[] = layout.sections.map(sectionHeader);
  const last = layout.segments[layout.segments.length - 1];
  let offset = last.offset + last.fileBytes;
  const tail: Uint8Array[] = [];
  const extra = (name: string, type: number, bytes: Uint8Array, alignment: number, rest: Partial<Header> = {}): void => {
    offset = alignUp(offset, alignment);
    headers.push({ name, type, flags: 0, address: 0, offset, size: bytes.length, link: 0, info: 0, alignment, entrySize: 0, ...rest });
    tail.push(bytes);
    offset += bytes.length;
  };
  extra('.riscv.attributes', SHT_RISCV_ATTRIBUTES, attributes(), 1);
  const strtab = headers.length + 2;
  extra('.symtab', SHT_SYMTAB, table.bytes, 8, { link: strtab, info: table.firstGlobal, entrySize: SYM_BYTES });
  extra('.strtab', SHT_STRTAB, strings.bytes, 1);
  for (const header of headers) names.add(header.name);
  names.add('.shstrtab');
  extra('.shstrtab', SHT_STRTAB, names.bytes, 1);
  const headersAt = alignUp(offset, 8);
  const out = new Writer(headersAt + SHDR_BYTES * (headers.length + 1));
  writeFileHeader(out, layout, entry, headersAt, headers.length + 1);
  for (const section of layout.sections) {
    out.at = section.fileOffset;
    out.raw(section.bytes);
  }
  tail.forEach((bytes, i) => {
    out.at = headers[layout.sections.length + i].offset;
    out.raw(bytes);
  });
  out.at = headersAt + SHDR_BYTES;
  for (const header of headers) writeSectionHeader(out, header, names.add(header.name));
  return out.bytes;
}

function sectionHeader(section: Section): Header {
  const { write, execute, nobits } = section.flags;
  return {
    name: section.name,
    type: nobits ? SHT_NOBITS : SHT_PROGBITS,
    flags: 2 + (write ? 1 : 0) + (execute ? 4 : 0),
    address: section.address,
    offset: section.fileOffset,
    size: section.size,
    link: 0,
    info: 0,
    alignment: section.alignment,
    entrySize: 0,
  };
}

function writeFileHeader(out: Writer, layout: ImageLayout, entry: number, headersAt: number, headerCount: number): void {
  out.raw(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0));
  out.at = 16;
  out.u16(2); // ET_EXEC
  out.u16(EM_RISCV);
  out.u32(1);
  out.u64(entry);
  out.u64(EHDR_BYTES);
  out.u64(headersAt);
  out.u32(EF_RISCV_RVC | EF_RISCV_FLOAT_ABI_DOUBLE);
  out.u16(EHDR_BYTES);
  out.u16(PHDR_BYTES);
  out.u16(layout.segments.length + 1);
  out.u16(SHDR_BYTES);
  out.u16(headerCount);
  out.u16(headerCount - 1);
  for (const segment of layout.segments) {
    out.u32(PT_LOAD);
    out.u32(segment.flags);
    out.u64(segment.offset);
    out.u64(segment.address);
    out.u64(segment.address);
    out.u64(segment.fileBytes);
    out.u64(segment.memoryBytes);
    out.u64(PAGE);
  }
  out.u32(PT_GNU_STACK);
  out.u32(6);
  for (let i = 0; i < 5; i++) out.u64(0);
  out.u64(16);
}

function writeSectionHeader(out: Writer, header: Header, name: number): void {
  out.u32(name);
  out.u32(header.type);
  out.u64(header.flags);
  out.u64(header.address);
  out.u64(header.offset);
  out.u64(header.size);
  out.u32(header.link);
  out.u32(header.info);
  out.u64(header.alignment);
  out.u64(header.entrySize);
}
