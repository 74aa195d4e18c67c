/** Measures as text. */
import type { SystemConfig } from './config.js';
import type { Measures } from './engine.js';
import type { Attributed, Share } from './results.js';

const count = (n: number): string => n.toLocaleString('en-US');
const per = (n: number, of: number): string => (of === 0 ? '-' : ((100 * n) / of).toFixed(n / of < 0.001 ? 4 : 2));

export interface Derived {
  /** Misses of all levels per thousand instructions. */
  readonly walksPerKiloInstruction: number;
  readonly referencesPerWalk: number;
  readonly cyclesPerInstruction: number;
  /** Memory that the TLBs of a level cover for data, bytes. */
  readonly reachBytes: readonly number[];
}

const SIZE_BYTES = { '4K': 4096, '64K': 65536, '2M': 2 << 20, '1G': 1 << 30 } as const;

export function derive(config: SystemConfig, measures: Measures): Derived {
  const { instructions, walks, references, cycles } = measures;
  const levels = Math.max(...config.tlbs.map((tlb) => tlb.level));
  const size = config.promoteAfter > 0 ? '2M' : config.pageSize;
  const reachBytes = Array.from({ length: levels }, (_, i) => {
    const tlb = config.tlbs.find((one) => one.level === i + 1 && one.serves !== 'instructions' && one.sizes.includes(size));
    return tlb === undefined ? 0 : tlb.entries * SIZE_BYTES[size];
  });
  const ratio = (n: number, of: number): number => (of === 0 ? 0 : n / of);
  return {
    walksPerKiloInstruction: 1000 * ratio(walks.all, instructions),
    referencesPerWalk: ratio(references, walks.all),
    cyclesPerInstruction: ratio(cycles, instructions),
    reachBytes,
  };
}

/** One system, some lines. */
export function measuresText(config: SystemConfig, measures: Measures): string {
  const { accesses, instructions, levels, walks, references, found, pages, cycles, walkCycles } = measures;
  const derived = derive(config, measures);
  const lines: [string, string][] = [];
  lines.push(['instructions', `${count(instructions)}; ${count(accesses.loads)} loads, ${count(accesses.stores)} stores`]);
  for (const { level, side, lookups, misses } of levels) {
    const named = config.tlbs.filter((tlb) => tlb.level === level && (tlb.serves === 'both' || tlb.serves === side));
    if (lookups === 0 || named.length === 0) continue;
    const name = named.map((tlb) => tlb.name).join(' + ');
    lines.push([`L${level} ${side}`, `${count(misses)} of ${count(lookups)} missed (${per(misses, lookups)} %): ${name}`]);
  }
  lines.push(['walks', `${count(walks.all)} (${derived.walksPerKiloInstruction.toFixed(3)} per 1,000 instructions)`]);
  const places = found.map((n, i) => `${count(n)} ${i === found.length - 1 ? 'from memory' : `in L${i + 1}`}`);
  lines.push(['entries read', `${count(references)} (${derived.referencesPerWalk.toFixed(2)} a walk): ${places.join(', ')}`]);
  if (measures.hostReferences > 0) lines.push(['', `${count(measures.hostReferences)} of them of the host's tables`]);
  lines.push([
    'cycles',
    `${count(cycles)} (${derived.cyclesPerInstruction.toFixed(4)} per instruction), ${count(walkCycles)} of them walking`,
  ]);
  lines.push(['pages', `${count(pages)} touched, ${count(measures.tablePages)} of page tables`]);
  if (measures.osCycles > 0) {
    const swapping = measures.evictions > 0 ? ', swapping' : '';
    lines.push(['system', `${count(measures.osCycles)} cycles for faults${swapping} and dropped translations`]);
  }
  if (measures.victimHits > 0) lines.push(['victims', `${count(measures.victimHits)} hits among them`]);
  if (measures.prefetches > 0) lines.push(['prefetched', `${count(measures.prefetches)} pages`]);
  if (measures.bitUpdates > 0) lines.push(['A and D', `${count(measures.bitUpdates)} times set in an entry`]);
  if (measures.refusals > 0) lines.push(['refused', `${count(measures.refusals)} promotions, for want of 2 MiB in one piece`]);
  if (measures.evictions > 0) {
    const [gone, wrote, read] = [measures.evictions, measures.swapWrites, measures.swapReads].map(count);
    lines.push(['swap', `${gone} pages had to go, ${wrote} of them written, ${read} read again`]);
  }
  if (measures.promotions > 0) lines.push(['promoted', `${count(measures.promotions)} regions of 2 MiB`]);
  if (measures.switches + measures.drops > 0)
    lines.push(['changes', `${count(measures.switches)} switches of address space, ${count(measures.drops)} translations dropped`]);
  return `${config.name}\n${lines.map(([name, value]) => `  ${name.padEnd(15)} ${value}\n`).join('')}`;
}

const ROWS_SHOWN = 10;

/** Who caused the walks of a system: the first rows of each list. */
export function attributedText({ system, functions, mappings, calls }: Attributed): string {
  const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string => {
    const shown = rows.slice(0, ROWS_SHOWN).map((row) => row.map((cell) => (typeof cell === 'number' ? count(cell) : cell)));
    const all = [head, ...shown];
    const widths = head.map((_, i) => Math.max(...all.map((row) => row[i].length)));
    const rest = rows.length > ROWS_SHOWN ? `  and ${count(rows.length - ROWS_SHOWN)} more\n` : '';
    const line = (row: readonly string[]): string =>
      `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}\n`;
    return all.map(line).join('') + rest;
  };
  const shares = (what: string, rows: readonly Share[]): string =>
    table(
      [what, 'loads, stores', 'walks', 'cycles'],
      rows.map(({ name, accesses, walks, cycles }) => [name, accesses, walks, cycles]),
    );
  const heads = ['system call', 'calls', 'pages', 'dropped', 'refaults', 'walks', 'cycles'];
  const rows = calls.map((call) => [call.name, call.calls, call.resident, call.drops, call.refaults, call.walks, call.cycles]);
  const called = rows.length === 0 ? '' : table(heads, rows);
  return `walks of ${system}, by who caused them\n${shares('function', functions)}\n${shares('mapping', mappings)}\n${called}`;
}
