/** /proc/PID/mem */
import { EACCES, EIO } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { type Inode, type IoBuffer, OpenFile } from '../types.js';
import { tryRead, tryWrite } from './proc-process.js';
import type { ProcSpace } from './proc-source.js';
import type { TaskView } from './proc-view.js';
import { seekTo } from './synthetic.js';

const MEMORY_PIECE = 4096;

export function openMemory(view: TaskView, inode: Inode, flags: number): OpenFile {
  const space = view.space();
  if (space === undefined) throw new SysError(EACCES);
  return new MemoryFile(inode, flags, view, space);
}

/** /proc/PID/mem: offsets are addresses. It reads what the process could read and writes what it could write. */
class MemoryFile extends OpenFile {
  constructor(
    inode: Inode,
    flags: number,
    readonly view: TaskView,
    readonly space: ProcSpace,
  ) {
    super(inode, flags);
  }

  /** The space opened is the one meant: after an execve or exit there is nothing left to read. */
  get #gone(): boolean {
    return this.view.find()?.process.space?.handle !== this.space.handle;
  }

  override read(to: IoBuffer, at?: number): number {
    if (this.#gone) return 0;
    const start = at ?? this.offset;
    let done = 0;
    while (to.remaining > 0) {
      const piece = Math.min(to.remaining, MEMORY_PIECE - ((start + done) % MEMORY_PIECE));
      const bytes = tryRead(this.space, start + done, piece);
      if (bytes === undefined) break;
      const put = to.put(bytes);
      done += put;
      if (put < piece) break;
    }
    return this.#result(done, at);
  }

  override write(from: IoBuffer, at?: number): number {
    if (this.#gone) return 0;
    const start = at ?? this.offset;
    let done = 0;
    while (from.remaining > 0) {
      const bytes = from.take(Math.min(from.remaining, MEMORY_PIECE - ((start + done) % MEMORY_PIECE)));
      if (bytes.length === 0) break;
      if (!tryWrite(this.space, start + done, bytes)) {
        from.untake(bytes.length);
        break;
      }
      done += bytes.length;
    }
    return this.#result(done, at);
  }

  #result(done: number, at: number | undefined): number {
    if (done === 0) return -EIO;
    if (at === undefined) this.offset += done;
    return done;
  }

  override seek(offset: number, whence: number): number {
    return (this.offset = seekTo(this.offset, offset, whence));
  }
}
