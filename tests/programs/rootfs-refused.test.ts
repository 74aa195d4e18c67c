/** `pagewalk rootfs create`: what is refused, and what is said then. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mirrorFiles, poolPath, type Sign, sha256, type TestPackage } from '../support/debian.js';
import { big, create, folder, fresh, INDEX, mirror, type Outcome, PACKAGES, reset, start, stop, text } from '../support/rootfs.js';
import { testWith } from '../support/tools.js';

test.before(start);
test.before.each(reset);
test.after(stop);

test('what is not there: names, suites, components, hosts', async () => {
  const nothing = fresh('root');
  const missing = await create(nothing, ['helo']);
  assert.is(missing.status, 1);
  assert.not(fs.existsSync(nothing));
  assert.match(missing.stderr, /^pagewalk: no package is called 'helo'; similar: hello$/m);
  const suite = await create(fresh('root'), ['hello'], fresh('cache'), ['--suite', 'nowhere']);
  assert.match(suite.stderr, /has no suite 'nowhere'/);
  const component = await create(fresh('root'), ['hello'], fresh('cache'), ['--no-signature', '--component', 'contrib']);
  assert.match(component.stderr, /no component 'contrib' \(it has main\)/);
  const host = await create(fresh('root'), ['hello'], fresh('cache'), ['--mirror', 'gopher://x']);
  assert.match(host.stderr, /only http:, https:, file: and folders/);
  mirror.files.delete(poolPath(PACKAGES[2]));
  const gone = await create(fresh('root'), ['hello']);
  assert.is(gone.status, 1);
  assert.match(gone.stderr, /libhello_1\.0_riscv64\.deb: not there/);
});

test('a package whose sum is wrong stops it; the next run goes on in the same folder', async () => {
  const root = fresh('root');
  const cache = fresh('cache');
  const path = poolPath(PACKAGES[2]);
  const good = mirror.files.get(path) as Uint8Array;
  const bad = good.slice();
  bad[bad.length >> 1] ^= 1;
  mirror.files.set(path, bad);
  const broken = await create(root, ['hello'], cache);
  assert.is(broken.status, 1);
  assert.match(broken.stderr, /libhello_1\.0_riscv64\.deb: SHA-256 is [0-9a-f]{64}, the index says/);
  assert.not(fs.existsSync(root));
  mirror.files.set(path, good);
  const made = await create(root, ['hello'], cache);
  assert.is(made.status, 0, made.stderr);
  assert.ok(fs.readFileSync(join(root, 'usr/lib/big')).equals(big));

  // What rots in the cache is fetched again.
  const archives = join(cache, 'archives');
  const kept = join(archives, fs.readdirSync(archives).find((name) => name.includes('libhello')) as string);
  fs.writeFileSync(kept, bad);
  mirror.requests.length = 0;
  assert.is((await create(fresh('root'), ['hello'], cache)).status, 0);
  assert.equal(mirror.requests, ['dists/test/InRelease', path]);
});

test('an index that does not fit its Release: by its sum, or with leave, or not at all', async () => {
  const index = mirror.files.get(INDEX) as Uint8Array;
  // The index of another moment under the usual name; the right one is still there by its sum.
  const later = mirrorFiles([...PACKAGES, { name: 'later' }]);
  mirror.files.set(INDEX, later.get(INDEX) as Uint8Array);
  assert.is((await create(fresh('root'), ['hello'])).status, 0);
  const byHash = [...mirror.files.keys()].find((name) => name.includes('/by-hash/') && mirror.files.get(name) === index) as string;
  mirror.files.delete(byHash);
  const refused = await create(fresh('root'), ['hello']);
  assert.is(refused.status, 1);
  assert.match(refused.stderr, /index of .* does not fit the suite's Release file .*--allow-unverified-index/);
  const allowed = await create(fresh('root'), ['hello'], fresh('cache'), ['--no-signature', '--allow-unverified-index']);
  assert.is(allowed.status, 0, allowed.stderr);
  assert.match(allowed.stderr, /used unverified/);
  // The sums of packages are looked at all the same.
  const path = poolPath(PACKAGES[1]);
  (mirror.files.get(path) as Uint8Array)[200] ^= 1;
  const wrong = await create(fresh('root'), ['hello'], fresh('cache'), ['--no-signature', '--allow-unverified-index']);
  assert.match(wrong.stderr, /hello_2\.0-1_riscv64\.deb: SHA-256 is/);
  // Bytes that are no index.
  mirror.files.set(INDEX, gzipSync('x').subarray(0, 12));
  const damaged = await create(fresh('root'), ['hello'], fresh('cache'), ['--no-signature', '--allow-unverified-index']);
  assert.match(damaged.stderr, /^pagewalk: the package index .*damaged gzip/m);
});

test('hostile packages put nothing outside of the root', async () => {
  const outside = fresh('outside');
  fs.mkdirSync(outside);
  const evil: TestPackage = {
    name: 'evil',
    files: [
      { name: './../escaped', data: 'x' },
      { name: './up', type: '2', link: '../../../../../../../..' },
      { name: `./up${outside}/file`, data: 'x' },
      { name: './out', type: '2', link: outside },
      { name: './out/file', data: 'x' },
      { name: './hard', type: '1', link: './../../../../etc/passwd' },
      { name: './loop', type: '2', link: 'loop' },
      { name: './loop/file', data: 'x' },
      { name: './usr', data: 'a file now' },
      { name: './device', type: '3', major: 1, minor: 3 },
    ],
  };
  mirror.files = mirrorFiles([evil, PACKAGES[0]]);
  const before = fs.readdirSync(folder);
  const root = fresh('root');
  const made = await create(root, ['evil']);
  assert.is(made.status, 0, made.stderr);
  assert.equal(fs.readdirSync(outside), []);
  assert.equal(
    fs.readdirSync(folder).filter((name) => !before.includes(name) && !/-(root|cache)$/.test(name)),
    [],
  );
  for (const name of ['escaped', 'hard', 'loop/file', 'usr'])
    assert.match(made.stderr, new RegExp(`evil: '(\\.[./]*)?${name}'.*left out`), made.stderr);
  // Links out of the root are links within it: the file is where the machine will find it.
  assert.is(text(root, outside, 'file'), 'x');
  for (const bad of ['!<arch>\n', 'no package at all', '!<arch>\ndebian-binary   0           0     0     100644  9999      `\n']) {
    const deb = new TextEncoder().encode(bad);
    const listed = `Package: evil\nVersion: 1\nArchitecture: riscv64\nFilename: evil.deb\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\n`;
    mirror.files = mirrorFiles([PACKAGES[0]]);
    mirror.files.set(INDEX, gzipSync(listed));
    mirror.files.set('evil.deb', deb);
    for (const name of mirror.files.keys()) if (name.includes('by-hash')) mirror.files.delete(name);
    const failed = await create(fresh('root'), ['evil'], fresh('cache'), ['--no-signature', '--allow-unverified-index']);
    assert.is(failed.status, 1, failed.stderr);
    assert.match(failed.stderr, /(damaged|not a Debian) package/);
  }
});

testWith(test, ['gpg', 'gpgv'], 'signatures: good, wrong, of a stranger, none', async () => {
  // Sockets of gpg's agent need a short path.
  const home = fs.mkdtempSync('/tmp/pwgpg-');
  const gpg = (args: readonly string[], input = ''): string => {
    const run = spawnSync('gpg', ['--homedir', home, '--batch', '--quiet', ...args], { input, encoding: 'utf8' });
    assert.is(run.status, 0, run.stderr);
    return run.stdout;
  };
  try {
    const keyring = fresh('keys.gpg');
    const stranger = fresh('stranger.gpg');
    for (const [user, file] of [
      ['archive@example.org', keyring],
      ['stranger@example.org', stranger],
    ]) {
      gpg(['--passphrase', '', '--quick-generate-key', user, 'ed25519', 'sign', 'never']);
      gpg(['--output', file, '--export', user]);
    }
    const sign: Sign = (release) => gpg(['--local-user', 'archive@example.org', '--clearsign'], release);
    const files = mirrorFiles(PACKAGES, sign);
    const attempt = (keys: string): Promise<Outcome> => create(fresh('root'), ['vi'], fresh('cache'), ['--keyring', keys]);
    mirror.files = files;
    const good = await attempt(keyring);
    assert.is(good.status, 0, good.stderr);
    assert.match(good.stderr, /signature good: archive@example\.org/);
    assert.match((await attempt(stranger)).stderr, /signed with keys that .* does not have/);
    assert.match((await attempt(fresh('nothing.gpg'))).stderr, /--keyring: .* is not there/);
    const signed = new TextDecoder().decode(files.get('dists/test/InRelease'));
    const changed = new Map(files);
    changed.set('dists/test/InRelease', new TextEncoder().encode(signed.replace('Suite: test', 'Suite: toast')));
    mirror.files = changed;
    const wrong = await attempt(keyring);
    assert.is(wrong.status, 1);
    assert.match(wrong.stderr, /the signature of the suite is wrong/);
    // A signed message with something around it: gpgv would be content with the good one among two.
    const other = new TextDecoder().decode(mirrorFiles([{ name: 'vi', version: '9' }]).get('dists/test/InRelease'));
    const strange = gpg(['--local-user', 'stranger@example.org', '--clearsign'], other);
    for (const around of [`${other}\n${signed}`, `${strange}${signed}`, `${signed}${strange}`, `${signed}${other}`]) {
      changed.set('dists/test/InRelease', new TextEncoder().encode(around));
      const refused = await attempt(keyring);
      assert.is(refused.status, 1);
      assert.match(refused.stderr, /signature of the suite|is not one signed message|does not have/);
    }
    mirror.files = mirrorFiles(PACKAGES);
    const none = await attempt(keyring);
    assert.is(none.status, 1);
    assert.match(none.stderr, /signature of the suite could not be checked/);
  } finally {
    spawnSync('gpgconf', ['--homedir', home, '--kill', 'all']);
    fs.rmSync(home, { recursive: true });
  }
});

test.run();
