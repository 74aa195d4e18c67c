/** What pages of baseline code call: the way from page to page, back to the core, and its help. Written once for a machine. */
import * as B from '../../../assembly/shared/baseline.js';
import * as C from '../../../assembly/shared/compiled.js';
import * as L from '../../../assembly/shared/layout.js';
import type { Core } from '../../core/core.js';
import { X_LOAD, X_STORE } from '../context.js';
import { Code, encodeParts, type FunctionType, I32, I64 } from '../encoder.js';
import { ENTER_TYPE, EXECUTE_TYPE, FIND_TYPE, FUEL_TYPE, GO_TYPE, LEFT_TYPE, PAGE_TYPE, REGION_TYPE } from '../types.js';

/** Types of modules of pages: a page's first, then what it imports. */
export const PAGE_TYPES = [PAGE_TYPE, GO_TYPE, LEFT_TYPE, FUEL_TYPE, FIND_TYPE, EXECUTE_TYPE, ENTER_TYPE];
/** In the order of LINK_*. */
export const PAGE_IMPORTS = [
  { name: 'go', type: 1 },
  { name: 'left', type: 2 },
  { name: 'fuel', type: 3 },
  { name: 'find', type: 4 },
  { name: 'execute', type: 5 },
  { name: 'executeAccess', type: 5 },
  { name: 'enter', type: 6 },
];

/* The module's own imports and types behind those of pages. */
const REGION = PAGE_TYPES.length;
const CORE_FIND = REGION + 1;
const CORE_EXECUTE = REGION + 2;
const IMPORTS = [
  { name: 'jitFind', type: CORE_FIND },
  { name: 'jitExecute', type: CORE_EXECUTE },
  { name: 'jitExecuteAccess', type: CORE_EXECUTE },
];

/** Offset of an address's entry in EXEC_TLB, of 16 bytes, is the address shifted by 8 and masked with this. */
const EXEC_MASK = (L.EXEC_ENTRIES - 1) << 4;

const ADD32 = 0x6a;
const AND32 = 0x71;
const SHL32 = 0x74;
const SHR32 = 0x76;
const WRAP = 0xa7;
const RETURN = 0x0f;

/** What is on the stack, shifted and masked, as LEFT_* are packed. */
function field(code: Code, local: number, shift: number, mask: number): void {
  code.get(local);
  code.i32Const(shift);
  code.op(SHR32);
  code.i32Const(mask);
  code.op(AND32);
}

/** Stores what the core is to know, and returns the exit. The pc is in a local. */
function comeBack(code: Code, count: number, pc: number, kind: () => void): void {
  code.i32Const(0);
  code.get(count);
  code.memory(X_STORE, C.COMPILED + C.COMPILED_COUNT);
  code.i32Const(0);
  code.get(pc);
  code.memory(X_STORE, B.BASELINE_SITE + C.SITE_PC);
  code.i32Const(0);
  kind();
  code.memory(0x3b, B.BASELINE_SITE + C.SITE_KIND);
  code.i32Const(B.BASELINE_SITE);
}

