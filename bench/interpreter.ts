/**
 * The interpreter beside the reference of the design's kind (reference.ts), on the integer kernels: nanoseconds per guest instruction.
 *
 * Both run the same programs (kernels without a libc) in slices, in turn, in one process; a time is CPU time of the process during a
 * slice. The first slices, in which code is decoded and compiled, are not looked at; the last column has everything in it.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { EXIT_BUDGET, EXIT_ECALL } from '../assembly/shared/exit.js';
import { parseElf } from '../host/loader/elf.js';
import { Hart, RWX } from '../tests/support/hart.js';
import { FLOATING } from './kernels.js';
import { build, geometricMean, median, PAGEWALK, type Sample, table, time } from './measure.js';
import { createReference, GUEST, GUEST_BYTES, isText, REGISTERS } from './reference.js';

const SYS_EXIT = 93;
const SLICE_INSTRUCTIONS = 400_000;
/** A jump comes about every fifth instruction. */
const SLICE_JUMPS = 80_000;
const WARM_SLICES = 20;
const SLICES = 40;
const STACK_TOP = GUEST_BYTES - 4096;
const PAGE = 4096;

interface Segment {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly memoryBytes: number;
}

interface Image {
  readonly entry: number;
  readonly textEnd: number;
  readonly segments: readonly Segment[];
}

/** The same program on one of the two interpreters; it begins again when it ends. */
interface Runner {
  /** Runs a slice; instructions executed, where it knows. */
  slice(): number;
  readonly output: string;
}

function loadImage(path: string): Image {
  const file = readFileSync(path);
  const elf = parseElf((offset, length) => file.subarray(offset, offset + length), file.length);
  const [text] = elf.segments;
  if (!isText(text.address) || !isText(text.address + text.fileBytes)) throw new Error(`${path}: text where none is expected`);
  const segments = elf.segments.map(({ address, offset, fileBytes, memoryBytes }) => {
    return { address, bytes: file.subarray(offset, offset + fileBytes), memoryBytes };
  });
  return { entry: elf.entry, textEnd: text.address + text.fileBytes, segments };
}

function reference({ entry, textEnd, segments }: Image, counting: boolean): Runner {
  const machine = createReference();
  const bytes = new Uint8Array(machine.memory.buffer);
  const view = new DataView(machine.memory.buffer);
  const x = (n: number): number => view.getUint32(REGISTERS + n * 8, true);
  const begin = (): void => {
    machine.resume(entry);
    view.setUint32(REGISTERS + 16, STACK_TOP, true);
  };
  for (const segment of segments) bytes.set(segment.bytes, GUEST + segment.address);
  machine.decode(textEnd);
  begin();
  let output = '';
  return {
    slice() {
      const reason = counting ? machine.count(SLICE_JUMPS) : machine.run(SLICE_JUMPS);
      if (reason === 1) throw new Error(`the reference stops at ${machine.stoppedAt().toString(16)}`);
      if (reason === 0 && x(17) === SYS_EXIT) begin();
      else if (reason === 0) {
        output += new TextDecoder().decode(bytes.slice(GUEST + x(11), GUEST + x(11) + x(12)));
        machine.skip();
      }
      return machine.counted();
    },
    get output() {
      return output;
    },
  };
}

async function ours({ entry, segments }: Image): Promise<Runner> {
  const hart = await Hart.create();
  const pageOf = (address: number): number => Math.floor(address / PAGE);
  const begin = (): void => {
    hart.setX(2, BigInt(STACK_TOP));
    hart.pc = entry;
  };
  for (const { address, bytes, memoryBytes } of segments) {
    const [first, last] = [pageOf(address), pageOf(address + memoryBytes - 1)];
    hart.map(first * PAGE, last - first + 1, RWX);
    hart.write(address, bytes);
  }
  hart.map(STACK_TOP - 16 * PAGE, 16, RWX);
  begin();
  let output = '';
  return {
    slice() {
      const reason = hart.run(SLICE_INSTRUCTIONS);
      if (reason !== EXIT_BUDGET && reason !== EXIT_ECALL)
        throw new Error(`exit ${reason} at ${hart.pc.toString(16)}, fault ${hart.fault}`);
      if (reason === EXIT_ECALL && Number(hart.x(17)) === SYS_EXIT) begin();
      else if (reason === EXIT_ECALL) {
        output += new TextDecoder().decode(hart.read(Number(hart.x(11)), Number(hart.x(12))));
        hart.pc += 4;
      }
      return hart.instructions;
    },
    get output() {
      return output;
    },
  };
}

