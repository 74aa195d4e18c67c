import * as L from '../../assembly/shared/layout.js';
import { FRAMEBUFFER_SIDE_MAX, type FramebufferOptions } from '../vfs/framebuffer.js';
import { SWAP_MAX_BYTES } from '../vfs/swap.js';

/** A mistake on the command line: one line on stderr, exit status 2. */
export class UsageError extends Error {}

/** A failure that has a status of its own: one line on stderr. */
export class CliError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export const EXIT_USAGE = 2;
export const EXIT_TIMEOUT = 124;
export const EXIT_FUEL = 125;
export const EXIT_CANNOT_RUN = 126;
export const EXIT_NOT_FOUND = 127;

/** Frames that exist beside the low area of linear memory. */
export const MEMORY_MAX = (L.FRAME_COUNT - L.FIRST_FRAME) * L.PAGE_SIZE;
/** Less than this cannot hold the tables and one small program. */
export const MEMORY_MIN = 1024 * 1024;
export const MEMORY_DEFAULT = 1024 ** 3;

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** 1024 based, as 512M, 1G, 64K, 1.5G, 65536, 256MiB, 256MB. Bytes, rounded down to whole pages. */
export function parseMemory(text: string): number {
  const bytes = parseSize('--memory')(text);
  if (bytes < MEMORY_MIN) throw new UsageError(`--memory: ${text} is too little, at least ${showSize(MEMORY_MIN)}`);
  if (bytes > MEMORY_MAX)
    throw new UsageError(`--memory: ${text} is too much, at most ${showSize(MEMORY_MAX)} (a 4 GiB memory less the tables)`);
  return Math.floor(bytes / L.PAGE_SIZE) * L.PAGE_SIZE;
}

/** --swap: at least a page, at most what the table of slots is made for. */
export function parseSwap(text: string): number {
  const bytes = parseSize('--swap')(text);
  if (bytes < L.PAGE_SIZE || bytes > SWAP_MAX_BYTES) {
    throw new UsageError(`--swap: ${text} is not from ${showSize(L.PAGE_SIZE)} to ${showSize(SWAP_MAX_BYTES)}`);
  }
  return Math.floor(bytes / L.PAGE_SIZE) * L.PAGE_SIZE;
}

/** The same for other options. */
export function parseSize(option: string): (text: string) => number {
  return (text) => {
    const found = /^(\d+(?:\.\d+)?)\s*(?:([kmg])(?:i?b)?|b)?$/i.exec(text.trim());
    if (found === null) throw new UsageError(`${option}: '${text}' is not a size (examples: 64K, 512M, 1.5G)`);
    return Math.floor(Number(found[1]) * UNITS[(found[2] ?? '').toUpperCase()]);
  };
}

/** 1G, 512M, 3984M, 64K, 100 bytes. */
export function showSize(bytes: number): string {
  for (const unit of ['G', 'M', 'K']) if (bytes >= UNITS[unit] && bytes % UNITS[unit] === 0) return `${bytes / UNITS[unit]}${unit}`;
  return `${bytes} bytes`;
}

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** SRC:DST[:ro|:rw]. DST is absolute; SRC is a folder or archive of the host. */
export function parseMount(text: string): Mount {
  const mode = /:(ro|rw)$/.exec(text);
  const rest = mode === null ? text : text.slice(0, mode.index);
  const colon = rest.lastIndexOf(':');
  const source = rest.slice(0, colon);
  const target = rest.slice(colon + 1);
  if (colon <= 0 || !target.startsWith('/')) throw new UsageError(`--mount: '${text}' is not SRC:DST[:ro] with an absolute DST`);
  if (target.includes('\0') || source.includes('\0')) throw new UsageError('--mount: a path contains a NUL character');
  return { source, target, readOnly: mode?.[1] === 'ro' };
}

export interface Publication {
  readonly hostPort: number;
  readonly guestPort: number;
}

/** HOSTPORT:GUESTPORT; host port 0: one that is free. */
export function parsePublish(text: string): Publication {
  const found = /^(\d{1,5}):(\d{1,5})$/.exec(text);
  const [hostPort, guestPort] = [Number(found?.[1]), Number(found?.[2])];
  if (found === null || hostPort > 65535 || guestPort > 65535 || guestPort === 0) {
    throw new UsageError(`--publish: '${text}' is not HOSTPORT:GUESTPORT`);
  }
  return { hostPort, guestPort };
}

