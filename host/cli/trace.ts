import { closeSync, openSync, writeSync } from 'node:fs';
import { Strace } from '../debug/strace/strace.js';
import type { Machine } from '../machine.js';
import { failureText } from './files.js';
import { CliError } from './options.js';

const BUFFER_CHARACTERS = 1 << 16;

export interface Trace {
  close(): void;
}

/** System calls to a file, or to stderr when `path` is ''. stderr is written line by line, so that it stands beside the program's own. */
export function openTrace(machine: Machine, path: string): Trace {
  if (path === '') {
    machine.kernel.observer = new Strace((line) => void process.stderr.write(`${line}\n`));
    return { close: () => {} };
  }
  let fd: number;
  try {
    fd = openSync(path, 'w');
  } catch (error) {
    throw new CliError(1, `--strace: ${path}: ${failureText(error)}`);
  }
  let buffered = '';
  const flush = (): void => {
    const bytes = Buffer.from(buffered);
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    buffered = '';
  };
  machine.kernel.observer = new Strace((line) => {
    buffered += `${line}\n`;
    if (buffered.length >= BUFFER_CHARACTERS) flush();
  });
  return {
    close: () => {
      flush();
      closeSync(fd);
    },
  };
}
