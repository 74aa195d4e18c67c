/** The embedding API's Machine: processes with streams, files, events, limits. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble, GuestProcess, Machine, type MachineOptions, memory, type SyscallEvent, SystemError } from '../../host/index-node.js';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function elf(source: string): Uint8Array {
  const { elf: bytes, errors } = assemble(source);
  assert.equal(errors, []);
  return bytes as Uint8Array;
}

const HELLO = readFileSync('examples/bin/hello.elf');

/** Copies input to output; its status is how many bytes that were. */
const CAT = elf(`
_start: li s0, 0
1:      li a0, 0; la a1, buffer; li a2, 100; li a7, 63; ecall
        blez a0, 2f
        add s0, s0, a0
        mv a2, a0; li a0, 1; la a1, buffer; li a7, 64; ecall
        j 1b
2:      mv a0, s0; li a7, 93; ecall
.bss
buffer: .zero 100`);

/** Forks; the child says c and ends with 5; the parent waits, says p, and ends with 6. */
const FORK = elf(`
_start: li a0, 17; li a1, 0; li a7, 220; ecall
        beqz a0, child
        li a1, 0; li a2, 0; li a3, 0; li a7, 260; ecall
        li a0, 1; la a1, p; li a2, 1; li a7, 64; ecall
        li a0, 6; li a7, 93; ecall
child:  li a0, 1; la a1, c; li a2, 1; li a7, 64; ecall
        li a0, 5; li a7, 93; ecall
.data
p: .ascii "p"
c: .ascii "c"`);

const SPIN = elf('_start: j _start');
const PAUSE = elf('_start: li a0, 0; li a1, 0; li a2, 0; li a3, 0; li a4, 0; li a7, 73; ecall; j _start');

async function withMachine(options: MachineOptions, use: (machine: Machine) => Promise<void>): Promise<void> {
  const machine = await Machine.create({ memory: '32M', ...options });
  try {
    await use(machine);
  } finally {
    await machine.close();
  }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, SystemError);
    return (error as SystemError).code;
  }
  return 'none';
}

test('run: from program to output, several in one machine', () =>
  withMachine({ files: { '/bin/hello': HELLO, '/bin/cat': CAT } }, async (machine) => {
    const hello = await machine.run('hello', ['a', 'b']);
    assert.is(hello.exitCode, 0);
    assert.match(hello.text, /hello/i);
    const [one, two] = await Promise.all([machine.run('cat', [], { stdin: 'one' }), machine.run('/bin/cat', [], { stdin: 'second' })]);
    assert.equal([one.text, one.exitCode, two.text, two.exitCode], ['one', 3, 'second', 6]);
    assert.equal(machine.pids, []);
  }));

test('spawn: streams in both directions, as they come', () =>
  withMachine({ files: { '/bin/cat': CAT } }, async (machine) => {
    const cat = await machine.spawn('cat', [], { stdin: 'pipe' });
    assert.instance(cat, GuestProcess);
    const writer = cat.stdin.getWriter();
    const reader = cat.stdout.getReader();
    await writer.write('first');
    assert.is(text((await reader.read()).value as Uint8Array), 'first');
    await writer.write(Uint8Array.of(65, 66));
    assert.is(text((await reader.read()).value as Uint8Array), 'AB');
    assert.equal(machine.pids, [cat.pid]);
    await writer.close();
    assert.is((await reader.read()).done, true);
    assert.is((await cat.exited).exitCode, 7);
    assert.is(cat.status?.reason, 'exit');
    assert.is(cat.kill(), false);
  }));

test('a slow WritableStream has everything when run is over, and its close when the machine is closed; limits are numbers', async () => {
  let bytes = 0;
  let isClosed = false;
  const slow = new WritableStream<Uint8Array>({
    write: async (piece) => {
      await new Promise((later) => setTimeout(later, 2));
      bytes += piece.length;
    },
    close: () => {
      isClosed = true;
    },
  });
  const machine = await Machine.create();
  await machine.install('/bin/cat', CAT);
  await machine.run('cat', [], { stdin: 'x'.repeat(3000), stdout: slow });
  assert.is(bytes, 3000);
  const failing = new WritableStream<Uint8Array>({ write: () => Promise.reject(new Error('full')) });
  // Before or after the program's end: nobody waits for it.
  assert.match((await machine.run('cat', [], { stdin: 'x'.repeat(300), stdout: failing })).reason, /^(exit|signal)$/);
  await machine.close();
  assert.is(isClosed, true);
  try {
    await Machine.create({ limits: { instructions: Number.NaN } });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RangeError);
    assert.match((error as Error).message, 'limits.instructions');
  }
});

