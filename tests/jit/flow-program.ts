/**
 * Random programs that are all control flow: nested loops, loops entered in the middle, calls, recursion, jump tables, code that patches
 * itself, with loads and stores all over a few pages between.
 *
 *   s0       data;  s11 a pointer into the data;  s10 mask of offsets into the data
 *   s1..s7   loop counters by depth;  s8 recursions left;  s9 turns left;  all a and t registers random
 */
import { assemble, formatDiagnostic } from '../../host/asm/index.js';
import { readElf } from '../../host/debug/elf.js';
import type { Random } from '../support/random.js';

export const DATA = 0x200000;
export const DATA_PAGES = 8;
export const STACK = 0x300000;
export const STACK_PAGES = 4;

const VALUES = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 't3', 't4', 't5', 't6'];
const FLOATS = ['fa0', 'fa1', 'fa2', 'fa3', 'fa4', 'fs0', 'fs1', 'ft0'];
const BINARY =
  'add sub and or xor sll srl sra slt sltu addw subw mul mulw mulhu div divu rem remuw sh1add sh2add andn max minu rol bext czero.eqz';
const IMMEDIATE = 'addi addiw andi ori xori slti sltiu';
const CONDITIONS = ['beq', 'bne', 'blt', 'bge', 'bltu', 'bgeu'];
const LOADS = ['lb', 'lbu', 'lh', 'lhu', 'lw', 'lwu', 'ld', 'ld'];
const STORES = ['sb', 'sh', 'sw', 'sd', 'sd'];
const FUNCTIONS = 5;
const DEPTH_MAX = 4;

class Writer {
  readonly lines: string[] = [];
  #labels = 0;
  #function = 0;

  constructor(private readonly random: Random) {}

  label(): string {
    return `L${this.#labels++}`;
  }
  value(): string {
    return this.random.pick(VALUES);
  }
  emit(...lines: string[]): void {
    this.lines.push(...lines);
  }

  statements(depth: number, count: number): void {
    for (let i = 0; i < count; i++) this.statement(depth);
  }

  statement(depth: number): void {
    const { random } = this;
    const kind = random.below(depth >= DEPTH_MAX ? 12 : 20);
    if (kind < 4) this.emit(`${random.pick(BINARY.split(' '))} ${this.value()}, ${this.value()}, ${this.value()}`);
    else if (kind < 6) this.emit(`${random.pick(IMMEDIATE.split(' '))} ${this.value()}, ${this.value()}, ${random.below(4096) - 2048}`);
    else if (kind < 9) this.memory();
    else if (kind === 9) this.rare();
    else if (kind < 12) this.either(depth);
    else if (kind < 15) this.loop(depth);
    else if (kind === 15) this.middle(depth);
    else if (kind === 16) this.table(depth);
    else if (kind === 17) this.patch();
    else this.call();
  }

  memory(): void {
    const { random } = this;
    if (random.chance(0.4)) this.emit(`and t0, ${this.value()}, s10`, 'add s11, s0, t0');
    for (let n = 1 + random.below(3); n > 0; n--) {
      const row = random.pick(random.chance(0.5) ? LOADS : STORES);
      const offset = random.chance(0.7) ? random.below(16) * 8 : random.below(400) - 200;
      this.emit(`${row} ${this.value()}, ${offset}(s11)`);
    }
  }

