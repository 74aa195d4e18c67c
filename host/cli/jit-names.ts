import { SITE_SLOW } from '../../assembly/shared/compiled.js';
import { disassemble } from '../debug/disassemble.js';
import { ProgramFiles } from '../debug/programs.js';
import { mappedPlace } from '../debug/symbolize.js';
import type { RegionListing } from '../jit/listing.js';
import type { Machine } from '../machine.js';

/** What the addresses of regions are called, asked for while the process is there whose code they are. */
export class RegionNames {
  readonly #machine: Machine;
  readonly #files: ProgramFiles;
  readonly #names = new Map<number, string>();

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#files = new ProgramFiles(machine.env);
  }

  /** "main+0x12", in the process that runs. */
  name(address: number): string | undefined {
    const process = this.#machine.kernel.cpu.loaded?.process;
    const place = process === undefined ? undefined : mappedPlace(this.#machine.kernel, process, address);
    return place === undefined ? undefined : this.#files.name(place);
  }

  /** Keeps the names of a new region's entry and exits, these with their instruction. */
  keep(region: RegionListing): void {
    this.#names.set(region.pc, this.name(region.pc) ?? '');
    for (const { pc, kind } of region.exits) {
      if (kind < SITE_SLOW) continue;
      const at = region.guest.find((placed) => placed.pc === pc);
      const text = at === undefined ? 'without code' : disassemble(at.word, pc);
      this.#names.set(pc, `${this.name(pc) ?? ''} (${text})`.trimStart());
    }
  }

  /** As it was called when a region was last made there. */
  kept(address: number): string | undefined {
    return this.#names.get(address);
  }
}
