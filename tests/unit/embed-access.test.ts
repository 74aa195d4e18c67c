/** The embedding API's ways into a machine: system calls, pagers, devices, room for files. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble, Machine, type MachineOptions, type Pager, pagedMemory, SysError } from '../../host/index-node.js';

function elf(source: string): Uint8Array {
  const { elf: bytes, errors } = assemble(source);
  assert.equal(errors, []);
  return bytes as Uint8Array;
}

const EPERM = 1;
const GETPID = elf('_start: li a7, 172; ecall; li a7, 93; ecall');
const OURS = elf('_start: li a0, 20; la a1, text; li a7, 1000; ecall; li a7, 93; ecall\n.data\ntext: .asciz "words"');

async function statusOf(program: Uint8Array, prepare: (machine: Machine) => void, options: MachineOptions = {}): Promise<number> {
  const machine = await Machine.create({ memory: '32M', files: { '/program': program }, ...options });
  prepare(machine);
  const { exitCode } = await machine.run('/program');
  await machine.close();
  return exitCode;
}

test('a system call of its own, at once, later, and refused', async () => {
  assert.is(
    await statusOf(OURS, (machine) => machine.setCall(1000, ({ args: [a], user, args }) => a + user.readString(args[1]).length)),
    25,
  );
  const later = (machine: Machine): unknown => machine.setCall(1000, ({ args: [a] }) => new Promise((done) => setTimeout(done, 1, a + 1)));
  assert.is(await statusOf(OURS, later), 21);
  const refused = (machine: Machine): unknown =>
    machine.setCall(1000, () => {
      throw new SysError(EPERM);
    });
  assert.is(await statusOf(OURS, refused), 255);
  assert.is(await statusOf(OURS, (machine) => machine.setCall(1000, () => Promise.reject(new SysError(EPERM)))), 255);
});

test('one of the kernel replaced, asked, and put back', async () => {
  assert.is(await statusOf(GETPID, (machine) => machine.setCall('getpid', ({ next }) => next() + 40)), 42);
  assert.is(await statusOf(GETPID, (machine) => machine.setCall('getpid', () => 9)()), 2);
  const machine = await Machine.create({ memory: '32M' });
  assert.throws(() => machine.setCall('nothing', () => 0), /no system call is called 'nothing'/);
  await machine.close();
});

test('a handler that asks for a snapshot, at once or later, is told that it waits for itself', async () => {
  for (const late of [false, true]) {
    const machine = await Machine.create({ memory: '32M', files: { '/program': OURS }, limits: { mediumMs: 50 } });
    let message = '';
    machine.setCall(1000, async () => {
      if (late) await new Promise((done) => setTimeout(done, 1));
      await machine.snapshot().catch((error: Error) => {
        message = error.message;
      });
      return 3;
    });
    assert.is((await machine.run('/program')).exitCode, 3);
    assert.match(message, late ? /a call has waited 50 ms for the host: pid 2 \(program\)/ : /a handler of setCall asks for a snapshot/);
    assert.ok((await machine.snapshot()).length > 1000);
    await machine.close();
  }
});

/** Maps two pages of /dev/pages shared, adds a byte of the second to one it writes to the first, msyncs, and returns the sum. */
const MAPPER = elf(`
_start: li a0, -100; la a1, path; li a2, 2; li a7, 56; ecall
        mv a4, a0; li a0, 0; li a1, 8192; li a2, 3; li a3, 1; li a5, 0; li a7, 222; ecall
        mv s0, a0
        li t0, 4096; add t0, s0, t0; lbu s1, 7(t0)
        li t1, 5; sb t1, 0(s0)
        mv a0, s0; li a1, 8192; li a2, 4; li a7, 227; ecall
        add a0, a0, s1; li a7, 93; ecall
.data
path:   .asciz "/dev/pages"`);

test('a pager gives pages when they are touched and takes them back when they are synced', async () => {
  const asked: string[] = [];
  const later = (): Promise<void> => new Promise((done) => setTimeout(done, 1));
  const pager: Pager = {
    sizeBytes: 3 * 4096,
    load: async (index) => {
      await later();
      asked.push(`load ${index}`);
      return new Uint8Array(4096).fill(index + 10);
    },
    store: async (index, bytes) => {
      await later();
      asked.push(`store ${index} ${bytes[0]} ${bytes[1]} ${bytes.length}`);
    },
  };
  assert.is(await statusOf(MAPPER, () => undefined, { devices: { '/dev/pages': { memory: pagedMemory(pager) } } }), 11);
  assert.equal(asked, ['load 1', 'load 0', 'store 0 5 10 4096']);
  const failing: Pager = { sizeBytes: 8192, load: () => Promise.reject(new Error('no')) };
  assert.is(await statusOf(MAPPER, () => undefined, { devices: { '/dev/pages': { memory: pagedMemory(failing) } } }), 128 + 7);
});

/** Maps four pages, tells where, touches the bytes that its input names, a page and an offset below 256 each, and adds them up. */
const TOUCHER = elf(`
_start: li a0, 0; li a1, 16384; li a2, 3; li a3, 0x22; li a4, -1; li a5, 0; li a7, 222; ecall
        mv s0, a0
        li a7, 1000; ecall
        li s1, 0
1:      li a0, 0; la a1, pair; li a2, 2; li a7, 63; ecall
        blez a0, 2f
        la t0, pair; lbu t1, 0(t0); lbu t2, 1(t0)
        slli t1, t1, 12; add t1, t1, s0; add t1, t1, t2
        lbu t1, 0(t1); add s1, s1, t1
        j 1b
2:      addi a1, s0, 16; li a0, -100; li a2, 0; addi a0, s1, 0; li a7, 93; ecall
.bss
pair:   .zero 2`);

