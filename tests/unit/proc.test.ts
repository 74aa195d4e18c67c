/** /proc: formats (against the host's own, where it is Linux), magic links, processes that come and go. */
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as E from '../../assembly/shared/errno.js';
import { O_CLOEXEC, O_RDONLY, O_RDWR, O_WRONLY, SEEK_CUR, SEEK_END, SEEK_SET } from '../../host/linux/fcntl.js';
import { S_IFDIR, S_IFLNK } from '../../host/linux/stat.js';
import { mountinfoText, mountsText } from '../../host/vfs/backends/proc-mounts.js';
import { limitsText } from '../../host/vfs/backends/proc-process.js';
import type { ProcProcess, ProcTask } from '../../host/vfs/backends/proc-source.js';
import { Location } from '../../host/vfs/dentry.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import { open } from '../../host/vfs/operations.js';
import { resolve } from '../../host/vfs/walk.js';
import { find, get, names, readFrom, readText, throwsErrno, writeTo } from '../support/backends.js';
import { CODE, HEAP, STACK, type World, world } from '../support/proc-world.js';

const text = (w: World, path: string): string => readText(w.env, get(w.proc, path));

test('maps: the kernel pads names to column 73', async () => {
  const w = await world();
  assert.equal(text(w, '5/maps').split('\n'), [
    '00010000-00012000 r--p 00000000 00:00 0 ',
    '00200000-00203000 rw-p 00000000 00:00 0 ',
    `00280000-00282000 r--p 00001000 fe:00 4242 ${' '.repeat(30)}/bin/tool`,
    `00300000-00301000 rw-s 00000000 00:01 ${sharedObject(w)} ${' '.repeat(34 - String(sharedObject(w)).length)}/dev/zero (deleted)`,
    `003ff000-00400000 rw-p 00000000 00:00 0 ${' '.repeat(33)}[stack]`,
    '',
  ]);
  for (const line of text(w, '5/maps').split('\n')) if (line.includes('/')) assert.is(line.indexOf('/'), 73);
});

function sharedObject(w: World): string {
  return /00:01 (\d+)/.exec(text(w, '5/maps'))?.[1] ?? 'none';
}

test('maps: the host prints its own lines the same way', async () => {
  if (!existsSync('/proc/self/maps')) return;
  for (const line of readFileSync('/proc/self/maps', 'utf8').split('\n')) {
    if (line.includes('/')) assert.is(line.indexOf('/'), 73, line);
    else if (line !== '' && !line.includes('[')) assert.ok(line.endsWith(' 0 '), line);
  }
});

test('smaps has the fields of the host, and the sums are right', async () => {
  const w = await world();
  w.space.user.write(HEAP, new Uint8Array(2 * 4096).fill(1));
  const smaps = text(w, '5/smaps');
  const heap = smaps.slice(smaps.indexOf('00200000-'), smaps.indexOf('00280000-'));
  assert.match(heap, /^Size: {17}12 kB$/m);
  assert.match(heap, /^Rss: {19}8 kB$/m);
  assert.match(heap, /^Private_Dirty: {9}8 kB$/m);
  assert.match(heap, /^Anonymous: {13}8 kB$/m);
  assert.match(heap, /^VmFlags: rd wr mr mw me ac sd $/m);
  assert.match(text(w, '5/smaps_rollup'), /^00010000-00400000 ---p 00000000 00:00 0 {34}\[rollup\]\nRss: {18}12 kB\n/);
  if (!existsSync('/proc/self/smaps_rollup')) return;
  const labels = (all: string): string[] => [...all.matchAll(/^([A-Z][A-Za-z_]+):/gm)].map((match) => match[1]);
  const host = labels(readFileSync('/proc/self/smaps', 'utf8').split(/^[0-9a-f]+-/m)[1]);
  assert.equal(
    labels(heap),
    labels(heap).filter((label) => host.includes(label) || ['KSM', 'Pss_Dirty'].includes(label)),
  );
});

