/** How regions leave: one function for all of them. */
import * as C from '../../assembly/shared/compiled.js';
import * as L from '../../assembly/shared/layout.js';
import type { Core } from '../core/core.js';
import { enterRegion, firstRegion, goOn, tailCall } from './baseline/links.js';
import { BASE, COUNT, FUNCTION, JUMP_DYNAMIC, JUMP_GO, PERMISSIONS, SITE_BITS, X_LOAD, X_STORE } from './context.js';
import { Code, encodeParts, I32, I64 } from './encoder.js';
import { LEAVE_TYPE, PAGE_TYPE, REGION_TYPE } from './types.js';

/** Sites are 16 bytes apart: what is below that says whether to jump. */
const SITE_MASK = 2 ** SITE_BITS - C.SITE_BYTES;
/** A region's record is at REGIONS + 2^RECORD_SHIFT * its place among regions. */
const RECORD_SHIFT = 7;

/** Of each core, which may serve several machines, one after the other. */
const leaves = new WeakMap<WebAssembly.Memory, { jumping?: WebAssembly.ExportValue; returning?: WebAssembly.ExportValue }>();

/**
 * What regions call last. It has a region's parameters, but its last one is `place in the table << SITE_BITS | site's offset | JUMP_*`. It
 * brings the count up to date and goes to the next region by a tail call, or returns the exit's address to the core.
 *
 * Only this one knows the table, so a region that is taken out of it is gone (docs/decisions/0010). For engines without tail calls, where
 * regions always return to the core, there is no table.
 */
export function leaveOf(core: Core, tailCalls: boolean): WebAssembly.ExportValue {
  const { memory } = core;
  const known = leaves.get(memory) ?? {};
  leaves.set(memory, known);
  if (tailCalls) return (known.jumping ??= makeLeave(core, core.table));
  return (known.returning ??= makeLeave(core));
}

function makeLeave({ memory, firstFunction, exports }: Core, table?: WebAssembly.Table): WebAssembly.ExportValue {
  const code = new Code(LEAVE_TYPE.parameters);
  const [record, at, entry, pc] = [code.local(I32), code.local(I32), code.local(I32), code.local(I64)];
  code.get(FUNCTION);
  code.i32Const(SITE_BITS);
  code.op(0x76);
  code.i32Const(RECORD_SHIFT);
  code.op(0x74);
  code.i32Const(C.REGIONS - (firstRegion(firstFunction) << RECORD_SHIFT));
  code.op(0x6a);
  code.tee(record);
  code.memory(0x28, C.REGION_SITES);
  code.get(FUNCTION);
  code.i32Const(SITE_MASK);
  code.op(0x71);
  code.op(0x6a);
  code.set(at);
  code.get(COUNT);
  code.get(at);
  code.memory(0x33, C.SITE_INSTRUCTIONS);
  code.i64Const(C.COUNT_SHIFT);
  code.op(0x86);
  code.op(0x7d);
  code.get(at);
  code.memory(0x33, C.SITE_ACCESSES);
  code.op(0x7c);
  code.set(COUNT);
  code.i32Const(0);
  code.get(record);
  code.memory(0x36, C.COMPILED + C.COMPILED_REGION);
  if (table !== undefined) jump(code, at, entry, pc, exports.jitSlots());
  code.i32Const(0);
  code.get(COUNT);
  code.memory(X_STORE, C.COMPILED + C.COMPILED_COUNT);
  code.get(at);
  code.op(0x0b);
  const functions = [{ type: 2, body: code.body().view() }];
  const bytes = encodeParts({ types: [REGION_TYPE, PAGE_TYPE, LEAVE_TYPE], imports: [], functions, table: table !== undefined });
  const env: WebAssembly.ModuleImports = table === undefined ? { memory } : { memory, table };
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env }).exports['0'];
}

/**
 * Calls the region for where the exit leads, if it may jump, jumps have led there before, it is valid, and there is fuel for it; or
 * baseline code.
 */
function jump(code: Code, at: number, entry: number, pc: number, slots: number): void {
  code.get(FUNCTION);
  code.i32Const(JUMP_GO | JUMP_DYNAMIC);
  code.op(0x71);
  code.if();
  code.get(at);
  code.memory(X_LOAD, C.SITE_PC);
  code.i32Const(0);
  code.memory(X_LOAD, L.HART + L.HART_PC);
  code.get(FUNCTION);
  code.i32Const(JUMP_GO);
  code.op(0x71);
  code.op(0x1b);
  code.set(pc);
  const own = (): void => {
    code.get(PERMISSIONS);
    code.get(BASE);
  };
  enterRegion(code, COUNT, pc, entry, own, () => code.returnCallIndirect(0));
  // Some come back to the core on their way to baseline code: a region may be worth having there.
  code.get(COUNT);
  code.i64Const(C.COUNT_SHIFT);
  code.op(0x88);
  code.op(0xa7);
  code.i32Const(C.EXIT_SHARE - 1);
  code.op(0x71);
  code.if();
  goOn(code, COUNT, pc, slots, tailCall, 1);
  code.end();
  code.end();
}
