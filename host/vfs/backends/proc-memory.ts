/** Text of /proc/meminfo and /proc/vmstat: rows in the kernel's order, those that this machine has something to say to. */
import { FIRST_FRAME, FRAME_COUNT, PAGE_SIZE } from '../../../assembly/shared/layout.js';
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
  readonly anonymous: number;
  readonly mapped: number;
  readonly tables: number;
  readonly locked: number;
}

function pagesOf(source: ProcSource): Pages {
  const { exports } = source.core;
  const total = exports.frameLimit();
  return { total, free: Math.max(0, total - exports.framesInUse()), ...source.memoryPages() };
}

export function meminfoText(source: ProcSource): string {
  const pages = pagesOf(source);
  const { total, free, file, shmem, anonymous } = pages;
  const available = free + file - pages.dirty;
  const rows: readonly (readonly [label: string, pages: number])[] = [
    ['MemTotal', total],
    ['MemFree', free],
    ['MemAvailable', available],
    ['Buffers', 0],
    ['Cached', file + shmem],
    ['SwapCached', 0],
    ['Active', anonymous + shmem],
    ['Inactive', file],
    ['Active(anon)', anonymous + shmem],
    ['Inactive(anon)', 0],
    ['Active(file)', 0],
    ['Inactive(file)', file],
    ['Unevictable', pages.locked],
    ['Mlocked', pages.locked],
    ['SwapTotal', 0],
    ['SwapFree', 0],
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
    ['CommitLimit', Math.floor((total * source.knobs.overcommitRatio) / 100)],
    ['Committed_AS', anonymous + shmem],
    ['VmallocTotal', VMALLOC_KIB / KIB_PER_PAGE],
    ['VmallocUsed', 0],
    ['VmallocChunk', 0],
    ['HardwareCorrupted', source.core.exports.poisonedFrames()],
    ['HugePages_Total', 0],
    ['HugePages_Free', 0],
    ['HugePages_Rsvd', 0],
    ['HugePages_Surp', 0],
    ['Hugepagesize', 512],
    ['Hugetlb', 0],
  ];
  return rows.map(([label, count]) => meminfoRow(label, count)).join('');
}

/** Counts of huge pages have no unit. */
function meminfoRow(label: string, pages: number): string {
  const unit = label.startsWith('HugePages') ? '' : ' kB';
  return `${`${label}:`.padEnd(16)}${String(pages * KIB_PER_PAGE).padStart(8)}${unit}\n`;
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
    nr_page_table_pages: pages.tables,
    // Nothing counts what media transfer, and there is no swap.
    pgpgin: 0,
    pgpgout: 0,
    pswpin: 0,
    pswpout: 0,
    pgfault: faults,
    pgmajfault: major,
  };
  return Object.entries(rows)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
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
