/** ELF headers: what is accepted, and that every lie is found before anything is mapped. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ENOEXEC } from '../../assembly/shared/errno.js';
import { SysError } from '../../host/linux/error.js';
import { type ElfFile, parseElf } from '../../host/loader/elf.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';

interface Header {
  type?: number;
  flags?: number;
  offset?: bigint;
  address?: bigint;
  fileBytes?: bigint;
  memoryBytes?: bigint;
}

const LOAD: Header = { type: 1, flags: 5, offset: 0n, address: 0x10000n, fileBytes: 0x200n, memoryBytes: 0x200n };

/** A small valid program; `change` may then break it. */
function makeElf(headers: readonly Header[] = [LOAD], change: (view: DataView, bytes: Uint8Array) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(0x1000);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 243, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, 0x10080n, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, headers.length, true);
  headers.forEach((h, i) => {
    const at = 64 + i * 56;
    view.setUint32(at, h.type ?? 1, true);
    view.setUint32(at + 4, h.flags ?? 5, true);
    view.setBigUint64(at + 8, h.offset ?? 0n, true);
    view.setBigUint64(at + 16, h.address ?? 0n, true);
    view.setBigUint64(at + 32, h.fileBytes ?? 0n, true);
    view.setBigUint64(at + 40, h.memoryBytes ?? 0n, true);
  });
  change(view, bytes);
  return bytes;
}

function parse(bytes: Uint8Array): ElfFile {
  return parseElf(
    (offset, length) => bytes.subarray(Math.min(offset, bytes.length), Math.min(offset + length, bytes.length)),
    bytes.length,
  );
}

function refused(bytes: Uint8Array, why: RegExp): void {
  try {
    parse(bytes);
  } catch (error) {
    assert.instance(error, SysError);
    assert.is((error as SysError).errno, ENOEXEC);
    assert.match((error as SysError).detail, why);
    return;
  }
  assert.unreachable(`accepted, expected: ${why}`);
}

test('a static program', () => {
  const elf = parse(makeElf());
  assert.is(elf.entry, 0x10080);
  assert.is(elf.interpreter, undefined);
  assert.equal(elf.segments, [{ flags: 5, offset: 0, address: 0x10000, fileBytes: 0x200, memoryBytes: 0x200 }]);
  assert.is(elf.headerAddress, 0x10040);
  assert.is(elf.executableStack, false);
});

test('interpreter, stack flags, program headers by PT_PHDR', () => {
  const headers = [
    { type: 6, address: 0x20040n },
    { type: 3, offset: 0x400n, fileBytes: 8n, memoryBytes: 8n },
    LOAD,
    { type: 0x6474e551, flags: 7 },
  ];
  const elf = parse(makeElf(headers, (_view, bytes) => bytes.set(new TextEncoder().encode('/lib/ld\0'), 0x400)));
  assert.is(elf.interpreter, '/lib/ld');
  assert.is(elf.executableStack, true);
  assert.is(elf.headerAddress, 0x20040);
});

test('what is not for this machine says so', () => {
  refused(new Uint8Array([0x7f, 0x45, 0x4c]), /not an ELF/);
  refused(makeElf().subarray(0, 40), /truncated/);
  refused(
    makeElf([LOAD], (view) => view.setUint16(18, 62, true)),
    /x86-64/,
  );
  refused(
    makeElf([LOAD], (view) => view.setUint16(18, 999, true)),
    /machine 999/,
  );
  refused(
    makeElf([LOAD], (_view, bytes) => bytes.set([1], 4)),
    /32-bit/,
  );
  refused(
    makeElf([LOAD], (_view, bytes) => bytes.set([2], 5)),
    /little-endian/,
  );
  refused(
    makeElf([LOAD], (view) => view.setUint16(16, 1, true)),
    /object file/,
  );
  refused(
    makeElf([LOAD], (view) => view.setUint32(48, 8, true)),
    /RV64E/,
  );
});

test('program headers are bounded', () => {
  refused(makeElf([]), /no program headers/);
  refused(
    makeElf([LOAD], (view) => view.setUint16(56, 100, true)),
    /too many/,
  );
  refused(
    makeElf([LOAD], (view) => view.setBigUint64(32, 0xffffn, true)),
    /truncated/,
  );
  refused(
    makeElf([LOAD], (view) => view.setBigUint64(32, 0xffff_ffff_ffff_ffffn, true)),
    /truncated/,
  );
  refused(
    makeElf([LOAD], (view) => view.setUint16(54, 32, true)),
    /size of a program header/,
  );
});

test('segments are bounded', () => {
  refused(makeElf([{ ...LOAD, type: 4 }]), /nothing to load/);
  refused(makeElf([{ ...LOAD, fileBytes: 0x300n }]), /larger in the file/);
  refused(makeElf([{ ...LOAD, fileBytes: 0x2000n, memoryBytes: 0x2000n }]), /beyond the end of the file/);
  refused(makeElf([{ ...LOAD, memoryBytes: 0xffff_ffff_ffffn }]), /address space/);
  refused(makeElf([{ ...LOAD, address: 0xffff_ffff_ffff_0000n }]), /address space/);
  refused(makeElf([{ ...LOAD, address: 0x10008n }]), /cannot be mapped/);
  refused(makeElf([LOAD, { ...LOAD, offset: 0x100n, address: 0x10100n }]), /overlap/);
  refused(makeElf([{ ...LOAD, address: 0x20000n }, LOAD]), /out of order/);
});

test('interpreter names are bounded', () => {
  const interp = (fileBytes: bigint): Header[] => [{ type: 3, offset: 0x400n, fileBytes, memoryBytes: fileBytes }, LOAD];
  refused(makeElf(interp(1n)), /interpreter/);
  refused(makeElf(interp(0x2000n)), /interpreter/);
  refused(
    makeElf(interp(8n), (_view, bytes) => bytes.fill(65, 0x400, 0x410)),
    /interpreter/,
  );
});

test('random changes never get past the checks unnoticed', () => {
  const random = new Random(fuzzSeed(7));
  for (let i = 0; i < fuzzRounds(3000); i++) {
    const bytes = makeElf([LOAD, { ...LOAD, flags: 6, offset: 0x300n, address: 0x11300n, memoryBytes: 0x5000n }]);
    for (let n = 0; n < 4; n++) bytes[random.below(200)] = random.below(256);
    try {
      const elf = parse(bytes);
      for (const s of elf.segments) {
        assert.ok(s.offset + s.fileBytes <= bytes.length && s.fileBytes <= s.memoryBytes);
        assert.ok(s.address + s.memoryBytes <= 2 ** 38 && Number.isSafeInteger(s.address));
      }
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
    }
  }
});

test.run();