test('a ReadableStream as input, a WritableStream as output; what nobody reads makes the program wait', () =>
  withMachine({ files: { '/bin/cat': CAT } }, async (machine) => {
    const chunk = new Uint8Array(50_000).fill(120);
    const stdin = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < 6; i++) controller.enqueue(chunk);
        controller.close();
      },
    });
    let bytes = 0;
    const sink = new WritableStream<Uint8Array>({ write: (piece) => void (bytes += piece.length) });
    const through = await machine.spawn('cat', [], { stdin, stdout: sink });
    assert.is((await through.exited).exitCode, 300_000 & 255);
    await new Promise((done) => setTimeout(done, 1));
    assert.is(bytes, 300_000);

    const stuck = await machine.spawn('cat', [], { stdin: new Uint8Array(200_000) });
    await new Promise((done) => setTimeout(done, 20));
    assert.is(stuck.status, undefined);
    assert.is((await stuck.output()).stdout.length, 200_000);
    const dropped = await machine.spawn('cat', [], { stdin: new Uint8Array(200_000) });
    await dropped.stdout.cancel();
    assert.is((await dropped.exited).signal, 'SIGPIPE');
  }));

test('env, cwd, arguments, errors of spawn', () =>
  withMachine({ env: { ONE: '1', TWO: '2' }, files: { '/bin/hello': HELLO, '/etc/text': 'text' } }, async (machine) => {
    const process = await machine.spawn('hello', ['x'], { env: { TWO: undefined, THREE: '3' }, cwd: '/etc' });
    const environ = await machine.fs.readFile(`/proc/${process.pid}/environ`, 'utf8');
    assert.equal(environ.split('\0').slice(4), ['ONE=1', 'THREE=3', '']);
    assert.is(await machine.fs.readlink(`/proc/${process.pid}/cwd`), '/etc');
    await process.output();
    assert.is(await codeOf(machine.spawn('nothing')), 'ENOENT');
    assert.is(await codeOf(machine.spawn('/etc/text')), 'ENOEXEC');
    assert.is(await codeOf(machine.spawn('/etc')), 'EACCES');
    assert.is(await codeOf(machine.spawn('/bin/hello', [], { cwd: '/nowhere' })), 'ENOENT');
    assert.equal(machine.pids, []);
  }));

test('kill, wait, AbortSignal', () =>
  withMachine({ files: { '/spin': SPIN, '/pause': PAUSE } }, async (machine) => {
    const spin = await machine.spawn('/spin');
    const waiting = new AbortController();
    const waited = spin.wait({ signal: waiting.signal }).then(
      () => 'ended',
      (error: Error) => error.name,
    );
    waiting.abort();
    assert.is(await waited, 'AbortError');
    assert.is(spin.kill(0), true);
    assert.throws(() => spin.kill('SIGNOTHING'), /EINVAL/);
    spin.kill('SIGTERM');
    const { reason, signal, exitCode } = await spin.wait();
    assert.equal([reason, signal, exitCode], ['signal', 'SIGTERM', 143]);

    const pause = await machine.spawn('/pause');
    await new Promise((done) => setTimeout(done, 5));
    assert.is(pause.status, undefined);
    pause.kill('SIGINT');
    assert.is((await pause.exited).signal, 'SIGINT');

    const abort = new AbortController();
    const aborted = await machine.spawn('/spin', [], { signal: abort.signal });
    abort.abort();
    assert.is((await aborted.exited).signal, 'SIGKILL');
    try {
      await machine.run('/spin', [], { signal: AbortSignal.timeout(10) });
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).name, 'TimeoutError');
    }
    assert.is((await machine.run('/pause')).reason, 'deadlock');
  }));

