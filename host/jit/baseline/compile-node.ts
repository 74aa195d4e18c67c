/** Modules of pages under Node: V8 is told to leave them to its baseline compiler. */
import { setFlagsFromString } from 'node:v8';

/**
 * What is compiled meanwhile is compiled at once, and never optimised: what is compiled later is as the flags are then. It does not look
 * whether the stack is full, which tail calls can't make it.
 */
function leaveUnoptimised(leave: boolean): void {
  const no = leave ? 'no-' : '';
  setFlagsFromString(`--${no}wasm-tier-up --${no}wasm-dynamic-tiering --${no}wasm-lazy-compilation --${no}wasm-stack-checks`);
}

/** Pages are large, and what is executed much in them becomes regions: optimising them costs more than running them. */
export function compilePages(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  leaveUnoptimised(true);
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    leaveUnoptimised(false);
  }
}
