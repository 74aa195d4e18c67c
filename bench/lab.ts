/**
 * The laboratory beside a native simulator of the same two-level TLB (bench/lab.c), on the same records: modelled accesses a second,
 * and what 50 systems in one pass cost against one of them. Counts must be equal.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { replayFile } from '../host/cli/lab/sources.js';
import { type SystemConfig, systemConfig } from '../host/lab/config.js';
import { Pass } from '../host/lab/pass.js';
import type { TakeRecords } from '../host/lab/recorder.js';
import { build, median, table } from './measure.js';

const MACHINE = {
  tlbs: [
    { serves: 'instructions', entries: 64, ways: 4 },
    { serves: 'data', entries: 64, ways: 4 },
    { level: 2, serves: 'both', entries: 1536, ways: 12 },
  ],
};
const SYSTEM = systemConfig({ name: 'one', ...MACHINE });

/** 50 systems: what people vary. Second levels; first levels; all of it. */
const FIFTY: Readonly<Record<string, readonly SystemConfig[]>> = {
  'L2 sizes': fifty((i) => ({
    ...MACHINE,
    tlbs: [...MACHINE.tlbs.slice(0, 2), { level: 2, serves: 'both', entries: 64 + 64 * i, ways: 4 }],
  })),
  'L1 sizes': fifty((i) => ({
    ...MACHINE,
    tlbs: [MACHINE.tlbs[0], { serves: 'data', entries: 16 + 16 * i, ways: 4 }, MACHINE.tlbs[2]],
  })),
  'walk caches': fifty((i) => ({
    ...MACHINE,
    walkCaches: [{ covers: '2M', entries: 1 + i }],
    caches: [{ bytes: 32 << 10, ways: 8 }],
  })),
};

const oneOf = (what: string): string => `one of ${what}`;

function fifty(config: (i: number) => object): SystemConfig[] {
  return Array.from({ length: 50 }, (_, i) => systemConfig({ name: String(i), ...config(i) }));
}

/** Records made or recorded by the command line, kept as they are in memory. */
const WORKLOADS: Readonly<Record<string, readonly string[]>> = {
  sequential: ['synth', 'sequential', '--bytes', '64M', '--accesses', '8000000'],
  matrix: ['synth', 'matrix', '--bytes', '64M', '--accesses', '4000000'],
  zipf: ['synth', 'zipf', '--bytes', '256M', '--accesses', '2000000'],
  random: ['synth', 'random', '--bytes', '1G', '--accesses', '1000000'],
  quicksort: ['record'],
  list: ['record'],
};

function traceOf(name: string): string {
  const path = `build/bench/${name}.trace`;
  const [command, ...args] = WORKLOADS[name];
  if (command === 'record') args.push(build(`bench/kernels/${name}.c`, name, []).riscv, '1');
  const options = command === 'record' ? ['record', '-o', path, ...args] : ['synth', ...args, '--output', path];
  const result = spawnSync(process.execPath, ['dist/bin/pagewalk.cjs', 'lab', ...options], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`lab ${options.join(' ')}: ${result.stderr}`);
  return path;
}

function recordsOf(path: string): Uint32Array {
  const parts: Uint32Array[] = [];
  let length = 0;
  replayFile(path, (words, count) => {
    parts.push(words.slice(0, 2 * count));
    length += 2 * count;
  });
  const all = new Uint32Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const cpuMs = (since?: NodeJS.CpuUsage): number => process.cpuUsage(since).user / 1000;

/** User CPU milliseconds of a pass over all records. */
function timePass(
  module: WebAssembly.Module,
  systems: readonly SystemConfig[],
  feed: (take: TakeRecords) => void,
): { ms: number; pass: Pass } {
  const pass = new Pass(module, systems);
  const before = process.cpuUsage();
  feed(pass.take);
  return { ms: cpuMs(before), pass };
}

export function benchLab(rounds: number, names: readonly string[]): void {
  const module = new WebAssembly.Module(readFileSync('dist/lab.wasm'));
  const native = build('bench/lab.c', 'lab', [], ['-march=native']).native;
  const rows: string[][] = [];
  for (const name of Object.keys(WORKLOADS).filter((one) => names.length === 0 || names.includes(one))) {
    const trace = traceOf(name);
    const words = recordsOf(trace);
    const raw = `build/bench/${name}.records`;
    writeFileSync(raw, words);
    const memory = (take: TakeRecords): void => take(words, words.length / 2);
    const times: Record<string, number[]> = {
      engine: [],
      replay: [],
      native: [],
      ...Object.fromEntries(Object.keys(FIFTY).flatMap((k) => [k, oneOf(k)].map((what) => [what, []]))),
    };
    let accesses = 0;
    for (let round = 0; round < rounds; round++) {
      const one = timePass(module, [SYSTEM], memory);
      times.engine.push(one.ms);
      times.replay.push(timePass(module, [SYSTEM], (take) => replayFile(trace, take)).ms);
      for (const [what, systems] of Object.entries(FIFTY)) {
        times[oneOf(what)].push(timePass(module, systems.slice(24, 25), memory).ms);
        times[what].push(timePass(module, systems, memory).ms);
      }
      const measures = one.pass.engine.measures()[0];
      accesses = one.pass.engine.accesses;
      if (native === undefined) continue;
      const [its, misses, walks, ns] = spawnSync(native, [raw, '1'], { encoding: 'utf8' }).stdout.split(' ').map(Number);
      times.native.push(ns / 1e6);
      const missed = measures.levels.filter(({ level }) => level === 1).reduce((sum, level) => sum + level.misses, 0);
      if (its !== accesses || misses !== missed || walks !== measures.walks.all)
        throw new Error(`${name}: ${its} ${misses} ${walks} natively, ${accesses} ${missed} ${measures.walks.all} here`);
    }
    const rate = (what: string): string => (times[what].length === 0 ? '-' : (accesses / median(times[what]) / 1000).toFixed(0));
    const against = (what: string, other: string): string =>
      times[other].length === 0 ? '-' : (median(times[what]) / median(times[other])).toFixed(2);
    rows.push([
      ...[name, (accesses / 1e6).toFixed(1), rate('engine'), rate('replay'), rate('native')],
      ...[against('engine', 'native'), ...Object.keys(FIFTY).map((what) => against(what, oneOf(what)))],
    ]);
  }
  console.log('laboratory: a two-level TLB, millions of modelled accesses a second; 50 systems in one pass against the 25th of them');
  const head = ['records', 'M accesses', 'in memory', 'of a file', 'native', '/native', ...Object.keys(FIFTY).map((what) => `50 ${what}`)];
  table(head, rows);
}
