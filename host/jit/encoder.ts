/** Wasm's binary format, written straight into bytes. Only what compiled regions need. */

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
const VOID = 0x40;

const TWO32 = 2 ** 32;

/** A growing array of bytes with the format's integers. */
export class Bytes {
  #bytes = new Uint8Array(1024);
  length = 0;

  #room(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + count));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.length++] = value;
  }

  bytes(values: ArrayLike<number>): void {
    this.#room(values.length);
    this.#bytes.set(values, this.length);
    this.length += values.length;
  }

  /** Unsigned, below 2^32. */
  u32(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed, 32 bits. */
  i32(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** Signed: a whole number between -2^53 and 2^53. */
  i64(value: number): void {
    let rest = value;
    while (rest < -64 || rest > 63) {
      this.byte((((rest % 128) + 128) % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.byte((rest + 128) & 0x7f);
  }

  text(name: string): void {
    this.u32(name.length);
    for (let i = 0; i < name.length; i++) this.byte(name.charCodeAt(i));
  }

  /** The bytes so far: good until the next one is written. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length) as Uint8Array<ArrayBuffer>;
  }
}

/** A function's locals and instructions, as the code section wants them but for the size. */
export class Body extends Bytes {
  /** Where in it the branches are that are seldom taken. */
  readonly unlikely: number[] = [];
}

/** One function's instructions. Labels are counted by the writer, so that branches name blocks and not depths. */
export class Code extends Bytes {
  /** Offsets of branches that are seldom taken. */
  readonly #unlikely: number[] = [];
  readonly #locals: number[];
  readonly #parameters: number;
  /** What is executed before everything else. */
  readonly #initially = new Bytes();
  /** Open blocks: the innermost is the last. */
  #open = 0;

  constructor(parameters: readonly number[]) {
    super();
    this.#parameters = parameters.length;
    this.#locals = [...parameters];
  }

  local(type: number): number {
    this.#locals.push(type);
    return this.#locals.length - 1;
  }

  /** A local of 64 bits that begins with a value of its own. */
  localWith(value: number): number {
    const local = this.local(I64);
    const first = this.#initially;
    first.byte(0x42);
    first.i64(value);
    first.byte(0x21);
    first.u32(local);
    return local;
  }

  body(): Body {
    const out = new Body();
    const own = this.#locals.slice(this.#parameters);
    const groups: [count: number, type: number][] = [];
    for (const type of own) {
      const last = groups[groups.length - 1];
      if (last !== undefined && last[1] === type) last[0]++;
      else groups.push([1, type]);
    }
    out.u32(groups.length);
    for (const [count, type] of groups) {
      out.u32(count);
      out.byte(type);
    }
    out.bytes(this.#initially.view());
    for (const at of this.#unlikely) out.unlikely.push(out.length + at);
    out.bytes(this.view());
    return out;
  }

  /** The branch (br_if, if) that follows is seldom taken. */
  unlikely(): void {
    this.#unlikely.push(this.length);
  }

  op(code: number): void {
    this.byte(code);
  }

  get(local: number): void {
    this.byte(0x20);
    this.u32(local);
  }
  set(local: number): void {
    this.byte(0x21);
    this.u32(local);
  }
  tee(local: number): void {
    this.byte(0x22);
    this.u32(local);
  }

  i32Const(value: number): void {
    this.byte(0x41);
    this.i32(value);
  }
  i64Const(value: number): void {
    this.byte(0x42);
    this.i64(value);
  }
  /** Any 64 bits: high and low words. */
  i64Bits(high: number, low: number): void {
    const signedHigh = high | 0;
    if (signedHigh >= -(2 ** 20) && signedHigh < 2 ** 20) this.i64Const(signedHigh * TWO32 + (low >>> 0));
    else {
      this.i64Const(signedHigh);
      this.i64Const(32);
      this.byte(0x86);
      if (low !== 0) {
        this.i64Const(low >>> 0);
        this.byte(0x84);
      }
    }
  }
  f64Const(value: number): void {
    this.byte(0x44);
    this.bytes(new Uint8Array(new Float64Array([value]).buffer));
  }
  f32Const(value: number): void {
    this.byte(0x43);
    this.bytes(new Uint8Array(new Float32Array([value]).buffer));
  }

  /** A load or store: no alignment is promised. */
  memory(code: number, offset: number): void {
    this.byte(code);
    this.byte(0);
    this.u32(offset);
  }

  /** Opens a construct; the result names it for br and end. */
  block(): number {
    return this.#openBlock(0x02);
  }
  loop(): number {
    return this.#openBlock(0x03);
  }
  if(): number {
    return this.#openBlock(0x04);
  }
  else(): void {
    this.byte(0x05);
  }
  #openBlock(code: number): number {
    this.byte(code);
    this.byte(VOID);
    return this.#open++;
  }
  end(): void {
    this.byte(0x0b);
    this.#open--;
  }
  br(label: number): void {
    this.byte(0x0c);
    this.u32(this.#open - 1 - label);
  }
  brIf(label: number): void {
    this.byte(0x0d);
    this.u32(this.#open - 1 - label);
  }
  /** By the function's index in the table, on the stack behind the arguments. */
  returnCallIndirect(type: number): void {
    this.byte(0x13);
    this.u32(type);
    this.u32(0);
  }
  returnCall(index: number): void {
    this.byte(0x12);
    this.u32(index);
  }
  /** An instruction of the vector set. */
  vector(code: number, lane?: number): void {
    this.byte(0xfd);
    this.u32(code);
    if (lane !== undefined) this.byte(lane);
  }
  callIndirect(type: number): void {
    this.byte(0x11);
    this.u32(type);
    this.u32(0);
  }
  zeroVector(): void {
    this.vector(0x0c);
    for (let i = 0; i < 16; i++) this.byte(0);
  }
  unreachable(): void {
    this.byte(0x00);
  }
  call(index: number): void {
    this.byte(0x10);
    this.u32(index);
  }
}

export interface FunctionType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

export interface ImportedFunction {
  readonly name: string;
  readonly type: FunctionType;
}

function section(out: Bytes, id: number, content: Bytes): void {
  out.byte(id);
  out.u32(content.length);
  out.bytes(content.view());
}

function type(out: Bytes, { parameters, results }: FunctionType): void {
  out.byte(0x60);
  out.u32(parameters.length);
  out.bytes(parameters);
  out.u32(results.length);
  out.bytes(results);
}

/** The custom section of https://github.com/WebAssembly/branch-hinting: engines that don't know it pass over it. */
function branchHints(bodies: readonly Body[], first: number): Bytes {
  const hints = new Bytes();
  hints.text('metadata.code.branch_hint');
  const hinted = bodies.map((body, i) => ({ index: first + i, ...body })).filter(({ unlikely }) => unlikely.length > 0);
  hints.u32(hinted.length);
  for (const { index, unlikely } of hinted) {
    hints.u32(index);
    hints.u32(unlikely.length);
    for (const at of unlikely) {
      hints.u32(at);
      hints.bytes([1, 0]);
    }
  }
  return hints;
}

/** What a module is made of: functions name their types by number. */
export interface ModuleParts {
  readonly types: readonly FunctionType[];
  readonly imports: readonly { readonly name: string; readonly type: number }[];
  readonly functions: readonly { readonly type: number; readonly body: Uint8Array }[];
  /**
   * It has env.table, too: engines keep what has a table for as long as that lives (V8 of Node 20: with a copy of it), so that is for one
   * module.
   */
  readonly table?: boolean;
  readonly hints?: Bytes;
}

/** A module of functions, exported as "0", "1"..., over env.memory and imported functions of env. */
export function encodeParts({ types, imports, functions, table = false, hints }: ModuleParts): Uint8Array<ArrayBuffer> {
  const out = new Bytes();
  out.bytes([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const typeSection = new Bytes();
  typeSection.u32(types.length);
  for (const one of types) type(typeSection, one);
  section(out, 1, typeSection);
  const imported = new Bytes();
  imported.u32(1 + (table ? 1 : 0) + imports.length);
  imported.text('env');
  imported.text('memory');
  imported.bytes([0x02, 0x01]);
  imported.u32(1);
  imported.u32(65536);
  if (table) {
    imported.text('env');
    imported.text('table');
    imported.bytes([0x01, 0x70, 0x00, 0x00]);
  }
  for (const { name, type: number } of imports) {
    imported.text('env');
    imported.text(name);
    imported.byte(0x00);
    imported.u32(number);
  }
  section(out, 2, imported);
  const declared = new Bytes();
  declared.u32(functions.length);
  for (const { type: number } of functions) declared.u32(number);
  section(out, 3, declared);
  const exported = new Bytes();
  exported.u32(functions.length);
  functions.forEach((_, i) => {
    exported.text(String(i));
    exported.byte(0x00);
    exported.u32(imports.length + i);
  });
  section(out, 7, exported);
  if (hints !== undefined) section(out, 0, hints);
  const code = new Bytes();
  code.u32(functions.length);
  for (const { body } of functions) {
    code.u32(body.length);
    code.bytes(body);
  }
  section(out, 10, code);
  return out.view().slice();
}

/** A module of functions of one type. */
export function encodeModule(
  own: FunctionType,
  bodies: readonly Body[],
  imports: readonly ImportedFunction[],
  table = false,
): Uint8Array<ArrayBuffer> {
  return encodeParts({
    types: [own, ...imports.map((imported) => imported.type)],
    imports: imports.map(({ name }, i) => ({ name, type: 1 + i })),
    functions: bodies.map((body) => ({ type: 0, body: body.view() })),
    table,
    hints: branchHints(bodies, imports.length),
  });
}
