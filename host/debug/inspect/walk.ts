/** The walk of one address: each level's entry, the frame, what caches the translation, and what an access would come to. */
import { ACCESS_EXEC, ACCESS_READ, ACCESS_WRITE, OBJECT_FILE } from '../../../assembly/shared/exit.js';
import * as L from '../../../assembly/shared/layout.js';
import * as M from '../../../assembly/shared/mman.js';
import { type Vma, vmas } from '../../vfs/backends/proc-maps.js';
import { type Entry, findEntry, homeOf, isSole, kindOf, nameOfVma, permissionsOf, type SpaceView } from './capture.js';
import { PAGE_BYTES } from './pages.js';
import * as R from './records.js';
import type { FrameSnapshot, LevelSnapshot, ObjectPlace, Outcomes, TlbSnapshot, WalkSnapshot, WindowSnapshot } from './snapshot.js';

const SHIFTS = [12, 21, 30] as const;
const hex = (n: number): string => `0x${n.toString(16)}`;

/** First mapping that ends above the address. */
function mappingAt(view: SpaceView, va: number): Vma | undefined {
  for (const vma of vmas(view.source, view.space)) if (vma.end > va) return vma;
  return undefined;
}

export function captureWalk(view: SpaceView, asked: string, address: number, symbol: string | undefined): WalkSnapshot {
  const above = mappingAt(view, address);
  const vma = above !== undefined && above.start <= address ? above : undefined;
  const levels = levelsOf(view, address);
  const entry = address < R.TASK_SIZE ? findEntry(view, address) : undefined;
  const present = entry !== undefined && (entry.pte.bits & R.PTE_V) !== 0;
  return {
    asked,
    address,
    symbol,
    mapping:
      vma === undefined ? undefined : `${hex(vma.start)}-${hex(vma.end)} ${permissionsOf(vma.flags)} ${nameOfVma(view, vma)}`.trimEnd(),
    place: vma === undefined || vma.object === 0 ? undefined : placeIn(view, vma, address),
    levels,
    frame: present ? frameOf(view, entry.pte.frame) : undefined,
    window: windowOf(view, address),
    tlb: tlbOf(view, address),
    outcomes: outcomesOf(view, address, above),
  };
}

function levelsOf(view: SpaceView, va: number): LevelSnapshot[] {
  const levels: LevelSnapshot[] = [];
  if (va >= R.TASK_SIZE) return levels;
  let table = view.root;
  for (let level = 2; level >= 0; level--) {
    const index = Math.floor(va / 2 ** SHIFTS[level]) % R.ENTRIES;
    const at = table * PAGE_BYTES + index * 8;
    const { value, bits, frame } = R.readPte(view.core, at);
    levels.push({ level, index, table, at, pte: value });
    if ((bits & R.PTE_V) === 0 || (bits & R.PTE_RWX) !== 0) break;
    table = frame;
  }
  return levels;
}

function placeIn(view: SpaceView, vma: Vma, va: number): ObjectPlace {
  const page = Math.floor((vma.offset + va - vma.start) / PAGE_BYTES);
  return { handle: vma.object, kind: kindOf(view, vma.object), page, name: nameOfVma(view, vma) };
}

function frameOf(view: SpaceView, number: number): FrameSnapshot {
  const { references, flags, object, index } = R.readFrame(view.core, number);
  const name = object === 0 ? '' : (view.source.mappedFile(object)?.path ?? '');
  return {
    number,
    references,
    flags: R.FRAME_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, text]) => text),
    zero: number === view.zeroFrame,
    object: object === 0 ? undefined : { handle: object, kind: kindOf(view, object), page: index, name },
  };
}

function windowOf(view: SpaceView, va: number): WindowSnapshot {
  const vpn = Math.floor(va / PAGE_BYTES);
  const home = homeOf(view, vpn);
  const at = L.PERMISSIONS + (view.windowSlot - 1) * 2 ** L.PERMISSION_STRIDE_SHIFT + vpn;
  return {
    slot: view.windowSlot === 0 ? undefined : view.windowSlot - 1,
    home: home === 0 ? undefined : home,
    permission: home === 0 ? 0 : view.core.u8[at],
  };
}

