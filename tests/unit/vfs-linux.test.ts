/**
 * The memory file system beside the host's own Linux: random calls with random paths must give the same errors and the same tree. Replay
 * with PAGEWALK_SEED, go on with PAGEWALK_ROUNDS.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as F from '../../host/linux/fcntl.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import { newEnvironment } from '../support/backends.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';
import { outcome, Tree } from '../support/tree.js';

/** So deep that no path of the test climbs out: a path has at most 5 components, 40 links are followed, each with at most one '..'. */
const DEPTH = 64;
const CALLS = 400;
const ALPHABET = ['a', 'b', 'c', 'd'];

/** One path: names, dots, and now and then slashes too many. */
function randomPath(random: Random): string {
  const parts: string[] = [];
  for (let n = 1 + random.below(3); n > 0; n--) parts.push(random.chance(0.08) ? '..' : random.chance(0.06) ? '.' : random.pick(ALPHABET));
  return parts.join(random.chance(0.05) ? '//' : '/') + (random.chance(0.12) ? '/' : '');
}

function randomTarget(random: Random): string {
  return `${random.chance(0.3) ? '../' : ''}${random.pick(ALPHABET)}${random.chance(0.3) ? `/${random.pick(ALPHABET)}` : ''}`;
}

const OPEN_FLAGS = [
  F.O_RDONLY,
  F.O_WRONLY,
  F.O_RDWR | F.O_CREAT,
  F.O_WRONLY | F.O_CREAT | F.O_EXCL,
  F.O_RDWR | F.O_CREAT | F.O_TRUNC,
  F.O_RDONLY | F.O_NOFOLLOW,
  F.O_RDONLY | F.O_DIRECTORY,
  F.O_RDONLY | F.O_DIRECTORY | F.O_NOFOLLOW,
  F.O_RDWR | F.O_CREAT | F.O_NOFOLLOW,
  F.O_PATH | F.O_NOFOLLOW,
  F.O_PATH | F.O_DIRECTORY,
];

interface Call {
  readonly text: string;
  readonly ours: (t: Tree) => void;
  readonly theirs: (path: (p: string) => string) => void;
}

function randomCall(random: Random): Call {
  const a = randomPath(random);
  const b = randomPath(random);
  switch (random.below(9)) {
    case 0:
      return { text: `mkdir ${a}`, ours: (t) => t.mkdir(a), theirs: (p) => fs.mkdirSync(p(a)) };
    case 1:
      return { text: `rmdir ${a}`, ours: (t) => t.rmdir(a), theirs: (p) => fs.rmdirSync(p(a)) };
    case 2:
      return { text: `unlink ${a}`, ours: (t) => t.unlink(a), theirs: (p) => fs.unlinkSync(p(a)) };
    case 3:
    case 4:
      return { text: `rename ${a} ${b}`, ours: (t) => t.rename(a, b), theirs: (p) => fs.renameSync(p(a), p(b)) };
    case 5:
      return { text: `link ${a} ${b}`, ours: (t) => t.link(a, b), theirs: (p) => fs.linkSync(p(a), p(b)) };
    case 6: {
      const target = randomTarget(random);
      return { text: `symlink ${target} ${b}`, ours: (t) => t.symlink(target, b), theirs: (p) => fs.symlinkSync(target, p(b)) };
    }
    case 7: {
      const flags = random.pick(OPEN_FLAGS);
      return {
        text: `open ${a} 0${flags.toString(8)}`,
        ours: (t) => releaseFile(t.open(a, flags, 0o644)),
        theirs: (p) => fs.closeSync(fs.openSync(p(a), flags, 0o644)),
      };
    }
    default:
      return random.chance(0.5)
        ? { text: `stat ${a}`, ours: (t) => t.at(a), theirs: (p) => fs.statSync(p(a)) }
        : { text: `readlink ${a}`, ours: (t) => t.readlink(a), theirs: (p) => fs.readlinkSync(p(a)) };
  }
}

function hostOutcome(call: () => void): string {
  try {
    call();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
  return 'ok';
}

/** Every name below a folder with what it is: ours and theirs in the same words. */
function hostTree(folder: string, prefix = ''): string[] {
  const lines: string[] = [];
  for (const name of fs.readdirSync(folder).sort()) {
    const path = join(folder, name);
    const stat = fs.lstatSync(path);
    if (stat.isSymbolicLink()) lines.push(`${prefix}${name} -> ${fs.readlinkSync(path)} ${stat.nlink}`);
    else if (stat.isDirectory()) lines.push(`${prefix}${name}/ ${stat.nlink}`, ...hostTree(path, `${prefix}${name}/`));
    else lines.push(`${prefix}${name} ${stat.nlink}`);
  }
  return lines;
}

function ourTree(t: Tree, folder: string, prefix = ''): string[] {
  const lines: string[] = [];
  for (const name of t.list(folder)) {
    const path = `${folder}/${name}`;
    const location = t.at(path, { follow: false });
    const { nlink } = location.inode;
    if (location.dentry.isDirectory) lines.push(`${prefix}${name}/ ${nlink}`, ...ourTree(t, path, `${prefix}${name}/`));
    else if (location.inode.mode >>> 12 === 0o12) lines.push(`${prefix}${name} -> ${t.readlink(path)} ${nlink}`);
    else lines.push(`${prefix}${name} ${nlink}`);
  }
  return lines;
}

async function compare(seed: number): Promise<void> {
  const random = new Random(seed);
  const base = fs.mkdtempSync(join(tmpdir(), 'pagewalk-vfs-'));
  try {
    const below = 'n/'.repeat(DEPTH);
    const folder = join(base, below);
    fs.mkdirSync(folder, { recursive: true });
    const env = await newEnvironment(1024);
    const memory = new MemoryFileSystem(env);
    memory.addDirectory(below);
    const t = Tree.over(env, memory);
    t.cd(`/${below}`);
    const log: string[] = [];
    for (let i = 0; i < CALLS; i++) {
      const call = randomCall(random);
      const theirs = hostOutcome(() => call.theirs((path) => `${folder}${path}`));
      const ours = outcome(() => call.ours(t));
      log.push(`${call.text} = ${theirs}`);
      assert.is(ours, theirs, `seed ${seed}, call ${i}: ${log.slice(-8).join('; ')}\n${hostTree(folder).join('\n')}`);
    }
    assert.equal(ourTree(t, '.'), hostTree(folder), `seed ${seed}: the trees`);
  } finally {
    fs.rmSync(base, { recursive: true, force: true });
  }
}

if (process.platform === 'linux') {
  test('errors and trees are those of the host', async () => {
    const first = fuzzSeed(1);
    const rounds = fuzzRounds(15);
    for (let seed = first; seed < first + rounds; seed++) await compare(seed);
  });
} else {
  console.log('skipped: errors and trees are those of the host (needs Linux)');
  test.skip('errors and trees are those of the host', () => assert.unreachable());
}

test.run();
