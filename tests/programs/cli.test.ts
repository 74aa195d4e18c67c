/** The real command line, as a process: statuses, messages, streams, help, assembling, statistics. */
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ENOENT, EROFS } from '../../assembly/shared/errno.js';
import type { RunStats } from '../../host/machine-stats.js';
import { compileGuest, GCC } from '../support/guest.js';
import { makeTar } from '../support/tar.js';
import { testWith } from '../support/tools.js';

const MAIN = 'dist/bin/pagewalk.cjs';
const HELLO = 'examples/bin/hello.elf';
let folder = '';

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

function pagewalk(args: readonly string[], input: string | Uint8Array = ''): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    input,
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 1 << 26,
  });
  return { status, stdout, stderr };
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'pagewalk-cli-'));
});
test.after(() => rmSync(folder, { recursive: true }));

/** Copies standard input to standard output, 4096 bytes at a time. */
const CAT = `
_start: li a0, 0; la a1, buffer; li a2, 4096; li a7, 63; ecall
        blez a0, 3f
        mv s1, a0; la s0, buffer
1:      li a0, 1; mv a1, s0; mv a2, s1; li a7, 64; ecall
        bltz a0, 2f
        add s0, s0, a0; sub s1, s1, a0; bgtz s1, 1b
        j _start
2:      li a0, 9
3:      li a7, 93; ecall
.bss
buffer: .zero 4096`;

test('help and version', () => {
  const help = pagewalk(['--help']);
  assert.is(help.status, 0);
  for (const command of ['run', 'asm', 'disasm', 'demo']) assert.match(help.stdout, new RegExp(`^  ${command}\\b`, 'm'));
  const run = pagewalk(['run', '--help']);
  assert.is(run.status, 0);
  for (const option of ['--root', '--rw', '--mount', '--cwd', '--env', '--memory', '--timeout', '--fuel', '--stats', '--strace']) {
    assert.ok(run.stdout.includes(option), option);
  }
  assert.match(run.stdout, /Examples:/);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  assert.equal(pagewalk(['--version']), { status: 0, stdout: `${version}\n`, stderr: '' });
});

