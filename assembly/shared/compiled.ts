/**
 * What the compiler (host/jit) and the core share about compiled code, in linear memory. Plain constants as in layout.ts.
 *
 * A **region** is one Wasm function for guest code that is entered at one address. Its record:
 */
export const REGION_PC = 0; // u64 virtual address of its entry: a region is made for one
export const REGION_FUNCTION = 8; // u32 index in the function table
export const REGION_FUEL = 12; // u32 instructions that must be left to enter it
export const REGION_SITES = 16; // u32 address of its exits' records
export const REGION_SLOT = 20; // u32 address of the decoded slot that leads to it
export const REGION_EPOCH = 24; // u32 code epoch in which it was last found valid
export const REGION_PAGES = 28; // u32 how many pages its code lies in
export const REGION_ENTRIES = 32; // u32 times entered
export const REGION_STATE = 36; // u32 REGION_*
export const REGION_ORIGINAL = 40; // u64 the operation that its slot held, with far targets
export const REGION_PAGE = 48; // { u32 virtual page number, u32 frame, u32 generation of the frame } for each page
export const REGION_PAGE_BYTES = 12;
export const REGION_PAGES_MAX = 6;
export const REGION_NEXT = 120; // u32 another region of the same slot, for another address at which its frame is mapped
export const REGION_DUE = 124; // u32 instructions to be executed in pieces until it is REGION_HOT; 0: it won't be
export const REGION_BYTES = 128;

export const REGION_LIVE = 1;
export const REGION_DEAD = 2; // its code has changed
export const REGION_POOR = 3; // live, but leaves too often: to be made again
export const REGION_HOT = 4; // live, but one of the pieces that much is executed in: to be made again, larger

/**
 * A region's function is called with the fuel and the accesses made so far in one number (the fuel from bit COUNT_SHIFT on, so that a
 * constant of 32 bits changes both), the window's permission bytes and base, and its place in the function table. It returns the address of
 * the exit it took. From exits whose target is another valid region it goes there by a tail call.
 *
 * An exit of a region ("site"):
 */
export const SITE_PC = 0; // u64 where execution goes on; of SITE_DYNAMIC the jump itself
export const SITE_INSTRUCTIONS = 8; // u16 executed since the count was last brought up to date
export const SITE_ACCESSES = 10; // u16
export const SITE_KIND = 12; // u16
export const SITE_TAKEN = 14; // u16 how often, saturating
export const SITE_BYTES = 16;

export const SITE_GO = 0; // go on at SITE_PC
export const SITE_DYNAMIC = 1; // go on at HART_PC
export const SITE_FUEL = 2; // a loop has used up its fuel: go on at SITE_PC
export const SITE_SLOW = 3; // the interpreter executes the instruction at SITE_PC
export const SITE_TABLE = 4; // the same, and the TLB is to learn the page of COMPILED_ADDRESS
export const SITE_FLOAT = 5; // the same, because native floating point does not do for the instruction's operands
export const SITE_INEXACT = 6; // the same, because NX is not set: the result may be what sets it
export const SITE_MODE = 7; // the same, because the rounding mode is not "to nearest"

export const SITE_CALL = 8; // an ecall at SITE_PC, not counted yet

export const SITE_KINDS = 9;

export const REGIONS = 0x900000;
export const REGIONS_MAX = 8192;
export const SITES = 0xa00000;
export const SITES_MAX = 0x40000;
/** How warm code is: { u64 address, u32 heat }, direct-mapped. */
export const HEAT = 0xe00000;
export const HEAT_ENTRIES = 4096;
/** Addresses that have become hot: u64 each. */
export const HOT_LIST = 0xe10000;
export const HOT_MAX = 256;
/** Which virtual pages (modulo its size) hold code of a region: their translations changing begins a new epoch. */
export const BOUND_PAGES = 0xe20000;
export const BOUND_MASK = 4095;

/** Where jumps out of regions lead: { u64 address, u32 epoch, u32 place in the function table }, direct-mapped. */
export const JUMPS = 0xe40000;
export const JUMPS_ENTRIES = 4096;
export const JUMP_EPOCH = 8;
export const JUMP_FUNCTION = 12;
/** Only with so many instructions left a region jumps to another, and only to one for which they suffice. */
export const JUMP_FUEL = 600;

/** Of regions' exits to baseline code one in so many, by the fuel that is left, is seen by the core. A power of two. */
export const EXIT_SHARE = 64;

/** A region's fuel is at most 2^20, so its accesses are fewer. */
export const COUNT_SHIFT = 20;

/** Where samples have met code: a bit for every 2 bytes, modulo its size. What it has not met is too rare to be part of regions. */
export const MET = 0xe50000;
export const MET_BITS = 0x100000;

/**
 * Where jumps by register have led, as far as the core has seen: { u64 address of the jump, u64 targets, u32 how often each },
 * direct-mapped.
 * Counts are estimates: what is not among the targets takes one off the least.
 */
export const TARGETS = 0xe80000;
export const TARGETS_ENTRIES = 1024;
export const TARGETS_OF_ONE = 8;
export const TARGETS_PC = 8;
export const TARGETS_COUNTS = 72;
export const TARGETS_BYTES = 128;

export const COMPILED = 0xe30000;
/* Offsets from COMPILED. */
export const COMPILED_COUNT = 0; // u64, left by a region: fuel left (from bit COUNT_SHIFT on), accesses made
export const COMPILED_ADDRESS = 8; // u64, left by a region: the address its last checked access was for
export const COMPILED_HOT = 16; // u32 addresses in the hot list
export const COMPILED_INSTRUCTIONS = 24; // u64 executed by regions
export const COMPILED_EXITS = 40; // u64 how often regions left for the interpreter, by SITE_*
export const COMPILED_JUMPS = 32; // u32 jumps from regions to others, modulo 2^32
export const COMPILED_EPOCH = 112; // u32 changes with whatever regions depend on
export const COMPILED_REGION = 116; // u32, left by a region: its record
export const COMPILED_LEFT = 120; // u32, left by run() with EXIT_HOT: what is left of its budget
export const COMPILED_POOR = 20; // u32 regions that have become REGION_POOR or REGION_HOT
