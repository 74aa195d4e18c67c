/** `pagewalk rootfs create`: what is made, and what is continued. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TarWarnings, tarMembers } from '../../host/vfs/backends/tar-index.js';
import { openArchive } from '../../host/vfs/backends/tar-node.js';
import { mirrorFiles, poolPath } from '../support/debian.js';
import { big, create, folder, fresh, hello, mirror, PACKAGES, PASSWD, pagewalk, reset, start, stop, text } from '../support/rootfs.js';
import { testWith } from '../support/tools.js';

test.before(start);
test.before.each(reset);
test.after(stop);

test('a folder: merged /usr, hard links, alternatives, users, dpkg knows; a program runs in it', async () => {
  const root = fresh('root');
  const cache = fresh('cache');
  const made = await create(root, ['hello'], cache);
  assert.is(made.status, 0, made.stderr);
  assert.match(made.stderr, /signature not checked/);
  assert.match(made.stderr, /4 packages/);
  assert.is(fs.readlinkSync(join(root, 'bin')), 'usr/bin');
  const stat = fs.statSync(join(root, 'usr/bin/hello'));
  assert.equal([stat.nlink, stat.size, stat.mtimeMs], [2, hello.length, 1_500_000_000_000]);
  if (process.getuid?.() === 0) assert.equal([stat.uid, stat.gid, stat.mode & 0o7777], [7, 8, 0o4755]);
  else assert.is(stat.mode & 0o7777, 0o755);
  assert.is(fs.statSync(join(root, 'tmp')).mode & 0o7777, 0o1777);
  assert.is(text(root, 'usr/share/shared'), 'of libhello');
  assert.is(text(root, 'etc/passwd'), PASSWD);
  assert.is(fs.readlinkSync(join(root, 'usr/bin/editor')), '/etc/alternatives/editor');
  assert.is(fs.readlinkSync(join(root, 'etc/alternatives/editor')), '/usr/bin/vi.tiny');
  assert.match(text(root, 'var/lib/dpkg/status'), /Package: hello\nVersion: 1:2\.0-1\n(.*\n)*Status: install ok unpacked/);
  assert.match(text(root, 'var/lib/dpkg/info/hello.list'), /^\/\.\n\/bin\n\/bin\/hello\n\/usr\/bin\/hola\n/);
  assert.ok(fs.existsSync(join(root, 'var/lib/dpkg/info/libhello:riscv64.list')));
  assert.match(text(root, 'var/lib/dpkg/info/vi.postinst'), /update-alternatives/);
  assert.equal(
    fs.readdirSync(root).filter((name) => name.startsWith('.')),
    [],
  );
  const ran = await pagewalk(['run', '--root', root, 'salut']);
  assert.match(ran.stdout, /^Hello from C/);

  // All is in the cache now, and what is there is not overwritten.
  mirror.requests.length = 0;
  const again = await create(fresh('root'), ['hello'], cache);
  assert.is(again.status, 0, again.stderr);
  assert.equal(mirror.requests, ['dists/test/InRelease']);
  const full = await create(root, ['hello'], cache);
  assert.is(full.status, 1);
  assert.match(full.stderr, /is not empty/);
});

test('an archive: owners and modes are kept', async () => {
  const cache = fresh('cache');
  for (const ending of ['.tar', '.tar.gz']) {
    const path = fresh(`root${ending}`);
    const made = await create(path, ['hello', 'vi'], cache);
    assert.is(made.status, 0, made.stderr);
    const archive = openArchive(path);
    const members = [...tarMembers(archive, new TarWarnings())];
    archive.close();
    const member = (name: string) => members.find((it) => it.path.join('/') === name);
    const file = member('usr/bin/hello');
    assert.equal([file?.mode, file?.uid, file?.gid, file?.mtime.sec, file?.size], [0o4755, 7, 8, 1_500_000_000, hello.length]);
    assert.equal(member('usr/bin/hola')?.linkPath, ['usr', 'bin', 'hello']);
    assert.is(member('bin')?.target, 'usr/bin');
    assert.is(member('tmp')?.mode, 0o1777);
    assert.match((await pagewalk(['run', '--root', path, 'hola'])).stdout, /^Hello from C/);
    assert.match((await create(path, ['hello'], cache)).stderr, /is there already/);
    assert.not(fs.existsSync(`${path}.partial`));
  }
});

testWith(test, ['xz', 'zstd'], 'packages and an index in xz and zstd', async () => {
  const packed = PACKAGES.map((it, i) => ({ ...it, packing: (['xz', 'zst', '', 'xz'] as const)[i] }));
  mirror.files = mirrorFiles(packed, undefined, 'xz');
  const root = fresh('root');
  const made = await create(root, ['hello']);
  assert.is(made.status, 0, made.stderr);
  assert.ok(fs.readFileSync(join(root, 'usr/lib/big')).equals(big));
});

test('--dry-run and --no-essential: what would be taken, and why', async () => {
  const root = fresh('root');
  const shown = await create(root, ['hello'], fresh('cache'), ['--no-signature', '--no-essential', '--dry-run']);
  assert.is(shown.status, 0, shown.stderr);
  assert.equal(shown.stdout.split('\n'), ['hello 1:2.0-1 (asked for)', 'libhello 1.0 (hello)', 'vi 1.0 (hello)', '']);
  assert.not(fs.existsSync(root));
});

test('connections that break off are continued, busy servers asked again', async () => {
  const path = poolPath(PACKAGES[2]);
  const size = (mirror.files.get(path) as Uint8Array).length;
  let cuts = 2;
  let busy = 1;
  mirror.hook = (asked, request, response, bytes) => {
    if (asked === poolPath(PACKAGES[1]) && busy-- > 0) {
      response.writeHead(503).end();
      return true;
    }
    if (asked !== path || bytes === undefined || cuts-- === 0) return false;
    const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
    const range = { 'content-range': `bytes ${from}-${size - 1}/${size}` };
    response.writeHead(from === 0 ? 200 : 206, { 'content-length': size - from, ...(from === 0 ? {} : range) });
    response.write(bytes.subarray(from, from + 100_000), () => setTimeout(() => request.socket.destroy(), 50));
    return true;
  };
  const root = fresh('root');
  const made = await create(root, ['hello']);
  assert.is(made.status, 0, made.stderr);
  assert.ok(fs.readFileSync(join(root, 'usr/lib/big')).equals(big));
  const asked = mirror.requests.filter((one) => one.startsWith(path));
  assert.equal(asked[0], path);
  assert.ok(asked.length >= 2 && asked.slice(1).every((one) => /bytes=[1-9]\d*-$/.test(one)), asked.join('\n'));
});

test('a run that is ended leaves no archive, and its downloads are continued', async () => {
  const cache = fresh('cache');
  const path = poolPath(PACKAGES[2]);
  for (const name of ['root.tar', 'root']) {
    const target = fresh(name);
    let end = (): void => undefined;
    mirror.hook = (asked, _request, response, bytes) => {
      if (asked !== path || bytes === undefined) return false;
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 100_000), () => setTimeout(end, 100));
      return true;
    };
    const args = ['rootfs', 'create', '--suite', 'test', '--mirror', mirror.url, '--cache', cache, '--no-signature', target, 'hello'];
    const ended = await pagewalk(args, (kill) => {
      end = () => kill('SIGTERM');
    });
    assert.is(ended.signal, 'SIGTERM', ended.stderr);
    assert.equal(
      fs.readdirSync(folder).filter((left) => left.endsWith('.tar.partial')),
      [],
    );
    mirror.hook = undefined;
    mirror.requests.length = 0;
    const made = await pagewalk(args);
    assert.is(made.status, 0, made.stderr);
    assert.ok(
      mirror.requests.some((one) => one.startsWith(`${path} bytes=`)),
      mirror.requests.join('\n'),
    );
    fs.rmSync(join(cache, 'archives'), { recursive: true });
  }
});

test('a mirror that is a folder', async () => {
  const local = fresh('mirror');
  for (const [path, bytes] of mirror.files) {
    fs.mkdirSync(join(local, path, '..'), { recursive: true });
    fs.writeFileSync(join(local, path), bytes);
  }
  const root = fresh('root');
  const made = await create(root, ['vi'], fresh('cache'), ['--no-signature', '--mirror', local]);
  assert.is(made.status, 0, made.stderr);
  assert.is(text(root, 'usr/bin/vi.tiny'), 'vi');
  assert.equal(mirror.requests, []);
});

test.run();
