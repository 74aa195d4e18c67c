import { SIGHUP, SIGINT, SIGQUIT, SIGTERM } from '../linux/signal.js';
import type { Machine } from '../machine.js';
import type { Stdio } from './stdio.js';

const TWICE_MS = 1000;
/** So long programs have to save what they want to when their terminal goes. */
const HANG_UP_MS = 500;

export interface Interruptions {
  /** Set when the host ended the run: 128 + its signal. */
  readonly status: number | undefined;
  stop(): void;
}

/**
 * Signals that this process gets. SIGINT and SIGQUIT are passed on to the guest's foreground programs, as they are made of keys while the
 * host's terminal is not in raw mode, or sent to programs without one; a second SIGINT within a second ends the run, SIGTERM always does.
 * SIGHUP hangs the guest's session up and ends what does not follow. In raw mode Ctrl-C is a byte for the guest's line discipline, which
 * sends SIGINT itself: a second one matters here only if no program has asked for input since the first (a shell's user may press it as
 * often as he likes).
 */
export function watchInterruptions(machine: Machine, stdio: Stdio): Interruptions {
  let status: number | undefined;
  let last = Number.NEGATIVE_INFINITY;
  let grace: NodeJS.Timeout | undefined;
  const end = (signal: number): void => {
    status = 128 + signal;
    machine.stop();
  };
  const isSecond = (): boolean => {
    const now = performance.now();
    const second = now - last < TWICE_MS;
    last = now;
    return second;
  };
  const listeners: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGINT: () => {
      if (isSecond()) end(SIGINT);
      else machine.signal(SIGINT);
    },
    SIGQUIT: () => machine.signal(SIGQUIT),
    SIGTERM: () => end(SIGTERM),
    SIGHUP: () => {
      if (grace !== undefined) return end(SIGHUP);
      if (!stdio.hangUp()) machine.signal(SIGHUP);
      grace = setTimeout(() => end(SIGHUP), HANG_UP_MS);
    },
  };
  const all = Object.entries(listeners) as [NodeJS.Signals, () => void][];
  for (const [name, listener] of all) process.on(name, listener);
  stdio.onEscape = () => end(SIGINT);
  stdio.onInterrupt = (answered) => {
    if (isSecond() && !answered) end(SIGINT);
  };
  return {
    get status() {
      return status;
    },
    stop: () => {
      clearTimeout(grace);
      stdio.onEscape = undefined;
      stdio.onInterrupt = undefined;
      for (const [name, listener] of all) process.off(name, listener);
    },
  };
}
