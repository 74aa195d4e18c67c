/**
 * Traces of other tools, taken piece by piece as they are unpacked:
 *
 * - text of Valgrind's lackey (lackey.ts);
 * - ChampSim (inc/trace_instruction.h there): 64 bytes for each instruction: u64 ip, u8 is a branch, u8 taken, 2 and 4 bytes of
 *   registers, u64[2] addresses stored to, u64[4] loaded from, 0: none. They have no sizes, so no access crosses a page's border;
 * - DynamoRIO's drmemtrace as its reader gets it (clients/drcachesim/common/trace_entry.h there; not the raw files before raw2trace):
 * 12 bytes
 *   for each entry: u16 type, u16 size, u64 address. Of one thread, or several one after the other; another process is another
 * address space.
 *
 * Addresses that data of 48 bits can't hold (none of x86-64's user space) are refused.
 */
import { RECORD_SPACES } from '../../assembly/shared/trace.js';
import { isLackey, lackeyLine } from './lackey.js';
import type { RecordWriter } from './records.js';
import { TraceError } from './tracefile.js';

/** Takes a trace's bytes in order. Throws TraceError. */
export interface Importer {
  /** The tool whose trace it is. */
  readonly tool: string;
  push(bytes: Uint8Array): void;
  end(): void;
}

const TWO32 = 2 ** 32;
const ADDRESS_MAX = 2 ** 48;
const LINE_MAX = 4096;
const PAGE = 4096;

/** What a trace that begins so is taken by; undefined: none that is known. */
export function importerOf(start: Uint8Array, writer: RecordWriter): Importer | undefined {
  if (isLackey(new TextDecoder('latin1').decode(start))) return new LackeyText(writer);
  if (isDrmemtrace(start)) return new Entries('dynamorio drmemtrace', 12, drmemtraceEntry(writer), writer);
  if (isChampSim(start)) return new Entries('champsim', CHAMPSIM_BYTES, champSimEntry(writer), writer);
  return undefined;
}

class LackeyText implements Importer {
  readonly tool = 'valgrind lackey';
  readonly #decoder = new TextDecoder('latin1');
  #rest = '';
  #number = 0;

  constructor(private readonly writer: RecordWriter) {}

