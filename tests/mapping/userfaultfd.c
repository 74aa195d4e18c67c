/* userfaultfd(2), the basic ones; tests/guest has more. */
#include "mapping.h"
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>

static int fd;
static char *area, *source;

/* Answers one fault. */
static void *answer(void *copy) {
  struct pollfd one = {fd, POLLIN};
  struct uffd_msg message;
  poll(&one, 1, -1);
  if (read(fd, &message, sizeof message) != sizeof message || message.event != UFFD_EVENT_PAGEFAULT) return NULL;
  unsigned long at = message.arg.pagefault.address & -P;
  struct uffdio_copy bytes = {.dst = at, .src = (unsigned long)source, .len = P};
  struct uffdio_zeropage zero = {.range = {at, P}};
  ioctl(fd, copy ? UFFDIO_COPY : UFFDIO_ZEROPAGE, copy ? (void *)&bytes : (void *)&zero);
  return (void *)(message.arg.pagefault.flags + 1);
}

int main(void) {
  PAGE("userfaultfd(2)", "Handing faults out");
  WORKS("unknown", "EINVAL: unknown flags", syscall(SYS_userfaultfd, 0x100));
  fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
  HOLDS("open", "a descriptor", fd >= 0);
  ROW("cloexec", "O_CLOEXEC", fcntl(fd, F_GETFD));
  struct uffd_msg message;
  ROW("read-early", "EINVAL: read before UFFDIO_API", read(fd, &message, sizeof message));
  struct uffdio_api api = {.api = 77}, good = {.api = UFFD_API};
  ROW("api-wrong", "EINVAL: UFFDIO_API of another version", ioctl(fd, UFFDIO_API, &api));
  struct uffdio_register place = {.range = {0, P}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  ROW("register-early", "EINVAL: UFFDIO_REGISTER before UFFDIO_API", ioctl(fd, UFFDIO_REGISTER, &place));
  ROW("api", "UFFDIO_API", ioctl(fd, UFFDIO_API, &good));
  HOLDS("api-features", "tells what there is", good.features != 0 && (good.ioctls & (1 << _UFFDIO_REGISTER)));
  ROW("api-twice", "EINVAL or EBUSY: a second time", ioctl(fd, UFFDIO_API, &good));
  area = map(8, RW, PRIVATE), source = map(1, RW, PRIVATE);
  memset(source, 42, P);
  place.range.start = (unsigned long)area + 1;
  ROW("register-odd", "EINVAL: a range that is no pages", ioctl(fd, UFFDIO_REGISTER, &place));
  place.range.start = (unsigned long)area, place.range.len = 0;
  ROW("register-empty", "EINVAL: an empty range", ioctl(fd, UFFDIO_REGISTER, &place));
  place.range.len = 8 * P, place.mode = 0;
  ROW("register-mode", "EINVAL: no mode", ioctl(fd, UFFDIO_REGISTER, &place));
  place.mode = UFFDIO_REGISTER_MODE_MISSING;
  ROW("register", "UFFDIO_REGISTER for missing pages", ioctl(fd, UFFDIO_REGISTER, &place));
  HOLDS("register-ioctls", "tells that UFFDIO_COPY and UFFDIO_ZEROPAGE work there", (place.ioctls >> _UFFDIO_COPY & 1) && (place.ioctls >> _UFFDIO_ZEROPAGE & 1));
  HOLDS("flag", "smaps shows um", vm_flag(area, "um"));
  ROW("empty", "EAGAIN: no fault is waiting", read(fd, &message, sizeof message));
  pthread_t helper;
  void *flags;
  pthread_create(&helper, NULL, answer, "copy");
  LOAD("copy", "UFFDIO_COPY answers a load", area);
  pthread_join(helper, &flags);
  ROW("copy-flags", "the message tells that it is no store", (long)flags - 1);
  pthread_create(&helper, NULL, answer, NULL);
  STORE("zero", "UFFDIO_ZEROPAGE answers a store", area + P + 10);
  pthread_join(helper, &flags);
  ROW("zero-flags", "the message tells that it is one", (long)flags - 1);
  LOAD("zero-rest", "the page is zero", area + P);
  struct uffdio_copy early = {.dst = (unsigned long)area + 2 * P, .src = (unsigned long)source, .len = P};
  ROW("early", "UFFDIO_COPY before a fault", ioctl(fd, UFFDIO_COPY, &early));
  ROW("early-length", "tells how much it copied", early.copy);
  LOAD("early-load", "and there is no fault then", area + 2 * P);
  early.copy = 0;
  ROW("exists", "EEXIST: a page that is there", ioctl(fd, UFFDIO_COPY, &early));
  early.dst = (unsigned long)map(1, RW, PRIVATE);
  ROW("elsewhere", "ENOENT: a range that is not registered", ioctl(fd, UFFDIO_COPY, &early));
  int pair[2];
  pipe(pair);
  pthread_create(&helper, NULL, answer, "copy");
  ROW("syscall", "a system call that reads there waits, too", write(pair[1], area + 3 * P, 1));
  pthread_join(helper, &flags);
  madvise(area, P, MADV_DONTNEED);
  pthread_create(&helper, NULL, answer, "copy");
  LOAD("dontneed", "after MADV_DONTNEED a page is missing again", area);
  pthread_join(helper, &flags);
  struct uffdio_range range = {(unsigned long)area, 8 * P};
  ROW("wake", "UFFDIO_WAKE where nobody waits", ioctl(fd, UFFDIO_WAKE, &range));
  int second = syscall(SYS_userfaultfd, O_NONBLOCK);
  struct uffdio_api again = {.api = UFFD_API};
  ioctl(second, UFFDIO_API, &again);
  ROW("busy", "EBUSY: a range that another one has", ioctl(second, UFFDIO_REGISTER, &place));
  CHILD(LOAD("child", "a child's copy is not registered", area + 5 * P));
  ROW("unregister", "UFFDIO_UNREGISTER", ioctl(fd, UFFDIO_UNREGISTER, &range));
  LOAD("unregister-load", "ends it", area + 6 * P);
  ioctl(fd, UFFDIO_REGISTER, &place);
  close(fd);
  LOAD("close", "as closing does", area + 7 * P);
  return 0;
}
