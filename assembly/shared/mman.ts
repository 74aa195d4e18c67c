/** Constants of mmap(2), mprotect(2), mremap(2), msync(2), madvise(2) on riscv64. Plain, compiled by asc and tsc. */
export const PROT_NONE = 0;
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;
export const PROT_GROWSDOWN = 0x01000000;
export const PROT_GROWSUP = 0x02000000;
/** Of the kernel's own: for a moment, so that nothing else about the mapping changes. */
export const PROT_MOMENT = 0x04000000;

export const MAP_SHARED = 0x01;
export const MAP_PRIVATE = 0x02;
export const MAP_SHARED_VALIDATE = 0x03;
export const MAP_DROPPABLE = 0x08;
export const MAP_TYPE = 0x0f;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const MAP_GROWSDOWN = 0x0100;
export const MAP_DENYWRITE = 0x0800;
export const MAP_EXECUTABLE = 0x1000;
export const MAP_LOCKED = 0x2000;
export const MAP_NORESERVE = 0x4000;
export const MAP_POPULATE = 0x8000;
export const MAP_NONBLOCK = 0x10000;
export const MAP_STACK = 0x20000;
export const MAP_HUGETLB = 0x40000;
export const MAP_SYNC = 0x80000;
export const MAP_FIXED_NOREPLACE = 0x100000;
export const MAP_UNINITIALIZED = 0x4000000;

/** vm.mmap_min_addr */
export const MMAP_MIN = 0x10000;
/* Not Linux's: the process may map what is below vm.mmap_min_addr. */
export const MAP_LOW = 0x1000000;
export const MREMAP_LOW = 0x40000000;

export const MREMAP_MAYMOVE = 1;
export const MREMAP_FIXED = 2;
export const MREMAP_DONTUNMAP = 4;

export const MS_ASYNC = 1;
export const MS_INVALIDATE = 2;
export const MS_SYNC = 4;

export const MADV_NORMAL = 0;
export const MADV_RANDOM = 1;
export const MADV_SEQUENTIAL = 2;
export const MADV_WILLNEED = 3;
export const MADV_DONTNEED = 4;
export const MADV_FREE = 8;
export const MADV_REMOVE = 9;
export const MADV_DONTFORK = 10;
export const MADV_DOFORK = 11;
export const MADV_MERGEABLE = 12;
export const MADV_UNMERGEABLE = 13;
export const MADV_HUGEPAGE = 14;
export const MADV_NOHUGEPAGE = 15;
export const MADV_DONTDUMP = 16;
export const MADV_DODUMP = 17;
export const MADV_WIPEONFORK = 18;
export const MADV_KEEPONFORK = 19;
export const MADV_COLD = 20;
export const MADV_PAGEOUT = 21;
export const MADV_POPULATE_READ = 22;
export const MADV_POPULATE_WRITE = 23;
export const MADV_DONTNEED_LOCKED = 24;
export const MADV_COLLAPSE = 25;
export const MADV_HWPOISON = 100;
export const MADV_SOFT_OFFLINE = 101;
export const MADV_GUARD_INSTALL = 102;
export const MADV_GUARD_REMOVE = 103;

/* VMA flags (our own numbering), as read from VMA_FLAGS */
export const VM_READ = 0x1;
export const VM_WRITE = 0x2;
export const VM_EXEC = 0x4;
export const VM_SHARED = 0x8;
export const VM_MAYREAD = 0x10;
export const VM_MAYWRITE = 0x20;
export const VM_MAYEXEC = 0x40;
export const VM_GROWSDOWN = 0x100;
/** Private memory that counts against the commit limit: it has been writable. */
export const VM_ACCOUNT = 0x200;
export const VM_HEAP = 0x400;
export const VM_VDSO = 0x800;
export const VM_LOCKED = 0x1000;
export const VM_NORESERVE = 0x2000;
export const VM_DONTFORK = 0x4000;
export const VM_WIPEONFORK = 0x8000;
export const VM_DONTDUMP = 0x10000;
export const VM_SEQUENTIAL = 0x20000;
export const VM_RANDOM = 0x40000;
/** Soft-dirty bits were cleared: only pages written since then are soft-dirty. Without it the whole mapping is, being new. */
export const VM_SOFT_CLEAN = 0x80000;
/** mremap may not make it longer: memory of a device ends where the device's does. */
export const VM_DONTEXPAND = 0x1000000;
/** A userfaultfd (VMA_UFFD) is asked: for pages that are not there, at stores to pages it protects, for pages of the object not mapped. */
export const VM_UFFD_MISSING = 0x2000000;
export const VM_UFFD_WP = 0x4000000;
export const VM_UFFD_MINOR = 0x8000000;
export const VM_UFFD = VM_UFFD_MISSING | VM_UFFD_WP | VM_UFFD_MINOR;

/** madvise(2): megapages are welcome, or are not; its pages may be merged with others of the same contents; MAP_HUGETLB. */
export const VM_HUGEPAGE = 0x800000;
export const VM_NOHUGEPAGE = 0x10000000;
export const VM_MERGEABLE = 0x20000000;
export const VM_HUGETLB = 0x400000;
/** Of a VM_HUGETLB mapping: its pages would be of 1 GiB, of which the pool has none. */
export const VM_HUGE_1GB = 0x80;
/** MAP_DROPPABLE: its pages may go at any time, whoever wants room; zeros come after them. */
export const VM_DROPPABLE = 1 << 31;
/** Of a private VM_HUGETLB mapping: each page of it that is not there is promised by the pool. */
export const VM_HUGE_RESERVED = 0x40000000;

/** hugeSetPolicy(): transparent_hugepage/enabled */
export const HUGE_NEVER = 0;
export const HUGE_MADVISE = 1;
export const HUGE_ALWAYS = 2;

/** mseal(2): it stays where it is and as it is until the address space goes. */
export const VM_SEALED = 0x200000;
/** With VM_LOCKED: pages stay once they are there, but are not brought in beforehand. */
export const VM_LOCKONFAULT = 0x100000;
export const VM_LOCKED_MASK = 0x101000;

/* mmLock() */
export const LOCK_NONE = 0;
export const LOCK_NOW = 1;
export const LOCK_ON_FAULT = 2;

/* VMA layout: byte offsets in a core VMA record that the host may read */
export const VMA_START = 0; // u64
export const VMA_END = 8; // u64, exclusive
export const VMA_OFFSET = 32; // u64 byte offset of start in the object
export const VMA_FLAGS = 24; // u32 VM_*
export const VMA_OBJECT = 28; // u32, 0 = private anonymous
export const VMA_UFFD = 88; // u32 number of the userfaultfd that it is registered with, 0 = none
export const VMA_NAME = 80; // u32 a number that the host gave: for PR_SET_VMA_ANON_NAME, or of a file's open file description; 0 = none