test('wrong usage has status 2 and one line that says why', () => {
  const cases: readonly (readonly [string[], RegExp])[] = [
    [[], /Usage/],
    [['nonsense'], /unknown command 'nonsense'/],
    [['run'], /missing required argument 'program'/],
    [['run', '--bogus', HELLO], /unknown option '--bogus'/],
    [['run', '--memory', '12Q', HELLO], /--memory: '12Q' is not a size/],
    [['run', '--memory', '9G', HELLO], /too much, at most/],
    [['run', '--timeout', 'x', HELLO], /--timeout/],
    [['run', '--fuel', '0', HELLO], /--fuel/],
    [['run', '--env', 'x', HELLO], /NAME=VALUE/],
    [['run', '--mount', 'x', HELLO], /SRC:DST/],
    [['run', '--rw', HELLO], /--rw needs --root/],
    [['asm', 'x.s'], /required option '-o/],
  ];
  for (const [args, pattern] of cases) {
    const { status, stderr, stdout } = pagewalk(args);
    assert.is(status, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, pattern);
    assert.is(stdout, '');
  }
});

test('programs that are not there or cannot run', () => {
  const good = readFileSync(HELLO);
  const change = (name: string, edit: (bytes: Uint8Array) => Uint8Array): string => file(name, edit(Uint8Array.from(good)));
  const intel = change('intel.elf', (bytes) => {
    bytes[18] = 62;
    return bytes;
  });
  const cases: readonly (readonly [string, number, RegExp])[] = [
    [join(folder, 'nothing'), 127, /nothing: no such file or directory$/],
    [folder, 126, /is a directory$/],
    [file('empty', ''), 126, /the file is empty$/],
    [file('text', 'just text\n'), 126, /neither an ELF file nor a script/],
    [intel, 126, /wrong machine: the program is for x86-64, not for riscv64$/],
    [change('short.elf', (bytes) => bytes.subarray(0, 40)), 126, /truncated ELF header$/],
    [change('cut.elf', (bytes) => bytes.subarray(0, 300)), 126, /truncated/],
    [file('script', '#!/bin/nothere\n'), 126, /missing interpreter \/bin\/nothere$/],
  ];
  for (const [path, expected, pattern] of cases) {
    const { status, stderr } = pagewalk(['run', path]);
    assert.is(status, expected, stderr);
    assert.match(stderr.trimEnd(), pattern);
    assert.is(stderr.trimEnd().split('\n').length, 1, stderr);
    assert.match(stderr, /^pagewalk: /);
  }
});

test('output, status, arguments and environment', () => {
  assert.equal(pagewalk(['run', HELLO]), { status: 0, stdout: readFileSync('examples/expected/hello.txt', 'utf8'), stderr: '' });
  assert.is(pagewalk(['run', file('status.s', '_start: li a0, 41; addi a0, a0, 1; li a7, 93; ecall')]).status, 42);
  // Prints every string of argv and envp on a line of its own.
  const show = file(
    'show.s',
    `_start: addi s0, sp, 8
1: ld a1, 0(s0); addi s0, s0, 8
   beqz a1, 3f
   mv a2, zero
2: add t0, a1, a2; lbu t0, 0(t0); beqz t0, 4f; addi a2, a2, 1; j 2b
4: li a0, 1; li a7, 64; ecall
   la a1, newline; li a2, 1; li a0, 1; li a7, 64; ecall
   j 1b
3: bnez s1, 5f
   li s1, 1; j 1b
5: li a0, 0; li a7, 94; ecall
.rodata
newline: .ascii "\\n"`,
  );
  const lines = pagewalk(['run', '--env', 'A=1', '--env', 'USER=me', show, '--stats', '-x', 'two words']).stdout.trimEnd().split('\n');
  assert.equal(lines.slice(0, 4), [show, '--stats', '-x', 'two words']);
  assert.ok(lines.includes('A=1') && lines.includes('USER=me') && lines.includes('HOME=/root'), lines.join('|'));
  assert.ok(lines.some((line) => line.startsWith('PATH=')));
});

test('a megabyte of bytes goes through unchanged', () => {
  const bytes = Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 2654435761) >>> 24);
  const cat = file('cat.s', CAT);
  const { status, stdout } = spawnSync(process.execPath, [MAIN, 'run', cat], { input: bytes, timeout: 60_000, maxBuffer: 1 << 26 });
  assert.is(status, 0);
  assert.ok(Buffer.compare(stdout, Buffer.from(bytes)) === 0, `${stdout.length} bytes came back`);
});

