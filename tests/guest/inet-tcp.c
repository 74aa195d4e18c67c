/* TCP over the loopback: names, connections, options, ends, and every error on the way. */
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

static struct sockaddr_in v4(const char *text, int port) {
  struct sockaddr_in a = {AF_INET, htons(port)};
  inet_pton(AF_INET, text, &a.sin_addr);
  return a;
}
static struct sockaddr_in6 v6(const char *text, int port) {
  struct sockaddr_in6 a = {AF_INET6, htons(port)};
  inet_pton(AF_INET6, text, &a.sin6_addr);
  return a;
}
#define ADDRESS(a) (struct sockaddr *)&(a), sizeof(a)
static int port_of(int fd) {
  struct sockaddr_in6 a;
  socklen_t n = sizeof a;
  getsockname(fd, (void *)&a, &n);
  return ntohs(a.sin6_port);
}
/* Ports of our own are named, others only told apart from none. */
static int known[4];
static void show_name(int fd, int peer) {
  struct sockaddr_in6 a;
  socklen_t n = sizeof a;
  char text[64] = "";
  if ((peer ? getpeername : getsockname)(fd, (void *)&a, &n)) { printf("name: %s\n", strerrorname_np(errno)); return; }
  if (a.sin6_family == AF_INET) inet_ntop(AF_INET, &((struct sockaddr_in *)&a)->sin_addr, text, 64);
  else inet_ntop(AF_INET6, &a.sin6_addr, text, 64);
  int port = ntohs(a.sin6_port), which = 0;
  for (int i = 0; i < 4; i++) if (port && known[i] == port) which = i + 1;
  printf("family %d length %d %s port %s%d\n", a.sin6_family, n, text, which ? "known " : port ? "chosen " : "", which);
}
static void option(int fd, int level, int name, const char *label) {
  char bytes[256] = {0};
  socklen_t n = sizeof bytes;
  if (getsockopt(fd, level, name, bytes, &n)) printf("%s: %s\n", label, strerrorname_np(errno));
  else printf("%s: %d bytes, %d\n", label, n, *(int *)bytes);
}
static void set(int fd, int level, int name, int value, const char *label) {
  int result = setsockopt(fd, level, name, &value, sizeof value);
  printf("set %s %d: %s\n", label, value, result ? strerrorname_np(errno) : "ok");
}
static int events(int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP | POLLPRI};
  poll(&p, 1, 0);
  return p.revents;
}
/* After what takes a moment on the way through a real network. */
static int settled(int fd, int want) {
  for (int i = 0; i < 200 && events(fd) != want; i++) usleep(1000);
  return events(fd);
}
static int listener(const char *text, int backlog) {
  int l = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = v4(text, 0);
  if (bind(l, ADDRESS(a)) || listen(l, backlog)) perror("listener");
  return l;
}
static void pair(int p[2]) {
  int l = listener("127.0.0.1", 5);
  struct sockaddr_in a = v4("127.0.0.1", port_of(l));
  p[0] = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(p[0], ADDRESS(a))) perror("connect");
  p[1] = accept(l, 0, 0);
  close(l);
}

