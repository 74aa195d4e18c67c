/** The suite of all writable file systems, over a host folder (both ways of holding directories) and over the overlay. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NodeFileSystem, type NodeFileSystemOptions } from '../../host/vfs/backends/node.js';
import { DescriptorAnchor } from '../../host/vfs/backends/node-place.js';
import { OverlayFileSystem } from '../../host/vfs/backends/overlay.js';
import { bytesSource, TarFileSystem } from '../../host/vfs/backends/tar.js';
import { hashFolder, newEnvironment } from '../support/backends.js';
import { fileSystemSuite, type SuiteBackend } from '../support/fs-suite.js';
import { makeTar } from '../support/tar.js';

/** Node has no calls for these; and a host file must not get set-id bits. */
const NODE_MISSING = { specials: true, exchange: true, xattrs: true, unnamed: true, setId: true };

async function overFolder(options: NodeFileSystemOptions): Promise<SuiteBackend> {
  const env = await newEnvironment();
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-suite-'));
  chmodSync(folder, 0o755);
  const fs = new NodeFileSystem(env, folder, { readOnly: false, ...options });
  const clean = (): void => {
    fs.close();
    rmSync(folder, { recursive: true });
  };
  return { env, fs, clean };
}

fileSystemSuite(test, 'host folder by paths', () => overFolder({ anchor: 'paths' }), { ...NODE_MISSING, owners: true });
if (DescriptorAnchor.available()) {
  fileSystemSuite(test, 'host folder by descriptors', () => overFolder({ anchor: 'descriptors' }), { ...NODE_MISSING, owners: true });
}
// Only root of the host may give files away.
if (process.getuid?.() === 0)
  fileSystemSuite(test, "host folder with the host's owners", () => overFolder({ owners: 'host' }), NODE_MISSING);

fileSystemSuite(test, 'overlay over an archive', async () => {
  const env = await newEnvironment();
  return { env, fs: new OverlayFileSystem(env, new TarFileSystem(env, bytesSource(makeTar([{ name: './', type: '5', mode: 0o755 }])))) };
});

fileSystemSuite(test, 'overlay over a folder', async () => {
  const env = await newEnvironment();
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-suite-'));
  chmodSync(folder, 0o755);
  const before = hashFolder(folder);
  const lower = new NodeFileSystem(env, folder);
  const clean = (): void => {
    lower.close();
    assert.is(hashFolder(folder), before, 'the folder is as it was');
    rmSync(folder, { recursive: true });
  };
  return { env, fs: new OverlayFileSystem(env, lower), clean };
});

test.run();
