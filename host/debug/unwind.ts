/**
 * Call frames by .eh_frame (DWARF 5, section 6.4; LSB 5.0, "Exception Frames"): where the caller's registers are, at every address of a
 * function. What compilers do not emit for riscv64 (expressions) ends a walk.
 */
import type { ElfFile } from './elf.js';

const SP = 2;
const RA = 1;
const REGISTERS = 32;

/** DW_EH_PE_*: how addresses are written. */
const FORMAT_MASK = 0x0f;
const APPLICATION_MASK = 0x70;
const PC_RELATIVE = 0x10;
const ABSOLUTE = 0;
const SIZES: Readonly<Record<number, number>> = { 0: 8, 2: 2, 3: 4, 4: 8, 10: 2, 11: 4, 12: 8 };
const SIGNED = 8;

class Reader {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    public at: number,
    readonly end: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  get more(): boolean {
    return this.at < this.end;
  }
  number(size: number, signed = false): number {
    const { at } = this;
    this.at += size;
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return signed ? this.#view.getInt16(at, true) : this.#view.getUint16(at, true);
    const low = this.#view.getUint32(at, true);
    if (size === 4) return signed ? low | 0 : low;
    return low + this.#view.getInt32(at + 4, true) * 2 ** 32;
  }
  uleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.number(1);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
  sleb(): number {
    let value = 0;
    for (let scale = 1; ; ) {
      const byte = this.number(1);
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return (byte & 0x40) === 0 ? value : value - scale;
    }
  }
  text(): string {
    let text = '';
    for (let byte = this.number(1); byte !== 0; byte = this.number(1)) text += String.fromCharCode(byte);
    return text;
  }
  /** A pointer that is encoded so; `address` is that of byte 0. NaN: not by the pc, nor absolute. */
  pointer(encoding: number, address: number): number {
    const from = address + this.at;
    const format = encoding & FORMAT_MASK;
    const value = this.number(SIZES[format] ?? 8, (format & SIGNED) !== 0);
    switch (encoding & APPLICATION_MASK) {
      case ABSOLUTE:
        return value;
      case PC_RELATIVE:
        return from + value;
      default:
        return Number.NaN;
    }
  }
}

interface Common {
  readonly codeFactor: number;
  readonly dataFactor: number;
  readonly encoding: number;
  readonly augmented: boolean;
  readonly start: number;
  readonly end: number;
}

/** A function, in the addresses of its file. */
export interface FrameFunction {
  readonly start: number;
  readonly end: number;
  readonly common: Common;
  /** Its instructions: offsets in the section. */
  readonly from: number;
  readonly to: number;
}

/** How the caller's registers are found: by the CFA (canonical frame address), the stack pointer that the caller had. */
export interface Rules {
  cfaRegister: number;
  cfaOffset: number;
  /** Register -> offset from the CFA; undefined: it has no value any more. */
  saved: Map<number, number | undefined>;
}

const copyOf = (rules: Rules): Rules => ({ ...rules, saved: new Map(rules.saved) });

export interface Frame {
  /** pc and x0..x31 as numbers. */
  readonly pc: number;
  readonly x: readonly number[];
}

/** The frame of the caller; `read` gives 8 bytes of memory. undefined: nobody has called it, or that is not known. */
export function callerOf(frame: Frame, rules: Rules, read: (address: number) => number | undefined): Frame | undefined {
  const cfa = frame.x[rules.cfaRegister] + rules.cfaOffset;
  const x = [...frame.x];
  for (const [register, offset] of rules.saved) {
    const value = offset === undefined ? undefined : read(cfa + offset);
    if (value !== undefined && register < REGISTERS) x[register] = value;
    else if (register === RA) return undefined;
  }
  x[SP] = cfa;
  return x[RA] > 0 ? { pc: x[RA], x } : undefined;
}

/** The functions of one ELF file. Reads any bytes: what makes no sense is left out. */
export class FrameTable {
  #functions: FrameFunction[] | undefined = undefined;

  private constructor(
    private readonly bytes: Uint8Array,
    private readonly address: number,
  ) {}

  /** undefined: the file has no .eh_frame. */
  static of(elf: ElfFile, file: Uint8Array): FrameTable | undefined {
    const section = elf.sections.find(({ name, size }) => name === '.eh_frame' && size > 0);
    if (section === undefined || section.offset + section.size > file.length) return undefined;
    return new FrameTable(file.slice(section.offset, section.offset + section.size), section.address);
  }

  #all(): readonly FrameFunction[] {
    if (this.#functions !== undefined) return this.#functions;
    const functions: FrameFunction[] = [];
    try {
      this.#read(functions);
    } catch (error) {
      // A record that reaches out of the section: the rest is not understood.
      if (!(error instanceof RangeError)) throw error;
    }
    this.#functions = functions.sort((a, b) => a.start - b.start);
    return functions;
  }

