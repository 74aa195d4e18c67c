/** .eh_frame and .eh_frame_hdr of the vDSO: how unwinders get from a signal handler to what it interrupted (DWARF 5, LSB 5.0). */

const DW_CFA_DEF_CFA_EXPRESSION = 0x0f;
const DW_CFA_EXPRESSION = 0x10;
const DW_CFA_DEF_CFA = 0x0c;
const DW_OP_BREG_SP = 0x72;
const DW_OP_DEREF = 0x06;
const DW_EH_PE_PCREL_SDATA4 = 0x1b;
const DW_EH_PE_UDATA4 = 0x03;
const DW_EH_PE_DATAREL_SDATA4 = 0x3b;
/** DWARF numbers of riscv: x0..x31 are 0..31, f0..f31 are 32..63, and 64 is the pc of a frame that a call has not made. */
const SP = 2;
const RA = 1;
const FLOATS = 32;
const PC_COLUMN = 64;
/** Of struct rt_sigframe, from the stack pointer: see host/kernel/sigframe.ts. */
const SIGFRAME_PC = 304;
const SIGFRAME_F0 = 560;

export interface FunctionRange {
  readonly start: number;
  readonly end: number;
  /** The frame that a signal has made. */
  readonly signal: boolean;
}

function uleb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return bytes;
}

/** Of a number that is not negative. */
function sleb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if (rest === 0 && (byte & 0x40) === 0) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

const word = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];

/** A register is where the stack pointer says, `offset` further. */
function savedAt(register: number, offset: number): number[] {
  const expression = [DW_OP_BREG_SP, ...sleb(offset)];
  return [DW_CFA_EXPRESSION, ...uleb(register), ...uleb(expression.length), ...expression];
}

/** The caller's stack pointer is the interrupted one; every register is in the frame. */
function signalRules(): number[] {
  const cfa = [DW_OP_BREG_SP, ...sleb(SIGFRAME_PC + SP * 8), DW_OP_DEREF];
  const rules = [DW_CFA_DEF_CFA_EXPRESSION, ...uleb(cfa.length), ...cfa];
  for (let n = 1; n < 32; n++) rules.push(...savedAt(n, SIGFRAME_PC + n * 8));
  for (let n = 0; n < 32; n++) rules.push(...savedAt(FLOATS + n, SIGFRAME_F0 + n * 8));
  rules.push(...savedAt(PC_COLUMN, SIGFRAME_PC));
  return rules;
}

function entry(body: number[]): number[] {
  const padded = [...body];
  while ((padded.length + 4) % 8 !== 0) padded.push(0);
  return [...word(padded.length), ...padded];
}

/** Augmentation "zRS": addresses relative to their place, and the frames are those of signals; "zR": frames of calls. */
function cie(signal: boolean): number[] {
  const augmentation = [...(signal ? 'zRS' : 'zR')].map((char) => char.charCodeAt(0));
  const rules = signal ? signalRules() : [DW_CFA_DEF_CFA, SP, 0];
  const data = [DW_EH_PE_PCREL_SDATA4];
  const dataAlignment = 0x78; // -8
  return entry([...word(0), 1, ...augmentation, 0, 1, dataAlignment, signal ? PC_COLUMN : RA, ...uleb(data.length), ...data, ...rules]);
}

export interface UnwindTables {
  readonly header: Uint8Array;
  readonly frames: Uint8Array;
}

/** Tables that lie at the given addresses. */
export function unwindTables(functions: readonly FunctionRange[], headerAddress: number, framesAddress: number): UnwindTables {
  const bytes: number[] = [];
  const index: [start: number, fde: number][] = [];
  for (const signal of [false, true]) {
    const cieAt = bytes.length;
    bytes.push(...cie(signal));
    for (const range of functions.filter((f) => f.signal === signal)) {
      const at = bytes.length;
      index.push([range.start, framesAddress + at]);
      const start = range.start - (framesAddress + at + 8);
      bytes.push(...entry([...word(at + 4 - cieAt), ...word(start), ...word(range.end - range.start), 0]));
    }
  }
  bytes.push(...word(0));
  index.sort((a, b) => a[0] - b[0]);
  const header = [1, DW_EH_PE_PCREL_SDATA4, DW_EH_PE_UDATA4, DW_EH_PE_DATAREL_SDATA4];
  header.push(...word(framesAddress - (headerAddress + 4)), ...word(index.length));
  for (const [start, fde] of index) header.push(...word(start - headerAddress), ...word(fde - headerAddress));
  return { header: Uint8Array.from(header), frames: Uint8Array.from(bytes) };
}

/** Bytes of .eh_frame_hdr for so many functions. */
export function headerBytes(functions: number): number {
  return 12 + functions * 8;
}
