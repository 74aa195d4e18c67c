/** The Packages files of a suite: fetched, checked against its Release, cached by their sums. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { canUnpack, compressionOf, unpackStream } from '../../vfs/backends/node-unpack.js';
import { TarError } from '../../vfs/backends/tar-header.js';
import { collect, pieces } from './deb.js';
import { RootfsError } from './errors.js';
import { type Mirror, NotThere, sha256Of, WrongContent } from './mirror.js';
import type { PackageIndex } from './packages.js';
import type { IndexFile, Release } from './release.js';

/** Debian's largest index unpacks to some 60 MB. */
const UNPACKED_MAX_BYTES = 512 * 1024 ** 2;

export interface IndexOptions {
  readonly suite: string;
  readonly component: string;
  readonly arch: string;
  /** Where indexes are kept between runs. */
  readonly folder: string;
  /** Take an index whose sums are not those of the Release file. */
  readonly allowUnverified: boolean;
}

/** Adds the packages of a component. True: the Release file vouches for them. */
export async function addIndex(index: PackageIndex, mirror: Mirror, release: Release, options: IndexOptions): Promise<boolean> {
  const { suite, component, arch, folder } = options;
  const endings = (await canUnpack('xz')) ? ['.xz', '.gz', ''] : ['.gz', ''];
  const file = release.packages(component, arch, endings);
  const cached = join(folder, `Packages-${file.sha256}`);
  let verified = true;
  let path = cached;
  if (!isThere(cached, file) && !(await fetchVerified(mirror, release, suite, file, cached))) {
    if (!options.allowUnverified) {
      throw new RootfsError(
        `the package index of ${mirror.name} does not fit the suite's Release file (the mirror may be in the middle of an update): ` +
          'try again later, name another --mirror, or take the index as it is with --allow-unverified-index',
      );
    }
    verified = false;
    path = join(folder, `Packages-unverified-${suite}-${component}-${arch}`.replaceAll('/', '_'));
    await mirror.download(`dists/${suite}/${file.path}`, path);
  }
  index.add(await readIndex(path));
  return verified;
}

function isThere(path: string, { sizeBytes, sha256 }: IndexFile): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.size === sizeBytes && sha256Of(path) === sha256;
}

/** By its sum, where a mirror in the middle of an update still has the old one, then by its name. False: neither is the right one. */
async function fetchVerified(mirror: Mirror, release: Release, suite: string, file: IndexFile, target: string): Promise<boolean> {
  const folder = `dists/${suite}/${file.path.slice(0, file.path.lastIndexOf('/'))}`;
  const names = release.byHash ? [`${folder}/by-hash/SHA256/${file.sha256}`] : [];
  for (const name of [...names, `dists/${suite}/${file.path}`]) {
    try {
      await mirror.download(name, target, file);
      return true;
    } catch (error) {
      if (!(error instanceof NotThere || error instanceof WrongContent)) throw error;
    }
  }
  return false;
}

async function readIndex(path: string): Promise<string> {
  const bytes = fs.readFileSync(path);
  const compression = compressionOf(bytes);
  if (compression === undefined) return bytes.toString('utf8');
  try {
    return new TextDecoder().decode(await collect(unpackStream(pieces(bytes), compression), UNPACKED_MAX_BYTES));
  } catch (error) {
    if (error instanceof TarError) throw new RootfsError(`the package index (${path}): ${error.message}`);
    throw error;
  }
}
