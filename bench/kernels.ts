import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { build, geometricMean, median, peers, ratio, table, time } from './measure.js';

/** Kernels that work mainly on floating-point numbers: shown apart, not in the interpreter's mean. */
const FLOATING = new Set(['nbody', 'spectral', 'mandel', 'matmulf', 'fft']);

interface Row {
  name: string;
  instructions: number;
  nsPerInstruction: number;
  userMs: Map<string, number>;
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
    console.log(`${floating ? 'floating-point' : 'integer'} kernels: user CPU of the whole process, ms`);
    const user = (row: Row, peer: string): number => row.userMs.get(peer) as number;
    const means = others.map((peer) => geometricMean(group.map((row) => user(row, 'pagewalk') / user(row, peer))).toFixed(2));
    const mean = geometricMean(group.map((row) => row.nsPerInstruction)).toFixed(2);
    table(
      ['kernel', 'Minstr', 'ns/instr', ...machines.map((peer) => peer.name), ...others.map((peer) => `/${peer}`)],
      [
        ...group.map((row) => [
          row.name,
          (row.instructions / 1e6).toFixed(0),
          row.nsPerInstruction.toFixed(2),
          ...machines.map((peer) => user(row, peer.name).toFixed(0)),
          ...others.map((peer) => ratio(user(row, 'pagewalk'), user(row, peer))),
        ]),
        ['geometric mean', '', mean, ...machines.map(() => ''), ...means],
      ],
    );
  }
}

function benchOne(name: string, machines: ReturnType<typeof peers>, rounds: number): Row {
  const program = build(`bench/kernels/${name}.c`, `kernel-${name}`, ['-lm'], ['-lm']);
  const statsFile = `build/bench/stats-${process.pid}.json`;
  const samples = new Map<string, number[]>(machines.map((peer) => [peer.name, []]));
  const ns: number[] = [];
  let instructions = 0;
  let checksum: string | undefined;
  for (let round = 0; round < rounds; round++) {
    for (const peer of machines) {
      const command = peer.command(program, []);
      if (peer.name === 'pagewalk') command.splice(3, 0, `--stats=${statsFile}`);
      const sample = time(command);
      checksum ??= sample.output;
      if (sample.status !== 0 || sample.output !== checksum)
        throw new Error(`${name} under ${peer.name}: ${sample.output}, not ${checksum}`);
      samples.get(peer.name)?.push(sample.userMs);
      if (peer.name !== 'pagewalk') continue;
      const stats = JSON.parse(readFileSync(statsFile, 'utf8')) as { instructions: number; timeMs: number };
      instructions = stats.instructions;
      ns.push((stats.timeMs * 1e6) / stats.instructions);
    }
  }
  rmSync(statsFile, { force: true });
  const userMs = new Map([...samples].map(([peer, values]) => [peer, median(values)]));
  return { name, instructions, nsPerInstruction: median(ns), userMs };
}
