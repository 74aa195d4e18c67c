/** Calls of Linux 6.12 that Pagewalk does not have, by subject. Without a handler the guest gets ENOSYS; some say more. */
import { EINTR, EPERM } from '../../assembly/shared/errno.js';
import { absent, row } from './row.js';

const NO_AIO = 'ENOSYS: no asynchronous I/O contexts';
const NO_WATCHES = 'ENOSYS, as in a kernel without fanotify: inotify watches files';
const NO_MODULES = 'ENOSYS: there is no kernel to load into';
const NO_KEYS = 'ENOSYS: no key retention';
const NO_MOUNT_API = 'ENOSYS, as before Linux 5.2: mount does it';
const NO_PEEKING = 'ENOSYS: no access to other processes';
const NO_URING = 'ENOSYS: no io_uring';
const NO_SANDBOX = 'ENOSYS: no security modules';
const NO_PERF = 'ENOSYS: no performance events';
const NO_PRIORITY = 'ENOSYS: no I/O scheduler';
const FORBIDDEN = { absent: 'EPERM: the machine belongs to the embedder' };

const forbidden = (): number => -EPERM;

export const absentRows = [
  absent(0, 'io_setup', ['uint', 'pointer'], NO_AIO),
  absent(1, 'io_destroy', ['ulong'], NO_AIO),
  absent(2, 'io_submit', ['ulong', 'long', 'pointer'], NO_AIO),
  absent(3, 'io_cancel', ['ulong', 'pointer', 'pointer'], NO_AIO),
  absent(4, 'io_getevents', ['ulong', 'long', 'long', 'pointer', 'struct:timespec'], NO_AIO),
  absent(18, 'lookup_dcookie', ['ulong', 'pointer', 'size'], 'ENOSYS, as in Linux since 6.7'),
  absent(30, 'ioprio_set', ['int', 'int', 'int'], NO_PRIORITY),
  absent(31, 'ioprio_get', ['int', 'int'], NO_PRIORITY),
  absent(38, 'renameat', ['dirfd', 'path', 'dirfd', 'path'], 'ENOSYS, as in Linux on riscv64: renameat2 does it'),
  absent(41, 'pivot_root', ['path', 'path'], 'ENOSYS: the root stays where it is; chroot moves a process'),
  absent(42, 'nfsservctl', [], 'ENOSYS, as in Linux since 3.1'),
  absent(60, 'quotactl', ['int', 'path', 'int', 'pointer'], 'ENOSYS: no quotas'),
  absent(89, 'acct', ['path'], 'ENOSYS, as in a kernel without process accounting'),
  absent(104, 'kexec_load', ['ulong', 'ulong', 'pointer', 'hex'], NO_MODULES),
  absent(105, 'init_module', ['pointer', 'size', 'string'], NO_MODULES),
  absent(106, 'delete_module', ['string', 'hex'], NO_MODULES),
  row(128, 'restart_syscall', [], () => -EINTR),
  row(171, 'adjtimex', ['pointer'], forbidden, FORBIDDEN),
  absent(217, 'add_key', ['string', 'string', 'pointer', 'size', 'int'], NO_KEYS),
  absent(218, 'request_key', ['string', 'string', 'string', 'int'], NO_KEYS),
  absent(219, 'keyctl', ['int', 'ulong', 'ulong', 'ulong', 'ulong'], NO_KEYS),
  absent(241, 'perf_event_open', ['pointer', 'pid', 'int', 'fd', 'hex'], NO_PERF),
  absent(262, 'fanotify_init', ['hex', 'hex'], NO_WATCHES),
  absent(263, 'fanotify_mark', ['fd', 'hex', 'ulong', 'dirfd', 'path'], NO_WATCHES),
  absent(264, 'name_to_handle_at', ['dirfd', 'path', 'pointer', 'pointer', 'flags:at'], 'ENOSYS: no file handles'),
  absent(265, 'open_by_handle_at', ['fd', 'pointer', 'flags:open'], 'ENOSYS: no file handles'),
  row(266, 'clock_adjtime', ['clock', 'pointer'], forbidden, FORBIDDEN),
  absent(272, 'kcmp', ['pid', 'pid', 'int', 'ulong', 'ulong'], NO_PEEKING),
  absent(273, 'finit_module', ['fd', 'string', 'hex'], NO_MODULES),
  absent(277, 'seccomp', ['int', 'hex', 'pointer'], 'ENOSYS: no filters'),
  absent(280, 'bpf', ['int', 'pointer', 'size'], 'ENOSYS: no BPF'),
  absent(292, 'io_pgetevents', ['ulong', 'long', 'long', 'pointer', 'struct:timespec', 'pointer'], NO_AIO),
  absent(294, 'kexec_file_load', ['fd', 'fd', 'size', 'string', 'hex'], NO_MODULES),
  absent(425, 'io_uring_setup', ['uint', 'pointer'], NO_URING),
  absent(426, 'io_uring_enter', ['fd', 'uint', 'uint', 'hex', 'pointer', 'size'], NO_URING),
  absent(427, 'io_uring_register', ['fd', 'uint', 'pointer', 'uint'], NO_URING),
  absent(428, 'open_tree', ['dirfd', 'path', 'hex'], NO_MOUNT_API),
  absent(429, 'move_mount', ['dirfd', 'path', 'dirfd', 'path', 'hex'], NO_MOUNT_API),
  absent(430, 'fsopen', ['string', 'hex'], NO_MOUNT_API),
  absent(431, 'fsconfig', ['fd', 'int', 'string', 'pointer', 'int'], NO_MOUNT_API),
  absent(432, 'fsmount', ['fd', 'hex', 'hex'], NO_MOUNT_API),
  absent(433, 'fspick', ['dirfd', 'path', 'hex'], NO_MOUNT_API),
  absent(442, 'mount_setattr', ['dirfd', 'path', 'hex', 'pointer', 'size'], NO_MOUNT_API),
  absent(443, 'quotactl_fd', ['fd', 'int', 'int', 'pointer'], 'ENOSYS: no quotas'),
  absent(444, 'landlock_create_ruleset', ['pointer', 'size', 'hex'], NO_SANDBOX),
  absent(445, 'landlock_add_rule', ['fd', 'int', 'pointer', 'hex'], NO_SANDBOX),
  absent(446, 'landlock_restrict_self', ['fd', 'hex'], NO_SANDBOX),
  absent(447, 'memfd_secret', ['hex'], 'ENOSYS: no secret memory'),
  absent(450, 'set_mempolicy_home_node', ['pointer', 'size', 'ulong', 'hex'], 'ENOSYS, as in a kernel without NUMA'),
  absent(453, 'map_shadow_stack', ['pointer', 'size', 'hex'], 'ENOSYS, as in Linux 6.12 on riscv64'),
  absent(457, 'statmount', ['pointer', 'pointer', 'size', 'hex'], NO_MOUNT_API),
  absent(458, 'listmount', ['pointer', 'pointer', 'size', 'hex'], NO_MOUNT_API),
  absent(459, 'lsm_get_self_attr', ['uint', 'pointer', 'pointer', 'hex'], NO_SANDBOX),
  absent(460, 'lsm_set_self_attr', ['uint', 'pointer', 'uint', 'hex'], NO_SANDBOX),
  absent(461, 'lsm_list_modules', ['pointer', 'pointer', 'hex'], NO_SANDBOX),
];
