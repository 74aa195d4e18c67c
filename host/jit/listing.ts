/** A region for people to read: guest instructions, what each became, and the region's exits. */
import * as C from '../../assembly/shared/compiled.js';
import { disassemble } from '../debug/disassemble.js';
import { IMPORTS, type Marks, type Site, type TranslateOptions } from './context.js';
import { Bytes, encodeModule } from './encoder.js';
import { type Block, type CodeSource, endsWithInstruction, successors } from './region.js';
import { type Translated, translate } from './translate.js';
import { REGION_TYPE } from './types.js';

/** A compiled region: its guest instructions, its exits, its Wasm. */
export interface RegionListing {
  /** Address of the entry. */
  readonly pc: number;
  /** Guest instructions in the order in which they were translated; one that was copied into several places is there several times. */
  readonly guest: readonly { readonly pc: number; readonly word: number; readonly depth: number }[];
  readonly pages: readonly number[];
  readonly exits: readonly Site[];
  /** Instructions that must be left of a slice to enter it. */
  readonly fuel: number;
  /** A module with this region alone, as it is executed. */
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** The same with a `nop` before what each guest instruction became, in the order of `guest`, and names of locals. */
  readonly marked: Uint8Array<ArrayBuffer>;
}

export interface ListingText {
  /** What an address is called: "main+0x12". */
  readonly symbol?: (address: number) => string | undefined;
  /** Wasm's text format of a module, a line per instruction; without it the text is the guest's code only. */
  readonly wasmText?: (wasm: Uint8Array) => string;
}

/** What SITE_* mean to who reads them. */
export const EXIT_TEXTS: readonly string[] = [
  'goes on',
  'jumps to an address in a register',
  'fuel is used up',
  'the window does not have the page so, or there is no code for the instruction',
  'the TLB does not know the page',
  'operands that Wasm computes differently',
  'the result may be the first that is inexact',
  'another rounding mode than "to nearest"',
  'a system call',
];

export function listRegion(
  entry: Block,
  translated: Translated,
  source: CodeSource,
  options: Omit<TranslateOptions, 'operands' | 'marks'>,
): RegionListing {
  const marks: Marks = { addresses: [], locals: new Map() };
  const marked = translate(entry, { ...options, marks });
  const depths = depthsOf(entry);
  return {
    pc: entry.pc,
    guest: marks.addresses.map((pc) => ({ pc, word: source.word(pc) as number, depth: depths.get(pc) ?? 0 })),
    pages: translated.pages,
    exits: translated.sites,
    fuel: translated.fuel,
    wasm: encodeModule(REGION_TYPE, [translated.body], IMPORTS),
    marked: withNames(encodeModule(REGION_TYPE, [marked.body], IMPORTS), marks.locals),
  };
}

/** Into how many calls merged into the region an instruction's function is: that of its outermost copy. */
function depthsOf(entry: Block): Map<number, number> {
  const depths = new Map<number, number>();
  const seen = new Set<Block>([entry]);
  for (const block of seen) {
    const placed =
      (block.end.kind === 'branch' || block.end.kind === 'return') && endsWithInstruction(block)
        ? [...block.insns, block.end.at]
        : block.insns;
    for (const { pc } of placed) depths.set(pc, Math.min(depths.get(pc) ?? block.instance.depth, block.instance.depth));
    for (const next of successors(block)) seen.add(next);
  }
  return depths;
}

/** With a name section (WebAssembly, appendix "Custom Sections") for the locals of its function. */
function withNames(wasm: Uint8Array<ArrayBuffer>, locals: ReadonlyMap<number, string>): Uint8Array<ArrayBuffer> {
  const map = new Bytes();
  map.u32(1);
  map.u32(IMPORTS.length);
  map.u32(locals.size);
  for (const [local, name] of [...locals].sort(([a], [b]) => a - b)) {
    map.u32(local);
    map.text(name);
  }
  const names = new Bytes();
  names.text('name');
  names.byte(2);
  names.u32(map.length);
  names.bytes(map.view());
  const out = new Bytes();
  out.bytes(wasm);
  out.byte(0);
  out.u32(names.length);
  out.bytes(names.view());
  return out.view().slice();
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** The text of a region: with `wasmText` it is Wasm's text format, the guest's instructions in its comments. */
export function regionText(region: RegionListing, { symbol, wasmText }: ListingText = {}): string {
  const named = (address: number): string => {
    const name = symbol?.(address);
    return name === undefined ? hex(address) : `${hex(address)} <${name}>`;
  };
  const lines = [
    `;; region ${named(region.pc)}`,
    `;; guest instructions: ${region.guest.length}, pages: ${region.pages.length}, bytes of Wasm: ${region.wasm.length}`,
    `;; it is entered when ${region.fuel} instructions are left`,
    ';;',
    ';; exits: instructions executed and accesses made since they were last counted',
    ...region.exits.map((exit, i) => {
      const where = exit.kind === C.SITE_DYNAMIC ? '' : ` ${named(exit.pc)}`;
      return `;; ${String(i).padStart(4)}${where}  ${exit.instructions} ${exit.accesses}  ${EXIT_TEXTS[exit.kind]}`;
    }),
    '',
  ];
  const guest = guestLines(region, symbol);
  if (wasmText === undefined) return `${[...lines, ...guest].join('\n')}\n`;
  let next = 0;
  for (const line of wasmText(region.marked).trimEnd().split('\n')) {
    const indent = /^( *)nop$/.exec(line)?.[1];
    lines.push(indent === undefined ? line : `${indent}${guest[next++]}`);
  }
  return `${lines.join('\n')}\n`;
}

function guestLines(region: RegionListing, symbol: ListingText['symbol']): string[] {
  return region.guest.map(({ pc, word, depth }) => {
    const name = symbol?.(pc);
    const place = name === undefined ? pc.toString(16) : `${pc.toString(16)} <${name}>`;
    return `;; ${'> '.repeat(depth)}${place}:  ${disassemble(word, pc, { symbol })}`;
  });
}