test('status: labels in the order of the host', async () => {
  const w = await world();
  const status = text(w, '5/status');
  assert.match(status, /^Name:\ttool\nUmask:\t0022\nState:\tR \(running\)\nTgid:\t5\nNgid:\t0\nPid:\t5\nPPid:\t1\n/);
  assert.match(status, /^Groups:\t0 10 $/m);
  assert.match(status, /^VmSize:\t {6}36 kB$/m);
  assert.match(status, /^VmExe:\t {7}8 kB$/m);
  assert.match(status, /^SigBlk:\t0000000000010000$/m);
  assert.match(status, /^SigCgt:\t0000000000000002$/m);
  assert.match(status, /^Threads:\t2$/m);
  assert.match(text(w, '5/task/6/status'), /^Name:\tworker\n.*State:\tS \(sleeping\)\nTgid:\t5\nNgid:\t0\nPid:\t6\n/s);
  if (!existsSync('/proc/self/status')) return;
  const labels = (all: string): string[] => all.split('\n').map((line) => line.split(':')[0]);
  const host = labels(readFileSync('/proc/self/status', 'utf8'));
  const shared = labels(status).filter((label) => host.includes(label));
  assert.equal(
    shared,
    host.filter((label) => shared.includes(label)),
  );
  assert.ok(shared.length > 40);
});

test('stat and statm', async () => {
  const w = await world();
  const fields = text(w, '5/stat').trimEnd().split(' ');
  assert.is(fields.length, 52);
  assert.equal(fields.slice(0, 10), ['5', '(tool)', 'R', '1', '5', '5', '34816', '5', '4194304', '9']);
  assert.equal(fields.slice(13, 25), ['400', '5', '1', '0', '20', '0', '2', '0', '400', '36864', '1', '18446744073709551615']);
  assert.equal(fields.slice(25, 28), [String(CODE), String(CODE + 0x1800), String(STACK + 0x800)]);
  assert.is(fields[37], '17');
  assert.equal(text(w, '5/task/6/stat').split(' ').slice(0, 3), ['6', '(worker)', 'S']);
  assert.is(text(w, '5/task/6/stat').split(' ')[13], '300');
  assert.is(text(w, '5/statm').split(' ').length, 7);
  if (existsSync('/proc/self/stat')) assert.is(readFileSync('/proc/self/stat', 'utf8').trimEnd().split(' ').length, 52);
});

test('limits: as the host prints the same numbers', () => {
  if (!existsSync('/proc/self/limits')) return;
  const host = readFileSync('/proc/self/limits', 'utf8');
  const value = (word: string): number => (word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word));
  const limits = host
    .split('\n')
    .slice(1, -1)
    .map((line) => ({ current: value(line.slice(26, 46).trim()), maximum: value(line.slice(47, 67).trim()) }));
  assert.is(limitsText({ limits } as unknown as ProcProcess), host);
});

test('cmdline, environ, comm, auxv', async () => {
  const w = await world();
  assert.is(text(w, '5/cmdline'), 'tool\0-v\0arg with blank\0');
  assert.is(text(w, '5/environ'), 'HOME=/root\0A=b\0');
  assert.is(text(w, '5/comm'), 'tool\n');
  assert.is(text(w, '5/auxv').length, 16);
  // A title that has grown over the end of its place: setproctitle(3).
  w.space.user.write(STACK + 22, new TextEncoder().encode('XY\0'));
  assert.is(text(w, '5/cmdline'), 'tool\0');
  w.space.user.write(STACK, new TextEncoder().encode('a title that is longer than arguments\0'));
  assert.is(text(w, '5/cmdline'), 'a title that is longer than arguments\0');
  assert.is(get(w.proc, '5/environ').mode & 0o777, 0o400);
});

