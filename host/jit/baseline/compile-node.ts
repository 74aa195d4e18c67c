/** Modules of pages under Node: V8 is told which to leave to its baseline compiler, and which to optimise at once. */
import { setFlagsFromString } from 'node:v8';
import type { PageCompiler } from './baseline.js';

/** While they are in force; each can be taken back by `no`. Nothing looks whether the stack is full, which tail calls can't make it. */
const ALWAYS = ['wasm-lazy-compilation', 'wasm-stack-checks'];
/** V8's baseline compiler, and its way to the other one. */
const QUICK = [...ALWAYS, 'wasm-tier-up', 'wasm-dynamic-tiering'];
/** Without that compiler V8 takes back the way to the other one by itself, and does not bring it back: so all are set, in this order. */
const OPTIMISED = [...ALWAYS, 'liftoff', 'wasm-tier-up', 'wasm-dynamic-tiering'];

const set = (flags: readonly string[], no: string): void => setFlagsFromString(flags.map((flag) => `--${no}${flag}`).join(' '));

/** What is compiled meanwhile is compiled at once: what is compiled later is as the flags are then. */
function without(flags: readonly string[], bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  set(flags, 'no-');
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    set(flags, '');
  }
}

/** Pages are large: optimising costs more than running them, but for few. */
export const NODE_PAGES: PageCompiler = {
  quick: (bytes) => without(QUICK, bytes),
  optimised: (bytes) => without(OPTIMISED, bytes),
};
