import { type DisassembleOptions, disassembleWord } from './disassemble.js';
import { type ElfFile, EM_RISCV, readElf, SHF_EXECINSTR, SHT_NOBITS, SymbolMap } from './elf.js';

/** What of a program is listed, and how. */
export interface ListingOptions {
  readonly raw?: boolean;
  /** Only this section. */
  readonly section?: string;
}

interface Span {
  readonly name: string;
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Why a file can't be listed; the message is one line. */
export class ListingError extends Error {}

/** The disassembly of an executable, line by line. Throws ListingError. */
/** The instructions of an ELF file, line by line. Throws ListingError when it is none. */
export function* listing(bytes: Uint8Array, options: ListingOptions = {}): Generator<string> {
  const elf = readElf(bytes);
  if (elf === undefined) throw new ListingError('not a 64-bit little-endian ELF file');
  if (elf.machine !== EM_RISCV) throw new ListingError(`not a RISC-V program (ELF machine ${elf.machine})`);
  const spans = codeSpans(elf, bytes, options.section);
  if (spans.length === 0)
    throw new ListingError(options.section === undefined ? 'no code in it' : `no section '${options.section}' with bytes`);
  const symbols = new SymbolMap(elf.symbols);
  for (const span of spans) {
    yield '';
    yield `section ${span.name}:`;
    yield* listSpan(span, symbols, options);
  }
}

function codeSpans(elf: ElfFile, bytes: Uint8Array, wanted: string | undefined): Span[] {
  const inside = (offset: number, size: number): boolean => offset + size <= bytes.length && size > 0;
  const chosen = elf.sections.filter((s) => (wanted === undefined ? s.flags & SHF_EXECINSTR : s.name === wanted) && s.type !== SHT_NOBITS);
  const spans = chosen
    .filter((s) => inside(s.offset, s.size))
    .map((s) => ({ name: s.name, address: s.address, bytes: bytes.subarray(s.offset, s.offset + s.size) }));
  if (spans.length > 0 || wanted !== undefined) return spans;
  // Stripped of its section headers: executable segments, headers and constants included.
  return elf.segments
    .filter((s) => s.flags & 1 && s.size > 0)
    .map((s) => ({
      name: `segment at 0x${s.address.toString(16)}`,
      address: s.address,
      bytes: bytes.subarray(s.offset, s.offset + s.size),
    }));
}

function* listSpan(span: Span, symbols: SymbolMap, options: ListingOptions): Generator<string> {
  const settings: DisassembleOptions = { raw: options.raw, symbol: (address) => symbols.name(address) };
  const { bytes } = span;
  const width = (span.address + bytes.length).toString(16).length + 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const address = span.address + at;
    const symbol = symbols.find(address);
    if (symbol?.address === address) {
      yield '';
      yield `${address.toString(16).padStart(16, '0')} <${symbol.name}>:`;
    }
    if (bytes.length - at < 2) {
      yield line(address, width, bytes[at].toString(16).padStart(2, '0'), '.byte', `0x${bytes[at].toString(16)}`);
      return;
    }
    const half = view.getUint16(at, true);
    const whole = (half & 3) === 3 && bytes.length - at >= 4;
    const word = whole ? view.getUint32(at, true) : half;
    const shown = word.toString(16).padStart(whole ? 8 : 4, '0');
    if ((half & 3) === 3 && !whole) {
      yield line(address, width, shown, '.2byte', `0x${half.toString(16)}`);
      return;
    }
    const { length, mnemonic, operands } = disassembleWord(word, address, settings);
    yield line(address, width, shown, mnemonic, operands);
    at += length;
  }
}

function line(address: number, width: number, bytes: string, mnemonic: string, operands: string): string {
  const text = operands === '' ? mnemonic : `${mnemonic.padEnd(9)} ${operands}`;
  return `${address.toString(16).padStart(width)}:  ${bytes.padEnd(8)}  ${text}`;
}
