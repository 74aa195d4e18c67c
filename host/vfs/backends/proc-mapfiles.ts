/** /proc/PID/map_files: a magic link for every mapping of a file, by its addresses. */
import { ENOENT, EPERM } from '../../../assembly/shared/errno.js';
import { VM_MAYWRITE, VM_SHARED } from '../../../assembly/shared/mman.js';
import { SysError } from '../../linux/error.js';
import { S_IFDIR, S_IFLNK } from '../../linux/stat.js';
import type { Location } from '../dentry.js';
import type { Inode } from '../types.js';
import { fileOf, nameOf, type Vma, vmas } from './proc-maps.js';
import type { Row, TaskView } from './proc-view.js';
import { SyntheticDirectory, type SyntheticEntries, SyntheticLink } from './synthetic.js';

const CAP_SYS_ADMIN = 1n << 21n;
const CAP_CHECKPOINT_RESTORE = 1n << 40n;
/** Inode numbers: these and the place in the list. */
const KEYS = 0x600000;

function nameOfRange({ start, end }: Vma): string {
  return `${start.toString(16)}-${end.toString(16)}`;
}

/** Mappings of files, the nameless files of shared anonymous memory among them. */
function mapped(view: TaskView): Vma[] {
  view.checkInspect();
  const space = view.space();
  return space === undefined ? [] : [...vmas(view.source, space)].filter((vma) => fileOf(view.source, vma) !== undefined);
}

function linkOf(view: TaskView, vma: Vma, key: number): Inode {
  const text = (): string => nameOf(vma, fileOf(view.source, vma));
  const follow = (): Location => {
    // The link leads to files that their names may keep from the reader.
    if (!view.source.capable(CAP_SYS_ADMIN) && !view.source.capable(CAP_CHECKPOINT_RESTORE)) throw new SysError(EPERM);
    const location = fileOf(view.source, vma)?.location;
    if (location === undefined) throw new SysError(ENOENT);
    return location;
  };
  const writable = (vma.flags & (VM_SHARED | VM_MAYWRITE)) === (VM_SHARED | VM_MAYWRITE);
  return new SyntheticLink(view.place(writable ? 0o600 : 0o400, KEYS + key), text, follow);
}

function entries(view: TaskView): SyntheticEntries {
  return {
    lookup: (name) => {
      const found = mapped(view);
      const index = found.findIndex((vma) => nameOfRange(vma) === name);
      return index < 0 ? undefined : linkOf(view, found[index], index);
    },
    list: () => mapped(view).map((vma, i) => ({ name: nameOfRange(vma), ino: view.place(0, KEYS + i).ino, type: S_IFLNK })),
  };
}

export const mapFilesRow: Row = {
  name: 'map_files',
  type: S_IFDIR,
  wholeOnly: true,
  make: (view, key) => new SyntheticDirectory(view.place(0o500, key), entries(view)),
};
