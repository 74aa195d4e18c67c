/** Makes the vDSO: the text of functions.s, assembled by our own assembler, in an ELF shared object of one page (System V gABI, LSB). */
import { readFileSync } from 'node:fs';
import { assemble } from '../../host/asm/index.js';
import { type ElfFile, readElf } from '../../host/debug/elf.js';
import { type FunctionRange, headerBytes, unwindTables } from './unwind.js';

const SOURCE = 'isa/vdso/functions.s';
const PAGE = 4096;
/** TEXT_OFFSET of functions.s */
const TEXT_OFFSET = 0x800;
const SONAME = 'linux-vdso.so.1';
const VERSION = 'LINUX_4.15';
const FUNCTIONS = ['rt_sigreturn', 'clock_gettime', 'gettimeofday', 'clock_getres', 'getcpu', 'flush_icache'];

const EHDR_BYTES = 64;
const PHDR_BYTES = 56;
const SHDR_BYTES = 64;
const SYM_BYTES = 24;
const ET_DYN = 3;
const EM_RISCV = 243;
const EF_RISCV_FLAGS = 5; // compressed instructions, double-float calling convention
const SHF_ALLOC = 2;
const SHF_EXECINSTR = 4;
const SHT = { progbits: 1, strtab: 3, hash: 5, dynamic: 6, note: 7, dynsym: 11, verdef: 0x6ffffffd, versym: 0x6fffffff } as const;
const PT = { load: 1, dynamic: 2, note: 4, ehFrame: 0x6474e550 } as const;
const DT = {
  hash: 4,
  strtab: 5,
  symtab: 6,
  strsz: 10,
  syment: 11,
  soname: 14,
  versym: 0x6ffffff0,
  verdef: 0x6ffffffc,
  verdefnum: 0x6ffffffd,
};

/** Little-endian bytes put one behind the other. */
class Bytes {
  readonly list: number[] = [];

  put(size: number, ...values: readonly number[]): this {
    for (const value of values) for (let i = 0; i < size; i++) this.list.push(Math.floor(value / 2 ** (8 * i)) & 0xff);
    return this;
  }

  text(text: string): this {
    this.list.push(...Buffer.from(`${text}\0`, 'latin1'));
    return this;
  }
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly bytes: readonly number[];
  readonly alignment: number;
  readonly flags?: number;
  readonly link?: string;
  readonly info?: number;
  readonly entryBytes?: number;
}

function elfHash(name: string): number {
  let hash = 0;
  for (const char of Buffer.from(name, 'latin1')) {
    hash = ((hash << 4) + char) >>> 0;
    const high = hash & 0xf0000000;
    if (high !== 0) hash ^= high >>> 24;
    hash = (hash & ~high) >>> 0;
  }
  return hash;
}

/** Names one behind the other, and where each begins. */
function stringTable(names: readonly string[]): { bytes: number[]; at: (name: string) => number } {
  const out = new Bytes().text('');
  const offsets = new Map([['', 0]]);
  for (const name of names) {
    if (offsets.has(name)) continue;
    offsets.set(name, out.list.length);
    out.text(name);
  }
  return { bytes: out.list, at: (name) => offsets.get(name) as number };
}

interface Text {
  readonly bytes: readonly number[];
  /** Offset of a label in it. */
  readonly at: (label: string) => number;
}

function assembleText(): Text {
  const { elf, errors } = assemble(`${readFileSync(SOURCE, 'utf8')}\n_start:\n`, SOURCE);
  if (elf === undefined) throw new Error(errors.map((error) => `${SOURCE}: ${JSON.stringify(error)}`).join('\n'));
  const file = readElf(elf) as ElfFile;
  const section = file.sections.find((candidate) => candidate.name === '.text');
  if (section === undefined) throw new Error(`${SOURCE}: no text`);
  return {
    bytes: [...elf.subarray(section.offset, section.offset + section.size)],
    at: (label) => {
      const symbol = file.symbols.find((candidate) => candidate.name === label);
      if (symbol === undefined) throw new Error(`${SOURCE}: no label ${label}`);
      return symbol.address - section.address;
    },
  };
}

interface FunctionSymbol extends FunctionRange {
  readonly name: string;
  /** What the symbol says: rt_sigreturn's range begins before it. */
  readonly value: number;
}

