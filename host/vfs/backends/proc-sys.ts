/** /proc/sys: the sysctls that programs look at. All are read-only here: what they say is how this machine is made. */
import { EPOLL_WATCHES_MAX } from '../epoll.js';
import { INSTANCES_MAX, QUEUED_EVENTS_MAX, WATCHES_MAX } from '../inotify.js';
import { MESSAGE_BYTES_DEFAULT, MESSAGES_DEFAULT, QUEUES_MAX } from './mqueue.js';
import type { ProcSource } from './proc-source.js';
import { uuidText } from './proc-system.js';

/** Either a file's contents or a directory. */
export interface SysTree {
  readonly [name: string]: (() => string) | SysTree;
}

const PIPE_SIZE_MAX = 1048576;
const NR_OPEN = 1048576;

export function sysTree(source: ProcSource): SysTree {
  const bootId = uuidText(source.random);
  const fixed = (value: string | number) => (): string => `${value}\n`;
  return {
    fs: {
      'file-max': fixed(source.filesMax),
      epoll: { max_user_watches: fixed(EPOLL_WATCHES_MAX) },
      inotify: {
        max_queued_events: fixed(QUEUED_EVENTS_MAX),
        max_user_instances: fixed(INSTANCES_MAX),
        max_user_watches: fixed(WATCHES_MAX),
      },
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
      'pipe-max-size': fixed(PIPE_SIZE_MAX),
      'pipe-user-pages-hard': fixed(0),
      'pipe-user-pages-soft': fixed(0),
      protected_fifos: fixed(0),
      protected_hardlinks: fixed(0),
      protected_regular: fixed(0),
      protected_symlinks: fixed(0),
    },
    kernel: {
      cap_last_cap: fixed(40),
      core_pattern: fixed('core'),
      domainname: () => `${source.domainname}\n`,
      hostname: () => `${source.hostname}\n`,
      ngroups_max: fixed(65536),
      osrelease: () => `${source.osRelease}\n`,
      ostype: fixed('Linux'),
      overflowgid: fixed(65534),
      overflowuid: fixed(65534),
      pid_max: fixed(32768),
      random: {
        boot_id: () => bootId,
        entropy_avail: fixed(256),
        poolsize: fixed(256),
        uuid: () => uuidText(source.random),
      },
      randomize_va_space: fixed(source.randomize ? 2 : 0),
      tainted: fixed(0),
      'threads-max': fixed(source.threadsMax),
      version: () => `${source.osVersion}\n`,
    },
    vm: {
      max_map_count: fixed(65530),
      mmap_min_addr: fixed(65536),
      overcommit_memory: fixed(1),
      overcommit_ratio: fixed(50),
      swappiness: fixed(0),
    },
  };
}
