/** Options of tmpfs(5): what mount(2) hands over as its last argument. */
import { EINVAL } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import type { MemoryFileSystemOptions } from './memory.js';

const PAGE = 4096;
const ID_MAX = 0xfffffffe;
const SCALES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

function count(text: string): number {
  const found = /^(\d+)([kmgt]?)$/i.exec(text);
  const value = found === null ? Number.NaN : Number(found[1]) * SCALES[found[2].toLowerCase()];
  if (!Number.isSafeInteger(value)) throw new SysError(EINVAL);
  return value;
}

function id(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= ID_MAX)) throw new SysError(EINVAL);
  return value;
}

/** `size` may be a share of the machine's memory. Default: half of it; the root is everybody's (01777). 0 is no limit. */
export function tmpfsOptions(text: string, memoryBytes: number): MemoryFileSystemOptions {
  let bytes = memoryBytes / 2;
  let [mode, uid, gid] = [0o1777, 0, 0];
  let inodes: number | undefined;
  for (const option of text.split(',').filter((word) => word !== '')) {
    const equals = option.indexOf('=');
    const value = equals < 0 ? '' : option.slice(equals + 1);
    switch (equals < 0 ? option : option.slice(0, equals)) {
      case 'size': {
        const percent = /^(\d{1,6})%$/.exec(value);
        bytes = percent === null ? count(value) : (memoryBytes * Number(percent[1])) / 100;
        break;
      }
      case 'nr_blocks':
        bytes = count(value) * PAGE;
        break;
      case 'nr_inodes':
        inodes = count(value);
        break;
      case 'mode':
        if (!/^[0-7]{1,6}$/.test(value)) throw new SysError(EINVAL);
        mode = Number.parseInt(value, 8) & 0o7777;
        break;
      case 'uid':
        uid = id(value);
        break;
      case 'gid':
        gid = id(value);
        break;
      case 'inode32':
      case 'inode64':
        if (equals >= 0) throw new SysError(EINVAL);
        break;
      default:
        throw new SysError(EINVAL);
    }
  }
  const maxBytes = bytes === 0 ? undefined : Math.ceil(bytes / PAGE) * PAGE;
  return { mode, uid, gid, maxBytes, maxInodes: inodes === 0 ? Number.MAX_SAFE_INTEGER : inodes };
}
