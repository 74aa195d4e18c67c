import { E2BIG, EACCES, ELIBBAD, ELOOP, ENOENT, ENOEXEC, ENOMEM } from '../../assembly/shared/errno.js';
import * as M from '../../assembly/shared/mman.js';
import type { Cred } from '../kernel/credentials.js';
import { credAfterExec, type ExecCred } from '../kernel/execcred.js';
import type { Kernel } from '../kernel/kernel.js';
import type { AddressSpace } from '../kernel/space.js';
import { check, SysError } from '../linux/error.js';
import { O_RDONLY } from '../linux/fcntl.js';
import { IN_ACCESS, IN_OPEN } from '../linux/inotify.js';
import { MS_NOEXEC } from '../linux/mount.js';
import { isRegular } from '../linux/stat.js';
import { encodeText } from '../linux/text.js';
import { MAY_EXEC, requireAccess } from '../vfs/access.js';
import type { PathContext } from '../vfs/context.js';
import type { Location } from '../vfs/dentry.js';
import { HostBuffer } from '../vfs/hostbuffer.js';
import { fileEvent } from '../vfs/notify.js';
import { releaseFile } from '../vfs/openfile.js';
import type { OpenFile } from '../vfs/types.js';
import { resolve } from '../vfs/walk.js';
import { type ElfFile, isElf, parseElf, type ReadAt } from './elf.js';
import { type LoadedImage, loadInterpreterImage, loadProgramImage } from './image.js';
import { isScript, parseScript, SCRIPT_HEAD_BYTES } from './script.js';
import { argumentBytes, buildStack } from './stack.js';
import { mapVdso, VDSO_BYTES } from './vdso.js';

const PAGE = 4096;
/** A script's interpreter may be a script: so often. */
const SCRIPT_DEPTH_MAX = 5;
/** Top of the stack, from the end of the windows: the vDSO and a gap lie above. */
const STACK_TOP_GAP = 0x10000;
const VDSO_GAP = 0x4000;
/** Stack pages mapped at once; the rest comes with its growth. */
const STACK_BYTES_INITIAL = 0x21000;
const STACK_GUARD = 0x100000;
const STACK_BYTES_MIN = 8 * 1024 * 1024;
const ARGUMENT_BYTES_MIN = 128 * 1024;
const ARGUMENT_BYTES_MAX = 6 * 1024 * 1024;

export interface ProgramRequest {
  readonly ctx: PathContext;
  readonly cred: Cred;
  readonly location: Location;
  /** As the caller named it: AT_EXECFN, and argv of a script's interpreter. */
  readonly path: string;
  readonly argv: readonly Uint8Array[];
  readonly envp: readonly Uint8Array[];
  readonly stackLimitBytes: number;
  /** PR_SET_NO_NEW_PRIVS */
  readonly noNewPrivileges?: boolean;
  /** Address randomisation. */
  readonly randomize?: boolean;
}

export interface LoadedProgram {
  readonly space: AddressSpace;
  readonly entry: number;
  readonly sp: number;
  /** The file that was mapped: of a script, its interpreter. */
  readonly location: Location;
  readonly identity: ExecCred;
}

/**
 * Makes an address space with a program ready to start. All of execve that can fail happens here, beside the old program. Throws
 * SysError with a sentence in `detail` where the errno alone would puzzle, and Suspend; then nothing is left behind.
 */
export function loadProgram(kernel: Kernel, request: ProgramRequest): LoadedProgram {
  const files: OpenFile[] = [];
  try {
    return load(kernel, request, files);
  } finally {
    for (const file of files) releaseFile(file);
  }
}

function load(kernel: Kernel, request: ProgramRequest, files: OpenFile[]): LoadedProgram {
  let { location, argv } = request;
  let scriptPath = request.path;
  for (let depth = 0; ; depth++) {
    const file = openExecutable(kernel, request.ctx, location, files);
    const readAt = reader(kernel, file);
    const head = readAt(0, SCRIPT_HEAD_BYTES);
    if (isElf(head)) {
      const elf = parseElf(readAt, file.inode.size);
      return build(kernel, { ...request, location, argv: argv.length === 0 ? [new Uint8Array(0)] : argv }, elf, file, files);
    }
    if (!isScript(head))
      throw new SysError(ENOEXEC, head.length === 0 ? 'the file is empty' : 'neither an ELF file nor a script with a #! line');
    if (depth === SCRIPT_DEPTH_MAX) throw new SysError(ELOOP, 'too many scripts that interpret each other');
    const script = parseScript(head);
    argv = [
      encodeText(script.interpreter),
      ...(script.argument === undefined ? [] : [script.argument]),
      encodeText(scriptPath),
      ...argv.slice(1),
    ];
    scriptPath = script.interpreter;
    location = findInterpreter(request.ctx, script.interpreter);
  }
}