  push(bytes: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(bytes)).split('\n');
    this.#rest = lines.pop() as string;
    if (this.#rest.length > LINE_MAX) throw new TraceError(`line ${this.#number + 1} is longer than any access`);
    for (const line of lines) lackeyLine(line, ++this.#number, this.writer);
  }

  end(): void {
    if (this.#rest !== '') lackeyLine(this.#rest, ++this.#number, this.writer);
    this.writer.end();
  }
}

/** Takes an entry at a place of a view; number: of the entry, from 0. */
type TakeEntry = (view: DataView, at: number, number: number) => void;

/** Entries of one size. */
class Entries implements Importer {
  #rest = new Uint8Array(0);
  #number = 0;

  constructor(
    readonly tool: string,
    private readonly size: number,
    private readonly take: TakeEntry,
    private readonly writer: RecordWriter,
  ) {}

  push(bytes: Uint8Array): void {
    let all = bytes;
    if (this.#rest.length > 0) {
      all = new Uint8Array(this.#rest.length + bytes.length);
      all.set(this.#rest);
      all.set(bytes, this.#rest.length);
    }
    const view = new DataView(all.buffer, all.byteOffset, all.length);
    let at = 0;
    for (; at + this.size <= all.length; at += this.size) this.take(view, at, this.#number++);
    this.#rest = all.slice(at);
  }

  end(): void {
    if (this.#rest.length > 0)
      throw new TraceError(`the trace is cut off in entry ${this.#number}: ${this.#rest.length} bytes of ${this.size}`);
    this.writer.end();
  }
}

function addressAt(view: DataView, at: number, number: number): number {
  const address = view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO32;
  if (address >= ADDRESS_MAX) throw new TraceError(`entry ${number}: address 0x${address.toString(16)} is out of range`);
  return address;
}

const CHAMPSIM_BYTES = 64;
const CHAMPSIM_STORES = 16;
const CHAMPSIM_LOADS = 32;

/** It has no mark of its own: nothing but instructions that are possible, most of them near the one before. */
function isChampSim(start: Uint8Array): boolean {
  const entries = Math.floor(start.length / CHAMPSIM_BYTES);
  const view = new DataView(start.buffer, start.byteOffset, start.length);
  let near = 0;
  let last = -1;
  for (let i = 0; i < entries; i++) {
    const at = i * CHAMPSIM_BYTES;
    if (view.getUint8(at + 8) > 1 || view.getUint8(at + 9) > 1 || view.getUint16(at + 6, true) > 0xff00 + 255) return false;
    for (let field = 0; field < CHAMPSIM_BYTES; field += 8) {
      const high = view.getUint16(at + field + 6, true);
      if (field !== 8 && high !== 0 && high !== 0xffff) return false;
    }
    const ip = view.getUint32(at, true) + view.getUint16(at + 4, true) * TWO32;
    if (ip === 0) return false;
    if (Math.abs(ip - last) < 1 << 20) near++;
    last = ip;
  }
  return entries > 0 && (entries < 4 || near * 2 >= entries);
}

function champSimEntry(writer: RecordWriter): TakeEntry {
  return (view, at, number) => {
    writer.fetch(addressAt(view, at, number));
    for (let field = CHAMPSIM_LOADS; field < CHAMPSIM_BYTES; field += 8) {
      const address = addressAt(view, at + field, number);
      if (address !== 0) writer.load(address);
    }
    for (let field = CHAMPSIM_STORES; field < CHAMPSIM_LOADS; field += 8) {
      const address = addressAt(view, at + field, number);
      if (address !== 0) writer.store(address);
    }
  };
}

/** Types of drmemtrace's entries. */
const READ = 0;
const WRITE = 1;
const INSTRUCTIONS: ReadonlySet<number> = new Set([10, 11, 12, 13, 14, 15, 16, 31, 48, 49]);
const BUNDLE = 17;
const PID = 24;
const HEADER = 25;
/** Prefetches, cache flushes, threads, header and footer, markers, repeated string instructions that are not fetched again, encodings. */
const IGNORED: ReadonlySet<number> = new Set([
  ...[2, 3, 4, 5, 6, 7, 8, 9, 18, 19, 20, 21, 22, 23, 25, 26, 27, 28, 29],
  ...Array.from({ length: 16 }, (_, i) => 32 + i),
]);
const VERSION_MAX = 100;

function isDrmemtrace(start: Uint8Array): boolean {
  if (start.length < 12) return false;
  const view = new DataView(start.buffer, start.byteOffset, start.length);
  const version = view.getUint32(4, true);
  return view.getUint16(0, true) === HEADER && view.getUint16(2, true) === 0 && version <= VERSION_MAX && view.getUint32(8, true) === 0;
}

function drmemtraceEntry(writer: RecordWriter): TakeEntry {
  const spaces = new Map<number, number>();
  let pc = 0;
  const places = (address: number, size: number): number[] => ((address % PAGE) + size > PAGE ? [address, address + size - 1] : [address]);
  const fetch = (address: number, size: number): void => {
    for (const place of places(address, size)) writer.fetch(place);
    pc = address + size;
  };
  return (view, at, number) => {
    const type = view.getUint16(at, true);
    const size = view.getUint16(at + 2, true);
    if (IGNORED.has(type)) return;
    if (type === BUNDLE) {
      if (size > 8) throw new TraceError(`entry ${number}: a bundle of ${size} instructions, at most 8 are possible`);
      for (let i = 0; i < size; i++) fetch(pc, view.getUint8(at + 4 + i));
      return;
    }
    if (type === PID) {
      const pid = view.getUint32(at + 4, true);
      const space = spaces.get(pid) ?? spaces.size + 1;
      if (space >= RECORD_SPACES) throw new TraceError(`entry ${number}: more than ${RECORD_SPACES - 1} processes`);
      spaces.set(pid, space);
      writer.space(space);
      return;
    }
    const address = addressAt(view, at + 4, number);
    if (size > PAGE) throw new TraceError(`entry ${number}: an access of ${size} bytes, at most ${PAGE} are possible`);
    if (type === READ) for (const place of places(address, size)) writer.load(place);
    else if (type === WRITE) for (const place of places(address, size)) writer.store(place);
    else if (INSTRUCTIONS.has(type)) fetch(address, size);
    else throw new TraceError(`entry ${number} is of type ${type}, which is not known (0 to 49 but 30 are)`);
  };
}
