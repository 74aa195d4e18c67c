/** Fetches the packages into the cache, a few at a time. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { RootfsError } from './errors.js';
import { type Mirror, sha256Of } from './mirror.js';
import type { Package } from './packages.js';

/** Mirrors ask their users not to open many connections. */
const CONNECTIONS = 4;

/** Where a package is kept: by its sum, so that packages of different mirrors can't be mistaken for each other. */
export function cachePath(folder: string, it: Package): string {
  const name = (it.filename.split('/').at(-1) ?? '').replace(/[^\w.+~%-]/g, '_');
  return join(folder, `${it.sha256.slice(0, 16)}-${name}`);
}

/** RootfsError when the index does not say what a right package is. */
export function checkEntry(it: Package): void {
  const good = /^[0-9a-f]{64}$/.test(it.sha256) && it.filename !== '' && Number.isSafeInteger(it.sizeBytes) && it.sizeBytes > 0;
  if (!good) throw new RootfsError(`the index gives no file name, size and SHA-256 for ${it.name} ${it.version}`);
}

/** Those that are not in the cache, or not right there. */
export function missing(folder: string, packages: readonly Package[]): Package[] {
  return packages.filter((it) => {
    const path = cachePath(folder, it);
    return fs.statSync(path, { throwIfNoEntry: false })?.size !== it.sizeBytes || sha256Of(path) !== it.sha256;
  });
}

/** `onBytes` hears how much is there of all, and `onFile` of each package that is complete. */
export async function downloadAll(
  mirror: Mirror,
  folder: string,
  packages: readonly Package[],
  onBytes: (bytes: number) => void,
): Promise<void> {
  const received = new Map<Package, number>();
  const queue = [...packages];
  let sum = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    for (let it = queue.shift(); it !== undefined && !failed; it = queue.shift()) {
      const one = it;
      const onReceived = (bytes: number): void => {
        sum += bytes - (received.get(one) ?? 0);
        received.set(one, bytes);
        onBytes(sum);
      };
      try {
        await mirror.download(one.filename, cachePath(folder, one), { sizeBytes: one.sizeBytes, sha256: one.sha256, onReceived });
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  // All are waited for: what the others have received stays in the cache for the next run.
  const results = await Promise.allSettled(Array.from({ length: Math.min(CONNECTIONS, packages.length) }, worker));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