function functionsOf(text: Text): FunctionSymbol[] {
  return FUNCTIONS.map((short) => {
    const signal = short === 'rt_sigreturn';
    const value = TEXT_OFFSET + text.at(`__vdso_${short}`);
    const start = signal ? TEXT_OFFSET + text.at(`before_${short}`) : value;
    return { name: `__vdso_${short}`, value, start, end: TEXT_OFFSET + text.at(`${short}_end`), signal };
  });
}

const align = (value: number, to: number): number => Math.ceil(value / to) * to;

export interface VdsoImage {
  readonly bytes: Uint8Array;
  /** Where signal handlers return to. */
  readonly sigreturn: number;
}

export function vdsoImage(): VdsoImage {
  const text = assembleText();
  const functions = functionsOf(text);
  const names = stringTable([...functions.map((f) => f.name), SONAME, VERSION]);
  const symbols = functions.length + 1;

  const hash = new Bytes().put(4, 1, symbols, 1);
  for (let i = 1; i < symbols; i++) hash.put(4, i + 1 < symbols ? i + 1 : 0);
  hash.list.splice(12, 0, 0, 0, 0, 0); // chain[0]; the one bucket, before it, begins with symbol 1
  const versym = new Bytes().put(2, 0, ...functions.map(() => 2));
  const verdef = new Bytes();
  verdef.put(2, 1, 1, 1, 1).put(4, elfHash(SONAME), 20, 28, names.at(SONAME), 0);
  verdef.put(2, 1, 0, 2, 1).put(4, elfHash(VERSION), 20, 0, names.at(VERSION), 0);
  const note = new Bytes().put(4, 6, 4, 0).text('Linux').put(2, 0).put(4, 0x060c00);

  const sections: Section[] = [
    { name: '.hash', type: SHT.hash, bytes: hash.list, alignment: 8, link: '.dynsym', entryBytes: 4 },
    {
      name: '.dynsym',
      type: SHT.dynsym,
      bytes: new Array(symbols * SYM_BYTES).fill(0),
      alignment: 8,
      link: '.dynstr',
      info: 1,
      entryBytes: SYM_BYTES,
    },
    { name: '.dynstr', type: SHT.strtab, bytes: names.bytes, alignment: 1 },
    { name: '.gnu.version', type: SHT.versym, bytes: versym.list, alignment: 2, link: '.dynsym', entryBytes: 2 },
    { name: '.gnu.version_d', type: SHT.verdef, bytes: verdef.list, alignment: 8, link: '.dynstr', info: 2 },
    { name: '.dynamic', type: SHT.dynamic, bytes: new Array(10 * 16).fill(0), alignment: 8, link: '.dynstr', entryBytes: 16 },
    { name: '.note', type: SHT.note, bytes: note.list, alignment: 4 },
    { name: '.eh_frame_hdr', type: SHT.progbits, bytes: new Array(headerBytes(functions.length)).fill(0), alignment: 4 },
    { name: '.eh_frame', type: SHT.progbits, bytes: [...unwindTables(functions, 0, 0).frames], alignment: 8 },
  ];
  const places = new Map<string, number>();
  let at = EHDR_BYTES + 4 * PHDR_BYTES;
  for (const section of sections) {
    at = align(at, section.alignment);
    places.set(section.name, at);
    at += section.bytes.length;
  }
  if (at > TEXT_OFFSET) throw new Error(`the tables of the vDSO end at ${at}, behind the start of its text`);
  places.set('.text', TEXT_OFFSET);
  sections.push({ name: '.text', type: SHT.progbits, bytes: text.bytes, alignment: 4, flags: SHF_ALLOC | SHF_EXECINSTR });
  const sectionNames = stringTable([...sections.map((s) => s.name), '.shstrtab']);
  sections.push({ name: '.shstrtab', type: SHT.strtab, bytes: sectionNames.bytes, alignment: 1, flags: 0 });
  places.set('.shstrtab', TEXT_OFFSET + text.bytes.length);
  const headersAt = align(TEXT_OFFSET + text.bytes.length + sectionNames.bytes.length, 8);
  const end = headersAt + (sections.length + 1) * SHDR_BYTES;
  if (end > PAGE) throw new Error(`the vDSO has ${end} bytes: more than a page`);

  const image = new Uint8Array(end);
  const place = (name: string): number => places.get(name) as number;
  const size = (name: string): number => sections.find((s) => s.name === name)?.bytes.length as number;
  for (const section of sections) image.set(section.bytes, place(section.name));
  const unwind = unwindTables(functions, place('.eh_frame_hdr'), place('.eh_frame'));
  image.set(unwind.header, place('.eh_frame_hdr'));
  image.set(unwind.frames, place('.eh_frame'));
  image.set(dynamicSymbols(functions, names.at, sections.findIndex((s) => s.name === '.text') + 1), place('.dynsym'));
  image.set(dynamicTable(place, names.at(SONAME), names.bytes.length), place('.dynamic'));

  const load = place('.shstrtab');
  const header = new Bytes();
  header.put(4, 0x464c457f).put(1, 2, 1, 1, 0).put(8, 0).put(2, ET_DYN, EM_RISCV).put(4, 1).put(8, 0, EHDR_BYTES, headersAt);
  header.put(4, EF_RISCV_FLAGS).put(2, EHDR_BYTES, PHDR_BYTES, 4, SHDR_BYTES, sections.length + 1, sections.length);
  const segment = (type: number, flags: number, start: number, bytes: number, alignment: number): void => {
    header.put(4, type, flags).put(8, start, start, start, bytes, bytes, alignment);
  };
  segment(PT.load, 5, 0, load, PAGE);
  segment(PT.dynamic, 4, place('.dynamic'), size('.dynamic'), 8);
  segment(PT.note, 4, place('.note'), size('.note'), 4);
  segment(PT.ehFrame, 4, place('.eh_frame_hdr'), size('.eh_frame_hdr'), 4);
  image.set(header.list, 0);

  const table = new Bytes().put(8, 0, 0, 0, 0, 0, 0, 0, 0);
  for (const s of sections) {
    const link = s.link === undefined ? 0 : sections.findIndex((other) => other.name === s.link) + 1;
    const allocated = s.flags ?? SHF_ALLOC;
    table.put(4, sectionNames.at(s.name), s.type).put(8, allocated, allocated === 0 ? 0 : place(s.name), place(s.name), s.bytes.length);
    table.put(4, link, s.info ?? 0).put(8, s.alignment, s.entryBytes ?? 0);
  }
  image.set(table.list, headersAt);
  return { bytes: image, sigreturn: functions[0].value };
}

