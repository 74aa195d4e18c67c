/** The /sys file system (sysfs(5)), as far as programs look at it: processors, memory nodes, network interfaces, devices. */
import { EINVAL } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { SYSFS_MAGIC } from '../../linux/stat.js';
import type { VfsEnvironment } from '../environment.js';
import type { FileSystem, FileSystemStat, Inode, Timestamp } from '../types.js';
import { isSysctl, type Sysctl, SysctlFile, type SysTree } from './proc-sysctl.js';
import { FixedEntries, SyntheticDirectory, SyntheticFile, SyntheticLink } from './synthetic.js';
import { memoryTree, type SysMemory } from './sysfs-mm.js';

const ATTRIBUTE_BYTES = 4096;
const PAGE_KIB = 4;

export interface SysInterface {
  readonly name: string;
  readonly index: number;
  readonly flags: number;
  readonly mtu: number;
  readonly type: number;
  readonly hardware: Uint8Array;
}

/** What /sys shows, asked when somebody looks. */
export interface SysSource {
  interfaces(): readonly SysInterface[];
  readonly mm: SysMemory;
  /** Pages of memory, in all and free. */
  memory(): { readonly total: number; readonly free: number };
}

/** A file's text, a file that can be written, where a link leads, or a directory. */
type Node = (() => string) | Sysctl | { readonly link: string } | Tree | SysTree;
interface Tree {
  readonly [name: string]: Node;
}

const line = (value: string | number) => (): string => `${value}\n`;
/** The attribute is there and has nothing to say. */
const refused = (): string => {
  throw new SysError(EINVAL);
};

/** Character devices of this machine by the class that they belong to. */
const DEVICES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  mem: { null: '1:3', zero: '1:5', full: '1:7', random: '1:8', urandom: '1:9' },
  tty: { tty: '5:0', console: '5:1', ptmx: '5:2' },
};

function deviceTree(): { virtual: Tree; byNumber: Tree; classes: Record<string, Tree> } {
  const virtual: Record<string, Tree> = {};
  const byNumber: Record<string, Node> = {};
  const classes: Record<string, Tree> = {};
  for (const [kind, devices] of Object.entries(DEVICES)) {
    const folder: Record<string, Tree> = {};
    const members: Record<string, Node> = {};
    for (const [name, number] of Object.entries(devices)) {
      const [major, minor] = number.split(':');
      folder[name] = {
        dev: line(number),
        uevent: line(`MAJOR=${major}\nMINOR=${minor}\nDEVNAME=${name}`),
        subsystem: { link: `../../../../class/${kind}` },
      };
      members[name] = { link: `../../devices/virtual/${kind}/${name}` };
      byNumber[number] = { link: `../../devices/virtual/${kind}/${name}` };
    }
    virtual[kind] = folder;
    classes[kind] = members;
  }
  return { virtual, byNumber, classes };
}

/** One processor with one thread, alone in every group. */
function processor(): Tree {
  const topology: Record<string, Node> = { core_id: line(0), physical_package_id: line(0), cluster_id: line(-1) };
  for (const group of ['core_cpus', 'core_siblings', 'thread_siblings', 'package_cpus', 'cluster_cpus']) {
    topology[group] = line(1);
    topology[`${group}_list`] = line(0);
  }
  return { topology, node0: { link: '../../node/node0' }, subsystem: { link: '../../../../bus/cpu' }, uevent: line('DRIVER=cpu') };
}

function memoryNode(source: SysSource): Tree {
  const meminfo = (): string => {
    const { total, free } = source.memory();
    const rows = { MemTotal: total, MemFree: free, MemUsed: total - free };
    return Object.entries(rows)
      .map(([name, pages]) => `Node 0 ${`${name}:`.padEnd(15)} ${String(pages * PAGE_KIB).padStart(8)} kB\n`)
      .join('');
  };
  return {
    cpulist: line(0),
    cpumap: line(1),
    distance: line(10),
    meminfo,
    numastat: () => 'numa_hit 0\nnuma_miss 0\nnuma_foreign 0\ninterleave_hit 0\nlocal_node 0\nother_node 0\n',
    cpu0: { link: '../../cpu/cpu0' },
  };
}

const STATISTICS = [
  'collisions',
  'multicast',
  'rx_bytes',
  'rx_dropped',
  'rx_errors',
  'rx_packets',
  'tx_bytes',
  'tx_dropped',
  'tx_errors',
  'tx_packets',
];

