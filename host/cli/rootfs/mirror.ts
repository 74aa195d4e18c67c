/** Files of a Debian mirror: by http or https with retries and resumption, or from a folder of this computer. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { failureText } from '../files.js';
import { RootfsError } from './errors.js';

const TRIES = 4;
/** Between tries; the n-th wait is n times as long. */
const RETRY_WAIT_MS = 500;
/** Nothing received for so long: the connection is dead. */
const STALL_MS = 60_000;

/** The server has answered that it has no such file. */
export class NotThere extends RootfsError {}

export interface Expected {
  readonly sizeBytes?: number;
  /** Hexadecimal. */
  readonly sha256?: string;
}

export interface DownloadOptions extends Expected {
  /** How many bytes of the file are there by now; less than before when a broken file is begun anew. */
  readonly onReceived?: (bytes: number) => void;
}

export class Mirror {
  /** Set for a folder. */
  readonly #folder: string | undefined;
  readonly #base: string;

  constructor(
    readonly name: string,
    readonly retryWaitMs = RETRY_WAIT_MS,
  ) {
    const trimmed = name.replace(/\/+$/, '');
    if (/^https?:\/\//.test(name)) this.#base = trimmed;
    else if (name.startsWith('file:')) {
      this.#base = '';
      this.#folder = fileURLToPath(name);
    } else if (/^[a-z][a-z0-9+.-]+:\/\//i.test(name)) throw new RootfsError(`--mirror: '${name}': only http:, https:, file: and folders`);
    else {
      this.#base = '';
      this.#folder = resolve(trimmed === '' ? '/' : trimmed);
    }
  }

  /**
   * Puts the file at `path` (below the mirror) into `target`. What a broken run left in `target`.partial is continued; the sum decides
   * whether the whole is right. NotThere when the mirror has no such file.
   */
  async download(path: string, target: string, options: DownloadOptions = {}): Promise<void> {
    if (path.split('/').includes('..') || path.includes('\0'))
      throw new RootfsError(`${this.name}: the index names an impossible path '${path}'`);
    const partial = `${target}.partial`;
    for (let attempt = 1; ; attempt++) {
      try {
        if (this.#folder === undefined) await this.#fetch(path, partial, options);
        else this.#copy(path, partial, options);
        check(partial, `${this.name}/${path}`, options);
        fs.renameSync(partial, target);
        return;
      } catch (error) {
        const wrong = error instanceof WrongContent;
        if (wrong) {
          options.onReceived?.(0);
          fs.rmSync(partial, { force: true });
        }
        const again = error instanceof Retry || (wrong && this.#folder === undefined && attempt === 1);
        if (!again || attempt >= TRIES) throw error instanceof Retry ? new RootfsError(error.message) : error;
        await sleep(this.retryWaitMs * attempt);
      }
    }
  }

  #copy(path: string, partial: string, { onReceived }: DownloadOptions): void {
    const source = join(this.#folder as string, path);
    try {
      fs.copyFileSync(source, partial);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new NotThere(`${source}: not there`);
      throw new RootfsError(`${source}: ${failureText(error)}`);
    }
    onReceived?.(sizeOf(partial));
  }

  async #fetch(path: string, partial: string, { onReceived, sizeBytes }: DownloadOptions): Promise<void> {
    const url = `${this.#base}/${path.split('/').map(encodeURIComponent).join('/')}`;
    let have = sizeOf(partial);
    if (sizeBytes !== undefined && have === sizeBytes) {
      onReceived?.(have);
      return;
    }
    if (sizeBytes === undefined || have > sizeBytes) have = 0;
    const abort = new AbortController();
    let watchdog = setTimeout(() => abort.abort(), STALL_MS);
    let out: number | undefined;
    try {
      const response = await fetch(url, {
        headers: { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${have}-` } : {}) },
        signal: abort.signal,
      });
      const { status } = response;
      if (status === 404 || status === 410) throw new NotThere(`${url}: not there`);
      if (status === 416 || status === 429 || status >= 500) {
        if (status === 416) fs.rmSync(partial, { force: true });
        throw new Retry(`${url}: the server answers ${status}`);
      }
      if (!response.ok || response.body === null) throw new RootfsError(`${url}: the server answers ${status}`);
      const resumed = status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${have}-`) === true;
      if (status === 206 && !resumed) throw new Retry(`${url}: the server sends another part of the file`);
      out = fs.openSync(partial, resumed ? 'a' : 'w');
      if (!resumed) have = 0;
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        fs.writeSync(out, chunk);
        have += chunk.length;
        onReceived?.(have);
        clearTimeout(watchdog);
        watchdog = setTimeout(() => abort.abort(), STALL_MS);
      }
    } catch (error) {
      if (error instanceof RootfsError || error instanceof Retry) throw error;
      if ((error as NodeJS.ErrnoException).syscall === 'write') throw new RootfsError(`${partial}: ${failureText(error)}`);
      throw new Retry(`${url}: ${networkText(error, abort.signal.aborted)}`);
    } finally {
      clearTimeout(watchdog);
      if (out !== undefined) fs.closeSync(out);
    }
  }
}

/** May work a moment later. */
class Retry extends Error {}

/** The file is there, but it is not what was promised. */
export class WrongContent extends RootfsError {}

function sizeOf(path: string): number {
  return fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

export function sha256Of(path: string): string {
  const hash = createHash('sha256');
  const fd = fs.openSync(path, 'r');
  try {
    const buffer = new Uint8Array(1024 * 1024);
    for (let count = fs.readSync(fd, buffer); count > 0; count = fs.readSync(fd, buffer)) hash.update(buffer.subarray(0, count));
  } finally {
    fs.closeSync(fd);
  }
  return hash.digest('hex');
}

function check(path: string, name: string, { sizeBytes, sha256 }: Expected): void {
  const size = sizeOf(path);
  if (sizeBytes !== undefined && size !== sizeBytes) throw new WrongContent(`${name}: ${size} bytes instead of ${sizeBytes}`);
  if (sha256 === undefined) return;
  const sum = sha256Of(path);
  if (sum !== sha256) throw new WrongContent(`${name}: SHA-256 is ${sum}, the index says ${sha256}`);
}

/** node:fetch hides the reason in `cause`. */
function networkText(error: unknown, stalled: boolean): string {
  if (stalled) return `nothing received for ${STALL_MS / 1000} seconds`;
  const cause = (error as { cause?: unknown }).cause ?? error;
  const code = (cause as NodeJS.ErrnoException).code;
  const known: Readonly<Record<string, string>> = {
    ENOTFOUND: 'the name of the host is not known (is there a network?)',
    EAI_AGAIN: 'the name of the host is not known at the moment (is there a network?)',
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'connection reset',
    ENETUNREACH: 'no network',
    EHOSTUNREACH: 'the host cannot be reached',
    ETIMEDOUT: 'no answer',
    UND_ERR_CONNECT_TIMEOUT: 'no answer',
    UND_ERR_SOCKET: 'the connection broke off',
  };
  return (code !== undefined ? known[code] : undefined) ?? (cause instanceof Error ? cause.message : String(cause));
}
