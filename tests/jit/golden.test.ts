/**
 * What chosen regions become, as text: tests/jit/golden/NAME.txt. A change of the compiler shows as a difference to review:
 *
 *   PAGEWALK_UPDATE=1 npx tsx tests/jit/golden.test.ts
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble, formatDiagnostic } from '../../host/asm/index.js';
import { loadWasmText } from '../../host/cli/jit-dump.js';
import { readElf, SymbolMap } from '../../host/debug/elf.js';
import { Jit } from '../../host/jit/jit.js';
import { type RegionListing, regionText } from '../../host/jit/listing.js';
import { Hart, RW, RWX } from '../support/hart.js';

const DATA = 0x200000;

interface Golden {
  /** What it shows. */
  readonly title: string;
  /** The region is the one that begins at `hot`. */
  readonly source: string;
  /** It is compiled when it was seen for so long, not at once. */
  readonly threshold?: number;
}

const GOLDENS: Readonly<Record<string, Golden>> = {
  sum: {
    title: 'a loop over an array: one check per access, one counter, no registers in memory',
    source: `
hot:  lw a3, 0(a0)
      add a2, a2, a3
      addi a0, a0, 4
      bne a0, a1, hot
      ecall`,
  },
  span: {
    title: 'several accesses through one register share a check of the whole range',
    source: `
hot:  ld a3, 0(a0)
      ld a4, 8(a0)
      sd a4, 0(a0)
      sd a3, 8(a0)
      addi a0, a0, 16
      bltu a0, a1, hot
      ecall`,
  },
  call: {
    title: 'a callee in the region of its caller: the return is a comparison',
    source: `
hot:  mv a0, s1
      call square
      add s2, s2, a0
      addi s1, s1, -1
      bnez s1, hot
      ecall
square:
      mul a0, a0, a0
      ret`,
  },
  branches: {
    title: 'a condition in a loop: structured, no dispatch',
    source: `
hot:  andi t0, a0, 1
      beqz t0, even
      slli t1, a0, 1
      add a0, a0, t1
      addi a0, a0, 1
      j next
even: srli a0, a0, 1
next: addi a1, a1, 1
      li t2, 1
      bne a0, t2, hot
      ecall`,
  },
  float: {
    title: 'double precision by Wasm, NX sticky',
    source: `
hot:  fld fa1, 0(a0)
      fmul.d fa1, fa1, fa1
      fadd.d fa0, fa0, fa1
      addi a0, a0, 8
      bne a0, a1, hot
      ecall`,
  },
  atomic: {
    title: 'an atomic operation in a loop',
    source: `
hot:  addi a1, a1, -1
      amoadd.w a3, a2, (a0)
      bnez a1, hot
      ecall`,
  },
  switch: {
    title: 'where a jump by register has been seen to lead is in the region',
    threshold: 80_000,
    source: `
hot:  andi a2, s1, 1
      slli a2, a2, 3
      la a3, case
      add a2, a2, a3
      jr a2
case: addi a0, a0, 1
      j next
      addi a0, a0, 3
      nop
next: addi s1, s1, -1
      bnez s1, hot
      ecall`,
  },
  straight: {
    title: 'no loop: registers are loaded when they are needed and written through',
    source: `
hot:  addi sp, sp, -16
      sd ra, 8(sp)
      sd s0, 0(sp)
      add s0, a0, a1
      xor a0, s0, a2
      ecall`,
  },
};

async function regionOf({
  source,
  threshold = 1,
}: Golden): Promise<{ region: RegionListing; symbol: (address: number) => string | undefined }> {
  const { elf, errors } = assemble(`.globl _start\n_start: nop\n${source}\n`);
  assert.ok(elf, errors.map(formatDiagnostic).join('\n'));
  const file = readElf(elf as Uint8Array);
  const section = file?.sections.find(({ name }) => name === '.text');
  if (elf === undefined || file === undefined || section === undefined) throw new Error('no .text');
  const hot = file.symbols.find(({ name }) => name === 'hot')?.address as number;
  const hart = await Hart.create({ jit: false });
  const regions: RegionListing[] = [];
  // What engines may have or not is fixed.
  new Jit(hart.core, { threshold, fused: true, tailCalls: true, onRegion: (list) => regions.push(list()) });
  hart.map(section.address & -4096, 1, RWX);
  hart.map(DATA, 4, RW);
  hart.write(section.address, elf.slice(section.offset, section.offset + section.size));
  hart.setX(2, BigInt(DATA + 8192));
  hart.setX(10, BigInt(DATA));
  hart.setX(11, BigInt(DATA + 64));
  hart.setX(9, BigInt(5 * threshold));
  // What was never decoded is not compiled.
  for (const pc of [hot - 4, hot]) {
    hart.pc = pc;
    hart.run(60 * threshold);
  }
  const region = regions.find(({ pc }) => pc === hot);
  if (region === undefined) throw new Error(`no region at ${hot.toString(16)}, but ${regions.map(({ pc }) => pc.toString(16))}`);
  const symbols = new SymbolMap(file.symbols);
  return { region, symbol: (address) => symbols.name(address) };
}

/** Without what is the same for all: imports, and how a region leaves. */
function excerpt(text: string): string {
  const lines = text.split('\n');
  const [from, to] = [
    lines.findIndex((line) => line.startsWith('  (func (;')),
    lines.findLastIndex((line) => /^ +unreachable$/.test(line)),
  ];
  return [...lines.slice(0, lines.indexOf('(module')), ...lines.slice(from, to)].join('\n');
}

for (const [name, golden] of Object.entries(GOLDENS)) {
  test(`${name}: ${golden.title}`, async () => {
    const { region, symbol } = await regionOf(golden);
    const text = `;; ${golden.title}\n${excerpt(regionText(region, { symbol, wasmText: await loadWasmText() }))}\n`;
    const path = `tests/jit/golden/${name}.txt`;
    if (process.env.PAGEWALK_UPDATE === '1') writeFileSync(path, text);
    assert.is(text, existsSync(path) ? readFileSync(path, 'utf8') : '');
  });
}

test.run();
