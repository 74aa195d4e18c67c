/** Packages with any members at all: nothing outside of the root is ever touched, and what is in it is what the tree says. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RootfsError } from '../../host/cli/rootfs/errors.js';
import { Package } from '../../host/cli/rootfs/packages.js';
import { FolderTarget } from '../../host/cli/rootfs/target-folder.js';
import type { TreeNode } from '../../host/cli/rootfs/tree.js';
import { Unpacker } from '../../host/cli/rootfs/unpack.js';
import { bytesSource } from '../../host/vfs/backends/tar.js';
import { TarWarnings, tarMembers } from '../../host/vfs/backends/tar-index.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';
import { makeTar, type TarEntry } from '../support/tar.js';

const seed = fuzzSeed(31);

test('members at random', async () => {
  const random = new Random(seed);
  const pick = <T>(all: readonly T[]): T => all[random.below(all.length)];
  for (let round = 0; round < fuzzRounds(120); round++) {
    const top = fs.mkdtempSync(join(tmpdir(), 'pagewalk-fuzz-'));
    try {
      fs.mkdirSync(join(top, 'outside'));
      fs.writeFileSync(join(top, 'outside', 'a'), 'untouched');
      const target = new FolderTarget(join(top, 'root'));
      const unpacker = new Unpacker(target, () => false);
      const names = ['a', 'b', 'c', 'd', '..', '.', 'outside', join(top, 'outside').slice(1)];
      const path = (): string => Array.from({ length: 1 + random.below(4) }, () => pick(names)).join('/');
      for (let i = 1 + random.below(3); i > 0; i--) {
        const entries = Array.from({ length: 2 + random.below(12) }, (): TarEntry => {
          const type = pick(['0', '0', '1', '2', '2', '5', '6', '3']);
          const link = type === '2' ? pick([path(), `/${path()}`, `../../${path()}`, join(top, 'outside'), '..', '/']) : path();
          return { name: `./${path()}`, type, link, data: type === '0' ? 'x' : '', mode: pick([0o644, 0o000, 0o755, 0o4755]) };
        });
        const source = bytesSource(makeTar(entries));
        const data = { source, members: [...tarMembers(source, new TarWarnings())], warnings: [] };
        await unpacker.add(new Package(`Package: p${i}\nVersion: 1\n`), data);
      }
      await target.finish();
      compare(unpacker.tree.root, join(top, 'root'), `seed ${random.seed}, round ${round}: `);
      assert.equal(fs.readdirSync(top).sort(), ['outside', 'root']);
      assert.equal(fs.readdirSync(join(top, 'outside')), ['a']);
      assert.is(fs.readFileSync(join(top, 'outside', 'a'), 'utf8'), 'untouched');
    } catch (error) {
      if (error instanceof RootfsError) throw new Error(`seed ${random.seed}, round ${round}: ${error.message}`);
      throw error;
    } finally {
      // What can't be entered can't be removed by other users than root.
      fs.chmodSync(top, 0o700);
      fs.rmSync(top, { recursive: true });
    }
  }
});

function compare(node: TreeNode, path: string, where: string): void {
  const names = fs.readdirSync(path).sort();
  const expected = [...node.children].filter(([, child]) => child.kind !== 'special').map(([name]) => name);
  assert.equal(names, expected.sort(), `${where}${path}`);
  for (const name of names) {
    const child = node.children.get(name) as TreeNode;
    const stat = fs.lstatSync(join(path, name));
    assert.is(stat.isDirectory(), child.kind === 'directory', `${where}${path}/${name}`);
    assert.is(stat.isSymbolicLink(), child.kind === 'symlink', `${where}${path}/${name}`);
    if (child.kind === 'symlink') assert.is(fs.readlinkSync(join(path, name)), child.target);
    if (child.kind === 'directory') compare(child, join(path, name), where);
  }
}

test.run();
