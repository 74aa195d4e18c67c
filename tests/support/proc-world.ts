import * as assert from 'uvu/assert';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE } from '../../assembly/shared/mman.js';
import { UserMemory } from '../../host/core/user.js';
import { O_RDONLY } from '../../host/linux/fcntl.js';
import { makeDev } from '../../host/linux/stat.js';
import { ProcFileSystem } from '../../host/vfs/backends/proc.js';
import type { ProcKnobs, ProcMappedFile, ProcProcess, ProcSource, ProcSpace, ProcTask } from '../../host/vfs/backends/proc-source.js';
import { bytesSource, TarFileSystem } from '../../host/vfs/backends/tar.js';
import { PathContext } from '../../host/vfs/context.js';
import { displayPath } from '../../host/vfs/dentry.js';
import type { VfsEnvironment } from '../../host/vfs/environment.js';
import { FdTable } from '../../host/vfs/fdtable.js';
import { Namespace } from '../../host/vfs/namespace.js';
import { resolve } from '../../host/vfs/walk.js';
import { get, newEnvironment } from '../support/backends.js';
import { makeTar } from '../support/tar.js';

export const MAY_ALL = 0x70; // VM_MAYREAD, VM_MAYWRITE, VM_MAYEXEC
export const CODE = 0x10000;
export const HEAP = 0x200000;
export const STACK = 0x3ff000;
export const SHARED = 0x300000;
export const FILE = 0x280000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface World {
  readonly env: VfsEnvironment;
  readonly proc: ProcFileSystem;
  readonly source: Mutable<ProcSource>;
  readonly process: Mutable<ProcProcess>;
  readonly task: Mutable<ProcTask>;
  readonly space: ProcSpace;
  readonly ctx: PathContext;
  readonly processes: Map<number, ProcProcess>;
  readonly mapped: Map<number, ProcMappedFile>;
  readonly comms: string[];
}

const CACHE = { dirtied: 20, written: 18, read: 9, dirtyLimit: 1000, dirtyBackground: 500 };

function testKnobs(env: VfsEnvironment): ProcKnobs {
  return {
    files: env.knobs,
    flusher: env.flusher,
    filesOpen: 3,
    filesMax: 65536,
    filesMost: 65536,
    threadsMax: 4096,
    threadsMost: 4096,
    pidMax: 32768,
    pidMaxLeast: 301,
    pidMaxMost: 4194304,
    randomizeLevel: 0,
    corePattern: 'core',
    coreUsesPid: 0,
    overcommitRatio: 50,
    swappiness: 60,
    unprivilegedUserfaultfd: 0,
    setLastPid: () => undefined,
    setNames: () => undefined,
    dropCaches: () => undefined,
  };
}

