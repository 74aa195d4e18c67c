/* read(2), write(2) and their kin with a buffer that ends in the middle of a transfer: EFAULT, or what was moved before. */
#include "mapping.h"
#include <dirent.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>

/* Two pages that may be used, and one behind them that may not. */
static char *edge;
static char data[16 * P];

static long waiting(int fd) {
  int bytes = -1;
  return ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : -1;
}
/* How many of the last bytes before the edge are what `data` begins with. */
static long stored(size_t bytes) {
  size_t n = 0;
  while (n < bytes && edge[n - bytes] == data[n]) n++;
  return n;
}
static void clear(void) {
  memset(edge - 2 * P, 0, 2 * P);
}
static int pipe_of(int *ends, size_t bytes) {
  if (pipe(ends) != 0) return -1;
  return bytes == 0 ? 0 : write(ends[1], data, bytes);
}
static void shut(int *ends) {
  close(ends[0]), close(ends[1]);
}
static ssize_t vector(int fd, int out, char *a, size_t an, char *b, size_t bn) {
  struct iovec two[] = {{a, an}, {b, bn}};
  return out ? writev(fd, two, 2) : readv(fd, two, 2);
}

static void files(void) {
  PAGE("read(2)", "A buffer that ends too soon: files");
  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
  write(fd, data, 3 * P);
  lseek(fd, 0, SEEK_SET), clear();
  ROW("file-read", "100 bytes into the last 10 of a page", read(fd, edge - 10, 100));
  ROW("file-stored", "so many are there", stored(10));
  ROW("file-offset", "the offset", lseek(fd, 0, SEEK_CUR));
  ROW("file-read-none", "EFAULT: not one byte can be stored", read(fd, edge, 100));
  ROW("file-none-offset", "the offset", lseek(fd, 0, SEEK_CUR));
  clear();
  ROW("file-read-long", "three pages into one and a half", pread(fd, edge - 6000, 3 * P, 0));
  ROW("file-long-stored", "so many are there", stored(6000));
  ROW("file-read-unaligned", "from within a page of the file", pread(fd, edge - 10, 5000, 4090));
  ROW("file-read-end", "what the file ends before is no fault", pread(fd, edge - 10, 100, 3 * P - 10));
  ROW("file-read-nothing", "nor is nothing at its end", pread(fd, edge, 100, 3 * P));
  ROW("file-readv", "readv(2): the second range", vector(fd, 0, edge - 10, 10, edge, 10));
  ROW("file-readv-first", "EFAULT: the first, before a good one", vector(fd, 0, edge, 10, edge - 10, 10));
  ROW("file-readv-middle", "the first in its middle, before a good one", vector(fd, 0, edge - 10, 20, edge - 100, 10));
  PAGE("write(2)", "A buffer that ends too soon: files");
  int other = open("other", O_RDWR | O_CREAT | O_TRUNC, 0600);
  struct stat st;
  memcpy(edge - 2 * P, data, 2 * P);
  ROW("file-write", "100 bytes from the last 10 of a page", write(other, edge - 10, 100));
  fstat(other, &st);
  ROW("file-size", "the file has", st.st_size);
  ROW("file-write-none", "EFAULT: not one byte can be had", write(other, edge, 100));
  fstat(other, &st);
  ROW("file-none-size", "the file has", st.st_size);
  ROW("file-write-long", "three pages from one and a half", pwrite(other, edge - 6000, 3 * P, 4090));
  fstat(other, &st);
  ROW("file-long-size", "the file has", st.st_size);
  ROW("file-writev", "writev(2): the second range", vector(other, 1, edge - 10, 10, edge, 10));
  ROW("file-writev-middle", "the first in its middle, before a good one", vector(other, 1, edge - 10, 20, edge - 100, 10));
  ROW("file-overwrite", "over what is there", pwrite(other, edge - 10, 5000, 0));
  close(fd), close(other);
}

