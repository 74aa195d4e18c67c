/* UDP over the loopback. */
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

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
static int events(int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP};
  poll(&p, 1, 0);
  return p.revents;
}
static int settled(int fd, int want) {
  for (int i = 0; i < 200 && events(fd) != want; i++) usleep(1000);
  return events(fd);
}
static char b[70000];
static void take(int fd, int room, int flags) {
  struct sockaddr_in6 from;
  char text[64] = "", control[200];
  struct iovec iov = {b, room};
  memset(&from, 0, sizeof from);
  memset(b, 0, 100);
  struct msghdr m = {&from, sizeof from, &iov, 1, control, sizeof control};
  int n = recvmsg(fd, &m, flags | MSG_DONTWAIT);
  if (n < 0) { printf("take: %s\n", strerrorname_np(errno)); return; }
  if (from.sin6_family == AF_INET) inet_ntop(AF_INET, &((struct sockaddr_in *)&from)->sin_addr, text, 64);
  else inet_ntop(AF_INET6, &from.sin6_addr, text, 64);
  printf("took %d '%.20s' flags %x from %s (%d)", n, b, m.msg_flags, text, m.msg_namelen);
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    printf(" control %d %d:", c->cmsg_level, c->cmsg_type);
    for (unsigned i = 0; i < c->cmsg_len - CMSG_LEN(0); i++) printf(" %x", CMSG_DATA(c)[i]);
  }
  puts("");
}
int main(void) {
  setbuf(stdout, NULL);
  signal(SIGPIPE, SIG_IGN);
  int r = socket(AF_INET, SOCK_DGRAM, 0), s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), bytes, on = 1;
  struct sockaddr_in a = v4("127.0.0.1", 0), none = v4("127.0.0.1", 0), closed = v4("127.0.0.1", 9), all = v4("255.255.255.255", 9);
  struct sockaddr unspecified = {AF_UNSPEC};
  printf("%x\n", events(r));
  T(bind(r, ADDRESS(a)));
  a.sin_port = htons(port_of(r));
  T(send(s, "x", 1, 0));
  T(sendto(s, "x", 1, 0, ADDRESS(none)));
  T(sendto(s, "x", 1, 0, (void *)&a, 4));
  T(sendto(s, "x", 1, 0, ADDRESS(all)));
  T(sendto(s, "one", 3, 0, ADDRESS(a)));
  T(sendto(s, "", 0, 0, ADDRESS(a)));
  T(sendto(s, "three bytes more", 16, 0, ADDRESS(a)));
  T(ioctl(r, FIONREAD, &bytes));
  printf("%d %x\n", bytes, events(r));
  take(r, 100, MSG_PEEK), take(r, 100, 0), take(r, 100, 0), take(r, 5, MSG_TRUNC), take(r, 5, 0);
  T(sendto(s, b, 65508, 0, ADDRESS(a)));
  T(sendto(s, b, 65507, 0, ADDRESS(a)));
  T(recv(r, b, 70000, 0));
  puts("-- unreachable");
  T(sendto(s, "x", 1, 0, ADDRESS(closed)));
  printf("%x\n", events(s));
  T(connect(s, ADDRESS(closed)));
  T(send(s, "x", 1, 0));
  printf("%x\n", settled(s, POLLOUT | POLLERR));
  T(recv(s, b, 10, 0));
  T(recv(s, b, 10, 0));
  T(send(s, "x", 1, 0));
  settled(s, POLLOUT | POLLERR);
  T(send(s, "y", 1, 0));
  T(send(s, "z", 1, 0));
  settled(s, POLLOUT | POLLERR);
  puts("-- connected");
  T(connect(s, ADDRESS(a)));
  T(getsockopt(s, SOL_SOCKET, SO_ERROR, &bytes, &(socklen_t){4}));
  T(send(s, "connected", 9, 0));
  take(r, 100, 0);
  int stranger = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in own = v4("127.0.0.1", port_of(s));
  T(sendto(stranger, "stranger", 8, 0, ADDRESS(own)));
  T(sendto(r, "friend", 6, 0, ADDRESS(own)));
  take(s, 100, 0), take(s, 100, 0);
  T(sendto(s, "elsewhere", 9, 0, ADDRESS(closed)));
  T(connect(s, &unspecified, sizeof unspecified));
  T(getpeername(s, (void *)b, &(socklen_t){100}));
  T(send(s, "x", 1, 0));
  puts("-- shut");
  T(shutdown(s, SHUT_RD));
  T(connect(s, ADDRESS(a)));
  T(shutdown(s, SHUT_WR));
  T(send(s, "x", 1, 0));
  T(recv(s, b, 10, 0));
  printf("%x\n", events(s));
  puts("-- versions");
  int six = socket(AF_INET6, SOCK_DGRAM, 0);
  struct sockaddr_in6 any6 = v6("::", 0), lo6 = v6("::1", 0);
  T(bind(six, ADDRESS(any6)));
  lo6.sin6_port = htons(port_of(six)), a.sin_port = htons(port_of(six));
  setsockopt(six, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, 4);
  int f = socket(AF_INET, SOCK_DGRAM, 0), g = socket(AF_INET6, SOCK_DGRAM, 0);
  T(sendto(f, "four", 4, 0, ADDRESS(a)));
  T(sendto(g, "six", 3, 0, ADDRESS(lo6)));
  take(six, 100, 0), take(six, 100, 0);
  T(sendto(f, "x", 1, 0, ADDRESS(lo6)));
  close(six);
  puts("-- information");
  int i = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in any = v4("0.0.0.0", 0), other = v4("127.0.0.77", 0);
  bind(i, ADDRESS(any));
  other.sin_port = htons(port_of(i));
  T(setsockopt(i, IPPROTO_IP, IP_PKTINFO, &on, 4));
  T(setsockopt(i, IPPROTO_IP, IP_RECVTTL, &on, 4));
  T(sendto(f, "where", 5, 0, ADDRESS(other)));
  take(i, 100, 0);
  puts("-- who gets it");
  int specific = socket(AF_INET, SOCK_DGRAM, 0);
  T(bind(specific, ADDRESS(other)));
  T(setsockopt(specific, SOL_SOCKET, SO_REUSEADDR, &on, 4));
  T(setsockopt(i, SOL_SOCKET, SO_REUSEADDR, &on, 4));
  T(bind(specific, ADDRESS(other)));
  T(sendto(f, "specific", 8, 0, ADDRESS(other)));
  take(i, 100, 0), take(specific, 100, 0);
  puts("-- full");
  int full = socket(AF_INET, SOCK_DGRAM, 0), size = 4000, count = 0;
  struct sockaddr_in to = v4("127.0.0.1", 0);
  bind(full, ADDRESS(to));
  to.sin_port = htons(port_of(full));
  setsockopt(full, SOL_SOCKET, SO_RCVBUF, &size, 4);
  for (int k = 0; k < 50; k++) sendto(f, b, 100, 0, ADDRESS(to));
  while (recv(full, b, 100, MSG_DONTWAIT) == 100) count++;
  printf("some are lost: %d\n", count > 3 && count < 50);
  return 0;
}
