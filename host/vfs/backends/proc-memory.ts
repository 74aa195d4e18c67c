/** Text of /proc/meminfo and /proc/vmstat: rows in the kernel's order, those that this machine has something to say to. */
import { FIRST_FRAME, FRAME_COUNT, PAGE_SIZE } from '../../../assembly/shared/layout.js';
import * as S from '../../../assembly/shared/stat.js';
import { SWAP_NAME } from '../swap.js';
import type { ProcSource } from './proc-source.js';

const CAP_SYS_ADMIN = 1n << 21n;

const KIB_PER_PAGE = 4;
/** VMALLOC_END - VMALLOC_START of sv39. */
const VMALLOC_KIB = 67108864;

/** Numbers of pages, by what they hold. */
interface Pages {
  readonly total: number;
  readonly free: number;
  readonly file: number;
  readonly shmem: number;
  readonly dirty: number;
  /** How often a page became dirty; pages moved to and from media; limits of dirty ones. */
  readonly dirtied: number;
  readonly written: number;
  readonly read: number;
  readonly dirtyLimit: number;
  readonly dirtyBackground: number;
  readonly anonymous: number;
  /** Mapped private memory that may be written or was. */
  readonly accounted: number;
  readonly mapped: number;
  readonly tables: number;
  readonly locked: number;
  readonly swapTotal: number;
  readonly swapFree: number;
  readonly swapCached: number;
}

function pagesOf(source: ProcSource): Pages {
  const { exports } = source.core;
  const total = exports.frameLimit();
  const swapTotal = exports.swapStat(S.SWAP_STAT_SLOTS);
  const swap = {
    swapTotal,
    swapFree: Math.max(0, swapTotal - exports.swapStat(S.SWAP_STAT_USED)),
    swapCached: exports.swapStat(S.SWAP_STAT_CACHED),
  };
  return { total, free: Math.max(0, total - exports.framesInUse()), ...swap, ...source.memoryPages() };
}

export function meminfoText(source: ProcSource): string {
  const pages = pagesOf(source);
  const { total, free, file, shmem, anonymous } = pages;
  const available = free + file - pages.dirty;
  const pool = (which: number): number => source.core.exports.hugetlbPool(which);
  const rows: readonly (readonly [label: string, pages: number])[] = [
    ['MemTotal', total],
    ['MemFree', free],
    ['MemAvailable', available],
    ['Buffers', 0],
    ['Cached', file + shmem],
    ['SwapCached', pages.swapCached],
    ['Active', anonymous + shmem],
    ['Inactive', file],
    ['Active(anon)', anonymous + shmem],
    ['Inactive(anon)', 0],
    ['Active(file)', 0],
    ['Inactive(file)', file],
    ['Unevictable', pages.locked],
    ['Mlocked', pages.locked],
    ['SwapTotal', pages.swapTotal],
    ['SwapFree', pages.swapFree],
    ['Dirty', pages.dirty],
    ['Writeback', 0],
    ['AnonPages', anonymous],
    ['Mapped', pages.mapped],
    ['Shmem', shmem],
    ['KReclaimable', 0],
    ['Slab', 0],
    ['SReclaimable', 0],
    ['SUnreclaim', 0],
    ['KernelStack', 0],
    ['PageTables', pages.tables],
    ['SecPageTables', 0],
    ['NFS_Unstable', 0],
    ['Bounce', 0],
    ['WritebackTmp', 0],
    ['CommitLimit', Math.floor((total * source.knobs.overcommitRatio) / 100) + pages.swapTotal],
    ['Committed_AS', pages.accounted + shmem],
    ['VmallocTotal', VMALLOC_KIB / KIB_PER_PAGE],
    ['VmallocUsed', 0],
    ['VmallocChunk', 0],
    ['Percpu', 0],
    ['HardwareCorrupted', source.core.exports.poisonedFrames()],
    ['AnonHugePages', source.hugePages()],
    ['ShmemHugePages', 0],
    ['ShmemPmdMapped', 0],
    ['FileHugePages', 0],
    ['FilePmdMapped', 0],
    ['HugePages_Total', pool(S.POOL_TOTAL)],
    ['HugePages_Free', pool(S.POOL_FREE)],
    ['HugePages_Rsvd', pool(S.POOL_RESERVED)],
    ['HugePages_Surp', pool(S.POOL_SURPLUS)],
    ['Hugepagesize', 512],
    ['Hugetlb', pool(S.POOL_TOTAL) * 512],
  ];
  return rows.map(([label, count]) => meminfoRow(label, count)).join('');
}

/** Counts of huge pages have no unit. */
function meminfoRow(label: string, pages: number): string {
  const counts = label.startsWith('HugePages');
  return `${`${label}:`.padEnd(16)}${String(counts ? pages : pages * KIB_PER_PAGE).padStart(8)}${counts ? '' : ' kB'}\n`;
}

