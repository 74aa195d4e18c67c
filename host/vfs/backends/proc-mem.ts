/** /proc/PID/mem */
import { EACCES, EIO } from '../../../assembly/shared/errno.js';
import * as M from '../../../assembly/shared/mman.js';
import { SysError } from '../../linux/error.js';
import { type Inode, type IoBuffer, OpenFile } from '../types.js';
import { tryRead, tryWrite } from './proc-process.js';
import type { ProcSpace } from './proc-source.js';
import type { TaskView } from './proc-view.js';
import { seekTo } from './synthetic.js';

const MEMORY_PIECE = 4096;
/** VM_READ, VM_WRITE and VM_EXEC have the values of PROT_*, VM_MAY* those shifted. */
const PROTECTION = M.PROT_READ | M.PROT_WRITE | M.PROT_EXEC;
const MAY_SHIFT = 4;

export function openMemory(view: TaskView, inode: Inode, flags: number): OpenFile {
  const space = view.space();
  if (space === undefined) throw new SysError(EACCES);
  return new MemoryFile(inode, flags, view, space);
}

/**
 * /proc/PID/mem: offsets are addresses. It reads and writes also where the process itself may not: what may be made readable, and private
 * memory that may be made writable, of which a copy is written then (breakpoints of debuggers).
 */
export class MemoryFile extends OpenFile {
  constructor(
    inode: Inode,
    flags: number,
    readonly view: TaskView,
    readonly space: ProcSpace,
  ) {
    super(inode, flags);
  }

  /** The space opened is the one meant: after an execve or exit there is nothing left to read. */
  private get _gone(): boolean {
    return this.view.find()?.process.space?.handle !== this.space.handle;
  }

  override read(to: IoBuffer, at?: number): number {
    if (this._gone) return 0;
    const start = at ?? this.offset;
    let done = 0;
    while (to.remaining > 0) {
      const piece = Math.min(to.remaining, MEMORY_PIECE - ((start + done) % MEMORY_PIECE));
      const at = start + done;
      const bytes = tryRead(this.space, at, piece) ?? this._forced(at, M.VM_MAYREAD, () => tryRead(this.space, at, piece));
      if (bytes === undefined) break;
      const put = to.put(bytes);
      done += put;
      if (put < piece) break;
    }
    return this._result(done, at);
  }

  override write(from: IoBuffer, at?: number): number {
    if (this._gone) return 0;
    const start = at ?? this.offset;
    let done = 0;
    while (from.remaining > 0) {
      const bytes = from.take(Math.min(from.remaining, MEMORY_PIECE - ((start + done) % MEMORY_PIECE)));
      if (bytes.length === 0) break;
      const place = start + done;
      const write = (): boolean => tryWrite(this.space, place, bytes);
      if (!write() && this._forced(place, M.VM_MAYWRITE, write) !== true) {
        from.untake(bytes.length);
        break;
      }
      done += bytes.length;
    }
    return this._result(done, at);
  }

  /** Does something to a page as if it were readable and, if that is wanted, writable. Nobody else runs meanwhile. */
  private _forced<T>(address: number, may: number, action: () => T): T | undefined {
    const { core } = this.view.source;
    const { handle } = this.space;
    const page = address - (address % MEMORY_PIECE);
    const vma = core.exports.vmaFind(handle, page);
    if (vma === 0 || core.readU64(vma + M.VMA_START) > page) return undefined;
    const flags = core.u32[(vma + M.VMA_FLAGS) >>> 2];
    if ((flags & may) === 0 || (may === M.VM_MAYWRITE && (flags & M.VM_SHARED) !== 0)) return undefined;
    const prot = flags & PROTECTION;
    if (core.exports.mmProtect(handle, page, MEMORY_PIECE, M.PROT_MOMENT | prot | (may >>> MAY_SHIFT) | M.PROT_READ) !== 0)
      return undefined;
    try {
      return action();
    } finally {
      core.exports.mmProtect(handle, page, MEMORY_PIECE, M.PROT_MOMENT | prot);
    }
  }

  private _result(done: number, at: number | undefined): number {
    if (done === 0) return -EIO;
    if (at === undefined) this.offset += done;
    return done;
  }

  override truncate(): void {
    // As with all files of /proc.
  }

  override seek(offset: number, whence: number): number {
    return (this.offset = seekTo(this.offset, offset, whence));
  }
}