static void pipes(void) {
  int ends[2];
  PAGE("read(2)", "A buffer that ends too soon: pipes");
  pipe_of(ends, 100), clear();
  ROW("pipe-read", "EFAULT: 100 bytes into the last 10 of a page", read(ends[0], edge - 10, 100));
  ROW("pipe-left", "the pipe has", waiting(ends[0]));
  ROW("pipe-stored", "bytes that are there all the same", stored(10));
  ROW("pipe-read-fits", "what fits is no fault", read(ends[0], edge - 10, 10));
  ROW("pipe-fits-left", "the pipe has", waiting(ends[0]));
  shut(ends), pipe_of(ends, P), write(ends[1], data, 100);
  ROW("pipe-read-second", "a page and 100 bytes: the page fits", read(ends[0], edge - P - 10, 2 * P));
  ROW("pipe-second-left", "the pipe has", waiting(ends[0]));
  shut(ends), pipe_of(ends, 100);
  ROW("pipe-readv", "readv(2) EFAULT: the second range of one piece", vector(ends[0], 0, edge - 10, 10, edge, 10));
  ROW("pipe-readv-left", "the pipe has", waiting(ends[0]));
  shut(ends), pipe_of(ends, 3 * P);
  ROW("pipe-read-long", "three pages into one and a half", read(ends[0], edge - 6000, 3 * P));
  ROW("pipe-long-left", "the pipe has", waiting(ends[0]));
  shut(ends);
  PAGE("write(2)", "A buffer that ends too soon: pipes");
  pipe_of(ends, 0);
  ROW("pipe-write", "EFAULT: 100 bytes from the last 10 of a page", write(ends[1], edge - 10, 100));
  ROW("pipe-written", "the pipe has", waiting(ends[0]));
  ROW("pipe-write-more", "EFAULT: behind 100 others", (write(ends[1], data, 100), write(ends[1], edge - 10, 100)));
  ROW("pipe-more-written", "the pipe has", waiting(ends[0]));
  shut(ends), pipe_of(ends, 0);
  ROW("pipe-write-long", "two pages from one and a half", write(ends[1], edge - 6000, 2 * P));
  ROW("pipe-long-written", "the pipe has", waiting(ends[0]));
  shut(ends), pipe_of(ends, 0);
  ROW("pipe-writev", "writev(2) EFAULT: the second range", vector(ends[1], 1, edge - 10, 10, edge, 10));
  ROW("pipe-writev-written", "the pipe has", waiting(ends[0]));
  ROW("pipe-writev-long", "after a page", vector(ends[1], 1, edge - P, P, edge, 10));
  ROW("pipe-writev-long-written", "the pipe has", waiting(ends[0]));
  shut(ends);
}

static void packets(void) {
  int ends[2];
  PAGE("pipe(2)", "O_DIRECT: packets, and a buffer that ends too soon");
  pipe2(ends, O_DIRECT);
  write(ends[1], data, 100), write(ends[1], data, 50);
  ROW("packet-read", "EFAULT: a packet of 100 bytes into the last 10 of a page", read(ends[0], edge - 10, 100));
  ROW("packet-left", "the pipe has both", waiting(ends[0]));
  ROW("packet-part", "a buffer of 10 bytes that is good", read(ends[0], edge - 10, 10));
  ROW("packet-lost", "loses the rest", waiting(ends[0]));
  ROW("packet-write", "EFAULT: a packet from there", write(ends[1], edge - 10, 100));
  ROW("packet-written", "the pipe has", waiting(ends[0]));
  ROW("packet-long", "three pages are three packets, of which the third faults", write(ends[1], edge - 2 * P, 3 * P));
  ROW("packet-long-written", "the pipe has", waiting(ends[0]));
  shut(ends);
  PAGE("vmsplice(2)", "A buffer that ends too soon");
  pipe_of(ends, 0);
  struct iovec part = {edge - 10, 100}, bad = {edge, 100};
  ROW("vmsplice", "100 bytes from the last 10 of a page", vmsplice(ends[1], &part, 1, 0));
  ROW("vmsplice-written", "the pipe has", waiting(ends[0]));
  ROW("vmsplice-none", "EFAULT: not one byte", vmsplice(ends[1], &bad, 1, 0));
  shut(ends), pipe_of(ends, 100);
  ROW("vmsplice-out", "EFAULT: out of a pipe into the last 10", vmsplice(ends[0], &part, 1, 0));
  ROW("vmsplice-left", "the pipe has", waiting(ends[0]));
  shut(ends);
}

static int written_until_full(int fd, size_t bytes) {
  int writes = 0;
  fcntl(fd, F_SETFL, O_NONBLOCK);
  while (write(fd, data, bytes) == (ssize_t)bytes) writes++;
  return writes;
}

static void pages(void) {
  int ends[2];
  PAGE("write(2)", "Pages of a pipe");
  pipe_of(ends, 0);
  ROW("pages-small", "writes of 3000 bytes into an empty pipe, each of which gets a page of its own", written_until_full(ends[1], 3000));
  ROW("pages-used", "the pipe has", waiting(ends[0]));
  ROW("pages-join", "EAGAIN: what does not fit behind the last", write(ends[1], data, 1097));
  ROW("pages-joined", "what does is written", write(ends[1], data, 1096));
  ROW("pages-shrink", "EBUSY: F_SETPIPE_SZ to less than the pages in use", fcntl(ends[1], F_SETPIPE_SZ, 8 * P));
  ROW("pages-read", "a read over pages", read(ends[0], (char[6000]){0}, 6000));
  ROW("pages-shrink-fits", "when they are fewer", fcntl(ends[1], F_SETPIPE_SZ, 14 * P));
  ROW("pages-poll", "POLLOUT when a page is free", poll(&(struct pollfd){ends[1], POLLOUT}, 1, 0));
  shut(ends), pipe_of(ends, 0);
  ROW("pages-ten", "writes of 10 bytes share pages", written_until_full(ends[1], 10));
  shut(ends), pipe_of(ends, 0);
  ROW("pages-odd", "writes of 5000: what is more than a page joins", written_until_full(ends[1], 5000));
  ROW("pages-odd-used", "and of the last a part is written: the pipe has", waiting(ends[0]));
  shut(ends);
}

