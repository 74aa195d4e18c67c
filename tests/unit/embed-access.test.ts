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
