/**
 * What the Wasm core exports, as the host sees it. The core imports its memory, the table of compiled code, and what does
 * a system call (core.ts).
 *
 * Conventions: addresses, lengths and file offsets cross as non-negative whole numbers below 2^53 (Wasm f64), because
 * BigInt is slow in hot calls; the host rejects anything larger before calling. Handles (space, object, context, vma) are
 * non-zero addresses of core records. A result below 0 is -errno unless it says otherwise.
 */
export interface CoreExports {
  /** Once, before anything else. frameLimit: frames that may be in use at once; windowPages: pages of address space each
   * window covers from address 0 (the loader places stack and mappings below windowPages * 4096). */
  coreInit(frameLimit: number, windowPages: number): void;
  framesInUse(): number;
  frameLimit(): number;

  // --- CPU
  /**
   * Runs the loaded context in the active space for exactly `budget` instructions at most. Returns EXIT_*. With HART_CALLS system calls are
   * done in between, and each gives another budget.
   */
  run(budget: number): number;
  contextCreate(): number;
  contextRelease(context: number): void;
  /** Copies the hart's registers to / from a context; load drops the LR reservation. */
  contextSave(context: number): void;
  contextLoad(context: number): void;
  /** Drops all decoded code (riscv_flush_icache; stores already invalidate what they overwrite). */
  flushInstructionCache(): void;

  // --- for snapshots
  /** Is the slot of permission bytes in use? */
  windowTaken(slot: number): number;
  /** Behind the last general frame that was ever used. */
  framesGeneralEnd(): number;
  /** Address of a byte for each 512 frames: not 0 once one of them was in use. */
  framesTouched(): number;
  /** Behind the static data of the module, which begins at STATIC_BASE. */
  staticEnd(): number;
  /** Address of a run of 64 decoded pages (assembly/mm/decoded.ts), by its number from 0; 0: there are no more. */
  decodedRun(index: number): number;

  // --- compiled code, see assembly/shared/compiled.ts and host/jit
  /** interval: instructions between samples (0: nothing is compiled, 1: everything); heat at which code is hot; how many hot places make
   * run() come back with EXIT_HOT; instructions after which compiled code comes back; TIER_*; samples after which a line of code is hot;
   * the place in the function table of what enters baseline code; samples of compiled code for each instruction of a page until the
   * engine is to optimise it (0: never). */
  jitConfigure(
    interval: number,
    heat: number,
    batch: number,
    fuel: number,
    tiers: number,
    lineSamples: number,
    entryFunction: number,
    optimise: number,
  ): void;
  /** Address of the bytes of an executable page that has been executed, or 0. */
  jitCodePage(vpn: number): number;
  /** Has the instruction at a page's offset been decoded (1)? Does a region begin there (2)? */
  jitDecoded(vpn: number, offset: number): number;
  jitOperation(word: number): bigint;
  /** What compiled code imports: executes an operation on the registers in memory. */
  jitExecute(operation: bigint): number;
  jitExecuteAccess(operation: bigint): number;
  /** What baseline code imports: linear address of memory that may be accessed (size, FIND_WRITE), or 0. */
  jitFind(va: bigint, how: number): number;
  /** What decoded slots hold that lead to a region (low half), to baseline code (high half). */
  jitSlots(): number;
  /** Writes the function for a decoded page (shared/baseline.ts): its unit, or 0. */
  baselineEmit(code: number, sweep: number, tailCalls: number): number;
  baselineInstall(unit: number): void;
  baselineReset(): void;
  jitInstall(region: number): number;
  jitRemove(region: number): void;
  /** Every region is looked up again before it is entered. */
  jitForgetJumps(): void;
  /** Are the bytes that the region was made from unchanged? */
  jitIntact(region: number): number;

  // --- recording, see assembly/tracing.ts
  traceSet(on: number): void;
  /** How many records wait at TRACE_BUFFER; they are forgotten. */
  traceTake(): number;
  /** Whether each access tells its instruction: at most twice as many records. */
  tracePlaces(on: number): void;
  /** Whether each access tells its page-table entry, where that has changed: at most twice as many records. */
  traceEntries(on: number): void;
  /** Adds a record of the host's own. */
  traceRecord(kind: number, value: bigint): void;

