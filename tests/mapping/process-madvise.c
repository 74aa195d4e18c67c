/* process_madvise(2), for the calling process. */
#include "mapping.h"

#define SYS_PROCESS_MADVISE 440
#define SYS_PIDFD_OPEN 434
#define ADVISE(...) syscall(SYS_PROCESS_MADVISE, __VA_ARGS__)

int main(void) {
  PAGE("process_madvise(2)", "Effects and errors");
  char *at = map(4, RW, PRIVATE);
  int self = syscall(SYS_PIDFD_OPEN, getpid(), 0), status;
  struct iovec parts[2] = {{at, P}, {at + 2 * P, 2 * P}}, odd = {at + 1, P}, none = {room(1), P}, mixed[2] = {{at, P}, none};
  memset(at, 1, 4 * P);
  mixed[1] = none;
  ROW("cold", "MADV_COLD of two ranges: how many bytes", ADVISE(self, parts, 2, MADV_COLD, 0));
  LOAD("cold-kept", "which keep their bytes", at);
  ROW("pageout", "MADV_PAGEOUT", ADVISE(self, parts, 2, MADV_PAGEOUT, 0));
  ROW("willneed", "MADV_WILLNEED", ADVISE(self, parts, 1, MADV_WILLNEED, 0));
  ROW("empty", "no ranges", ADVISE(self, parts, 0, MADV_COLD, 0));
  ROW("partial", "an error after a part was done: how many bytes were", ADVISE(self, mixed, 2, MADV_COLD, 0));
  ROW("unmapped", "ENOMEM: nothing is mapped there", ADVISE(self, &none, 1, MADV_COLD, 0));
  ROW("odd", "EINVAL: an address that is not a multiple of the page size", ADVISE(self, &odd, 1, MADV_COLD, 0));
  ROW("unknown", "EINVAL: an advice that does not exist", ADVISE(self, parts, 1, 777, 0));
  ROW("flags", "EINVAL: flags are not 0", ADVISE(self, parts, 1, MADV_COLD, 1));
  ROW("bad", "EBADF: no such descriptor", ADVISE(12345, parts, 1, MADV_COLD, 0));
  ROW("no-pidfd", "EBADF: a descriptor that is no process", ADVISE(1, parts, 1, MADV_COLD, 0));
  ROW("many", "EINVAL: more than IOV_MAX ranges", ADVISE(self, parts, 5000, MADV_COLD, 0));
  ROW("fault", "EFAULT: ranges that can't be read", ADVISE(self, (void *)8, 1, MADV_COLD, 0));
  int pair[2];
  char byte;
  pipe(pair);
  pid_t child = fork();
  if (child == 0) {
    close(pair[1]);
    read(pair[0], &byte, 1);
    _exit(0);
  }
  int other = syscall(SYS_PIDFD_OPEN, child, 0);
  ROW("other", "of a child: MADV_COLD", ADVISE(other, parts, 1, MADV_COLD, 0));
  ROW("other-dontneed", "EINVAL: MADV_DONTNEED of another process", ADVISE(other, parts, 1, MADV_DONTNEED, 0));
  close(pair[1]);
  waitpid(child, &status, 0);
  ROW("gone", "ESRCH: a process that has ended", ADVISE(other, parts, 1, MADV_COLD, 0));
  ROW("dontneed@6.13", "MADV_DONTNEED of oneself", ADVISE(self, parts, 1, MADV_DONTNEED, 0));
  return 0;
}
