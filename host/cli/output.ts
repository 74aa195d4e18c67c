import type { Writable } from 'node:stream';
import { failureText } from './files.js';
import { CliError } from './options.js';

/**
 * Writes and waits until the stream has room again. False when the reader has gone (EPIPE: `| head`), which is an end, not
 * an error.
 */
export function writeAll(stream: Writable, data: string | Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      stream.off('error', onError);
      if (error.code === 'EPIPE') resolve(false);
      else reject(new CliError(1, `can't write: ${failureText(error)}`));
    };
    stream.on('error', onError);
    stream.write(data, (error) => {
      if (error != null) return; // the 'error' event tells
      stream.off('error', onError);
      resolve(true);
    });
  });
}

/** Text on standard output, whose reader may have had enough of it. */
export function print(text: string): void {
  const { stdout } = process;
  if (stdout.listenerCount('error') === 0) stdout.on('error', ignorePipe);
  stdout.write(text);
}

/** A line on standard error. When nobody reads that any more there is nobody to tell. */
export function complain(message: string): void {
  const { stderr } = process;
  if (stderr.listenerCount('error') === 0) stderr.on('error', ignorePipe);
  stderr.write(`pagewalk: ${message}\n`);
}

function ignorePipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
