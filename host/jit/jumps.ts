import { FUNCTION, REGION_TYPE } from './context.js';
import { Code, encodeModule } from './encoder.js';

/**
 * What regions go from one to the next by: a function that calls another by its place in the table, its last parameter, and takes the same
 * parameters. Only this one knows the table, so a region that is taken out of it is gone.
 */
export function makeJump(memory: WebAssembly.Memory, table: WebAssembly.Table): (...parameters: (bigint | number)[]) => number {
  const code = new Code(REGION_TYPE.parameters);
  for (let n = 0; n < REGION_TYPE.parameters.length; n++) code.get(n);
  code.get(FUNCTION);
  code.returnCallIndirect(0);
  code.op(0x0b);
  const module = new WebAssembly.Module(encodeModule(REGION_TYPE, [code.body()], [], true));
  return new WebAssembly.Instance(module, { env: { memory, table } }).exports['0'] as () => number;
}

/** For engines without tail calls, where regions return to the core instead. */
export function noJump(): number {
  throw new Error('a region jumps without tail calls');
}
