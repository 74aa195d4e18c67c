/** Whose accesses, walks and cycles: by function, and by mapping (file, heap, stack, anonymous memory). */
import { Functions, type ProfiledFunction } from '../../debug/functions.js';
import { nameOfVma, viewSpace } from '../../debug/inspect/capture.js';
import type { Kernel } from '../../kernel/kernel.js';
import type { Process } from '../../kernel/process.js';
import { vmas } from '../../vfs/backends/proc-maps.js';
import type { Share } from '../results.js';

interface Sum {
  fetches: number;
  accesses: number;
  walks: number;
  cycles: number;
}

const emptySum = (): Sum => ({ fetches: 0, accesses: 0, walks: 0, cycles: 0 });

/** What is known of a process's addresses until its mappings change. */
interface Known {
  readonly functions: Map<number, Sum>;
  readonly mappings: Map<number, Sum>;
}

/** Rows of a result. */
const ROWS_MAX = 200;

export class Attribution {
  readonly #functions: Functions;
  readonly #byFunction = new Map<ProfiledFunction, Sum>();
  readonly #byMapping = new Map<string, Sum>();
  /** Of the latest instructions. */
  #latest: readonly Sum[] = [];
  #known = new WeakMap<object, Known>();

  constructor(private readonly kernel: Kernel) {
    this.#functions = new Functions(kernel);
  }

  /** Mappings have changed. */
  forget(): void {
    this.#known = new WeakMap();
  }

  fetched(pc: number, count: number, walks: number, cycles: number): void {
    const process = this.kernel.cpu.loaded?.process;
    // A process's last instructions are told of when it is gone.
    if (process !== undefined && !process.exiting) this.#latest = [this.#functionOf(process, pc), this.#mappingOf(process, pc)];
    for (const sum of this.#latest) {
      sum.fetches += count;
      sum.walks += walks;
      sum.cycles += cycles;
    }
  }

  accessed(pc: number, address: number, walks: number, cycles: number): void {
    const process = this.kernel.cpu.loaded?.process;
    if (process === undefined) return;
    for (const sum of [this.#functionOf(process, pc), this.#mappingOf(process, address)]) {
      sum.accesses++;
      sum.walks += walks;
      sum.cycles += cycles;
    }
  }

  #knownOf(process: Process): Known {
    let known = this.#known.get(process.space);
    if (known === undefined) this.#known.set(process.space, (known = { functions: new Map(), mappings: new Map() }));
    return known;
  }

  #functionOf(process: Process, pc: number): Sum {
    const { functions } = this.#knownOf(process);
    let sum = functions.get(pc);
    if (sum === undefined) {
      const found = this.#functions.at(process, pc);
      sum = this.#byFunction.get(found) ?? emptySum();
      this.#byFunction.set(found, sum);
      functions.set(pc, sum);
    }
    return sum;
  }

  #mappingOf(process: Process, address: number): Sum {
    const { mappings } = this.#knownOf(process);
    const page = Math.floor(address / 4096);
    let sum = mappings.get(page);
    if (sum === undefined) {
      const name = this.#nameAt(process, address);
      sum = this.#byMapping.get(name) ?? emptySum();
      this.#byMapping.set(name, sum);
      mappings.set(page, sum);
    }
    return sum;
  }

  #nameAt(process: Process, address: number): string {
    const view = viewSpace(process);
    for (const vma of vmas(view.source, view.space)) {
      if (address >= vma.end) continue;
      if (address < vma.start) break;
      return nameOfVma(view, vma) || '[anonymous]';
    }
    return '[gone]';
  }

  /** Those that cost most first. */
  functions(): Share[] {
    return ranked([...this.#byFunction].map(([{ name, file }, sum]) => ({ name, file, ...sum })));
  }

  mappings(): Share[] {
    return ranked([...this.#byMapping].map(([name, sum]) => ({ name, ...sum })));
  }
}

function ranked(rows: Share[]): Share[] {
  return rows.sort((a, b) => b.cycles - a.cycles || b.accesses - a.accesses || (a.name < b.name ? -1 : 1)).slice(0, ROWS_MAX);
}
