/** A machine saved in mid-run and made again goes on as if nothing had happened. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble, Machine, type MachineOptions } from '../../host/index-node.js';

function elf(source: string): Uint8Array {
  const { elf: bytes, errors } = assemble(source);
  assert.equal(errors, []);
  return bytes as Uint8Array;
}

/** Prints ten times: a random byte, the clock's nanoseconds, the pid; sleeps in between and forks twice. */
const RESTLESS = elf(`
_start: li s0, 10
        li a0, 17; li a1, 0; li a7, 220; ecall
        li a0, 17; li a1, 0; li a7, 220; ecall
1:      la a0, text; li a1, 1; li a2, 0; li a7, 278; ecall
        li a0, 1; la a1, text+8; li a7, 113; ecall
        li a7, 172; ecall
        la a1, text; sb a0, 4(a1)
        li a0, 1; li a2, 24; li a7, 64; ecall
        la a0, pause; li a1, 0; li a7, 101; ecall
        li t0, 3000
2:      addi t0, t0, -1
        bnez t0, 2b
        addi s0, s0, -1
        bnez s0, 1b
        li a0, 0; li a7, 93; ecall
.data
.balign 8
pause:  .dword 0, 50000000
text:   .zero 24`);

const OPTIONS: MachineOptions = { memory: '32M', deterministic: true, files: { '/restless': RESTLESS } };

/** A machine at a position, and what it has written since. */
async function at(position: number): Promise<{ machine: Machine; output: string[] }> {
  const machine = await Machine.create(OPTIONS);
  await machine.pause();
  const output: string[] = [];
  await machine.spawn('/restless', [], { stdout: (bytes) => output.push(Buffer.from(bytes).toString('hex')) });
  await machine.step(position);
  output.length = 0;
  return { machine, output };
}

const MORE = 5000;

/** The states after and MORE later, the last position, and all that is written. */
async function goOn(machine: Machine, output: readonly string[]): Promise<object> {
  const states = [machine.stateHash()];
  await machine.step(MORE);
  states.push(machine.stateHash());
  while (await machine.step(1e6));
  const { position } = machine;
  await machine.close();
  return { states, position, output: output.join('') };
}

test('a machine that was saved goes on alike in another process', async () => {
  const { machine, output } = await at(40_000);
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-test-'));
  const file = join(folder, 'saved');
  writeFileSync(file, await machine.snapshot());
  const expected = await goOn(machine, output);
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'tests/support/restore.ts', file, String(MORE)], {
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  assert.equal(stderr, '');
  assert.equal(JSON.parse(stdout), expected);
});

test.run();
