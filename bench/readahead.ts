/**
 * What reading ahead costs and saves: requests to the host and pages read, of a file of 32 MiB in a folder of the host.
 *   npx tsx bench/readahead.ts
 * docs/decisions/0010-page-cache.md explains the figures.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IO_MAPPED } from '../assembly/shared/exit.js';
import { VM_RANDOM, VM_SEQUENTIAL } from '../assembly/shared/mman.js';
import { O_RDONLY } from '../host/linux/fcntl.js';
import { NodeFileSystem } from '../host/vfs/backends/node.js';
import { HostBuffer } from '../host/vfs/hostbuffer.js';
import type { PagedFile } from '../host/vfs/pagedfile.js';
import { newEnvironment } from '../tests/support/backends.js';
import { Random } from '../tests/support/random.js';

const PAGE = 4096;
const PAGES = 8192;
const PER_MIB = 256;
const FRAMES = 20_000;

const folder = mkdtempSync(join(tmpdir(), 'pagewalk-bench-'));
writeFileSync(join(folder, 'file'), new Uint8Array(PAGES * PAGE).fill(7));

async function measure(name: string, wanted: number, body: (file: PagedFile) => void): Promise<void> {
  const env = await newEnvironment(FRAMES);
  const volume = new NodeFileSystem(env, folder);
  const inode = volume.root.lookup('file');
  if (inode === undefined) throw new Error('no file');
  const file = inode.open(O_RDONLY) as PagedFile;
  const start = process.cpuUsage();
  body(file);
  const { user, system } = process.cpuUsage(start);
  const { reads, pagesRead } = env.pages;
  const mib = wanted / PER_MIB;
  const figures = [(reads / mib).toFixed(1), (pagesRead / wanted).toFixed(2), ((user + system) / 1000 / mib).toFixed(2)];
  process.stdout.write(`| ${name} | ${figures.join(' | ')} |\n`);
  volume.close();
}

const readAt = (file: PagedFile, page: number, pages: number): void => {
  file.read(new HostBuffer(new Uint8Array(pages * PAGE), file.paged.env.pages), page * PAGE);
};
const fault = (file: PagedFile, page: number, how: number): void => {
  const { pages } = file.paged.env;
  if (!file.paged.isCached(page)) pages.pager(file.paged.object, page, IO_MAPPED | how);
};
const random = new Random(1);
const scattered = Array.from({ length: 1024 }, () => random.below(PAGES));
const distinct = new Set(scattered).size;

process.stdout.write('| access | host reads per MiB wanted | pages read per page wanted | CPU ms per MiB |\n| --- | --- | --- | --- |\n');
for (const size of [1, 4, 16, 64]) {
  await measure(`read, sequential, ${size * 4} KiB`, PAGES, (file) => {
    for (let page = 0; page < PAGES; page += size) readAt(file, page, size);
  });
}
await measure('read, random, 4 KiB', distinct, (file) => {
  for (const page of scattered) readAt(file, page, 1);
});
await measure('read, sequential, POSIX_FADV_RANDOM', PAGES, (file) => {
  file.readahead.pattern = 'random';
  for (let page = 0; page < PAGES; page++) readAt(file, page, 1);
});
await measure('mapped, sequential', PAGES, (file) => {
  for (let page = 0; page < PAGES; page++) fault(file, page, 0);
});
await measure('mapped, sequential, MADV_SEQUENTIAL', PAGES, (file) => {
  for (let page = 0; page < PAGES; page++) fault(file, page, VM_SEQUENTIAL);
});
await measure('mapped, random', distinct, (file) => {
  for (const page of scattered) fault(file, page, 0);
});
await measure('mapped, random, MADV_RANDOM', distinct, (file) => {
  for (const page of scattered) fault(file, page, VM_RANDOM);
});
rmSync(folder, { recursive: true });