  // --- address spaces
  spaceCreate(): number; // 0: no memory
  /** Copy for fork: private pages shared copy-on-write. 0: no memory (nothing changed). */
  spaceFork(parent: number): number;
  spaceRelease(space: number): void;
  spaceActivate(space: number): void;
  /** mmap searches downwards from mmapBase; brk starts at brkStart. */
  spaceSetLayout(space: number, mmapBase: number, brkStart: number, stackLimitBytes: number): void;
  /** which: SPACE_STAT_*: current value as a number. */
  spaceStat(space: number, which: number): number;

  /** HUGE_*: which memory gets megapages at its first fault. */
  hugeSetPolicy(policy: number): void;
  /** PR_SET_THP_DISABLE: no megapage is taken for the space (1). Inherited by fork. */
  spaceForbidHuge(space: number, on: number): void;

  /** Huge pages of the pool: POOL_*. */
  hugetlbPool(which: number): number;
  /** All pages of an object of huge pages (OBJECT_HUGETLB) are promised to it. 0 or -ENOMEM. */
  hugetlbPromise(object: number, bytes: number): number;
  /** A huge page of an object, by number, that nobody has mapped yet. 0: there is none. */
  hugetlbFill(object: number, page: number): number;
  /** The pool shall have so many, as far as memory goes and as nobody needs those that are too many. */
  hugetlbResize(pages: number): void;
  /** So many pages of the pool for files of one file system, in whatever mapping: a handle, or 0: no memory. */
  hugetlbQuota(pages: number): number;
  /** No object has it any more. */
  hugetlbQuotaRelease(quota: number): void;
  /** Pages promised to its files, or taken. */
  hugetlbQuotaUsed(quota: number): number;
  objectSetQuota(object: number, quota: number): void;
  /** What it has not got is zeros for ever: its private mappings are anonymous memory. Of 0 bytes: it has no end. */
  objectSetZeros(object: number, bytes: number): void;
  /** vm.nr_overcommit_hugepages */
  hugetlbSetOvercommit(pages: number): void;
  /** 1: some place of the mapping would get a megapage at its first fault. */
  hugeEligible(space: number, vma: number): number;
  /** Where the next 2 MiB begin, at or above an address, that may become a megapage by policy; -1: there are none. */
  hugeScanNext(space: number, address: number): number;
  /** Makes them one, if no more pages than these are absent, swapped out, shared. SCAN_*, or NEED_PAGE. */
  hugeScan(space: number, base: number, mostAbsent: number, mostSwapped: number, mostShared: number): number;

  // --- same-page merging
  /** Whether all private mappings, future ones included, may be merged. 0 or -ENOMEM. */
  ksmAll(space: number, on: number): number;
  /** The first page at or above an address that may be merged, or -1. */
  ksmNext(space: number, address: number): number;
  /** Its frame, or 0: it may not. */
  ksmFrame(space: number, address: number): number;
  ksmChecksum(frame: number): number;
  /** The page, which has a frame that may be merged, becomes one that others are merged into (FRAME_IS_MERGED). 0: no memory. */
  ksmKeep(space: number, address: number): number;
  /** The page becomes that frame. 1; 0: they differ; -ENOMEM. */
  ksmMerge(space: number, address: number, frame: number): number;
  /** The pages of a range have frames of their own again. 0 or -ENOMEM. */
  ksmBreak(space: number, start: number, end: number): number;

