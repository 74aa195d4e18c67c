import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { build, geometricMean, median, PAGEWALK, type Peer, peers, type Sample, table, time } from './measure.js';

/** Kernels that work mainly on floating-point numbers: shown apart, not in the interpreter's mean. */
export const FLOATING = new Set(['nbody', 'spectral', 'mandel', 'matmulf', 'fft']);

/** How often a kernel is run for the comparison of whole processes: two to three seconds under qemu-riscv64. */
export const REPEATS: Readonly<Record<string, number>> = {
  aes: 23,
  collatz: 12,
  crc32: 50,
  fft: 25,
  fib: 40,
  list: 20,
  mandel: 26,
  matmul: 60,
  matmulf: 6,
  mix: 25,
  nbody: 10,
  nqueens: 500,
  quicksort: 20,
  records: 8,
  regex: 26,
  sha256: 45,
  sieve: 26,
  spectral: 28,
  stream: 70,
  strings: 64,
  tree: 9,
};

interface Row {
  name: string;
  instructions: number;
  /** Of one run, everything interpreted. */
  interpretedNs: number;
  /** Of the repeated run. */
  compiledNs: number;
  /** Of whole processes. */
  userMs: Map<string, number>;
  /** The same without what a process needs whose kernel runs once: start, translation of what the kernel is, one run. */
  steadyMs: Map<string, number>;
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
    console.log(
      `${floating ? 'floating-point' : 'integer'} kernels, repeated: user CPU of the whole process, ms; ratios also without the first run`,
    );
    const ratios: [head: string, of: (row: Row) => number][] = others.flatMap((peer) =>
      [
        [`/${peer}`, ({ userMs }: Row) => userMs],
        [`steady /${peer}`, ({ steadyMs }: Row) => steadyMs],
      ].map(
        ([head, times]) =>
          [
            head as string,
            (row: Row): number => {
              const ms = (times as (row: Row) => Map<string, number>)(row);
              return (ms.get('pagewalk') as number) / (ms.get(peer) as number);
            },
          ] as [string, (row: Row) => number],
      ),
    );
    const mean = (of: (row: Row) => number): string => geometricMean(group.map(of)).toFixed(2);
    table(
      ['kernel', 'Minstr', 'interpreted ns', 'ns', ...machines.map((peer) => peer.name), ...ratios.map(([head]) => head)],
      [
        ...group.map((row) => [
          row.name,
          (row.instructions / 1e6).toFixed(0),
          row.interpretedNs.toFixed(2),
          row.compiledNs.toFixed(2),
          ...machines.map((peer) => (row.userMs.get(peer.name) as number).toFixed(0)),
          ...ratios.map(([, of]) => of(row).toFixed(2)),
        ]),
        [
          'geometric mean',
          '',
          mean((row) => row.interpretedNs),
          mean((row) => row.compiledNs),
          ...machines.map(() => ''),
          ...ratios.map(([, of]) => mean(of)),
        ],
      ],
    );
  }
}

function benchOne(name: string, machines: ReturnType<typeof peers>, rounds: number): Row {
  const program = build(`bench/kernels/${name}.c`, `kernel-${name}`, ['-lm'], ['-lm']);
  const repeats = REPEATS[name];
  if (repeats === undefined) throw new Error(`how often is ${name} to be run?`);
  const statsFile = `build/bench/stats-${process.pid}.json`;
  const samples = new Map<string, { whole: number[]; once: number[] }>(machines.map((peer) => [peer.name, { whole: [], once: [] }]));
  const [interpreted, compiled]: [number[], number[]] = [[], []];
  let instructions = 0;
  const checksums = new Map<number, string>();
  const run = (peer: Peer, times: number, options: readonly string[] = []): Sample => {
    const command = peer.command(program, [String(times)]);
    const sample = time([...command.slice(0, 3), ...options, ...command.slice(3)]);
    if (!checksums.has(times)) checksums.set(times, sample.output);
    if (sample.status !== 0 || sample.output !== checksums.get(times))
      throw new Error(`${name} under ${peer.name}: status ${sample.status}, ${sample.output}, not ${checksums.get(times)}`);
    return sample;
  };
  const stats = (): Stats => JSON.parse(readFileSync(statsFile, 'utf8')) as Stats;
  const ns = ({ instructions: count, timeMs }: Stats): number => (timeMs * 1e6) / count;
  const counted = `--stats=${statsFile}`;
  for (let round = 0; round < rounds; round++) {
    run(PAGEWALK, 1, [counted, '--jit', 'off']);
    interpreted.push(ns(stats()));
    for (const peer of machines) {
      const { whole, once } = samples.get(peer.name) as { whole: number[]; once: number[] };
      once.push(run(peer, 1).userMs);
      whole.push(run(peer, repeats, peer === PAGEWALK ? [counted] : []).userMs);
      if (peer !== PAGEWALK) continue;
      compiled.push(ns(stats()));
      instructions = stats().instructions;
    }
  }
  rmSync(statsFile, { force: true });
  const medians = [...samples].map(([peer, { whole, once }]) => ({ peer, whole: median(whole), once: median(once) }));
  return {
    name,
    instructions,
    interpretedNs: median(interpreted),
    compiledNs: median(compiled),
    userMs: new Map(medians.map(({ peer, whole }) => [peer, whole])),
    steadyMs: new Map(medians.map(({ peer, whole, once }) => [peer, whole - once])),
  };
}
