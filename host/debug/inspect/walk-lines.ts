/** A walk in sentences: the same for text and picture. */
import { PERM_READ, PERM_WRITE } from '../../../assembly/shared/layout.js';
import { hex, plural, pteBitsText, pteText } from './format.js';
import { PAGE_BYTES } from './pages.js';
import * as R from './records.js';
import type { FrameSnapshot, LevelSnapshot, ObjectPlace, TlbSnapshot, WalkSnapshot, WindowSnapshot } from './snapshot.js';

/** Name and text of each line. */
export type Line = readonly [name: string, text: string];

const BIT_MEANINGS: readonly (readonly [number, string])[] = [
  [R.PTE_R, 'readable'],
  [R.PTE_W, 'writable'],
  [R.PTE_X, 'executable'],
  [R.PTE_U, "the user's"],
  [R.PTE_G, 'global'],
  [R.PTE_A, 'accessed'],
  [R.PTE_D, 'dirty'],
];

const MARK_NAMES: ReadonlyMap<number, string> = new Map([
  [R.MARK_POISON, 'poisoned'],
  [R.MARK_GUARD, 'guard'],
  [R.MARK_UFFD_WP, 'no page, write-protected by a userfaultfd once there is one'],
]);

/** What an entry says, in words. `last`: it stands in a last-level table. */
export function describePte({ level, pte }: LevelSnapshot): string {
  const bits = pte % 1024;
  const number = Math.floor(pte / 1024);
  if (pte === 0) return level === 0 ? 'nothing: never touched, or given back' : 'nothing: no table below';
  if ((bits & R.PTE_V) === 0) {
    const kind = R.markKind(pte);
    const soft = (bits & R.PTE_SOFT) !== 0 ? ', soft-dirty' : '';
    const guarded = (bits & R.PTE_UFFD_WP) !== 0 ? ', write-protected by a userfaultfd' : '';
    const what = kind === R.MARK_SWAP ? `swapped out to slot ${R.markValue(pte)}` : MARK_NAMES.get(kind);
    return `mark: ${what ?? `kind ${kind}, value ${R.markValue(pte)}`}${soft}${guarded}`;
  }
  if (level > 0 && (bits & R.PTE_RWX) === 0) {
    return `table ${hex(number)}${(bits & R.PTE_SHARED) !== 0 ? ', shared since a fork (no W below holds)' : ''}`;
  }
  const meanings = BIT_MEANINGS.filter(([bit]) => (bits & bit) !== 0).map(([, text]) => text);
  if ((bits & R.PTE_RWX) === 0) meanings.unshift('kept from everybody (PROT_NONE)');
  if ((bits & R.PTE_SOFT) !== 0) meanings.push('soft-dirty');
  if (level === 0 && (bits & R.PTE_UFFD_WP) !== 0) meanings.push('write-protected by a userfaultfd');
  return `frame ${hex(number)}${level > 0 ? ' of 2 MiB' : ''}: ${meanings.join(', ')}`;
}

/** "VPN[2] 0, VPN[1] 0, VPN[0] 0x10, offset 0x234" */
export function splitText(address: number): string {
  const field = (shift: number): string => hex(Math.floor(address / 2 ** shift) % 512);
  return `VPN[2] ${field(30)}, VPN[1] ${field(21)}, VPN[0] ${field(12)}, offset ${hex(address % PAGE_BYTES)}`;
}

export function walkTitle(walk: WalkSnapshot): string {
  const known = walk.symbol ?? (walk.asked === hex(walk.address) ? undefined : walk.asked);
  return `${hex(walk.address)}${known === undefined ? '' : ` (${known})`}`;
}

export function walkLines(walk: WalkSnapshot): Line[] {
  if (walk.address >= R.TASK_SIZE) {
    return [
      ['address', `not the user's: those end at ${hex(R.TASK_SIZE)}`],
      ['any access', walk.outcomes.load],
    ];
  }
  const lines: Line[] = [
    ['address', splitText(walk.address)],
    ['mapping', walk.mapping ?? 'none'],
  ];
  if (walk.place !== undefined) lines.push(['object', `${objectText(walk.place)}, file offset ${hex(byteOf(walk.place, walk.address))}`]);
  for (const level of walk.levels) lines.push([`level ${level.level}`, levelText(level)], ['', describePte(level)]);
  if (walk.frame !== undefined) {
    lines.push(['frame', frameText(walk.frame)]);
    lines.push(['physical', `${hex(walk.frame.number * PAGE_BYTES + (walk.address % PAGE_BYTES))} in linear memory`]);
  }
  lines.push(['window', windowText(walk.window, walk.frame)], ['TLB', tlbText(walk.tlb)]);
  lines.push(['load', walk.outcomes.load], ['store', walk.outcomes.store], ['fetch', walk.outcomes.fetch]);
  return lines;
}

function byteOf(place: ObjectPlace, address: number): number {
  return place.page * PAGE_BYTES + (address % PAGE_BYTES);
}

export function levelText({ index, table, at, pte }: LevelSnapshot): string {
  return `table ${hex(table)} [${hex(index)}] at ${hex(at)}: ${pteText(pte)}  ${pteBitsText(pte)}`;
}

function objectText({ handle, kind, name, page }: ObjectPlace): string {
  return `${name === '' ? `${kind} ${hex(handle)}` : name} page ${page}`;
}

export function frameText({ number, references, flags, zero, object }: FrameSnapshot): string {
  if (zero) return `${hex(number)}: the page of zeros, which everybody reads and nobody counts`;
  const whose = object === undefined ? 'anonymous' : `of ${objectText(object)}`;
  return [`${hex(number)}: ${plural(references, 'reference')}`, whose, ...flags].join(', ');
}

export function windowText({ slot, home, permission }: WindowSnapshot, frame: FrameSnapshot | undefined): string {
  if (slot === undefined) return 'none: all slots are taken';
  if (home === undefined) return `slot ${slot} does not reach so far`;
  const letters = `${permission & PERM_READ ? 'r' : '-'}${permission & PERM_WRITE ? 'w' : '-'}`;
  const place = frame === undefined ? '' : frame.number === home ? ' (the page is at home)' : ' (the page lies elsewhere)';
  return `slot ${slot}, home frame ${hex(home)}${place}, permission byte ${letters}`;
}

export function tlbText({ active, entry, read, write, address }: TlbSnapshot): string {
  if (!active) return 'another space runs';
  const has = read && write ? 'loads and stores' : read ? 'loads' : write ? 'stores' : '';
  return `entry ${entry}: ${has === '' ? 'not this page' : `this page for ${has}, at ${hex(address)}`}`;
}
