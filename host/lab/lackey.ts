/**
 * Text traces of Valgrind's lackey (`--tool=lackey --trace-mem=yes`), one access a line: "I  address,size", " L address,size"
 * (load), " S address,size"
 * (store), " M address,size" (both). Valgrind manual, chapter 16. Lines that begin with == or -- are messages.
 */
import type { RecordWriter } from './records.js';
import { TraceError } from './tracefile.js';

const LINE = /^(?:(I) | ([LSM])) ([0-9a-fA-F]+),(\d+)\s*$/;
const ADDRESS_MAX = 2 ** 48;

export function isLackey(start: string): boolean {
  return start.split('\n', 200).some((line) => LINE.test(line));
}

/** Takes a line. Addresses that data of 48 bits can't hold (none of x86-64's user space) are refused. */
export function lackeyLine(line: string, number: number, writer: RecordWriter): void {
  if (line === '' || line.startsWith('==') || line.startsWith('--')) return;
  const found = LINE.exec(line);
  if (found === null) throw new TraceError(`line ${number} is no access as lackey writes them: '${line.slice(0, 40)}'`);
  const address = Number.parseInt(found[3], 16);
  const size = Number(found[4]);
  if (address >= ADDRESS_MAX || size === 0 || size > 4096) throw new TraceError(`line ${number}: address or size out of range`);
  if (found[1] === 'I') {
    writer.fetch(address);
    if (crosses(address, size)) writer.fetch(address + size - 1);
    return;
  }
  const places = crosses(address, size) ? [address, address + size - 1] : [address];
  for (const place of places) {
    if (found[2] !== 'S') writer.load(place);
    if (found[2] !== 'L') writer.store(place);
  }
}

const crosses = (address: number, size: number): boolean => (address % 4096) + size > 4096;