static void sockets(void) {
  int ends[2];
  PAGE("recv(2)", "A buffer that ends too soon");
  socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
  write(ends[1], data, 100), clear();
  ROW("stream-recv", "EFAULT: 100 bytes of a stream into the last 10 of a page", recv(ends[0], edge - 10, 100, 0));
  ROW("stream-left", "the socket has", waiting(ends[0]));
  ROW("stream-fits", "what fits is no fault", recv(ends[0], edge - 10, 10, 0));
  write(ends[1], data, 100);
  ROW("stream-second", "two pieces of which the first fits", recv(ends[0], edge - 95, 200, 0));
  ROW("stream-second-left", "the socket has", waiting(ends[0]));
  shut(ends);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
  write(ends[1], data, 100);
  ROW("datagram-recv", "EFAULT: a datagram", recv(ends[0], edge - 10, 100, 0));
  ROW("datagram-left", "EAGAIN: is lost", recv(ends[0], edge - 100, 100, MSG_DONTWAIT));
  PAGE("send(2)", "A buffer that ends too soon");
  ROW("datagram-send", "EFAULT: a datagram", send(ends[1], edge - 10, 100, 0));
  ROW("datagram-sent", "EAGAIN: nothing came", recv(ends[0], edge - 100, 100, MSG_DONTWAIT));
  shut(ends);
  socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
  ROW("stream-send", "EFAULT: a stream", send(ends[1], edge - 10, 100, 0));
  ROW("stream-sent", "EAGAIN: nothing came", recv(ends[0], edge - 100, 100, MSG_DONTWAIT));
  shut(ends);
}

static void others(void) {
  PAGE("read(2)", "A buffer that ends too soon: others");
  int zero = open("/dev/zero", O_RDWR), null = open("/dev/null", O_RDWR);
  ROW("zero-read", "/dev/zero: 100 bytes into the last 10 of a page", read(zero, edge - 10, 100));
  ROW("zero-none", "EFAULT: not one byte", read(zero, edge, 100));
  ROW("random", "getrandom(2)", getrandom(edge - 10, 100, 0));
  ROW("random-none", "EFAULT: not one byte", getrandom(edge, 100, 0));
  int fd = eventfd(5, EFD_NONBLOCK);
  ROW("event", "EFAULT: an eventfd", read(fd, edge - 4, 8));
  ROW("event-left", "EAGAIN: whose count is lost", read(fd, edge - 8, 8));
  ROW("event-write", "EFAULT: a count", write(fd, edge - 4, 8));
  int folder = open(".", O_RDONLY | O_DIRECTORY);
  ROW("entries", "EFAULT: getdents64(2) of entries that do not fit", syscall(SYS_getdents64, folder, edge - 10, 4096));
  HOLDS("entries-first", "when one does: so many bytes", syscall(SYS_getdents64, folder, edge - 24, 4096) == 24);
  ROW("null-write", "/dev/null does not look", write(null, edge - 10, 100));
  ROW("zero-write", "nor does /dev/zero", write(zero, edge, 100));
  ROW("poll", "EFAULT: poll(2) whose results can't be stored", poll((struct pollfd *)(edge - 8), 2, 0));
  struct iovec to = {edge - 10, 100}, from = {data, 100};
  ROW("vm-read", "process_vm_readv(2)", process_vm_readv(getpid(), &to, 1, &from, 1, 0));
  to = (struct iovec){data, 100}, from = (struct iovec){edge - 10, 100};
  ROW("vm-read-remote", "of another's memory that ends", process_vm_readv(getpid(), &to, 1, &from, 1, 0));
  PAGE("read(2)", "A buffer that may not be written");
  fd = open("file", O_RDWR);
  char *at = map(2, RW, PRIVATE);
  mprotect(at + P, P, PROT_READ);
  ROW("protected", "into memory that may only be read", pread(fd, at + P - 10, 100, 0));
  ROW("protected-none", "EFAULT: not one byte", pread(fd, at + P, 100, 0));
  int small = open("small", O_RDWR | O_CREAT | O_TRUNC, 0600);
  ftruncate(small, P);
  char *mapped = mmap(NULL, 2 * P, RW, MAP_SHARED, small, 0);
  ROW("beyond", "into a mapping beyond the end of its file", pread(fd, mapped + P - 10, 100, 0));
  ROW("beyond-none", "EFAULT: not one byte", pread(fd, mapped + P, 100, 0));
  ROW("beyond-write", "and from there", pwrite(fd, mapped + P - 10, 100, 0));
  close(fd), close(small);
}

int main(void) {
  edge = map(3, RW, PRIVATE) + 2 * P;
  munmap(edge, P);
  for (size_t i = 0; i < sizeof data; i++) data[i] = 'a' + i % 23;
  files();
  pipes();
  packets();
  pages();
  sockets();
  others();
  return 0;
}