  #read(into: FrameFunction[]): void {
    const commons = new Map<number, Common | undefined>();
    const { bytes } = this;
    for (let at = 0; at + 4 <= bytes.length; ) {
      const header = new Reader(bytes, at, bytes.length);
      const length = header.number(4);
      if (length === 0 || length === 0xffffffff) return;
      const end = at + 4 + length;
      if (end > bytes.length) return;
      const id = header.number(4);
      if (id === 0) commons.set(at, this.#readCommon(new Reader(bytes, at + 8, end)));
      else {
        const common = commons.get(at + 4 - id);
        if (common !== undefined) into.push(...this.#readFunction(common, new Reader(bytes, at + 8, end)));
      }
      at = end;
    }
  }

  #readCommon(reader: Reader): Common | undefined {
    const version = reader.number(1);
    const augmentation = reader.text();
    const codeFactor = reader.uleb();
    const dataFactor = reader.sleb();
    const returnRegister = version === 1 ? reader.number(1) : reader.uleb();
    if (returnRegister !== RA) return undefined;
    let encoding = 0;
    const augmented = augmentation.startsWith('z');
    if (!augmented && augmentation !== '') return undefined;
    if (augmented) {
      const end = reader.uleb() + reader.at;
      for (const letter of augmentation.slice(1)) {
        if (letter === 'R') encoding = reader.number(1);
        else if (letter === 'L') reader.number(1);
        else if (letter === 'P') reader.pointer(reader.number(1), this.address);
        else if (letter !== 'S') break;
      }
      reader.at = end;
    }
    return { codeFactor, dataFactor, encoding, augmented, start: reader.at, end: reader.end };
  }

  #readFunction(common: Common, reader: Reader): FrameFunction[] {
    const start = reader.pointer(common.encoding, this.address);
    const size = reader.pointer(common.encoding & FORMAT_MASK, this.address);
    if (common.augmented) {
      const length = reader.uleb();
      reader.at += length;
    }
    return start > 0 && size > 0 ? [{ start, end: start + size, common, from: reader.at, to: reader.end }] : [];
  }

  /** The function that has the instruction at an address of the file. */
  find(address: number): FrameFunction | undefined {
    const all = this.#all();
    let low = 0;
    let high = all.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (all[middle].start <= address) low = middle + 1;
      else high = middle;
    }
    const found = low === 0 ? undefined : all[low - 1];
    return found !== undefined && address < found.end ? found : undefined;
  }

  /** How the caller is found from an instruction (of a caller: from its call). undefined: that is not known. */
  rules(address: number): Rules | undefined {
    const found = this.find(address);
    if (found === undefined) return undefined;
    try {
      return this.#rulesAt(found, address);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  #rulesAt(found: FrameFunction, address: number): Rules | undefined {
    const { common } = found;
    const rules: Rules = { cfaRegister: SP, cfaOffset: 0, saved: new Map() };
    const initial = copyOf(rules);
    const opening = new Reader(this.bytes, common.start, common.end);
    if (execute(opening, common, rules, initial, 0, Number.POSITIVE_INFINITY, this.address) === undefined) return undefined;
    const own = new Reader(this.bytes, found.from, found.to);
    return execute(own, common, rules, copyOf(rules), found.start, address, this.address);
  }
}

/** Call frame instructions up to those for the address. undefined: one is not understood. */
function execute(
  reader: Reader,
  { codeFactor, dataFactor, encoding }: Common,
  rules: Rules,
  initial: Rules,
  start: number,
  address: number,
  base: number,
): Rules | undefined {
  const stack: Rules[] = [];
  let at = start;
  const set = (register: number, offset: number | undefined): void => void rules.saved.set(register, offset);
  const restore = (register: number): void => {
    if (initial.saved.has(register)) rules.saved.set(register, initial.saved.get(register));
    else rules.saved.delete(register);
  };
  while (reader.more) {
    const code = reader.number(1);
    const low = code & 0x3f;
    switch (code >> 6) {
      case 1:
        at += low * codeFactor;
        break;
      case 2:
        set(low, reader.uleb() * dataFactor);
        break;
      case 3:
        restore(low);
        break;
      default:
        switch (low) {
          case 0x00: // nop
            break;
          case 0x01: // set_loc
            at = reader.pointer(encoding, base);
            break;
          case 0x02: // advance_loc1, 2, 4
          case 0x03:
          case 0x04:
            at += reader.number(1 << (low - 2)) * codeFactor;
            break;
          case 0x05: // offset_extended
            set(reader.uleb(), reader.uleb() * dataFactor);
            break;
          case 0x06: // restore_extended
            restore(reader.uleb());
            break;
          case 0x07: // undefined
            set(reader.uleb(), undefined);
            break;
          case 0x08: // same_value
            rules.saved.delete(reader.uleb());
            break;
          case 0x0a: // remember_state
            stack.push(copyOf(rules));
            break;
          case 0x0b: {
            // restore_state
            const last = stack.pop();
            if (last === undefined) return undefined;
            Object.assign(rules, last);
            break;
          }
          case 0x0c: // def_cfa
            rules.cfaRegister = reader.uleb();
            rules.cfaOffset = reader.uleb();
            break;
          case 0x0d: // def_cfa_register
            rules.cfaRegister = reader.uleb();
            break;
          case 0x0e: // def_cfa_offset
            rules.cfaOffset = reader.uleb();
            break;
          case 0x11: // offset_extended_sf
            set(reader.uleb(), reader.sleb() * dataFactor);
            break;
          case 0x12: // def_cfa_sf
            rules.cfaRegister = reader.uleb();
            rules.cfaOffset = reader.sleb() * dataFactor;
            break;
          case 0x13: // def_cfa_offset_sf
            rules.cfaOffset = reader.sleb() * dataFactor;
            break;
          case 0x2e: // GNU_args_size
            reader.uleb();
            break;
          default:
            return undefined;
        }
    }
    if (at > address) return rules;
  }
  return rules;
}
