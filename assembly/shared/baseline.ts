/**
 * Baseline code: what the core writes itself, a Wasm function for the hot lines of a page of code (assembly/baseline). In linear memory
 * behind what shared/compiled.ts describes. Plain constants as in layout.ts.
 *
 * A **unit** is such a function. It belongs to a frame, whatever address that is mapped at. Its record:
 */
export const UNIT_FRAME = 0; // u32
export const UNIT_FUNCTION = 4; // u32 index in the function table; 0: not in force yet
export const UNIT_ENTRIES = 8; // u32 how many places it can be entered at
export const UNIT_LIMITS = 12; // u32 address of { u32 fuel that an entry needs } for each entry, and { u16 offset in the page / 2 } behind
export const UNIT_CODE = 16; // u32 the decoded page
export const UNIT_STATE = 20; // u32 UNIT_*
export const UNIT_INSTRUCTIONS = 24; // u32
export const UNIT_BODY_BYTES = 28; // u32
export const UNIT_HEAT = 32; // u32 how often samples of compiled code have met it
export const UNIT_OPTIMISED = 36; // u32 its module is one of those that the engine is to optimise
export const UNIT_BYTES = 40;

export const UNIT_FREE = 0;
export const UNIT_LIVE = 1;
export const UNIT_NEW = 3; // written, not in force yet
export const UNIT_DEAD = 2; // never entered again: the host takes its function out of the table

/* In what the core's static data leaves free: units; limits and offsets of all of them; the body of a function, without its length. */
export const UNITS = 0x180000;
export const UNITS_MAX = 8192;
export const ENTRIES = 0x200000;
export const ENTRIES_END = 0x6a0000;
export const BODY = 0x6a0000;
export const BODY_END = 0x780000;

/** In the place of an entry's limit: a region begins there, which is to be entered instead. As a signed number it is -1. */
export const LIMIT_REGION = 0xffffffff;

/** A page's function gets { u32 entry, u64 count as in compiled.ts, u64 address of the page, a vector of zeros }. */
export const PAGE_ENTRY = 0;
export const PAGE_COUNT = 1;
export const PAGE_ADDRESS = 2;
export const PAGE_ZERO = 3;

/**
 * Functions that a page's function imports, in this order. All take a vector last: nothing outside Wasm can call them then, and engines
 * make no wrappers for that, which cost more than the rest of a module.
 */
export const LINK_GO = 0; // (u64 count, u64 pc, vector) goes on at pc, which NEXT does not know
export const LINK_LEFT = 1; // (u64 count, u64 page, u32 LEFT_*, vector) comes back
export const LINK_FUEL = 2; // (u64 count, u64 page, u32 offset / 2, i32 limit, vector) an entry's fuel does not suffice
export const LINK_FIND = 3; // (u64 address, u32 size | FIND_WRITE, vector) linear address of memory to access, or 0
export const LINK_EXECUTE = 4; // (u64 operation, vector) not 0: not executed
export const LINK_EXECUTE_ACCESS = 5; // the same for an operation that accesses memory
export const LINK_ENTER = 6; // (u32 entry, u64 count, u64 page, u32 place in the function table, vector) enters another page
export const LINKS = 7;

export const FIND_WRITE = 16;

/* How a page's function leaves in the middle of a block, in one number: where, and what is executed but not counted yet. */
export const LEFT_INSTRUCTIONS_SHIFT = 11; // offset in the page / 2 below
export const LEFT_ACCESSES_SHIFT = 21;
export const LEFT_CALL = 0x80000000; // at an ecall

/** Translations for baseline code: { u64 address of the page, u32 linear address minus that }, direct-mapped, for loads and for stores. */
export const FAST_READ = 0xeb0000; // what is behind the tables of compiled.ts begins here
export const FAST_WRITE = 0xeb4000;
export const FAST_BYTES = 0x4000;
export const FAST_INDEX_SHIFT = 8; // an address shifted by it and masked with FAST_MASK is the offset of its entry
export const FAST_MASK = 0x3ff0;
/** Entries filled since all were empty: { u32 address }, the first FAST_LOG_MAX of them. */
export const FAST_LOG = 0xeb8000;
export const FAST_LOG_MAX = 64;

/** The exit of baseline code, as compiled.ts has those of regions. */
export const BASELINE_SITE = 0xeb8200;
/** Decoded pages that baseline code is wanted for: u32 each. */
export const WANTED_PAGES = 0xeb8400;
export const WANTED_MAX = 64;

/* While a page is compiled, for each 2 bytes of it: marks (u8), the number of the entry (u16), the operation (u64). */
export const MARKS = 0xeb9000;
export const ENTRY_NUMBERS = 0xeba000;
export const OPERATIONS = 0xebc000;

/**
 * Where code goes on, for what leaves a page: { u64 address, u32 epoch, u32 place in the function table << NEXT_SHIFT | entry },
 * direct-mapped. Entries of other epochs (compiled.ts) are void.
 */
export const NEXT = 0xec0000;
export const NEXT_ENTRIES = 8192;
export const NEXT_EPOCH = 8;
export const NEXT_TARGET = 12;
export const NEXT_SHIFT = 10; // entries of a page are at most 2^10

/* Offsets from COMPILED, see compiled.ts. */
export const COMPILED_WANTED = 124; // u32 pages in the list
export const COMPILED_PERMISSIONS = 128; // u32 what regions get as parameters
export const COMPILED_BASE = 132; // u32
export const COMPILED_FULL = 140; // u32 not 0: there was no room for a unit, and all are to go
export const COMPILED_DEAD = 136; // u32 units that have become UNIT_DEAD and are not taken away yet

/** jitConfigure: which code is made. */
export const TIER_REGIONS = 1;
export const TIER_BASELINE = 2;
