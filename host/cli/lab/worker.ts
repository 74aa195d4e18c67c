/** pagewalk lab worker: carries out jobs that sweeps have put into a queue (queue.ts), until it is told to end. */
import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import type { Job } from 'bullmq';
import { asGiven, systemConfig } from '../../lab/config.js';
import type { SweepResult, SweepTrace } from '../../lab/sweep.js';
import { CliError } from '../options.js';
import { complain } from '../output.js';
import { JobThread } from './pool.js';
import { connect, loadQueue, Outages, queueName } from './queue.js';
import { engineHash, hashTrace } from './sweep.js';
import type { ToWorker } from './sweep-worker.js';

export interface WorkerOptions {
  readonly workers?: number;
  readonly traces?: string;
  /** Seconds without a sign of life after which a worker's job goes to another one. */
  readonly lease?: number;
}

const LEASE_SECONDS = 30;
/** A job is nobody's fault when the worker that had it was killed: it is tried as often as that happens. */
const STALLED_MAX = 1000;
const EXIT_INTERRUPTED = 130;

/** Traces by place, size and time, and their hashes. */
const hashes = new Map<string, string>();

/** Where a trace of the job's content is: at the job's own path, or under its name in the folder. */
async function findTrace({ path, sha256 }: SweepTrace, folder: string | undefined): Promise<string> {
  for (const place of [path, ...(folder === undefined ? [] : [join(folder, basename(path))])]) {
    const stat = statSync(place, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) continue;
    const known = `${place} ${stat.size} ${stat.mtimeMs}`;
    const hash = hashes.get(known) ?? (await hashTrace(place)).sha256;
    hashes.set(known, hash);
    if (hash === sha256) return place;
  }
  throw new CliError(1, `${basename(path)} is not there, or is another one (SHA-256 ${sha256.slice(0, 16)}...): --traces says where it is`);
}

export async function labWorker(url: string, options: WorkerOptions): Promise<number> {
  const { workers = availableParallelism(), traces, lease = LEASE_SECONDS } = options;
  const libraries = await loadQueue();
  const outages = new Outages(url);
  const connection = await connect(libraries, url, outages);
  const idle: JobThread[] = [];
  const carryOut = async (queued: Job<ToWorker>): Promise<readonly SweepResult[]> => {
    const { job, command } = queued.data;
    const path = await findTrace(job.trace, traces);
    const systems = job.systems.map((system, i) => systemConfig(asGiven(system), `systems[${i}]`));
    const thread = idle.pop() ?? new JobThread();
    try {
      const said = (part: number): void => void queued.updateProgress(part).catch(() => {});
      return await thread.run({ ...job, systems, trace: { ...job.trace, path } }, command, said);
    } finally {
      if (!thread.dead) idle.push(thread);
    }
  };
  const ms = 1000 * lease;
  const worker = new libraries.bullmq.Worker(queueName(engineHash()), carryOut, {
    connection: connection as never,
    concurrency: workers,
    lockDuration: ms,
    stalledInterval: ms,
    maxStalledCount: STALLED_MAX,
  });
  worker.on('error', outages.failed);
  worker.on('completed', ({ data: { job } }) => {
    const systems = job.keys.length === 0 ? [] : [`${job.keys.length} systems`];
    const what = job.distances === undefined ? systems : [...systems, 'reuse distances'];
    complain(`done: ${basename(job.trace.path)}, ${what.join(', ')}`);
  });
  worker.on('failed', (job, error) => complain(`failed: ${job?.data.job.trace.path ?? ''}: ${error.message}`));
  await worker.waitUntilReady();
  complain(`waiting for jobs at ${url}`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(EXIT_INTERRUPTED));
        resolve();
      });
    }
  });
  // Jobs at hand are finished first.
  await worker.close();
  connection.disconnect();
  await Promise.all(idle.map((thread) => thread.end()));
  return 0;
}