function tlbOf(view: SpaceView, va: number): TlbSnapshot {
  const active = view.core.u32[(L.HART + L.HART_SPACE) >>> 2] === view.handle;
  const found = R.readTlb(view.core, Math.floor(va / PAGE_BYTES));
  return { active, ...found, read: active && found.read, write: active && found.write };
}

function outcomesOf(view: SpaceView, va: number, above: Vma | undefined): Outcomes {
  const of = (access: number): string => outcome(view, va, above, access);
  return { load: of(ACCESS_READ), store: of(ACCESS_WRITE), fetch: of(ACCESS_EXEC) };
}

const NO_MAPPING = 'SIGSEGV (SEGV_MAPERR): no mapping';

/** What assembly/mm/fault.ts would decide: asked without doing it. */
function outcome(view: SpaceView, va: number, above: Vma | undefined, access: number): string {
  if (va >= R.TASK_SIZE || above === undefined) return NO_MAPPING;
  if (above.start > va && (above.flags & M.VM_GROWSDOWN) === 0) return NO_MAPPING;
  const needed = access === ACCESS_WRITE ? M.VM_WRITE : access === ACCESS_EXEC ? M.VM_EXEC : M.VM_READ | M.VM_WRITE;
  const grows = above.start > va ? growth(view, above, va) : '';
  if (grows === undefined) return NO_MAPPING;
  if ((above.flags & needed) === 0) return 'SIGSEGV (SEGV_ACCERR): the mapping forbids it';
  if (grows !== '') return `${grows}, then a minor fault: ${access === ACCESS_WRITE ? 'a zeroed frame' : 'the page of zeros'}`;
  const entry = findEntry(view, va);
  const bits = entry === undefined ? 0 : entry.pte.bits & (entry.tableShared ? ~R.PTE_W : ~0);
  const wanted = access === ACCESS_WRITE ? R.PTE_W : access === ACCESS_EXEC ? R.PTE_X : R.PTE_R;
  const marked = entry === undefined ? undefined : markOutcome(above, entry.pte.value, access);
  if (marked !== undefined) return marked;
  const usable = R.PTE_V | R.PTE_U | wanted;
  if ((bits & usable) === usable) return cached(view, va, access) ?? 'no fault: a walk finds the entry';
  const asked = userfault(view, above, va, entry, access);
  if (asked !== undefined) return `a userfaultfd decides: ${asked}`;
  if (above.object !== 0) return objectOutcome(view, above, va, access);
  if (access !== ACCESS_WRITE) return isPresent(entry) ? 'minor fault: permission follows the mapping' : 'minor fault: the page of zeros';
  return isPresent(entry) ? privateStore(view, va) : 'minor fault: a zeroed frame';
}

/** What a userfaultfd that has the mapping would be told; undefined: nothing. */
function userfault(view: SpaceView, vma: Vma, va: number, entry: Entry | undefined, access: number): string | undefined {
  if (isPresent(entry)) {
    const guarded = (vma.flags & M.VM_UFFD_WP) !== 0 && (entry.pte.bits & R.PTE_UFFD_WP) !== 0;
    return guarded && access === ACCESS_WRITE ? 'the page is write-protected' : undefined;
  }
  const index = Math.floor((vma.offset + va - vma.start) / PAGE_BYTES);
  const cachedPage = vma.object !== 0 && view.core.exports.objectPage(vma.object, index) !== 0;
  if (cachedPage) return (vma.flags & M.VM_UFFD_MINOR) !== 0 ? 'the object has the page, no entry maps it' : undefined;
  return (vma.flags & M.VM_UFFD_MISSING) !== 0 ? 'the page is missing' : undefined;
}

/** undefined: the stack may not reach down to there. Bounds as growStack has them; the gap to the mapping below is Linux's, too. */
function growth(view: SpaceView, stack: Vma, va: number): string | undefined {
  const page = va - (va % PAGE_BYTES);
  if (stack.end - page > view.core.readU64(view.handle + R.SPACE_STACK_LIMIT) || page < M.MMAP_MIN) return undefined;
  let below: Vma | undefined;
  for (const vma of vmas(view.source, view.space)) if (vma.end <= stack.start) below = vma;
  const counts = below !== undefined && (below.flags & M.VM_GROWSDOWN) === 0 && (below.flags & (M.VM_READ | M.VM_WRITE | M.VM_EXEC)) !== 0;
  if (counts && below !== undefined && page - below.end < R.STACK_GUARD) return undefined;
  return `the stack grows by ${(stack.start - page) / PAGE_BYTES} pages`;
}