  // --- mapping calls, semantics of the man pages; flags are the Linux values
  /** mayFlags: VM_MAY*, for an object of huge pages that has reserved what it needs VM_HUGE_RESERVED. name: a file's VMA_NAME. */
  mmMap(
    space: number,
    address: number,
    length: number,
    prot: number,
    flags: number,
    object: number,
    offset: number,
    mayFlags: number,
    name?: number,
  ): number;
  mmUnmap(space: number, address: number, length: number): number;
  mmProtect(space: number, address: number, length: number, prot: number): number;
  mmRemap(space: number, oldAddress: number, oldLength: number, newLength: number, flags: number, newAddress: number): number;
  /** Returns the resulting break (like the system call: unchanged on failure). 0 queries. */
  mmBrk(space: number, address: number): number;
  /** Also NEED_PAGE (MADV_POPULATE_*): fill HART_IO_OBJECT / HART_IO_INDEX and call again. */
  mmAdvise(space: number, address: number, length: number, advice: number): number;
  /** 1 resident, 0 not, -ENOMEM unmapped: one page. */
  mmResident(space: number, address: number): number;
  /** lock: LOCK_*. Also NEED_PAGE, as mmAdvise. */
  mmLock(space: number, address: number, length: number, lock: number): number;
  /** The frame of a page, brought in: or -errno, NEED_PAGE, NEED_USERFAULT. */
  frameOfPage(space: number, address: number): number;
  /** The frame's memory is broken. 0: framePoison is to be called for every space. */
  frameRetire(frame: number): number;
  /** Marks the frame's pages in a space. 0: no memory. */
  framePoison(space: number, frame: number): number;
  poisonedFrames(): number;
  /** mseal: 0 or -errno. */
  mmSeal(space: number, address: number, length: number): number;
  /** PR_SET_VMA_ANON_NAME: VMA_NAME of anonymous mappings. 0 or -errno. */
  mmName(space: number, address: number, length: number, name: number): number;
  /** mlockall(MCL_FUTURE): LOCK_* of mappings made from now on. */
  spaceLockNew(space: number, lock: number): void;
  /** First VMA whose end is above address, or 0. Read its fields through VMA_*. */
  vmaFind(space: number, address: number): number;
  vmaNext(space: number, vma: number): number;
  vmaCount(space: number): number;
  /** For smaps: pages of the VMA by kind. which: VMA_STAT_* */
  vmaStat(space: number, vma: number, which: number): number;
  /** What pagemap tells of a page: STATE_*, and its frame from STATE_FRAME_SHIFT on. */
  pageState(space: number, address: number): number;
  /** Takes back what CLEAR_* says. 0 or -ENOMEM. */
  mmClear(space: number, what: number): number;
  /** FRAME_IS_* of a frame. */
  frameFlags(frame: number): number;
  /** The page of zeros that untouched memory reads. */
  zeroFrame(): number;
  /** The leaf PTE for an address (0: none) for pagemap and inspection, as a number (flags in the low 10 bits, PPN above). */
  pteRead(space: number, address: number): number;

  // --- making room; see assembly/mm/scan.ts. Pages whose address was asked for last stay, until the guest runs or handsFree()
  handsFree(): void;
  /** Frees about `wanted` frames, or picks what has to be written first. Returns how many are free already. */
  reclaimPages(wanted: number): number;
  /** MADV_PAGEOUT of [start, end): where it stopped because much waits to be written, or `end`. */
  pageOut(space: number, start: number, end: number): number;
  /** An object with a dirty page to write, HART_IO_INDEX; 0: none waits. */
  reclaimNextDirty(): number;
  /** It was written: 1 when its frame is free now. */
  reclaimWritten(object: number, index: number): number;
  /** 1: pages go in the order in which they are looked at, used or not. */
  debugPlainQueue(on: number): void;
  /** Once: a swap area of so many slots, from 1. 0: no room for their table. */
  swapInit(pages: number): number;
  /** 1: nothing goes out any more. */
  swapShut(shut: number): void;
  /** Brings back what lies in the swap area: 0 when all is back, or NEED_PAGE: do that, and call with again = 1. */
  swapBack(again: number): number;
  /** Marks and objects that name a slot. */
  swapReferences(slot: number): number;
  /** Address of what the swap cache has of a slot, or 0. */
  swapPage(slot: number): number;
  /** The same, a frame made for it to be read into. 0: no memory, or nobody needs the slot. */
  swapInsert(slot: number): number;
  /** It could not be read. */
  swapDiscard(slot: number): void;
  /** A slot to be written from swapPage, or 0. */
  swapNextDirty(): number;
  /** done: the medium has it. 1: its frame is free now. */
  swapWritten(slot: number, done: number): number;
  /** SWAP_STAT_*, RECLAIM_STAT_* */
  swapStat(which: number): number;

  // --- user memory for the host
  /** Translates (and faults in) one page of a space: linear address of that byte, or 0 with HART_FAULT_KIND set.
   * access: ACCESS_*. The result is good until the next call that can unmap or evict. Never raises a signal. */
  userPage(space: number, address: number, access: number): number;
  /** Copies len <= STAGING_BYTES between STAGING and user memory. 0 or a FAULT_* code; nothing partial is hidden:
   * HART_FAULT_ADDRESS tells the first byte not copied. */
  userCopyIn(space: number, address: number, length: number): number; // user -> STAGING
  userCopyOut(space: number, address: number, length: number): number; // STAGING -> user
  /** A key that equals for the same word in whatever space it is mapped: for futexes. Low: object or space; see HART_FAULT_*. */
  futexKeyObject(space: number, address: number): number;
  futexKeyOffset(space: number, address: number): number;

