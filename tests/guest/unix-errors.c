/* AF_UNIX sockets: making, naming, connecting, options, and every error on the way. */
#include "check.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un named(const char *path) {
  struct sockaddr_un a = {AF_UNIX};
  strcpy(a.sun_path, path);
  return a;
}
#define ADDRESS(a) (struct sockaddr *)&(a), sizeof(a)
static void show_name(int fd, int peer) {
  struct sockaddr_un a;
  socklen_t n = sizeof a;
  memset(&a, 'x', sizeof a);
  if ((peer ? getpeername : getsockname)(fd, (struct sockaddr *)&a, &n)) { printf("name: %s\n", strerrorname_np(errno)); return; }
  printf("family %d length %d ", a.sun_family, n);
  if (n > 2) printf("%s%.*s", a.sun_path[0] ? "" : "@", (int)n - 3, a.sun_path + !a.sun_path[0]);
  puts("");
}
static void option(int fd, int level, int name, const char *label) {
  char bytes[256] = {0};
  socklen_t n = sizeof bytes;
  if (getsockopt(fd, level, name, bytes, &n)) printf("%s: %s\n", label, strerrorname_np(errno));
  else printf("%s: %d bytes, %d\n", label, n, *(int *)bytes);
}
static int null;
static void kinds(void) {
  null = open("/dev/null", O_RDWR);
  puts("-- kinds");
  T(socket(-1, SOCK_STREAM, 0));
  T(socket(200, SOCK_STREAM, 0));
  T(socket(AF_UNIX, 99, 0));
  T(socket(AF_UNIX, SOCK_RDM, 0));
  T(socket(AF_UNIX, SOCK_STREAM, 5));
  T(socket(AF_UNIX, SOCK_STREAM | 0x100, 0));
  OK(close(socket(AF_UNIX, SOCK_RAW, 0)));
  OK(close(socket(AF_UNIX, SOCK_SEQPACKET, 1)));
  int p[2];
  T(socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)16));
  int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  printf("%d %x\n", fcntl(s, F_GETFD), fcntl(s, F_GETFL));
  struct stat st;
  fstat(s, &st);
  printf("%o %ld %ld\n", st.st_mode, (long)st.st_size, (long)st.st_blksize);
  char link[64] = {0}, path[64];
  sprintf(path, "/proc/self/fd/%d", s);
  readlink(path, link, 63);
  printf("%.8s\n", link);
  T(open(path, O_RDWR));
  T(lseek(s, 0, SEEK_SET));
  T(ftruncate(s, 0));
  T(pread(s, path, 1, 0));
  T(read(s, path, 1));
  T(write(s, path, 0));
  T(fsync(s));
  close(s);
}

static void names(void) {
  puts("-- names");
  unlink("sock"), unlink("sock2"), unlink("plain");
  close(creat("plain", 0600));
  struct sockaddr_un a = named("sock"), plain = named("plain"), none = named("nowhere/sock"), abstract = {AF_UNIX, "\0pagewalk-test"};
  int s = socket(AF_UNIX, SOCK_STREAM, 0), d = socket(AF_UNIX, SOCK_DGRAM, 0);
  show_name(s, 0);
  show_name(s, 1);
  T(bind(s, (void *)&a, 1));
  T(bind(s, (void *)&a, 200));
  T(bind(s, BAD, sizeof a));
  T(bind(999, ADDRESS(a)));
  T(bind(null, ADDRESS(a)));
  a.sun_family = AF_INET;
  T(bind(s, ADDRESS(a)));
  a.sun_family = AF_UNIX;
  T(bind(s, ADDRESS(none)));
  T(bind(s, ADDRESS(plain)));
  umask(027);
  T(bind(s, ADDRESS(a)));
  umask(022);
  struct stat st;
  stat("sock", &st);
  printf("%o %ld\n", st.st_mode, (long)st.st_size);
  T(open("sock", O_RDWR));
  T(bind(s, ADDRESS(a)));
  show_name(s, 0);
  T(bind(d, ADDRESS(a)));
  T(bind(d, (void *)&abstract, 2 + 14));
  show_name(d, 0);
  int other = socket(AF_UNIX, SOCK_STREAM, 0);
  T(bind(other, (void *)&abstract, 2 + 14));
  T(bind(other, (void *)&abstract, 2 + 13));
  show_name(other, 0);
  int automatic = socket(AF_UNIX, SOCK_STREAM, 0);
  T(bind(automatic, (void *)&a, 2));
  struct sockaddr_un got;
  socklen_t n = sizeof got;
  getsockname(automatic, (void *)&got, &n);
  printf("autobind: length %d, hex %d\n", n, (int)strspn(got.sun_path + 1, "0123456789abcdef"));
  /* Room for a part of it */
  n = 5;
  T(getsockname(s, (void *)&got, &n));
  printf("%d\n", n);
  n = -1;
  T(getsockname(s, (void *)&got, &n));
  T(getsockname(s, (void *)&got, BAD));
  close(s), close(d), close(other), close(automatic);
  unlink("plain");
}

