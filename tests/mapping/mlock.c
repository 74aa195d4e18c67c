/* mlock(2), mlock2(2), munlock(2), mlockall(2), munlockall(2). */
#include "mapping.h"

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

int main(void) {
  PAGE("mlock(2)", "mlock, munlock");
  char *at = map(4, RW, PRIVATE);
  ROW("lock", "mlock", mlock(at, 4 * P));
  ROW("resident", "brings all pages in", resident(at, 4));
  ROW("kb", "which smaps shows", smaps_kb(at, "Locked"));
  HOLDS("flag", "with the flag lo", vm_flag(at, "lo"));
  ROW("status", "and status as VmLck", status_of("VmLck"));
  ROW("again", "locks do not stack", mlock(at, 4 * P));
  ROW("unlock", "one munlock", munlock(at, 4 * P));
  ROW("unlock-status", "takes them all away", status_of("VmLck"));
  ROW("unlock-resident", "the pages stay", resident(at, 4));
  ROW("unlock-unlocked", "munlock of what is not locked", munlock(at, 4 * P));
  ROW("odd", "an address is rounded down", mlock(at + P + 5, 1));
  ROW("odd-status", "to the page", status_of("VmLck"));
  ROW("odd-two", "a range over a page's border locks both", (munlock(at, 4 * P), mlock(at + P - 1, 2)));
  ROW("odd-two-status", "as status shows", status_of("VmLck"));
  munlock(at, 4 * P);
  ROW("length-0", "length 0", mlock(at, 0));
  ROW("length-0-unmapped", "length 0 where nothing is mapped", mlock(room(1), 0));
  mlock(at + P, P);
  ROW("part", "locking a part splits the mapping", extent(at + P));
  CHILD(ROW("child", "locks are not inherited by a child", status_of("VmLck")); HOLDS("child-flag", "nor the flag", !vm_flag(at + P, "lo")));
  munmap(at + P, P);
  ROW("unmapped-status", "unmapping takes the lock away", status_of("VmLck"));
  int fd = file_of("data", 4);
  char *file = mmap(NULL, 4 * P, RW, MAP_SHARED, fd, 0), *private = mmap(NULL, 4 * P, RW, MAP_PRIVATE, fd, 0);
  ROW("file", "of a shared mapping of a file", mlock(file, 4 * P));
  ROW("file-kb", "its pages are there", smaps_kb(file, "Rss"));
  ROW("private", "of a private writable mapping of a file", mlock(private, 4 * P));
  ROW("private-kb", "its pages are copied at once", smaps_kb(private, "Anonymous"));
  munlockall();
  char *reading = map(2, PROT_READ, PRIVATE);
  ROW("read-only", "of memory that is only read", mlock(reading, 2 * P));
  munlockall();

  PAGE("mlock(2)", "mlock2");
  char *late = map(4, RW, PRIVATE);
  ROW("onfault", "MLOCK_ONFAULT", mlock2(late, 4 * P, MLOCK_ONFAULT));
  ROW("onfault-resident", "brings no page in", resident(late, 4));
  ROW("onfault-status", "but counts", status_of("VmLck"));
  ROW("onfault-dontneed", "and is a lock", madvise(late, P, MADV_DONTNEED));
  late[0] = 1;
  ROW("onfault-touch", "a page that is touched comes", resident(late, 4));
  ROW("onfault-full", "mlock afterwards brings in the rest", (mlock(late, 4 * P), resident(late, 4)));
  ROW("flags-0", "mlock2 without flags is mlock", mlock2(late, P, 0));
  ROW("flags-unknown", "EINVAL: unknown flags", mlock2(late, P, 2));
  munlockall();

  PAGE("mlock(2)", "mlockall, munlockall");
  CHILD(ROW("all", "MCL_CURRENT", mlockall(MCL_CURRENT));
        HOLDS("all-flag", "locks what is mapped", vm_flag(late, "lo"));
        HOLDS("all-later", "and nothing that comes later", !vm_flag(map(2, RW, PRIVATE), "lo"));
        ROW("all-undone", "munlockall", munlockall());
        ROW("all-undone-status", "takes all away", status_of("VmLck")));
  CHILD(ROW("future", "MCL_FUTURE", mlockall(MCL_FUTURE));
        ROW("future-before", "locks nothing that is there", status_of("VmLck"));
        char *next = map(3, RW, PRIVATE);
        HOLDS("future-flag", "but what comes", vm_flag(next, "lo"));
        ROW("future-resident", "with all its pages", resident(next, 3));
        CHILD(HOLDS("future-child", "not in a child", !vm_flag(map(1, RW, PRIVATE), "lo")));
        munlockall();
        HOLDS("future-undone", "munlockall ends that", !vm_flag(map(1, RW, PRIVATE), "lo")));
  CHILD(ROW("future-onfault", "MCL_FUTURE and MCL_ONFAULT", mlockall(MCL_FUTURE | MCL_ONFAULT));
        char *next = map(3, RW, PRIVATE);
        HOLDS("future-onfault-flag", "locks what comes", vm_flag(next, "lo"));
        ROW("future-onfault-resident", "as it comes in", resident(next, 3)));
  CHILD(char *own = map(3, RW, PRIVATE);
        ROW("current-onfault", "MCL_CURRENT and MCL_ONFAULT", mlockall(MCL_CURRENT | MCL_ONFAULT));
        ROW("current-onfault-resident", "bring nothing in", resident(own, 3)));
  ROW("all-0", "EINVAL: no flags", mlockall(0));
  ROW("all-onfault", "EINVAL: MCL_ONFAULT alone", mlockall(MCL_ONFAULT));
  ROW("all-unknown", "EINVAL: unknown flags", mlockall(MCL_CURRENT | 64));

  PAGE("mlock(2)", "Errors");
  char *hole = map(3, RW, PRIVATE);
  munmap(hole + P, P);
  ROW("unmapped", "ENOMEM: nothing is mapped there", mlock(room(1), P));
  ROW("hole", "ENOMEM: a hole in the range", mlock(hole, 3 * P));
  HOLDS("hole-before", "what lies before it is locked", vm_flag(hole, "lo"));
  HOLDS("hole-after", "what lies behind is not", !vm_flag(hole + 2 * P, "lo"));
  ROW("hole-unlock", "ENOMEM: munlock, too", munlock(hole, 3 * P));
  ROW("none", "ENOMEM: pages that can't be had (PROT_NONE)", mlock(map(2, PROT_NONE, PRIVATE), 2 * P));
  ROW("beyond", "ENOMEM: pages beyond the end of a file", mlock(mmap(NULL, 8 * P, RW, MAP_SHARED, fd, 0), 8 * P));
  ROW("overflow", "EINVAL: a range that wraps around", mlock(at, -P));
  munlockall();
  CHILD(become_user(); limit(RLIMIT_MEMLOCK, 0); ROW("limit-0", "EPERM: without RLIMIT_MEMLOCK", mlock(late, P));
        ROW("limit-0-all", "EPERM: mlockall without it", mlockall(MCL_CURRENT)); ROW("limit-0-unlock", "munlock is allowed", munlock(late, P));
        ROW("limit-0-unlockall", "munlockall, too", munlockall()));
  CHILD(become_user(); limit(RLIMIT_MEMLOCK, 2 * P);
        ROW("limit", "up to RLIMIT_MEMLOCK", mlock(late, 2 * P));
        ROW("limit-again", "what is locked already counts once", mlock(late, 2 * P));
        ROW("limit-beyond", "ENOMEM: beyond it", mlock(late, 3 * P));
        ROW("limit-all", "ENOMEM: mlockall beyond it", mlockall(MCL_CURRENT)));
  CHILD(become_user(); limit(RLIMIT_MEMLOCK, P); ROW("limit-border", "a range over a page's border counts as two", mlock(late + P - 1, 2)));
  CHILD(limit(RLIMIT_MEMLOCK, 0); ROW("limit-root", "the limit is not for who has CAP_IPC_LOCK", mlock(late, 4 * P)));
  return 0;
}
