/**
 * Selectors of spaceStat() and vmaStat(), bits of pageState() and frameFlags(), what mmClear() clears. Plain constants, compiled by asc
 * and tsc.
 */
export const SPACE_STAT_PAGES_MAPPED = 0; // pages covered by VMAs
export const SPACE_STAT_RESIDENT = 1; // pages present (RSS)
export const SPACE_STAT_RESIDENT_PEAK = 2;
export const SPACE_STAT_MINOR_FAULTS = 3;
export const SPACE_STAT_MAJOR_FAULTS = 4;
export const SPACE_STAT_COW_FAULTS = 5;
export const SPACE_STAT_TABLE_FRAMES = 6; // frames holding page tables
export const SPACE_STAT_BRK_START = 7;
export const SPACE_STAT_BRK = 8;
export const SPACE_STAT_STACK_PAGES = 9;
export const SPACE_STAT_DATA_PAGES = 10; // private writable pages mapped
export const SPACE_STAT_TEXT_PAGES = 11; // executable pages mapped
export const SPACE_STAT_LOCKED_PAGES = 12;
export const SPACE_STAT_SHARED_RESIDENT = 13; // resident pages that belong to an object
export const SPACE_STAT_WINDOW_PAGES = 14; // resident pages at their identity frame
export const SPACE_STAT_ROOT = 15; // frame of the root page table
export const SPACE_STAT_SWAPPED = 17; // pages of its own that lie in the swap area
export const SPACE_STAT_MAPPED_PEAK = 16; // most pages that VMAs have covered
export const SPACE_STAT_HUGE = 32; // pages in megapages
export const SPACE_STAT_HUGETLB = 33; // pages in huge pages of the pool
export const SPACE_STAT_ACCOUNTED = 34; // pages mapped that count against the commit limit

export const VMA_STAT_RESIDENT = 0;
export const VMA_STAT_SHARED_CLEAN = 1;
export const VMA_STAT_SHARED_DIRTY = 2;
export const VMA_STAT_PRIVATE_CLEAN = 3;
export const VMA_STAT_PRIVATE_DIRTY = 4;
export const VMA_STAT_ANONYMOUS = 5;
export const VMA_STAT_REFERENCED = 6;
export const VMA_STAT_PSS_BYTES = 7;
export const VMA_STAT_HUGE = 16; // pages in megapages
export const VMA_STAT_HUGETLB_PRIVATE = 18; // pages in huge pages of the pool
export const VMA_STAT_HUGETLB_SHARED = 19; // and those that another mapping has, too
export const VMA_STAT_MERGED = 17; // pages that same-page merging has made one

export const VMA_STAT_SWAP = 8; // pages that lie in the swap area
export const VMA_STAT_SWAP_PSS_BYTES = 9;
export const VMA_STAT_LAZY_FREE = 10;

export const SWAP_STAT_SLOTS = 0; // pages of the area
export const SWAP_STAT_USED = 1;
export const SWAP_STAT_CACHED = 2; // frames of the swap cache
export const SWAP_STAT_IN = 3; // pages read since the start
export const SWAP_STAT_OUT = 4; // pages written since the start
export const RECLAIM_STAT_SCANNED = 5; // page-table entries and cached pages looked at
export const RECLAIM_STAT_FREED = 6; // frames that reclaim has freed
export const RECLAIM_STAT_LAZY = 7; // of these MADV_FREE's

export const STATE_PRESENT = 1;
export const STATE_OBJECT = 2; // the page of an object: of a file, or shared
export const STATE_EXCLUSIVE = 4; // mapped here and nowhere else
export const STATE_SOFT_DIRTY = 8;
export const STATE_GUARD = 64; // MADV_GUARD_INSTALL
export const STATE_SWAP = 32; // no page, but a mark; from STATE_FRAME_SHIFT on the slot, when it lies in the swap area
export const STATE_UFFD_WP = 16; // a userfaultfd is asked before the next store
export const STATE_FRAME_SHIFT = 8;

export const CLEAR_REFERENCED = 1;
export const CLEAR_REFERENCED_ANONYMOUS = 2;
export const CLEAR_REFERENCED_MAPPED = 3;
export const CLEAR_SOFT_DIRTY = 4;
export const CLEAR_PEAK = 5;

/** hugetlbPool() */
export const POOL_TOTAL = 0;
export const POOL_FREE = 1;
export const POOL_RESERVED = 2;
export const POOL_SURPLUS = 3;
export const POOL_WANTED = 4;
export const POOL_OVERCOMMIT = 5;

/** hugeScan(): what became of 2 MiB that could be a megapage */
export const SCAN_COLLAPSED = 0;
export const SCAN_OTHER = 1; // it is one, nothing is there, nothing was used of late, or something is marked
export const SCAN_EXCEEDS_NONE = 2;
export const SCAN_EXCEEDS_SWAP = 3;
export const SCAN_EXCEEDS_SHARED = 4;
export const SCAN_NO_PLACE = 5; // somebody else's frames are in its place
export const SCAN_NO_MEMORY = 6;

export const FRAME_IS_USED = 1;
export const FRAME_IS_DIRTY = 4;
export const FRAME_IS_REFERENCED = 8;
export const FRAME_IS_SWAP_CACHE = 64;
export const FRAME_IS_MERGED = 512;

/* cacheStat: pages of files with a medium */
export const CACHE_PRESENT = 0;
export const CACHE_DIRTY = 1; // what waits for its medium
export const CACHE_DIRTIED = 2; // how often a page became dirty, since the start
