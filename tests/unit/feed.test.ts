/** What the page is sent of an address space is what a snapshot has; and where an instruction touches memory. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble } from '../../host/asm/index.js';
import { dataAddress } from '../../host/debug/access.js';
import { captureMappings, viewSpace } from '../../host/debug/inspect/capture.js';
import { type FeedLayout, PageFeed } from '../../host/debug/inspect/feed.js';
import { captureTlb, captureWindow } from '../../host/debug/inspect/translation.js';
import { Machine, type Process, readElf } from '../../host/index.js';

const module = new WebAssembly.Module(readFileSync('dist/core.wasm'));

/** Applies updates as a page does. */
class Mirror {
  layout: FeedLayout | undefined = undefined;
  bits = new Uint16Array(0);
  frames = new Uint32Array(0);
  changed = 0;

  constructor(private readonly feed: PageFeed) {}

  take(): void {
    const update = this.feed.take();
    if (update === undefined) return;
    if (update.layout !== undefined) {
      this.layout = update.layout;
      this.bits = update.bits;
      this.frames = update.frames;
      return;
    }
    const at = update.at ?? new Uint32Array(0);
    this.changed += at.length;
    at.forEach((cell, i) => {
      this.bits[cell] = update.bits[i];
      this.frames[cell] = update.frames[i];
    });
  }

  /** Every mapping with the bits of its pages, absent where it has none. */
  get pages(): string[] {
    let cell = 0;
    return (this.layout?.mappings ?? []).map(({ start, end, permissions, name, spans }) => {
      const bits = new Uint16Array((end - start) / 4096);
      for (const span of spans) {
        bits.set(this.bits.subarray(cell, cell + span.count), span.page);
        cell += span.count;
      }
      return `${start} ${permissions} ${name} ${sum(bits)}`;
    });
  }
}

/** A checksum that tells where bits are. */
function sum(bits: Uint16Array): string {
  let text = '';
  bits.forEach((value, page) => {
    if (value !== 0) text += `${page}:${value} `;
  });
  return text;
}

function snapshotPages(process: Process): string[] {
  return captureMappings(viewSpace(process)).map(({ start, end, permissions, name, runs }) => {
    const bits = new Uint16Array((end - start) / 4096);
    for (const { page, count, bits: value } of runs) bits.fill(value, page, page + count);
    return `${start} ${permissions} ${name} ${sum(bits)}`;
  });
}

for (const program of ['demand-paging', 'fork-writes', 'shared-file', 'private-file', 'stack']) {
  test(`${program}: updates add up to the state, at many points of the run`, async () => {
    const machine = await Machine.create({ module, memory: '64M', jit: false });
    const mirrors = new Map<Process, Mirror>();
    await machine.install('/program', readFileSync(`examples/bin/${program}.elf`));
    await machine.spawn('/program', [], { stdout: 'ignore' });
    await machine.pause();
    let compared = 0;
    do {
      for (const process of machine.bare.kernel.processes.values()) {
        if (process.state !== 'running') continue;
        const mirror = mirrors.get(process) ?? new Mirror(new PageFeed(process));
        mirrors.set(process, mirror);
        mirror.take();
        assert.equal(mirror.pages, snapshotPages(process));
        compared++;
      }
    } while (await machine.step(97));
    await machine.close();
    assert.ok(compared >= 5, `${compared} states`);
    assert.ok([...mirrors.values()].some(({ changed }) => changed > 0));
  });
}

test('what does not fit in is counted', async () => {
  const machine = await Machine.create({ module, memory: '64M' });
  await machine.install('/program', readFileSync('examples/bin/hello.elf'));
  const process = await machine.spawn('/program', [], { stdout: 'ignore' });
  await machine.pause();
  const few = new PageFeed(process.kernelProcess, { cells: 3, mappings: 2 }).take();
  const all = new PageFeed(process.kernelProcess).take();
  assert.is(few?.bits.length, 2);
  assert.is((few?.layout?.mappingsLeft ?? 0) + 2, all?.layout?.mappings.length);
  assert.is(new PageFeed(process.kernelProcess, { cells: 1, mappings: 2 }).take()?.layout?.pagesLeft, 1);
  await machine.close();
});

