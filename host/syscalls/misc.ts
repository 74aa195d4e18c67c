import { EFAULT, EINVAL, EPERM } from '../../assembly/shared/errno.js';
import { SWAP_STAT_SLOTS } from '../../assembly/shared/stat.js';
import { NS_PER_SECOND } from '../kernel/clock.js';
import { CAP_SYS_ADMIN, hasCapability } from '../kernel/credentials.js';
import type { Thread } from '../kernel/thread.js';
import { decodeText, encodeText } from '../linux/text.js';
import { OS_MACHINE, OS_NAME, OS_RELEASE, OS_VERSION } from '../linux/version.js';
import { absent, row } from './row.js';

const UTSNAME_FIELD = 65;
const NAME_MAX = 64;
const PAGE = 4096;
/** SI_LOAD_SHIFT: sysinfo's loads are fractions of 65536. */
const LOAD_SCALE = 65536;

function uname(t: Thread, address: number): number {
  const { kernel } = t;
  const bytes = new Uint8Array(UTSNAME_FIELD * 6);
  [OS_NAME, kernel.hostname, OS_RELEASE, OS_VERSION, OS_MACHINE, kernel.domainname].forEach((text, i) => {
    bytes.set(encodeText(text).subarray(0, NAME_MAX), i * UTSNAME_FIELD);
  });
  t.user.write(address, bytes);
  return 0;
}

function readName(t: Thread, address: number, length: number): string | undefined {
  return length < 0 || length > NAME_MAX ? undefined : decodeText(t.user.read(address, length)).split('\0')[0];
}

function sethostname(t: Thread, address: number, length: number): number {
  if (!hasCapability(t.cred, CAP_SYS_ADMIN)) return -EPERM;
  const name = readName(t, address, length);
  if (name === undefined) return -EINVAL;
  t.kernel.hostname = name;
  return 0;
}

function setdomainname(t: Thread, address: number, length: number): number {
  if (!hasCapability(t.cred, CAP_SYS_ADMIN)) return -EPERM;
  const name = readName(t, address, length);
  if (name === undefined) return -EINVAL;
  t.kernel.domainname = name;
  return 0;
}

/** struct sysinfo: uptime, loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap, u16 procs, pad, high, u32 unit. */
function sysinfo(t: Thread, address: number): number {
  const { kernel } = t;
  const { exports } = kernel.core;
  const bytes = new Uint8Array(112);
  const view = new DataView(bytes.buffer);
  const long = (at: number, value: number): void => view.setBigUint64(at, BigInt(Math.floor(value)), true);
  long(0, kernel.now() / NS_PER_SECOND);
  kernel.load.averages.forEach((load, i) => {
    long(8 + i * 8, load * LOAD_SCALE);
  });
  long(48, kernel.env.pages.usage().shmem * PAGE);
  long(32, exports.frameLimit() * PAGE);
  long(40, (exports.frameLimit() - exports.framesInUse()) * PAGE);
  const swapSlots = exports.swapStat(SWAP_STAT_SLOTS);
  long(64, swapSlots * PAGE);
  long(72, kernel.env.pages.swap.freePages * PAGE);
  view.setUint16(80, Math.min(65535, kernel.threads.size), true);
  view.setUint32(104, 1, true);
  t.user.write(address, bytes);
  return 0;
}

const GRND_NONBLOCK = 1;
const GRND_RANDOM = 2;
const GRND_INSECURE = 4;
const RANDOM_BYTES_MAX = 33554431;
/** Bytes made at a time: a huge request must not need a huge array. */
const RANDOM_CHUNK = 65536;

function getrandom(t: Thread, address: number, length: number, flags: number): number {
  if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) !== 0) return -EINVAL;
  if ((flags & GRND_RANDOM) !== 0 && (flags & GRND_INSECURE) !== 0) return -EINVAL;
  const total = Math.min(length, RANDOM_BYTES_MAX);
  const chunk = new Uint8Array(Math.min(total, RANDOM_CHUNK));
  for (let done = 0; done < total; ) {
    const part = chunk.subarray(0, Math.min(chunk.length, total - done));
    t.kernel.random(part);
    const stored = t.user.writeSome(address + done, part);
    if (stored < part.length && done + stored === 0) return -EFAULT;
    done += stored;
    if (stored < part.length) return done;
  }
  return total;
}

function getcpu(t: Thread, cpu: number, node: number): number {
  if (cpu !== 0) t.user.writeU32(cpu, 0);
  if (node !== 0) t.user.writeU32(node, 0);
  return 0;
}

/** One processor runs one thread at a time: every memory access of others has happened before. */
const MEMBARRIER_QUERY = 0;
const MEMBARRIER_COMMANDS = 0x1ff;
const MEMBARRIER_GET_REGISTRATIONS = 0x200;

/** PRIVATE_EXPEDITED_RSEQ may be about one processor (FLAG_CPU). */
const MEMBARRIER_RSEQ = 128;
const MEMBARRIER_FLAG_CPU = 1;