function dynamicSymbols(functions: readonly FunctionSymbol[], nameAt: (name: string) => number, textIndex: number): number[] {
  const GLOBAL_FUNCTION = 0x12;
  const out = new Bytes().put(8, 0, 0, 0);
  for (const f of functions)
    out
      .put(4, nameAt(f.name))
      .put(1, GLOBAL_FUNCTION, 0)
      .put(2, textIndex)
      .put(8, f.value, f.end - f.value);
  return out.list;
}

function dynamicTable(place: (name: string) => number, soname: number, stringBytes: number): number[] {
  const rows: readonly (readonly [number, number])[] = [
    [DT.soname, soname],
    [DT.hash, place('.hash')],
    [DT.strtab, place('.dynstr')],
    [DT.symtab, place('.dynsym')],
    [DT.strsz, stringBytes],
    [DT.syment, SYM_BYTES],
    [DT.versym, place('.gnu.version')],
    [DT.verdef, place('.gnu.version_d')],
    [DT.verdefnum, 2],
    [0, 0],
  ];
  return rows.reduce((out, row) => out.put(8, ...row), new Bytes()).list;
}

/** host/generated/vdso.ts */
export function vdsoSource(): string {
  const { bytes, sigreturn } = vdsoImage();
  const base64 = Buffer.from(bytes).toString('base64');
  const lines = base64.match(/.{1,120}/g) as string[];
  return `/** Generated from isa/vdso/functions.s: npm run generate. The vDSO, an ELF shared object, in base64. */
export const VDSO_IMAGE = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');

/** Offset of __vdso_rt_sigreturn. */
export const VDSO_SIGRETURN = ${sigreturn};
`;
}