test('input comes as it is written, and its end is seen', async () => {
  const child = spawn(process.execPath, [MAIN, 'run', file('cat2.s', CAT)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((done) => child.on('close', done));
  let text = '';
  const answer = (expected: string): Promise<void> =>
    new Promise((done) => {
      const onData = (chunk: Buffer): void => {
        text += chunk.toString();
        if (!text.endsWith(expected)) return;
        child.stdout.off('data', onData);
        done();
      };
      child.stdout.on('data', onData);
    });
  for (const line of ['one\n', 'two\n']) {
    child.stdin.write(line);
    await answer(line);
  }
  child.stdin.end();
  assert.is(await ended, 0);
  assert.is(text, 'one\ntwo\n');
});

test('an open input that nobody reads keeps nothing alive, and is not consumed', async () => {
  const child = spawn(process.execPath, [MAIN, 'run', HELLO], { stdio: ['pipe', 'pipe', 'inherit'] });
  assert.is(await new Promise((done) => child.on('close', done)), 0);
  if (process.platform === 'win32') return;
  const shell = spawnSync('/bin/sh', ['-c', `{ '${process.execPath}' ${MAIN} run ${HELLO} >/dev/null; cat; }`], {
    input: 'left over',
    encoding: 'utf8',
  });
  assert.is(shell.stdout, 'left over');
});

test('a reader that goes away ends the program with SIGPIPE', async () => {
  const endless = file('endless.s', '_start: li a0, 1; la a1, 1f; li a2, 6; li a7, 64; ecall; j _start\n.rodata\n1: .ascii "hello\\n"');
  const child = spawn(process.execPath, [MAIN, 'run', endless], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.once('data', () => child.stdout.destroy());
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  assert.is(await new Promise((done) => child.on('close', done)), 128 + 13);
  assert.match(stderr, /killed by SIGPIPE/);
});

test('a slow reader of a pipe gets everything', () => {
  if (process.platform === 'win32') return;
  // 64 writes of 64 KiB, as fast as they are taken
  const flood = file(
    'flood.s',
    `_start: li s0, 64
     1: li a0, 1; la a1, block; li a2, 65536; mv s1, a2
     2: li a7, 64; ecall; blez a0, 3f; sub s1, s1, a0; add a1, a1, a0; mv a2, s1; li a0, 1; bgtz s1, 2b
     addi s0, s0, -1; bgtz s0, 1b
     li a0, 0
     3: li a7, 93; ecall
     .bss; block: .zero 65536`,
  );
  const command = `'${process.execPath}' ${MAIN} run ${flood} | { sleep 0.5; wc -c; }`;
  assert.is(spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8', timeout: 60_000 }).stdout.trim(), String(64 * 65536));
});

test('killed by a signal: 128 + n, and where', () => {
  const crash = file('crash.s', '_start: nop\nmain: li a0, 8; sd a0, 0(a0)');
  const { status, stderr } = pagewalk(['run', crash]);
  assert.is(status, 128 + 11);
  assert.match(stderr, /^pagewalk: killed by SIGSEGV \(SEGV_MAPERR\) at pc 0x[0-9a-f]+ in main\+0x4, address 0x8, no mapping.*\n$/);
  const illegal = pagewalk(['run', file('illegal.s', '_start: unimp')]);
  assert.is(illegal.status, 128 + 4);
  assert.match(
    illegal.stderr,
    /^pagewalk: killed by SIGILL \(ILL_ILLOPC\) at pc 0x100b0 in _start, address 0x100b0, 0x10000-0x11000 r-xp .*illegal\.s\n$/,
  );
  const readOnly = pagewalk(['run', file('readonly.s', '_start: la a0, _start; sw a0, 0(a0)')]);
  assert.match(readOnly.stderr, /killed by SIGSEGV \(SEGV_ACCERR\).*r-xp/);
  assert.is(pagewalk(['run', file('ebreak.s', '_start: ebreak')]).status, 128 + 5);
});

test('timeout, fuel, memory', () => {
  const loop = file('loop.s', '_start: j _start');
  const timeout = pagewalk(['run', '--timeout', '0.2', loop]);
  assert.is(timeout.status, 124);
  assert.is(timeout.stderr, 'pagewalk: ended after 0.2 s (--timeout)\n');
  const fuel = pagewalk(['run', '--fuel', '5M', loop]);
  assert.is(fuel.status, 125);
  assert.is(fuel.stderr, 'pagewalk: ended after 5000000 instructions (--fuel)\n');
  const hog = file('hog.s', '_start: la a0, pages; li a1, 4096\n1: sb a1, 0(a0); add a0, a0, a1; j 1b\n.bss\npages: .zero 1 << 28');
  const memory = pagewalk(['run', '--memory', '16M', hog]);
  assert.is(memory.status, 137, memory.stderr);
  assert.match(memory.stderr, /out of memory \(--memory 16M\)/);
});

test('a timeout ends a program that waits for input', async () => {
  const child = spawn(process.execPath, [MAIN, 'run', '--timeout', '0.3', file('cat3.s', CAT)], { stdio: ['pipe', 'pipe', 'ignore'] });
  assert.is(await new Promise((done) => child.on('close', done)), 124);
});

test('Ctrl-C is SIGINT for the program; twice, or SIGTERM, ends it', async () => {
  const outcome = async (source: string, signals: readonly NodeJS.Signals[]): Promise<number | null> => {
    const child = spawn(process.execPath, [MAIN, 'run', source], { stdio: ['pipe', 'pipe', 'ignore'] });
    const ended = new Promise<number | null>((done) => child.on('close', done));
    await new Promise((ready) => child.stdout.once('data', ready));
    for (const signal of signals) {
      child.kill(signal);
      await new Promise((later) => setTimeout(later, 100));
    }
    return await ended;
  };
  const say = 'li a0, 1; la a1, ready; li a2, 6; li a7, 64; ecall';
  const plain = file('plain.s', `_start: ${say}\n1: j 1b\n.rodata\nready: .ascii "ready\\n"`);
  assert.is(await outcome(plain, ['SIGINT']), 130);
  assert.is(await outcome(plain, ['SIGTERM']), 143);
  // rt_sigaction(SIGINT, SIG_IGN)
  const deaf = file(
    'deaf.s',
    `_start: li a0, 2; la a1, ignore; li a2, 0; li a3, 8; li a7, 134; ecall; ${say}
     1: j 1b
     .data; .align 3; ignore: .dword 1, 0, 0; ready: .ascii "ready\\n"`,
  );
  assert.is(await outcome(deaf, ['SIGINT', 'SIGINT']), 130);
  // It blocks SIGINT and reads it from a signal descriptor: no machine is dead that waits for that.
  const reader = file(
    'reader.s',
    `_start: li a0, 0; la a1, set; li a2, 0; li a3, 8; li a7, 135; ecall; ${say}
     li a0, -1; la a1, set; li a2, 8; li a3, 0; li a7, 74; ecall
     la a1, info; li a2, 128; li a7, 63; ecall
     la a1, info; lw a0, 0(a1); li a7, 93; ecall
     .data; .align 3; set: .dword 2; info: .space 128; ready: .ascii "ready\\n"`,
  );
  assert.is(await outcome(reader, ['SIGINT']), 2);
});

test('a program that nothing can wake is told so', () => {
  // ppoll of nothing without a timeout
  const asleep = file('asleep.s', '_start: li a0, 0; li a1, 0; li a2, 0; li a3, 0; li a7, 73; ecall');
  const ended = pagewalk(['run', asleep]);
  assert.is(ended.status, 137);
  assert.match(ended.stderr, /all processes are asleep and no event can wake them/);
});

testWith(test, ['script'], 'a terminal is a terminal for the program: TCGETS, editing, echo, CR LF', () => {
  const source = file(
    'terminal.s',
    `_start: li a0, 0; li a1, 0x5401; la a2, buffer; li a7, 29; ecall
        bnez a0, 1f
        li a0, 0; la a1, buffer; li a2, 100; li a7, 63; ecall
        mv a2, a0; li a0, 1; la a1, buffer; li a7, 64; ecall
        li a0, 0
     1: snez a0, a0; li a7, 93; ecall
     .bss; buffer: .zero 128`,
  );
  const command = `'${process.execPath}' ${MAIN} run ${source}`;
  const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
    input: 'abx\x7fc\n',
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.is(status, 0, stdout);
  assert.match(stdout, /c\r\nabc\r\n$/);
  assert.is(pagewalk(['run', source], 'x\n').status, 1);
});

test('--stats: lines for people, JSON for programs', () => {
  const { status, stderr, stdout } = pagewalk(['run', '--stats', HELLO]);
  assert.is(status, 0);
  assert.is(stdout, readFileSync('examples/expected/hello.txt', 'utf8'));
  for (const word of ['pages mapped', 'pages resident', 'page faults', 'instructions', 'system calls', 'time'])
    assert.ok(stderr.includes(word), stderr);
  const path = join(folder, 'stats.json');
  // 64 MiB of .bss of which three pages are touched.
  const sparse = file(
    'sparse.s',
    `_start: la a0, area; li a1, 1 << 20
     sb a0, 0(a0); add a0, a0, a1; sb a0, 0(a0); add a0, a0, a1; lb t0, 0(a0)
     li a0, 0; li a7, 93; ecall
     .bss; .align 12; area: .zero 64 << 20`,
  );
  assert.is(pagewalk(['run', `--stats=${path}`, sparse]).status, 0);
  const stats = JSON.parse(readFileSync(path, 'utf8')) as RunStats;
  assert.is(stats.schema, 1);
  assert.equal(stats.end, { reason: 'exit', exitCode: 0, signal: null });
  assert.ok(stats.space.mappedPages > 16384, `${stats.space.mappedPages} pages mapped`);
  assert.ok(stats.space.residentPages < 20, `${stats.space.residentPages} pages resident`);
  assert.is(stats.instructions, 11);
  assert.is(stats.systemCalls, 1);
  assert.ok(stats.faults.minor >= 3 && stats.timeMs > 0);
});

testWith(test, [GCC], '--stats: a file that several processes map has its frames once; pages that were merged', () => {
  const path = join(folder, 'sharing.json');
  const { status, stderr } = pagewalk(['run', `--stats=${path}`, compileGuest('tests/guest/sharing.c')]);
  assert.is(status, 0, stderr);
  const { sharing, merged } = JSON.parse(readFileSync(path, 'utf8')) as RunStats;
  // The file's 64 pages five times, and the program's own.
  assert.is(sharing.spaces, 5);
  assert.ok(sharing.mappings >= 5 * 64, `${sharing.mappings} pages mapped`);
  assert.ok(sharing.frames >= 64 && sharing.frames <= sharing.mappings - 4 * 64, `${sharing.frames} frames`);
  assert.equal(merged, { shared: 1, sharing: 7 });
  const lines = pagewalk(['run', '--stats', compileGuest('tests/guest/sharing.c')]).stderr;
  assert.match(lines, /shared frames +\d+ mapped pages of 5 processes are \d+ frames/);
  assert.match(lines, /same pages +8 merged into 1 frame/);
});

test('--strace', () => {
  const { stderr } = pagewalk(['run', '--strace', file('exit.s', '_start: li a0, 3; li a7, 93; ecall')]);
  assert.match(stderr, /exit\(3\)/);
  const path = join(folder, 'trace.txt');
  assert.is(pagewalk(['run', `--strace=${path}`, HELLO]).stderr, '');
  assert.match(readFileSync(path, 'utf8'), /write\(1, "/);
});

test('--root, --mount, --cwd', () => {
  const root = join(folder, 'root');
  mkdirSync(join(root, 'bin'), { recursive: true });
  mkdirSync(join(root, 'data'));
  assert.is(pagewalk(['asm', file('rootcat.s', CAT), '-o', join(root, 'bin', 'cat')]).status, 0);
  assert.is(pagewalk(['run', '--root', root, 'cat'], 'through').stdout, 'through');
  assert.is(pagewalk(['run', '--root', root, '/bin/cat'], 'through').stdout, 'through');
  assert.is(pagewalk(['run', '--root', root, '--cwd', '/bin', './cat'], 'through').stdout, 'through');
  const missing = pagewalk(['run', '--root', root, 'dog']);
  assert.is(missing.status, 127);
  assert.match(missing.stderr, /^pagewalk: dog: not found in PATH\n$/);
  assert.is(pagewalk(['run', '--root', join(folder, 'nowhere'), 'cat']).status, 126);
  assert.is(pagewalk(['run', '--root', root, '--mount', `${root}/bin:/mnt:ro`, '/mnt/cat'], 'x').stdout, 'x');
  // Creates /data/new: kept with --rw only.
  const make = file(
    'make.s',
    `_start: li a0, -100; la a1, name; li a2, 0x41; li a3, 0644; li a7, 56; ecall; sltz a0, a0; li a7, 93; ecall
     .rodata; name: .asciz "/data/new"`,
  );
  assert.is(pagewalk(['asm', make, '-o', join(root, 'bin', 'make')]).status, 0);
  assert.is(pagewalk(['run', '--root', root, 'make']).status, 0);
  assert.throws(() => readFileSync(join(root, 'data', 'new')));
  assert.is(pagewalk(['run', '--root', root, '--rw', 'make']).status, 0);
  assert.is(readFileSync(join(root, 'data', 'new'), 'utf8'), '');
});

test('--mount shows a single file, an archive whatever it is called, and says what it is not', () => {
  const root = join(folder, 'mountroot');
  mkdirSync(join(root, 'bin'), { recursive: true });
  mkdirSync(join(root, 'dir'));
  writeFileSync(join(root, 'there'), 'covered');
  assert.is(pagewalk(['asm', file('mountcat.s', CAT), '-o', join(root, 'bin', 'cat')]).status, 0);
  // Opens its argument to write, writes one byte, and ends with the number of the error.
  const put = `
_start: ld a1, 16(sp); li a0, -100; li a2, 0x201; li a7, 56; ecall
        bltz a0, 1f
        la a1, byte; li a2, 1; li a7, 64; ecall
        li a0, 0
1:      neg a0, a0; li a7, 93; ecall
.rodata; byte: .ascii "!"`;
  assert.is(pagewalk(['asm', file('put.s', put), '-o', join(root, 'bin', 'put')]).status, 0);
  const one = file('one file.txt', 'before');
  const run = (mounts: readonly string[], ...program: string[]): Outcome =>
    pagewalk(['run', '--root', root, ...mounts.flatMap((mount) => ['--mount', mount]), ...program]);
  for (const target of ['/there', '/new/folder/file']) {
    writeFileSync(one, 'before');
    assert.is(run([`${one}:${target}:ro`], 'put', target).status, EROFS);
    assert.is(readFileSync(one, 'utf8'), 'before');
    assert.is(run([`${one}:${target}`], 'put', target).status, 0);
    assert.is(readFileSync(one, 'utf8'), '!');
  }
  assert.is(readFileSync(join(root, 'there'), 'utf8'), 'covered');
  // Its neighbours can't be reached.
  assert.is(run([`${one}:/x/one`], 'put', '/x/put.s').status, ENOENT);
  assert.is(readFileSync(join(folder, 'put.s'), 'utf8'), put);
  assert.match(run([`${one}:/dir`], 'cat').stderr, /^pagewalk: --mount: \/dir: is a directory/);
  assert.is(run([`${join(folder, 'gone')}:/x`], 'cat').status, 126);
  const tar = makeTar([
    { name: 'cat', data: readFileSync(join(root, 'bin', 'cat')), mode: 0o755 },
    { name: '../evil', data: 'x' },
  ]);
  const mounted = pagewalk(['run', '--mount', `${file('archive', gzipSync(tar))}:/mnt`, '--root', root, '/mnt/cat'], 'through');
  assert.is(mounted.stdout, 'through');
  assert.match(mounted.stderr, /^pagewalk: --mount: .*archive: '..\/evil': climbs with '..': left out\n$/);
  const broken = file('broken.tar', tar.subarray(0, 1000));
  assert.match(run([`${broken}:/mnt`], 'cat').stderr, /^pagewalk: --mount: .*truncated tar archive/);
  const bomb = file('bomb.tar.gz', gzipSync(new Uint8Array(3_000_000)));
  assert.match(pagewalk(['run', '--max-archive', '2M', '--root', bomb, 'cat']).stderr, /unpacks to more than 2097152 bytes/);
});

test("--owners: files of folders are root's, or their owners'", () => {
  const root = join(folder, 'owned');
  mkdirSync(root);
  // Ends with the user of the file it is called by.
  const owner =
    '_start: li a0, -100; ld a1, 8(sp); la a2, stat; li a3, 0; li a7, 79; ecall; lw a0, 24(a2); li a7, 93; ecall\n.bss; stat: .zero 128';
  const program = join(root, 'owner');
  assert.is(pagewalk(['asm', file('owner.s', owner), '-o', program]).status, 0);
  const me = process.getuid?.() ?? 0;
  if (me === 0) chownSync(program, 7, 8);
  assert.is(pagewalk(['run', '--root', root, '/owner']).status, 0);
  assert.is(pagewalk(['run', '--root', root, '--owners', 'host', '/owner']).status, me === 0 ? 7 : me & 255);
  assert.is(pagewalk(['run', '--root', root, '--owners', 'nobody', '/owner']).status, 2);
});

test('asm and disasm', () => {
  const output = join(folder, 'out.elf');
  assert.equal(pagewalk(['asm', 'examples/hello.s', '-o', output]), { status: 0, stdout: '', stderr: '' });
  assert.is(pagewalk(['run', output]).stdout, readFileSync('examples/expected/hello-asm.txt', 'utf8'));
  const bad = pagewalk(['asm', file('bad.s', '_start:\n  addi a0, a0\n  foo\n'), '-o', output]);
  assert.is(bad.status, 1);
  assert.match(bad.stderr, /bad\.s:2:3: addi takes 3 operands/);
  assert.match(bad.stderr, /bad\.s:3:3: unknown instruction 'foo'/);
  assert.match(bad.stderr, /2 errors\n$/);
  const shown = pagewalk(['disasm', output]);
  assert.is(shown.status, 0);
  assert.match(shown.stdout, /<_start>:/);
  assert.match(shown.stdout, /ecall/);
  assert.is(pagewalk(['disasm', 'package.json']).status, 1);
});

test.run();
