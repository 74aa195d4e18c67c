/** A sweep's results as a file, a line each: as they come while it lasts, in the sweep's order when it is complete. */
import { closeSync, fsyncSync, openSync, readFileSync, realpathSync, renameSync, statSync, truncateSync, writeSync } from 'node:fs';
import { checkResult, type Json, ResultError } from '../../lab/results.js';
import type { SweepResult } from '../../lab/sweep.js';
import { failureText } from '../files.js';
import { CliError } from '../options.js';

export class SweepFile {
  readonly #lines = new Map<string, string>();
  readonly #fd: number;

  /** What is in it stays: a sweep goes on. A last line that was cut is dropped. */
  constructor(readonly path: string) {
    this.#read();
    try {
      this.#fd = openSync(path, 'a');
    } catch (error) {
      throw new CliError(1, `${path}: ${failureText(error)}`);
    }
  }

  #read(): void {
    let bytes: Buffer;
    try {
      if (!(statSync(this.path, { throwIfNoEntry: false })?.isFile() ?? true)) throw new CliError(1, `${this.path}: is no file`);
      bytes = readFileSync(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error instanceof CliError ? error : new CliError(1, `${this.path}: ${failureText(error)}`);
    }
    const whole = bytes.lastIndexOf(10) + 1;
    const lines = bytes.toString('utf8', 0, whole).split('\n');
    lines.pop();
    lines.forEach((line, i) => {
      this.#lines.set(keyOf(line, `${this.path}: line ${i + 1}`), line);
    });
    if (whole === bytes.length) return;
    // Nothing but the beginning of a result is cut off: not somebody's file that was named by mistake.
    const rest = bytes.toString('utf8', whole);
    if (!'{"key":"'.startsWith(rest.slice(0, 8))) throw new CliError(1, `${this.path}: no results of a sweep`);
    truncateSync(this.path, whole);
  }

  get keys(): ReadonlySet<string> {
    return new Set(this.#lines.keys());
  }

  add(results: readonly SweepResult[]): void {
    const lines = results.map((result) => JSON.stringify(result));
    results.forEach(({ key }, i) => this.#lines.set(key, lines[i]));
    this.#write(this.#fd, `${lines.join('\n')}\n`);
  }

  #write(fd: number, text: string): void {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; ) {
      try {
        done += writeSync(fd, bytes, done);
      } catch (error) {
        throw new CliError(1, `${this.path}: ${failureText(error)}`);
      }
    }
  }

  /** The sweep's results first, in its order; those of other sweeps behind them. All at once or not at all. */
  order(keys: readonly string[]): void {
    const mine = new Set(keys);
    const lines = [...keys, ...[...this.#lines.keys()].filter((key) => !mine.has(key))].map((key) => this.#lines.get(key));
    try {
      // A link stays one.
      const path = realpathSync(this.path);
      const aside = `${path}.new`;
      const fd = openSync(aside, 'w');
      this.#write(fd, `${lines.join('\n')}\n`);
      fsyncSync(fd);
      closeSync(fd);
      renameSync(aside, path);
    } catch (error) {
      throw error instanceof CliError ? error : new CliError(1, `${this.path}: ${failureText(error)}`);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function keyOf(line: string, where: string): string {
  try {
    const value = JSON.parse(line) as Json;
    checkResult(value);
    const { key } = value as { key?: Json };
    if (typeof key !== 'string') throw new ResultError('key', 'must be a text: no result of a sweep');
    return key;
  } catch (error) {
    throw new CliError(1, `${where}: ${(error as Error).message}`);
  }
}