/** WIDTHxHEIGHT in pixels. */
export function parseFramebuffer(text: string): FramebufferOptions {
  const found = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  const [width, height] = [Number(found?.[1]), Number(found?.[2])];
  const fits = (side: number): boolean => side >= 1 && side <= FRAMEBUFFER_SIDE_MAX;
  if (!fits(width) || !fits(height)) {
    throw new UsageError(`--framebuffer: '${text}' is not WIDTHxHEIGHT (example: 320x200; at most ${FRAMEBUFFER_SIDE_MAX} each)`);
  }
  return { width, height };
}

/** K=V. */
export function parseEnvironment(text: string): [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new UsageError(`--env: '${text}' is not NAME=VALUE`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** Seconds, fractions allowed, more than 0. */
export function parseTimeout(text: string): number {
  const seconds = /^\d+(\.\d*)?$|^\.\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds > 0 && seconds <= 2 ** 31 / 1000)) throw new UsageError(`--timeout: '${text}' is not a number of seconds above 0`);
  return seconds;
}

/** Instructions: 1000000, 10M, 2G (decimal multiples, since it is a count), 1e9. */
export const parseFuel = parseMany('--fuel', 'instructions');

/** The same for other options. */
export function parseMany(option: string, what: string, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const found = /^(\d+(?:\.\d+)?(?:e\d+)?)([kmg])?$/i.exec(text);
    const factor = { k: 1e3, m: 1e6, g: 1e9 }[(found?.[2] ?? '').toLowerCase()] ?? 1;
    const count = found === null ? Number.NaN : Number(found[1]) * factor;
    if (!(count >= 1 && count <= most && Number.isInteger(count))) {
      throw new UsageError(`${option}: '${text}' is not a number of ${what} (examples: 1000000, 10M, 2G)`);
    }
    return count;
  };
}

/** A whole number, at least `least`. */
export function parseCount(option: string, least: number, most: number): (text: string) => number {
  return parseMatching(/^\d+$/, option, least, most);
}

/** A number that need not be whole. */
export function parseNumber(option: string, least: number, most: number): (text: string) => number {
  return parseMatching(/^\d+(\.\d+)?$/, option, least, most);
}

function parseMatching(form: RegExp, option: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const count = form.test(text) ? Number(text) : Number.NaN;
    if (!(count >= least && count <= most)) throw new UsageError(`${option}: '${text}' is not a number from ${least} to ${most}`);
    return count;
  };
}

const ROOT = { name: 'root', home: '/root' };

/** What the guest finds in its environment when nothing says otherwise; --env adds to it and overrides it. */
export function defaultEnvironment(terminal: string | undefined, user: { name?: string; home?: string } = ROOT): Map<string, string> {
  return new Map([
    ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ['HOME', user.home ?? '/'],
    ['USER', user.name ?? 'nobody'],
    ['TERM', terminal ?? 'dumb'],
  ]);
}

/** Options of `run` that take the next word as their value: what must be known to find where PROGRAM stands. */
const WITH_VALUE: readonly string[] = [
  '--root',
  '--mount',
  '--cwd',
  '--user',
  '--env',
  '--memory',
  '--swap',
  '--timeout',
  '--fuel',
  '--jit',
  '--jit-threshold',
  '--jit-dump',
  '--profile',
  '--max-processes',
  '--max-files',
  '--max-archive',
  '--owners',
  '--net',
  '--publish',
  '--framebuffer',
  '--screenshot',
  '--snapshot',
  '--snapshot-at',
  '--restore',
  '-r',
  '-m',
  '-e',
];
const OPTIONAL_VALUE: readonly string[] = ['--stats', '--strace'];

/** Index of the first word from `start` on that is neither an option of a run nor its value: PROGRAM. `more`: others with a value. */
export function optionEnd(argv: readonly string[], start: number, more: readonly string[] = []): number {
  let i = start;
  for (; i < argv.length; i++) {
    if (argv[i] === '--') return i + 1;
    if (!argv[i].startsWith('-') || argv[i] === '-') break;
    if (WITH_VALUE.includes(argv[i]) || more.includes(argv[i])) i++;
  }
  return i;
}

/**
 * `--stats PROGRAM` must not take PROGRAM as the file of --stats, which commander would do with an optional value: a bare
 * one becomes `--stats=`. Only up to PROGRAM: what follows belongs to the guest.
 */
export function markOptionalValues(argv: readonly string[]): string[] {
  const out = [...argv];
  const run = out.findIndex((word) => !word.startsWith('-'));
  if (out[run] !== 'run') return out;
  for (let i = run + 1; i < out.length; i++) {
    const word = out[i];
    if (word === '--' || !word.startsWith('-') || word === '-') break;
    if (OPTIONAL_VALUE.includes(word)) out[i] = `${word}=`;
    else if (WITH_VALUE.includes(word)) i++;
  }
  return out;
}
