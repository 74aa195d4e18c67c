/** What /proc/sys changes of a kernel. */
import { EPERM } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import type { ProcKnobs } from '../vfs/backends/proc-source.js';
import type { Flusher } from '../vfs/flusher.js';
import type { VfsKnobs } from '../vfs/knobs.js';
import { CAP_CHECKPOINT_RESTORE, CAP_SYS_ADMIN, hasCapability } from './credentials.js';
import type { Kernel } from './kernel.js';
import { PID_MAX, PID_MAX_MOST, PID_RESERVED } from './limits.js';

const PAGE_CACHE = 1;

export class KernelKnobs implements ProcKnobs {
  readonly files: VfsKnobs;
  readonly flusher: Flusher;
  readonly pidMaxLeast = PID_RESERVED + 1;
  readonly pidMaxMost = PID_MAX_MOST;
  readonly threadsMost: number;
  readonly filesMost: number;
  threadsMax: number;
  pidMax = PID_MAX;
  /** As in Linux: 0 none, 1 all but the heap, 2 all. Here anything but 0 is all. */
  randomizeLevel: number;
  corePattern = 'core';
  coreUsesPid = 0;
  overcommitRatio = 50;
  swappiness = 60;
  unprivilegedUserfaultfd = 0;

  constructor(
    private readonly kernel: Kernel,
    threadsMax: number,
    randomize: boolean,
  ) {
    this.files = kernel.env.knobs;
    this.flusher = kernel.env.flusher;
    this.threadsMax = this.threadsMost = threadsMax;
    this.filesMost = kernel.files.max;
    this.randomizeLevel = randomize ? 2 : 0;
  }

  get filesOpen(): number {
    return this.kernel.files.open;
  }

  get filesMax(): number {
    return this.kernel.files.max;
  }
  set filesMax(value: number) {
    this.kernel.files.max = value;
  }

  setLastPid(pid: number): void {
    const t = this.kernel.cpu.loaded;
    const may = (bit: bigint): boolean => t === undefined || hasCapability(t.cred, bit);
    if (!may(CAP_SYS_ADMIN) && !may(CAP_CHECKPOINT_RESTORE)) throw new SysError(EPERM);
    this.kernel.lastPid = pid;
  }

  setNames({ hostname, domainname }: { readonly hostname?: string; readonly domainname?: string }): void {
    if (hostname !== undefined) this.kernel.hostname = hostname;
    if (domainname !== undefined) this.kernel.domainname = domainname;
  }

  dropCaches(what: number): void {
    if ((what & PAGE_CACHE) !== 0) this.kernel.env.pages.dropClean();
  }
}
