/** A thread of its own: restores snapshots that may be anything and lets them run, within limits. Says of each what it came to. */
import { parentPort, workerData } from 'node:worker_threads';
import { Machine, SnapshotError } from '../../dist/bin/index-node.js';

const LIMITS = { instructions: 300_000, timeMs: 2000, outputBytes: 100_000, mediumMs: 100 };

async function comesTo(bytes) {
  let machine;
  try {
    machine = await Machine.restore(bytes, { memory: '32M', limits: LIMITS, jit: false, stdio: () => ({ stdout: 'ignore', stderr: 'ignore' }) });
  } catch (error) {
    return error instanceof SnapshotError ? 'refused' : `threw ${String(error)}`;
  }
  let end = 'ran';
  try {
    await Promise.race([
      ...machine.pids.map((pid) => machine.process(pid)?.exited),
      new Promise((done) => setTimeout(done, LIMITS.timeMs + 500)),
    ]);
  } catch {
    end = 'broke';
  }
  // What a broken machine says at its end is of no interest.
  await machine.close().catch(() => undefined);
  return end;
}

for (const [index, bytes] of workerData.entries()) {
  parentPort.postMessage({ index, begins: true });
  parentPort.postMessage({ index, end: await comesTo(bytes) });
}