static void connecting(void) {
  puts("-- connecting");
  struct sockaddr_un a = named("sock"), second = named("sock2"), none = named("nothing");
  unlink("sock");
  int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), d = socket(AF_UNIX, SOCK_DGRAM, 0);
  T(listen(l, 1));
  T(listen(d, 1));
  T(connect(c, ADDRESS(none)));
  T(bind(l, ADDRESS(a)));
  T(connect(c, ADDRESS(a)));
  T(accept(l, 0, 0));
  T(listen(l, 1));
  T(listen(l, 0));
  T(connect(d, ADDRESS(a)));
  T(connect(l, ADDRESS(a)));
  T(bind(c, ADDRESS(second)));
  T(fcntl(l, F_SETFL, O_NONBLOCK));
  T(accept(l, 0, 0));
  T(connect(c, ADDRESS(a)));
  show_name(c, 1);
  int c2 = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  T(connect(c2, ADDRESS(a)));
  struct pollfd p = {l, POLLIN | POLLOUT};
  T(poll(&p, 1, 0));
  printf("%x\n", p.revents);
  struct sockaddr_un from;
  socklen_t n = sizeof from;
  T(accept4(l, 0, 0, 0x40));
  T(accept4(c, 0, 0, 0));
  int s;
  OK(s = accept4(l, (void *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC));
  printf("from %d %.*s %x %d\n", n, (int)n - 2, from.sun_path, fcntl(s, F_GETFL), fcntl(s, F_GETFD));
  show_name(s, 0);
  show_name(s, 1);
  T(accept(l, 0, 0));
  T(connect(c, ADDRESS(a)));
  T(send(s, "1234", 4, 0));
  int bytes;
  T(ioctl(c, FIONREAD, &bytes));
  printf("%d\n", bytes);
  T(ioctl(l, FIONREAD, &bytes));
  struct ucred cred;
  n = sizeof cred;
  T(getsockopt(c, SOL_SOCKET, SO_PEERCRED, &cred, &n));
  printf("%d %d %d\n", cred.pid == getpid(), cred.uid == geteuid(), cred.gid == getegid());
  option(l, SOL_SOCKET, SO_ACCEPTCONN, "ACCEPTCONN");
  option(c, SOL_SOCKET, SO_ACCEPTCONN, "ACCEPTCONN");
  option(c, SOL_SOCKET, SO_TYPE, "TYPE");
  option(c, SOL_SOCKET, SO_DOMAIN, "DOMAIN");
  option(c, SOL_SOCKET, SO_PROTOCOL, "PROTOCOL");
  option(c, SOL_SOCKET, SO_ERROR, "ERROR");
  option(c, SOL_SOCKET, SO_SNDBUF, "SNDBUF");
  option(c, SOL_SOCKET, SO_RCVBUF, "RCVBUF");
  option(c, SOL_SOCKET, SO_RCVLOWAT, "RCVLOWAT");
  option(c, SOL_SOCKET, SO_LINGER, "LINGER");
  option(c, SOL_SOCKET, SO_RCVTIMEO, "RCVTIMEO");
  option(c, SOL_SOCKET, SO_PASSCRED, "PASSCRED");
  option(c, SOL_SOCKET, SO_REUSEADDR, "REUSEADDR");
  option(c, SOL_SOCKET, SO_BROADCAST, "BROADCAST");
  option(c, SOL_SOCKET, SO_KEEPALIVE, "KEEPALIVE");
  option(c, SOL_SOCKET, 9999, "unknown");
  option(c, 6, 1, "TCP_NODELAY");
  int value = 4000;
  T(setsockopt(c, SOL_SOCKET, SO_SNDBUF, &value, sizeof value));
  option(c, SOL_SOCKET, SO_SNDBUF, "SNDBUF");
  value = 1;
  T(setsockopt(c, SOL_SOCKET, SO_RCVBUF, &value, sizeof value));
  option(c, SOL_SOCKET, SO_RCVBUF, "RCVBUF");
  T(setsockopt(c, SOL_SOCKET, SO_SNDBUF, &value, 2));
  T(setsockopt(c, SOL_SOCKET, SO_SNDBUF, BAD, 4));
  T(setsockopt(c, SOL_SOCKET, SO_TYPE, &value, 4));
  T(setsockopt(c, SOL_SOCKET, 9999, &value, 4));
  T(setsockopt(null, SOL_SOCKET, SO_SNDBUF, &value, 4));
  close(l);
  T(read(c2, &value, 4));
  T(write(c2, &value, 4));
  T(connect(c2, ADDRESS(a)));
  unlink("sock"), unlink("sock2");
  close(c), close(c2), close(s), close(d);
}

