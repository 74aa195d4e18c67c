/** Selectors of spaceStat() and vmaStat(). Plain constants, compiled by asc and tsc. */
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

export const VMA_STAT_RESIDENT = 0;
export const VMA_STAT_SHARED_CLEAN = 1;
export const VMA_STAT_SHARED_DIRTY = 2;
export const VMA_STAT_PRIVATE_CLEAN = 3;
export const VMA_STAT_PRIVATE_DIRTY = 4;
export const VMA_STAT_ANONYMOUS = 5;
export const VMA_STAT_REFERENCED = 6;
export const VMA_STAT_PSS_BYTES = 7;
