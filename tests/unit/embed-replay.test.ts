/** Page faults as events; deterministic machines: the same state at the same position, however they are run. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type FaultEvent, Machine, type MachineOptions } from '../../host/index-node.js';
import { elf, RESTLESS } from '../support/assembled.js';

/** Reads a page, writes it, forks, and the child writes it again; then a load from nowhere. */
const TOUCH = elf(`
_start: la s0, pages
        li t0, 4096
        add s0, s0, t0
        ld a0, 0(s0)
        sd s0, 8(s0)
        li a0, 17; li a1, 0; li a7, 220; ecall
        bnez a0, parent
        sd s0, 16(s0)
        li a0, 0; li a7, 93; ecall
parent: li a1, 0; li a2, 0; li a3, 0; li a7, 260; ecall
        ld a0, 8(zero)
.bss
pages:  .zero 12288`);

const OPTIONS: MachineOptions = { memory: '32M', deterministic: true };

test('page faults as they happen', async () => {
  const machine = await Machine.create({ memory: '32M', files: { '/touch': TOUCH } });
  const faults: FaultEvent[] = [];
  machine.on('fault', (fault) => faults.push(fault));
  const process = await machine.spawn('/touch');
  await machine.pause();
  const page = process.memory.locate('pages') + 4096;
  machine.resume();
  assert.is((await process.exited).signal, 'SIGSEGV');
  const seen = faults.filter(({ address }) => Math.floor(address / 4096) === Math.floor(page / 4096));
  assert.equal(
    seen.map(({ pid, access, outcome }) => `${pid} ${access} ${outcome}`),
    ['2 read mapped', '2 write zero', '3 write copy'],
  );
  assert.equal(
    faults.filter(({ outcome }) => outcome === 'signal').map(({ address }) => address),
    [8],
  );
  assert.ok(faults.some(({ access, outcome }) => access === 'execute' && outcome !== 'signal'));
  await machine.close();
});

/** Runs it in pieces; the states at some positions, and the output. */
async function states(pieces: () => number, positions: readonly number[], options: MachineOptions = OPTIONS): Promise<string[]> {
  const machine = await Machine.create({ ...options, files: { '/restless': RESTLESS } });
  await machine.pause();
  const chunks: string[] = [];
  const process = await machine.spawn('/restless', [], {
    stdout: (bytes) => chunks.push(Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')),
  });
  const hashes: string[] = [];
  for (const position of positions) {
    while (machine.position < position) await machine.step(Math.min(pieces(), position - machine.position));
    hashes.push(machine.stateHash());
  }
  machine.resume();
  await process.exited;
  while (machine.pids.length > 0) await new Promise((done) => setTimeout(done, 1));
  await machine.close();
  return [...hashes, chunks.join()];
}

test('deterministic: two runs, and one in other pieces, are the same; another seed is not', async () => {
  const positions = [100, 5000, 20_000, 60_000, 100_000];
  const whole = await states(() => Number.POSITIVE_INFINITY, positions);
  assert.is(new Set(whole).size, positions.length + 1);
  assert.is(whole.at(-1)?.length, 4 * 10 * 48 + 39);
  assert.equal(await states(() => Number.POSITIVE_INFINITY, positions), whole);
  let n = 1;
  assert.equal(await states(() => (n = (n * 7 + 3) % 1000) + 1, positions), whole);
  assert.equal(await states(() => 100_000, positions, { ...OPTIONS, jit: false }), whole);
  const other = await states(() => 100_000, positions, { ...OPTIONS, deterministic: { seed: 2 } });
  assert.ok(other.every((value, i) => value !== whole[i]));
});

test('a real program in a deterministic machine: time is what was executed', async () => {
  const program = readFileSync('examples/bin/fork-cow.elf');
  const outputs: string[] = [];
  for (let round = 0; round < 2; round++) {
    const machine = await Machine.create({ ...OPTIONS, files: { '/bin/fork-cow': program } });
    const { text } = await machine.run('fork-cow');
    outputs.push(`${text} ${machine.position} ${machine.stats().instructions}`);
    await machine.close();
  }
  assert.is(outputs[0], outputs[1]);
});

test.run();
