/** Random programs that write, sync and rename, run on a file system with a medium; each step remembers what the medium was told. */
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { SysError } from '../../host/linux/error.js';
import * as F from '../../host/linux/fcntl.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import type { PagedFile } from '../../host/vfs/pagedfile.js';
import { type Action, Contract } from './contract.js';
import type { Medium } from './medium.js';
import type { Random } from './random.js';
import type { Tree } from './tree.js';

const NAMES: readonly (readonly [string, string])[] = [
  ['', 'a'],
  ['', 'b'],
  ['', 'c'],
  ['d', 'a'],
  ['d', 'x'],
];
const PAGES = 4;

export interface Step {
  readonly action: Action;
  /** Calls of the medium that it made: [from, to) of its log. */
  readonly from: number;
  readonly to: number;
  /** Errno of the call; 0: success. */
  readonly errno: number;
}

/** Runs so many random calls in `tree`, which has an empty root and an empty directory d, both of them safe. */
export class Scenario {
  readonly steps: Step[] = [];
  readonly #now = new Contract();
  /** What each name leads to. */
  readonly #live = new Map<string, number>();
  readonly #open = new Map<number, PagedFile>();
  #files = 0;

  constructor(
    readonly tree: Tree,
    readonly medium: Medium,
    readonly random: Random,
  ) {}

  run(count: number): Step[] {
    for (let i = 0; i < count; i++) for (const action of this.#choose()) if (!this.#step(action)) break;
    return this.steps;
  }

  /** False: the call failed. */
  #step(action: Action): boolean {
    const from = this.medium.ops.length;
    let errno = 0;
    try {
      this.#do(action);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      errno = error.errno;
    }
    this.steps.push({ action, from, to: this.medium.ops.length, errno });
    if (errno !== 0) return false;
    this.#now.apply(action, true);
    if (action.kind === 'create') this.#live.set(key(action.directory, action.name), action.file);
    else if (action.kind === 'unlink') this.#live.delete(key(action.directory, action.name));
    else if (action.kind === 'rename') {
      this.#live.delete(key(...action.from));
      this.#live.set(key(...action.to), action.file);
    }
    return true;
  }

  // --- choosing

  #choose(): Action[] {
    const { random } = this;
    const [directory, name] = random.pick(NAMES);
    const file = this.#live.get(key(directory, name));
    if (file === undefined) return [{ kind: 'create', directory, name, file: this.#files++ }];
    const size = this.#now.bytesOf(file).length;
    switch (random.below(14)) {
      case 0:
        return [{ kind: 'unlink', directory, name }];
      case 1:
        return this.#rename(directory, name, file);
      case 2:
        return this.#replace(directory, name);
      case 3:
        return [{ kind: 'truncate', file, size: random.below(PAGES * PAGE_SIZE) }];
      case 4:
        return [{ kind: random.pick(['fsync', 'fdatasync']), file }];
      case 5:
      case 6: {
        const first = random.below(PAGES);
        return [{ kind: 'msync', file, first, end: first + 1 + random.below(PAGES) }];
      }
      case 7:
        return [{ kind: 'syncEntries', directory }];
      case 8:
        return [{ kind: random.pick(['sync', 'flush', 'flush']) }];
      case 9:
      case 10:
      case 11:
        return size === 0 ? [] : [this.#store(file, size)];
      default: {
        const length = random.pick([1, 100, 512, 4096, 5000]);
        const offset = random.below(PAGES * PAGE_SIZE - length);
        return [{ kind: 'write', file, offset, bytes: this.#bytes(length), sync: random.chance(0.25) }];
      }
    }
  }

  /** Never zero: so that what was lost can't pass for what was written. */
  #bytes(length: number): Uint8Array {
    return this.random.bytes(length).map((byte) => byte || 1);
  }

  #store(file: number, size: number): Action {
    const offset = this.random.below(size);
    const length = Math.min(size - offset, PAGE_SIZE - (offset % PAGE_SIZE), this.random.pick([1, 8, 600]));
    return { kind: 'store', file, offset, bytes: this.#bytes(length) };
  }

  #rename(directory: string, name: string, file: number): Action[] {
    const to = this.random.pick(NAMES);
    if (to[0] === directory && to[1] === name) return [];
    return [{ kind: 'rename', from: [directory, name], to, file }];
  }

  /** The idiom: new contents under another name, safe before they take the old name. */
  #replace(directory: string, name: string): Action[] {
    const file = this.#files++;
    return [
      { kind: 'create', directory, name: 'new', file },
      { kind: 'write', file, offset: 0, bytes: this.#bytes(1 + this.random.below(2 * PAGE_SIZE)), sync: false },
      { kind: 'fsync', file },
      { kind: 'rename', from: [directory, 'new'], to: [directory, name], file },
      ...(this.random.chance(0.7) ? [{ kind: 'syncEntries', directory } as const] : []),
    ];
  }

  // --- doing

  #file(number: number): PagedFile {
    const file = this.#open.get(number);
    if (file === undefined) throw new Error(`file ${number} is not open`);
    return file;
  }

  #do(action: Action): void {
    const { tree } = this;
    switch (action.kind) {
      case 'create':
        this.#open.set(action.file, tree.open(path(action.directory, action.name), F.O_RDWR | F.O_CREAT | F.O_EXCL) as PagedFile);
        break;
      case 'unlink':
        tree.unlink(path(action.directory, action.name));
        break;
      case 'rename':
        tree.rename(path(...action.from), path(...action.to));
        break;
      case 'write': {
        const file = this.#file(action.file);
        file.flags = action.sync ? F.O_RDWR | F.O_DSYNC : F.O_RDWR;
        tree.writeFile(file, action.bytes, action.offset);
        break;
      }
      case 'store':
        this.#storeMapped(this.#file(action.file), action.offset, action.bytes);
        break;
      case 'truncate':
        this.#file(action.file).truncate(action.size);
        break;
      case 'fsync':
      case 'fdatasync':
        this.#file(action.file).sync(action.kind === 'fdatasync');
        break;
      case 'msync':
        this.#file(action.file).sync(true, action.first, action.end);
        break;
      case 'syncEntries': {
        const directory = tree.open(`/${action.directory}`);
        directory.sync(false);
        releaseFile(directory);
        break;
      }
      case 'sync':
        tree.namespace.sync();
        break;
      default:
        tree.namespace.writeBack();
    }
  }

  /** As a program does it through a shared mapping. */
  #storeMapped(file: PagedFile, offset: number, bytes: Uint8Array): void {
    const { paged } = file;
    const index = Math.floor(offset / PAGE_SIZE);
    paged.mapped = true;
    paged.fillPage(index);
    const { core } = paged.env;
    core.u8.set(bytes, (core.exports.objectPage(paged.object, index) >>> 0) + (offset % PAGE_SIZE));
    core.exports.objectMarkDirty(paged.object, index);
  }

  close(): void {
    for (const file of this.#open.values()) releaseFile(file);
    this.#open.clear();
  }
}

function key(directory: string, name: string): string {
  return `${directory}/${name}`;
}

function path(directory: string, name: string): string {
  return directory === '' ? `/${name}` : `/${directory}/${name}`;
}

/** What was promised when the medium had been told so much and no more. */
export function contractAt(steps: readonly Step[], told: number): Contract {
  const contract = new Contract();
  for (const { action, from, to, errno } of steps) {
    const finished = to <= told && errno === 0;
    if (to > told && from >= told) break;
    contract.apply(action, finished);
    if (to > told) break;
  }
  return contract;
}