static void making(void) {
  puts("-- making");
  T(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  T(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
  T(socket(AF_INET, SOCK_SEQPACKET, 0));
  T(socket(AF_INET, SOCK_STREAM, 300));
  T(socket(AF_INET, SOCK_STREAM, -1));
  int p[2];
  T(socketpair(AF_INET, SOCK_STREAM, 0, p));
  int s = socket(AF_INET, SOCK_STREAM, 0), six = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
  show_name(s, 0), show_name(s, 1), show_name(six, 0);
  printf("%x\n", events(s));
  char b[8];
  T(recv(s, b, 8, 0));
  T(send(s, b, 8, MSG_NOSIGNAL));
  T(shutdown(s, SHUT_WR));
  printf("%x\n", events(s));
  T(accept(s, 0, 0));
  T(listen(s, 5));
  show_name(s, 0);
  printf("%x\n", events(s));
  T(recv(s, b, 8, 0));
  T(send(s, b, 8, MSG_NOSIGNAL));
  close(s), close(six);
}

static void binding(void) {
  puts("-- binding");
  int s = socket(AF_INET, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, 0), six = socket(AF_INET6, SOCK_STREAM, 0);
  struct sockaddr_in any = v4("0.0.0.0", 0), lo = v4("127.0.0.1", 0), far = v4("203.0.113.9", 0), other = v4("127.9.9.9", 0);
  struct sockaddr_in6 any6 = v6("::", 0), lo6 = v6("::1", 0), far6 = v6("2001:db8::1", 0), mapped = v6("::ffff:127.0.0.1", 0);
  T(bind(s, (void *)&lo, 8));
  T(bind(s, ADDRESS(lo6)));
  T(bind(s, ADDRESS(far)));
  T(bind(six, ADDRESS(lo)));
  T(bind(six, ADDRESS(far6)));
  T(bind(six, (void *)&lo6, 20));
  any.sin_family = AF_UNSPEC;
  T(bind(s, ADDRESS(any)));
  any.sin_family = AF_INET;
  int port = known[0] = port_of(s);
  show_name(s, 0);
  T(bind(s, ADDRESS(lo)));
  lo.sin_port = other.sin_port = lo6.sin6_port = any6.sin6_port = any.sin_port = mapped.sin6_port = htons(port);
  T(bind(t, ADDRESS(lo)));
  T(bind(t, ADDRESS(any)));
  T(bind(six, ADDRESS(mapped)));
  T(bind(six, ADDRESS(any6)));
  set(six, IPPROTO_IPV6, IPV6_V6ONLY, 1, "V6ONLY");
  T(bind(six, ADDRESS(any6)));
  set(six, IPPROTO_IPV6, IPV6_V6ONLY, 0, "V6ONLY");
  close(six);
  set(t, SOL_SOCKET, SO_REUSEADDR, 1, "REUSEADDR");
  T(bind(t, ADDRESS(lo)));
  set(s, SOL_SOCKET, SO_REUSEADDR, 1, "REUSEADDR");
  T(bind(t, ADDRESS(lo)));
  T(listen(s, 1));
  T(listen(t, 1));
  close(t);
  t = socket(AF_INET, SOCK_STREAM, 0);
  set(t, SOL_SOCKET, SO_REUSEADDR, 1, "REUSEADDR");
  T(bind(t, ADDRESS(lo)));
  close(s), close(t);
  s = socket(AF_INET, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, 0);
  set(s, SOL_SOCKET, SO_REUSEPORT, 1, "REUSEPORT"), set(t, SOL_SOCKET, SO_REUSEPORT, 1, "REUSEPORT");
  lo.sin_port = 0;
  T(bind(s, ADDRESS(lo)));
  lo.sin_port = htons(port_of(s));
  T(bind(t, ADDRESS(lo)));
  T(listen(s, 1));
  T(listen(t, 1));
  close(s), close(t);
  /* Two addresses, one port */
  s = socket(AF_INET, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, 0), six = socket(AF_INET6, SOCK_STREAM, 0);
  lo.sin_port = 0;
  T(bind(s, ADDRESS(lo)));
  other.sin_port = lo6.sin6_port = htons(port_of(s));
  T(bind(t, ADDRESS(other)));
  T(bind(six, ADDRESS(lo6)));
  close(s), close(t), close(six);
}

static void connecting(void) {
  puts("-- connecting");
  int l = listener("127.0.0.1", 8), c = socket(AF_INET, SOCK_STREAM, 0), s, one = 1;
  known[0] = port_of(l);
  struct sockaddr_in a = v4("127.0.0.1", known[0]), wrong = v4("127.0.0.1", 1), any = v4("0.0.0.0", known[0]), from;
  struct sockaddr unspecified = {AF_UNSPEC};
  T(connect(c, (void *)&a, 1));
  T(connect(c, (void *)&a, 8));
  T(connect(c, BAD, sizeof a));
  T(connect(c, ADDRESS(wrong)));
  printf("%x\n", events(c));
  T(connect(l, ADDRESS(a)));
  T(connect(c, ADDRESS(any)));
  show_name(c, 1);
  T(connect(c, ADDRESS(a)));
  printf("%x\n", events(l));
  socklen_t n = sizeof from;
  OK(s = accept4(l, (void *)&from, &n, SOCK_NONBLOCK));
  printf("%d %d %d\n", n, from.sin_family, ntohs(from.sin_port) == port_of(c));
  show_name(s, 0), show_name(c, 0);
  printf("%x %x\n", events(s), events(c));
  int bytes;
  T(send(c, "hello", 5, 0));
  T(ioctl(s, FIONREAD, &bytes));
  printf("%d %x\n", bytes, events(s));
  char b[100];
  T(recv(s, b, 3, MSG_PEEK));
  T(recv(s, b, 2, MSG_TRUNC));
  n = sizeof from;
  T(recvfrom(s, b, 100, 0, (void *)&from, &n));
  printf("%d\n", n);
  T(recv(s, b, 100, 0));
  T(recv(s, b, 100, MSG_OOB));
  T(sendto(c, "x", 1, 0, ADDRESS(wrong)));
  T(recv(s, b, 100, 0));
  T(bind(c, ADDRESS(a)));
  T(listen(c, 1));
  T(connect(c, &unspecified, sizeof unspecified));
  show_name(c, 0), show_name(c, 1);
  printf("%x\n", settled(s, POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP));
  T(recv(s, b, 100, 0));
  T(recv(s, b, 100, 0));
  T(send(s, b, 1, MSG_NOSIGNAL));
  close(s), close(c);
  puts("not waiting");
  c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  T(connect(c, ADDRESS(a)));
  printf("%x\n", settled(c, POLLOUT));
  option(c, SOL_SOCKET, SO_ERROR, "ERROR");
  T(connect(c, ADDRESS(a)));
  T(connect(c, ADDRESS(a)));
  close(c);
  close(accept(l, 0, 0));
  c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  T(connect(c, ADDRESS(wrong)));
  printf("%x\n", settled(c, POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP));
  option(c, SOL_SOCKET, SO_ERROR, "ERROR");
  option(c, SOL_SOCKET, SO_ERROR, "ERROR");
  T(connect(c, ADDRESS(a)));
  T(connect(c, ADDRESS(wrong)));
  settled(c, POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
  T(connect(c, ADDRESS(wrong)));
  close(c);
  puts("both versions");
  int six = socket(AF_INET6, SOCK_STREAM, 0);
  struct sockaddr_in6 all = v6("::", 0), lo6 = v6("::1", 0), mapped = v6("::ffff:127.0.0.1", known[0]);
  T(bind(six, ADDRESS(all)));
  T(listen(six, 4));
  known[1] = port_of(six);
  a.sin_port = lo6.sin6_port = htons(known[1]);
  c = socket(AF_INET, SOCK_STREAM, 0);
  T(connect(c, ADDRESS(a)));
  OK(s = accept(six, 0, 0));
  show_name(s, 0), show_name(s, 1), show_name(c, 1);
  close(c), close(s);
  c = socket(AF_INET6, SOCK_STREAM, 0);
  T(connect(c, ADDRESS(lo6)));
  OK(s = accept(six, 0, 0));
  show_name(s, 0), show_name(s, 1), show_name(c, 0);
  close(c), close(s), close(six);
  c = socket(AF_INET6, SOCK_STREAM, 0);
  T(connect(c, ADDRESS(mapped)));
  show_name(c, 0), show_name(c, 1);
  close(c);
  c = socket(AF_INET6, SOCK_STREAM, 0);
  set(c, IPPROTO_IPV6, IPV6_V6ONLY, 1, "V6ONLY");
  T(connect(c, ADDRESS(mapped)));
  close(c);
  puts("options");
  c = socket(AF_INET, SOCK_STREAM, 0);
  option(c, SOL_SOCKET, SO_SNDBUF, "SNDBUF");
  option(c, SOL_SOCKET, SO_RCVBUF, "RCVBUF");
  option(c, SOL_SOCKET, SO_PEERCRED, "PEERCRED");
  option(c, SOL_SOCKET, SO_PROTOCOL, "PROTOCOL");
  option(c, SOL_SOCKET, SO_DOMAIN, "DOMAIN");
  option(c, SOL_SOCKET, SO_REUSEPORT, "REUSEPORT");
  option(c, SOL_SOCKET, SO_KEEPALIVE, "KEEPALIVE");
  option(c, SOL_SOCKET, SO_BINDTODEVICE, "BINDTODEVICE");
  set(c, SOL_SOCKET, SO_KEEPALIVE, 5, "KEEPALIVE");
  option(c, SOL_SOCKET, SO_KEEPALIVE, "KEEPALIVE");
  set(c, SOL_SOCKET, SO_PASSCRED, 1, "PASSCRED");
  option(c, IPPROTO_TCP, TCP_NODELAY, "NODELAY");
  set(c, IPPROTO_TCP, TCP_NODELAY, 7, "NODELAY");
  option(c, IPPROTO_TCP, TCP_NODELAY, "NODELAY");
  option(c, IPPROTO_TCP, TCP_MAXSEG, "MAXSEG");
  set(c, IPPROTO_TCP, TCP_MAXSEG, 80, "MAXSEG");
  option(c, IPPROTO_TCP, TCP_KEEPIDLE, "KEEPIDLE");
  set(c, IPPROTO_TCP, TCP_KEEPIDLE, 0, "KEEPIDLE");
  set(c, IPPROTO_TCP, TCP_KEEPIDLE, 40000, "KEEPIDLE");
  set(c, IPPROTO_TCP, TCP_KEEPIDLE, 40, "KEEPIDLE");
  option(c, IPPROTO_TCP, TCP_KEEPIDLE, "KEEPIDLE");
  option(c, IPPROTO_TCP, TCP_KEEPINTVL, "KEEPINTVL");
  set(c, IPPROTO_TCP, TCP_KEEPCNT, 128, "KEEPCNT");
  option(c, IPPROTO_TCP, TCP_KEEPCNT, "KEEPCNT");
  option(c, IPPROTO_TCP, TCP_SYNCNT, "SYNCNT");
  option(c, IPPROTO_TCP, TCP_LINGER2, "LINGER2");
  option(c, IPPROTO_TCP, TCP_DEFER_ACCEPT, "DEFER_ACCEPT");
  option(c, IPPROTO_TCP, TCP_QUICKACK, "QUICKACK");
  option(c, IPPROTO_TCP, TCP_USER_TIMEOUT, "USER_TIMEOUT");
  option(c, IPPROTO_TCP, TCP_CORK, "CORK");
  option(c, IPPROTO_TCP, 999, "unknown");
  set(c, IPPROTO_TCP, 999, 1, "unknown");
  T(setsockopt(c, IPPROTO_TCP, TCP_CONGESTION, "nothing", 7));
  T(setsockopt(c, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5));
  option(c, IPPROTO_IP, IP_TTL, "TTL");
  set(c, IPPROTO_IP, IP_TTL, 0, "TTL");
  set(c, IPPROTO_IP, IP_TTL, 300, "TTL");
  set(c, IPPROTO_IP, IP_TTL, 10, "TTL");
  option(c, IPPROTO_IP, IP_TTL, "TTL");
  option(c, IPPROTO_IP, IP_TOS, "TOS");
  option(c, IPPROTO_IP, IP_MTU, "MTU");
  option(c, IPPROTO_IP, IP_MTU_DISCOVER, "MTU_DISCOVER");
  option(c, IPPROTO_IPV6, IPV6_V6ONLY, "V6ONLY");
  set(c, IPPROTO_IPV6, IPV6_V6ONLY, 1, "V6ONLY");
  option(c, IPPROTO_UDP, 1, "UDP");
  (void)one;
  close(c), close(l);
}

static void ending(void) {
  puts("-- ending");
  int p[2];
  char b[100];
  signal(SIGPIPE, SIG_IGN);
  puts("half");
  pair(p);
  T(send(p[0], "last", 4, 0));
  T(shutdown(p[0], SHUT_WR));
  printf("%x\n", settled(p[1], POLLIN | POLLOUT | POLLRDHUP));
  printf("%x\n", events(p[0]));
  T(send(p[0], "x", 1, 0));
  T(recv(p[1], b, 100, 0));
  T(recv(p[1], b, 100, 0));
  T(recv(p[1], b, 100, 0));
  T(send(p[1], "answer", 6, 0));
  T(recv(p[0], b, 100, 0));
  show_name(p[0], 1);
  close(p[1]);
  printf("%x\n", settled(p[0], POLLIN | POLLOUT | POLLHUP | POLLRDHUP));
  T(recv(p[0], b, 100, 0));
  T(send(p[0], "x", 1, 0));
  T(getpeername(p[0], (void *)b, &(socklen_t){100}));
  T(shutdown(p[0], SHUT_RD));
  close(p[0]);
  puts("closed");
  pair(p);
  T(send(p[1], "queued", 6, 0));
  close(p[1]);
  printf("%x\n", settled(p[0], POLLIN | POLLOUT | POLLRDHUP));
  T(send(p[0], "first", 5, 0));
  settled(p[0], POLLIN | POLLOUT | POLLRDHUP | POLLERR | POLLHUP);
  printf("%x\n", events(p[0]));
  T(send(p[0], "second", 6, 0));
  T(send(p[0], "third", 5, 0));
  T(recv(p[0], b, 100, 0));
  T(recv(p[0], b, 100, 0));
  close(p[0]);
  puts("unread");
  pair(p);
  T(send(p[0], "never read", 10, 0));
  settled(p[1], POLLIN | POLLOUT);
  close(p[1]);
  printf("%x\n", settled(p[0], POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP));
  T(recv(p[0], b, 100, 0));
  T(recv(p[0], b, 100, 0));
  T(send(p[0], "x", 1, 0));
  close(p[0]);
  puts("linger 0");
  pair(p);
  T(send(p[1], "data", 4, 0));
  struct linger hard = {1, 0};
  T(setsockopt(p[1], SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
  close(p[1]);
  printf("%x\n", settled(p[0], POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP));
  option(p[0], SOL_SOCKET, SO_ERROR, "ERROR");
  T(recv(p[0], b, 100, 0));
  T(recv(p[0], b, 100, 0));
  close(p[0]);
  puts("shut for reading");
  pair(p);
  T(shutdown(p[0], SHUT_RD));
  printf("%x\n", events(p[0]));
  T(recv(p[0], b, 100, 0));
  T(send(p[1], "still", 5, 0));
  settled(p[0], POLLIN | POLLOUT | POLLRDHUP);
  T(recv(p[0], b, 100, 0));
  T(recv(p[0], b, 100, 0));
  close(p[0]), close(p[1]);
  puts("listener");
  int l = listener("127.0.0.1", 3), c = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = v4("127.0.0.1", port_of(l));
  T(connect(c, ADDRESS(a)));
  close(l);
  printf("%x\n", settled(c, POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP));
  T(recv(c, b, 100, 0));
  close(c);
  c = socket(AF_INET, SOCK_STREAM, 0);
  T(connect(c, ADDRESS(a)));
  close(c);
  puts("who closed first keeps the port");
  l = listener("127.0.0.1", 3), c = socket(AF_INET, SOCK_STREAM, 0);
  a.sin_port = htons(port_of(l));
  connect(c, ADDRESS(a));
  int s = accept(l, 0, 0);
  close(l);
  close(s);
  settled(c, POLLIN | POLLOUT | POLLRDHUP);
  close(c);
  usleep(20000);
  l = socket(AF_INET, SOCK_STREAM, 0);
  T(bind(l, ADDRESS(a)));
  set(l, SOL_SOCKET, SO_REUSEADDR, 1, "REUSEADDR");
  T(bind(l, ADDRESS(a)));
  close(l);
  puts("a listener that is shut");
  l = listener("127.0.0.1", 3);
  T(shutdown(l, SHUT_WR));
  T(shutdown(l, SHUT_RD));
  T(accept(l, 0, 0));
  T(listen(l, 3));
  close(l);
}

static void waiting(void) {
  puts("-- waiting");
  int p[2], status, child;
  static char b[1 << 20];
  pair(p);
  fflush(stdout);
  child = fork();
  if (child == 0) {
    close(p[0]);
    long sum = 0, n;
    while ((n = read(p[1], b, 3000)) > 0) sum += n;
    printf("sum %ld end %ld\n", sum, n);
    exit(0);
  }
  close(p[1]);
  for (int i = 0; i < 12; i++) if (write(p[0], b, sizeof b) != sizeof b) puts("short");
  shutdown(p[0], SHUT_WR);
  waitpid(child, &status, 0);
  close(p[0]);
  pair(p);
  fcntl(p[0], F_SETFL, O_NONBLOCK);
  long filled = 0, left = 0, n;
  while ((n = write(p[0], b, 10000)) > 0) filled += n;
  printf("filled %d %s %x\n", filled > 100000, strerrorname_np(errno), events(p[0]) & POLLOUT);
  while (left < filled && (n = recv(p[1], b, sizeof b, 0)) > 0) left += n;
  printf("%d %x\n", left == filled, settled(p[0], POLLOUT));
  struct timeval soon = {0, 20000};
  T(setsockopt(p[1], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon));
  T(recv(p[1], b, 10, 0));
  close(p[0]), close(p[1]);
  int l = listener("127.0.0.1", 1);
  struct sockaddr_in a = v4("127.0.0.1", port_of(l));
  T(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon));
  T(accept(l, 0, 0));
  fflush(stdout);
  child = fork();
  if (child == 0) {
    int c = socket(AF_INET, SOCK_STREAM, 0);
    usleep(5000);
    T(connect(c, ADDRESS(a)));
    T(recv(c, b, 10, MSG_WAITALL));
    exit(0);
  }
  soon.tv_usec = 0;
  setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
  int s = accept(l, 0, 0);
  write(s, "12345", 5);
  usleep(2000);
  write(s, "67890", 5);
  waitpid(child, &status, 0);
  close(s);
  /* More than a backlog holds: the rest waits until there is room. */
  int many[4];
  for (int i = 0; i < 4; i++) {
    many[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(many[i], ADDRESS(a));
  }
  usleep(20000);
  for (int i = 0; i < 4; i++) printf("%x ", events(many[i]));
  puts("");
  for (int i = 0; i < 4; i++) close(many[i]);
  close(l);
}

int main(void) {
  setbuf(stdout, NULL);
  signal(SIGPIPE, SIG_IGN);
  making(), binding(), connecting(), ending(), waiting();
  return 0;
}
