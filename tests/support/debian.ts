/** Debian packages and a mirror of them, made by the test itself. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { concat, makeTar, type TarEntry } from './tar.js';

export type Packing = '' | 'gz' | 'xz' | 'zst';

const encoder = new TextEncoder();

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function pack(bytes: Uint8Array, packing: Packing): Uint8Array {
  if (packing === '') return bytes;
  if (packing === 'gz') return gzipSync(bytes);
  const [tool, ...args] = packing === 'xz' ? ['xz', '-1c'] : ['zstd', '-1cq'];
  const run = spawnSync(tool, args, { input: bytes, maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(`${tool}: ${run.stderr?.toString() ?? run.error?.message}`);
  return new Uint8Array(run.stdout);
}

/** ar(5), with the padding after odd sizes. */
export function makeAr(members: readonly (readonly [name: string, data: Uint8Array])[]): Uint8Array {
  const parts: Uint8Array[] = [encoder.encode('!<arch>\n')];
  for (const [name, data] of members) {
    const [owner, mode, size] = ['0'.padEnd(6), '100644'.padEnd(8), String(data.length).padEnd(10)];
    const header = `${name.padEnd(16)}${'0'.padEnd(12)}${owner}${owner}${mode}${size}\`\n`;
    parts.push(encoder.encode(header), data);
    if (data.length % 2 === 1) parts.push(encoder.encode('\n'));
  }
  return concat(...parts);
}

export interface TestPackage {
  name: string;
  version?: string;
  /** More fields of the control file, as they are written. */
  fields?: Readonly<Record<string, string>>;
  files?: readonly TarEntry[];
  scripts?: Readonly<Record<string, string>>;
  packing?: Packing;
}

function control({ name, version = '1.0', fields = {} }: TestPackage): string {
  const all = {
    Package: name,
    Version: version,
    Architecture: 'riscv64',
    Maintainer: 'Nobody <nobody@example.org>',
    ...fields,
    Description: name,
  };
  return `${Object.entries(all)
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n')}\n`;
}

export function makeDeb(it: TestPackage): Uint8Array {
  const { packing = 'gz' } = it;
  const ending = packing === '' ? '' : `.${packing}`;
  const scripts = Object.entries(it.scripts ?? {}).map(([name, data]) => ({ name: `./${name}`, data, mode: 0o755 }));
  const controlTar = makeTar([{ name: './', type: '5', mode: 0o755 }, { name: './control', data: control(it) }, ...scripts]);
  const dataTar = makeTar([{ name: './', type: '5', mode: 0o755 }, ...(it.files ?? [])]);
  return makeAr([
    ['debian-binary', encoder.encode('2.0\n')],
    [`control.tar${ending}`, pack(controlTar, packing)],
    [`data.tar${ending}`, pack(dataTar, packing)],
  ]);
}

/** The paragraphs of a Packages file. */
export function packagesText(packages: readonly TestPackage[], debs = new Map<TestPackage, Uint8Array>()): string {
  return packages
    .map((it) => {
      const deb = debs.get(it) ?? new Uint8Array(0);
      return `${control(it)}Filename: ${poolPath(it)}\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\n`;
    })
    .join('\n');
}

export function poolPath({ name, version = '1.0' }: TestPackage): string {
  return `pool/main/${name[0]}/${name}/${name}_${version.replace(/^\d+:/, '')}_riscv64.deb`;
}

/** Signs a text as InRelease is. */
export type Sign = (text: string) => string;

/** The files of a mirror with one suite, by path. */
export function mirrorFiles(
  packages: readonly TestPackage[],
  sign: Sign = (text) => text,
  indexPacking: Packing = 'gz',
): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const debs = new Map(packages.map((it) => [it, makeDeb(it)]));
  for (const [it, deb] of debs) files.set(poolPath(it), deb);
  const name = `main/binary-riscv64/Packages${indexPacking === '' ? '' : `.${indexPacking}`}`;
  const index = pack(encoder.encode(packagesText(packages, debs)), indexPacking);
  files.set(`dists/test/${name}`, index);
  files.set(`dists/test/main/binary-riscv64/by-hash/SHA256/${sha256(index)}`, index);
  const head = 'Suite: test\nArchitectures: amd64 riscv64\nComponents: main\nAcquire-By-Hash: yes\nSHA256:\n';
  const release = `${head} ${sha256(index)} ${index.length} ${name}\n`;
  files.set('dists/test/InRelease', encoder.encode(sign(release)));
  return files;
}

/** Answers a request by itself: true. */
export type Hook = (path: string, request: IncomingMessage, response: ServerResponse, bytes: Uint8Array | undefined) => boolean;

/** Serves files with ranges, as the web servers of mirrors do. */
export class FakeMirror {
  readonly requests: string[] = [];
  hook: Hook | undefined;
  readonly #server: Server;

  private constructor(public files: Map<string, Uint8Array>) {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(files: Map<string, Uint8Array>): Promise<FakeMirror> {
    const mirror = new FakeMirror(files);
    await new Promise<void>((done) => mirror.#server.listen(0, '127.0.0.1', done));
    return mirror;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/debian`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent((request.url ?? '').replace(/^\/debian\//, ''));
    this.requests.push(request.headers.range === undefined ? path : `${path} ${request.headers.range}`);
    const bytes = this.files.get(path);
    if (this.hook?.(path, request, response, bytes) === true) return;
    if (bytes === undefined) {
      response.writeHead(404).end('not here');
      return;
    }
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from === 0) response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    else if (from >= bytes.length) response.writeHead(416).end();
    else {
      const head = { 'content-length': bytes.length - from, 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
      response.writeHead(206, head).end(bytes.subarray(from));
    }
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
