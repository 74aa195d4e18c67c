/** How a run ended, in a sentence. */
import type { ExitStatus } from '../../../host/index.js';

export interface EndText {
  readonly text: string;
  readonly isError: boolean;
}

const hex = (n: number | bigint): string => `0x${n.toString(16)}`;

export function endText(status: ExitStatus): EndText {
  switch (status.reason) {
    case 'exit':
      return { text: `exited with status ${status.exitCode}`, isError: status.exitCode !== 0 };
    case 'memory':
      return { text: 'out of memory: the machine had no page left, and the program was ended', isError: true };
    case 'signal':
      return { text: `killed by ${status.signal ?? 'a signal'}`, isError: true };
    case 'deadlock':
      return { text: 'all its processes wait for something that cannot come', isError: true };
    case 'output':
      return { text: 'it has written more than it may', isError: true };
    case 'closed':
    case 'stopped':
      return { text: 'stopped', isError: false };
    default:
      return { text: `ended (${status.reason})`, isError: true };
  }
}

export interface Crash {
  readonly name: string;
  readonly pc: number | bigint;
  readonly address: number | bigint | undefined;
  readonly mapping: string | undefined;
}

export function crashText({ name, pc, address, mapping }: Crash): string {
  const where = address === undefined ? '' : ` at address ${hex(address)}`;
  return `${name}${where}, pc ${hex(pc)}${mapping === undefined ? '' : `\n${mapping}`}`;
}