test('events: what processes do, while they do it', () =>
  withMachine({ files: { '/fork': FORK, '/crash': elf('_start: ld a0, 8(zero)') } }, async (machine) => {
    const seen: string[] = [];
    const calls: SyscallEvent[] = [];
    machine.on('spawn', ({ pid, ppid }) => seen.push(`spawn ${pid} of ${ppid}`));
    machine.on('exit', ({ pid, exitCode }) => seen.push(`exit ${pid} ${exitCode}`));
    machine.on('signal', ({ pid, signal }) => seen.push(`${signal} ${pid}`));
    machine.on('crash', ({ pid, name, address }) => seen.push(`crash ${pid} ${name} ${address}`));
    const stop = machine.on('syscall', (call) => calls.push(call));
    const { text: output, exitCode } = await machine.run('/fork');
    assert.equal([output, exitCode], ['cp', 6]);
    assert.equal(seen, ['spawn 2 of 1', 'spawn 3 of 2', 'exit 3 5', 'SIGCHLD 2', 'exit 2 6']);
    const shown = calls.map(({ pid, phase, name, result }) => `${pid} ${phase} ${name} ${result ?? ''}`.trim());
    assert.equal(shown.slice(0, 3), ['2 enter clone', '2 exit clone 3', '2 enter wait4']);
    assert.equal(calls.find(({ name, phase }) => name === 'write' && phase === 'exit')?.args.slice(0, 1), [1]);
    stop();
    const { length } = calls;
    seen.length = 0;
    const crash = await machine.run('/crash');
    assert.is(calls.length, length);
    assert.equal([crash.signal, crash.report?.address], ['SIGSEGV', 8]);
    assert.equal(seen, ['spawn 4 of 1', 'SIGSEGV 4', 'crash 4 SIGSEGV 8', 'exit 4 139']);
  }));

test('pause, step, resume: nothing runs in between', () =>
  withMachine({ files: { '/spin': SPIN, '/cat': CAT } }, async (machine) => {
    machine.on('spawn', () => void machine.pause());
    const spin = await machine.spawn('/spin');
    await machine.pause();
    const before = machine.stats().instructions;
    assert.is(await machine.step(7), true);
    assert.is(machine.stats().instructions, before + 7);
    assert.is(machine.isPaused, true);
    await new Promise((done) => setTimeout(done, 5));
    assert.is(machine.stats().instructions, before + 7);
    machine.resume();
    await new Promise((done) => setTimeout(done, 5));
    assert.ok(machine.stats().instructions > before + 7);
    spin.kill();
    await spin.exited;

    // The same with calls: step by step to its end.
    const cat = await machine.spawn('/cat', [], { stdin: 'abc' });
    await machine.pause();
    let steps = 0;
    while (cat.status === undefined && steps++ < 200) await machine.step();
    assert.is(cat.status?.exitCode, 3);
    assert.ok(steps > 20 && steps < 40, `${steps} steps`);
  }));

test('memory of a process: symbols, reading, writing, its address space', () =>
  withMachine({ files: { '/cat': CAT } }, async (machine) => {
    const cat = await machine.spawn('/cat', [], { stdin: 'pipe' });
    await machine.pause();
    const { memory: guest } = cat;
    const at = guest.locate('buffer');
    assert.equal([...(await guest.read('buffer', 3))], [0, 0, 0]);
    await guest.write('buffer+1', new TextEncoder().encode('hi\0'));
    assert.is(await guest.readString(at + 1), 'hi');
    assert.is(guest.name(at + 4), 'buffer+0x4');
    const { mappings, walks } = guest.snapshot(['buffer']);
    assert.ok(mappings.some(({ permissions, name }) => permissions === 'r-xp' && name === '/cat'));
    assert.is(walks[0].levels.length, 3);
    assert.is(await codeOf(guest.read(16, 1)), 'EFAULT');
    assert.throws(() => guest.locate('nothing'), /EFAULT/);
    cat.kill('SIGKILL');
    machine.resume();
    await cat.exited;
    assert.is(await codeOf(guest.read(at, 1)), 'ESRCH');
  }));

test('a terminal: keys, echo, size, Ctrl-C', () =>
  withMachine({ files: { '/cat': CAT } }, async (machine) => {
    const cat = await machine.spawn('/cat', [], { tty: { columns: 100, rows: 30 } });
    const keys = cat.stdin.getWriter();
    const screen = cat.stdout.getReader();
    await keys.write('hello\r');
    let shown = '';
    while (!/hello\r\nhello\r\n/.test(shown)) shown += text((await screen.read()).value as Uint8Array);
    assert.equal(cat.terminal?.windowSize, { columns: 100, rows: 30 });
    cat.resize({ columns: 50, rows: 10 });
    assert.equal(cat.terminal?.windowSize, { columns: 50, rows: 10 });
    assert.throws(() => cat.stderr, /not piped/);
    await keys.write('\x03');
    assert.is((await cat.exited).signal, 'SIGINT');
  }));