function membarrier(t: Thread, command: number, flags: number): number {
  if (flags !== 0 && (command !== MEMBARRIER_RSEQ || flags !== MEMBARRIER_FLAG_CPU)) return -EINVAL;
  if (command === MEMBARRIER_QUERY) return MEMBARRIER_COMMANDS | MEMBARRIER_GET_REGISTRATIONS;
  const state = t.process;
  if (command === MEMBARRIER_GET_REGISTRATIONS) return state.membarriers;
  const isOneCommand = command > 0 && (command & (command - 1)) === 0 && (command & ~MEMBARRIER_COMMANDS) === 0;
  if (!isOneCommand) return -EINVAL;
  // The even-numbered bits from 4 on are registrations; the private commands ask for theirs first.
  const registers = command === 4 || command === 16 || command === 64 || command === 256;
  if (registers) state.membarriers |= command;
  else if ((command === 8 || command === 32 || command === MEMBARRIER_RSEQ) && (state.membarriers & (command << 1)) === 0) return -EPERM;
  return 0;
}

/* riscv_hwprobe(2) keys and values, Documentation/arch/riscv/hwprobe.rst */
const HWPROBE: ReadonlyMap<number, bigint> = new Map([
  [0, 0n], // MVENDORID
  [1, 0n], // MARCHID
  [2, 0n], // MIMPID
  [3, 1n], // BASE_BEHAVIOR: IMA
  [4, 0x3n | (1n << 3n) | (1n << 4n) | (1n << 5n) | (1n << 35n)], // IMA_EXT_0: FD, C, Zba, Zbb, Zbs, Zicond
  [5, 3n], // CPUPERF_0: misaligned accesses are fast
  [6, 0n], // ZICBOZ_BLOCK_SIZE
  [7, 2n ** 38n - 1n], // HIGHEST_VIRT_ADDRESS
  [8, 1_000_000_000n], // TIME_CSR_FREQ
  [9, 3n], // MISALIGNED_SCALAR_PERF: fast
  [10, 4n], // MISALIGNED_VECTOR_PERF: no vectors
]);
/** Of these keys a processor may have more than is asked for: BASE_BEHAVIOR, IMA_EXT_0, CPUPERF_0. */
const HWPROBE_BITMASKS: readonly number[] = [3, 4, 5];
const HWPROBE_WHICH_CPUS = 1;
/** The keys are few: a count beyond this can only be an attempt to keep the kernel busy. */
const HWPROBE_PAIRS_MAX = 65536;

function hwprobe(t: Thread, pairs: number, count: number, cpuBytes: number, cpus: number, flags: number): number {
  if ((flags & ~HWPROBE_WHICH_CPUS) !== 0) return -EINVAL;
  if ((cpuBytes === 0) !== (cpus === 0)) return -EINVAL;
  if (count > HWPROBE_PAIRS_MAX) return -EFAULT;
  const which = (flags & HWPROBE_WHICH_CPUS) !== 0;
  if (which && cpus === 0) return -EINVAL;
  const cpuSet = cpus === 0 ? undefined : t.user.read(cpus, Math.min(cpuBytes, 128));
  if (!which && cpuSet !== undefined && (cpuSet[0] & 1) === 0) return -EINVAL;
  let matches = true;
  for (let i = 0; i < count; i++) {
    const at = pairs + i * 16;
    const value = HWPROBE.get(t.user.readI64(at));
    if (which) {
      const key = t.user.readI64(at);
      const wanted = new DataView(t.user.read(at + 8, 8).buffer).getBigUint64(0, true);
      if (value === undefined) {
        t.user.writeU64(at, -1);
        t.user.writeU64(at + 8, 0);
        matches = false;
      } else if (HWPROBE_BITMASKS.includes(key) ? (value & wanted) !== wanted : value !== wanted) matches = false;
      continue;
    }
    if (value === undefined) t.user.writeU64(at, -1);
    t.user.writeU64(at + 8, value === undefined ? 0 : Number(value));
  }
  if (which && cpuSet !== undefined) {
    const empty = cpuSet.every((byte) => byte === 0);
    const out = new Uint8Array(cpuSet.length);
    if (matches && (empty || (cpuSet[0] & 1) !== 0)) out[0] = 1;
    t.user.write(cpus, out);
  }
  return 0;
}

function flushIcache(t: Thread, _start: number, _end: number, flags: number): number {
  if ((flags & ~1) !== 0) return -EINVAL;
  t.kernel.core.exports.flushInstructionCache();
  return 0;
}

const PER_INDIVIDUAL = 'returns ENOSYS; libraries fall back';

export const miscRows = [
  row(160, 'uname', ['out:utsname'], uname),
  row(161, 'sethostname', ['pointer', 'int'], sethostname),
  row(162, 'setdomainname', ['pointer', 'int'], setdomainname),
  row(168, 'getcpu', ['pointer', 'pointer', 'pointer'], getcpu),
  row(179, 'sysinfo', ['out:sysinfo'], sysinfo),
  row(258, 'riscv_hwprobe', ['pointer', 'size', 'size', 'pointer', 'hex'], hwprobe),
  row(259, 'riscv_flush_icache', ['pointer', 'pointer', 'hex'], flushIcache),
  row(278, 'getrandom', ['outbytes', 'size', 'flags:getrandom'], getrandom),
  row(283, 'membarrier', ['enum:membarrier', 'hex', 'int'], membarrier),
  row(142, 'reboot', ['hex', 'hex', 'hex', 'pointer'], () => -EPERM, { partial: 'EPERM: the machine ends when its program does' }),
  row(116, 'syslog', ['int', 'pointer', 'int'], () => -EPERM, { partial: 'EPERM: there is no kernel log' }),
  absent(117, 'ptrace', ['int', 'pid', 'pointer', 'pointer'], 'ENOSYS'),
  absent(293, 'rseq', ['pointer', 'uint', 'hex', 'hex'], PER_INDIVIDUAL),
];
