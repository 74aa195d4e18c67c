/** What a machine has from its making, and how it is called: in a restored machine it is that one's own. */
import { boundCall } from '../linux/bound.js';
import type { Machine } from '../machine.js';
import { DevFileSystem } from '../vfs/backends/dev.js';
import { ProcFileSystem } from '../vfs/backends/proc.js';
import * as Y from '../vfs/backends/synthetic.js';
import { SysFileSystem } from '../vfs/backends/sysfs.js';
import { DevptsFileSystem } from '../vfs/tty/devpts.js';
import { TerminalDriver } from '../vfs/tty/terminalfile.js';
import type { FileSystem, Inode } from '../vfs/types.js';
import { GENERATED_STATE } from './graph.js';
import type { Anchor } from './graph-writer.js';

export type Saves = Anchor['saves'];

/** The kernel's parts, all but those that are the host's. */
const KERNEL_PARTS = [
  'scheduler',
  'timers',
  'load',
  'huge',
  'ksm',
  'futexes',
  'sysv',
  'userfaults',
  'signalCounts',
  'cpu',
  'net',
  'knobs',
  'files',
] as const;

/** Calls `name` for each: its name, the object, and what of it is saved. */
export class Anchors {
  readonly byName = new Map<string, object>();
  readonly byObject = new Map<object, Anchor>();
  readonly proc: ProcFileSystem | undefined;

  constructor(machine: Machine) {
    const { core, kernel, env, namespace } = machine;
    this.add('core', core, 'nothing');
    this.add('kernel', kernel, 'data');
    this.add('hooks', kernel.hooks, 'nothing');
    this.add('file system types', kernel.fileSystemTypes, 'nothing');
    this.add('clock', kernel.clock, kernel.clock.resumeAt === undefined ? 'data' : 'nothing');
    for (const part of KERNEL_PARTS) this.add(`kernel ${part}`, kernel[part], 'data');
    this.add('environment', env, 'data');
    this.add('devices', env.devices, 'data');
    this.add('vfs knobs', env.knobs, 'data');
    this.add('flusher', env.flusher, 'data');
    this.add('pages', env.pages, 'data');
    this.add('pager', env.pages.pager, 'nothing');
    this.add('swap', env.pages.swap, 'data');
    this.add('reclaimer', env.pages.reclaimer, 'data');
    this.add('namespace', namespace, 'data');
    const random = boundCall(env.random)?.target;
    if (random !== undefined) this.add('random', random, 'data');
    for (const [rdev, driver] of env.devices.characters) {
      if (!(driver instanceof TerminalDriver)) this.add(`device ${rdev} ${driver.name}`, driver, 'nothing');
    }
    this.proc = this._fileSystems(namespace.mounts.map(({ fs }) => fs));
  }

  add(name: string, object: object, saves: Saves): void {
    this.byName.set(name, object);
    this.byObject.set(object, { name, saves });
  }

  private _fileSystems(mounted: readonly FileSystem[]): ProcFileSystem | undefined {
    let proc: ProcFileSystem | undefined;
    for (const fs of new Set(mounted)) {
      if (fs instanceof ProcFileSystem) {
        proc = fs;
        this.add('proc', fs, ['dev']);
        this.add('proc source', fs.source, 'nothing');
        this.add('proc namespaces', fs.namespaces, 'data');
        this._generated('proc:', fs.root);
      } else if (fs instanceof SysFileSystem) {
        this.add('sysfs', fs, ['dev']);
        this._generated('sysfs:', fs.root);
      } else if (fs instanceof DevFileSystem) this.add('dev', fs, 'data');
      else if (fs instanceof DevptsFileSystem) this.add('devpts', fs, 'data');
    }
    return proc;
  }

  /** Files that are always there. */
  private _generated(path: string, inode: Inode): void {
    this.add(path, inode, GENERATED_STATE);
    if (!(inode instanceof Y.SyntheticDirectory)) return;
    const { entries } = inode;
    for (const [name, child] of entries.fixedChildren?.() ?? []) this._generated(`${path}/${name}`, child);
  }
}
