/** `pagewalk rootfs create`: from names of packages to a root. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { failureText } from '../files.js';
import { complain } from '../output.js';
import { showBytes, startProgress, stopProgress } from '../progress.js';
import { DpkgDatabase } from './database.js';
import { readDeb } from './deb.js';
import { cachePath, checkEntry, downloadAll, missing } from './download.js';
import { RootfsError } from './errors.js';
import { addIndex } from './indexes.js';
import { finishLayout, isCopied, prepareLayout } from './layout.js';
import { Mirror } from './mirror.js';
import { type Package, PackageIndex } from './packages.js';
import { fetchRelease } from './release.js';
import { ResolveError, Resolver, type Selected } from './resolve.js';
import type { Target } from './target.js';
import { FolderTarget } from './target-folder.js';
import { archiveKind, TarTarget } from './target-tar.js';
import { Unpacker } from './unpack.js';

/** The only machine there is. */
const ARCH = 'riscv64';

export interface CreateOptions {
  readonly suite: string;
  readonly mirror: string;
  readonly component: readonly string[];
  readonly cache: string;
  readonly keyring?: string;
  readonly signature: boolean;
  readonly essential: boolean;
  readonly recommends: boolean;
  readonly allowUnverifiedIndex: boolean;
  readonly dryRun: boolean;
}

/** RootfsError says in one line what went wrong. */
export async function createRootfs(destination: string, names: readonly string[], options: CreateOptions): Promise<void> {
  const lists = join(options.cache, 'lists');
  const archives = join(options.cache, 'archives');
  for (const folder of [lists, archives]) makeFolder(folder);
  const mirror = new Mirror(options.mirror);
  const target = options.dryRun ? undefined : openTarget(destination);
  const stop = onInterrupt(target);
  try {
    const selected = await select(mirror, lists, names, options);
    const packages = selected.map((it) => it.package);
    for (const it of packages) checkEntry(it);
    const wanted = missing(archives, packages);
    report(selected, wanted);
    if (target === undefined) {
      for (const { package: it, because } of selected) process.stdout.write(`${it.name} ${it.version} (${because})\n`);
      return;
    }
    await fetchPackages(mirror, archives, wanted);
    await unpackAll(target, archives, packages);
    await target.finish();
    for (const note of target.notes) complain(note);
    complain(`${destination} is ready: pagewalk run --root ${destination} ${names[0]?.split('=')[0] ?? 'bash'}`);
  } catch (error) {
    target?.abandon();
    if (error instanceof ResolveError) throw new RootfsError(error.message);
    throw error;
  } finally {
    stop();
  }
}

function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new RootfsError(`--cache: ${folder}: ${failureText(error)}`);
  }
}

function openTarget(destination: string): Target {
  const kind = archiveKind(destination);
  return kind === undefined ? new FolderTarget(destination) : new TarTarget(destination, kind);
}

/** Ctrl-C and SIGTERM leave what the next run can go on with. */
function onInterrupt(target: Target | undefined): () => void {
  const end = (signal: NodeJS.Signals): void => {
    stopProgress();
    target?.abandon();
    stop();
    process.kill(process.pid, signal);
  };
  const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const stop = (): void => {
    for (const signal of signals) process.off(signal, end);
  };
  for (const signal of signals) process.on(signal, end);
  return stop;
}

async function select(mirror: Mirror, lists: string, names: readonly string[], options: CreateOptions): Promise<Selected[]> {
  const { suite } = options;
  const release = await fetchRelease(mirror, suite, lists, { keyring: options.keyring, check: options.signature });
  complain(`${mirror.name} ${suite}: ${release.signature}`);
  if (release.expired !== undefined) complain(`the Release file says it was valid until ${release.expired}`);
  const index = new PackageIndex();
  for (const component of options.component) {
    const allowUnverified = options.allowUnverifiedIndex;
    if (!(await addIndex(index, mirror, release, { suite, component, arch: ARCH, folder: lists, allowUnverified }))) {
      complain(`the index of ${component} does not fit the Release file and is used unverified (--allow-unverified-index)`);
    }
  }
  return new Resolver(index, { recommends: options.recommends, arch: ARCH }).resolve(names, options.essential);
}

function report(selected: readonly Selected[], wanted: readonly Package[]): void {
  const sum = (packages: readonly Package[], bytes: (it: Package) => number): number => packages.reduce((all, it) => all + bytes(it), 0);
  const all = selected.map((it) => it.package);
  const download = showBytes(sum(wanted, (it) => it.sizeBytes));
  const unpacked = sum(all, (it) => it.installedBytes);
  const count = `${all.length} packages${unpacked > 0 ? `, ${showBytes(unpacked)} unpacked` : ''}`;
  complain(`${count}; ${wanted.length === 0 ? 'all are in the cache' : `${download} to download`}`);
}

async function fetchPackages(mirror: Mirror, archives: string, wanted: readonly Package[]): Promise<void> {
  if (wanted.length === 0) return;
  const bytes = wanted.reduce((all, it) => all + it.sizeBytes, 0);
  const progress = await startProgress('downloading', bytes, showBytes);
  try {
    await downloadAll(mirror, archives, wanted, (done) => progress.set(done));
  } finally {
    progress.stop();
  }
}

async function unpackAll(target: Target, archives: string, packages: readonly Package[]): Promise<void> {
  const unpacker = new Unpacker(target, isCopied);
  const database = new DpkgDatabase(unpacker);
  await prepareLayout(unpacker);
  const scripts: string[] = [];
  const progress = await startProgress('unpacking', packages.length);
  try {
    // base-files first: it has the directories with their modes.
    const order = [...packages].sort((a, b) => Number(b.name === 'base-files') - Number(a.name === 'base-files'));
    for (const [i, it] of order.entries()) {
      const deb = await readDeb(cachePath(archives, it));
      scripts.push(await database.add(it.name, it.architecture, deb.control, await unpacker.add(it, deb.data)));
      progress.set(i + 1);
    }
  } finally {
    progress.stop();
  }
  await finishLayout(unpacker, scripts);
  await database.finish();
  for (const line of unpacker.warnings) complain(line);
}