test('TLB and window: what they hold is what page tables say', async () => {
  const machine = await Machine.create({ module, memory: '64M', jit: false });
  await machine.install('/program', readFileSync('examples/bin/malloc.elf'));
  const process = await machine.spawn('/program', [], { stdout: 'ignore' });
  await machine.pause();
  await machine.step(5000);
  const view = viewSpace(process.kernelProcess);
  const window = captureWindow(view);
  assert.is(window.slot !== undefined && window.runs.length > 0, true);
  const { exports } = machine.bare.core;
  for (const { start, pages, write } of window.runs) {
    for (let page = 0; page < pages; page++) {
      const pte = exports.pteRead(view.handle, start + page * 4096);
      assert.is(Math.floor(pte / 1024), window.frame + start / 4096 + page, 'the frame at home');
      if (write) assert.is((pte & 4) !== 0, true, 'a store is allowed');
    }
  }
  for (const { page, frame } of captureTlb(machine.bare.core)) assert.is(Math.floor(exports.pteRead(view.handle, page) / 1024), frame);
  await machine.close();
});

test('the address of every kind of access', () => {
  const register = (n: number): number => n * 0x10000;
  const cases: readonly (readonly [text: string, address: number | undefined])[] = [
    ['ld a0, -8(a1)', 11 * 0x10000 - 8],
    ['lbu t0, 2047(s1)', 9 * 0x10000 + 2047],
    ['sw a0, -4(t6)', 31 * 0x10000 - 4],
    ['sd ra, 2040(gp)', 3 * 0x10000 + 2040],
    ['fld fa0, 16(a5)', 15 * 0x10000 + 16],
    ['fsw fa0, -16(a7)', 17 * 0x10000 - 16],
    ['amoadd.w a4, s0, (s2)', 18 * 0x10000],
    ['lr.d a0, (a1)', 11 * 0x10000],
    ['add a0, a1, a2', undefined],
    ['beq a0, a1, .', undefined],
    ['c.lw a0, 68(a1)', 11 * 0x10000 + 68],
    ['c.ld a0, 200(a1)', 11 * 0x10000 + 200],
    ['c.sw a0, 124(s0)', 8 * 0x10000 + 124],
    ['c.sd a0, 248(s1)', 9 * 0x10000 + 248],
    ['c.fld fa0, 8(a1)', 11 * 0x10000 + 8],
    ['c.fsd fa0, 64(a1)', 11 * 0x10000 + 64],
    ['c.lwsp a0, 252(sp)', 0x20000 + 252],
    ['c.ldsp a0, 504(sp)', 0x20000 + 504],
    ['c.swsp a0, 196(sp)', 0x20000 + 196],
    ['c.sdsp a0, 392(sp)', 0x20000 + 392],
    ['c.fldsp fa0, 64(sp)', 0x20000 + 64],
    ['c.fsdsp fa0, 72(sp)', 0x20000 + 72],
    ['c.add a0, a1', undefined],
    ['c.addi4spn a0, sp, 16', undefined],
    ['c.j .', undefined],
  ];
  for (const [text, address] of cases) {
    const { elf, errors } = assemble(`_start: ${text}\n`);
    assert.ok(elf, `${text}: ${errors[0]?.message}`);
    const { segments = [], entry = 0 } = readElf(elf as Uint8Array) ?? {};
    const code = segments.find(({ flags }) => (flags & 1) !== 0);
    const bytes = (elf as Uint8Array).subarray(entry - (code?.address ?? 0) + (code?.offset ?? 0));
    const size = (bytes[0] & 3) === 3 ? 4 : 2;
    const word = [...bytes.subarray(0, size)].reduce((value, byte, i) => value + byte * 2 ** (8 * i), 0);
    assert.is(dataAddress(word, register), address, text);
  }
});

test.run();