  // --- userfaultfd; see assembly/mm/userfault.ts. Ranges and addresses are whole pages of mappings that are there; -errno.
  uffdRegister(space: number, start: number, end: number, modes: number, number: number): number;
  /** Every mapping of userfaultfd `from` in a new space is one of `to`. */
  uffdAdopt(space: number, from: number, to: number): void;
  /** marks: what is not there yet, too. */
  uffdProtect(space: number, start: number, end: number, on: number, marks: number): number;
  /** how: UFFD_COPY (from STAGING, or what hugetlbStage gave)...; guard: the page comes protected. */
  uffdFill(space: number, address: number, how: number, guard: number): number;
  uffdMove(space: number, to: number, from: number): number;
  /** A huge page of the pool for a place: its address, to be filled before uffdFill puts it there; -errno, or NEED_PAGE. */
  hugetlbStage(space: number, address: number): number;
  /** It could not be filled. */
  hugetlbUnstage(): void;

  // --- VM objects: the page cache
  objectCreate(kind: number): number; // 0: no memory; born with one reference, the host's
  /** Memory of a device: `pages` zeroed pages in neighbouring frames, all there from the start (objectPage(object, 0) begins them). */
  objectCreateDevice(pages: number): number; // 0: no memory
  objectRetain(object: number): void;
  objectRelease(object: number): void;
  objectReferences(object: number): number;
  /** 1: somebody has a shared mapping of it that he may store to, now or after mprotect(2). */
  objectWritable(object: number): number;
  /** Objects whose last reference has gone: handles to forget (their records are already reused). 0: none left. */
  objectNextFreed(): number;
  objectSize(object: number): number;
  /** Grows or truncates: frees pages beyond, zeroes the rest of the last page, removes mappings' PTEs beyond it. */
  objectSetSize(object: number, bytes: number): void;
  /** Linear address of a cached page, or 0. */
  objectPage(object: number, index: number): number;
  /** Same, but inserts a zeroed page when absent. 0: no memory, or it lies in the swap area. Used to fill a page from the medium, too. */
  objectInsertPage(object: number, index: number): number;
  /** 1: there is a page, in memory or in the swap area. */
  objectHolds(object: number, index: number): number;
  /** The slot of the swap area where a page lies, or 0. */
  objectSlot(object: number, index: number): number;
  /** 1: its pages stay in memory. */
  objectPin(object: number, on: number): void;
  objectPagesSwapped(object: number): number;
  objectMarkDirty(object: number, index: number): void;
  /** Smallest dirty page index >= from, or NO_INDEX. */
  objectNextDirty(object: number, from: number): number;
  /** Smallest present page index >= from, or NO_INDEX (SEEK_DATA, incore). */
  objectNextPresent(object: number, from: number): number;
  /** Before writing a page to the medium: clears dirty, write-protects its mappings so that a later store marks it again. */
  objectClean(object: number, index: number): void;
  /** Frees clean unmapped pages in [from, to) (fadvise DONTNEED), or punches them out when `discard` (fallocate). */
  objectDropPages(object: number, from: number, to: number, discard: number): void;
  objectPagesPresent(object: number): number;
  objectPagesDirty(object: number): number;
  /** Its dirty pages wait for no medium: they are not counted among those that do. */
  objectKeep(object: number): void;
  /** A mapping's page that is not there is asked for (EXIT_IO), although the object has no medium. */
  objectMeter(object: number): void;
  /** Faults that found their page in the cache, since the last call. */
  objectTakeHits(object: number): number;
  /** CACHE_*: pages of all files with a medium. */
  cacheStat(which: number): number;
  /** Cache -> user memory, up to the object's size. Bytes copied, 0 at the end, -EFAULT, -ENOMEM or NEED_PAGE
   * (fill HART_IO_OBJECT/INDEX, call again; nothing has been copied then unless some bytes came first: then the count). */
  objectRead(object: number, offset: number, space: number, address: number, length: number): number;
  /** User memory -> cache; grows the size; marks dirty. Same results. */
  objectWrite(object: number, offset: number, space: number, address: number, length: number): number;

  // --- tests only: 0, or the number of the first rule that is broken (assembly/mm/check.ts)
  debugCheckSpace(space: number): number;
  debugCheckFrames(): number;
  debugCheckObjects(): number;
}
