import * as S from '../../linux/stat.js';
import { ENUMS, enumName, FLAGS, flagNames } from './names.js';
import { termios } from './termios.js';
import { address, hex, octal, quote, quoteCut } from './text.js';

/** A structure of fixed size in user memory and how strace writes it. */
export interface StructFormat {
  readonly size: number;
  readonly show: (view: DataView) => string;
}

export const u32 = (view: DataView, at: number): number => view.getUint32(at, true);
export const i32 = (view: DataView, at: number): number => view.getInt32(at, true);
/** Whole 64-bit numbers as text: they need not fit a JavaScript number. */
export const u64 = (view: DataView, at: number): bigint => view.getBigUint64(at, true);
export const i64 = (view: DataView, at: number): bigint => view.getBigInt64(at, true);
export const pointer = (view: DataView, at: number): string => address(Number(u64(view, at)));

const FILE_TYPES: Readonly<Record<number, string>> = {
  [S.S_IFSOCK]: 'S_IFSOCK',
  [S.S_IFLNK]: 'S_IFLNK',
  [S.S_IFREG]: 'S_IFREG',
  [S.S_IFBLK]: 'S_IFBLK',
  [S.S_IFDIR]: 'S_IFDIR',
  [S.S_IFCHR]: 'S_IFCHR',
  [S.S_IFIFO]: 'S_IFIFO',
};

const MODE_BITS: readonly (readonly [number, string])[] = [
  [0o4000, 'S_ISUID'],
  [0o2000, 'S_ISGID'],
  [0o1000, 'S_ISVTX'],
];

/** S_IFREG|S_ISUID|0755 */
export function fileMode(mode: number): string {
  const type = FILE_TYPES[mode & S.S_IFMT];
  const parts = type === undefined ? [] : [type];
  for (const [bit, name] of MODE_BITS) if ((mode & bit) !== 0) parts.push(name);
  parts.push(octal(mode & (type === undefined ? ~0o7000 : 0o777)));
  return parts.join('|');
}

export function device(dev: number): string {
  return `makedev(${hex(S.devMajor(dev))}, ${hex(S.devMinor(dev))})`;
}

function isDevice(mode: number): boolean {
  return (mode & S.S_IFMT) === S.S_IFCHR || (mode & S.S_IFMT) === S.S_IFBLK;
}

/** struct stat of the generic table, 128 bytes. */
function stat(view: DataView): string {
  const mode = u32(view, 16);
  const detail = isDevice(mode) ? `st_rdev=${device(u32(view, 32))}` : `st_size=${i64(view, 48)}`;
  return `{st_mode=${fileMode(mode)}, ${detail}, ...}`;
}

function statx(view: DataView): string {
  const mode = view.getUint16(28, true);
  const parts = [
    `stx_mask=${flagNames(FLAGS.statx, u32(view, 0))}`,
    `stx_attributes=${flagNames(FLAGS.stx_attr, Number(u64(view, 8)))}`,
    `stx_mode=${fileMode(mode)}`,
    `stx_size=${u64(view, 40)}`,
  ];
  return `{${parts.join(', ')}, ...}`;
}

function statfs(view: DataView): string {
  const flags = Number(u64(view, 80));
  const parts = [
    `f_type=${enumName(ENUMS.fstype, Number(u64(view, 0)))}`,
    `f_bsize=${u64(view, 8)}`,
    `f_blocks=${u64(view, 16)}`,
    `f_bfree=${u64(view, 24)}`,
    `f_bavail=${u64(view, 32)}`,
    `f_files=${u64(view, 40)}`,
    `f_ffree=${u64(view, 48)}`,
    `f_fsid={val=[${hex(u32(view, 56))}, ${hex(u32(view, 60))}]}`,
    `f_namelen=${u64(view, 64)}`,
    `f_frsize=${u64(view, 72)}`,
    `f_flags=${flagNames(FLAGS.statfs, flags)}`,
  ];
  return `{${parts.join(', ')}}`;
}

export const timespec = (view: DataView, at = 0): string => `{tv_sec=${i64(view, at)}, tv_nsec=${u64(view, at + 8)}}`;
export const timeval = (view: DataView, at = 0): string => `{tv_sec=${i64(view, at)}, tv_usec=${u64(view, at + 8)}}`;

const UTIME_NOW = 0x3fffffffn;
const UTIME_OMIT = 0x3ffffffen;