static void ending(void) {
  puts("-- ending");
  signal(SIGPIPE, SIG_IGN);
  for (int type = SOCK_STREAM; type <= SOCK_SEQPACKET; type += type == SOCK_STREAM ? 1 : 3) {
    int p[2];
    char b[100];
    printf("type %d\n", type);
    socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, p);
    T(recv(p[0], b, 100, 0));
    T(send(p[1], "one", 3, 0));
    T(send(p[1], "", 0, 0));
    T(send(p[1], "three", 5, 0));
    T(recv(p[0], b, 2, MSG_PEEK));
    T(recv(p[0], b, 2, MSG_TRUNC));
    T(recv(p[0], b, 100, 0));
    T(recv(p[0], b, 100, 0));
    T(recv(p[0], b, 100, 0));
    T(shutdown(p[0], 5));
    T(shutdown(p[0], SHUT_WR));
    T(send(p[0], "x", 1, 0));
    T(recv(p[1], b, 1, 0));
    struct pollfd poll_one = {p[1], POLLIN | POLLOUT | POLLRDHUP};
    T(poll(&poll_one, 1, 0));
    printf("%x\n", poll_one.revents);
    T(send(p[1], "y", 1, 0));
    T(shutdown(p[1], SHUT_RD));
    T(shutdown(p[1], SHUT_RDWR));
    T(poll(&poll_one, 1, 0));
    printf("%x\n", poll_one.revents);
    T(recv(p[0], b, 100, 0));
    T(recv(p[0], b, 100, 0));
    close(p[1]);
    T(send(p[0], "z", 1, 0));
    T(recv(p[0], b, 100, 0));
    close(p[0]);
    /* Unread data at the end */
    socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, p);
    T(send(p[0], "lost", 4, 0));
    close(p[1]);
    T(recv(p[0], b, 100, 0));
    T(recv(p[0], b, 100, 0));
    T(send(p[0], "x", 1, MSG_NOSIGNAL));
    close(p[0]);
  }
}

static void datagrams(void) {
  puts("-- datagrams");
  struct sockaddr_un a = named("dg"), b = named("dg2"), from;
  unlink("dg"), unlink("dg2");
  int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), r = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), x;
  char buffer[300];
  T(send(s, "x", 1, 0));
  T(sendto(s, "x", 1, 0, ADDRESS(a)));
  T(bind(r, ADDRESS(a)));
  T(sendto(s, "anonymous", 9, 0, ADDRESS(a)));
  T(bind(s, ADDRESS(b)));
  T(sendto(s, "named", 5, 0, ADDRESS(a)));
  T(connect(s, ADDRESS(a)));
  T(send(s, "connected", 9, 0));
  T(send(s, "", 0, 0));
  for (int i = 0; i < 5; i++) {
    socklen_t n = sizeof from;
    memset(&from, 0, sizeof from);
    T(recvfrom(r, buffer, 4, MSG_TRUNC, (void *)&from, &n));
    printf("%d %s\n", n, from.sun_path);
  }
  T(connect(r, ADDRESS(b)));
  x = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  T(sendto(x, "stranger", 8, 0, ADDRESS(a)));
  T(connect(x, ADDRESS(a)));
  int count = 0;
  while (send(s, "fill", 4, 0) == 4) count++;
  printf("%d %s\n", count, strerrorname_np(errno));
  struct pollfd p = {s, POLLOUT};
  T(poll(&p, 1, 0));
  T(recv(r, buffer, 100, 0));
  T(poll(&p, 1, 0));
  close(r);
  T(send(s, "gone", 4, 0));
  T(sendto(s, "gone", 4, 0, ADDRESS(a)));
  struct sockaddr unspecified = {AF_UNSPEC};
  T(connect(s, &unspecified, sizeof unspecified));
  T(send(s, "x", 1, 0));
  static char large[300000];
  int p2[2];
  socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, p2);
  T(send(p2[0], large, sizeof large, 0));
  T(send(p2[0], large, 100000, 0));
  T(recv(p2[1], large, sizeof large, 0));
  close(s), close(x);
  unlink("dg"), unlink("dg2");
}

int main(void) {
  setbuf(stdout, NULL);
  char folder[] = "/tmp/unixXXXXXX";
  mkdtemp(folder);
  chdir(folder);
  kinds(), names(), connecting(), ending(), datagrams();
  chdir("/");
  rmdir(folder);
  return 0;
}
