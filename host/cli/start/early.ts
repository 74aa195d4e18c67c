/**
 * Linear memory that is allocated before the command is loaded: V8 collects garbage when it has given as much address space away, and there
 * is half as much to be looked at then.
 */
let early: WebAssembly.Memory | undefined;

export function provideMemory(memory: WebAssembly.Memory | undefined): void {
  early = memory;
}

/** For one machine. */
export function takeMemory(): WebAssembly.Memory | undefined {
  const memory = early;
  early = undefined;
  return memory;
}
