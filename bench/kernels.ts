import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { build, geometricMean, median, PAGEWALK, peers, ratio, type Sample, table, time } from './measure.js';

/** Kernels that work mainly on floating-point numbers: shown apart, not in the interpreter's mean. */
export const FLOATING = new Set(['nbody', 'spectral', 'mandel', 'matmulf', 'fft']);

/** How often a kernel is run for the comparison of whole processes: about a second under qemu-riscv64. */
const REPEATS: Readonly<Record<string, number>> = {
  collatz: 12,
  crc32: 25,
  fft: 15,
  fib: 18,
  list: 12,
  mandel: 5,
  matmul: 25,
  matmulf: 2,
  nbody: 6,
  nqueens: 120,
  quicksort: 16,
  sha256: 22,
  sieve: 22,
  spectral: 20,
  strings: 45,
};

interface Row {
  name: string;
  instructions: number;
  /** Of one run, everything interpreted. */
  interpretedNs: number;
  /** Of the repeated run. */
  compiledNs: number;
  userMs: Map<string, number>;
}

interface Stats {
  readonly instructions: number;
  readonly timeMs: number;
}

/** bench/kernels/*.c: nanoseconds per guest instruction, and user CPU of whole processes beside qemu and native. */
export function benchKernels(rounds: number, names: readonly string[]): void {
  const machines = peers();
  const sources = readdirSync('bench/kernels').filter((file) => file.endsWith('.c'));
  const rows = sources
    .map((file) => basename(file, '.c'))
    .filter((name) => names.length === 0 || names.includes(name))
    .map((name) => benchOne(name, machines, rounds));
  const others = machines.slice(1).map((peer) => peer.name);
  for (const floating of [false, true]) {
    const group = rows.filter((row) => FLOATING.has(row.name) === floating);
    if (group.length === 0) continue;
    console.log(`${floating ? 'floating-point' : 'integer'} kernels, repeated: user CPU of the whole process, ms`);
    const user = (row: Row, peer: string): number => row.userMs.get(peer) as number;
    const means = others.map((peer) => geometricMean(group.map((row) => user(row, 'pagewalk') / user(row, peer))).toFixed(2));
    const mean = (of: (row: Row) => number): string => geometricMean(group.map(of)).toFixed(2);
    table(
      ['kernel', 'Minstr', 'interpreted ns', 'ns', ...machines.map((peer) => peer.name), ...others.map((peer) => `/${peer}`)],
      [
        ...group.map((row) => [
          row.name,
          (row.instructions / 1e6).toFixed(0),
          row.interpretedNs.toFixed(2),
          row.compiledNs.toFixed(2),
          ...machines.map((peer) => user(row, peer.name).toFixed(0)),
          ...others.map((peer) => ratio(user(row, 'pagewalk'), user(row, peer))),
        ]),
        ['geometric mean', '', mean((row) => row.interpretedNs), mean((row) => row.compiledNs), ...machines.map(() => ''), ...means],
      ],
    );
  }
}

function benchOne(name: string, machines: ReturnType<typeof peers>, rounds: number): Row {
  const program = build(`bench/kernels/${name}.c`, `kernel-${name}`, ['-lm'], ['-lm']);
  const statsFile = `build/bench/stats-${process.pid}.json`;
  const samples = new Map<string, number[]>(machines.map((peer) => [peer.name, []]));
  const [interpreted, compiled]: [number[], number[]] = [[], []];
  let instructions = 0;
  let checksum: string | undefined;
  const ours = (command: readonly string[], options: readonly string[]): { sample: Sample; stats: Stats } => {
    const sample = time([...command.slice(0, 3), `--stats=${statsFile}`, ...options, ...command.slice(3)]);
    if (sample.status !== 0) throw new Error(`${name}: status ${sample.status}`);
    return { sample, stats: JSON.parse(readFileSync(statsFile, 'utf8')) as Stats };
  };
  const ns = ({ instructions: count, timeMs }: Stats): number => (timeMs * 1e6) / count;
  for (let round = 0; round < rounds; round++) {
    interpreted.push(ns(ours(PAGEWALK.command(program, []), ['--jit', 'off']).stats));
    for (const peer of machines) {
      const command = peer.command(program, [String(REPEATS[name] ?? 1)]);
      let sample: Sample;
      if (peer.name === 'pagewalk') {
        const run = ours(command, []);
        sample = run.sample;
        instructions = run.stats.instructions;
        compiled.push(ns(run.stats));
      } else sample = time(command);
      checksum ??= sample.output;
      if (sample.status !== 0 || sample.output !== checksum)
        throw new Error(`${name} under ${peer.name}: ${sample.output}, not ${checksum}`);
      samples.get(peer.name)?.push(sample.userMs);
    }
  }
  rmSync(statsFile, { force: true });
  const userMs = new Map([...samples].map(([peer, values]) => [peer, median(values)]));
  return { name, instructions, interpretedNs: median(interpreted), compiledNs: median(compiled), userMs };
}