test('page faults of ordinary memory are answered from outside, once for each page', async () => {
  const machine = await Machine.create({ memory: '32M', files: { '/program': TOUCHER } });
  const asked: string[] = [];
  let base = 0;
  let mapped: (() => void) | undefined;
  const isMapped = new Promise<void>((done) => (mapped = done));
  machine.setCall(1000, ({ args: [at] }) => {
    base = at;
    mapped?.();
    return 0;
  });
  const process = await machine.spawn('/program', [], { stdin: 'pipe' });
  await isMapped;
  const { memory } = process;
  const stop = memory.onFault(base, 3 * 4096, async ({ address, page, access, tid }) => {
    await new Promise((done) => setTimeout(done, 1));
    asked.push(`${(page - base) / 4096} ${address - page} ${access} ${tid === process.pid}`);
    if (page === base) return Uint8Array.from({ length: 200 }, (_, i) => i);
    if (page === base + 4096) return 'zero';
    throw new Error('not this one');
  });
  const writer = process.stdin.getWriter();
  // From outside, and by the program; the fourth page is not watched.
  assert.equal([...(await memory.read(base + 4096 + 5, 2))], [0, 0]);
  await writer.write(Uint8Array.of(0, 50, 0, 7, 1, 9, 3, 0, 0, 250));
  while ((await memory.read('pair', 2))[1] !== 250) await new Promise((done) => setTimeout(done, 1));
  assert.equal(asked, ['1 5 read true', '0 50 read true']);
  assert.throws(() => memory.onFault(base, 4096, () => 'zero'), /EBUSY/);
  assert.throws(() => memory.onFault(base, 4095, () => 'zero'), /EINVAL: not a range of whole pages/);
  assert.throws(() => memory.onFault(base + (64 << 20), 4096, () => 'zero'), /only anonymous memory/);
  await writer.write(Uint8Array.of(2, 1));
  const { signal, report } = await process.exited;
  assert.is(signal, 'SIGBUS');
  assert.is(report?.address, base + 8192 + 1);
  assert.is(asked[2], '2 1 read true');
  stop();
  await machine.close();
});

test('pages that follow may be given, too; a hook taken away is asked nothing; the kernel waits for them, too', async () => {
  const machine = await Machine.create({ memory: '32M', files: { '/program': TOUCHER } });
  const pages: number[] = [];
  machine.setCall(1000, ({ pid, args: [at] }) => {
    const memory = machine.process(pid)?.memory;
    memory?.onFault(at, 4096, () => 'deny')();
    memory?.onFault(at, 4 * 4096, ({ page }) => {
      pages.push((page - at) / 4096);
      return new Uint8Array(3 * 4096).fill(9);
    });
    return 0;
  });
  const { exitCode } = await machine.run('/program', [], { stdin: Uint8Array.of(1, 0, 2, 0, 3, 255, 0, 0) });
  assert.equal([exitCode, pages], [36, [1, 0]]);
  const hooks = new Set<number>();
  machine.setCall(1000, ({ pid, args: [at], user }) => {
    // Called again when the page is there.
    if (!hooks.has(pid)) machine.process(pid)?.memory.onFault(at, 4096, () => Promise.resolve(Uint8Array.of(41)));
    hooks.add(pid);
    return user.read(at, 1)[0];
  });
  assert.is((await machine.run('/program', [], { stdin: Uint8Array.of(0, 0) })).exitCode, 41);
  await machine.close();
});

test('an answer that is none denies', async () => {
  const gone = new Uint8Array(4096);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  for (const answer of [undefined, null, 5, 'all', gone]) {
    const machine = await Machine.create({ memory: '32M', files: { '/program': TOUCHER } });
    machine.setCall(1000, ({ pid, args: [at] }) => {
      machine.process(pid)?.memory.onFault(at, 4096, () => answer as never);
      return 0;
    });
    assert.is((await machine.run('/program', [], { stdin: Uint8Array.of(0, 0) })).signal, 'SIGBUS');
    await machine.close();
  }
});

test('limits: room for files, processes, open files', async () => {
  const machine = await Machine.create({ memory: '32M', limits: { diskBytes: 8192, processes: 2, files: 8 }, files: { '/p': GETPID } });
  const codeOf = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'none',
      (error: { code: string }) => error.code,
    );
  assert.is(await codeOf(machine.fs.writeFile('/big', new Uint8Array(20_000))), 'ENOSPC');
  await machine.close();

  // As many children as may be, until fork refuses; then opens until that does.
  const bomb = elf(`
_start: li s0, 0
1:      li a0, 17; li a1, 0; li a7, 220; ecall
        beqz a0, child
        bltz a0, 2f
        addi s0, s0, 1
        j 1b
2:      li s1, 0
3:      li a0, -100; la a1, path; li a2, 0; li a7, 56; ecall
        bltz a0, 4f
        addi s1, s1, 1
        j 3b
4:      slli a0, s0, 4; add a0, a0, s1; li a7, 93; ecall
child:  li a0, 0; li a1, 0; li a2, 0; li a3, 0; li a4, 0; li a7, 73; ecall
.data
path:   .asciz "/program"`);
  const limits = { processes: 3, files: 8 };
  assert.is(await statusOf(bomb, () => undefined, { limits }), 2 * 16 + 5);
});

test.run();
