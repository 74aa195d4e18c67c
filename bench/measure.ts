/** Building and timing of benchmark programs, shared by the suites. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toolPath } from '../tests/support/tools.js';

export interface Peer {
  readonly name: string;
  /** Command line that runs a program built by `build`. */
  command(program: Program, args: readonly string[]): string[];
}

/** One C source built for the machines at hand. */
export interface Program {
  readonly riscv: string;
  readonly native: string | undefined;
}

export interface Sample {
  userMs: number;
  wallMs: number;
  output: string;
  status: number | null;
}

const CROSS = 'riscv64-linux-gnu-gcc';
const QEMU = 'qemu-riscv64';

function compile(compiler: string, source: string, output: string, flags: readonly string[]): string {
  const headers = readdirSync(dirname(source)).filter((name) => name.endsWith('.h'));
  const newest = Math.max(...[source, ...headers.map((name) => join(dirname(source), name))].map((file) => statSync(file).mtimeMs));
  if (existsSync(output) && statSync(output).mtimeMs > newest) return output;
  const result = spawnSync(compiler, ['-O2', ...flags, '-o', output, source], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${compiler} ${source}:\n${result.stderr}`);
  return output;
}

/** Builds a source for riscv64 (static) and, where a compiler for this machine is, natively. */
export function build(source: string, name: string, riscvFlags: readonly string[], nativeFlags: readonly string[] = []): Program {
  if (toolPath(CROSS) === undefined) throw new Error(`${CROSS} is needed to build ${source}`);
  const riscv = compile(CROSS, source, `build/bench/${name}.riscv64`, ['-static', ...riscvFlags]);
  const native = toolPath('gcc') === undefined ? undefined : compile('gcc', source, `build/bench/${name}.native`, nativeFlags);
  return { riscv, native };
}

export const PAGEWALK: Peer = {
  name: 'pagewalk',
  command: (program, args) => [process.execPath, 'dist/bin/pagewalk.cjs', 'run', '--memory', '2G', program.riscv, ...args],
};

/** Pagewalk and the peers that this machine has. */
export function peers(): Peer[] {
  const found: Peer[] = [PAGEWALK];
  const qemu = toolPath(QEMU);
  if (qemu === undefined) console.log(`${QEMU} is not here: left out`);
  else found.push({ name: 'qemu', command: (program, args) => [qemu, program.riscv, ...args] });
  if (toolPath('gcc') === undefined) console.log('gcc is not here: native left out');
  else found.push({ name: 'native', command: (program, args) => [program.native as string, ...args] });
  return found;
}

/** Runs a command once: user CPU (by the shell's `time`, which sees just this child) and wall milliseconds of the whole process. */
export function time(command: readonly string[]): Sample {
  const started = process.hrtime.bigint();
  const result = spawnSync('bash', ['-c', 'TIMEFORMAT="PAGEWALK_TIME %U"; time "$@"', 'bash', ...command], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const wallMs = Number(process.hrtime.bigint() - started) / 1e6;
  const user = /PAGEWALK_TIME ([\d.]+)/.exec(result.stderr);
  if (user === null) throw new Error(`no time from ${command.join(' ')}: ${result.stderr}`);
  return { userMs: Number(user[1]) * 1000, wallMs, output: result.stdout, status: result.status };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** Prints rows as an aligned table: the first column to the left, the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const width = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i].length)));
  for (const row of [head, ...rows])
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(width[i]) : cell.padStart(width[i]))).join('  '));
  console.log();
}

export function ratio(a: number, b: number): string {
  return b > 0 ? (a / b).toFixed(2) : '-';
}
