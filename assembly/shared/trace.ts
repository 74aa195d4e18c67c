/**
 * Records of memory traces, 8 bytes each: what the traced machine writes, what trace files hold (unpacked) and what the laboratory's
 * models read.
 *
 *   63        52 51    48 47                               0
 *   | passed    | kind    | value                           |
 *
 * passed: instructions fetched before this happened, since the record before (RECORD_PASSED has room for more). They all come from
 * the page of
 * the latest RECORD_CODE.
 */
export const RECORD_KIND_SHIFT = 48;
export const RECORD_KIND_MASK = 15;
export const RECORD_PASSED_SHIFT = 52;
export const RECORD_PASSED_MAX = 4095;
export const RECORD_PASSED_LONGEST = 1048576;

export const RECORD_CODE = 0; // instructions come from this address's page now
export const RECORD_LOAD = 1; // of data at the address; an access across a page border is two records
export const RECORD_STORE = 2; // or an atomic operation
export const RECORD_SPACE = 3; // another address space runs: its number, below 8192
export const RECORD_PASSED = 4; // value: more instructions passed, RECORD_PASSED_LONGEST at most
export const RECORD_FLUSH = 5; // translations are forgotten: value 0: all; n: those of address space n - 1
export const RECORD_MARK = 6; // a marker of the program
export const RECORD_DROP = 7; // translations of the page at the address are forgotten (munmap, mprotect, copy-on-write)
export const RECORD_OTHER = 8; // the next record, a drop, is about the address space of this number and not the one that runs
export const RECORD_ENTRY = 9; // page-table entry (Sv39) of the next access's page, if it is not as it was told last; W as it holds

export const RECORD_ADVICE = 10; // on the aligned 2 MiB at the address, lowest bit: yes; of the program: may they be one page?

/** Of a RECORD_ADVICE: not the program's advice, but whether they are wholly in one mapping. */
export const ADVICE_FITS = 2;

/** Low bits of a RECORD_DROP's address: log2 of how many pages, from a multiple of so many. */
export const DROP_ORDER_MASK = 15;
export const DROP_ORDER_2M = 9;

/** Address spaces in records have numbers that are used again, below this. */
export const RECORD_SPACES = 8192;

/**
 * Where the core puts records. In one run of RUN_MAX instructions there are at most three for each, and fewer invalidations than
 * this between.
 */
export const TRACE_BUFFER = 0xf00000;
export const TRACE_ROOM = 65536;
export const TRACE_RUN_MAX = 8192;
export const TRACE_DROPS_MAX = 32768;
