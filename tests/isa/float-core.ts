/** The floating-point functions alone, compiled into build/ once for every state of their sources. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { HART, HART_FFLAGS } from '../../assembly/shared/layout.js';

export type FloatFunction = (...operands: (bigint | number)[]) => bigint | number;

export interface FloatCore {
  functions: Record<string, FloatFunction>;
  /** Raised flags; assign to preset or clear them. */
  flags: number;
}

const FOLDER = 'build/float';
const OPTIONS = [
  ...['--config', 'none', '--runtime', 'stub', '-O3', '--noAssert', '--importMemory', '--initialMemory', '32', '--memoryBase', '1048576'],
  ...['--use', 'abort=', '--enable', 'simd', '--enable', 'bulk-memory', '--enable', 'sign-extension', '--enable', 'nontrapping-f2i'],
];

function sourceHash(entry: string): string {
  const folder = 'assembly/exec/float';
  const files = [entry, 'assembly/shared/layout.ts', ...readdirSync(folder).map((name) => join(folder, name))];
  const hash = createHash('sha256').update(OPTIONS.join(' '));
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

/** Compiles an AssemblyScript entry and returns the bytes; tests in other processes may do the same at the same time. */
export function compileFloat(entry = 'assembly/exec/float.ts'): Uint8Array<ArrayBuffer> {
  mkdirSync(FOLDER, { recursive: true });
  const path = join(FOLDER, `${sourceHash(entry)}.wasm`);
  if (!existsSync(path)) {
    const own = `${path}.${process.pid}`;
    const asc = spawnSync(process.execPath, ['node_modules/assemblyscript/bin/asc.js', entry, ...OPTIONS, '--outFile', own], {
      encoding: 'utf8',
    });
    if (asc.status !== 0) throw new Error(`asc failed:\n${asc.stdout}${asc.stderr}`);
    renameSync(own, path);
  }
  return new Uint8Array(readFileSync(path));
}

export function loadFloat(entry?: string): FloatCore {
  const memory = new WebAssembly.Memory({ initial: 32 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(compileFloat(entry)), { env: { memory } });
  const view = new Uint32Array(memory.buffer);
  const index = (HART + HART_FFLAGS) / 4;
  return {
    functions: instance.exports as Record<string, FloatFunction>,
    get flags() {
      return view[index];
    },
    set flags(value: number) {
      view[index] = value;
    },
  };
}
