import { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import type { Machine } from '../machine.js';
import * as Y from '../vfs/backends/synthetic.js';
import { Dentry } from '../vfs/dentry.js';
import type { Inode } from '../vfs/types.js';
import { Anchors } from './anchors.js';
import { ByteReader } from './bytes.js';
import { classes } from './classes.js';
import { SnapshotError } from './error.js';
import { goneFile } from './gone.js';
import type { Class, GraphNames } from './graph.js';
import { GraphReader } from './graph-reader.js';
import { type Anchor, GraphWriter } from './graph-writer.js';
import { restoreCore, type SavedPages, saveCore, savedPages } from './image.js';
import { Media } from './media.js';
import { transient } from './transient.js';

/** A machine at rest: its core, and the graph of the kernel's objects. */
export interface Parts {
  readonly core: Uint8Array;
  readonly graph: Uint8Array;
}

/** Who has the machine: what is the host's is known to it. */
export interface Owner {
  /** Its own classes that may be part of a machine's state. */
  readonly classes: Readonly<Record<string, Class>>;
  /** Of its objects (streams, file systems, devices): the name that it knows them by. */
  anchorOf(object: object): Anchor | undefined;
}

export interface NewOwner {
  readonly classes: Readonly<Record<string, Class>>;
  /** The object of that name in the restored machine. Throws SnapshotError when there is none, saying what is to be given. */
  anchored(name: string): object | undefined;
}

const namesWith = (more: Readonly<Record<string, Class>>): GraphNames => ({
  classes: new Map([...classes, ...Object.entries(more)]),
  transient,
});

/** Nobody runs, and no call waits for the host. `roots`: more that is saved. Throws SnapshotError, naming what can't be. */
export function saveParts(machine: Machine, owner: Owner, roots: readonly unknown[], base?: Parts): Parts {
  const { core, kernel, progress, namespace } = machine;
  if (kernel.hostWaits > 0) throw new SnapshotError("the machine can't be saved while a call waits for the host");
  const anchors = new Anchors(machine);
  const media = new Media(namespace);
  const paths = new Map<Inode, string>();
  const writer = new GraphWriter({
    names: namesWith(owner.classes),
    anchorOf: (object) => anchors.byObject.get(object) ?? owner.anchorOf(object) ?? media.anchorOf(object),
    isGenerated: (object) => object instanceof Y.SyntheticInode,
    pathOf: (object) => paths.get(object as Inode),
    visit: (object) => {
      if (object instanceof Dentry && object.inode instanceof Y.SyntheticInode) paths.set(object.inode, pathOf(object));
    },
    memory: core.memory.buffer,
  });
  return { graph: writer.write([kernel, namespace, progress, kernel.now(), roots]), core: saveCore(core, pagesOf(base)) };
}

/** Found once: many machines may have the same base. */
const known = new WeakMap<Parts, SavedPages>();

function pagesOf(base: Parts | undefined): SavedPages | undefined {
  if (base === undefined) return undefined;
  let pages = known.get(base);
  if (pages === undefined) known.set(base, (pages = savedPages(base.core)));
  return pages;
}

/** Within its file system. */
function pathOf(dentry: Dentry): string {
  const names: string[] = [];
  for (let at = dentry; at.parent !== undefined; at = at.parent) names.push(at.name);
  return names.reverse().join('/');
}

/** Of a machine in which nothing has run. Returns the roots. Throws SnapshotError; the machine is of no use then. */
export function restoreParts(machine: Machine, parts: Parts, owner: NewOwner, base?: Parts): readonly unknown[] {
  const anchors = new Anchors(machine);
  const media = new Media(machine.namespace);
  restoreCore(machine.core, new ByteReader(parts.core), pagesOf(base));
  const reader = new GraphReader(new ByteReader(parts.graph), {
    names: namesWith(owner.classes),
    anchored: (name) => anchors.byName.get(name) ?? media.anchored(name) ?? owner.anchored(name),
    generated: (path) => generatedFile(anchors.proc?.root, path) ?? goneFile,
  });
  const [, , progress, now, roots] = reader.read();
  machine.progress = progressOf(progress);
  machine.kernel.clock.resumeAt?.(now as number);
  machine.jit?.coreRestored();
  return roots as readonly unknown[];
}

/** Numbers that nobody can trust. */
function progressOf(saved: unknown): Machine['progress'] {
  const { position, fuel, paused } = saved as Machine['progress'];
  const isAmount = (value: unknown): boolean => typeof value === 'number' && value >= 0;
  const isTurn = paused === undefined || (paused.thread instanceof Thread && isAmount(paused.left));
  if (!isAmount(position) || !(isAmount(fuel) || fuel < 0) || !isTurn)
    throw new SnapshotError('the snapshot is damaged: it is at no point of a run');
  return { position, fuel, paused };
}

function generatedFile(root: Inode | undefined, path: string): object | undefined {
  let at = root;
  try {
    for (const name of path.split('/')) at = at?.lookup(name);
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
  return at;
}
