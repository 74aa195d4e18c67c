/** Small files of /proc/PID that show or set one property of the process. */
import { EACCES, EINVAL, EPERM, ESRCH } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { parseInt32, parseInteger } from '../../linux/number.js';
import { S_IFREG } from '../../linux/stat.js';
import { mountstatsText } from './proc-mounts.js';
import { file, type Row, type TaskView, writable } from './proc-view.js';
import { SyntheticFile } from './synthetic.js';

const CAP_SYS_NICE = 1n << 23n;
const CAP_SYS_RESOURCE = 1n << 24n;
/** A number that is written is looked at no further than this. */
const PAGE_BYTES = 4096;
/** What Linux reckons that its record of a page costs. */
const KSM_RECORD_BYTES = 64;
const NUMBER_BYTES = 12;
const OOM_MIN = -1000;
const OOM_MAX = 1000;
/** The same as it was before Linux 2.6.36, which /proc/PID/oom_adj still speaks. */
const OLD_OOM_DISABLE = -17;
const OLD_OOM_MAX = 15;
const DUMP_BITS = 0x1ff;

/** What a debugger may ask. Others are refused at the read, not at the opening. */
function traced(name: string, content: (view: TaskView) => string, errno: number): Row {
  const make: Row['make'] = (view, key) =>
    new SyntheticFile(view.place(0o400, key), () => {
      const text = content(view);
      if (!view.permitted) throw new SysError(errno);
      return text;
    });
  return { name, type: S_IFREG, make };
}

function syscallText(view: TaskView): string {
  const { call } = view.task();
  if (call === undefined) return 'running\n';
  const registers = [...call.args, call.stack, call.pc].map((value) => `0x${value.toString(16)}`);
  return `${call.number} ${registers.join(' ')}\n`;
}

/** There is no block device: what read and write calls move is in memory, or the embedder's affair. */
function ioText(view: TaskView): string {
  const { rchar, wchar, syscr, syscw } = view.whole ? view.process().io : view.task().io;
  return `rchar: ${rchar}\nwchar: ${wchar}\nsyscr: ${syscr}\nsyscw: ${syscw}\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n`;
}

function setOomAdjust(view: TaskView, value: number, below: number): void {
  const process = view.process();
  const may = view.source.capable(CAP_SYS_RESOURCE);
  if (value < below && !may) throw new SysError(EACCES);
  process.oomScoreAdjust = value;
  if (may) process.oomScoreAdjustMin = value;
}

function storeOomScoreAdjust(view: TaskView, bytes: Uint8Array): void {
  const value = parseInt32(bytes.subarray(0, NUMBER_BYTES));
  if (value < OOM_MIN || value > OOM_MAX) throw new SysError(EINVAL);
  setOomAdjust(view, value, view.process().oomScoreAdjustMin);
}

function oldOomText(view: TaskView): string {
  const value = view.process().oomScoreAdjust;
  return `${value === OOM_MAX ? OLD_OOM_MAX : Math.trunc((value * -OLD_OOM_DISABLE) / OOM_MAX)}\n`;
}

function storeOldOomAdjust(view: TaskView, bytes: Uint8Array): void {
  const value = parseInt32(bytes.subarray(0, NUMBER_BYTES));
  if ((value < OLD_OOM_DISABLE || value > OLD_OOM_MAX) && value !== OLD_OOM_DISABLE) throw new SysError(EINVAL);
  const scaled = value === OLD_OOM_MAX ? OOM_MAX : Math.trunc((value * OOM_MAX) / -OLD_OOM_DISABLE);
  setOomAdjust(view, scaled, view.process().oomScoreAdjust);
}

function dumpFilterText(view: TaskView): string {
  const { space, coredumpFilter } = view.process();
  return space === undefined ? '' : `${coredumpFilter.toString(16).padStart(8, '0')}\n`;
}

function storeDumpFilter(view: TaskView, bytes: Uint8Array): void {
  const value = parseInteger(bytes.subarray(0, NUMBER_BYTES), 0n, 0xffffffffn);
  const process = view.process();
  if (process.space === undefined) throw new SysError(ESRCH);
  process.coredumpFilter = Number(value) & DUMP_BITS;
}

function checkNice(view: TaskView): void {
  const own = view.source.current()?.pid === view.process().pid;
  if (!own && !view.source.capable(CAP_SYS_NICE)) throw new SysError(EPERM);
}

function timerSlackText(view: TaskView): string {
  checkNice(view);
  return `${view.process().timerSlackNs}\n`;
}

function storeTimerSlack(view: TaskView, bytes: Uint8Array): void {
  const value = parseInteger(bytes.subarray(0, NUMBER_BYTES + 8), 0n, 2n ** 64n - 1n);
  checkNice(view);
  view.process().timerSlackNs = Number(value);
}

function ksmStatText(view: TaskView): string {
  const { space, mergesMemory } = view.process();
  if (space === undefined) return '';
  const { ksm } = view.source;
  const records = ksm.recordsOf(space.handle);
  const merged = ksm.mergedOf(space.handle);
  const mergeable = mergesMemory || view.source.core.exports.ksmNext(space.handle, 0) >= 0;
  const rows: readonly (readonly [string, string | number])[] = [
    ['ksm_rmap_items', records],
    ['ksm_zero_pages', 0],
    ['ksm_merging_pages', merged],
    ['ksm_process_profit', merged * PAGE_BYTES - records * KSM_RECORD_BYTES],
  ];
  const text = rows.map(([label, value]) => `${label} ${value}\n`).join('');
  return `${text}ksm_merge_any: ${mergesMemory ? 'yes' : 'no'}\nksm_mergeable: ${mergeable ? 'yes' : 'no'}\n`;
}

function ksmMergingText(view: TaskView): string {
  const { space } = view.process();
  return space === undefined ? '' : `${view.source.ksm.mergedOf(space.handle)}\n`;
}

export const SMALL_ROWS: readonly Row[] = [
  traced('personality', (view) => `${view.process().personality.toString(16).padStart(8, '0')}\n`, EPERM),
  traced('syscall', syscallText, EPERM),
  traced('io', ioText, EACCES),
  writable('oom_score_adj', (view) => `${view.process().oomScoreAdjust}\n`, storeOomScoreAdjust),
  writable('oom_adj', oldOomText, storeOldOomAdjust),
  { ...writable('coredump_filter', dumpFilterText, storeDumpFilter), wholeOnly: true },
  { ...writable('timerslack_ns', timerSlackText, storeTimerSlack, 0o666), wholeOnly: true },
  { ...file('ksm_merging_pages', ksmMergingText, { mode: 0o400 }), wholeOnly: true },
  { ...file('ksm_stat', ksmStatText, { mode: 0o400 }), wholeOnly: true },
  { ...file('mountstats', (view) => mountstatsText(view.source.mounts(view.pid)), { mode: 0o400 }), wholeOnly: true },
];
