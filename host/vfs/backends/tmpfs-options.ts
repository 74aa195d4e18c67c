/** Options of tmpfs(5) and hugetlbfs: what mount(2) hands over as its last argument. */
import { EINVAL } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';

const PAGE = 4096;
/** Of which a hugetlbfs may be: the usual first. */
const HUGE_PAGES = [2 ** 21, 2 ** 30];
const ID_MAX = 0xfffffffe;
const SCALES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** What was said; absent: nothing was. */
export interface MemorySettings {
  /** Most bytes of data, in whole pages; 0: as many as the machine has. */
  readonly bytes?: number;
  /** Most inodes; 0: no limit. */
  readonly inodes?: number;
  /** Permissions and owner of the root. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

function count(text: string): number {
  const found = /^(\d+)([kmgt]?)$/i.exec(text);
  const value = found === null ? Number.NaN : Number(found[1]) * SCALES[found[2].toLowerCase()];
  if (!Number.isSafeInteger(value)) throw new SysError(EINVAL);
  return value;
}

/** A number of bytes, or a share of `all`. */
function size(text: string, all: number): number {
  const percent = /^(\d{1,6})%$/.exec(text);
  return percent === null ? count(text) : (all * Number(percent[1])) / 100;
}

function id(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= ID_MAX)) throw new SysError(EINVAL);
  return value;
}

function mode(text: string): number {
  if (!/^[0-7]{1,6}$/.test(text)) throw new SysError(EINVAL);
  return Number.parseInt(text, 8) & 0o7777;
}

/** What both file systems know; undefined: no such option. */
function common(name: string, value: string): MemorySettings | undefined {
  switch (name) {
    case 'nr_inodes':
      return { inodes: count(value) };
    case 'mode':
      return { mode: mode(value) };
    case 'uid':
      return { uid: id(value) };
    case 'gid':
      return { gid: id(value) };
    default:
      return undefined;
  }
}

function parse(text: string, each: (name: string, value: string | undefined) => MemorySettings | undefined): MemorySettings {
  let settings: MemorySettings = {};
  for (const option of text.split(',').filter((word) => word !== '')) {
    const equals = option.indexOf('=');
    const name = equals < 0 ? option : option.slice(0, equals);
    const value = equals < 0 ? undefined : option.slice(equals + 1);
    const found = each(name, value) ?? common(name, value ?? '');
    if (found === undefined) throw new SysError(EINVAL);
    settings = { ...settings, ...found };
  }
  return settings;
}

const pages = (bytes: number, page: number): number => Math.ceil(bytes / page) * page;

/** EINVAL: an option or a value that there is not. */
export function tmpfsSettings(text: string, memoryBytes: number): MemorySettings {
  return parse(text, (name, value) => {
    if (name === 'size') return { bytes: pages(size(value ?? '', memoryBytes), PAGE) };
    if (name === 'nr_blocks') return { bytes: count(value ?? '') * PAGE };
    return value === undefined && (name === 'inode32' || name === 'inode64') ? {} : undefined;
  });
}

/** `poolBytes`: what a share is one of, for pages of a size. */
export function hugetlbfsSettings(text: string, poolBytes: (pageBytes: number) => number): MemorySettings & { pageBytes: number } {
  let wanted = '';
  let [pageBytes] = HUGE_PAGES;
  const settings = parse(text, (name, value = '') => {
    if (name === 'size') wanted = value;
    else if (name === 'pagesize' && HUGE_PAGES.includes(count(value))) pageBytes = count(value);
    else return undefined;
    return {};
  });
  // Whichever comes first.
  return wanted === ''
    ? { ...settings, pageBytes }
    : { ...settings, pageBytes, bytes: Math.floor(size(wanted, poolBytes(pageBytes)) / pageBytes) * pageBytes };
}

function owner({ uid = 0, gid = 0 }: MemorySettings): string[] {
  return [...(uid === 0 ? [] : [`uid=${uid}`]), ...(gid === 0 ? [] : [`gid=${gid}`])];
}

/** As /proc/mounts shows them, in Linux's order. */
export function tmpfsOptionWords(settings: MemorySettings): string[] {
  const { bytes = 0, inodes = 0, mode = 0o1777 } = settings;
  const limits = [...(bytes === 0 ? [] : [`size=${bytes / 1024}k`]), ...(inodes === 0 ? [] : [`nr_inodes=${inodes}`])];
  return [...limits, ...(mode === 0o1777 ? [] : [`mode=${mode.toString(8).padStart(3, '0')}`]), ...owner(settings)];
}

export function hugetlbfsOptionWords(settings: MemorySettings, pageBytes: number): string[] {
  const { bytes = 0, inodes = 0, mode = 0o755 } = settings;
  return [
    ...owner(settings),
    ...(mode === 0o755 ? [] : [`mode=${mode.toString(8)}`]),
    ...(inodes === 0 ? [] : [`nr_inodes=${inodes}`]),
    `pagesize=${pageBytes / 2 ** 20}M`,
    ...(bytes === 0 ? [] : [`size=${bytes}`]),
  ];
}
