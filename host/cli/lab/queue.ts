/** Jobs of a sweep in a queue of BullMQ on Redis: `pagewalk lab worker` carries them out, on any computer that has the traces. */
import { createHash } from 'node:crypto';
import type { Job, Queue, QueueEvents } from 'bullmq';
import type { Redis as RedisConnection } from 'ioredis';
import { checkResult, type Json, ResultError } from '../../lab/results.js';
import type { SweepJob, SweepResult } from '../../lab/sweep.js';
import { CliError, UsageError } from '../options.js';
import { complain } from '../output.js';
import type { PoolEvents } from './pool.js';
import type { ToWorker } from './sweep-worker.js';

/** Events may be missed while Redis is away: now and then everybody is asked. */
const LOOK_MS = 2000;

export interface QueueLibraries {
  readonly bullmq: typeof import('bullmq');
  readonly Redis: typeof import('ioredis').Redis;
}

/** The optional packages, or a CliError that says how to get them. */
export async function loadQueue(): Promise<QueueLibraries> {
  try {
    return { bullmq: await import('bullmq'), Redis: (await import('ioredis')).Redis };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new CliError(1, 'queues need the packages bullmq and ioredis, which are not installed: npm install bullmq ioredis');
  }
}

/** Redis goes away and comes back: each is said once, however many connections and attempts there are. */
export class Outages {
  readonly #said = new Set<string>();

  constructor(private readonly url: string) {}

  readonly failed = (error: Error): void => {
    if (this.#said.has(error.message)) return;
    this.#said.add(error.message);
    complain(`${this.url}: ${error.message}`);
  };

  readonly ready = (): void => {
    if (this.#said.size > 0) complain(`${this.url}: is there again`);
    this.#said.clear();
  };
}

/** A way to Redis that comes back after failures; the first one is a CliError. */
export async function connect({ Redis }: QueueLibraries, url: string, outages: Outages): Promise<RedisConnection> {
  if (!/^rediss?:\/\/[^\s]+$/.test(url)) throw new UsageError(`'${url}' is no redis://HOST:PORT`);
  const probe = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => null });
  let failure = '';
  probe.on('error', (error: Error) => {
    failure = error.message;
  });
  try {
    await probe.connect();
    await probe.ping();
  } catch (error) {
    throw new CliError(1, `${url}: ${failure || (error as Error).message}`);
  } finally {
    probe.disconnect();
  }
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  connection.on('error', outages.failed);
  connection.on('ready', outages.ready);
  return connection;
}

/** Workers of another model don't see the jobs: the queue has the engine's hash in its name. */
export const queueName = (engine: string): string => `pagewalk-lab-${engine.slice(0, 12)}`;

/** The same passes have the same id, whoever wants them. */
function idOf({ keys, distances }: SweepJob): string {
  return createHash('sha256')
    .update(JSON.stringify([keys, distances?.key]))
    .digest('hex');
}

/** What workers answered, which is not to be trusted: results of the job's keys. */
function checked(job: SweepJob, value: Json): SweepResult[] {
  if (!Array.isArray(value)) throw new ResultError('', 'a worker answered no list of results');
  const wanted = [...job.keys, ...(job.distances === undefined ? [] : [job.distances.key])];
  const results = value.map((one: Json) => checkResult(one) as SweepResult);
  if (results.length !== wanted.length || results.some(({ key }, i) => key !== wanted[i]))
    throw new ResultError('', 'a worker answered results of another job');
  return results;
}

/** Puts all jobs into the queue; resolves when the last one has ended. Those that are there already are waited for, done or not. */
export async function runQueue(
  url: string,
  engine: string,
  jobs: readonly SweepJob[],
  command: readonly string[],
  events: PoolEvents,
): Promise<void> {
  const libraries = await loadQueue();
  const outages = new Outages(url);
  const connection = await connect(libraries, url, outages);
  const listening = await connect(libraries, url, outages);
  const name = queueName(engine);
  const queue = new libraries.bullmq.Queue(name, { connection: connection as never });
  const told = new libraries.bullmq.QueueEvents(name, { connection: listening as never });
  queue.on('error', outages.failed);
  told.on('error', outages.failed);
  try {
    await told.waitUntilReady();
    await new Waiting(queue, told, jobs, command, events).done;
  } finally {
    await told.close();
    await queue.close();
    connection.disconnect();
    listening.disconnect();
  }
}

class Waiting {
  readonly #pending = new Map<string, SweepJob>();
  readonly done: Promise<void>;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly queue: Queue,
    told: QueueEvents,
    jobs: readonly SweepJob[],
    private readonly command: readonly string[],
    private readonly events: PoolEvents,
  ) {
    for (const job of jobs) this.#pending.set(idOf(job), job);
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // What can't be written or reached ends the sweep: rejections go to `done`.
    const attempt = (work: () => Promise<void>): void => void work().catch((error: unknown) => this.#end(error));
    told.on('completed', ({ jobId }) => attempt(() => this.#look(jobId)));
    told.on('failed', ({ jobId }) => attempt(() => this.#look(jobId)));
    told.on('progress', ({ jobId, data }) => {
      const job = this.#pending.get(jobId);
      if (job !== undefined && typeof data === 'number') this.events.onProgress?.(job, data);
    });
    this.#timer = setInterval(() => attempt(() => this.#lookAtAll()), LOOK_MS);
    attempt(() => this.#lookAtAll());
  }

  #end(error?: unknown): void {
    clearInterval(this.#timer);
    if (error === undefined) this.#resolve();
    else this.#reject(error);
  }

  async #lookAtAll(): Promise<void> {
    for (const id of [...this.#pending.keys()]) await this.#look(id);
  }

  /** What has become of a job; one that is not there is put there. */
  async #look(id: string): Promise<void> {
    const job = this.#pending.get(id);
    if (job === undefined) return;
    const queued = (await this.queue.getJob(id)) as Job<ToWorker, Json> | undefined;
    if (queued === undefined) {
      await this.queue.add('pass', { job, command: this.command }, { jobId: id });
      return;
    }
    const state = await queued.getState();
    if ((state !== 'completed' && state !== 'failed') || !this.#pending.delete(id)) return;
    if (state === 'failed') this.events.onFailed(job, queued.failedReason);
    else this.#finish(job, queued.returnvalue);
    // Kept until here: a sweep that ends before it has heard finds it the next time.
    await queued.remove();
    if (this.#pending.size === 0) this.#end();
  }

  #finish(job: SweepJob, value: Json): void {
    let results: SweepResult[];
    try {
      results = checked(job, value);
    } catch (error) {
      if (!(error instanceof ResultError)) throw error;
      this.events.onFailed(job, error.message);
      return;
    }
    this.events.onDone(job, results);
  }
}
