/**
 * Cores for machines that nobody but us has had in hand. Memory that is allocated anew costs more than a small program: the engine collects
 * garbage for it, and the host hands out its pages one by one. So a core is made again what it was before its first machine, and kept.
 *
 * What a machine can have written: the hart, TLB, staging buffer and fault log; static data; records of compiled code and its tables;
 * window permissions; frames that were in use and their descriptors. assembly/mm/frames.ts: all other frames have descriptors of zeros
 * and are zero themselves.
 */
import * as B from '../../assembly/shared/baseline.js';
import * as C from '../../assembly/shared/compiled.js';
import * as L from '../../assembly/shared/layout.js';
import { Core } from './core.js';
import { allocate } from './memory.js';

/** Cores that wait for a machine, of each module. */
const KEPT_MAX = 2;
/** Machines that have used more than this leave their memory to the engine: 32 MiB of general frames, spans of 2 MiB under windows. */
const GENERAL_FRAMES_MAX = 8192;
const SPANS_MAX = 32;
const SPAN_FRAMES = 512;
const LOW_END = L.PERMISSION_MARKS_END;
const TARGETS_END = C.TARGETS + C.TARGETS_ENTRIES * C.TARGETS_BYTES;
const PIECE_BYTES = 0x8000;
/** An operation for every 2 bytes of a page. */
const OPERATIONS_END = B.OPERATIONS + (L.PAGE_SIZE / 2) * 8;
const NEXT_END = B.NEXT + B.NEXT_ENTRIES * 16;
const DESCRIPTOR_BYTES = 1 << L.DESCRIPTOR_SHIFT;

/** What a core is before anything has been done with it. */
interface Kind {
  readonly globals: readonly (number | bigint)[];
  readonly statics: Uint8Array;
  readonly kept: Core[];
}

const kinds = new WeakMap<WebAssembly.Module, Kind>();

function kindOf(module: WebAssembly.Module, fresh: Core): Kind {
  let kind = kinds.get(module);
  if (kind === undefined) {
    const statics = fresh.u8.slice(L.STATIC_BASE, fresh.exports.staticEnd());
    kinds.set(module, (kind = { globals: fresh.globals.map(({ value }) => value), statics, kept: [] }));
  }
  return kind;
}

/** A core in which nothing has been done; a new one begins with so much memory. */
export async function takeCore(module: WebAssembly.Module, memoryBytes?: number): Promise<Core> {
  const kept = kinds.get(module)?.kept.pop();
  if (kept !== undefined) return kept;
  const core = await Core.create(module, allocate(memoryBytes));
  kindOf(module, core);
  return core;
}

export function takeCoreSync(module: WebAssembly.Module, memoryBytes?: number): Core {
  const kept = kinds.get(module)?.kept.pop();
  if (kept !== undefined) return kept;
  const core = Core.createSync(module, allocate(memoryBytes));
  kindOf(module, core);
  return core;
}

/** Its machine has ended, and nobody can reach it any more but the caller. */
export function giveCore(module: WebAssembly.Module, core: Core): void {
  const kind = kinds.get(module);
  if (kind !== undefined && kind.kept.length < KEPT_MAX && clear(core, kind)) kind.kept.push(core);
}

function clearFrames(u8: Uint8Array, first: number, count: number): void {
  u8.fill(0, first * L.PAGE_SIZE, (first + count) * L.PAGE_SIZE);
}

function clearDescriptors(u8: Uint8Array, first: number, count: number): void {
  u8.fill(0, L.DESCRIPTORS + first * DESCRIPTOR_BYTES, L.DESCRIPTORS + (first + count) * DESCRIPTOR_BYTES);
}

/** Of what is used from its beginning on: as far as there is anything. */
function clearUsed({ u8, u32 }: Core, from: number, end: number): void {
  for (let at = from; at < end; at += PIECE_BYTES) {
    if (!u32.subarray(at >>> 2, (at + PIECE_BYTES) >>> 2).some((word) => word !== 0)) return;
    u8.fill(0, at, at + PIECE_BYTES);
  }
}

/** False: too much of it was used. */
function clear(core: Core, { globals, statics }: Kind): boolean {
  const { exports, u8, u32 } = core;
  const general = exports.framesGeneralEnd() - L.FIRST_FRAME;
  const touched = u8.slice(exports.framesTouched(), exports.framesTouched() + L.FRAME_COUNT / SPAN_FRAMES);
  const spans = [...touched.keys()].filter((span) => touched[span] !== 0 && span >= L.FIRST_WINDOW_FRAME / SPAN_FRAMES);
  if (general > GENERAL_FRAMES_MAX || spans.length > SPANS_MAX) return false;
  clearFrames(u8, L.FIRST_FRAME, general);
  clearDescriptors(u8, L.FIRST_FRAME, general);
  for (const span of spans) {
    const first = span * SPAN_FRAMES;
    for (let frame = first; frame < first + SPAN_FRAMES; frame++) {
      if (u32[(L.DESCRIPTORS + frame * DESCRIPTOR_BYTES + 4) >>> 2] !== 0) clearFrames(u8, frame, 1);
    }
    clearDescriptors(u8, first, SPAN_FRAMES);
  }
  for (let slot = 0; slot < L.WINDOW_SLOTS; slot++) {
    const at = L.PERMISSIONS + (slot << L.PERMISSION_STRIDE_SHIFT);
    if (exports.windowTaken(slot) !== 0) u8.fill(0, at, at + (1 << L.PERMISSION_STRIDE_SHIFT));
  }
  // Records are given out in order, and the first one is never all zeros again.
  const hasRegions = u32[(C.REGIONS + C.REGION_FUEL) >>> 2] !== 0;
  const hasUnits = u32.subarray(B.UNITS >>> 2, (B.UNITS + B.UNITS_MAX * B.UNIT_BYTES) >>> 2).some((word) => word !== 0);
  if (hasRegions) u8.fill(0, C.REGIONS, C.HEAT);
  if (hasRegions || hasUnits) {
    for (let at = core.firstFunction; at < core.table.length; at++) core.table.set(at, null);
  }
  u8.fill(0, C.HEAT, TARGETS_END);
  if (hasUnits) {
    u8.fill(0, B.UNITS, B.UNITS + B.UNITS_MAX * B.UNIT_BYTES);
    u8.fill(0, B.NEXT, NEXT_END);
  }
  u8.fill(0, B.FAST_READ, OPERATIONS_END);
  clearUsed(core, B.ENTRIES, B.ENTRIES_END);
  clearUsed(core, B.BODY, B.BODY_END);
  u8.fill(0, L.HART, LOW_END);
  u8.set(statics, L.STATIC_BASE);
  core.globals.forEach((global, i) => {
    global.value = globals[i];
  });
  core.forgetHost();
  return true;
}