test('writing comm and oom_score_adj', async () => {
  const w = await world();
  const write = (path: string, data: string): number => {
    const file = get(w.proc, path).open(O_WRONLY);
    get(w.proc, path).setattr({ size: 0 });
    const count = writeTo(w.env, file, data);
    releaseFile(file);
    return count;
  };
  assert.is(write('5/comm', 'a name that is too long\n'), 24);
  write('5/task/6/comm', 'short\n');
  assert.equal(w.comms, ['5:a name that is ', '6:short']);
  write('5/oom_score_adj', '-500\n');
  assert.is(w.process.oomScoreAdjust, -500);
  throwsErrno(() => write('5/oom_score_adj', '1001'), E.EINVAL);
  throwsErrno(() => write('5/oom_score_adj', 'x'), E.EINVAL);
  assert.is(text(w, '5/oom_score_adj'), '-500\n');
  assert.match(text(w, '5/oom_score'), /^\d+\n$/);
  throwsErrno(() => get(w.proc, '5/comm').setattr({ mode: 0o777 }), E.EPERM);
});

test('magic links: exe, cwd, root, fd', async () => {
  const w = await world();
  const file = open(w.ctx, w.ctx.root, '/bin/tool', O_RDONLY);
  file.offset = 77;
  w.task.files?.install(file, true, 3);
  assert.equal(names(get(w.proc, '5/fd')), ['3']);
  assert.is(get(w.proc, '5/fd/3').readlink(), '/bin/tool');
  assert.is(get(w.proc, '5/fd/3').mode, S_IFLNK | 0o500);
  assert.is(get(w.proc, '5/exe').readlink(), '/bin/tool');
  assert.is(get(w.proc, '5/cwd').readlink(), '/');
  assert.is(find(w.proc, '5/fd/4'), undefined);
  assert.is(find(w.proc, '5/fd/03'), undefined);
  const info = text(w, '5/fdinfo/3');
  assert.is(info, `pos:\t77\nflags:\t0${(O_CLOEXEC | file.flags).toString(8)}\nmnt_id:\t1\nino:\t${file.inode.ino}\n`);
  // Walking a magic link goes to the file itself, whatever its name says.
  const found = resolve(w.ctx, w.ctx.root, '/proc/self/fd/3');
  assert.is(found.inode, file.inode);
  assert.ok(found instanceof Location);
  assert.is(resolve(w.ctx, w.ctx.root, '/proc/self/exe').inode, file.inode);
  assert.is(resolve(w.ctx, w.ctx.root, '/proc/self/root/bin/tool').inode, file.inode);
  throwsErrno(() => resolve(w.ctx, w.ctx.root, '/proc/self/fd/9'), E.ENOENT);
});

test('self, thread-self, and who is nobody', async () => {
  const w = await world();
  assert.is(get(w.proc, 'self').readlink(), '5');
  assert.is(get(w.proc, 'thread-self').readlink(), '5/task/6');
  assert.is(get(w.proc, 'mounts').readlink(), 'self/mounts');
  assert.ok(names(w.proc.root).includes('self'));
  w.source.current = () => undefined;
  throwsErrno(() => get(w.proc, 'self').readlink(), E.ENOENT);
  assert.not.ok(names(w.proc.root).includes('self'));
});

test('processes and threads by number', async () => {
  const w = await world();
  assert.equal(
    names(w.proc.root).filter((name) => /^\d/.test(name)),
    ['5'],
  );
  assert.equal(names(get(w.proc, '5/task')), ['5', '6']);
  assert.ok(find(w.proc, '6'), 'a thread is found, though not listed');
  for (const name of ['0', '05', '7', '-1', '99999999999', '5x']) assert.is(find(w.proc, name), undefined, name);
  assert.is(find(w.proc, '5/task/7'), undefined);
  assert.is(find(w.proc, '5/task/6/task'), undefined);
  for (const path of ['5', '5/task', '5/fd', '5/task/6']) {
    for (const entry of get(w.proc, path).readdir()) {
      const inode = get(w.proc, `${path}/${entry.name}`);
      assert.equal([inode.ino, inode.mode & 0o170000], [entry.ino, entry.type], `${path}/${entry.name}`);
    }
  }
  for (const entry of w.proc.root.readdir()) assert.is(get(w.proc, entry.name).ino, entry.ino, entry.name);
});

