/** pagewalk lab sweep: every system on every trace, in parallel; what is done already is not done again. */
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { planSweep, type SweepJob, type SweepResult, type SweepTrace } from '../../lab/sweep.js';
import { failureText } from '../files.js';
import { CliError, UsageError } from '../options.js';
import { complain } from '../output.js';
import { startProgress, stopProgress } from '../progress.js';
import { readAsset } from './assets.js';
import { type PoolEvents, runPool } from './pool.js';
import { runQueue } from './queue.js';
import { commandLine, type ResultOptions } from './results.js';
import { SweepFile } from './sweep-file.js';
import { type SystemOptions, systemsOf } from './systems.js';

export interface SweepCommandOptions extends SystemOptions, Pick<ResultOptions, 'distances'> {
  readonly output: string;
  readonly workers?: number;
  /** redis://HOST:PORT: jobs go into a queue there. */
  readonly queue?: string;
}

const EXIT_INTERRUPTED = 130;
/** How many there are, and will be, nobody knows: jobs are cut for so many. */
const QUEUE_WORKERS = 16;

/** A trace's size and hash. */
export async function hashTrace(path: string): Promise<SweepTrace> {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new CliError(1, `${path}: is no file`);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
    return { path, bytes: stat.size, sha256: hash.digest('hex') };
  } catch (error) {
    throw error instanceof CliError ? error : new CliError(1, `${path}: ${failureText(error)}`);
  }
}

export const engineHash = (): string => createHash('sha256').update(readAsset('lab.wasm')).digest('hex');

/** Jobs' parts of the whole, by the bytes of traces that their systems read. */
const weight = ({ trace, systems }: SweepJob): number => Math.max(1, trace.bytes) * Math.max(1, systems.length);

export async function labSweep(paths: readonly string[], options: SweepCommandOptions): Promise<number> {
  const { output, distances, workers = availableParallelism(), queue } = options;
  if (queue !== undefined && options.workers !== undefined) throw new UsageError('--workers: with --queue each worker has its own');
  const run =
    queue === undefined
      ? inThreads(workers)
      : (jobs: readonly SweepJob[], events: PoolEvents) => runQueue(queue, engineHash(), jobs, commandLine(), events);
  const systems = systemsOf(options);
  const traces = await Promise.all(paths.map(hashTrace));
  const file = new SweepFile(output);
  try {
    const plan = await planSweep(
      { traces, systems, distances, engine: engineHash() },
      file.keys,
      queue === undefined ? workers : QUEUE_WORKERS,
    );
    if (plan.done > 0) complain(`${output} has ${plan.done} of ${plan.keys.length} results already`);
    if (queue !== undefined && plan.jobs.length > 0)
      complain(`${plan.jobs.length} jobs in the queue: pagewalk lab worker ${queue} carries them out`);
    const failures = plan.jobs.length === 0 ? new Map<string, string>() : await carryOut(plan.jobs, file, run);
    for (const [path, message] of failures) complain(message.startsWith(path) ? message : `${path}: ${message}`);
    const missing = plan.keys.filter((key) => !file.keys.has(key)).length;
    if (missing > 0) {
      complain(`${missing} of ${plan.keys.length} results are missing in ${output}`);
      return 1;
    }
    file.order(plan.keys);
    complain(`${output}: ${plan.keys.length} results`);
    return 0;
  } finally {
    file.close();
  }
}

type Run = (jobs: readonly SweepJob[], events: PoolEvents) => Promise<void>;

const inThreads =
  (workers: number): Run =>
  (jobs, events) =>
    runPool(jobs, commandLine(), workers, events);

/** What failed: trace -> why. */
async function carryOut(jobs: readonly SweepJob[], file: SweepFile, run: Run): Promise<Map<string, string>> {
  const failures = new Map<string, string>();
  const total = jobs.reduce((sum, job) => sum + weight(job), 0);
  const results = jobs.reduce((sum, { keys, distances }) => sum + keys.length + (distances === undefined ? 0 : 1), 0);
  const progress = await startProgress('sweep', results, (value) => String(Math.floor(value)));
  const running = new Map<SweepJob, number>();
  let finished = 0;
  const show = (): void => {
    let sum = finished;
    for (const [job, part] of running) sum += weight(job) * part;
    progress.set((results * sum) / total);
  };
  const end = (job: SweepJob): void => {
    running.delete(job);
    finished += weight(job);
    show();
  };
  const events: PoolEvents = {
    onProgress: (job, part) => {
      running.set(job, part);
      show();
    },
    onDone: (job, results: readonly SweepResult[]) => {
      file.add(results);
      end(job);
    },
    onFailed: (job, message) => {
      failures.set(job.trace.path, message);
      end(job);
    },
  };
  const interrupt = (): void => {
    stopProgress();
    complain(`interrupted: what is done is in ${file.path}, the same command goes on from there`);
    process.exit(EXIT_INTERRUPTED);
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    await run(jobs, events);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    progress.stop();
  }
  return failures;
}
