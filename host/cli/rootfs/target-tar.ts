/** Writes a root as a tar archive (POSIX, with pax records where a header has no room), plain or compressed. */
import * as fs from 'node:fs';
import type { Transform, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { failureText } from '../files.js';
import { RootfsError } from './errors.js';
import type { Target, TargetAttributes } from './target.js';

const BLOCK = 512;
/** Largest number of an 11-digit octal field. */
const OCTAL_MAX = 8 ** 11 - 1;

interface Member {
  readonly name: string;
  readonly type: string;
  readonly link?: string;
  readonly size?: number;
  readonly major?: number;
  readonly minor?: number;
}

function padding(length: number): Uint8Array {
  return new Uint8Array((BLOCK - (length % BLOCK)) % BLOCK);
}

/** Headers of one member: a pax header first when names are longer than 100 bytes or a size than 8 GiB. */
export function tarHeaders(member: Member, what: TargetAttributes): Buffer {
  const records: [string, string][] = [];
  if (Buffer.byteLength(member.name) > 100) records.push(['path', member.name]);
  if (Buffer.byteLength(member.link ?? '') > 100) records.push(['linkpath', member.link as string]);
  if ((member.size ?? 0) > OCTAL_MAX) records.push(['size', String(member.size)]);
  const own = header(member, what);
  if (records.length === 0) return own;
  const text = Buffer.concat(records.map(paxRecord));
  const extended = header({ name: 'pax', type: 'x', size: text.length }, { ...what, mode: 0o644 });
  return Buffer.concat([extended, text, padding(text.length), own]);
}

/** "LENGTH KEY=VALUE\n", LENGTH counting itself. */
function paxRecord([key, value]: [string, string]): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

function header({ name, type, link = '', size = 0, major = 0, minor = 0 }: Member, what: TargetAttributes): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    block.write(
      Math.min(Math.max(0, Math.floor(value)), OCTAL_MAX)
        .toString(8)
        .padStart(length - 1, '0'),
      at,
      length - 1,
    );
  };
  Buffer.from(name).copy(block, 0, 0, 100);
  octal(what.mode, 100, 8);
  octal(what.uid, 108, 8);
  octal(what.gid, 116, 8);
  octal(size, 124, 12);
  octal(what.mtimeSec, 136, 12);
  block.fill(0x20, 148, 156);
  block.write(type, 156);
  Buffer.from(link).copy(block, 157, 0, 100);
  block.write('ustar\x0000', 257, 'latin1');
  octal(major, 329, 8);
  octal(minor, 337, 8);
  const sum = block.reduce((a, b) => a + b, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** FILE.tar, .tar.gz (.tgz), .tar.zst (.tzst); undefined: the name of a folder. */
export function archiveKind(path: string): '' | 'gzip' | 'zstd' | undefined {
  if (/\.tar$/i.test(path)) return '';
  if (/\.(tar\.gz|tgz)$/i.test(path)) return 'gzip';
  if (/\.(tar\.zst|tzst)$/i.test(path)) return 'zstd';
  return undefined;
}

export class TarTarget implements Target {
  readonly notes: string[] = [];
  readonly #partial: string;
  readonly #out: Writable;
  readonly #file: fs.WriteStream;
  #failure: Error | undefined;

  constructor(
    readonly path: string,
    kind: '' | 'gzip' | 'zstd',
  ) {
    if (fs.existsSync(path)) throw new RootfsError(`${path}: is there already`);
    this.#partial = `${path}.partial`;
    const packer = kind === '' ? undefined : kind === 'gzip' ? zlib.createGzip({ level: 6 }) : zstdPacker();
    this.#file = fs.createWriteStream(this.#partial);
    const failed = (error: Error): void => {
      this.#failure ??= error;
    };
    this.#file.on('error', failed);
    packer?.on('error', failed);
    packer?.pipe(this.#file);
    this.#out = packer ?? this.#file;
  }

  async #write(...parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      if (part.length === 0) continue;
      this.#check();
      if (!this.#out.write(part)) await new Promise<void>((done) => this.#waitForRoom(done));
    }
  }

  #waitForRoom(done: () => void): void {
    const end = (): void => {
      this.#out.off('drain', end);
      this.#file.off('error', end);
      done();
    };
    this.#out.on('drain', end);
    this.#file.on('error', end);
  }

  #check(): void {
    if (this.#failure !== undefined) throw new RootfsError(`${this.#partial}: ${failureText(this.#failure)}`);
  }

  async directory(path: readonly string[], what: TargetAttributes): Promise<void> {
    await this.#write(tarHeaders({ name: `./${path.join('/')}/`.replace('.//', './'), type: '5' }, what));
  }

  async file(path: readonly string[], what: TargetAttributes, bytes: Uint8Array): Promise<void> {
    await this.#write(tarHeaders({ name: name(path), type: '0', size: bytes.length }, what), bytes, padding(bytes.length));
  }

  async symlink(path: readonly string[], what: TargetAttributes, target: string): Promise<void> {
    await this.#write(tarHeaders({ name: name(path), type: '2', link: target }, { ...what, mode: 0o777 }));
  }

  async hardlink(path: readonly string[], other: readonly string[]): Promise<void> {
    await this.#write(tarHeaders({ name: name(path), type: '1', link: name(other) }, { mode: 0o644, uid: 0, gid: 0, mtimeSec: 0 }));
  }

  async device(
    path: readonly string[],
    what: TargetAttributes,
    kind: 'char' | 'block' | 'fifo',
    major: number,
    minor: number,
  ): Promise<void> {
    await this.#write(tarHeaders({ name: name(path), type: { char: '3', block: '4', fifo: '6' }[kind], major, minor }, what));
  }

  async finish(): Promise<void> {
    await this.#write(new Uint8Array(2 * BLOCK));
    this.#out.end();
    try {
      await finished(this.#file);
    } catch (error) {
      throw new RootfsError(`${this.#partial}: ${failureText(error)}`);
    }
    fs.renameSync(this.#partial, this.path);
  }

  /** An archive can't be continued; the downloads can. */
  abandon(): void {
    this.#file.destroy();
    fs.rmSync(this.#partial, { force: true });
  }
}

function name(path: readonly string[]): string {
  return `./${path.join('/')}`;
}

function zstdPacker(): Transform {
  const make = (zlib as unknown as { createZstdCompress?: () => Transform }).createZstdCompress;
  if (make === undefined) throw new RootfsError('writing .tar.zst needs Node 22.15 or later; .tar and .tar.gz always work');
  return make();
}
