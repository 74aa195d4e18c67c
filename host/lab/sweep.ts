/**
 * Sweeps: every system on every trace, in jobs that anybody may carry out in any order. A result is known by the hash of all that it
 * depends on, so what is done already is never done again.
 */
import { resultOf, type Subject } from './collect.js';
import type { SystemConfig } from './config.js';
import { Pass } from './pass.js';
import type { TakeRecords } from './recorder.js';
import type { LabResult, Reuse } from './results.js';

export interface SweepTrace {
  readonly path: string;
  readonly bytes: number;
  /** Of the file's content, hexadecimal. */
  readonly sha256: string;
}

export interface SweepOptions {
  readonly traces: readonly SweepTrace[];
  readonly systems: readonly SystemConfig[];
  readonly distances?: Reuse['of'];
  /** SHA-256 of the engine (dist/lab.wasm): another model has other results. */
  readonly engine: string;
}

/** One pass of a trace over some of the systems. */
export interface SweepJob {
  readonly trace: SweepTrace;
  readonly systems: readonly SystemConfig[];
  /** Keys of the systems' results. */
  readonly keys: readonly string[];
  /** Reuse distances are wanted, of these; their result has the key. */
  readonly distances?: { readonly of: Reuse['of']; readonly key: string };
}

/** A result of a sweep: one system (or the reuse distances), on one trace. */
export interface SweepResult extends LabResult {
  readonly key: string;
  readonly trace: string;
}

/** Object keys in order, so that the same thing has the same text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`).join(',')}}`;
}

export async function sha256(data: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...sum].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Of everything a result depends on, the system's name included, since the result has it. */
export function resultKey(engine: string, trace: string, what: SystemConfig | { distances: Reuse['of'] }): Promise<string> {
  return sha256(canonical([engine, trace, what]));
}

/** A pass costs little more for each further system: but workers shall have something to do to the end. */
const SYSTEMS_OF_A_JOB = 16;
const JOBS_FOR_A_WORKER = 3;

export interface SweepPlan {
  readonly jobs: readonly SweepJob[];
  /** Keys of all results, in order of trace and system. */
  readonly keys: readonly string[];
  /** How many of them are there already. */
  readonly done: number;
}

/** What is left to do, given the keys that are done. */
export async function planSweep(options: SweepOptions, done: ReadonlySet<string>, workers: number): Promise<SweepPlan> {
  const { traces, systems, distances, engine } = options;
  const keys: string[] = [];
  const open: { trace: SweepTrace; left: { system: SystemConfig; key: string }[]; distances: SweepJob['distances'] }[] = [];
  for (const trace of traces) {
    const left: { system: SystemConfig; key: string }[] = [];
    for (const system of systems) {
      const key = await resultKey(engine, trace.sha256, system);
      if (!done.has(key) && !keys.includes(key)) left.push({ system, key });
      keys.push(key);
    }
    const distanceKey = distances === undefined ? undefined : await resultKey(engine, trace.sha256, { distances });
    if (distanceKey !== undefined) keys.push(distanceKey);
    const wanted = distanceKey !== undefined && distances !== undefined && !done.has(distanceKey);
    open.push({ trace, left, distances: wanted ? { of: distances, key: distanceKey } : undefined });
  }
  const all = open.reduce((sum, { left }) => sum + left.length, 0);
  const size = Math.min(SYSTEMS_OF_A_JOB, Math.max(1, Math.ceil(all / (workers * JOBS_FOR_A_WORKER))));
  const jobs = open.flatMap(({ trace, left, distances: wanted }) => {
    const parts: SweepJob[] = [];
    // They take as long as some systems: a job of their own.
    if (wanted !== undefined) parts.push({ trace, systems: [], keys: [], distances: wanted });
    for (let i = 0; i < left.length; i += size) {
      const part = left.slice(i, i + size);
      parts.push({ trace, systems: part.map(({ system }) => system), keys: part.map(({ key }) => key) });
    }
    return parts;
  });
  return { jobs, keys: [...new Set(keys)], done: new Set(keys.filter((key) => done.has(key))).size };
}

/** Carries out a job. replay: hands over the trace's records, gives what it is a trace of. */
export function runJob(
  module: WebAssembly.Module,
  job: SweepJob,
  subject: Omit<Subject, 'what'>,
  replay: (take: TakeRecords) => string,
): SweepResult[] {
  const pass = new Pass(module, job.systems);
  if (job.distances !== undefined) pass.engine.countDistances(job.distances.of);
  const what = replay(pass.take);
  const { systems, reuse, ...rest } = resultOf(pass, { what, ...subject }, job.distances?.of);
  const trace = job.trace.sha256;
  const results = systems.map((system, i): SweepResult => ({ key: job.keys[i], trace, ...rest, systems: [system] }));
  if (job.distances !== undefined) results.push({ key: job.distances.key, trace, ...rest, systems: [], reuse });
  return results;
}
