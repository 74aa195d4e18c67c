/**
 * Loads, stores and atomics. The window is linear: an access is right when the permission bytes of the pages it touches allow it,
 * and what does not pass leaves by the shared exit before anything has happened.
 *
 * Nothing takes a permission away while a region runs. So accesses through one base register with different offsets share one check of the
 * whole range ("span") made at the first of them, and later blocks go on using it for as long as the base register is the same.
 */
import * as B from '../../assembly/shared/baseline.js';
import * as C from '../../assembly/shared/compiled.js';
import * as L from '../../assembly/shared/layout.js';
import type { Access } from './access.js';
import { BASE, FIND, PERMISSIONS, type RegionCode } from './context.js';
import { I32 } from './encoder.js';
import type { Insn } from './insn.js';
import type { Placed } from './region.js';
import type { Group, Planned, Roots, Span } from './roots.js';

const DROP = 0x1a;
const ADD = 0x7c;
const SUB = 0x7d;
const AND = 0x83;
const NE = 0x52;
const GT_U = 0x56;
const GE_U = 0x5a;
const SHR_U = 0x88;
const WRAP = 0xa7;

/** Pages that a window can have: addresses of 32 bits. */
const PAGES = 0x100000;

export interface Checked {
  /** A local with a linear address, and what is to be added to it. */
  readonly host: number;
  readonly offset: number;
}

/** Emits the check of an access, unless one made before covers it. */
export function check(
  r: RegionCode,
  { pc, insn }: Placed,
  access: Access,
  roots: Roots,
  group: Group | undefined,
  table: boolean,
  steady: boolean,
): Checked {
  const { root, offset } = roots.of(insn.rs1);
  const at = offset + insn.imm;
  if (table) return { host: checkTable(r, pc, insn, access), offset: 0 };
  const covering = root.spans.find((span) => span.host !== undefined && covers(span, at, at + access.size, access.permission));
  if (covering?.host !== undefined) return { host: covering.host, offset: at - covering.low };
  const host = r.code.local(I32);
  const span: Span =
    group === undefined || group.count === 1 ? { low: at, end: at + access.size, permission: access.permission, host } : { ...group, host };
  const { low, end, permission } = span;
  pushAddress(r, insn.rs1, insn.imm + low - at);
  const full = (): void => (low === at && end === at + access.size ? checkOne(r, pc, access.size, permission) : checkSpan(r, pc, span));
  if (steady) checkNearby(r, r.nearby(insn.rs1, permission), end - low, full);
  else {
    r.code.op(DROP);
    full();
  }
  hostAddress(r, host);
  root.spans.push(span);
  return { host, offset: at - low };
}

const covers = (span: Span, low: number, end: number, permission: number): boolean =>
  span.low <= low && end <= span.end && (span.permission & permission) === permission;

/** An access in a table: the whole of it is checked, so that its address is all that is left to do for the next one. */
export function checkInTable(
  r: RegionCode,
  { pc, insn }: Placed,
  access: Access,
  roots: Roots,
  { base, group }: NonNullable<Planned['inTable']>,
): Checked {
  const { root, offset } = roots.of(base);
  const { low, end, permission } = group;
  if (!root.spans.some((span) => covers(span, low, end, access.permission))) {
    const span = { low, end, permission, host: undefined };
    pushAddress(r, base, low - offset);
    const full = (): void => checkSpan(r, pc, span);
    if (end - low > NEARBY_MAX) checkSame(r, r.nearby(base, permission, low, end), full);
    else checkNearby(r, r.nearby(base, permission), end - low, full);
    root.spans.push(span);
  }
  pushAddress(r, insn.rs1, insn.imm);
  r.code.op(DROP);
  const host = r.scratch(I32);
  hostAddress(r, host);
  r.release(I32, host);
  return { host, offset: 0 };
}

/** What is larger may often lie in two pages. */
const NEARBY_MAX = 256;

/** For registers that keep their value: the address that was found right the last time is compared. It is on the stack. */
function checkSame(r: RegionCode, known: number, full: () => void): void {
  const { code } = r;
  code.get(known);
  code.op(NE);
  code.unlikely();
  code.if();
  full();
  code.get(r.address);
  code.set(known);
  code.end();
}

/**
 * For registers that stay in a page for long: the page that was found right the last time is compared, which is three instructions. The
 * address is on the stack.
 */