test('limits end a machine, and all its processes say so', async () => {
  const files = { '/spin': SPIN, '/cat': CAT };
  await withMachine({ files, limits: { instructions: 100_000 } }, async (machine) => {
    const { reason, exitCode } = await machine.run('/spin');
    assert.equal([reason, exitCode], ['fuel', 137]);
    assert.is(machine.stats().instructions, 100_000);
    await machine.spawn('/cat').then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, /has ended \(fuel\)/),
    );
  });
  await withMachine({ files, limits: { timeMs: 20 } }, async (machine) => assert.is((await machine.run('/spin')).reason, 'timeout'));
  await withMachine({ files, limits: { outputBytes: 1000 } }, async (machine) => {
    const { reason, stdout } = await machine.run('/cat', [], { stdin: new Uint8Array(3000) });
    assert.equal([reason, stdout.length], ['output', 1000]);
  });
  const machine = await Machine.create({ files });
  const spin = await machine.spawn('/spin');
  await machine.close();
  assert.is((await spin.exited).reason, 'closed');
});

test('machine.fs has the shape of node:fs/promises', () =>
  withMachine({ mounts: { '/ro': { source: memory(), readOnly: true } } }, async ({ fs }) => {
    await fs.mkdir('/a/b/c', { recursive: true });
    await fs.mkdir('/a/b/c', { recursive: true });
    assert.is(await codeOf(fs.mkdir('/a')), 'EEXIST');
    await fs.writeFile('/a/b/file', 'hello');
    await fs.appendFile('/a/b/file', ' there');
    assert.is(await fs.readFile('/a/b/file', 'utf8'), 'hello there');
    assert.is((await fs.readFile('/a/b/file')).length, 11);
    await fs.symlink('file', '/a/b/link');
    await fs.link('/a/b/file', '/a/hard');
    const stats = await fs.stat('/a/b/link');
    assert.equal([stats.isFile(), stats.size, stats.nlink, stats.mode & 0o777], [true, 11, 2, 0o644]);
    assert.ok(Math.abs(stats.mtimeMs - Date.now()) < 60_000);
    assert.is((await fs.lstat('/a/b/link')).isSymbolicLink(), true);
    assert.is(await fs.realpath('/a/./b/link'), '/a/b/file');
    assert.equal((await fs.readdir('/a/b')).sort(), ['c', 'file', 'link']);
    assert.equal((await fs.readdir('/a', { recursive: true })).sort(), ['b', 'b/c', 'b/file', 'b/link', 'hard']);
    const entries = await fs.readdir('/a/b', { withFileTypes: true });
    assert.is(entries.find(({ name }) => name === 'c')?.isDirectory(), true);
    await fs.rename('/a/hard', '/a/moved');
    await fs.chmod('/a/moved', 0o600);
    await fs.truncate('/a/moved', 4);
    await fs.utimes('/a/moved', 1, new Date(2500));
    const moved = await fs.stat('/a/moved');
    assert.equal([moved.mode & 0o777, moved.atimeMs, moved.mtimeMs, moved.size], [0o600, 1000, 2500, 4]);
    await fs.copyFile('/a/moved', '/a/copy');
    const file = await fs.open('/a/copy', 'r+');
    assert.is((await file.read(new Uint8Array(10), 0, 10, 1)).bytesRead, 3);
    await file.write('J', 0, 1, 0);
    await file.close();
    assert.is(await codeOf(file.stat()), 'EBADF');
    assert.is(await fs.readFile('/a/copy', { encoding: 'utf8' }), 'Jell');
    assert.is(await codeOf(fs.rm('/a')), 'ENOTEMPTY');
    await fs.symlink('/a/b', '/way');
    await fs.rm('/way', { recursive: true });
    await fs.access('/a/b/file');
    await fs.rm('/a', { recursive: true });
    await fs.rm('/a', { force: true });
    assert.is(await codeOf(fs.readFile('/a/b/file')), 'ENOENT');
    assert.is(await codeOf(fs.writeFile('/ro/file', '')), 'EROFS');
    try {
      await fs.open('/nowhere');
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).message, "ENOENT: no such file or directory, open '/nowhere'");
    }
  }));

test.run();
