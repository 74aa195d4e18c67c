/**
 * /proc/sys: the sysctls that programs look at. Those that can be written change what they say; those that Linux lets one write and that
 * are fixed here (how this machine is made, or the embedder's word) are read-only.
 */
import { EINVAL } from '../../../assembly/shared/errno.js';
import { POOL_OVERCOMMIT, POOL_WANTED } from '../../../assembly/shared/stat.js';
import type { Core } from '../../core/core.js';
import { SysError } from '../../linux/error.js';
import * as V from '../../linux/ipc.js';
import * as N from '../../linux/socket.js';
import { MESSAGE_BYTES_DEFAULT, MESSAGES_DEFAULT, QUEUES_MAX } from './mqueue.js';
import type { ProcSource } from './proc-source.js';
import { command, integer, type Knob, knob, line, type SysTree, unsigned } from './proc-sysctl.js';
import { uuidText } from './proc-system.js';

const INT_MAX = 2 ** 31 - 1;
const NR_OPEN = 1048576;
const NAME_MAX = 64;
const PATTERN_MAX = 127;
/** Watches and events are in the host's memory: so many may be allowed, where Linux has no bound. */
const WATCHES_MAX = 1 << 20;
const PAGE = 4096;
/** Beyond all memory, and exact. */
const BYTES_MAX = Number.MAX_SAFE_INTEGER;

const fixed = (value: string | number) => (): string => `${value}\n`;

function fsTree({ knobs }: ProcSource): SysTree {
  const { files } = knobs;
  return {
    'file-max': unsigned(knob(knobs, 'filesMax'), 0, knobs.filesMost),
    'file-nr': () => `${knobs.filesOpen}\t0\t${knobs.filesMax}\n`,
    epoll: {
      max_user_watches: unsigned(knob(files, 'epollWatches'), 0, WATCHES_MAX),
    },
    inotify: {
      max_queued_events: integer(knob(files, 'inotifyEvents'), 0, WATCHES_MAX),
      max_user_instances: integer(knob(files, 'inotifyInstances'), 0, INT_MAX),
      max_user_watches: integer(knob(files, 'inotifyWatches'), 0, WATCHES_MAX),
    },
    'lease-break-time': fixed(45),
    'leases-enable': fixed(0),
    mqueue: {
      msg_default: fixed(MESSAGES_DEFAULT),
      msg_max: fixed(MESSAGES_DEFAULT),
      msgsize_default: fixed(MESSAGE_BYTES_DEFAULT),
      msgsize_max: fixed(MESSAGE_BYTES_DEFAULT),
      queues_max: fixed(QUEUES_MAX),
    },
    nr_open: fixed(NR_OPEN),
    overflowgid: fixed(65534),
    overflowuid: fixed(65534),
    'pipe-max-size': integer(
      {
        get: () => files.pipeCapacity,
        set: (value) => {
          files.pipeCapacity = Math.max(PAGE, 2 ** Math.ceil(Math.log2(value)));
        },
      },
      0,
      2 ** 30,
    ),
    'pipe-user-pages-hard': fixed(0),
    'pipe-user-pages-soft': fixed(0),
    protected_fifos: fixed(0),
    protected_hardlinks: fixed(0),
    protected_regular: fixed(0),
    protected_symlinks: fixed(0),
    suid_dumpable: fixed(0),
  };
}

/** A program that core files are piped to would have to be started by the machine. */
function setCorePattern({ knobs }: ProcSource, pattern: string): void {
  if (pattern.startsWith('|')) throw new SysError(EINVAL);
  knobs.corePattern = pattern;
}

function kernelTree(source: ProcSource): SysTree {
  const { knobs } = source;
  const bootId = uuidText(source.random);
  const tab = (...values: number[]) => fixed(values.join('\t'));
  const lastPid = integer({ get: () => source.lastPid, set: (value) => knobs.setLastPid(value) }, 0, INT_MAX);
  return {
    arch: fixed('riscv64'),
    auto_msgmni: fixed(0),
    cap_last_cap: fixed(40),
    core_pattern: line({ get: () => knobs.corePattern, set: (value) => setCorePattern(source, value) }, PATTERN_MAX),
    core_uses_pid: integer(knob(knobs, 'coreUsesPid')),
    dmesg_restrict: fixed(1),
    domainname: line({ get: () => source.domainname, set: (domainname) => knobs.setNames({ domainname }) }, NAME_MAX),
    hostname: line({ get: () => source.hostname, set: (hostname) => knobs.setNames({ hostname }) }, NAME_MAX),
    kptr_restrict: fixed(0),
    msgmax: fixed(V.MSGMAX),
    msgmnb: fixed(V.MSGMNB),
    msgmni: fixed(V.MSGMNI),
    ngroups_max: fixed(65536),
    // Anybody may try; who may not is told when he writes.
    ns_last_pid: { ...lastPid, mode: 0o666 },
    osrelease: () => `${source.osRelease}\n`,
    ostype: fixed('Linux'),
    overflowgid: fixed(65534),
    overflowuid: fixed(65534),
    panic: fixed(0),
    pid_max: integer(knob(knobs, 'pidMax'), knobs.pidMaxLeast, knobs.pidMaxMost),
    printk: tab(4, 4, 1, 7),
    random: {
      boot_id: () => bootId,
      entropy_avail: fixed(256),
      poolsize: fixed(256),
      urandom_min_reseed_secs: fixed(60),
      uuid: () => uuidText(source.random),
      write_wakeup_threshold: fixed(256),
    },
    randomize_va_space: integer(knob(knobs, 'randomizeLevel')),
    sched_rr_timeslice_ms: fixed(100),
    sem: tab(V.SEMMSL, V.SEMMNS, V.SEMOPM, V.SEMMNI),
    shm_rmid_forced: fixed(0),
    shmall: fixed(String(V.SHMALL)),
    shmmax: fixed(String(V.SHMMAX)),
    shmmni: fixed(V.SHMMNI),
    sysctl_writes_strict: fixed(1),
    tainted: fixed(0),
    'threads-max': integer(knob(knobs, 'threadsMax'), Math.min(20, knobs.threadsMost), knobs.threadsMost),
    version: () => `${source.osVersion}\n`,
  };
}

