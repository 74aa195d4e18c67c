/** A process's address space as data: mappings, page tables, walks. */
import {
  SPACE_STAT_COW_FAULTS,
  SPACE_STAT_MAJOR_FAULTS,
  SPACE_STAT_MINOR_FAULTS,
  SPACE_STAT_RESIDENT_PEAK,
} from '../../../assembly/shared/stat.js';
import type { Core } from '../../core/core.js';
import type { Process } from '../../kernel/process.js';
import { captureMappings, captureTables, viewSpace } from './capture.js';
import type { ProcessSnapshot, WalkSnapshot } from './snapshot.js';
import type { AddressText, Symbols } from './symbols.js';
import { captureWalk } from './walk.js';

/** An address that is to be walked, as it was asked for. */
export interface WantedWalk {
  readonly text: string;
  readonly address: AddressText;
}

/** `runs`: its registers are in the hart. Addresses whose symbols nobody knows are put into `unknown`. */
export function captureProcess(
  process: Process,
  symbols: Symbols,
  runs: boolean,
  wanted: readonly WantedWalk[],
  unknown: string[],
): ProcessSnapshot {
  const view = viewSpace(process);
  const { exports } = view.core;
  const stat = (which: number): number => exports.spaceStat(view.handle, which);
  const { pc } = view.core;
  const walks: WalkSnapshot[] = [];
  for (const { text, address } of wanted) {
    const at = symbols.find(process, address) ?? (runs ? registerOf(view.core, address) : undefined);
    if (at === undefined || at < 0) unknown.push(text);
    else walks.push(captureWalk(view, text, at, symbols.name(process, at)));
  }
  return {
    pid: process.pid,
    parent: process.parent?.pid ?? 0,
    name: process.executable.path,
    threads: process.threads.size,
    pc: runs ? pc : undefined,
    mappings: captureMappings(view),
    tables: captureTables(view),
    faults: { minor: stat(SPACE_STAT_MINOR_FAULTS), major: stat(SPACE_STAT_MAJOR_FAULTS), copyOnWrite: stat(SPACE_STAT_COW_FAULTS) },
    residentPeak: stat(SPACE_STAT_RESIDENT_PEAK),
    walks,
    // Last: finding it out reads the file.
    pcSymbol: runs ? symbols.name(process, pc) : undefined,
  };
}

const SP = 2;

/** pc and sp, where no symbol has that name. */
function registerOf(core: Core, { symbol, offset }: AddressText): number | undefined {
  const value = symbol === 'pc' ? core.pc : symbol === 'sp' ? core.reg(SP) : undefined;
  return value === undefined ? undefined : value + offset;
}
