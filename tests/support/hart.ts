/** A bare machine for instruction tests: one address space, pages of code and data, registers as BigInt. No kernel. */
import { readFileSync } from 'node:fs';
import * as X from '../../assembly/shared/exit.js';
import * as L from '../../assembly/shared/layout.js';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_EXEC, PROT_READ, PROT_WRITE } from '../../assembly/shared/mman.js';
import { Core } from '../../host/core/core.js';
import { Jit } from '../../host/jit/jit.js';
import { testJit } from './jit.js';

export const RWX = PROT_READ | PROT_WRITE | PROT_EXEC;
export const RX = PROT_READ | PROT_EXEC;
export const RW = PROT_READ | PROT_WRITE;

const FRAMES = 4096;
const WINDOW_PAGES = 0x8000; // 128 MiB: addresses above take the TLB
const MAY_ALL = 0x70;
const ALL_ONES = 2n ** 64n - 1n;

export const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

export class Hart {
  private constructor(
    readonly core: Core,
    readonly space: number,
  ) {}

  /** `jit`: code is compiled as PAGEWALK_JIT says. */
  static async create({ jit = true } = {}): Promise<Hart> {
    const core = await Core.create(new WebAssembly.Module(readFileSync(process.env.PAGEWALK_CORE ?? 'dist/core.wasm')));
    core.exports.coreInit(FRAMES, WINDOW_PAGES);
    const options = jit ? testJit() : false;
    if (options !== false) new Jit(core, options);
    const space = core.exports.spaceCreate();
    core.exports.spaceSetLayout(space, 0x7000000, 0x800000, 8 << 20);
    core.exports.spaceActivate(space);
    return new Hart(core, space);
  }

  map(address: number, pages: number, protection: number): void {
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    const result = this.core.exports.mmMap(this.space, address, pages * L.PAGE_SIZE, protection, flags, 0, 0, MAY_ALL);
    if (result !== address) throw new Error(`mmap gave ${result}`);
  }

  protect(address: number, pages: number, protection: number): void {
    const result = this.core.exports.mmProtect(this.space, address, pages * L.PAGE_SIZE, protection);
    if (result !== 0) throw new Error(`mprotect gave ${result}`);
  }

  /** As the kernel writes user memory: the core hears of it. */
  write(address: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; done += L.STAGING_BYTES) {
      const piece = bytes.subarray(done, done + L.STAGING_BYTES);
      this.core.u8.set(piece, L.STAGING);
      const fault = this.core.exports.userCopyOut(this.space, address + done, piece.length);
      if (fault !== 0) throw new Error(`write of ${address.toString(16)}: fault ${fault}`);
    }
  }

  read(address: number, length: number): Uint8Array {
    const fault = this.core.exports.userCopyIn(this.space, address, length);
    if (fault !== 0) throw new Error(`read of ${address.toString(16)}: fault ${fault}`);
    return this.core.u8.slice(L.STAGING, L.STAGING + length);
  }

  writeU64(address: number, value: bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, u64(value), true);
    this.write(address, bytes);
  }

  readU64(address: number): bigint {
    return new DataView(this.read(address, 8).buffer).getBigUint64(0, true);
  }

  /** Puts instruction words (each 2 or 4 bytes, as its low bits say) one behind the other; returns the address behind them. */
  code(address: number, words: readonly number[]): number {
    const bytes = codeBytes(words);
    this.write(address, bytes);
    return address + bytes.length;
  }

  x(n: number): bigint {
    return this.core.view.getBigUint64(L.HART + L.HART_X + n * 8, true);
  }

  setX(n: number, value: bigint): void {
    if (n !== 0) this.core.view.setBigUint64(L.HART + L.HART_X + n * 8, u64(value), true);
  }

  f(n: number): bigint {
    return this.core.view.getBigUint64(L.HART + L.HART_F + n * 8, true);
  }

  setF(n: number, bits: bigint): void {
    this.core.view.setBigUint64(L.HART + L.HART_F + n * 8, u64(bits), true);
  }

  get pc(): number {
    return this.core.pc;
  }

  set pc(address: number) {
    this.core.pc = address;
  }

  get fflags(): number {
    return this.core.u32[(L.HART + L.HART_FFLAGS) >>> 2];
  }

  set fflags(value: number) {
    this.core.u32[(L.HART + L.HART_FFLAGS) >>> 2] = value;
  }

  get frm(): number {
    return this.core.u32[(L.HART + L.HART_FRM) >>> 2];
  }

  set frm(value: number) {
    this.core.u32[(L.HART + L.HART_FRM) >>> 2] = value;
  }

  /** As a switch of threads does. */
  dropReservation(): void {
    this.core.view.setBigUint64(L.HART + L.HART_RESERVATION, ALL_ONES, true);
  }

  run(budget: number): number {
    return this.core.exports.run(budget);
  }

  /** Runs from an address and wants the budget to be used up exactly. */
  steps(address: number, count: number): void {
    this.pc = address;
    const before = this.instructions;
    const reason = this.run(count);
    if (reason !== X.EXIT_BUDGET) throw new Error(`exit ${reason} at ${this.pc.toString(16)}, fault ${this.fault}`);
    if (this.instructions - before !== count) throw new Error(`${this.instructions - before} instructions, not ${count}`);
  }

  get instructions(): number {
    return this.core.counter(L.COUNT_INSTRUCTIONS);
  }

  get accesses(): number {
    return this.core.counter(L.COUNT_ACCESSES);
  }

  /** "kind access address" of the last fault. */
  get fault(): string {
    const words = this.core.u32;
    const address = this.core.readU64(L.HART + L.HART_FAULT_ADDRESS);
    return `${words[(L.HART + L.HART_FAULT_KIND) >>> 2]} ${words[(L.HART + L.HART_FAULT_ACCESS) >>> 2]} ${address.toString(16)}`;
  }
}

export function codeBytes(words: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const word of words) {
    bytes.push(word & 255, (word >>> 8) & 255);
    if ((word & 3) === 3) bytes.push((word >>> 16) & 255, word >>> 24);
  }
  return Uint8Array.from(bytes);
}
