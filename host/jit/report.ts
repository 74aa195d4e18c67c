/** What the compiler did, for people: --jit-stats. */
import * as C from '../../assembly/shared/compiled.js';
import { EXIT_TEXTS } from './listing.js';
import type { JitSnapshot, LiveRegion } from './stats.js';

/** Names a guest address: "main+0x12 of lua5.4". */
export type NameOf = (pc: number) => string | undefined;

const REGIONS_SHOWN = 20;
/** Of a region those exits are shown that are at least so large a share of its entries. */
const EXIT_SHARE = 0.05;

const count = (value: number): string => value.toLocaleString('en-US');
const share = (part: number, whole: number): string => (whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`);

function place(pc: number, nameOf: NameOf): string {
  const name = nameOf(pc);
  return name === undefined ? `0x${pc.toString(16)}` : `0x${pc.toString(16)} ${name}`;
}

/** Lines of text. */
export function jitReport(jit: JitSnapshot, nameOf: NameOf = () => undefined): string[] {
  const { executed, executedCompiled, live } = jit;
  const left = jit.exits.reduce((sum, n) => sum + n, 0);
  const instructions = live.reduce((sum, region) => sum + region.instructions, 0);
  const lines = [
    'compiled code',
    `  executed   ${share(executedCompiled, executed)} of ${count(executed)} instructions`,
    `  pages      ${count(jit.pages)} made, of ${count(jit.pageInstructions)} instructions`,
    `             ${count(jit.pageBytes)} bytes of Wasm in ${count(jit.modules)} modules`,
    `  jumped     ${count(jit.jumps)} times from region to region`,
    `  regions    ${count(jit.regions)} made, ${count(jit.remade)} made again in another way`,
    `             ${count(jit.promoted)} made again as a whole`,
    `             ${count(jit.removed)} removed, ${count(jit.refused)} refused`,
    `  live       ${count(live.length)} of ${count(instructions)} guest instructions, ${count(jit.liveBytes)} bytes of Wasm`,
    `  compiling  ${(jit.compileMs / 1000).toFixed(3)} s`,
    `  left       ${count(left)} times for the interpreter${left === 0 ? '' : ', because'}`,
  ];
  const kinds = jit.exits.map((n, kind) => ({ n, kind })).filter(({ n }) => n > 0);
  for (const { n, kind } of kinds.sort((a, b) => b.n - a.n)) lines.push(`  ${count(n).padStart(13)}  ${EXIT_TEXTS[kind]}`);
  const busy = [...live].filter(weight).sort((a, b) => weight(b) - weight(a));
  if (busy.length > 0)
    lines.push('', 'regions by how often they were entered or left (not by other regions)', '      entries  instructions  where');
  for (const region of busy.slice(0, REGIONS_SHOWN)) lines.push(...regionLines(region, nameOf));
  return lines;
}

function weight({ entered, exits }: LiveRegion): number {
  return Math.max(entered, ...exits.map(({ taken }) => taken));
}

function regionLines(region: LiveRegion, nameOf: NameOf): string[] {
  const { entered, exits, instructions, pc } = region;
  const lines = [`${count(entered).padStart(13)}${count(instructions).padStart(14)}  ${place(pc, nameOf)}`];
  const often = exits.filter(({ kind, taken }) => kind >= C.SITE_SLOW && taken > 0 && taken >= EXIT_SHARE * entered);
  for (const { pc: at, kind, taken } of often.sort((a, b) => b.taken - a.taken))
    lines.push(`${count(taken).padStart(27)}  left at ${place(at, nameOf)}: ${EXIT_TEXTS[kind]}`);
  return lines;
}