function findInterpreter(ctx: PathContext, path: string): Location {
  try {
    return resolve(ctx, ctx.cwd, path);
  } catch (error) {
    if (error instanceof SysError && error.errno === ENOENT) throw new SysError(ENOENT, `missing interpreter ${path}`);
    throw error;
  }
}

/** EACCES: not a regular file, or nobody may execute it. */
function openExecutable({ mapped }: Kernel, ctx: PathContext, location: Location, files: OpenFile[]): OpenFile {
  const { inode } = location;
  if (!isRegular(inode.mode)) throw new SysError(EACCES, 'not a regular file');
  requireAccess(ctx.cred, inode, MAY_EXEC);
  if ((location.mount.flags & MS_NOEXEC) !== 0) throw new SysError(EACCES, 'its mount is noexec');
  const file = inode.open(O_RDONLY);
  // The head is about to be read. The file counts as open as long as it is mapped: nobody is told that it is closed.
  file.location = location;
  fileEvent(file, IN_OPEN);
  fileEvent(file, IN_ACCESS);
  mapped.set(inode, location);
  files.push(file);
  return file;
}

function reader(kernel: Kernel, file: OpenFile): ReadAt {
  return (offset, length) => {
    const buffer = new HostBuffer(new Uint8Array(length), kernel.env.pages);
    while (buffer.remaining > 0) if (check(file.read(buffer, offset + buffer.transferred)) === 0) break;
    return buffer.filled;
  };
}

/** How far address randomisation moves the parts of a program; whole pages but for the stack's pointers. */
interface Shifts {
  readonly stack: number;
  readonly mmap: number;
  readonly image: number;
  readonly brk: number;
  readonly vdso: number;
  readonly pointers: number;
}

const NO_SHIFTS: Shifts = { stack: 0, mmap: 0, image: 0, brk: 0, vdso: 0, pointers: 0 };
/** Linux moves parts by up to a gigabyte. Here they stay within the windows: each part by less than so much of what these cover. */
const SHIFT_FRACTION = 16;

function randomShifts(kernel: Kernel): Shifts {
  const words = new Uint32Array(6);
  kernel.random(new Uint8Array(words.buffer));
  const pages = Math.floor(kernel.windowPages / SHIFT_FRACTION);
  const shift = (i: number, most: number): number => (words[i] % most) * PAGE;
  return {
    vdso: shift(0, Math.max(1, pages >>> 3)),
    // Below the vDSO, wherever that is.
    stack: shift(1, pages) + Math.max(1, pages >>> 3) * PAGE,
    mmap: shift(2, pages),
    image: shift(3, pages),
    brk: shift(4, pages >>> 1),
    pointers: words[5] & 0x1ff0,
  };
}

interface Parts {
  readonly main: LoadedImage;
  readonly interpreter: LoadedImage | undefined;
}

function build(kernel: Kernel, request: ProgramRequest, elf: ElfFile, file: OpenFile, files: OpenFile[]): LoadedProgram {
  const bytes = argumentBytes(request.argv, request.envp);
  if (bytes > Math.max(ARGUMENT_BYTES_MIN, Math.min(request.stackLimitBytes / 4, ARGUMENT_BYTES_MAX))) throw new SysError(E2BIG);
  const interpreter = elf.interpreter === undefined ? undefined : openInterpreter(kernel, request.ctx, elf.interpreter, files);
  const handle = kernel.core.exports.spaceCreate();
  if (handle === 0) throw new SysError(ENOMEM);
  const space = kernel.newSpace(handle);
  try {
    const shifts = request.randomize === true ? randomShifts(kernel) : NO_SHIFTS;
    const stackTop = placeAreas(kernel, space, request.stackLimitBytes, shifts);
    space.execute(file.inode);
    if (interpreter !== undefined) space.execute(interpreter.file.inode);
    const main = loadProgramImage(space, elf, file.mapObject(), shifts.image);
    if (main.end > space.layout.mmapBase) throw new SysError(ENOMEM, 'the program does not fit below its stack');
    const loaded = interpreter === undefined ? undefined : loadInterpreterImage(space, interpreter.elf, interpreter.file.mapObject());
    return start(kernel, request, space, elf, { main, interpreter: loaded }, stackTop, bytes, shifts);
  } catch (error) {
    space.release();
    throw error;
  }
}

