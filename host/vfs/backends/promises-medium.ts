/** What a file system with promises looks like from here, and how its answers reach calls that can't wait. */
import * as errno from '../../../assembly/shared/errno.js';
import { Suspend, SysError } from '../../linux/error.js';
import type { Timestamp } from '../types.js';

/** What lstat and stat give; the fields are Node's. What is absent gets a sensible value. */
export interface PromisesStats {
  readonly size: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink?(): boolean;
  readonly mode?: number;
  readonly nlink?: number;
  readonly atimeMs?: number;
  readonly mtimeMs?: number;
  readonly ctimeMs?: number;
}

/** What `readdir` tells of an entry, as node:fs.Dirent. */
export interface PromisesEntry {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink?(): boolean;
}

/** An open file, as node:fs/promises has it. */
export interface PromisesHandle {
  read(bytes: Uint8Array, at: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  write(bytes: Uint8Array, at: number, length: number, position: number): Promise<{ readonly bytesWritten: number }>;
  truncate(length: number): Promise<void>;
  sync?(): Promise<void>;
  close(): Promise<void>;
}

/** The part of node:fs/promises that is used. Errors have a `code` ('ENOENT'). What is absent can't be done: EPERM. */
export interface PromisesFiles {
  readdir(path: string, options: { withFileTypes: true }): Promise<readonly PromisesEntry[]>;
  lstat(path: string): Promise<PromisesStats>;
  open(path: string, flags: 'r' | 'r+' | 'wx', mode?: number): Promise<PromisesHandle>;
  // biome-ignore lint/suspicious/noConfusingVoidType: Node gives the path of the first folder made, others nothing
  mkdir?(path: string, options?: { mode?: number }): Promise<string | undefined | void>;
  unlink?(path: string): Promise<void>;
  rmdir?(path: string): Promise<void>;
  rename?(from: string, to: string): Promise<void>;
  symlink?(target: string, path: string): Promise<void>;
  readlink?(path: string): Promise<string>;
  chmod?(path: string, mode: number): Promise<void>;
  /** Seconds since 1970. */
  lutimes?(path: string, atime: number, mtime: number): Promise<void>;
}

const BY_CODE: ReadonlyMap<string, number> = new Map(Object.entries({ ...errno, ENOTSUP: errno.EOPNOTSUPP }));

/** Linux's number for what a medium failed with: EIO when it has no code that Linux knows. */
export function errnoByCode(error: unknown): number {
  if (error instanceof SysError) return error.errno;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return (typeof code === 'string' ? BY_CODE.get(code) : undefined) ?? errno.EIO;
}

export function timestampOfMs(ms: number): Timestamp {
  const sec = Math.floor(ms / 1000);
  return { sec, nsec: Math.min(Math.floor((ms - sec * 1000) * 1e6), 999_999_999) };
}

/** Something that was asked of the medium. */
export class Request<T> {
  readonly promise: Promise<void>;
  private _state: 'waiting' | 'done' | 'failed' = 'waiting';
  private _value: T | undefined;
  private _errno = 0;

  constructor(work: Promise<T>) {
    this.promise = work.then(
      (value) => {
        this._value = value;
        this._state = 'done';
      },
      (error) => {
        this._errno = errnoByCode(error);
        this._state = 'failed';
      },
    );
  }

  get waiting(): boolean {
    return this._state === 'waiting';
  }

  get failed(): boolean {
    return this._state === 'failed';
  }

  /** Suspend while it is on its way, SysError when it failed. */
  result(): T {
    if (this._state === 'waiting') throw new Suspend(this.promise);
    if (this._state === 'failed') throw new SysError(this._errno);
    return this._value as T;
  }
}

/** Requests reach the medium one after the other, in the order in which they were made. */
export class RequestQueue {
  private _last: Promise<unknown> = Promise.resolve();

  ask<T>(work: () => Promise<T>): Request<T> {
    const request = new Request(this._last.then(work));
    this._last = request.promise;
    return request;
  }
}

/**
 * Requests whose caller is run again when the answer is there: it finds it under the same key. Until then nothing of the caller's view
 * changes, so that it comes to the same place again.
 */
export class Answers {
  private readonly _open = new Map<string, Request<unknown>>();

  take<T>(key: string, begin: () => Request<T>): T {
    let request = this._open.get(key);
    if (request === undefined) {
      request = begin();
      this._open.set(key, request);
    }
    if (!request.waiting) this._open.delete(key);
    return request.result() as T;
  }
}

/** How far the medium's cache has been emptied. A sync counts for what had been asked for when it was made. */
export class SyncPoint {
  private _changes = 0;
  private _synced = 0;
  private _syncing: { readonly changes: number; readonly request: Request<void> } | undefined;

  changed(): void {
    this._changes++;
  }

  /** Suspend until everything so far is kept for good; `begin` makes the request. */
  reach(begin: () => Request<void>): void {
    while (this._synced !== this._changes) {
      if (this._syncing?.changes !== this._changes) this._syncing = { changes: this._changes, request: begin() };
      const { changes, request } = this._syncing;
      if (!request.waiting) this._syncing = undefined;
      request.result();
      this._synced = changes;
    }
  }
}
