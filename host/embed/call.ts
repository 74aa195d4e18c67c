/** Calling functions of a guest: arguments as C has them, by the calling convention LP64D. */
import { ESRCH } from '../../assembly/shared/errno.js';
import { HART, HART_F, HART_X, PAGE_SIZE } from '../../assembly/shared/layout.js';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE, VM_MAYEXEC, VM_MAYREAD, VM_MAYWRITE } from '../../assembly/shared/mman.js';
import { describeStatus } from '../kernel/exit.js';
import { type CallRequest, GuestCallError, GuestCalls } from '../kernel/guestcall.js';
import type { Process } from '../kernel/process.js';
import type { Thread } from '../kernel/thread.js';
import { check, Suspend, SysError } from '../linux/error.js';
import { SystemError, settle } from './errors.js';

/**
 * Whole numbers and bigints are integers or addresses of up to 64 bits; `null` is the null pointer. Text is copied into the guest with a
 * NUL byte behind it, bytes are copied in and, when the function has returned, out again: both lie there only during the call.
 * `u32` is an `unsigned int` (the convention extends its sign), `f64` a double, `f32` a float.
 */
export type CallArgument =
  | number
  | bigint
  | boolean
  | null
  | string
  | Uint8Array
  | { readonly u32: number }
  | { readonly f64: number }
  | { readonly f32: number };

/** What the function returns: `string` is text that a pointer leads to, null for the null pointer. */
export interface CallResults {
  i64: bigint;
  u64: bigint;
  i32: number;
  u32: number;
  f64: number;
  f32: number;
  string: string | null;
  void: undefined;
}

/** How a function of the guest is called. */
export interface CallOptions<K extends keyof CallResults = keyof CallResults> {
  /** Default: i64. */
  readonly returns?: K;
  /** Of a function with `...`: how many parameters come before; what follows is passed as integers are. */
  readonly named?: number;
  /** Takes the call back when it aborts: the thread has its registers again. */
  readonly signal?: AbortSignal;
}

const REGISTERS = 8;
const A0 = 10;
const ALIGNMENT = 16;
const MAY_ALL = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
/** The upper half of a register that holds a float (RISC-V unprivileged manual, NaN boxing). */
const BOX = 0xffffffff00000000n;
const TWO64 = 1n << 64n;

const scratch = new DataView(new ArrayBuffer(8));

function doubleBits(value: number): bigint {
  scratch.setFloat64(0, value, true);
  return scratch.getBigUint64(0, true);
}

function floatBits(value: number): bigint {
  scratch.setFloat32(0, value, true);
  return BOX | BigInt(scratch.getUint32(0, true));
}

function integerBits(value: number | bigint): bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new TypeError(`${value} is not a whole number that is exact: a bigint, or { f64: … }`);
  }
  const big = BigInt(value);
  if (big < -(TWO64 >> 1n) || big >= TWO64) throw new RangeError(`${big} does not fit in 64 bits`);
  return BigInt.asUintN(64, big);
}

/** An argument in the form in which it is passed. */
type Passed = { readonly integer: bigint } | { readonly float: bigint } | { readonly bytes: Uint8Array; readonly into?: Uint8Array };

function passed(value: CallArgument): Passed {
  if (value === null) return { integer: 0n };
  if (typeof value === 'boolean') return { integer: value ? 1n : 0n };
  if (typeof value === 'number' || typeof value === 'bigint') return { integer: integerBits(value) };
  if (typeof value === 'string') return { bytes: new TextEncoder().encode(`${value}\0`) };
  if (value instanceof Uint8Array) return { bytes: value, into: value };
  if ('u32' in value) return { integer: BigInt.asUintN(64, BigInt(value.u32 | 0)) };
  if ('f64' in value) return { float: doubleBits(value.f64) };
  if ('f32' in value) return { float: floatBits(value.f32) };
  throw new TypeError(`${String(value)} is no argument for a function of a guest`);
}

/** Registers first, each kind of its own, floats in those of integers when theirs are used up; then the stack (RISC-V ELF psABI). */
function place(words: readonly { readonly bits: bigint; readonly isFloat: boolean }[]): Pick<CallRequest, 'integers' | 'floats' | 'stack'> {
  const [integers, floats, stack]: bigint[][] = [[], [], []];
  for (const { bits, isFloat } of words) {
    if (isFloat && floats.length < REGISTERS) floats.push(bits);
    else if (integers.length < REGISTERS) integers.push(bits);
    else stack.push(bits);
  }
  return { integers: BigUint64Array.from(integers), floats: BigUint64Array.from(floats), stack: BigUint64Array.from(stack) };
}

function resultOf(t: Thread, kind: keyof CallResults): CallResults[keyof CallResults] {
  const { view } = t.kernel.core;
  const integer = HART + HART_X + A0 * 8;
  const float = HART + HART_F + A0 * 8;
  switch (kind) {
    case 'i64':
      return view.getBigInt64(integer, true);
    case 'u64':
      return view.getBigUint64(integer, true);
    case 'i32':
      return view.getInt32(integer, true);
    case 'u32':
      return view.getUint32(integer, true);
    case 'f64':
      return view.getFloat64(float, true);
    case 'f32':
      return view.getFloat32(float, true);
    case 'string': {
      const address = t.kernel.core.reg(A0);
      return address === 0 ? null : t.user.readString(address, TEXT_MAX);
    }
    case 'void':
      return undefined;
  }
}

