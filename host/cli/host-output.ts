import * as fs from 'node:fs';
import type { Writable } from 'node:stream';
import { EAGAIN, EIO, EPIPE } from '../../assembly/shared/errno.js';
import { errnoOf } from '../vfs/backends/node-errno.js';
import type { HostOutput } from '../vfs/hoststream.js';
import { WaitQueue } from '../vfs/wait.js';

const RETRY_MS_MIN = 1;
const RETRY_MS_MAX = 16;

/**
 * A descriptor written to at once: files, terminals, pipes. A full one (EAGAIN) is tried again a little later, since Node cannot
 * wait for a descriptor of its own to be writable.
 */
class DescriptorOutput implements HostOutput {
  readonly queue = new WaitQueue(() => true);
  #full = false;
  #retryMs = RETRY_MS_MIN;
  #waiting = false;

  constructor(private readonly fd: number) {}

  get writable(): boolean {
    return !this.#full;
  }

  write(bytes: Uint8Array): number {
    if (bytes.length === 0) return 0;
    try {
      const count = fs.writeSync(this.fd, bytes);
      this.#full = false;
      this.#retryMs = RETRY_MS_MIN;
      return count;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      if (errno !== EAGAIN) return -errno;
      this.#wait();
      return 0;
    }
  }

  #wait(): void {
    this.#full = true;
    if (this.#waiting) return;
    this.#waiting = true;
    setTimeout(() => {
      this.#waiting = false;
      this.#full = false;
      this.queue.wake();
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }
}

const QUEUED_BYTES_MAX = 65536;

/** A socket (what Node gives its children for pipes): written to in the background, so a slow reader stops the guest, not us. */
class SocketOutput implements HostOutput {
  readonly queue = new WaitQueue(() => true);
  #error = 0;

  constructor(private readonly socket: Writable) {
    socket.on('drain', () => this.queue.wake());
    socket.on('error', (error) => {
      this.#error = errnoOf(error) ?? EIO;
      this.queue.wake();
    });
    socket.on('close', () => {
      this.#error ||= EPIPE;
      this.queue.wake();
    });
  }

  get writable(): boolean {
    return this.#error !== 0 || this.socket.writableLength < QUEUED_BYTES_MAX;
  }

  write(bytes: Uint8Array): number {
    if (this.#error !== 0) return -this.#error;
    const room = QUEUED_BYTES_MAX - this.socket.writableLength;
    if (room <= 0) return 0;
    const taken = bytes.slice(0, room);
    this.socket.write(taken);
    return taken.length;
  }
}

export function descriptorOutput(fd: number): HostOutput {
  return new DescriptorOutput(fd);
}

const opened = new Map<1 | 2, HostOutput>();

/** Standard output or standard error, the same object whenever it is asked for. */
export function hostOutput(fd: 1 | 2): HostOutput {
  let output = opened.get(fd);
  if (output === undefined) {
    output = open(fd);
    opened.set(fd, output);
  }
  return output;
}

function open(fd: 1 | 2): HostOutput {
  try {
    const stat = fs.fstatSync(fd);
    if (stat.isSocket()) return new SocketOutput(fd === 1 ? process.stdout : process.stderr);
    return new DescriptorOutput(stat.isFIFO() ? nonBlocking(fd) : fd);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    // It was closed: writes fail with EBADF.
    return new DescriptorOutput(fd);
  }
}

/** The same pipe, opened anew: not waiting there must not change the descriptor that others share with us. */
function nonBlocking(fd: number): number {
  try {
    return fs.openSync(`/proc/self/fd/${fd}`, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return fd;
  }
}