function networkInterface({ name, index, flags, mtu, type, hardware }: SysInterface): Tree {
  const address = [...hardware].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  const loopback = (flags & 8) !== 0;
  return {
    addr_assign_type: line(0),
    addr_len: line(hardware.length),
    address: line(address),
    broadcast: line(loopback ? address : 'ff:ff:ff:ff:ff:ff'),
    carrier: line(1),
    dev_id: line('0x0'),
    dormant: line(0),
    // As SIOCGIFFLAGS without what describes the moment.
    flags: line(`0x${(flags & ~0x10040).toString(16)}`),
    ifalias: () => '',
    ifindex: line(index),
    iflink: line(index),
    link_mode: line(0),
    mtu: line(mtu),
    netdev_group: line(0),
    operstate: line(loopback ? 'unknown' : 'up'),
    speed: refused,
    // There are no packets to count.
    statistics: Object.fromEntries(STATISTICS.map((key) => [key, line(0)])),
    subsystem: { link: '../../../../class/net' },
    tx_queue_len: line(1000),
    type: line(type),
    uevent: line(`INTERFACE=${name}\nIFINDEX=${index}`),
  };
}

function sysTree(source: SysSource): Tree {
  const { virtual, byNumber, classes } = deviceTree();
  const interfaces = source.interfaces();
  const only = line(0);
  return {
    block: {},
    bus: { cpu: { devices: { cpu0: { link: '../../../devices/system/cpu/cpu0' } } } },
    class: {
      ...classes,
      block: {},
      net: Object.fromEntries(interfaces.map(({ name }) => [name, { link: `../../devices/virtual/net/${name}` }])),
    },
    dev: { block: {}, char: byNumber },
    devices: {
      system: {
        cpu: { cpu0: processor(), isolated: line(''), kernel_max: only, offline: line(''), online: only, possible: only, present: only },
        node: { has_cpu: only, has_memory: only, has_normal_memory: only, node0: memoryNode(source), online: only, possible: only },
      },
      virtual: { ...virtual, net: Object.fromEntries(interfaces.map((one) => [one.name, networkInterface(one)])) },
    },
    fs: { cgroup: {} },
    kernel: {
      address_bits: line(64),
      cpu_byteorder: line('little'),
      debug: {},
      fscaps: line(1),
      mm: memoryTree(source.mm),
      security: {},
      uevent_seqnum: line(0),
    },
    module: {},
  };
}

export class SysFileSystem implements FileSystem {
  readonly name = 'sysfs';
  readonly dev: number;
  readonly readOnly = false;
  readonly root: Inode;
  private readonly _time: Timestamp;

  constructor(env: VfsEnvironment, source: SysSource) {
    this.dev = env.allocateDev();
    this._time = env.now();
    // Few programs look: five hundred files are made when somebody does.
    this.root = this._directory(() => sysTree(source), 1);
  }

  statfs(): FileSystemStat {
    return { type: SYSFS_MAGIC, blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0, nameMax: 255 };
  }

  /** Nothing is ever dirty. */
  sync(): void {}

  private _place(ino: number, mode: number) {
    return { fs: this, ino, mode, uid: 0, gid: 0, time: this._time };
  }

  /** Numbers follow the tree, whatever is looked at first. */
  private _directory(children: () => Tree | SysTree, ino: number): SyntheticDirectory {
    const fill = (entries: FixedEntries): void => {
      let next = ino + 1;
      for (const [name, child] of Object.entries(children())) {
        entries.add(name, this._make(child, next));
        next += sizeOf(child);
      }
    };
    return new SyntheticDirectory(this._place(ino, 0o755), new FixedEntries(fill));
  }

  private _make(node: Node, ino: number): Inode {
    if (typeof node === 'function') {
      const file = new SyntheticFile(this._place(ino, 0o444), node);
      // Every attribute is a page long, as far as stat(2) is asked.
      file.size = ATTRIBUTE_BYTES;
      return file;
    }
    if (isSysctl(node)) {
      const file = new SysctlFile(this._place(ino, node.mode), node, false);
      file.size = ATTRIBUTE_BYTES;
      return file;
    }
    if (isLink(node)) return new SyntheticLink(this._place(ino, 0o777), () => node.link);
    return this._directory(() => node, ino);
  }
}

/** How many inodes. */
function sizeOf(node: Node): number {
  if (typeof node === 'function' || isSysctl(node) || isLink(node)) return 1;
  return Object.values(node).reduce((sum, child) => sum + sizeOf(child), 1);
}

function isLink(node: Tree | SysTree | { readonly link: string }): node is { readonly link: string } {
  return typeof node.link === 'string';
}