  rare(): void {
    const { random } = this;
    const [fa, fb, fc] = [random.pick(FLOATS), random.pick(FLOATS), random.pick(FLOATS)];
    const point = [`and t0, ${this.value()}, s10`, 'andi t0, t0, -8', 'add t0, t0, s0'];
    const choices: (() => void)[] = [
      () => this.emit(`${random.pick(['fadd.d', 'fsub.d', 'fmul.d', 'fdiv.s', 'fmin.d', 'fsgnjx.d', 'fadd.s'])} ${fa}, ${fb}, ${fc}`),
      () => this.emit(`fmadd.d ${fa}, ${fb}, ${fc}, ${fa}`),
      () => this.emit(`fcvt.d.l ${fa}, ${this.value()}`),
      () => this.emit(`${random.pick(['fcvt.l.d', 'fcvt.w.d', 'fcvt.wu.s'])} ${this.value()}, ${fa}, rtz`),
      () => this.emit(`${random.pick(['feq.d', 'flt.d', 'fle.s'])} ${this.value()}, ${fa}, ${fb}`),
      () => this.emit(`fmv.x.d ${this.value()}, ${fa}`, `fmv.w.x ${fb}, ${this.value()}`),
      () => this.emit(...point, `fld ${fa}, 0(t0)`, `fsd ${fb}, 8(t0)`, `flw ${fc}, 4(t0)`, `fsw ${fa}, 12(t0)`),
      () => this.emit(...point, `amoadd.d ${this.value()}, ${this.value()}, (t0)`, `amomaxu.w ${this.value()}, ${this.value()}, (t0)`),
      () => this.emit(...point, `lr.d ${this.value()}, (t0)`, `sc.d ${this.value()}, ${this.value()}, (t0)`),
      () => this.emit(`csrrs ${this.value()}, fflags, zero`),
      () => this.emit('fence.i'),
    ];
    random.pick(choices)();
  }

  branch(to: string): void {
    this.emit(`${this.random.pick(CONDITIONS)} ${this.value()}, ${this.random.chance(0.3) ? 'zero' : this.value()}, ${to}`);
  }

  either(depth: number): void {
    const [other, end] = [this.label(), this.label()];
    this.branch(other);
    this.statements(depth + 1, this.random.below(4));
    if (this.random.chance(0.5)) this.emit(`j ${end}`);
    this.emit(`${other}:`);
    this.statements(depth + 1, this.random.below(4));
    this.emit(`${end}:`);
  }

  loop(depth: number): void {
    const counter = `s${depth + 1}`;
    const [top, out] = [this.label(), this.label()];
    this.emit(`li ${counter}, ${1 + this.random.below(12)}`);
    const tested = this.random.chance(0.4);
    this.emit(`${top}:`);
    if (tested) this.emit(`beqz ${counter}, ${out}`);
    this.statements(depth + 1, 1 + this.random.below(3));
    if (this.random.chance(0.3)) this.branch(out);
    if (this.random.chance(0.4)) this.statement(DEPTH_MAX);
    this.emit(`addi ${counter}, ${counter}, -1`);
    this.emit(tested ? `j ${top}` : `bnez ${counter}, ${top}`, `${out}:`);
  }

  /** A loop with two entries. */
  middle(depth: number): void {
    const counter = `s${depth + 1}`;
    const [top, into] = [this.label(), this.label()];
    this.emit(`li ${counter}, ${1 + this.random.below(9)}`);
    this.branch(into);
    this.emit(`${top}:`);
    this.statements(DEPTH_MAX, 1 + this.random.below(3));
    this.emit(`${into}:`);
    this.statements(DEPTH_MAX, 1 + this.random.below(3));
    this.emit(`addi ${counter}, ${counter}, -1`, `bgtz ${counter}, ${top}`);
  }

  table(depth: number): void {
    const [table, end] = [this.label(), this.label()];
    const cases = [this.label(), this.label(), this.label(), this.label()];
    this.emit(`la t0, ${table}`, `andi t1, ${this.value()}, 3`, 'sh3add t0, t1, t0');
    const by = this.random.pick(['t0', 't1', 't2']);
    this.emit(`ld ${by}, 0(t0)`, `jr ${by}`);
    this.emit('.balign 8', `${table}:`, ...cases.map((to) => `.dword ${to}`));
    for (const to of cases) {
      this.emit(`${to}:`);
      this.statements(depth + 1, 1);
      this.emit(`j ${end}`);
    }
    this.emit(`${end}:`);
  }

