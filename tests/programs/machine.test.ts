/** The machine from the embedder's side, with programs assembled here: how runs end, what is reported, time, memory, scripts. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ENOENT, ENOEXEC } from '../../assembly/shared/errno.js';
import { assemble } from '../../host/asm/index.js';
import { loadCore } from '../../host/index-node.js';
import type { Clock } from '../../host/kernel/clock.js';
import { SysError } from '../../host/linux/error.js';
import * as S from '../../host/linux/signal.js';
import { Machine, type MachineOptions, type RunResult } from '../../host/machine.js';
import { installFile, mountStandard } from '../../host/machine-setup.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { HostInput, type HostOutput, openHostStream } from '../../host/vfs/hoststream.js';
import { WaitQueue } from '../../host/vfs/wait.js';
import { testJit } from '../support/jit.js';

class Output implements HostOutput {
  readonly queue = new WaitQueue();
  readonly writable = true;
  text = '';
  write(bytes: Uint8Array): number {
    this.text += new TextDecoder().decode(bytes);
    return bytes.length;
  }
}

function elf(source: string): Uint8Array {
  const { elf: bytes, errors } = assemble(`.text\n.globl _start\n_start:\n${source}`);
  assert.equal(errors, []);
  return bytes as Uint8Array;
}

interface Run {
  readonly result: RunResult;
  readonly output: string;
  readonly machine: Machine;
}

interface Setup {
  readonly options?: Partial<MachineOptions>;
  readonly files?: Readonly<Record<string, Uint8Array | string>>;
  readonly path?: string;
  readonly input?: HostInput;
  readonly during?: (machine: Machine) => void;
}

async function run(source: string, setup: Setup = {}): Promise<Run> {
  const machine = await Machine.create({
    module: await loadCore(),
    root: (env) => new MemoryFileSystem(env),
    jit: testJit(),
    ...setup.options,
  });
  mountStandard(machine);
  installFile(machine, '/bin/program', elf(source));
  for (const [path, content] of Object.entries(setup.files ?? {})) {
    installFile(machine, path, typeof content === 'string' ? new TextEncoder().encode(content) : content);
  }
  const output = new Output();
  const input = setup.input ?? new HostInput();
  if (setup.input === undefined) input.end();
  const files = [openHostStream(machine.namespace, { input }), openHostStream(machine.namespace, { output })];
  const main = machine.spawn({
    path: setup.path ?? '/bin/program',
    argv: [setup.path ?? '/bin/program', 'one', 'two'],
    env: ['A=1'],
    files,
  });
  setup.during?.(machine);
  return { result: await machine.run(main), output: output.text, machine };
}

const EXIT = (code: number): string => `li a0, ${code}\nli a7, 93\necall\n`;
/** Writes the NUL-ended strings of argv, one to a line. */
const ECHO = `
  ld s0, 0(sp)
  addi s1, sp, 8
next: beqz s0, done
  ld a1, 0(s1)
  mv a2, a1
length: lbu t0, 0(a2)
  addi a2, a2, 1
  bnez t0, length
  sub a2, a2, a1
  addi a2, a2, -1
  li a0, 1
  li a7, 64
  ecall
  li a0, 1
  la a1, newline
  li a2, 1
  li a7, 64
  ecall
  addi s1, s1, 8
  addi s0, s0, -1
  j next
done: ${EXIT(0)}
.data
newline: .byte 10
`;

test('an exit status', async () => {
  const { result } = await run(EXIT(42));
  assert.equal(result, { reason: 'exit', exitCode: 42, report: undefined });
});

test('a fault is reported with its address and mapping', async () => {
  const { result } = await run('li t0, 0x1234\nsw zero, 0(t0)\n');
  assert.is(result.reason, 'signal');
  assert.is(result.exitCode, 128 + S.SIGSEGV);
  assert.is(result.report?.name, 'SIGSEGV');
  assert.is(result.report?.code, S.SEGV_MAPERR);
  assert.is(result.report?.address, 0x1234);
  assert.match(result.report?.mapping ?? '', /no mapping; next above: .* r-xp \/bin\/program/);
});

test('writing to the text is refused there', async () => {
  const { result } = await run('la t0, _start\nsw zero, 0(t0)\n');
  assert.is(result.report?.code, S.SEGV_ACCERR);
  assert.match(result.report?.mapping ?? '', /^0x[0-9a-f]+-0x[0-9a-f]+ r-xp \/bin\/program/);
});

test('illegal instruction, breakpoint, misaligned atomic: signal and pc', async () => {
  for (const [source, signal, code] of [
    ['nop\n.word 0xffffffff\n', S.SIGILL, S.ILL_ILLOPC],
    ['nop\nebreak\n', S.SIGTRAP, S.TRAP_BRKPT],
    ['addi t0, sp, 1\namoadd.w zero, zero, (t0)\n', S.SIGBUS, S.BUS_ADRALN],
  ] as const) {
    const { result } = await run(source);
    assert.is(result.report?.signal, signal);
    assert.is(result.report?.code, code);
    // The one at fault is the second; the first takes two or four bytes.
    const entry = Number(new DataView(elf(source).buffer).getBigUint64(24, true));
    assert.ok([entry + 2, entry + 4].includes(Number(result.report?.pc)));
  }
});

