import * as L from '../../assembly/shared/layout.js';
import { raisesPrivilege } from '../kernel/credentials.js';
import { closeFiles, killOtherThreads, releaseSpace, releaseUserState } from '../kernel/exit.js';
import { RLIMIT_STACK } from '../kernel/limits.js';
import type { Thread } from '../kernel/thread.js';
import { decodeText, encodeText } from '../linux/text.js';
import { MAY_READ, mayAccess } from '../vfs/access.js';
import type { Location } from '../vfs/dentry.js';
import { displayPath } from '../vfs/dentry.js';
import { type LoadedProgram, loadProgram } from './program.js';

const COMM_BYTES = 15;
const SP = 2;
/** personality(2) */
const ADDR_NO_RANDOMIZE = 0x0040000;
/** With ADDR_COMPAT_LAYOUT, READ_IMPLIES_EXEC and MMAP_PAGE_ZERO: what set-id programs are not started with. */
const PERSONALITY_UNSAFE = ADDR_NO_RANDOMIZE | 0x0200000 | 0x0400000 | 0x0100000;

export interface ExecRequest {
  readonly location: Location;
  readonly path: string;
  readonly argv: readonly Uint8Array[];
  readonly envp: readonly Uint8Array[];
}

/**
 * execve for the loaded thread: a new program in place of the old one. Everything that can fail comes first, so a failed call has changed
 * nothing. Afterwards the hart holds the new program's first registers.
 */
export function execInto(t: Thread, request: ExecRequest): void {
  const { process, kernel } = t;
  const program = loadProgram(kernel, {
    ...request,
    ctx: t.fs,
    cred: t.cred,
    stackLimitBytes: process.limits[RLIMIT_STACK].current,
    noNewPrivileges: process.noNewPrivileges,
    randomize: kernel.randomize && (process.personality & ADDR_NO_RANDOMIZE) === 0,
  });
  killOtherThreads(t);
  becomeLeader(t);
  // The old memory is still there for the last duties of the old program: nothing may fail from here on.
  releaseUserState(t);
  kernel.futexes.release(t);
  releaseSpace(process);
  process.space = program.space;
  if (process.hugePagesDisabled) kernel.core.exports.spaceForbidHuge(program.space.handle, 1);
  if (process.mergesMemory) kernel.core.exports.ksmAll(program.space.handle, 1);
  enter(t, program, request.path);
}

/** The first program of a process that the embedder makes: its space is the program's already. */
export function enterFirst(t: Thread, program: LoadedProgram, path: string): void {
  t.kernel.cpu.load(t);
  enter(t, program, path);
}

/** A thread that is not the leader takes the leader's tid: the process keeps its pid. */
function becomeLeader(t: Thread): void {
  const { process, kernel } = t;
  if (process.leader === t) return;
  kernel.threads.delete(t.tid);
  t.tid = process.pid;
  kernel.threads.set(t.tid, t);
  process.leader = t;
}

function enter(t: Thread, program: LoadedProgram, path: string): void {
  const { process, kernel } = t;
  const { core } = kernel;
  t.calls?.close('exec', `the process executes another program (${path})`);
  process.handlers = process.handlers.afterExec();
  process.executable = { path: displayPath(program.location, t.fs.root), location: program.location };
  process.hasExeced = true;
  becomeIdentity(t, program);
  for (const timer of process.posixTimers.values()) timer.cancel();
  process.posixTimers.clear();
  process.pending.removeTimers();
  t.pending.removeTimers();
  t.comm = commOf(path);
  t.altStack = { address: 0, size: 0, flags: 2 };
  t.clearChildTid = 0;
  t.robustList = 0;
  unshareFiles(t);
  closeFiles(t.files, (fd) => t.files.isCloexec(fd));
  if (t.savedMask !== undefined) t.restoreMask();
  kernel.cpu.activate(process.space);
  core.u8.fill(0, L.HART, L.HART + L.CONTEXT_BYTES);
  core.setReg(SP, program.sp);
  core.pc = program.entry;
  // All ones: no reservation.
  core.writeU64(L.HART + L.HART_RESERVATION, -1);
}

/** Who the new program is. The caller's user may look into it only when it has no rights that he lacks, and he may read its file. */
function becomeIdentity(t: Thread, { identity, location }: LoadedProgram): void {
  const { process, cred: old } = t;
  const { cred } = identity;
  const plain = cred.euid === cred.ruid && cred.egid === cred.rgid && mayAccess(old, location.inode, MAY_READ);
  process.membarriers = 0;
  process.dumpable = plain && !raisesPrivilege(old, cred) ? 1 : 0;
  if (identity.secure || raisesPrivilege(old, cred)) process.parentDeathSignal = 0;
  if (identity.clearsPersonality) process.personality &= ~PERSONALITY_UNSAFE;
  t.setCred(cred);
}

/** Descriptors shared by clone(CLONE_FILES) are the old program's affair. */
function unshareFiles(t: Thread): void {
  const old = t.files;
  if (!old.shared) return;
  t.files = old.clone();
  old.release();
}

function commOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return decodeText(encodeText(name).subarray(0, COMM_BYTES));
}