test('a process that ends while its files are open', async () => {
  const w = await world();
  const status = get(w.proc, '5/status').open(O_RDONLY);
  const maps = get(w.proc, '5/maps').open(O_RDONLY);
  const directory = get(w.proc, '5');
  readFrom(w.env, maps, 10);
  w.processes.delete(5);
  throwsErrno(() => readFrom(w.env, status), E.ESRCH);
  assert.ok(readFrom(w.env, maps).length > 0, 'what was generated can be read on');
  assert.is(directory.lookup('status'), undefined);
  throwsErrno(() => directory.readdir(), E.ENOENT);
});

test('a zombie has no memory', async () => {
  const w = await world();
  w.process.space = undefined;
  w.process.exe = undefined;
  w.task.state = 'Z';
  w.task.files = undefined;
  assert.is(text(w, '5/maps'), '');
  assert.is(text(w, '5/cmdline'), '');
  assert.is(text(w, '5/statm'), '0 0 0 0 0 0 0\n');
  assert.match(text(w, '5/status'), /State:\tZ \(zombie\)/);
  assert.not.match(text(w, '5/status'), /VmSize/);
  assert.is(text(w, '5/stat').split(' ').length, 52);
  throwsErrno(() => get(w.proc, '5/exe').readlink(), E.ENOENT);
  assert.equal(names(get(w.proc, '5/fd')), []);
});

test('another user sees what ptrace(2) allows', async () => {
  const w = await world();
  const ids = { real: 1000, effective: 1000, saved: 1000, fs: 1000 };
  const stranger: ProcTask = { ...w.task, tid: 9, uid: ids, gid: ids, capEffective: 0n };
  w.processes.set(9, { ...w.process, pid: 9, leader: stranger, tasks: [stranger] });
  w.source.current = () => ({ pid: 9, tid: 9 });
  throwsErrno(() => get(w.proc, '5/maps').open(O_RDONLY), E.EACCES);
  throwsErrno(() => get(w.proc, '5/mem').open(O_RDONLY), E.EACCES);
  throwsErrno(() => get(w.proc, '5/exe').readlink(), E.EACCES);
  assert.is(text(w, '5/stat').split(' ')[25], '1', 'addresses are hidden');
  assert.ok(text(w, '9/maps').length > 0);
  assert.ok(text(w, '5/status').length > 0);
});

test('mem: reads what is mapped, writes what is private', async () => {
  const w = await world();
  const mem = get(w.proc, '5/mem').open(O_RDWR);
  assert.is(new TextDecoder().decode(readFrom(w.env, mem, 4, STACK)), 'tool');
  assert.is(mem.seek(STACK, SEEK_SET), STACK);
  assert.is(new TextDecoder().decode(readFrom(w.env, mem, 7)), 'tool\0-v');
  assert.is(mem.seek(1, SEEK_CUR), STACK + 8);
  throwsErrno(() => mem.seek(0, SEEK_END), E.EINVAL);
  throwsErrno(() => readFrom(w.env, mem, 4, 0x1000), E.EIO);
  assert.is(readFrom(w.env, mem, 8192, STACK).length, 4096, 'up to the end of the mapping');
  assert.is(writeTo(w.env, mem, 'TOOL', STACK), 4);
  assert.is(text(w, '5/cmdline').slice(0, 4), 'TOOL');
  assert.is(writeTo(w.env, mem, 'x', CODE), 1, 'a copy of read-only code, as debuggers need');
  assert.is(new TextDecoder().decode(readFrom(w.env, mem, 1, CODE)), 'x');
  w.processes.delete(5);
  assert.is(readFrom(w.env, mem, 4, STACK).length, 0);
});

test('partial reads belong together; a rewind looks again', async () => {
  const w = await world();
  const file = get(w.proc, 'uptime').open(O_RDONLY);
  let all = '';
  for (let part = readFrom(w.env, file, 3); part.length > 0; part = readFrom(w.env, file, 3)) all += new TextDecoder().decode(part);
  assert.match(all, /^12\.34 \d+\.\d\d\n$/);
  w.source.now = () => 99e9;
  assert.is(readFrom(w.env, file, 100).length, 0);
  file.seek(0, SEEK_SET);
  assert.match(new TextDecoder().decode(readFrom(w.env, file, 100)), /^99\.00/);
  assert.is(file.inode.size, 0);
});

