import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type RegionListing, regionText } from '../jit/listing.js';
import type { Process } from '../kernel/process.js';
import { failureText, writeOutput } from './files.js';
import { CliError } from './options.js';
import { complain } from './output.js';

/** Wasm's text format of a module. */
type WasmText = (wasm: Uint8Array) => string;

/** By wabt, which is no dependency of the package; undefined: it is not installed. */
export async function loadWasmText(): Promise<WasmText | undefined> {
  let wabt: Awaited<ReturnType<typeof import('wabt')>>;
  try {
    const { default: load } = (await import('wabt')) as unknown as { default: typeof import('wabt') };
    wabt = await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return undefined;
  }
  return (wasm) => {
    const module = wabt.readWasm(wasm, { readDebugNames: true, tail_call: true, simd: true, relaxed_simd: true });
    try {
      module.applyNames();
      return module.toText({});
    } finally {
      module.destroy();
    }
  };
}

/** --jit-dump: a file for each region in a folder, in the order in which they are made. */
export class JitDump {
  #count = 0;

  private constructor(
    private readonly folder: string,
    private readonly wasmText: WasmText | undefined,
  ) {}

  static async open(folder: string): Promise<JitDump> {
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw new CliError(1, `--jit-dump: ${folder}: ${failureText(error)}`);
    }
    const wasmText = await loadWasmText();
    if (wasmText === undefined)
      complain('--jit-dump: wabt is not installed (npm install wabt): no Wasm text, but the bytes in .wasm files');
    return new JitDump(folder, wasmText);
  }

  write(region: RegionListing, process: Process | undefined, nameOf: (address: number) => string | undefined): void {
    const known = new Map<number, string | undefined>();
    const symbol = (address: number): string | undefined => {
      if (!known.has(address)) known.set(address, nameOf(address));
      return known.get(address);
    };
    const name = symbol(region.pc)?.replace(/[^\w.$+@-]/g, '_');
    const number = String(++this.#count).padStart(5, '0');
    const base = join(this.folder, `${number}-${region.pc.toString(16)}${name === undefined ? '' : `-${name.slice(0, 80)}`}`);
    const head = process === undefined ? '' : `;; process ${process.pid} ${process.comm}\n`;
    const text = head + regionText(region, { symbol, wasmText: this.wasmText });
    writeOutput(`${base}.${this.wasmText === undefined ? 'txt' : 'wat'}`, text);
    if (this.wasmText === undefined) writeOutput(`${base}.wasm`, region.wasm);
  }
}
