/** How far it is: a bar on a terminal (where the optional package for it is installed), else a line now and then. */
import { complain } from './output.js';

export interface Progress {
  set(value: number): void;
  stop(): void;
}

/** A line for each so many percent. */
const STEP_PERCENT = 25;

export function showBytes(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Bars that have changed the terminal. */
const running = new Set<Progress>();

/** `show` makes text of values. */
export async function startProgress(label: string, total: number, show: (value: number) => string = String): Promise<Progress> {
  return (process.stderr.isTTY ? await bar(label, total, show) : undefined) ?? lines(label, total, show);
}

/** For signals: the terminal gets its cursor back. */
export function stopProgress(): void {
  for (const one of running) one.stop();
}

async function bar(label: string, total: number, show: (value: number) => string): Promise<Progress | undefined> {
  const library = await load();
  if (library === undefined) return undefined;
  const made = new library.SingleBar(
    {
      format: `${label} [{bar}] {percentage}% {shown} of ${show(total)}`,
      stream: process.stderr,
      hideCursor: true,
      // Signals are the command's business.
      gracefulExit: false,
    },
    library.Presets.shades_classic,
  );
  made.start(total, 0, { shown: show(0) });
  const progress: Progress = {
    set: (value) => made.update(value, { shown: show(value) }),
    stop: () => {
      if (running.delete(progress)) made.stop();
    },
  };
  running.add(progress);
  return progress;
}

async function load(): Promise<typeof import('cli-progress') | undefined> {
  try {
    const found = (await import('cli-progress')) as unknown as { default?: typeof import('cli-progress') };
    return found.default;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

function lines(label: string, total: number, show: (value: number) => string): Progress {
  let next = STEP_PERCENT;
  return {
    set: (value) => {
      const percent = total === 0 ? 100 : Math.floor((value / total) * 100);
      if (percent < next) return;
      while (next <= percent) next += STEP_PERCENT;
      complain(`${label} ${percent}%, ${show(value)} of ${show(total)}`);
    },
    stop: () => undefined,
  };
}
