/** Memory that the embedder and processes share: mapped from outside, without a device. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DeviceMemory, type GuestCallError, Machine, type SystemError } from '../../host/index-node.js';
import { elf } from '../support/assembled.js';

const PAGE = 4096;

/** Waits for the end of its input; functions are called meanwhile. */
const SERVER = elf(`
.globl _start, peek, poke, forks
_start: li a0, 0; la a1, byte; li a2, 1; li a7, 63; ecall
        bgtz a0, _start
        li a0, 0; li a7, 93; ecall
peek:   lbu a0, 0(a0)
        ret
poke:   sb a1, 0(a0)
        ret
forks:  mv t3, a0
        li a0, 17; li a1, 0; li a7, 220; ecall
        bnez a0, 1f
        li t0, 77; sb t0, 0(t3)
        li a0, 0; li a7, 93; ecall
1:      li a1, 0; li a2, 0; li a3, 0; li a7, 260; ecall
        ret
.bss
byte:   .zero 1`);

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: SystemError | GuestCallError) => ('code' in error ? error.code : error.signal));

test('what either side stores the other sees, nothing is copied', async () => {
  const machine = await Machine.create({ files: { '/bin/server': SERVER } });
  const one = await machine.spawn('server', [], { stdin: 'pipe' });
  const two = await machine.spawn('server', [], { stdin: 'pipe' });
  const memory = new DeviceMemory(Uint8Array.from({ length: 3 * PAGE - 100 }, (_, i) => i));
  const address = await one.memory.map(memory);
  assert.is(address % PAGE, 0);
  assert.is(await one.call('peek', [address + 5], { returns: 'i32' }), 5);
  memory.bytes[5] = 42;
  assert.is(await one.call('peek', [address + 5], { returns: 'i32' }), 42);
  await one.call('poke', [address + PAGE, 9], { returns: 'void' });
  assert.is(memory.bytes[PAGE], 9);
  assert.equal(memory.takeDirty(), [{ from: PAGE, to: 2 * PAGE }]);
  assert.ok(memory.bytes.buffer === machine.bare.core.memory.buffer);
  const other = await two.memory.map(memory, { readOnly: true });
  assert.is(await two.call('peek', [other + PAGE], { returns: 'i32' }), 9);
  assert.is(await outcome(two.call('poke', [other, 1])), 'SIGSEGV');
  await one.memory.write(address + 1, Uint8Array.of(200));
  assert.equal(await two.memory.read(other, 3), Uint8Array.of(0, 200, 2));
  await one.call('forks', [address + 7], { returns: 'void' });
  assert.is(memory.bytes[7], 77);
  assert.match(String(await machine.fs.readFile(`/proc/${one.pid}/maps`, 'utf8')), /rw-s 00000000 00:[0-9a-f]+ \d+ +anon_inode:\[host\]\n/);
  await machine.close();
});

test('where it is to be; taken away again; with a device; whose it is', async () => {
  const machine = await Machine.create({ files: { '/bin/server': SERVER } });
  const process = await machine.spawn('server', [], { stdin: 'pipe' });
  const memory = new DeviceMemory(PAGE);
  assert.is(await process.memory.map(memory, { address: 0x40000000 }), 0x40000000);
  assert.is(await outcome(process.memory.map(memory, { address: 0x40000000 })), 'EEXIST');
  assert.is(await outcome(process.memory.map(memory, { address: 5 })), 'EINVAL');
  const again = await process.memory.map(memory);
  memory.bytes[0] = 3;
  process.memory.unmap(0x40000000, 1);
  assert.is(await outcome(process.call('peek', [0x40000000])), 'SIGSEGV');
  assert.is(await process.call('peek', [again], { returns: 'i32' }), 3);
  const shown = new DeviceMemory(PAGE);
  await machine.addDevice('/dev/shown', { memory: shown });
  const at = await process.memory.map(shown);
  await machine.fs.writeFile('/dev/shown', 'Q', { flag: 'r+' });
  assert.is(await process.call('peek', [at], { returns: 'i32' }), 81);
  const elsewhere = await Machine.create({ files: { '/bin/server': SERVER } });
  const stranger = await elsewhere.spawn('server', [], { stdin: 'pipe' });
  assert.is(await outcome(stranger.memory.map(memory)), 'EBUSY');
  const large = new DeviceMemory(2 ** 31);
  assert.is(await outcome(stranger.memory.map(large)), 'ENOMEM');
  await elsewhere.close();
  process.killAll();
  await process.exited;
  assert.is(await outcome(process.memory.map(memory)), 'ESRCH');
  await machine.close();
});

test.run();
