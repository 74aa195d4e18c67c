/* Rare cases of IP: who connects to himself; broadcast within 127/8; groups joined by an interface's number. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void said(const char *label, long result) { printf("%s %ld %s\n", label, result, result < 0 ? strerrorname_np(errno) : ""); }

static struct sockaddr_in v4(unsigned address, int port) {
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(address), .sin_port = htons(port)};
}

/* how: -1 closes it as it is. */
static void with_itself(int how) {
  struct sockaddr_in own = v4(INADDR_LOOPBACK, 0), peer;
  socklen_t length = sizeof own;
  char bytes[9];
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  bind(fd, (void *)&own, sizeof own);
  getsockname(fd, (void *)&own, &length);
  said("connect", connect(fd, (void *)&own, sizeof own));
  said("send", send(fd, "hey", 3, 0));
  said("recv", recv(fd, bytes, sizeof bytes, 0));
  said("nothing more", recv(fd, bytes, sizeof bytes, MSG_DONTWAIT));
  length = sizeof peer;
  said("getpeername", getpeername(fd, (void *)&peer, &length));
  printf("the same port: %d\n", peer.sin_port == own.sin_port);
  if (how >= 0) said("shutdown", shutdown(fd, how));
  said("recv", recv(fd, bytes, sizeof bytes, MSG_DONTWAIT));
  said("send", send(fd, "x", 1, MSG_NOSIGNAL));
  struct pollfd waiting = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  poll(&waiting, 1, 20);
  printf("poll %x\n", waiting.revents);
  said("close", close(fd));
}

static void broadcast(void) {
  struct sockaddr_in all = v4(0x7fffffff, 9);
  int udp = socket(AF_INET, SOCK_DGRAM, 0), tcp = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  said("sendto", sendto(udp, "a", 1, 0, (void *)&all, sizeof all));
  said("connect, UDP", connect(udp, (void *)&all, sizeof all));
  said("connect, TCP", connect(tcp, (void *)&all, sizeof all));
  setsockopt(udp, SOL_SOCKET, SO_BROADCAST, &one, sizeof one);
  said("sendto, SO_BROADCAST", sendto(udp, "a", 1, 0, (void *)&all, sizeof all));
}

static void groups(void) {
  int four = socket(AF_INET, SOCK_DGRAM, 0), six = socket(AF_INET6, SOCK_DGRAM, 0);
  int numbers[] = {77, -1, 1, 1};
  for (int i = 0; i < 4; i++) {
    /* The number counts, not the address, which nobody here has. */
    struct ip_mreqn group = {{htonl(0xef010203)}, {htonl(0x0a090909)}, numbers[i]};
    said("IP_ADD_MEMBERSHIP", setsockopt(four, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group));
  }
  for (int i = 0; i < 4; i += i == 0 ? 2 : 1) {
    struct ipv6_mreq group = {.ipv6mr_interface = numbers[i]};
    inet_pton(AF_INET6, "ff02::99", &group.ipv6mr_multiaddr);
    said("IPV6_ADD_MEMBERSHIP", setsockopt(six, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &group, sizeof group));
  }
}

int main(void) {
  alarm(10);
  for (int how = -1; how <= SHUT_RDWR; how++) with_itself(how);
  broadcast();
  groups();
  return 0;
}
