/** System V IPC: <linux/ipc.h>, <linux/sem.h>, <linux/msg.h>, <linux/shm.h>. The limits are Linux's defaults. */
export const IPC_PRIVATE = 0;
export const IPC_CREAT = 0o1000;
export const IPC_EXCL = 0o2000;
export const IPC_NOWAIT = 0o4000;

export const IPC_RMID = 0;
export const IPC_SET = 1;
export const IPC_STAT = 2;
export const IPC_INFO = 3;

/** Objects of a kind: an id is a place below this, and above it how often the place was taken. */
export const IPC_PLACES = 32768;
export const IPC_SEQUENCES = 65536;

export const MSG_STAT = 11;
export const MSG_INFO = 12;
export const MSG_STAT_ANY = 13;
export const MSG_NOERROR = 0o10000;
export const MSG_EXCEPT = 0o20000;
export const MSG_COPY = 0o40000;
/** Queues, bytes of a message, bytes of a queue. */
export const MSGMNI = 32000;
export const MSGMAX = 8192;
export const MSGMNB = 16384;
export const MSGSSZ = 16;

export const GETPID = 11;
export const GETVAL = 12;
export const GETALL = 13;
export const GETNCNT = 14;
export const GETZCNT = 15;
export const SETVAL = 16;
export const SETALL = 17;
export const SEM_STAT = 18;
export const SEM_INFO = 19;
export const SEM_STAT_ANY = 20;
export const SEM_UNDO = 0x1000;
/** Sets, semaphores of a set, semaphores in all, operations of a call, the largest value. */
export const SEMMNI = 32000;
export const SEMMSL = 32000;
export const SEMMNS = SEMMNI * SEMMSL;
export const SEMOPM = 500;
export const SEMVMX = 32767;
export const SEMAEM = SEMVMX;
export const SEMUSZ = 20;

export const SHM_LOCK = 11;
export const SHM_UNLOCK = 12;
export const SHM_STAT = 13;
export const SHM_INFO = 14;
export const SHM_STAT_ANY = 15;
/** In shm_perm.mode. */
export const SHM_DEST = 0o1000;
export const SHM_LOCKED = 0o2000;
/** Flags of shmget. */
export const SHM_HUGETLB = 0o4000;
/** The sizes that go with it: logarithms in bits 26 to 31. */
export const SHM_HUGE_MASK = 63 << 26;
export const SHM_HUGE_2MB = 21 << 26;
export const SHM_HUGE_1GB = 30 << 26;
export const SHM_NORESERVE = 0o10000;
/** Flags of shmat. */
export const SHM_RDONLY = 0o10000;
export const SHM_RND = 0o20000;
export const SHM_REMAP = 0o40000;
export const SHM_EXEC = 0o100000;
/** Segments, bytes of one, pages in all. */
export const SHMMNI = 4096;
export const SHMMAX = 2n ** 64n - 2n ** 24n - 1n;
export const SHMALL = SHMMAX;
