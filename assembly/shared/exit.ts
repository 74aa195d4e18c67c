/** Why the core came back to the host. Plain constants, compiled by asc and tsc. */

/* run() */
export const EXIT_BUDGET = 0; // the instruction budget is used up
export const EXIT_ECALL = 1; // pc is AT the ecall; the host adds 4 when the call is finished
export const EXIT_EBREAK = 2; // pc is at the ebreak
export const EXIT_ILLEGAL = 3; // pc is at the illegal instruction
export const EXIT_FAULT = 4; // HART_FAULT_* say what; pc is at the faulting instruction
export const EXIT_IO = 5; // a file page is not in the cache: HART_IO_*; fill it and run again
export const EXIT_MEMORY = 6; // out of frames
export const EXIT_TIME = 7; // pc is at an instruction that reads the time: set HART_TIME and run again
export const EXIT_HOT = 8; // code waits in the hot list for the compiler; the budget is not used up
export const EXIT_CALLED = 9; // the host has done a system call (HART_CALLS) and did not want to go on: it knows why

/* Inside the core: how the interpreter's loop and its slow half speak with each other. */
export const SLOW = 16; // the operation at ip needs executeSlow
export const DONE = 17;
export const DONE_ACCESS = 18; // done, and memory was accessed

/* What a translation came to. 0 is success. */
export const FAULT_NONE = 0;
export const FAULT_MAPERR = 1; // SIGSEGV, SEGV_MAPERR: no mapping
export const FAULT_ACCERR = 2; // SIGSEGV, SEGV_ACCERR: the mapping forbids it
export const FAULT_ADRERR = 3; // SIGBUS, BUS_ADRERR: beyond the end of the object
export const FAULT_IO = 4; // a page must be filled by the host first
export const FAULT_MEMORY = 5; // no frame left
export const FAULT_HWPOISON = 6; // SIGBUS, BUS_MCEERR
export const FAULT_ALIGN = 7; // SIGBUS, BUS_ADRALN: a misaligned atomic
export const FAULT_USERFAULT = 9; // a userfaultfd has it: HART_IO_OBJECT is its number, HART_IO_INDEX the VM_UFFD_* that applies

export const ACCESS_READ = 0;
export const ACCESS_WRITE = 1;
export const ACCESS_EXEC = 2;

/* Kinds of VM object */
export const OBJECT_SHMEM = 1; // absent page = zeros (anonymous shared memory, memory file system, memfd)
export const OBJECT_FILE = 2; // absent page inside size = the host must fill it
export const OBJECT_DEVICE = 3; // all its pages are there from the start, in neighbouring frames that stay

/* What HART_IO_OBJECT says when it is no object */
export const FRAMES_WANTED = 0; // no page is missing but frames: the host makes room
export const SWAP_AREA = 1; // HART_IO_INDEX is a slot of the swap area
export const OBJECT_HUGETLB = 4; // its pages are huge ones of the pool, absent = zeros

/* Result of objectRead/objectWrite besides a byte count >= 0 and -errno */
export const NEED_PAGE = -4096; // fill HART_IO_OBJECT / HART_IO_INDEX and call again
export const NEED_USERFAULT = -4097; // the page is for a userfaultfd to give: FAULT_USERFAULT

/* How uffdFill fills a page */
export const UFFD_COPY = 0; // from STAGING
export const UFFD_ZERO = 1;
export const UFFD_CONTINUE = 2; // what the object has there
export const UFFD_POISON = 3;
export const NO_INDEX = -1; // "no such page" from objectNextDirty, objectNextPresent

/* HART_IO_HOW */
export const IO_TRANSFER = 0; // read(2) and the like of the object itself
export const IO_MAPPED = 1 << 31; // a mapping of it
