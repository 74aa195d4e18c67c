import { descriptorSet, pollResults } from './arrays.js';
import type { CallView } from './call.js';
import { FLAGS, flagNames } from './names.js';
import { openFlags, timespec } from './structs.js';
import { failure, hex, octal } from './text.js';

/** How the value of a successful call is written, where a decimal number does not do. */
const VALUES: Readonly<Record<string, (value: number, view: CallView) => string>> = {
  brk: hex,
  mmap: hex,
  mremap: hex,
  shmat: hex,
  personality: hex,
  umask: octal,
  fcntl: (value, view) => {
    switch (view.args[1]) {
      case 1:
        return value === 0 ? '0' : `${hex(value)} (flags ${flagNames(FLAGS.fd, value)})`;
      case 3:
        return `${hex(value)} (flags ${openFlags(value)})`;
      case 1034:
        return `${hex(value)} (seals ${flagNames(FLAGS.seals, value)})`;
      default:
        return String(value);
    }
  },
  ppoll: (value, view) => {
    if (value === 0) return '0 (Timeout)';
    return `${value} (${[pollResults(view, view.args[0], view.args[1]), ...left(view, 2)].join(', ')})`;
  },
  pselect6: (value, view) => {
    if (value === 0) return '0 (Timeout)';
    const names = ['in', 'out', 'except'];
    const sets = names.flatMap((name, i) => {
      const at = view.args[i + 1];
      const shown = at === 0 ? '[]' : descriptorSet(view, at, view.args[0]);
      return shown === '[]' ? [] : [`${name} ${shown}`];
    });
    return `${value} (${[...sets, ...left(view, 4)].join(', ')})`;
  },
};

/** The time that remains of a timeout, which the call has written back. */
function left(view: CallView, index: number): string[] {
  const at = view.args[index];
  const data = at === 0 ? undefined : view.memory.view(at, 16);
  return data === undefined ? [] : [`left ${timespec(data)}`];
}

/** What stands behind "= ". */
export function showResult(view: CallView, result: number): string {
  if (result < 0 && result > -4096) return failure(result);
  return VALUES[view.call.name]?.(result, view) ?? String(result);
}
