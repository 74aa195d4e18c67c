import { SIGHUP, SIGINT, SIGTERM } from '../linux/signal.js';
import type { Machine } from '../machine.js';

const TWICE_MS = 1000;

export interface Interruptions {
  /** Set when the host ended the run: 128 + its signal. */
  readonly status: number | undefined;
  /**
   * A terminal in raw mode gives Ctrl-C as a byte and has sent SIGINT itself: only the second one matters here, and only if no program
   * has asked for input since the first (a shell's user may press it as often as he likes).
   */
  readonly onTerminalKey: (answered: boolean) => void;
  stop(): void;
}

/** Ctrl-C interrupts the guest's foreground programs; a second one within a second, or SIGTERM or SIGHUP, ends the run. */
export function watchInterruptions(machine: Machine): Interruptions {
  let status: number | undefined;
  let last = Number.NEGATIVE_INFINITY;
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
  const onInterrupt = (): void => {
    if (isSecond()) end(SIGINT);
    else machine.signal(SIGINT);
  };
  const onTerminate = (): void => end(SIGTERM);
  const onHangUp = (): void => end(SIGHUP);
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  process.on('SIGHUP', onHangUp);
  return {
    get status() {
      return status;
    },
    onTerminalKey: (answered) => {
      if (isSecond() && !answered) end(SIGINT);
    },
    stop: () => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
      process.off('SIGHUP', onHangUp);
    },
  };
}