type Compile = (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module;
type Call = (code: Code, type: number) => void;

export const tailCall: Call = (code, type) => code.returnCallIndirect(type);
const callAndReturn: Call = (code, type) => {
  code.callIndirect(type);
  code.op(RETURN);
};

/**
 * Goes on at pc in baseline code, or in a region if `region` says of which type they are, if the core's tables know one at once. `page`:
 * the type of pages in this module.
 */
export function goOn(
  code: Code,
  count: number,
  pc: number,
  slots: number,
  call: Call,
  page: number,
  region?: number,
  remember = false,
): void {
  const [at, word] = [code.local(I32), code.local(I64)];
  code.get(pc);
  code.i64Const(8);
  code.op(0x88);
  code.op(WRAP);
  code.i32Const(EXEC_MASK);
  code.op(AND32);
  code.tee(at);
  code.memory(X_LOAD, L.EXEC_TLB);
  code.get(pc);
  code.i64Const(12);
  code.op(0x88);
  code.i64Const(1);
  code.op(0x7c);
  code.op(0x51);
  code.if();
  code.get(at);
  code.memory(0x28, L.EXEC_TLB + 8);
  code.get(pc);
  code.op(WRAP);
  code.i32Const(L.PAGE_SIZE - 2);
  code.op(AND32);
  code.i32Const(2);
  code.op(SHL32);
  code.op(ADD32);
  code.memory(X_LOAD, 0);
  code.tee(word);
  code.op(WRAP);
  code.i32Const(0xffff);
  code.op(AND32);
  code.tee(at);
  code.i32Const(slots >>> 16);
  code.op(0x46);
  code.if();
  if (remember) rememberNext(code, pc, word, at);
  code.get(word);
  code.op(WRAP);
  code.i32Const(16);
  code.op(SHR32);
  code.get(count);
  code.get(pc);
  code.i64Const(-L.PAGE_SIZE);
  code.op(0x83);
  code.zeroVector();
  code.get(word);
  code.i64Const(32);
  code.op(0x88);
  code.op(WRAP);
  call(code, page);
  code.end();
  if (region !== undefined) {
    code.get(at);
    code.i32Const(slots & 0xffff);
    code.op(0x46);
    code.if();
    enterRegion(
      code,
      count,
      pc,
      at,
      () => windowOf(code),
      () => call(code, region),
    );
    code.end();
  }
  code.end();
}

/** The slot's word leads to a page: pages go there by themselves from now on, until something changes that this depends on. */
function rememberNext(code: Code, pc: number, word: number, at: number): void {
  code.get(pc);
  code.op(WRAP);
  code.i32Const(3);
  code.op(SHL32);
  code.i32Const((B.NEXT_ENTRIES - 1) << 4);
  code.op(AND32);
  code.tee(at);
  code.get(pc);
  code.memory(X_STORE, B.NEXT);
  code.get(at);
  code.i32Const(0);
  code.memory(0x28, C.COMPILED + C.COMPILED_EPOCH);
  code.memory(0x36, B.NEXT + B.NEXT_EPOCH);
  code.get(at);
  code.get(word);
  code.i64Const(32);
  code.op(0x88);
  code.op(WRAP);
  code.i32Const(B.NEXT_SHIFT);
  code.op(SHL32);
  code.get(word);
  code.op(WRAP);
  code.i32Const(16);
  code.op(SHR32);
  code.op(0x72);
  code.memory(0x36, B.NEXT + B.NEXT_TARGET);
  code.get(pc);
  code.i64Const(12);
  code.op(0x88);
  code.op(WRAP);
  code.i32Const(C.BOUND_MASK);
  code.op(AND32);
  code.i32Const(1);
  code.memory(0x3a, C.BOUND_PAGES);
}

/** Calls the region at pc, if jumps have led there before, it is valid, and there is fuel for it; `own` pushes the window's parameters. */
export function enterRegion(code: Code, count: number, pc: number, at: number, own: () => void, call: () => void): void {
  code.get(pc);
  code.op(WRAP);
  code.i32Const(3);
  code.op(SHL32);
  code.i32Const((C.JUMPS_ENTRIES - 1) << 4);
  code.op(AND32);
  code.tee(at);
  code.memory(X_LOAD, C.JUMPS);
  code.get(pc);
  code.op(0x51);
  code.get(at);
  code.memory(0x28, C.JUMPS + C.JUMP_EPOCH);
  code.i32Const(0);
  code.memory(0x28, C.COMPILED + C.COMPILED_EPOCH);
  code.op(0x46);
  code.op(AND32);
  code.get(count);
  code.i64Const(C.JUMP_FUEL * 2 ** C.COUNT_SHIFT);
  code.op(0x5a);
  code.op(AND32);
  code.if();
  code.i32Const(0);
  code.i32Const(0);
  code.memory(0x28, C.COMPILED + C.COMPILED_JUMPS);
  code.i32Const(1);
  code.op(ADD32);
  code.memory(0x36, C.COMPILED + C.COMPILED_JUMPS);
  code.get(count);
  own();
  code.get(at);
  code.memory(0x28, C.JUMPS + C.JUMP_FUNCTION);
  code.get(at);
  code.memory(0x28, C.JUMPS + C.JUMP_FUNCTION);
  call();
  code.end();
}

function windowOf(code: Code): void {
  for (const field of [B.COMPILED_PERMISSIONS, B.COMPILED_BASE]) {
    code.i32Const(0);
    code.memory(0x28, C.COMPILED + field);
  }
}

function finish(code: Code): Uint8Array {
  code.op(0x0b);
  return code.body().view().slice();
}

/** LINK_GO. Without tail calls it always comes back. */
function goBody(slots: number, tail: boolean): Uint8Array {
  const code = new Code(GO_TYPE.parameters);
  if (tail) goOn(code, 0, 1, slots, tailCall, 0, REGION, true);
  comeBack(code, 0, 1, () => code.i32Const(C.SITE_GO));
  return finish(code);
}

/** The address of a place in a page: half its offset is on the stack. */
function pageAddress(code: Code, page: number, pc: number): void {
  code.i32Const(1);
  code.op(SHL32);
  code.op(0xad);
  code.get(page);
  code.op(0x7c);
  code.set(pc);
}

/** LINK_LEFT. */
function leftBody(): Uint8Array {
  const code = new Code(LEFT_TYPE.parameters);
  const [count, page, left] = [0, 1, 2];
  const pc = code.local(I64);
  field(code, left, 0, 2 ** B.LEFT_INSTRUCTIONS_SHIFT - 1);
  pageAddress(code, page, pc);
  code.get(count);
  field(code, left, B.LEFT_INSTRUCTIONS_SHIFT, 2 ** (B.LEFT_ACCESSES_SHIFT - B.LEFT_INSTRUCTIONS_SHIFT) - 1);
  code.op(0xad);
  code.i64Const(C.COUNT_SHIFT);
  code.op(0x86);
  code.op(0x7d);
  field(code, left, B.LEFT_ACCESSES_SHIFT, 2 ** (31 - B.LEFT_ACCESSES_SHIFT) - 1);
  code.op(0xad);
  code.op(0x7c);
  code.set(count);
  comeBack(code, count, pc, () => {
    code.i32Const(C.SITE_CALL);
    code.i32Const(C.SITE_SLOW);
    field(code, left, 31, 1);
    code.op(0x1b);
  });
  return finish(code);
}

/** LINK_FUEL: a region is to be entered, or there is too little fuel. */
function fuelBody(go: number, tail: boolean): Uint8Array {
  const code = new Code(FUEL_TYPE.parameters);
  const [count, page, offset, limit] = [0, 1, 2, 3];
  const pc = code.local(I64);
  code.get(offset);
  pageAddress(code, page, pc);
  code.get(limit);
  code.i32Const(-1);
  code.op(0x46);
  code.if();
  code.get(count);
  code.get(pc);
  code.zeroVector();
  if (tail) code.returnCall(go);
  else {
    code.call(go);
    code.op(RETURN);
  }
  code.end();
  comeBack(code, count, pc, () => code.i32Const(C.SITE_FUEL));
  return finish(code);
}

/** LINK_ENTER: only this module has the table (docs/decisions/0010). Without tail calls nothing calls it. */
function enterBody(call: Call): Uint8Array {
  const code = new Code(ENTER_TYPE.parameters);
  for (const parameter of [0, 1, 2, 4, 3]) code.get(parameter);
  call(code, 0);
  return finish(code);
}

/** Hands on to a function of the core, without the vector. */
function handOn({ parameters }: FunctionType, target: number): Uint8Array {
  const code = new Code(parameters);
  for (let n = 0; n < parameters.length - 1; n++) code.get(n);
  code.call(target);
  return finish(code);
}

/** What the core calls, as if it were a region: goes on at HART_PC. */
function entryBody(slots: number, tail: boolean): Uint8Array {
  const code = new Code(REGION_TYPE.parameters);
  const pc = code.local(I64);
  code.i32Const(0);
  code.memory(X_LOAD, L.HART + L.HART_PC);
  code.set(pc);
  goOn(code, 0, pc, slots, tail ? tailCall : callAndReturn, 0, REGION);
  comeBack(code, 0, pc, () => code.i32Const(C.SITE_GO));
  return finish(code);
}

export interface Links {
  /** What modules of pages import as env, but for the memory. */
  readonly imports: Readonly<Record<string, WebAssembly.ExportValue>>;
  /** For the function table: enters baseline code at HART_PC. */
  readonly entry: WebAssembly.ExportValue;
}

/** Places in the function table, from the first that is for compiled code: what enters baseline code, its units, regions. */
export function firstRegion(firstFunction: number): number {
  return firstFunction + 1 + B.UNITS_MAX;
}

/** Of each core, which may serve several machines, one after the other. */
const known = new WeakMap<WebAssembly.Memory, { jumping?: Links; returning?: Links }>();

export function linksOf(core: Core, tailCalls: boolean, compile: Compile): Links {
  const links = known.get(core.memory) ?? {};
  known.set(core.memory, links);
  if (tailCalls) return (links.jumping ??= makeLinks(core, true, compile));
  return (links.returning ??= makeLinks(core, false, compile));
}

function makeLinks(core: Core, tail: boolean, compile: Compile): Links {
  const { jitFind, jitExecute, jitExecuteAccess, jitSlots } = core.exports;
  const slots = jitSlots() >>> 0;
  const go = IMPORTS.length + B.LINK_GO;
  const module = encodeParts({
    types: [...PAGE_TYPES, REGION_TYPE, { parameters: [I64, I32], results: [I32] }, { parameters: [I64], results: [I32] }],
    imports: IMPORTS,
    functions: [
      { type: 1, body: goBody(slots, tail) },
      { type: 2, body: leftBody() },
      { type: 3, body: fuelBody(go, tail) },
      { type: 4, body: handOn(FIND_TYPE, 0) },
      { type: 5, body: handOn(EXECUTE_TYPE, 1) },
      { type: 5, body: handOn(EXECUTE_TYPE, 2) },
      { type: 6, body: enterBody(tail ? tailCall : callAndReturn) },
      { type: REGION, body: entryBody(slots, tail) },
    ],
    table: true,
  });
  const env = { memory: core.memory, table: core.table, jitFind, jitExecute, jitExecuteAccess };
  const { exports } = new WebAssembly.Instance(compile(module), { env });
  return { imports: Object.fromEntries(PAGE_IMPORTS.map(({ name }, i) => [name, exports[String(i)]])), entry: exports[String(B.LINKS)] };
}