test('the machine', async () => {
  const w = await world();
  assert.match(text(w, 'meminfo'), /^MemTotal: {10}32768 kB\nMemFree: +\d+ kB\nMemAvailable: +\d+ kB\n/);
  assert.match(text(w, 'cpuinfo'), /^processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc_\S+\nmmu\t\t: sv39\n/);
  assert.match(text(w, 'loadavg'), /^0\.25 0\.50 1\.0[01] 1\/2 6\n$/);
  assert.match(
    text(w, 'stat'),
    /^cpu {2}\d+ 0 5 \d+ 0 0 0 0 0 0\ncpu0 .*\nintr 0\nctxt 99\nbtime 1700000000\nprocesses 4\nprocs_running 1\n/,
  );
  assert.match(text(w, 'version'), /^Linux version 6\.12\.0 /);
  assert.match(text(w, 'filesystems'), /^nodev\ttmpfs$/m);
  assert.is(text(w, 'sys/kernel/osrelease'), '6.12.0\n');
  assert.is(text(w, 'sys/kernel/hostname'), 'guest\n');
  assert.match(text(w, 'sys/kernel/random/uuid'), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n$/);
  assert.is(text(w, 'sys/kernel/random/boot_id'), text(w, 'sys/kernel/random/boot_id'));
  assert.is(text(w, 'sys/vm/max_map_count'), '65530\n');
  assert.is(text(w, 'sys/fs/pipe-max-size'), '1048576\n');
  throwsErrno(() => w.proc.root.create('x', { mode: S_IFDIR | 0o755, uid: 0, gid: 0 }), E.ENOENT);
  assert.is(writeTo(w.env, get(w.proc, 'version').open(O_WRONLY), 'x'), -E.EACCES);
});

test('mounts and mountinfo', () => {
  const mounts = [
    { id: 1, parentId: 1, dev: 0x15, rootPath: '/', target: '/', readOnly: false, type: 'overlay', source: 'overlay' },
    { id: 2, parentId: 1, dev: 0x801, rootPath: '/sub dir', target: '/a b\n', readOnly: true, type: 'hostfs', source: '/dev/x#1' },
  ];
  assert.is(mountsText(mounts), 'overlay / overlay rw,relatime 0 0\n/dev/x\\0431 /a\\040b\\012 hostfs ro,relatime 0 0\n');
  assert.is(
    mountinfoText(mounts),
    '1 1 0:21 / / rw,relatime - overlay overlay rw\n2 1 8:1 /sub\\040dir /a\\040b\\012 ro,relatime - hostfs /dev/x\\0431 ro\n',
  );
});

test('meminfo, vmstat, partitions, interrupts: names, order and units of the host', async () => {
  const w = await world();
  const meminfo = text(w, 'meminfo');
  assert.match(meminfo, /^Cached: {15}52 kB$/m);
  assert.match(meminfo, /^AnonPages: {12}20 kB$/m);
  assert.match(meminfo, /^Dirty: {17}8 kB$/m);
  assert.match(text(w, 'vmstat'), /^nr_file_pages 13\nnr_dirty 2\n/m);
  assert.is(text(w, 'partitions'), 'major minor  #blocks  name\n\n');
  if (!existsSync('/proc/vmstat')) return;
  for (const path of ['meminfo', 'vmstat']) {
    // The name, and the unit where there is one.
    const shapes = (all: string): string[] => all.split('\n').map((line) => line.replace(/\s+\d+/, ''));
    const ours = shapes(text(w, path));
    const host = shapes(readFileSync(`/proc/${path}`, 'utf8')).filter((shape) => ours.includes(shape));
    const known = ours.filter((shape) => host.includes(shape));
    assert.equal(known, host, path);
    assert.ok(known.length > 20, path);
  }
  assert.match(readFileSync('/proc/partitions', 'utf8'), /^major minor {2}#blocks {2}name\n/);
  assert.match(readFileSync('/proc/interrupts', 'utf8'), /^ {11}CPU0 {7}/);
});

test.run();