function openInterpreter(kernel: Kernel, ctx: PathContext, path: string, files: OpenFile[]): { elf: ElfFile; file: OpenFile } {
  const file = openExecutable(kernel, ctx, findInterpreter(ctx, path), files);
  try {
    return { elf: parseElf(reader(kernel, file), file.inode.size), file };
  } catch (error) {
    if (error instanceof SysError && error.errno === ENOEXEC) throw new SysError(ELIBBAD, `interpreter ${path}: ${error.detail}`);
    throw error;
  }
}

/** Stack, vDSO and where mmap begins. Returns the top of the stack. */
function placeAreas(kernel: Kernel, space: AddressSpace, stackLimitBytes: number, shifts: Shifts): number {
  const end = kernel.windowPages * PAGE;
  const stackTop = end - STACK_TOP_GAP - shifts.stack;
  const room = Math.max(STACK_BYTES_MIN, Math.min(stackLimitBytes, Math.floor(end / 4)));
  space.layout.mmapBase = Math.floor((stackTop - room - STACK_GUARD - shifts.mmap) / PAGE) * PAGE;
  space.applyLayout(stackLimitBytes);
  mapVdso(kernel, space, end - VDSO_GAP - VDSO_BYTES - shifts.vdso);
  return stackTop;
}

function start(
  kernel: Kernel,
  request: ProgramRequest,
  space: AddressSpace,
  elf: ElfFile,
  { main, interpreter }: Parts,
  stackTop: number,
  bytes: number,
  shifts: Shifts,
): LoadedProgram {
  const stackBytes = Math.ceil((STACK_BYTES_INITIAL + bytes + shifts.pointers) / PAGE) * PAGE;
  const prot = M.PROT_READ | M.PROT_WRITE | (elf.executableStack ? M.PROT_EXEC : 0);
  const flags = M.MAP_PRIVATE | M.MAP_ANONYMOUS | M.MAP_FIXED | M.MAP_GROWSDOWN | M.MAP_STACK;
  const may = M.VM_MAYREAD | M.VM_MAYWRITE | M.VM_MAYEXEC;
  check(kernel.core.exports.mmMap(space.handle, stackTop - stackBytes, stackBytes, prot, flags, 0, 0, may));
  const identity = credAfterExec(request.cred, request.location, request.noNewPrivileges === true);
  const random = new Uint8Array(16);
  kernel.random(random);
  const { ruid, euid, rgid, egid } = identity.cred;
  const stack = buildStack(space.user, stackTop, {
    argv: request.argv,
    envp: request.envp,
    execPath: encodeText(request.path),
    headerAddress: elf.headerAddress === 0 ? 0 : elf.headerAddress + main.bias,
    headerCount: elf.headerCount,
    entry: main.entry,
    interpreterBase: interpreter?.bias ?? 0,
    uid: ruid,
    euid,
    gid: rgid,
    egid,
    secure: identity.secure,
    random,
    vdso: space.layout.vdso,
    slack: shifts.pointers,
  });
  const { codeStart, codeEnd, dataStart, dataEnd } = main;
  const { argStart, argEnd, envStart, envEnd, auxStart, auxBytes, sp } = stack;
  const marks = { codeStart, codeEnd, dataStart, dataEnd, stackStart: sp, argStart, argEnd, envStart, envEnd, auxStart, auxBytes };
  Object.assign(space.layout, marks, { brkStart: main.end + shifts.brk });
  space.applyLayout(request.stackLimitBytes);
  return { space, entry: interpreter?.entry ?? main.entry, sp, location: request.location, identity };
}