  /** Changes an immediate of code that is executed at once, with and without fence.i. */
  patch(): void {
    const [place, words, end] = [this.label(), this.label(), this.label()];
    const register = this.value();
    this.emit(`la t0, ${words}`, `andi t1, ${this.value()}, 4`, 'add t0, t0, t1', 'lw t1, 0(t0)', `la t0, ${place}`);
    if (this.random.chance(0.5)) this.emit('lw t2, 0(t0)', `beq t1, t2, ${end}`);
    this.emit('sw t1, 0(t0)', 'fence.i', `${end}:`, `${place}:`, `addi ${register}, ${register}, 1`);
    const after = this.label();
    this.emit(`j ${after}`, `${words}:`, `addi ${register}, ${register}, 1`, `addi ${register}, ${register}, 77`, `${after}:`);
  }

  call(): void {
    const next = this.#function + 1;
    if (next >= FUNCTIONS || this.random.chance(0.2)) {
      const skip = this.label();
      this.emit('addi s8, s8, -1', `bltz s8, ${skip}`, `call fn${this.#function === 0 ? 1 : this.#function}`, `${skip}:`);
      return;
    }
    if (this.random.chance(0.4)) {
      this.callByRegister(next);
      return;
    }
    const target = next + this.random.below(FUNCTIONS);
    this.emit(target < FUNCTIONS ? `call fn${target}` : 'jal t0, leaf');
  }

  /** Calls one of two functions, or returns that are none. */
  callByRegister(next: number): void {
    const { random } = this;
    const [call, end] = [this.label(), this.label()];
    const by = random.pick(['t1', 't2', 'ra']);
    this.emit(`la ${by}, fn${next}`, `andi t0, ${this.value()}, ${random.pick([1, 7])}`, `beqz t0, ${call}`);
    this.emit(`la ${by}, ${next + 1 < FUNCTIONS ? `fn${next + 1}` : 'back'}`, `${call}:`);
    if (random.chance(0.2)) this.emit(`addi ${by}, ${by}, -8`, `jalr ra, 8(${by})`);
    else this.emit(random.chance(0.2) ? `ori ${by}, ${by}, 1` : `addi ${by}, ${by}, 0`, `jalr ra, 0(${by})`);
    this.emit(`j ${end}`, 'addi a1, a1, 9', `${end}:`);
  }

  /** A function that saves its return address and its caller's counters. */
  function(n: number): void {
    this.#function = n;
    this.emit('.balign 4', `fn${n}:`, 'addi sp, sp, -64', 'sd ra, 0(sp)');
    for (let i = 1; i <= 7; i++) this.emit(`sd s${i}, ${i * 8}(sp)`);
    this.statements(0, 4 + this.random.below(5));
    this.emit('ld ra, 0(sp)');
    for (let i = 1; i <= 7; i++) this.emit(`ld s${i}, ${i * 8}(sp)`);
    this.emit('addi sp, sp, 64', 'ret');
  }
}

export interface FlowProgram {
  readonly text: string;
  readonly address: number;
  readonly code: Uint8Array;
}

export function flowProgram(random: Random): FlowProgram {
  const writer = new Writer(random);
  writer.emit('.globl _start', '_start:', 'again:', `li s8, ${random.below(20)}`);
  writer.statements(0, 8);
  writer.emit('addi s9, s9, -1', 'beqz s9, done', 'j again', 'done:', 'ecall', 'leaf:', 'addi a0, a0, 3', 'jr t0');
  writer.emit('.balign 4', 'back:', 'addi a1, a1, 5', 'andi t0, a1, 1', 'bnez t0, behind', 'ret', 'behind:', 'jr 4(ra)');
  for (let n = 1; n < FUNCTIONS; n++) writer.function(n);
  const text = writer.lines.join('\n');
  const { elf, errors } = assemble(text);
  if (elf === undefined) throw new Error(`${errors.map(formatDiagnostic).join('\n')}\n${text}`);
  const section = readElf(elf)?.sections.find(({ name }) => name === '.text');
  if (section === undefined) throw new Error('no .text');
  return { text, address: section.address, code: elf.slice(section.offset, section.offset + section.size) };
}
