/**
 * Where things lie in the one linear memory. Compiled by asc and by tsc, so: plain integer constants below 2^31,
 * no types, no imports. A physical address is an offset in linear memory and a frame number is that offset / 4096.
 *
 *   0x0000_0000  guard page, never a frame (address 0 means "none" everywhere)
 *   0x0000_1000  hart: registers of the running thread, exit information, counters
 *   0x0000_2000  TLB and exec TLB of the running address space
 *   0x0004_0000  staging buffer (64 KiB) through which host and core exchange bytes
 *   0x0006_0000  the fault log: what faults came to, while somebody wants to know
 *   0x0008_0000  a byte for every 512 window permission bytes: 0 where all of them are 0
 *   0x0010_0000  static data of the AssemblyScript module (asconfig.json: memoryBase)
 *   0x0018_0000  baseline code: units, entries, the function being written (shared/baseline.ts)
 *   0x0090_0000  compiled code: records of regions, their exits, the hot list (shared/compiled.ts)
 *   0x0100_0000  frame descriptors: 2^20 x 32 bytes
 *   0x0300_0000  window permission bytes: 64 slots x 1 MiB (a byte per 4 KiB page of up to 4 GiB of addresses)
 *   0x0700_0000  general frames: page tables, kernel objects, page cache, anything without a preferred place
 *   0x1000_0000  frames that windows are laid over (any frame may still be used for anything)
 *
 * Everything invalid or absent is 0, so what is never used is never touched.
 */
export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 4096;
export const PAGE_MASK = 4095;

export const HART = 0x1000;
export const TLB_BASE = 0x2000;
export const TLB_END = 0x40000;
/** Virtual page number -> decoded page of the active space: { u64 number + 1, u32 decoded page }, direct-mapped. */
export const EXEC_TLB = 0x8000;
export const EXEC_ENTRIES = 256;
export const STAGING = 0x40000;
export const STAGING_BYTES = 0x10000;
export const FAULT_LOG = 0x60000;
export const PERMISSION_MARKS = 0x80000;
export const PERMISSION_MARKS_END = 0xa0000;
export const STATIC_BASE = 0x100000;
export const DESCRIPTORS = 0x1000000;
export const DESCRIPTOR_SHIFT = 5;
export const FRAME_COUNT = 0x100000;
export const PERMISSIONS = 0x3000000;
export const PERMISSION_STRIDE_SHIFT = 20;
export const WINDOW_SLOTS = 64;
export const FIRST_FRAME = 0x7000;
export const FIRST_WINDOW_FRAME = 0x10000;

/* Hart: offsets from HART. The first CONTEXT_BYTES are what a context switch saves and restores. */
export const HART_X = 0x000; // u64 x[32]; x0 always reads 0
export const HART_X_SINK = 0x100; // u64: where the decoder sends writes to x0 (register index 32)
export const HART_F = 0x200; // u64 f[32]
export const HART_PC = 0x300; // u64
export const HART_FFLAGS = 0x308; // u32
export const HART_FRM = 0x30c; // u32
export const HART_RESERVATION = 0x310; // u64 address reserved by LR, all ones = none
export const HART_RESERVED_VALUE = 0x318; // u64 value LR loaded
export const CONTEXT_BYTES = 0x340;
/* Why run() or a user access came back. Valid until the next call into the core. */
export const HART_FAULT_KIND = 0x400; // u32 FAULT_*
export const HART_FAULT_ACCESS = 0x404; // u32 ACCESS_*
export const HART_FAULT_ADDRESS = 0x408; // u64
export const HART_IO_OBJECT = 0x410; // u32 object whose page is missing
export const HART_IO_HOW = 0x42c; // u32 for whom: IO_TRANSFER, or VM_* flags of the mapping | IO_MAPPED
export const HART_FREED_OBJECTS = 0x418; // u32 how many objects wait in objectNextFreed()
export const HART_SPACE = 0x41c; // u32 active address space
export const HART_SHORT = 0x428; // u32 not 0: frames run short; the host clears it
export const HART_TIME = 0x420; // u64 what the next read of the `time` CSR gives, ns; 0: the host must be asked
export const HART_FAULTS_LOGGED = 0x430; // u32 faults told since the host took them, plus 1; 0: nobody wants to know
export const HART_IO_INDEX = 0x438; // u64 page index in that object
export const HART_CALLS = 0x434; // u32 not 0: run() has the host do system calls and goes on, instead of coming back with EXIT_ECALL
/* Machine-wide counters, u64 each. */
export const HART_COUNTERS = 0x480;
export const COUNT_INSTRUCTIONS = 0;
export const COUNT_ACCESSES = 1; // loads, stores and atomics executed
export const COUNT_TLB_HITS = 2; // window misses that the small TLB served
export const COUNT_WALKS = 3; // page-table walks made for loads, stores and fetches
export const COUNT_MINOR_FAULTS = 4;
export const COUNT_MAJOR_FAULTS = 5;
export const COUNT_COW_FAULTS = 6;
export const COUNT_ZERO_FAULTS = 7; // minor faults that zero-filled a fresh frame
export const COUNT_DECODED = 8; // instructions decoded
export const COUNT_FRAMES_PEAK = 9;
export const COUNT_HUGE_FAULTS = 12; // faults that took a megapage
export const COUNT_HUGE_REFUSED = 13; // faults that would have, had its frames been free
export const COUNT_HUGE_SPLITS = 14; // megapages that became pages
export const COUNT_HUGE_COLLAPSES = 15; // pages that became a megapage
export const COUNTERS = 16;

/* An entry of the fault log. What an instruction run makes is never lost when it is short: see FAULT_LOG_RUN_MAX. */
export const FAULT_ENTRY_ADDRESS = 0; // u64
export const FAULT_ENTRY_SPACE = 8; // u32
export const FAULT_ENTRY_ACCESS = 12; // u8 ACCESS_*
export const FAULT_ENTRY_KIND = 13; // u8 FAULT_*; FAULT_NONE: the page is there now
export const FAULT_ENTRY_HOW = 14; // u8 FAULTED_*
export const FAULT_ENTRY_BYTES = 16;
export const FAULT_LOG_ENTRIES = 8192;
export const FAULT_LOG_RUN_MAX = 1024; // instructions: each has at most a handful of faults
export const FAULTED_ZERO = 1; // a fresh page of zeros
export const FAULTED_COPY = 2; // copied on write
export const FAULTED_MAJOR = 4; // the medium or the swap area was asked

/* Permission byte of a window page: may be accessed at windowBase + va without asking anybody. */
export const PERM_READ = 1;
export const PERM_WRITE = 2;
