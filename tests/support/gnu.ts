import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readElf } from '../../host/debug/elf.js';
import { toolPath } from './tools.js';

/** Runs `body` with a folder that is gone afterwards. */
export function withFolder<T>(body: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-test-'));
  try {
    return body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function runTool(name: string, args: readonly string[]): string {
  const result = spawnSync(toolPath(name) as string, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(`${name} ${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

export interface GnuLine {
  readonly address: number;
  readonly word: number;
  readonly length: number;
  /** mnemonic and operands with one blank between, comments and symbols removed */
  readonly text: string;
}

/** objdump's lines of code for a file. */
export function objdump(path: string, ...options: readonly string[]): GnuLine[] {
  const lines: GnuLine[] = [];
  for (const line of runTool('riscv64-linux-gnu-objdump', ['-d', '-z', ...options, path]).split('\n')) {
    const found = /^\s*([0-9a-f]+):\t([0-9a-f]+)\s*\t(\S+)\s*(.*?)(\s*[#<].*)?$/.exec(line);
    if (found === null) continue;
    const [, address, word, mnemonic, operands] = found;
    const text = operands === '' ? mnemonic : `${mnemonic} ${operands}`;
    lines.push({ address: Number.parseInt(address, 16), word: Number.parseInt(word, 16), length: word.length / 2, text });
  }
  return lines;
}

/** Assembles with the GNU tools, unrelaxed, .text at our assembler's address; returns .text. */
export function gnuText(source: string, textAddress: number, arch: string): Uint8Array {
  return withFolder((folder) => {
    const [input, object, output] = ['a.s', 'a.o', 'a.elf'].map((name) => join(folder, name));
    writeFileSync(input, source);
    runTool('riscv64-linux-gnu-as', [`-march=${arch}`, '-mno-relax', '-mno-arch-attr', input, '-o', object]);
    runTool('riscv64-linux-gnu-ld', ['--no-relax', `-Ttext=0x${textAddress.toString(16)}`, object, '-o', output]);
    const bytes = readFileSync(output);
    const text = readElf(bytes)?.sections.find((s) => s.name === '.text');
    return text === undefined ? new Uint8Array(0) : bytes.subarray(text.offset, text.offset + text.size);
  });
}

/** The -march string with every extension of ours that the installed assembler knows. */
export function gnuArchitecture(): { arch: string; missing: string[] } {
  return withFolder((folder) => {
    const input = join(folder, 'a.s');
    writeFileSync(input, 'nop\n');
    let arch = 'rv64gc_zicsr_zifencei';
    const missing: string[] = [];
    for (const extension of ['zba', 'zbb', 'zbs', 'zicond']) {
      const args = [`-march=${arch}_${extension}`, input, '-o', join(folder, 'a.o')];
      if (spawnSync(toolPath('riscv64-linux-gnu-as') as string, args).status === 0) arch += `_${extension}`;
      else missing.push(extension);
    }
    return { arch, missing };
  });
}