/** One of utimensat's two times: with the date behind it when it is a date that JavaScript knows. */
function utime(view: DataView, at: number): string {
  const ns = i64(view, at + 8);
  if (ns === UTIME_NOW) return 'UTIME_NOW';
  if (ns === UTIME_OMIT) return 'UTIME_OMIT';
  const date = new Date(Number(i64(view, at)) * 1000);
  if (Number.isNaN(date.getTime()) || ns < 0n || ns > 999999999n || (i64(view, at) === 0n && ns === 0n)) return timespec(view, at);
  const fraction = ns === 0n ? '' : `.${String(ns).padStart(9, '0')}`;
  return `${timespec(view, at)} /* ${date.toISOString().slice(0, 19)}${fraction}+0000 */`;
}

/** struct flock with 64-bit offsets; the pid is an answer of F_GETLK only. */
const flock =
  (withPid: boolean) =>
  (view: DataView): string => {
    const parts = [
      `l_type=${enumName(ENUMS.locktype, view.getInt16(0, true))}`,
      `l_whence=${enumName(ENUMS.whence, view.getInt16(2, true))}`,
      `l_start=${i64(view, 8)}`,
      `l_len=${i64(view, 16)}`,
    ];
    if (withPid) parts.push(`l_pid=${i32(view, 24)}`);
    return `{${parts.join(', ')}}`;
  };

function openHow(view: DataView): string {
  const flags = Number(u64(view, 0));
  const mode = u64(view, 8);
  const shown = mode === 0n ? '' : `, mode=${octal(Number(mode))}`;
  return `{flags=${openFlags(flags)}${shown}, resolve=${flagNames(FLAGS.resolve, Number(u64(view, 16)))}}`;
}

/** Flags of open(2): the access mode is a value of its own. */
export function openFlags(flags: number): string {
  const access = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'][flags % 4];
  const rest = flags - (flags % 4);
  return rest === 0 ? access : `${access}|${flagNames(FLAGS.open, rest).replace(/ \/\*.*$/, '')}`;
}

export function epollEvent(view: DataView, at = 0): string {
  const events = flagNames(FLAGS.epoll, u32(view, at));
  return `{events=${events}, data={u32=${u32(view, at + 8)}, u64=${u64(view, at + 8)}}}`;
}

function winsize(view: DataView): string {
  const [rows, columns, x, y] = [0, 2, 4, 6].map((at) => view.getUint16(at, true));
  return `{ws_row=${rows}, ws_col=${columns}, ws_xpixel=${x}, ws_ypixel=${y}}`;
}

function utsname(view: DataView): string {
  const field = (i: number): string => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset + i * 65, 65);
    return quote(bytes.subarray(0, bytes.indexOf(0)));
  };
  return `{sysname=${field(0)}, nodename=${field(1)}, ...}`;
}

function sysinfo(view: DataView): string {
  const long = (name: string, at: number): string => `${name}=${u64(view, at)}`;
  const parts = [
    long('uptime', 0),
    `loads=[${u64(view, 8)}, ${u64(view, 16)}, ${u64(view, 24)}]`,
    ...['totalram', 'freeram', 'sharedram', 'bufferram', 'totalswap', 'freeswap'].map((name, i) => long(name, 32 + i * 8)),
    `procs=${view.getUint16(80, true)}`,
    long('totalhigh', 88),
    long('freehigh', 96),
    `mem_unit=${u32(view, 104)}`,
  ];
  return `{${parts.join(', ')}}`;
}

/** Structures of files, terminals and the system: `struct:` and `out:` kinds by name. */
export const FILE_STRUCTS: Readonly<Record<string, StructFormat>> = {
  stat: { size: 128, show: stat },
  statx: { size: 256, show: statx },
  statfs: { size: 120, show: statfs },
  timespec: { size: 16, show: (view) => timespec(view) },
  timeval: { size: 16, show: (view) => timeval(view) },
  utimes: { size: 32, show: (view) => `[${utime(view, 0)}, ${utime(view, 16)}]` },
  flock: { size: 32, show: flock(false) },
  flock_pid: { size: 32, show: flock(true) },
  open_how: { size: 24, show: openHow },
  epoll_event: { size: 16, show: (view) => epollEvent(view) },
  winsize: { size: 8, show: winsize },
  termios: { size: 36, show: termios },
  utsname: { size: 390, show: utsname },
  sysinfo: { size: 112, show: sysinfo },
  int: { size: 4, show: (view) => `[${i32(view, 0)}]` },
  uid: { size: 4, show: (view) => `[${u32(view, 0)}]` },
  offset: { size: 8, show: (view) => `[${i64(view, 0)}]` },
  int2: { size: 8, show: (view) => `[${i32(view, 0)}, ${i32(view, 4)}]` },
  comm: { size: 16, show: (view) => quoteName(view) },
};

function quoteName(view: DataView): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, 16);
  const end = bytes.indexOf(0);
  return quoteCut(end < 0 ? bytes : bytes.subarray(0, end));
}
