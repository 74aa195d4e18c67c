/** What a guest program can't provoke by itself: unmounting, the ends of the tables. Everything else: tests/guest/inotify.c. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as I from '../../host/linux/inotify.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { HostBuffer } from '../../host/vfs/hostbuffer.js';
import { InotifyFile, type InotifyUse } from '../../host/vfs/inotify.js';
import { VfsKnobs } from '../../host/vfs/knobs.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import { newEnvironment } from '../support/backends.js';
import { outcome, Tree } from '../support/tree.js';

async function setup(): Promise<{ t: Tree; file: InotifyFile; use: InotifyUse }> {
  const env = await newEnvironment(256);
  const t = Tree.over(env, new MemoryFileSystem(env));
  const use = { instances: 0, watches: 0, knobs: new VfsKnobs() };
  return { t, file: new InotifyFile(t.inode('/'), 0, use), use };
}

/** [wd, mask] of everything that waits. */
function events(t: Tree, file: InotifyFile): [number, number][] {
  const buffer = new HostBuffer(new Uint8Array(4096), t.env.pages);
  const view = new DataView(new Uint8Array(Math.max(0, file.read(buffer))).buffer);
  new Uint8Array(view.buffer).set(buffer.filled);
  const found: [number, number][] = [];
  for (let at = 0; at < view.byteLength; at += 16 + view.getUint32(at + 12, true)) {
    found.push([view.getInt32(at, true), view.getUint32(at + 4, true)]);
  }
  return found;
}

test('unmounting ends the watches of a file system, once nothing of it is mounted', async () => {
  const { t, file, use } = await setup();
  t.mkdir('/a');
  t.mkdir('/b');
  const fs = new MemoryFileSystem(t.env);
  t.namespace.mount(fs, t.at('/a'));
  t.namespace.bind(t.at('/a'), t.at('/b'));
  t.write('/a/x', 'text');
  const wd = file.watch(t.inode('/a/x'), I.IN_MODIFY);
  const outside = file.watch(t.inode('/'), I.IN_CREATE);
  t.namespace.unmount(t.at('/a'));
  assert.equal(events(t, file), []);
  t.namespace.unmount(t.at('/b'));
  assert.equal(events(t, file), [
    [wd, I.IN_UNMOUNT],
    [wd, I.IN_IGNORED],
  ]);
  assert.is(use.watches, 1);
  t.mkdir('/c');
  assert.equal(events(t, file), [[outside, (I.IN_CREATE | I.IN_ISDIR) >>> 0]]);
});

test('who has too many watches gets no more; closing gives all back', async () => {
  const { t, file, use } = await setup();
  use.watches = use.knobs.inotifyWatches;
  assert.is(
    outcome(() => file.watch(t.inode('/'), I.IN_CREATE)),
    'ENOSPC',
  );
  use.watches = 0;
  t.mkdir('/d');
  file.watch(t.inode('/'), I.IN_CREATE);
  file.watch(t.inode('/d'), I.IN_CREATE);
  assert.is(use.watches, 2);
  releaseFile(file);
  assert.equal(use, { instances: 0, watches: 0, knobs: new VfsKnobs() });
  assert.is(t.inode('/d').marks, undefined);
});

test.run();
