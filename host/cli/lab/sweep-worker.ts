/** A thread that carries out jobs of a sweep, one at a time. */
import { parentPort } from 'node:worker_threads';
import { loadLab } from '../../index-node.js';
import { runJob, type SweepJob, type SweepResult } from '../../lab/sweep.js';
import { runtime, tool } from './results.js';
import { replayFile } from './sources.js';

export interface ToWorker {
  readonly job: SweepJob;
  readonly command: readonly string[];
}

export type FromWorker = { readonly progress: number } | { readonly failed: string } | { readonly results: readonly SweepResult[] };

const PROGRESS_MS = 100;

const port = parentPort;
if (port === null) throw new Error('sweep-worker is a worker thread');
const module = loadLab();

async function carryOut({ job, command }: ToWorker, say: (message: FromWorker) => void): Promise<void> {
  let told = Date.now();
  const onRead = (at: number): void => {
    if (Date.now() - told < PROGRESS_MS) return;
    told = Date.now();
    say({ progress: at / job.trace.bytes });
  };
  try {
    const lab = await module;
    const results = runJob(
      lab,
      job,
      { command, tool: tool(), runtime: runtime() },
      (take) => replayFile(job.trace.path, take, onRead).program,
    );
    say({ results });
  } catch (error) {
    say({ failed: (error as Error).message });
  }
}

port.on('message', (message: ToWorker) => void carryOut(message, (answer) => port.postMessage(answer)));