/** undefined: no mark, or one that counts as nothing. */
function markOutcome(vma: Vma, pte: number, access: number): string | undefined {
  switch (R.markKind(pte)) {
    case R.MARK_SWAP:
      return `major fault: read back from swap slot ${R.markValue(pte)}`;
    case R.MARK_POISON:
      return 'SIGBUS (BUS_MCEERR_AR): the page is poisoned';
    case R.MARK_GUARD:
      return 'SIGSEGV (SEGV_MAPERR): a guard';
    case R.MARK_UFFD_WP:
      return access === ACCESS_WRITE && (vma.flags & M.VM_UFFD_WP) !== 0
        ? 'a userfaultfd decides: the page is write-protected before it is there'
        : undefined;
    default:
      return undefined;
  }
}

const isPresent = (entry: Entry | undefined): entry is Entry => entry !== undefined && (entry.pte.bits & R.PTE_V) !== 0;

/** Why an access needs no walk; undefined: it does. */
function cached(view: SpaceView, va: number, access: number): string | undefined {
  if (access === ACCESS_EXEC) return 'no fault';
  const { permission } = windowOf(view, va);
  if ((permission & (access === ACCESS_WRITE ? L.PERM_WRITE : L.PERM_READ)) !== 0) return 'no fault: the window byte allows it';
  const tlb = tlbOf(view, va);
  return (access === ACCESS_WRITE ? tlb.write : tlb.read) ? 'no fault: the TLB has it' : undefined;
}

function privateStore(view: SpaceView, va: number): string {
  const entry = findEntry(view, va);
  if (entry === undefined) return 'minor fault: a zeroed frame';
  if (entry.pte.frame === view.zeroFrame) return 'minor fault: a zeroed frame in place of the page of zeros';
  const record = R.readFrame(view.core, entry.pte.frame);
  if (isSole(record, entry.sharers)) return 'minor fault: nobody else has the page any more, it becomes writable';
  const table = entry.sharers > 1 ? `; first a table of its own (${entry.sharers} spaces have this one)` : '';
  return `copy-on-write fault: the page is copied (${holders(record, entry.sharers)})${table}`;
}

function holders(record: R.FrameRecord, sharers: number): string {
  if (record.object !== 0) return "it is the page cache's";
  const others = record.references + sharers - 2;
  return others === 1 ? '1 other mapping has it' : `${others} other mappings have it`;
}

function objectOutcome(view: SpaceView, vma: Vma, va: number, access: number): string {
  const entry = findEntry(view, va);
  const offset = vma.offset + (va - (va % PAGE_BYTES)) - vma.start;
  const mapped = isPresent(entry);
  const own = mapped && R.readFrame(view.core, entry.pte.frame).object === 0;
  if (!own && offset >= view.core.exports.objectSize(vma.object)) return 'SIGBUS (BUS_ADRERR): beyond the end of the file';
  const shared = (vma.flags & M.VM_SHARED) !== 0;
  if (mapped) {
    if (access !== ACCESS_WRITE) return 'minor fault: permission follows the mapping';
    return shared ? 'minor fault: the page is marked dirty' : privateStore(view, va);
  }
  const kind = kindOf(view, vma.object);
  const isCached = view.core.exports.objectPage(vma.object, offset / PAGE_BYTES) !== 0;
  if (!isCached && needsReading(view, vma.object))
    return `major fault: the page is read from the file${access === ACCESS_WRITE && !shared ? ', then copied' : ''}`;
  if (!isCached && kind === 'device') return 'SIGBUS (BUS_ADRERR): beyond the device';
  const page = isCached ? 'the page is in the cache' : 'a zeroed page of the object';
  if (access !== ACCESS_WRITE) return `minor fault: ${page}`;
  return shared ? `minor fault: ${page}, marked dirty` : `copy-on-write fault: ${page}, and is copied`;
}

/** Files in memory have no medium: what is absent is zero. */
function needsReading(view: SpaceView, object: number): boolean {
  return view.core.u32[(object + R.OBJECT_KIND) >>> 2] === OBJECT_FILE;
}