const RESULT_KINDS: ReadonlySet<unknown> = new Set<keyof CallResults>(['i64', 'u64', 'i32', 'u32', 'f64', 'f32', 'string', 'void']);

/** Of text that a function returns. */
const TEXT_MAX = 1 << 20;

/** A call that waits for its turn, or for memory of its arguments, ends as one that is under way does. Throws GuestCallError. */
function requireProgram(process: Process, space: Process['space']): void {
  if (process.state !== 'running' || process.exiting) {
    throw new GuestCallError(`the process has ended (${describeStatus(process.status)})`, 'exit');
  }
  if (process.space !== space) throw new GuestCallError('the process executes another program', 'exec');
}

/** Memory for what is passed by its address, while the call lasts. */
class Scratch {
  #at = 0;
  #bytes = 0;

  constructor(
    private readonly process: Process,
    private readonly pieces: readonly Uint8Array[],
  ) {}

  /** Of the pieces. Throws SystemError ENOMEM. */
  async fill(): Promise<number[]> {
    const { process, pieces } = this;
    const { space } = process;
    let bytes = 0;
    const offsets = pieces.map((piece) => {
      const offset = bytes;
      bytes += Math.ceil(Math.max(piece.length, 1) / ALIGNMENT) * ALIGNMENT;
      return offset;
    });
    if (bytes === 0) return [];
    this.#bytes = bytes;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS;
    const map = (): number => space.core.exports.mmMap(space.handle, 0, bytes, PROT_READ | PROT_WRITE, flags, 0, 0, MAY_ALL);
    this.#at = await settle(
      () => {
        requireProgram(process, space);
        return check(map());
      },
      'call',
      `${bytes} bytes of arguments`,
    );
    for (const [i, piece] of pieces.entries()) {
      await settle(() => {
        requireProgram(process, space);
        space.user.write(this.#at + offsets[i], piece);
      }, 'call');
    }
    return offsets.map((offset) => this.#at + offset);
  }

  /** `space`: of the call. */
  free(space: Process['space']): void {
    if (this.#at === 0 || this.process.state !== 'running' || this.process.space !== space) return;
    space.core.exports.mmUnmap(space.handle, this.#at, Math.ceil(this.#bytes / PAGE_SIZE) * PAGE_SIZE);
  }
}

/** Calls come in the order in which they were asked for, whatever their arguments take. */
const turns = new WeakMap<Process, Promise<unknown>>();

/**
 * Calls the function that `locate` finds in a process that has not ended. `requireAlive` throws when the machine has failed. Rejected:
 * GuestCallError when it never returns because of a fault, exit or exec, the signal's reason when that aborts, SystemError ESRCH when the
 * process has ended and EFAULT when what is to be copied back can't be read, TypeError and RangeError for arguments that can't be.
 */
export async function callFunction(
  process: Process,
  locate: () => number,
  values: readonly CallArgument[],
  options: CallOptions,
  requireAlive: () => void,
): Promise<CallResults[keyof CallResults]> {
  const { returns = 'i64', named = values.length, signal } = options;
  if (!RESULT_KINDS.has(returns)) throw new TypeError(`no function of a guest returns '${String(returns)}'`);
  requireAlive();
  const all = values.map(passed);
  signal?.throwIfAborted();
  if (process.state !== 'running' || process.exiting) throw new SystemError(ESRCH, 'call', undefined);
  const address = locate();
  const { space } = process;
  const buffers = all.flatMap((value) => ('bytes' in value ? [value] : []));
  const scratch = new Scratch(
    process,
    buffers.map(({ bytes }) => bytes),
  );
  try {
    const filled = (turns.get(process) ?? Promise.resolve()).then(() => scratch.fill());
    turns.set(
      process,
      filled.catch(() => undefined),
    );
    const addresses = await filled;
    const words = all.map((value, i) => {
      if ('float' in value) return { bits: value.float, isFloat: i < named };
      return { bits: 'bytes' in value ? BigInt(addresses[buffers.indexOf(value)]) : value.integer, isFloat: false };
    });
    signal?.throwIfAborted();
    requireAlive();
    return await new Promise<CallResults[keyof CallResults]>((resolve, reject) => {
      const thread = process.threads.has(process.leader) ? process.leader : [...process.threads][0];
      requireProgram(process, space);
      if (thread === undefined) throw new SystemError(ESRCH, 'call', undefined);
      const done = (): void => signal?.removeEventListener('abort', onAbort);
      const request: CallRequest = {
        address,
        ...place(words),
        returned: (t) => {
          try {
            const copies = buffers.map(({ bytes, into }, i) => (into === undefined ? undefined : t.user.read(addresses[i], bytes.length)));
            const result = resultOf(t, returns);
            copies.forEach((copy, i) => {
              if (copy !== undefined) buffers[i].into?.set(copy);
            });
            resolve(result);
          } catch (error) {
            if (error instanceof Suspend) throw error;
            // It has unmapped its arguments, say; or the embedder has given its bytes away. Neither is the machine's concern.
            reject(error instanceof SysError ? new SystemError(error.errno, 'call', undefined, 'what it returned cannot be read') : error);
          }
          done();
        },
        failed: (error) => {
          reject(error);
          done();
        },
      };
      thread.calls ??= new GuestCalls(thread);
      const { calls } = thread;
      const onAbort = (): void => calls.abandon(request, signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      calls.post(request);
    });
  } finally {
    scratch.free(space);
  }
}
