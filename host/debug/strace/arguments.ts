import { AT_FDCWD } from '../../linux/fcntl.js';
import { signalName } from '../../linux/signal.js';
import * as A from './arrays.js';
import type { CallView } from './call.js';
import { KERNEL_STRUCTS, signalSet } from './kernel-structs.js';
import { ENUMS, enumName, FLAGS, flagNames } from './names.js';
import { device, FILE_STRUCTS, fileMode, openFlags, type StructFormat } from './structs.js';
import { address, hex, octal, quote, quoteCut, STRING_LIMIT } from './text.js';

type Show = (value: number, view: CallView, index: number) => string;

const PATH_LIMIT = 4096;
const STRUCTS: Readonly<Record<string, StructFormat>> = { ...FILE_STRUCTS, ...KERNEL_STRUCTS };

function text(value: number, view: CallView, max: number): string {
  if (value === 0) return 'NULL';
  const found = view.memory.string(value, max + 1);
  if (found === undefined) return address(value);
  return found.bytes.length > max ? `${quote(found.bytes.subarray(0, max))}...` : quote(found.bytes);
}

/** `length` bytes at an address, cut. */
function buffer(value: number, view: CallView, length: number): string {
  if (value === 0 && length === 0) return 'NULL';
  const bytes = length < 0 ? undefined : view.memory.bytes(value, Math.min(length, STRING_LIMIT));
  return bytes === undefined ? address(value) : quoteCut(bytes, length);
}

