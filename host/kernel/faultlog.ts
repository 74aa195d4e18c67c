/** Page faults, told one by one: what the core writes down while somebody wants to know. */
import * as X from '../../assembly/shared/exit.js';
import * as L from '../../assembly/shared/layout.js';
import type { Core } from '../core/core.js';

export interface LoggedFault {
  readonly address: number;
  readonly access: 'read' | 'write' | 'execute';
  /** Core handle of the address space. */
  readonly space: number;
  /** Instructions of the machine before it, to within one stretch of execution. */
  readonly instructions: number;
  /**
   * What it came to: a page of zeros; a copy of a shared page; a page that the medium or the swap area had to give ('major': the access is
   * made again when it is there); a page that was there and had only to be mapped; a userfaultfd is asked; no frame was left ('memory':
   * room is made and the access made again); or a signal.
   */
  readonly outcome: 'zero' | 'copy' | 'major' | 'mapped' | 'userfault' | 'memory' | 'signal';
}

const ACCESSES = new Map<number, LoggedFault['access']>([
  [X.ACCESS_READ, 'read'],
  [X.ACCESS_WRITE, 'write'],
  [X.ACCESS_EXEC, 'execute'],
]);

export class FaultLog {
  /** Faults that there was no room to write down. */
  lost = 0;

  constructor(
    private readonly core: Core,
    private readonly take: (fault: LoggedFault) => void,
  ) {
    this._words[AT] = 1;
  }

  private get _words(): Uint32Array {
    return this.core.u32;
  }

  /** Hands over what was written down. */
  drain(): void {
    const count = this._words[AT] - 1;
    if (count === 0) return;
    this._words[AT] = 1;
    const entries = Math.min(count, L.FAULT_LOG_ENTRIES);
    this.lost += count - entries;
    const instructions = this.core.counter(L.COUNT_INSTRUCTIONS);
    const faults: LoggedFault[] = [];
    for (let i = 0; i < entries; i++) faults.push(this._read(L.FAULT_LOG + i * L.FAULT_ENTRY_BYTES, instructions));
    for (const fault of faults) this.take(fault);
  }

  private _read(entry: number, instructions: number): LoggedFault {
    const { u8, u32 } = this.core;
    return {
      address: this.core.readU64(entry + L.FAULT_ENTRY_ADDRESS),
      access: ACCESSES.get(u8[entry + L.FAULT_ENTRY_ACCESS]) ?? 'read',
      space: u32[(entry + L.FAULT_ENTRY_SPACE) >>> 2],
      instructions,
      outcome: outcomeOf(u8[entry + L.FAULT_ENTRY_KIND], u8[entry + L.FAULT_ENTRY_HOW]),
    };
  }

  stop(): void {
    this._words[AT] = 0;
  }
}

const AT = (L.HART + L.HART_FAULTS_LOGGED) >>> 2;

function outcomeOf(kind: number, how: number): LoggedFault['outcome'] {
  if (kind === X.FAULT_IO) return 'major';
  if (kind === X.FAULT_MEMORY) return 'memory';
  if (kind === X.FAULT_USERFAULT) return 'userfault';
  if (kind !== X.FAULT_NONE) return 'signal';
  if ((how & L.FAULTED_COPY) !== 0) return 'copy';
  if ((how & L.FAULTED_MAJOR) !== 0) return 'major';
  return (how & L.FAULTED_ZERO) !== 0 ? 'zero' : 'mapped';
}
