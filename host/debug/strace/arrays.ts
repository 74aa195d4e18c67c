import type { CallView } from './call.js';
import { FLAGS, flagNames } from './names.js';
import { epollEvent, u64 } from './structs.js';
import { address, quoteCut, STRING_LIMIT } from './text.js';

/** Elements of an array that are shown (strace -s counts for arrays, too). */
const ELEMENTS_LIMIT = STRING_LIMIT;

function list<T>(items: readonly T[], total: number, show: (item: T) => string): string {
  const shown = items.map(show);
  if (total > items.length) shown.push('...');
  return `[${shown.join(', ')}]`;
}

/** The first elements of an array in user memory as views of `size` bytes. */
function elements(view: CallView, at: number, total: number, size: number): DataView[] | undefined {
  const count = Math.min(total, ELEMENTS_LIMIT);
  const bytes = view.memory.bytes(at, count * size);
  if (bytes === undefined) return undefined;
  return Array.from({ length: count }, (_, i) => new DataView(bytes.buffer, i * size, size));
}

/** struct iovec[]: with the bytes they hold, at most `filled` in all. */
export function iovecs(view: CallView, at: number, count: number, filled: number): string {
  if (at === 0 || count > 1024) return address(at);
  const items = elements(view, at, count, 16);
  if (items === undefined) return address(at);
  let left = filled;
  return list(items, count, (item) => {
    const [base, length] = [Number(u64(item, 0)), Number(u64(item, 8))];
    const bytes = Math.max(0, Math.min(length, left));
    left -= bytes;
    const text = view.memory.bytes(base, Math.min(bytes, STRING_LIMIT));
    return `{iov_base=${text === undefined ? address(base) : quoteCut(text, bytes)}, iov_len=${length}}`;
  });
}

/** struct pollfd[]: what is waited for. */
export function pollEvents(view: CallView, at: number, count: number): string {
  if (at === 0) return 'NULL';
  const items = elements(view, at, count, 8);
  if (items === undefined) return address(at);
  return list(items, count, (item) => {
    const fd = item.getInt32(0, true);
    return fd < 0 ? `{fd=${fd}}` : `{fd=${fd}, events=${flagNames(FLAGS.poll, item.getUint16(4, true))}}`;
  });
}

/** struct pollfd[]: what has happened, without the quiet ones. */
export function pollResults(view: CallView, at: number, count: number): string {
  const items = (elements(view, at, count, 8) ?? []).filter((item) => item.getUint16(6, true) !== 0);
  return list(items, items.length, (item) => `{fd=${item.getInt32(0, true)}, revents=${flagNames(FLAGS.poll, item.getUint16(6, true))}}`);
}

/** fd_set of select: the descriptors below n that are in it. */
export function descriptorSet(view: CallView, at: number, n: number): string {
  const bytes = view.memory.bytes(at, Math.ceil(Math.max(0, Math.min(n, 1024)) / 64) * 8);
  if (bytes === undefined) return address(at);
  return `[${membersOf(bytes, n).join(' ')}]`;
}

function membersOf(bytes: Uint8Array, n: number): number[] {
  const found: number[] = [];
  for (let fd = 0; fd < Math.min(n, bytes.length * 8); fd++) if ((bytes[fd >> 3] >> (fd & 7)) & 1) found.push(fd);
  return found;
}

/** epoll_event[], 16 bytes each on riscv64. */
export function epollEvents(view: CallView, at: number, count: number): string {
  const items = elements(view, at, count, 16);
  return items === undefined ? address(at) : list(items, count, (item) => epollEvent(item));
}

export function groups(view: CallView, at: number, count: number): string {
  const items = elements(view, at, count, 4);
  return items === undefined ? address(at) : list(items, count, (item) => String(item.getUint32(0, true)));
}

/** How many linux_dirent64 records fill `bytes` bytes. */
export function countEntries(view: CallView, at: number, bytes: number): number {
  const data = view.memory.view(at, bytes);
  let count = 0;
  for (let i = 0; data !== undefined && i + 19 <= bytes; count++) {
    const length = data.getUint16(i + 16, true);
    if (length === 0) break;
    i += length;
  }
  return count;
}

/** char*[] ended by NULL: ["sh", "-c", ...]. */
export function stringArray(view: CallView, at: number): string {
  const shown: string[] = [];
  for (let i = 0; ; i++) {
    const pointer = view.memory.u64(at + i * 8);
    if (pointer === undefined) return i === 0 ? address(at) : `[${shown.join(', ')}, ???]`;
    if (pointer === 0) return `[${shown.join(', ')}]`;
    if (i === ELEMENTS_LIMIT) return `[${shown.join(', ')}, ...]`;
    const text = view.memory.string(pointer, STRING_LIMIT + 1);
    shown.push(text === undefined ? address(pointer) : quoteCut(text.bytes));
  }
}

/** The environment: only how many there are. */
export function countStrings(view: CallView, at: number): number {
  for (let i = 0; i < 65536; i++) if ((view.memory.u64(at + i * 8) ?? 0) === 0) return i;
  return 65536;
}
