/** Programs saved in the middle of what they do, and made again: the same states, and in the end the same output. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { folder, Machine, type MachineOptions, overlay } from '../../host/index-node.js';
import { reportOf } from '../support/browser.js';
import { compileGuest, GCC } from '../support/guest.js';
import { fuzzSeed, Random } from '../support/random.js';
import { testWith } from '../support/tools.js';
import { USERLAND_NEEDS, USERLAND_ROOT } from '../support/userland.js';

/** Programs, and about how many instructions they take. */
const PROGRAMS: readonly (readonly [name: string, instructions: number])[] = [
  ['pipes', 170_000],
  ['futex', 300_000],
  ['pthreads', 4_500_000],
  ['timerfd', 240_000],
  ['signals', 150_000],
  ['sysv-shm', 260_000],
  ['mqueue', 280_000],
  ['userfault', 340_000],
  ['pty', 680_000],
];
const STEPS_MAX = 20e6;
const CUTS = 2;

interface Run {
  readonly machine: Machine;
  readonly output: string[];
}

async function start(options: MachineOptions, program: string, args: readonly string[] = []): Promise<Run> {
  const machine = await Machine.create({ memory: '64M', deterministic: true, ...options });
  await machine.pause();
  const output: string[] = [];
  const take = (bytes: Uint8Array): unknown => output.push(Buffer.from(bytes).toString());
  await machine.spawn(program, args, { stdout: take, stderr: take });
  return { machine, output };
}

/** Saved and made again; what it writes goes where it went. */
async function again({ machine, output }: Run, options: Parameters<typeof Machine.restore>[1] = {}): Promise<Run> {
  const bytes = await machine.snapshot();
  await machine.close();
  const take = (chunk: Uint8Array): unknown => output.push(Buffer.from(chunk).toString());
  return { machine: await Machine.restore(bytes, { paused: true, stdio: () => ({ stdout: take, stderr: take }), ...options }), output };
}

/** At some positions both are in the same state, and they end alike. */
async function sameAt(plain: Run, saved: Run, cuts: readonly number[], options?: Parameters<typeof again>[1]): Promise<void> {
  for (const cut of cuts) {
    await plain.machine.step(cut - plain.machine.position);
    await saved.machine.step(cut - saved.machine.position);
    saved = await again(saved, options);
    assert.is(saved.machine.stateHash(), plain.machine.stateHash(), `the state at ${cut}`);
  }
  for (const { machine } of [plain, saved]) await machine.step(STEPS_MAX);
  assert.is(saved.output.join(''), plain.output.join(''));
  assert.is(saved.machine.position, plain.machine.position);
  for (const { machine } of [plain, saved]) await machine.close();
}

for (const [name, instructions] of PROGRAMS) {
  testWith(test, [GCC], `${name}, saved at some moments`, async () => {
    const options = { files: { '/bin/program': readFileSync(compileGuest(`tests/guest/${name}.c`)) } };
    const random = new Random(fuzzSeed(17 + name.length));
    const cuts = Array.from({ length: CUTS }, () => random.below(instructions)).sort((a, b) => a - b);
    await sameAt(await start(options, '/bin/program'), await start(options, '/bin/program'), cuts);
  });
}

testWith(test, USERLAND_NEEDS, 'bash with a pipeline of Debian programs, on a folder of the host', async () => {
  const root = overlay(folder(USERLAND_ROOT));
  const script =
    'trap "echo trapped" USR1; for i in 1 2 3; do echo $i | sed s/2/two/ | tr a-z A-Z; kill -USR1 $$; done; echo end > /tmp/x; cat /tmp/x';
  const run = (): Promise<Run> => start({ root }, '/bin/bash', ['-c', script]);
  await sameAt(await run(), await run(), [700_000, 4_000_000], { root });
});