/** A limit that is given in one of two ways: setting it unsets the other. */
function instead<K extends string>(object: { [key in K]: number }, key: K, other: K): Knob<number> {
  const { get, set } = knob(object, key);
  return {
    get,
    set: (value) => {
      if (value !== get()) object[other] = 0 as (typeof object)[K];
      set(value);
    },
  };
}

/** The pool of huge pages: as many as there was memory for. */
export function poolKnob({ exports }: Core): Knob<number> {
  return { get: () => exports.hugetlbPool(POOL_WANTED), set: (pages) => exports.hugetlbResize(pages) };
}

/** Pages that may be made beyond the pool when they are needed. */
export function overcommitKnob({ exports }: Core): Knob<number> {
  return { get: () => exports.hugetlbPool(POOL_OVERCOMMIT), set: (pages) => exports.hugetlbSetOvercommit(pages) };
}

function vmTree({ knobs, core }: ProcSource): SysTree {
  const { flusher } = knobs;
  return {
    admin_reserve_kbytes: fixed(0),
    compact_memory: command(() => undefined, 1, 1),
    dirty_background_bytes: unsigned(instead(flusher, 'backgroundBytes', 'backgroundRatio'), 1, BYTES_MAX),
    dirty_background_ratio: integer(instead(flusher, 'backgroundRatio', 'backgroundBytes'), 0, 100),
    dirty_bytes: unsigned(instead(flusher, 'bytes', 'ratio'), 2 * PAGE, BYTES_MAX),
    dirty_expire_centisecs: integer(knob(flusher, 'expireCentisecs'), 0),
    dirty_ratio: integer(instead(flusher, 'ratio', 'bytes'), 0, 100),
    dirty_writeback_centisecs: integer(knob(flusher, 'writebackCentisecs')),
    drop_caches: command((what) => knobs.dropCaches(what), 1, 4),
    legacy_va_layout: fixed(0),
    max_map_count: fixed(65530),
    min_free_kbytes: fixed(0),
    mmap_min_addr: fixed(65536),
    nr_hugepages: integer(poolKnob(core), 0, INT_MAX),
    nr_overcommit_hugepages: unsigned(overcommitKnob(core), 0, INT_MAX),
    oom_dump_tasks: fixed(1),
    oom_kill_allocating_task: fixed(0),
    overcommit_kbytes: fixed(0),
    overcommit_memory: fixed(1),
    overcommit_ratio: integer(knob(knobs, 'overcommitRatio'), 0, INT_MAX),
    'page-cluster': fixed(0),
    panic_on_oom: fixed(0),
    stat_interval: fixed(1),
    // One clock goes over files' pages and others alike: kept as written.
    swappiness: integer(knob(knobs, 'swappiness'), 0, 200),
    unprivileged_userfaultfd: integer(knob(knobs, 'unprivilegedUserfaultfd'), 0, 1),
    user_reserve_kbytes: fixed(0),
    vfs_cache_pressure: fixed(100),
  };
}

const netTree: SysTree = {
  core: {
    rmem_default: fixed(N.BUFFER_BYTES_DEFAULT),
    rmem_max: fixed(N.BUFFER_BYTES_DEFAULT),
    somaxconn: fixed(N.SOMAXCONN),
    wmem_default: fixed(N.BUFFER_BYTES_DEFAULT),
    wmem_max: fixed(N.BUFFER_BYTES_DEFAULT),
  },
  ipv4: {
    ip_default_ttl: fixed(64),
    ip_forward: fixed(0),
    ip_local_port_range: fixed('32768\t60999'),
    ip_local_reserved_ports: fixed(''),
    ip_nonlocal_bind: fixed(0),
    ip_unprivileged_port_start: fixed(1024),
    tcp_available_congestion_control: fixed('reno cubic'),
    tcp_congestion_control: fixed('cubic'),
    tcp_fastopen: fixed(0),
    tcp_fin_timeout: fixed(60),
    tcp_keepalive_intvl: fixed(75),
    tcp_keepalive_probes: fixed(9),
    tcp_keepalive_time: fixed(7200),
    tcp_max_syn_backlog: fixed(N.SOMAXCONN),
    tcp_rmem: fixed(`4096\t${N.BUFFER_BYTES_DEFAULT}\t${N.BUFFER_BYTES_DEFAULT}`),
    tcp_sack: fixed(1),
    tcp_syncookies: fixed(0),
    tcp_timestamps: fixed(1),
    tcp_window_scaling: fixed(1),
    tcp_wmem: fixed(`4096\t${N.BUFFER_BYTES_DEFAULT}\t${N.BUFFER_BYTES_DEFAULT}`),
  },
  ipv6: { conf: { all: { disable_ipv6: fixed(0) }, default: { disable_ipv6: fixed(0) }, lo: { disable_ipv6: fixed(0) } } },
  unix: { max_dgram_qlen: fixed(10) },
};

export function sysTree(source: ProcSource): SysTree {
  return { fs: fsTree(source), kernel: kernelTree(source), net: netTree, vm: vmTree(source) };
}
