/* AF_UNIX: descriptors and credentials that travel with messages; waiting; signals; splice and sendfile. */
#include "check.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static int p[2];
static char control[4096];
static int pass(int socket, const void *bytes, int length, const int *fds, int count) {
  struct iovec iov = {(void *)bytes, length};
  struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
  if (count) {
    m.msg_control = control, m.msg_controllen = CMSG_SPACE(count * 4);
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(count * 4);
    memcpy(CMSG_DATA(c), fds, count * 4);
  }
  return sendmsg(socket, &m, 0);
}
/* What comes: bytes, flags and every piece of ancillary data. Returns the first descriptor. */
static int take(int socket, int room, int control_room, int flags) {
  char bytes[200] = {0};
  int first = -1;
  struct iovec iov = {bytes, room};
  struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control_room ? control : NULL, .msg_controllen = control_room};
  int n = recvmsg(socket, &m, flags);
  if (n < 0) {
    printf("take: %s\n", strerrorname_np(errno));
    return -1;
  }
  printf("took %d '%s' flags %x control %zu", n, bytes, m.msg_flags, (size_t)m.msg_controllen);
  for (struct cmsghdr *c = m.msg_controllen ? CMSG_FIRSTHDR(&m) : NULL; c; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_type == SCM_RIGHTS) {
      int count = (c->cmsg_len - CMSG_LEN(0)) / 4, *fd = (int *)CMSG_DATA(c);
      printf(" rights %d cloexec %d", count, fcntl(fd[0], F_GETFD));
      for (int i = 1; i < count; i++) close(fd[i]);
      if (first < 0) first = fd[0];
    } else if (c->cmsg_type == SCM_CREDENTIALS) {
      struct ucred *u = (struct ucred *)CMSG_DATA(c);
      printf(" credentials %s %d %d", u->pid == getpid() ? "self" : u->pid ? "other" : "none", u->uid, u->gid);
    }
  }
  puts("");
  return first;
}
static void rights(int type) {
  printf("-- rights, type %d\n", type);
  socketpair(AF_UNIX, type, 0, p);
  int file = open("/tmp/unix-pass", O_CREAT | O_RDWR | O_TRUNC, 0600), fds[300];
  unlink("/tmp/unix-pass");
  write(file, "contents", 8);
  for (int i = 0; i < 300; i++) fds[i] = file;
  T(pass(p[0], "one", 3, fds, 1));
  int got = take(p[1], 100, sizeof control, 0);
  char b[20] = {0};
  T(pread(got, b, 20, 0));
  printf("%s %d\n", b, got != file);
  T(lseek(got, 3, SEEK_SET));
  T(lseek(file, 0, SEEK_CUR));
  close(got);
  T(pass(p[0], "three", 5, fds, 3));
  close(take(p[1], 100, sizeof control, MSG_CMSG_CLOEXEC));
  T(pass(p[0], "253", 3, fds, 253));
  close(take(p[1], 100, sizeof control, 0));
  T(pass(p[0], "254", 3, fds, 254));
  int bad[] = {file, 999};
  T(pass(p[0], "bad", 3, bad, 2));
  T(pass(p[0], "", 0, fds, 1));
  if (type != SOCK_STREAM) take(p[1], 100, sizeof control, 0);
  T(pass(p[0], "cut", 3, fds, 4));
  close(take(p[1], 100, CMSG_SPACE(8), 0));
  T(pass(p[0], "none", 4, fds, 4));
  take(p[1], 100, 0, 0);
  T(pass(p[0], "short", 5, fds, 1));
  T(pass(p[0], "next", 4, NULL, 0));
  T(pass(p[0], "last", 4, fds, 1));
  close(take(p[1], 2, sizeof control, 0));
  close(take(p[1], 100, sizeof control, MSG_PEEK));
  close(take(p[1], 100, sizeof control, 0));
  close(take(p[1], 100, sizeof control, MSG_DONTWAIT));
  close(take(p[1], 100, sizeof control, MSG_DONTWAIT));
  /* A socket inside its own queue */
  T(pass(p[0], "self", 4, p, 2));
  close(p[0]), close(p[1]), close(file);
}
static void credentials(void) {
  puts("-- credentials");
  socketpair(AF_UNIX, SOCK_STREAM, 0, p);
  int on = 1;
  write(p[0], "before", 6);
  T(setsockopt(p[1], SOL_SOCKET, SO_PASSCRED, &on, 4));
  take(p[1], 100, sizeof control, 0);
  write(p[0], "after", 5);
  take(p[1], 100, sizeof control, 0);
  struct iovec iov = {"said", 4};
  struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(12)};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_CREDENTIALS, c->cmsg_len = CMSG_LEN(12);
  *(struct ucred *)CMSG_DATA(c) = (struct ucred){getpid(), 77, 88};
  T(sendmsg(p[0], &m, 0));
  take(p[1], 100, sizeof control, 0);
  c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_CREDENTIALS, c->cmsg_len = CMSG_LEN(12);
  *(struct ucred *)CMSG_DATA(c) = (struct ucred){999999, 0, 0};
  T(sendmsg(p[0], &m, 0));
  c->cmsg_len = CMSG_LEN(8);
  T(sendmsg(p[0], &m, 0));
  c->cmsg_len = 5;
  T(sendmsg(p[0], &m, 0));
  c->cmsg_len = CMSG_LEN(12), c->cmsg_type = 99;
  T(sendmsg(p[0], &m, 0));
  close(p[0]), close(p[1]);
}
static void on_signal(int n) {}
static void waiting(void) {
  puts("-- waiting");
  char b[300000];
  memset(b, 'w', sizeof b);
  socketpair(AF_UNIX, SOCK_STREAM, 0, p);
  fflush(stdout);
  int child = fork(), status;
  if (child == 0) {
    close(p[0]);
    long sum = 0, n;
    while ((n = read(p[1], b, 5000)) > 0) sum += n;
    printf("sum %ld, end %ld\n", sum, n);
    exit(0);
  }
  close(p[1]);
  T(write(p[0], b, sizeof b));
  T(send(p[0], b, sizeof b, 0));
  close(p[0]);
  waitpid(child, &status, 0);
  socketpair(AF_UNIX, SOCK_STREAM, 0, p);
  fcntl(p[0], F_SETFL, O_NONBLOCK);
  int filled = 0;
  while (write(p[0], b, 1000) == 1000) filled++;
  printf("filled %d %s\n", filled > 50, strerrorname_np(errno));
  struct pollfd poll_one = {p[0], POLLOUT};
  T(poll(&poll_one, 1, 0));
  int left = 0, n;
  while ((n = recv(p[1], b, sizeof b, MSG_DONTWAIT)) > 0) left += n;
  printf("%d\n", left == filled * 1000);
  T(poll(&poll_one, 1, 0));
  fcntl(p[0], F_SETFL, 0);
  struct timeval soon = {0, 20000};
  T(setsockopt(p[1], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon));
  T(recv(p[1], b, 10, 0));
  T(setsockopt(p[1], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){0, 1000000}, sizeof soon));
  soon.tv_usec = 0;
  T(setsockopt(p[1], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon));
  fflush(stdout);
  child = fork();
  if (child == 0) {
    signal(SIGUSR1, on_signal);
    siginterrupt(SIGUSR1, 1);
    T(recv(p[1], b, 10, 0));
    siginterrupt(SIGUSR1, 0);
    T(recv(p[1], b, 10, MSG_WAITALL));
    exit(0);
  }
  until_asleep(child, child);
  kill(child, SIGUSR1);
  usleep(100000);
  until_asleep(child, child);
  kill(child, SIGUSR1);
  usleep(10000);
  write(p[0], "12345", 5);
  usleep(10000);
  until_asleep(child, child);
  write(p[0], "67890", 5);
  waitpid(child, &status, 0);
  /* SIGPIPE */
  fflush(stdout);
  child = fork();
  if (child == 0) {
    close(p[1]);
    write(p[0], "x", 1);
    exit(0);
  }
  close(p[1]);
  waitpid(child, &status, 0);
  printf("signal %d\n", WTERMSIG(status));
  close(p[0]);
  /* Edges */
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p);
  int ep = epoll_create1(0);
  struct epoll_event e = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
  epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e);
  for (int i = 0; i < 6; i++) {
    if (i == 1) write(p[1], "a", 1);
    if (i == 2) write(p[1], "b", 1);
    if (i == 3) read(p[0], b, 10);
    if (i == 4) shutdown(p[1], SHUT_WR);
    if (i == 5) close(p[1]);
    int count = epoll_wait(ep, &e, 1, 0);
    printf("%d: %d %x\n", i, count, count > 0 ? e.events : 0);
  }
  close(p[0]);
}
static void copying(void) {
  puts("-- copying");
  socketpair(AF_UNIX, SOCK_STREAM, 0, p);
  int file = open("/tmp/unix-copy", O_CREAT | O_RDWR | O_TRUNC, 0600), pipes[2];
  unlink("/tmp/unix-copy");
  write(file, "from a file", 11);
  off_t at = 5;
  T(sendfile(p[0], file, &at, 100));
  char b[100] = {0};
  T(read(p[1], b, 100));
  puts(b);
  pipe(pipes);
  write(pipes[1], "through a pipe", 14);
  T(splice(pipes[0], 0, p[0], 0, 100, 0));
  T(splice(p[1], 0, pipes[1], 0, 100, 0));
  memset(b, 0, sizeof b);
  T(read(pipes[0], b, 100));
  puts(b);
  T(splice(p[1], 0, pipes[1], 0, 100, SPLICE_F_NONBLOCK));
  struct mmsghdr many[3];
  struct iovec iov[3] = {{"aa", 2}, {"b", 1}, {"cccc", 4}};
  memset(many, 0, sizeof many);
  for (int i = 0; i < 3; i++) many[i].msg_hdr.msg_iov = &iov[i], many[i].msg_hdr.msg_iovlen = 1;
  close(p[0]), close(p[1]);
  socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p);
  T(sendmmsg(p[0], many, 3, 0));
  printf("%d %d %d\n", many[0].msg_len, many[1].msg_len, many[2].msg_len);
  for (int i = 0; i < 3; i++) iov[i] = (struct iovec){b + 10 * i, 10};
  T(recvmmsg(p[1], many, 3, 0, NULL));
  printf("%d %d %d %.2s\n", many[0].msg_len, many[1].msg_len, many[2].msg_len, b);
  T(recvmmsg(p[1], many, 3, MSG_DONTWAIT, NULL));
  write(p[0], "x", 1);
  T(recvmmsg(p[1], many, 3, MSG_WAITFORONE, NULL));
  T(readv(p[1], iov, -1));
  T(sendmmsg(p[0], BAD, 1, 0));
  T(recvmsg(p[1], BAD, 0));
}
int main(void) {
  setbuf(stdout, NULL);
  rights(SOCK_STREAM), rights(SOCK_SEQPACKET), rights(SOCK_DGRAM), credentials(), waiting(), copying();
  return 0;
}