testWith(test, USERLAND_NEEDS, 'python at its prompt, in a terminal', async () => {
  const root = overlay(folder(USERLAND_ROOT));
  const machine = await Machine.create({ memory: '64M', root });
  const until = async (shown: () => string, end: string): Promise<void> => {
    while (!shown().endsWith(end)) await new Promise((done) => setTimeout(done, 5));
  };
  let before = '';
  const { pid, stdin } = await machine.spawn('/usr/bin/python3', ['-q'], {
    tty: { columns: 100, rows: 30 },
    stdout: (bytes) => {
      before += Buffer.from(bytes).toString();
    },
  });
  await until(() => before, '>>> ');
  const writer = stdin.getWriter();
  await writer.write('import os; answer = 6 * 7\n');
  await until(() => before, '7\r\n>>> ');
  const bytes = await machine.snapshot();
  await machine.close();
  let after = '';
  const restored = await Machine.restore(bytes, {
    root,
    stdio: () => ({
      stdout: (chunk) => {
        after += Buffer.from(chunk).toString();
      },
    }),
  });
  const keys = restored.process(pid)?.stdin.getWriter();
  await keys?.write('print(answer, os.get_terminal_size().columns)\n');
  await until(() => after, '42 100\r\n>>> ');
  await keys?.write('exit()\n');
  assert.is((await restored.process(pid)?.exited)?.exitCode, 0);
  await restored.close();
});

testWith(test, ['chromium', GCC], 'saved here and restored in a browser', async () => {
  const options = { files: { '/bin/program': readFileSync(compileGuest('tests/guest/pipes.c')) } };
  const { machine, output } = await start(options, '/bin/program');
  await machine.step(90_000);
  writeFileSync('dist/saved-for-browser', await machine.snapshot());
  const before = output.length;
  const state = machine.stateHash();
  while (await machine.step(1e6));
  const seen = JSON.parse(await reportOf('tests/browser/restore.html'));
  const text = Buffer.from(seen.output ?? []).toString();
  assert.equal({ ...seen, output: text }, { state, position: machine.position, output: output.slice(before).join('') });
  await machine.close();
});

/** Writes, then reads what it writes again; exit status 7. */
const REPEAT = `
_start: li a0, 1; la a1, ready; li a2, 6; li a7, 64; ecall
1:      li a0, 0; la a1, text; li a2, 8; li a7, 63; ecall
        blez a0, 2f
        mv a2, a0; li a0, 1; li a7, 64; ecall
        j 1b
2:      li a0, 7; li a7, 93; ecall
.data
ready:  .ascii "ready\\n"
text:   .zero 8`;

test('the command saves a machine when it waits for input, or somewhere, and goes on with it', () => {
  const place = mkdtempSync(join(tmpdir(), 'pagewalk-test-'));
  const [source, file] = [join(place, 'repeat.s'), join(place, 'saved')];
  writeFileSync(source, REPEAT);
  const pagewalk = (args: readonly string[], input = ''): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/bin/pagewalk.cjs', 'run', ...args], { encoding: 'utf8', input });
    return `${status} ${JSON.stringify(stdout)} ${stderr.replaceAll(file, 'FILE')}`;
  };
  try {
    assert.match(pagewalk(['--snapshot', file, source]), /^0 "ready\\n" pagewalk: saved: FILE \(0\.\d MB\)\n$/);
    for (const text of ['first', 'second']) assert.is(pagewalk(['--restore', file], text), `7 "${text}" `);
    assert.match(pagewalk(['--snapshot', file, '--snapshot-at', '3', source]), /^0 "" pagewalk: saved/);
    assert.is(pagewalk(['--restore', file], 'x'), '7 "ready\\nx" ');
    assert.match(pagewalk(['--restore', file, source]), /^2 "" pagewalk: --restore goes on with the program that was saved/);
    writeFileSync(file, 'nothing of the kind, but long enough for a header');
    assert.is(pagewalk(['--restore', file]), '126 "" pagewalk: --restore: FILE: this is no snapshot\n');
  } finally {
    rmSync(place, { recursive: true });
  }
});

test.run();
