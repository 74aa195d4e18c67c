/** Jobs of a sweep in threads of this process. */
import { Worker } from 'node:worker_threads';
import type { SweepJob, SweepResult } from '../../lab/sweep.js';
import type { FromWorker, ToWorker } from './sweep-worker.js';

/** Beside the bundled command. */
const WORKER = new URL('./sweep-worker.js', import.meta.url);

export interface PoolEvents {
  /** Between 0 and 1. */
  onProgress?(job: SweepJob, part: number): void;
  onDone(job: SweepJob, results: readonly SweepResult[]): void;
  onFailed(job: SweepJob, message: string): void;
}

/** Runs all jobs; resolves when the last one has ended. A thread that dies takes its job with it: that failed. */
export async function runPool(jobs: readonly SweepJob[], command: readonly string[], threads: number, events: PoolEvents): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    let thread: JobThread | undefined;
    while (next < jobs.length) {
      const job = jobs[next++];
      thread ??= new JobThread();
      try {
        events.onDone(job, await thread.run(job, command, (part) => events.onProgress?.(job, part)));
      } catch (error) {
        events.onFailed(job, (error as Error).message);
        if (thread.dead) thread = undefined;
      }
    }
    await thread?.end();
  };
  await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, one));
}

/** A thread that does one job after another. */
export class JobThread {
  readonly #worker = new Worker(WORKER);
  dead = false;

  async run(job: SweepJob, command: readonly string[], onProgress?: (part: number) => void): Promise<readonly SweepResult[]> {
    const worker = this.#worker;
    worker.postMessage({ job, command } satisfies ToWorker);
    return await new Promise((resolve, reject) => {
      const leave = (): void => {
        worker.off('message', onMessage);
        worker.off('error', onError);
        worker.off('exit', onExit);
      };
      const onMessage = (message: FromWorker): void => {
        if ('progress' in message) {
          onProgress?.(message.progress);
          return;
        }
        leave();
        if ('failed' in message) reject(new Error(message.failed));
        else resolve(message.results);
      };
      const onError = (error: Error): void => {
        this.dead = true;
        leave();
        reject(error);
      };
      const onExit = (code: number): void => onError(new Error(`a worker ended with status ${code}`));
      worker.on('message', onMessage);
      worker.on('error', onError);
      worker.on('exit', onExit);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
