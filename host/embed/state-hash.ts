import * as L from '../../assembly/shared/layout.js';
import { findEntry, type SpaceView, viewSpace } from '../debug/inspect/capture.js';
import { LEAF_SPAN, PTE_V } from '../debug/inspect/records.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Process } from '../kernel/process.js';
import { type Vma, vmas } from '../vfs/backends/proc-maps.js';

/** Two lanes of FNV-1a over 32-bit words, the second with another multiplier and rotated: quick, and good enough to tell runs apart. */
class Hash {
  #a = 0x811c9dc5;
  #b = 0x9747b28c;

  word(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x01000193);
    const mixed = Math.imul(this.#b ^ value, 0x5bd1e995);
    this.#b = (mixed << 13) | (mixed >>> 19);
  }

  /** Below 2^53. */
  number(value: number): void {
    this.word(value | 0);
    this.word(Math.floor(value / 2 ** 32) | 0);
  }

  words(words: Uint32Array): void {
    for (const word of words) this.word(word);
  }

  get text(): string {
    return [this.#a, this.#b].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

/** Registers, signals and memory of all processes. Files are in it as far as they are mapped. */
export function stateHash(kernel: Kernel): string {
  const hash = new Hash();
  const { loaded } = kernel.cpu;
  if (loaded !== undefined) kernel.cpu.copyTo(loaded.context);
  for (const process of [...kernel.processes.values()].sort((a, b) => a.pid - b.pid)) hashProcess(hash, process);
  return hash.text;
}

/** Integer registers, floating-point registers, pc and fcsr, as words. */
const REGISTERS: readonly (readonly [from: number, to: number])[] = [
  [L.HART_X, L.HART_X_SINK],
  [L.HART_F, L.HART_PC],
  [L.HART_PC, L.HART_RESERVATION],
];

function hashProcess(hash: Hash, process: Process): void {
  const { core } = process.kernel;
  hash.word(process.pid);
  hash.word(process.ppid);
  hash.word(process.status);
  hashSignals(hash, process.pending.set);
  for (const t of process.threads) {
    hash.word(t.tid);
    hashSignals(hash, t.mask);
    hashSignals(hash, t.pending.set);
    for (const [from, to] of REGISTERS) hash.words(core.u32.subarray((t.context + from) >>> 2, (t.context + to) >>> 2));
  }
  if (process.state !== 'running') return;
  const view = viewSpace(process);
  for (const vma of vmas(view.source, view.space)) {
    hash.number(vma.start);
    hash.number(vma.end);
    hash.number(vma.flags);
    hashPages(hash, view, vma);
  }
}

function hashSignals(hash: Hash, set: bigint): void {
  hash.word(Number(set & 0xffffffffn));
  hash.word(Number(set >> 32n));
}

/** A page of zeros is the same as none. */
function hashPages(hash: Hash, view: SpaceView, vma: Vma): void {
  const { u32 } = view.core;
  for (let va = vma.start; va < vma.end; va += L.PAGE_SIZE) {
    const entry = findEntry(view, va);
    if (entry === undefined) {
      va = (Math.floor(va / LEAF_SPAN) + 1) * LEAF_SPAN - L.PAGE_SIZE;
      continue;
    }
    const { bits, frame } = entry.pte;
    if ((bits & PTE_V) === 0 || frame === view.zeroFrame) continue;
    const words = u32.subarray((frame * L.PAGE_SIZE) >>> 2, ((frame + 1) * L.PAGE_SIZE) >>> 2);
    if (words.every((word) => word === 0)) continue;
    hash.number(va);
    hash.words(words);
  }
}