export function vmstatText(source: ProcSource): string {
  const pages = pagesOf(source);
  let faults = 0;
  let major = 0;
  for (const pid of source.pids()) {
    const process = source.process(pid);
    faults += (process?.minorFaults ?? 0) + (process?.majorFaults ?? 0);
    major += process?.majorFaults ?? 0;
  }
  const stat = (which: number): number => source.core.exports.swapStat(which);
  const rows: Readonly<Record<string, number>> = {
    nr_free_pages: pages.free,
    nr_inactive_anon: 0,
    nr_active_anon: pages.anonymous + pages.shmem,
    nr_inactive_file: pages.file,
    nr_active_file: 0,
    nr_unevictable: pages.locked,
    nr_slab_reclaimable: 0,
    nr_slab_unreclaimable: 0,
    nr_anon_pages: pages.anonymous,
    nr_mapped: pages.mapped,
    nr_file_pages: pages.file + pages.shmem,
    nr_dirty: pages.dirty,
    nr_writeback: 0,
    nr_shmem: pages.shmem,
    nr_dirtied: pages.dirtied,
    nr_written: pages.written,
    nr_page_table_pages: pages.tables,
    nr_swapcached: pages.swapCached,
    nr_dirty_threshold: pages.dirtyLimit,
    nr_dirty_background_threshold: pages.dirtyBackground,
    pgpgin: pages.read * KIB_PER_PAGE,
    pgpgout: pages.written * KIB_PER_PAGE,
    pswpin: stat(S.SWAP_STAT_IN),
    pswpout: stat(S.SWAP_STAT_OUT),
    pgfault: faults,
    pgmajfault: major,
    pglazyfreed: stat(S.RECLAIM_STAT_LAZY),
    // All of it by who needs the memory: nobody else does it in the background.
    pgsteal_kswapd: 0,
    pgsteal_direct: stat(S.RECLAIM_STAT_FREED),
    pgscan_kswapd: 0,
    pgscan_direct: stat(S.RECLAIM_STAT_SCANNED),
    ...source.huge.counts(),
    ...source.khugepaged.counts(),
  };
  return Object.entries(rows)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}

/** /proc/swaps: sizes in KiB. */
export function swapsText(source: ProcSource): string {
  const { swapTotal, swapFree } = pagesOf(source);
  const row = (name: string, type: string, rest: string): string => `${name.padEnd(40)}${type}\t${rest}\n`;
  const head = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n';
  if (swapTotal === 0) return head;
  return head + row(SWAP_NAME, 'partition', `${swapTotal * KIB_PER_PAGE}\t\t${(swapTotal - swapFree) * KIB_PER_PAGE}\t\t-2`);
}

const ORDERS = 11;

/** Frames are handed out one by one: nothing is kept in larger blocks. */
export function buddyinfoText(source: ProcSource): string {
  const counts = [pagesOf(source).free, ...new Array<number>(ORDERS - 1).fill(0)];
  return `Node 0, zone   Normal ${counts.map((count) => `${String(count).padStart(6)} `).join('')}\n`;
}

/** One zone with all memory, never short of it by a watermark. */
export function zoneinfoText(source: ProcSource): string {
  const { total, free, ...pages } = pagesOf(source);
  const rows: readonly (readonly [label: string, value: string | number])[] = [
    ['pages free', free],
    ['boost', 0],
    ['min', 0],
    ['low', 0],
    ['high', 0],
    ['spanned', total],
    ['present', total],
    ['managed', total],
    ['cma', 0],
    ['protection:', '(0)'],
  ];
  const perNode = {
    nr_anon_pages: pages.anonymous,
    nr_mapped: pages.mapped,
    nr_file_pages: pages.file + pages.shmem,
    nr_dirty: pages.dirty,
  };
  const node = Object.entries(perNode).map(([name, count]) => `      ${name.padEnd(12)} ${count}\n`);
  const zone = rows.map(([label, value]) =>
    label === 'pages free' ? `  ${label}     ${value}\n` : `        ${label.padEnd(8)} ${value}\n`,
  );
  return `Node 0, zone   Normal\n  per-node stats\n${node.join('')}${zone.join('')}  node_unreclaimable:  0\n  start_pfn:           0\n`;
}

/** Physical addresses are offsets in linear memory: frames may lie anywhere above the first; how many are used at once is limited. */
export function iomemText(source: ProcSource): string {
  const shown = source.capable(CAP_SYS_ADMIN);
  const range = (from: number, to: number): string =>
    [from * PAGE_SIZE, to * PAGE_SIZE - 1].map((at) => (shown ? at : 0).toString(16).padStart(8, '0')).join('-');
  return `${range(0, FIRST_FRAME)} : Reserved\n${range(FIRST_FRAME, FRAME_COUNT)} : System RAM\n`;
}
