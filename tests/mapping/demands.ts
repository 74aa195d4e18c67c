/**
 * What the memory system is asked to do, each with what shows that it does: a program of this folder (with a row, `program: row`), or
 * another file of the project, with a text that must stand in it (`path: text`). docs/memory-demands.md is made from this.
 */
export interface Demand {
  readonly what: string;
  readonly shownBy: readonly string[];
}

export interface DemandGroup {
  readonly subject: string;
  readonly demands: readonly Demand[];
}

const demand = (what: string, ...shownBy: string[]): Demand => ({ what, shownBy });

const FORK = 'tests/unit/mm-leaf.test.ts';
const PRESSURE = 'tests/programs/pressure.test.ts';
const POWER = 'tests/unit/durability.test.ts';
const BENCH = 'bench/mm.c';

export const DEMANDS: readonly DemandGroup[] = [
  {
    subject: 'Every flag, error and side effect',
    demands: [
      demand(
        'each documented one is a row: what Linux does, what Pagewalk does, what shows it',
        'tests/mapping/mapping.test.ts: Pagewalk does the same',
      ),
      demand('the rows are true of Linux', 'tests/mapping/mapping.test.ts: Linux does what is written down'),
      demand('rows that differ are listed with the reason, none else', 'tests/mapping/mapping.test.ts: what is listed as different'),
    ],
  },
  {
    subject: 'All mapping kinds',
    demands: [
      demand(
        'files and anonymous memory, shared and private',
        'mmap-kinds: anon-private-zero',
        'mmap-kinds: file-shared-second',
        'mmap-kinds: file-private-own',
      ),
      demand('MAP_SHARED_VALIDATE', 'mmap-errors: validate-unknown', 'mmap-errors: validate-known'),
      demand('MAP_SYNC: the error of Linux', 'mmap-errors: sync-validate', 'mmap-errors: sync-shared'),
      demand('MAP_FIXED, MAP_FIXED_NOREPLACE', 'mmap-flags: fixed-splits', 'mmap-flags: noreplace-taken'),
      demand('MAP_GROWSDOWN, MAP_STACK', 'mmap-flags: growsdown-grown', 'mmap-flags: growsdown-gap', 'mmap-flags: stack'),
      demand(
        'MAP_LOCKED, MAP_POPULATE, MAP_NONBLOCK, MAP_NORESERVE',
        'mmap-flags: locked-kb',
        'mmap-flags: populate',
        'mmap-flags: nonblock',
        'mmap-flags: noreserve',
      ),
      demand('MAP_HUGETLB, 2 MiB', 'hugetlb: map', 'hugetlbfs-size: private-blocks', 'tests/unit/mm-hugetlb.test.ts'),
      demand('MAP_HUGETLB, 1 GiB: a pool that has none', 'hugetlb-1g: noreserve'),
      demand('MAP_DROPPABLE', 'droppable: map@6.11', 'tests/guest/droppable.c: More memory than there is'),
      demand(
        'limits of the address space (what MAP_32BIT is elsewhere), zero lengths, overflows',
        'mmap-errors: length-0',
        'mmap-errors: length-overflow',
        'mmap-errors: length-space',
        'audit: far-end',
      ),
      demand('offsets: odd ones, up to 2^63', 'mmap-errors: offset-odd', 'disk-large: load-62', 'memory-large: zero-store'),
      demand('files of 16 TiB on a disk, of petabytes in memory', 'disk-large: map-last', 'memory-large: store-4p'),
      demand('EACCES for a shared writable mapping of a descriptor that only reads', 'mmap-errors: reader-shared-write'),
      demand('mappings outlive close and unlink', 'mmap-kinds: closed', 'mmap-kinds: unlinked-store'),
      demand('truncation under a mapping: SIGBUS', 'truncation: shrink-gone'),
      demand('growth under a mapping', 'truncation: grow-zero', 'truncation: write-load'),
      demand('the rest of the last page is zero, and is not written back', 'mmap-kinds: tail-zero', 'mmap-kinds: tail-not-kept'),
      demand('sparse files', 'mmap-kinds: hole', 'mmap-kinds: hole-store', 'disk-large: truncate-8t'),
    ],
  },
  {
    subject: 'One page cache',
    demands: [
      demand(
        'read, write and mmap are coherent between processes at once',
        'coherence: store-read',
        'coherence: write-child',
        'coherence: child-mapping',
      ),
      demand(
        'readahead: sequential and random reads are told apart',
        'disk-cache: sequential',
        'disk-cache: jumps',
        'tests/unit/readahead.test.ts',
      ),
      demand('posix_fadvise', 'disk-cache: random', 'disk-cache: willneed-pages', 'disk-cache: dontneed'),
      demand('fault-around', 'disk-cache: around', 'disk-cache: around-random', 'tests/unit/mm-fault.test.ts'),
      demand('dirty tracking by page', 'disk-cache: store@6.5', 'disk-cache: ms-sync@6.5', 'tests/unit/mm-object.test.ts'),
      demand(
        'msync: MS_SYNC, MS_ASYNC, MS_INVALIDATE',
        'disk-cache: ms-async@6.5',
        'disk-cache: ms-invalidate@6.5',
        'msync: sync',
        'msync: locked',
      ),
      demand(
        'fsync, fdatasync, sync_file_range, sync',
        'disk-cache: fsync-dirty@6.5',
        'disk-cache: fdatasync@6.5',
        'disk-cache: range',
        'disk-cache: sync-dirty@6.5',
      ),
      demand('munmap and close write nothing', 'disk-cache: munmap@6.5', 'disk-cache: close@6.5'),
      demand(
        'a periodic flusher with the kernel’s knobs',
        'one-cache: dirty_writeback_centisecs',
        'one-cache: dirty_ratio',
        'tests/unit/flusher.test.ts',
      ),
      demand('O_DIRECT', 'disk-direct'),
      demand('O_SYNC, O_DSYNC', 'disk-cache: o-sync@6.5', 'disk-cache: o-dsync@6.5'),
      demand('two processes that map one file use its frames once: Rss, Pss', 'one-cache: pss-four'),
      demand('and --stats', 'tests/programs/cli.test.ts: --stats'),
      demand(
        'a buffer that ends in the middle of a transfer: EFAULT, or what was moved',
        'faulting-buffers: file-read',
        'faulting-buffers: pipe-read',
      ),
    ],
  },
  {
    subject: 'Durability as promised',
    demands: [
      demand(
        'the power is cut after every call of the medium; what was promised is there: in memory',
        `${POWER}: memory with a medium: the power goes after every call`,
      ),
      demand(
        'and in a folder of the host',
        `${POWER}: a folder of the host: the power goes after every call`,
        'tests/programs/powercut.test.ts',
      ),
      demand('in 1,000 and more seeded schedules', `${POWER}: schedules >= 1000`),
      demand('the tests find mistakes that are made on purpose', `${POWER}: these tests find a mistake`),
      demand(
        'I/O errors reach msync and fsync once, as Linux tells them',
        'tests/programs/medium-errors.test.ts: Linux, with ext4 on a disk that refuses',
        'tests/guest/errseq.c',
      ),
      demand('ENOSPC raises SIGBUS at the store', 'tmpfs-full', 'tmpfs-mount: mapped-full'),
      demand('or is the error of msync', 'tests/guest/medium-errors.c: msync without room'),
    ],
  },
  {
    subject: 'Memory pressure',
    demands: [
      demand(
        'clean pages are reclaimed with a second chance, measured',
        'tests/unit/mm-swap.test.ts: a page that was used since the last look is spared',
        'bench/reclaim.ts',
      ),
      demand(
        'dirty ones are written back first',
        'tests/unit/vfs-pages.test.ts: reclaim drops clean pages, writes dirty ones back first when it must',
        'tests/unit/mm-swap.test.ts: dirty ones are written first',
      ),
      demand(
        'a mapped file of four times the memory is sorted, sums compared',
        `${PRESSURE}: a mapped file of four times the memory is sorted, without a swap area`,
      ),
      demand(
        'anonymous pages go to a swap file',
        `${PRESSURE}: anonymous memory of three and a half times the memory is sorted in a swap file`,
        'swap-pages: own-out',
      ),
      demand('else the out-of-memory rule', `${PRESSURE}: a swap area that is full, or none: the largest process is killed`),
      demand(
        'what marks leave in memory is not lost: userfaultfds, huge pages, segments',
        'swap-pages: uffd-wp-out',
        'swap-pages: collapse',
        'swap-pages: sysv-load',
      ),
    ],
  },
  {
    subject: 'fork',
    demands: [
      demand(
        'copy-on-write is exact',
        'fork: child-own',
        'fork: parent-stores',
        'tests/unit/mm-model.test.ts: random calls do what the model does',
      ),
      demand('also of pages that a system call has in hand', 'fork: syscall', 'fork: syscall-parent'),
      demand('MAP_SHARED is preserved', 'fork: shared', 'fork: grandchild-shared'),
      demand('MADV_DONTFORK, MADV_WIPEONFORK', 'madvise: dontfork-child', 'madvise: wipe-child'),
      demand('locks are not inherited', 'fork: lock', 'fork: exec-unlocked'),
      demand('vfork, CLONE_VM', 'fork: vfork', 'fork: clone-vm'),
      demand(
        'last tables are shared until one is written',
        `${FORK}: a fork takes no table and no reference for whole 2 MiB of private memory`,
      ),
      demand('a fork of 1 GiB costs at most three of 1 MiB', `${BENCH}: fork_exit_wait_1g`),
    ],
  },
  {
    subject: 'madvise and its kin',
    demands: [
      demand(
        'NORMAL, RANDOM, SEQUENTIAL, WILLNEED',
        'madvise: normal',
        'madvise: random-flag',
        'madvise: sequential-flag',
        'disk-cache: map-willneed-pages',
      ),
      demand('DONTNEED, FREE, REMOVE', 'madvise: dontneed-zero', 'madvise: free', 'madvise: remove-zero', 'dev-zero: private-free'),
      demand(
        'DONTFORK, DOFORK, WIPEONFORK, KEEPONFORK',
        'madvise: dontfork',
        'madvise: dofork-child',
        'madvise: wipe',
        'madvise: keep-child',
      ),
      demand('MERGEABLE, UNMERGEABLE: pages are merged', 'merging: sharing', 'merging: store-other', 'merging: unmergeable'),
      demand('HUGEPAGE, NOHUGEPAGE: megapages', 'megapages: kb', 'megapages: nohuge', 'tests/unit/mm-huge.test.ts'),
      demand('COLLAPSE', 'megapages: collapse-kb'),
      demand('huge pages by policy', 'khugepaged: one', 'tests/unit/mm-huge.test.ts: policy, advice and prctl decide'),
      demand('DONTDUMP, DODUMP', 'madvise: dontdump-flag', 'madvise: dodump', 'tests/guest/core.c'),
      demand('COLD, PAGEOUT', 'madvise: cold', 'megapages: cold-part-kb', 'swap-pages: own-out'),
      demand('POPULATE_READ, POPULATE_WRITE', 'madvise: read-resident', 'madvise: write'),
      demand('HWPOISON: SIGBUS with BUS_MCEERR', 'tests/guest/poison.c', 'tests/syscalls/memory.test.ts: broken memory'),
      demand('GUARD_INSTALL, GUARD_REMOVE', 'guards'),
      demand('process_madvise', 'process-madvise'),
      demand('mincore', 'mincore'),
      demand('mlock, mlock2 (MLOCK_ONFAULT), mlockall, RLIMIT_MEMLOCK', 'mlock: kb', 'mlock: onfault', 'mlock: all', 'mlock: limit-beyond'),
      demand('mremap: MAYMOVE, FIXED, DONTUNMAP', 'mremap: maymove', 'mremap: fixed', 'mremap: dontunmap'),
      demand('mseal', 'mseal'),
      demand('pkeys: ENOSPC, as there are none', 'mprotect: pkey-none', 'tests/guest/advise.c: pkey_alloc'),
      demand('membarrier', 'membarrier'),
      demand('userfaultfd: missing pages, COPY, ZEROPAGE, WAKE', 'userfaultfd: copy', 'userfaultfd: zero', 'userfaultfd: wake'),
      demand(
        'userfaultfd: write protection, minor faults, CONTINUE, MOVE, POISON, events',
        'userfaultfd-pages: wp-store',
        'userfaultfd-pages: minor-load',
        'userfaultfd-pages: move',
        'userfaultfd-pages: poison',
        'userfaultfd-pages: event-unmap',
      ),
      demand(
        'userfaultfd on huge pages of the pool',
        'userfaultfd-hugetlb: load',
        'userfaultfd-hugetlb: wp-store',
        'userfaultfd-hugetlb: minor-load',
      ),
      demand('remap_file_pages', 'remap-file-pages'),
    ],
  },
  {
    subject: 'Shared memory and IPC',
    demands: [
      demand('System V segments: persistent until IPC_RMID', 'sysv-shm: persistent', 'sysv-shm: removed'),
      demand(
        'SHM_RDONLY, SHM_REMAP, SHM_EXEC, SHM_LOCK, SHM_STAT, limits',
        'sysv-shm: read-only',
        'sysv-shm: remap',
        'sysv-shm: exec',
        'sysv-shm: lock',
        'sysv-shm: stat-index',
        'sysv-shm: info',
      ),
      demand('ipcs and ipcrm work', 'tests/programs/userland/system.sh: ipcrm'),
      demand('System V semaphores and message queues', 'tests/guest/sysv-sem.c', 'tests/guest/sysv-msg.c', 'tests/syscalls/sysv.test.ts'),
      demand('shm_open on /dev/shm', 'posix-shm: create'),
      demand('POSIX semaphores across processes', 'posix-shm: sem-child'),
      demand('memfd with seals', 'memfd: future-store'),
      demand('futexes on shared pages', 'tests/guest/futex.c', 'tests/unit/mm-object.test.ts: futex'),
    ],
  },
  {
    subject: 'Devices can be mapped',
    demands: [
      demand('/dev/zero', 'dev-zero'),
      demand(
        'a device of memory, and one by callbacks, that an embedder offers',
        'tests/unit/devices.test.ts: memory by callbacks',
        'docs/devices.md',
      ),
      demand('/dev/fb0 with FBIOGET_*SCREENINFO', 'tests/programs/framebuffer.test.ts', 'tests/guest/device.c: FBIOGET_VSCREENINFO'),
      demand('memory shared with JavaScript', 'tests/unit/embed-map.test.ts: what either side stores the other sees, nothing is copied'),
    ],
  },
  {
    subject: 'Seeing it',
    demands: [
      demand('/proc/PID/maps, smaps, smaps_rollup', 'vm-flags: ac-none', 'proc-maps: fields', 'proc-maps: rss', 'proc-maps: rollup'),
      demand('pagemap, clear_refs (soft-dirty)', 'proc-maps: pagemap', 'proc-maps: clear-refs', 'tests/guest/pagemap.c'),
      demand('kpagecount, kpageflags', 'tests/guest/pagemap.c: kpageflags'),
      demand('meminfo, vmstat', 'proc-maps: meminfo', 'tests/unit/proc.test.ts: vmstat'),
      demand('faults in getrusage', 'proc-maps: minflt', 'proc-maps: majflt'),
      demand(
        'pagewalk inspect: text, picture, walk of an address',
        'tests/programs/inspect.test.ts',
        'tests/unit/inspect.test.ts',
        'docs/inspect.md',
      ),
    ],
  },
  {
    subject: 'Scale',
    demands: [
      demand('65,530 mappings in one process', 'scale: count', 'scale: mmap', 'tests/unit/mm-map.test.ts: 65,530 mappings'),
      demand('mmap, fault and munmap among them within three times the cost among 10', `${BENCH}: map_touch_unmap_among_65000`),
      demand('1,000 processes share one mapping', 'scale: agree'),
    ],
  },
  {
    subject: 'Cost, beside native Linux and qemu-riscv64',
    demands: [
      demand(
        'anonymous and file faults (shared, private), copy-on-write',
        `${BENCH}: fault_anon_write`,
        `${BENCH}: fault_file_shared_read`,
        `${BENCH}: fault_file_private_write`,
        `${BENCH}: fault_cow`,
      ),
      demand('mmap and munmap, mprotect, mremap', `${BENCH}: mmap_munmap`, `${BENCH}: mprotect_pair_touch`, `${BENCH}: mremap_move_8`),
      demand('MADV_DONTNEED and touch, msync of a page', `${BENCH}: madvise_dontneed_touch`, `${BENCH}: msync_page`),
      demand('fork, exit and wait at 1 MB, 100 MB, 1 GB', `${BENCH}: fork_exit_wait_100m`),
      demand('getpid, a pipe’s round trip', `${BENCH}: getppid`, `${BENCH}: pipe_round_trip`),
    ],
  },
  {
    subject: 'A model',
    demands: [
      demand(
        'random calls, accesses and forks against a simple model: 10,000 sequences, seeded, made smaller when they fail',
        'tests/mapping/model.test.ts: random calls here do what the model does',
        'tests/support/mm-model.ts',
      ),
      demand(
        'the same sequences on Linux, by a C program',
        'tests/mapping/model.test.ts: random calls on Linux do what the model does',
        'tests/guest/mm-model.c',
      ),
      demand('the core alone, against a model of its memory', 'tests/unit/mm-model.test.ts'),
    ],
  },
];