test('addresses beyond 2^53 are told exactly', async () => {
  const store = (await run('li a0, -9\n sd a0, 0(a0)')).result.report;
  assert.is(store?.address, 2n ** 64n - 9n);
  assert.is(store?.mapping, 'no mapping there or above');
  const jump = (await run('li a0, -16\n jr a0')).result.report;
  assert.equal([jump?.pc, jump?.address], [2n ** 64n - 16n, 2n ** 64n - 16n]);
});

test('a program that waits for itself is found dead', async () => {
  const { result } = await run(
    'la a0, ends\nli a1, 0\nli a7, 59\necall\nla t0, ends\nlw a0, 0(t0)\nmv a1, sp\nli a2, 1\nli a7, 63\necall\n.data\nends: .dword 0\n',
  );
  assert.is(result.reason, 'deadlock');
});

test('a program that waits for the host is not', async () => {
  const input = new HostInput();
  setTimeout(() => {
    input.push(new Uint8Array([65]));
    input.end();
  }, 20);
  const { result } = await run('li a0, 0\naddi a1, sp, -16\nli a2, 1\nli a7, 63\necall\nlbu a0, -16(sp)\nli a7, 93\necall\n', { input });
  assert.is(result.exitCode, 65);
});

test('fuel is exact, and an endless loop can be ended by time', async () => {
  const fuel = await run('loop: j loop\n', { options: { fuel: 1_234_567 } });
  assert.is(fuel.result.reason, 'fuel');
  assert.is(fuel.machine.core.counter(0), 1_234_567);
  const time = await run('loop: j loop\n', { options: { timeoutMs: 30 } });
  assert.is(time.result.reason, 'timeout');
});

test('too much memory kills the program that wants it', async () => {
  const map = 'li a0, 0\nli a1, 0x4000000\nli a2, 3\nli a3, 0x22\nli a4, -1\nli a5, 0\nli a7, 222\necall\nli t0, 4096\n';
  const { result } = await run(`${map}touch: sb zero, 0(a0)\nadd a0, a0, t0\nj touch\n`, { options: { memoryBytes: 8 * 1024 * 1024 } });
  assert.is(result.reason, 'memory');
  assert.is(result.exitCode, 128 + S.SIGKILL);
});

test('a clock of the embedder: sleeping takes no time', async () => {
  let ns = 0;
  const clock: Clock = {
    monotonicNs: () => ns,
    realtime: () => ({ sec: 1_000_000_000 + Math.floor(ns / 1e9), nsec: 0 }),
    advanceTo: (to) => {
      ns = to;
    },
  };
  const { result } = await run(`la a0, time\nli a1, 0\nli a7, 101\necall\n${EXIT(0)}.data\ntime: .dword 86400, 0\n`, {
    options: { clock },
  });
  assert.is(result.exitCode, 0);
  assert.is(ns, 86400e9);
});

test('a signal from the host', async () => {
  const { result } = await run('loop: j loop\n', {
    options: { timeoutMs: 5000 },
    during: (machine) => setTimeout(() => machine.signal(S.SIGINT), 10),
  });
  assert.is(result.exitCode, 128 + S.SIGINT);
});

test('arguments arrive', async () => {
  assert.is((await run(ECHO)).output, '/bin/program\none\ntwo\n');
});

test('scripts: interpreter, argument, nesting, limits', async () => {
  const files = {
    '/simple': '#!/bin/program\nrest\n',
    '/argument': '#! /bin/program  -x y z \n',
    '/nested': '#!/simple\n',
    '/nowhere': '#!/missing\n',
    '/text': 'no script\n',
    '/empty': '',
    '/loop': '#!/loop\n',
  };
  assert.is((await run(ECHO, { files, path: '/simple' })).output, '/bin/program\n/simple\none\ntwo\n');
  assert.is((await run(ECHO, { files, path: '/argument' })).output, '/bin/program\n-x y z\n/argument\none\ntwo\n');
  assert.is((await run(ECHO, { files, path: '/nested' })).output, '/bin/program\n/simple\n/nested\none\ntwo\n');
  const failure = async (path: string): Promise<SysError> => {
    try {
      await run(ECHO, { files, path });
    } catch (error) {
      if (error instanceof SysError) return error;
      throw error;
    }
    throw new Error(`${path} ran`);
  };
  assert.is((await failure('/nowhere')).errno, ENOENT);
  assert.match((await failure('/nowhere')).detail, /missing interpreter \/missing/);
  assert.is((await failure('/text')).errno, ENOEXEC);
  assert.match((await failure('/empty')).detail, /empty/);
  assert.match((await failure('/loop')).detail, /interpret each other/);
});

test('what a run leaves behind is gone: no frames, no processes', async () => {
  // clone (SIGCHLD), the child spins; the parent ends.
  const { machine, result } = await run(
    `li a0, 17\nli a1, 0\nli a2, 0\nli a3, 0\nli a4, 0\nli a7, 220\necall\nloop: beqz a0, loop\n${EXIT(3)}`,
  );
  assert.is(result.exitCode, 3);
  assert.is(machine.kernel.processes.size, 0);
  assert.is(machine.kernel.threads.size, 0);
});

test.run();