/** Process 5 with two threads and a mapping of each kind, in a tree with /proc mounted. */
export async function world(): Promise<World> {
  const env = await newEnvironment();
  const { core } = env;
  const tar = new TarFileSystem(
    env,
    bytesSource(
      makeTar([
        { name: 'proc/', type: '5' },
        { name: 'bin/tool', data: 'x'.repeat(9000) },
      ]),
    ),
  );
  const namespace = new Namespace(env, tar);
  const ctx = PathContext.create(namespace, { uid: 0, gid: 0, groups: [] });
  const handle = core.exports.spaceCreate();
  core.exports.spaceSetLayout(handle, 0x400000, HEAP, 1 << 20);
  const map = (at: number, length: number, prot: number, flags: number, object = 0, offset = 0): void => {
    const got = core.exports.mmMap(handle, at, length, prot, flags | MAP_FIXED, object, offset, MAY_ALL);
    assert.is(got, at);
  };
  const tool = get(tar, 'bin/tool').open(O_RDONLY);
  map(CODE, 0x2000, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
  map(HEAP, 0x3000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
  map(FILE, 0x2000, PROT_READ, MAP_PRIVATE, tool.mapObject(), 0x1000);
  map(SHARED, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, core.exports.objectCreate(1));
  map(STACK, 0x1000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
  const user = new UserMemory(core, env.pages.pager);
  user.space = handle;
  user.write(STACK, new TextEncoder().encode('tool\0-v\0arg with blank\0HOME=/root\0A=b\0'));
  const space: ProcSpace = {
    handle,
    user,
    names: { text: () => '' },
    layout: {
      codeStart: CODE,
      codeEnd: CODE + 0x1800,
      dataStart: HEAP,
      dataEnd: HEAP + 16,
      stackStart: STACK + 0x800,
      argStart: STACK,
      argEnd: STACK + 23,
      envStart: STACK + 23,
      envEnd: STACK + 38,
      auxStart: STACK,
      auxBytes: 16,
    },
  };
  const ids = { real: 0, effective: 0, saved: 0, fs: 0 };
  const files = new FdTable();
  const task: Mutable<ProcTask> = {
    tid: 5,
    comm: 'tool',
    state: 'R',
    userNs: 3e9,
    systemNs: 25e6,
    startNs: 4e9,
    minorFaults: 7,
    majorFaults: 1,
    voluntarySwitches: 2,
    involuntarySwitches: 3,
    nice: 0,
    signalsPending: 0n,
    signalsBlocked: 1n << 16n,
    uid: ids,
    gid: ids,
    groups: [0, 10],
    capEffective: 0x1ffffffffffn,
    capPermitted: 0x1ffffffffffn,
    capBounding: 0x1ffffffffffn,
    capAmbient: 0n,
    capInheritable: 0n,
    umask: 0o22,
    call: undefined,
    io: { rchar: 1, wchar: 2, syscr: 3, syscw: 4 },
    files,
    cwd: ctx.root,
    root: ctx.root,
  };
  const second: ProcTask = { ...task, tid: 6, comm: 'worker', state: 'S' };
  const process: Mutable<ProcProcess> = {
    pid: 5,
    ppid: 1,
    pgid: 5,
    sid: 5,
    tty: 0x8800,
    foregroundPgid: 5,
    leader: task,
    tasks: [task, second],
    space,
    exe: resolve(ctx, ctx.root, '/bin/tool'),
    userNs: 4e9,
    systemNs: 5e7,
    minorFaults: 9,
    majorFaults: 1,
    childUserNs: 1e7,
    childSystemNs: 0,
    childMinorFaults: 0,
    childMajorFaults: 0,
    exitSignal: 17,
    exitCode: 0,
    signalsPending: 0n,
    signalsIgnored: 1n << 12n,
    signalsCaught: 1n << 1n,
    signalsQueued: 0,
    limits: Array.from({ length: 16 }, () => ({ current: Number.POSITIVE_INFINITY, maximum: Number.POSITIVE_INFINITY })),
    oomScoreAdjust: 0,
    oomScoreAdjustMin: 0,
    io: { rchar: 10, wchar: 20, syscr: 30, syscw: 40 },
    personality: 0,
    timerSlackNs: 50_000,
    coredumpFilter: 0x33,
    noNewPrivileges: false,
    hugePagesDisabled: false,
    mergesMemory: false,
    dumpable: 1,
  };
  const processes = new Map<number, ProcProcess>([[5, process]]);
  const mapped = new Map<number, ProcMappedFile>();
  mapped.set(tool.mapObject(), { path: '/bin/tool', dev: 0xfe00, ino: 4242, deleted: false });
  const comms: string[] = [];
  const source: Mutable<ProcSource> = {
    core,
    ksm: { recordsOf: () => 7, mergedOf: () => 3 },
    huge: { counts: () => ({ thp_fault_alloc: 2 }) },
    khugepaged: { counts: () => ({ thp_collapse_alloc_failed: 1 }) },
    hugePages: () => 512,
    current: () => ({ pid: 5, tid: 6 }),
    pids: () => [...processes.keys()],
    process: (id) => processes.get(id) ?? [...processes.values()].find((p) => p.tasks.some((t) => t.tid === id)),
    setComm: (tid, name) => comms.push(`${tid}:${name}`),
    mounts: () => [],
    mappedFile: (object) => mapped.get(object),
    pathOf: (location) => displayPath(location, ctx.root),
    unnamed: (fs, inode, label) => namespace.internalLocation(fs, inode, label),
    capable: () => true,
    now: () => 12.345e9,
    bootTime: { sec: 1_700_000_000, nsec: 0 },
    runnable: 1,
    loadAverages: [0.25, 0.5, 1.005],
    sysvText: () => '',
    net: {},
    fileObjects: () => env.pages.all(),
    fileSystemTypes: ['proc', 'tmpfs'],
    characterDevices: [{ number: makeDev(10, 126), name: 'userfaultfd' }],
    blockDevices: [],
    memoryPages: () => ({ ...CACHE, file: 10, dirty: 2, shmem: 3, anonymous: 5, accounted: 0, mapped: 4, tables: 6, locked: 0 }),
    taskCount: 2,
    lastPid: 6,
    knobs: testKnobs(env),
    forks: 4,
    contextSwitches: 99,
    hostname: 'guest',
    domainname: '(none)',
    osRelease: '6.12.0',
    osVersion: '#1 SMP',
    random: (bytes) => bytes.fill(0xab),
  };
  const proc = new ProcFileSystem(env, source);
  namespace.mount(proc, resolve(ctx, ctx.root, '/proc'));
  return { env, proc, source, process, task, space, ctx, processes, mapped, comms };
}