/** Bytes that are no text: "\x17\xa2" */
function hexBytes(value: number, view: CallView, length: number): string {
  const bytes = view.memory.bytes(value, Math.min(length, STRING_LIMIT));
  if (bytes === undefined) return address(value);
  const shown = [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  return `"${shown}"${length > STRING_LIMIT ? '...' : ''}`;
}

function set(value: number, view: CallView): string {
  const bits = value === 0 ? undefined : view.memory.view(value, 8);
  return bits === undefined ? address(value) : signalSet(bits.getBigUint64(0, true));
}

function futexOperation(op: number): string {
  const name = enumName(ENUMS.futex, op & 127);
  const parts = [op & 128 ? name.replace(/^FUTEX_\w+/, '$&_PRIVATE') : name];
  if (op & 256) parts.push('FUTEX_CLOCK_REALTIME');
  if (op & ~511) parts.push(hex((op & ~511) >>> 0));
  return parts.join('|');
}

function socketType(value: number): string {
  const parts = [enumName(ENUMS.sockettype, value & 15)];
  if (value & 0o2000000) parts.push('SOCK_CLOEXEC');
  if (value & 0o4000) parts.push('SOCK_NONBLOCK');
  const rest = value & ~(15 | 0o2004000);
  if (rest !== 0) parts.push(hex(rest >>> 0));
  return parts.join('|');
}

function ioctlCommand(command: number): string {
  const known = ENUMS.ioctl.names.find(([value]) => value === command);
  if (known !== undefined) return known[1];
  const directions = ['_IOC_NONE', '_IOC_WRITE', '_IOC_READ', '_IOC_READ|_IOC_WRITE'];
  const [type, number, size] = [(command >>> 8) & 0xff, command & 0xff, (command >>> 16) & 0x3fff];
  return `_IOC(${directions[command >>> 30]}, ${hex(type)}, ${hex(number)}, ${hex(size)})`;
}

function clockName(clock: number): string {
  return enumName(ENUMS.clock, clock);
}

function cpuSet(value: number, view: CallView): string {
  const bits = view.memory.view(value, Math.max(0, view.result ?? view.args[1]));
  return bits === undefined ? address(value) : STRUCTS.cpuset.show(bits);
}

const decimal: Show = (value) => String(value);

/** Every kind of argument that is not `flags:`, `enum:`, `struct:` or `out:` of a table. */
const KINDS: Readonly<Record<string, Show>> = {
  int: decimal,
  uint: decimal,
  long: decimal,
  ulong: decimal,
  offset: decimal,
  size: decimal,
  fd: decimal,
  pid: decimal,
  hex: (value) => hex(value),
  dirfd: (value) => (value === AT_FDCWD ? 'AT_FDCWD' : String(value)),
  pointer: (value) => address(value),
  path: (value, view) => text(value, view, PATH_LIMIT),
  string: (value, view) => text(value, view, STRING_LIMIT),
  strings: (value, view) => (value === 0 ? 'NULL' : A.stringArray(view, value)),
  environment: (value, view) => {
    const count = A.countStrings(view, value);
    return value === 0 ? 'NULL' : `${address(value)} /* ${count} var${count === 1 ? '' : 's'} */`;
  },
  bytes: (value, view, i) => buffer(value, view, view.args[i + 1]),
  outbytes: (value, view) => buffer(value, view, view.result ?? 0),
  outhex: (value, view) => hexBytes(value, view, view.result ?? 0),
  /** A path whose NUL the result counts: getcwd. */
  outpath: (value, view) => buffer(value, view, (view.result ?? 1) - 1),
  mode: (value) => octal(value),
  filemode: (value) => fileMode(value),
  dev: (value) => device(value),
  uid: (value) => (value === 0xffffffff ? '-1' : String(value)),
  signal: (value) => (value === 0 ? '0' : signalName(value)),
  sigset: set,
  outsigset: set,
  clock: clockName,
  'flags:open': (value) => openFlags(value),
  /** Only bits, no access mode: pipe2, dup3. */
  'flags:open_only': (value) => flagNames(FLAGS.open, value),
  /** How to synchronise is a value of two bits, written even when it is 0. */
  'flags:statx_at': (value) => {
    const sync = flagNames(FLAGS.statx_sync, value & 0x6000);
    const rest = value & ~0x6000;
    return rest === 0 ? sync : `${sync}|${flagNames(FLAGS.at, rest >>> 0)}`;
  },
  /** Permission bits in octal after the names. */
  'flags:ipcget': (value) => {
    const names = value & ~0o777;
    return names === 0 ? octal(value) : `${flagNames(FLAGS.ipcget, names >>> 0)}|${octal(value & 0o777)}`;
  },
  'flags:ipckey': (value) => (value === 0 ? 'IPC_PRIVATE' : hex(value)),
  'enum:futex': (value) => futexOperation(value),
  'enum:ioctl': (value) => ioctlCommand(value >>> 0),
  'enum:sockettype': (value) => socketType(value),
  'struct:iovec': (value, view, i) => A.iovecs(view, value, view.args[i + 1], Number.POSITIVE_INFINITY),
  'out:iovec': (value, view, i) => A.iovecs(view, value, view.args[i + 1], view.result ?? 0),
  'struct:pollfds': (value, view, i) => A.pollEvents(view, value, view.args[i + 1]),
  'struct:fdset': (value, view) => (value === 0 ? 'NULL' : A.descriptorSet(view, value, view.args[0])),
  'struct:sigmask_size': (value, view) => {
    const [mask, size] = [view.memory.u64(value), view.memory.u64(value + 8)];
    if (value === 0 || mask === undefined || size === undefined) return address(value);
    return `{sigmask=${set(mask, view)}, sigsetsize=${size}}`;
  },
  'out:epoll_events': (value, view) => A.epollEvents(view, value, view.result ?? 0),
  'out:dents': (value, view) => {
    const entries = A.countEntries(view, value, view.result ?? 0);
    return `${address(value)} /* ${entries} ${entries === 1 ? 'entry' : 'entries'} */`;
  },
  'out:gids': (value, view) => (value === 0 || view.args[0] === 0 ? address(value) : A.groups(view, value, view.result ?? 0)),
  'out:cpuset': cpuSet,
  'struct:cpuset': (value, view) => {
    const bits = view.memory.view(value, Math.min(view.args[1], 128));
    return bits === undefined ? address(value) : STRUCTS.cpuset.show(bits);
  },
};

const shows = new Map<string, Show>(Object.entries(KINDS));

/** The formatter of a kind; a kind that nobody has described is shown as a number. */
export function showerOf(kind: string): Show {
  let show = shows.get(kind);
  if (show === undefined) {
    show = derive(kind);
    shows.set(kind, show);
  }
  return show;
}

function derive(kind: string): Show {
  const at = kind.indexOf(':');
  const [family, name] = [kind.slice(0, at), kind.slice(at + 1)];
  const table = family === 'flags' ? FLAGS[name] : family === 'enum' ? ENUMS[name] : undefined;
  if (table !== undefined) return family === 'flags' ? (value) => flagNames(table, value) : (value) => enumName(table, value);
  const struct = family === 'struct' || family === 'out' || family === 'inout' || family === 'outrest' ? STRUCTS[name] : undefined;
  if (struct === undefined) return family === 'enum' ? decimal : (value) => hex(value);
  return (value, view) => {
    const data = value === 0 ? undefined : view.memory.view(value, struct.size);
    return data === undefined ? address(value) : struct.show(data);
  };
}

/** Is there a description for this kind? For the test that the table names none that strace does not know. */
export function isDescribed(kind: string): boolean {
  if (kind in KINDS) return true;
  const [family, name] = kind.split(':');
  return family === 'flags' ? name in FLAGS : family === 'enum' ? name in ENUMS : name in STRUCTS;
}

/** Written by the call: shown when it has ended, as an address when it failed. */
export function isOutput(kind: string): boolean {
  return kind.startsWith('out');
}

/** Read and written: shown before and, changed, after. */
export function isBoth(kind: string): boolean {
  return kind.startsWith('inout:');
}