const cpuMicroseconds = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Slices of both in turn, the first ones not looked at: nanoseconds per instruction of each slice. */
async function runBoth(image: Image): Promise<{ reference: number[]; ours: number[] }> {
  const counter = reference(image, true);
  const lengths: number[] = [];
  for (let slice = 0, before = 0; slice < WARM_SLICES + SLICES; slice++) {
    const after = counter.slice();
    lengths.push(after - before);
    before = after;
  }
  const [a, b] = [reference(image, false), await ours(image)];
  const spent = { reference: [] as number[], ours: [] as number[] };
  for (let slice = 0, instructions = 0; slice < WARM_SLICES + SLICES; slice++) {
    const started = cpuMicroseconds();
    a.slice();
    const between = cpuMicroseconds();
    const after = b.slice();
    const ended = cpuMicroseconds();
    const length = after - instructions;
    instructions = after;
    // An ecall ends a slice early.
    if (slice < WARM_SLICES || lengths[slice] < SLICE_INSTRUCTIONS / 4 || length < SLICE_INSTRUCTIONS) continue;
    spent.reference.push(((between - started) * 1000) / lengths[slice]);
    spent.ours.push(((ended - between) * 1000) / length);
  }
  const [shorter, longer] = [a.output, b.output].sort((one, other) => one.length - other.length);
  if (!longer.startsWith(shorter)) throw new Error(`the reference says ${a.output}, the core ${b.output}`);
  return spent;
}

interface Stats {
  readonly instructions: number;
}

/** User CPU per instruction of `pagewalk run --jit off`, less that of its start: decoding, faults, compilation of the core included. */
function wholeProcess(riscv: string): number {
  const stats = `build/bench/stats-${process.pid}.json`;
  const [node, main, ...rest] = PAGEWALK.command({ riscv, native: undefined }, []);
  const run = (options: readonly string[]): Sample =>
    time([node, main, rest[0], '--jit', 'off', `--stats=${stats}`, ...options, ...rest.slice(1)]);
  const start = run(['--fuel', '1000']);
  const whole = run([]);
  const { instructions } = JSON.parse(readFileSync(stats, 'utf8')) as Stats;
  rmSync(stats, { force: true });
  if (whole.status !== 0) throw new Error(`${riscv}: status ${whole.status}`);
  return ((whole.userMs - start.userMs) * 1e6) / instructions;
}

/** `npm run bench -- interpreter [NAME..]` */
export async function benchInterpreter(rounds: number, names: readonly string[]): Promise<void> {
  const all = readdirSync('bench/kernels')
    .filter((file) => file.endsWith('.c'))
    .map((file) => basename(file, '.c'))
    .filter((kernel) => (names.length === 0 ? !FLOATING.has(kernel) : names.includes(kernel)));
  /** Medians of the reference and ours, best slices of both, process. */
  const rows: { name: string; ns: number[] }[] = [];
  for (const name of all) {
    const { riscv } = build(`bench/kernels/${name}.c`, `free-${name}`, ['-DFREESTANDING', '-nostdlib']);
    const image = loadImage(riscv);
    const [referenceNs, oursNs, whole]: number[][] = [[], [], []];
    for (let round = 0; round < rounds; round++) {
      const spent = await runBoth(image);
      referenceNs.push(...spent.reference);
      oursNs.push(...spent.ours);
      whole.push(wholeProcess(riscv));
    }
    const ns = [median(referenceNs), median(oursNs), Math.min(...referenceNs), Math.min(...oursNs), median(whole)];
    rows.push({ name, ns });
  }
  const means = { name: 'geometric mean', ns: [0, 1, 2, 3, 4].map((column) => geometricMean(rows.map((row) => row.ns[column]))) };
  table(
    ['kernel', 'reference ns', 'ours ns', 'ratio', 'best slice: reference', 'ours', 'ratio', 'process less start'],
    [...rows, means].map(({ name, ns: [r, o, bestR, bestO, whole] }) => [
      name,
      ...[r, o, o / r, bestR, bestO, bestO / bestR, whole].map((n) => n.toFixed(2)),
    ]),
  );
}
