/** linux/userfaultfd.h */
export const UFFD_USER_MODE_ONLY = 1;
export const USERFAULTFD_IOC_NEW = 0xaa00;
export const UFFD_API = 0xaa;

export const UFFDIO_API = 0xc018aa3f;
export const UFFDIO_REGISTER = 0xc020aa00;
export const UFFDIO_UNREGISTER = 0x8010aa01;
export const UFFDIO_WAKE = 0x8010aa02;
export const UFFDIO_COPY = 0xc028aa03;
export const UFFDIO_ZEROPAGE = 0xc020aa04;
export const UFFDIO_MOVE = 0xc028aa05;
export const UFFDIO_WRITEPROTECT = 0xc018aa06;
export const UFFDIO_CONTINUE = 0xc020aa07;
export const UFFDIO_POISON = 0xc020aa08;

/** What UFFDIO_API and UFFDIO_REGISTER say is there: a bit for each command number. API is 0x3f. */
export const API_IOCTLS_LOW = 0x3;
export const API_IOCTLS_HIGH = 0x80000000;
export const IOCTL_WRITEPROTECT = 1 << 6;
export const IOCTL_CONTINUE = 1 << 7;
/** WAKE, COPY, ZEROPAGE, MOVE, WRITEPROTECT, CONTINUE, POISON; huge pages of the pool have neither ZEROPAGE nor MOVE. */
export const RANGE_IOCTLS = 0x1fc;
export const HUGE_RANGE_IOCTLS = 0x1cc;

export const REGISTER_MISSING = 1;
export const REGISTER_WP = 2;
export const REGISTER_MINOR = 4;

export const FEATURE_EVENT_FORK = 1 << 1;
export const FEATURE_EVENT_REMAP = 1 << 2;
export const FEATURE_EVENT_REMOVE = 1 << 3;
export const FEATURE_EVENT_UNMAP = 1 << 6;
export const FEATURE_SIGBUS = 1 << 7;
export const FEATURE_THREAD_ID = 1 << 8;
export const FEATURE_EXACT_ADDRESS = 1 << 11;
export const FEATURE_WP_UNPOPULATED = 1 << 13;
export const FEATURE_WP_ASYNC = 1 << 15;
/** The kernel's own, seen in fdinfo: the handshake was made. */
export const FEATURE_INITIALIZED = 2 ** 31;
/** All of Linux 6.12. */
export const FEATURES = 0x1ffff;

export const EVENT_PAGEFAULT = 0x12;
export const EVENT_FORK = 0x13;
export const EVENT_REMAP = 0x14;
export const EVENT_REMOVE = 0x15;
export const EVENT_UNMAP = 0x16;
export const PAGEFAULT_WRITE = 1;
export const PAGEFAULT_WP = 2;
export const PAGEFAULT_MINOR = 4;
/** struct uffd_msg: event, then three words of 64 bits. */
export const MESSAGE_BYTES = 32;

export const COPY_MODE_DONTWAKE = 1;
export const COPY_MODE_WP = 2;
export const MOVE_MODE_DONTWAKE = 1;
export const MOVE_MODE_ALLOW_SRC_HOLES = 2;
export const WRITEPROTECT_MODE_WP = 1;
export const WRITEPROTECT_MODE_DONTWAKE = 2;
