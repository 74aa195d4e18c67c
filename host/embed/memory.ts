import { EFAULT, ESRCH } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../core/user.js';
import { captureProcess } from '../debug/inspect/capture-process.js';
import type { ProcessSnapshot } from '../debug/inspect/snapshot.js';
import { parseAddress, Symbols } from '../debug/inspect/symbols.js';
import type { Process } from '../kernel/process.js';
import type { DeviceMemory } from '../vfs/devicememory.js';
import { SystemError, settle } from './errors.js';
import { type FaultHandler, hookFaults } from './faults.js';
import { type MapOptions, mapHostMemory, unmapMemory } from './hostmap.js';

/** An address, or a symbol of a file that the process maps: 'main', 'table+8'. */
export type Address = number | string;

/**
 * The memory of a process as the process itself has it: reading brings pages in, writing copies what is copy-on-write. SystemError: EFAULT
 * where the process may not read or write, or for a symbol that nothing it maps has; ESRCH when it has ended.
 */
export class GuestMemory {
  readonly #symbols = new Symbols();

  constructor(private readonly process: Process) {}

  get #user(): UserMemory {
    if (this.process.state !== 'running') throw new SystemError(ESRCH, 'memory', undefined);
    return this.process.space.user;
  }

  /** The number of an address. */
  locate(address: Address): number {
    if (typeof address === 'number') return address;
    const parsed = parseAddress(address);
    const at = parsed === undefined || this.process.state !== 'running' ? undefined : this.#symbols.find(this.process, parsed);
    if (at === undefined) throw new SystemError(EFAULT, 'locate', address, 'no file that it maps has this symbol');
    return at;
  }

  /** main+0x12; undefined: no file says. */
  name(address: number): string | undefined {
    return this.process.state === 'running' ? this.#symbols.name(this.process, address) : undefined;
  }

  /** A copy. */
  read(address: Address, length: number): Promise<Uint8Array> {
    return settle(() => this.#user.read(this.locate(address), length), 'read', String(address));
  }

  async write(address: Address, bytes: Uint8Array): Promise<void> {
    const user = this.#user;
    const at = this.locate(address);
    await settle(() => user.prepareWrite(at, bytes.length), 'write', String(address));
    await settle(() => user.write(at, bytes), 'write', String(address));
  }

  /** UTF-8 up to a NUL byte. ENAMETOOLONG: there is none within `max` bytes. */
  readString(address: Address, max = 4096): Promise<string> {
    return settle(() => this.#user.readString(this.locate(address), max), 'read', String(address));
  }

  /**
   * Asks `give` for each page of a range of anonymous memory that is not there yet, when somebody first touches it: who does sleeps
   * meanwhile, others run. The result ends that: pages are zeros again. EINVAL: nothing is mapped there, or files are. EBUSY: a hook or
   * a userfaultfd has it. It ends with the program, and a child's memory is ordinary.
   */
  onFault(start: Address, length: number, give: FaultHandler): () => void {
    if (this.process.state !== 'running') throw new SystemError(ESRCH, 'onFault', undefined);
    return hookFaults(this.process, this.locate(start), length, give);
  }

  /**
   * Shows `memory`, which the embedder shares with the machine, to the process: both see at once what the other stores, and nothing is
   * copied. Returns the address. One memory may be shown to several processes, and by a device besides, of one machine. Forks inherit it,
   * exec takes it away. SystemError: EEXIST, ENOMEM, EBUSY (it belongs to another machine), ESRCH.
   */
  map(memory: DeviceMemory, options: MapOptions = {}): Promise<number> {
    return mapHostMemory(this.process, memory, options);
  }

  /** munmap(2): of whatever is there. */
  unmap(address: Address, length: number): void {
    unmapMemory(this.process, this.locate(address), length);
  }

  /** Its mappings, every page's state, its page tables, and walks of some addresses. Changes nothing. */
  snapshot(walks: readonly Address[] = []): ProcessSnapshot {
    const { process } = this;
    if (process.state !== 'running') throw new SystemError(ESRCH, 'snapshot', undefined);
    const wanted = walks.map((walk) => ({ text: String(walk), address: { symbol: undefined, offset: this.locate(walk) } }));
    return captureProcess(process, this.#symbols, process.kernel.cpu.loaded?.process === process, wanted, []);
  }
}