function checkNearby(r: RegionCode, page: number, size: number, full: () => void): void {
  const { code } = r;
  code.get(page);
  code.op(ADD);
  code.i64Const(L.PAGE_SIZE - size);
  code.op(GT_U);
  code.unlikely();
  code.if();
  full();
  code.i64Const(0);
  code.get(r.address);
  code.i64Const(-L.PAGE_SIZE);
  code.op(AND);
  code.op(SUB);
  code.set(page);
  code.end();
}

/** The address rs1 + imm, kept in r.address and left on the stack. */
function pushAddress(r: RegionCode, rs1: number, imm: number): void {
  r.getX(rs1);
  if (imm !== 0) {
    r.code.i64Const(imm);
    r.code.op(0x7c);
  }
  r.code.tee(r.address);
}

/** The permission byte of the page of an address (on the stack, 32 bits). */
function permissionByte(r: RegionCode): void {
  r.code.i32Const(12);
  r.code.op(0x76);
  r.code.get(PERMISSIONS);
  r.code.op(0x6a);
  r.code.memory(0x2d, 0);
}

function exitUnless(r: RegionCode, permission: number): void {
  r.code.i32Const(permission);
  r.code.op(0x71);
  if ((permission & (permission - 1)) === 0) r.code.op(0x45);
  else {
    r.code.i32Const(permission);
    r.code.op(0x47);
  }
  r.brExit();
}

function hostAddress(r: RegionCode, host: number): void {
  r.code.get(r.address);
  r.code.op(WRAP);
  r.code.get(BASE);
  r.code.op(0x6a);
  r.code.set(host);
}

/** One access, aligned, so that it lies in one page. */
function checkOne(r: RegionCode, pc: number, size: number, permission: number): void {
  const { code } = r;
  r.name(pc, C.SITE_SLOW);
  code.get(r.address);
  // No rotation: V8's baseline compiler calls a function for it.
  code.i64Const(size - 1 - 2 ** 32);
  code.op(AND);
  code.i64Const(0);
  code.op(NE);
  r.brExit();
  code.get(r.address);
  code.op(WRAP);
  permissionByte(r);
  exitUnless(r, permission);
}

/** A range of at most two pages. */
function checkSpan(r: RegionCode, pc: number, { low, end, permission }: Span): void {
  const { code } = r;
  r.name(pc, C.SITE_SLOW);
  code.get(r.address);
  code.i64Const(12);
  code.op(SHR_U);
  // The page behind the last one is no page of this window.
  code.i64Const(PAGES - 1);
  code.op(GE_U);
  r.brExit();
  code.get(r.address);
  code.op(WRAP);
  permissionByte(r);
  code.get(r.address);
  code.op(WRAP);
  code.i32Const(end - low - 1);
  code.op(0x6a);
  permissionByte(r);
  code.op(0x71);
  exitUnless(r, permission);
}

/** Through the fast TLB (assembly/mm/fasttlb.ts), for code whose data is not at its identity place. */
function checkTable(r: RegionCode, pc: number, insn: Insn, access: Access): number {
  const { code } = r;
  const isStore = access.permission === L.PERM_WRITE;
  const table = isStore ? B.FAST_WRITE : B.FAST_READ;
  const host = r.scratch(I32);
  pushAddress(r, insn.rs1, insn.imm);
  code.i64Const(B.FAST_INDEX_SHIFT);
  code.op(SHR_U);
  code.op(WRAP);
  code.i32Const(B.FAST_MASK);
  code.op(0x71);
  code.tee(host);
  code.memory(0x29, table);
  code.get(r.address);
  code.i64Const(-L.PAGE_SIZE + access.size - 1);
  code.op(AND);
  code.op(NE);
  code.unlikely();
  code.if();
  code.get(r.address);
  code.i32Const(access.size | (isStore ? B.FIND_WRITE : 0));
  r.getZero();
  code.call(FIND);
  code.set(host);
  r.name(pc, C.SITE_TABLE);
  code.get(host);
  code.op(0x45);
  r.brExit();
  code.else();
  code.get(host);
  code.memory(0x28, table + 8);
  code.get(r.address);
  code.op(WRAP);
  code.op(0x6a);
  code.set(host);
  code.end();
  r.release(I32, host);
  return host;
}
