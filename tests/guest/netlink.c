/* What netlink sockets tell: the loopback interface by getifaddrs and by hand; SIGEV_THREAD of a message queue. */
#include "check.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <mqueue.h>
#include <net/if.h>
#include <netdb.h>
#include <semaphore.h>
#include <sys/socket.h>

static sem_t told;
static void tell(union sigval v) {
  printf("told %d\n", v.sival_int);
  sem_post(&told);
}

int main(void) {
  setbuf(stdout, NULL);
  struct ifaddrs *all, *i;
  T(getifaddrs(&all));
  for (i = all; i; i = i->ifa_next) {
    char text[64] = "", mask[64] = "";
    if (strcmp(i->ifa_name, "lo")) continue;
    int family = i->ifa_addr->sa_family;
    if (family == AF_INET || family == AF_INET6) {
      int at = family == AF_INET ? 4 : 8;
      inet_ntop(family, (char *)i->ifa_addr + at, text, 64);
      inet_ntop(family, (char *)i->ifa_netmask + at, mask, 64);
    }
    printf("%s %x family %d %s %s\n", i->ifa_name, i->ifa_flags, family, text, mask);
  }
  freeifaddrs(all);
  T(if_nametoindex("lo"));
  T(if_nametoindex("nothing"));
  char name[IF_NAMESIZE];
  puts(if_indextoname(1, name));
  T(socket(AF_NETLINK, SOCK_STREAM, 0));
  int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), t = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE);
  struct sockaddr_nl a = {AF_NETLINK}, got;
  socklen_t n = sizeof got;
  T(bind(s, (void *)&a, 4));
  T(bind(s, (void *)&a, sizeof a));
  T(getsockname(s, (void *)&got, &n));
  printf("%d %d %d\n", n, got.nl_family, got.nl_pid == getpid());
  T(bind(t, (void *)&a, sizeof a));
  getsockname(t, (void *)&got, &n);
  printf("another %d\n", got.nl_pid != getpid());
  T(bind(s, (void *)&a, sizeof a));
  T(recv(s, name, 10, MSG_DONTWAIT));
  struct { struct nlmsghdr h; struct ifinfomsg m; } link = {{sizeof link, RTM_GETLINK, NLM_F_REQUEST, 77, 0}, {.ifi_index = 1}};
  T(send(s, &link, sizeof link, 0));
  char b[8192];
  struct nlmsghdr *h = (void *)b;
  OK(recv(s, b, sizeof b, MSG_PEEK | MSG_TRUNC));
  n = sizeof got;
  OK(recvfrom(s, b, sizeof b, 0, (void *)&got, &n));
  struct ifinfomsg *m = NLMSG_DATA(h);
  printf("type %d sequence %d mine %d from %d: index %d type %d flags %x\n", h->nlmsg_type, h->nlmsg_seq, h->nlmsg_pid == getpid(), got.nl_pid, m->ifi_index,
         m->ifi_type, m->ifi_flags);
  int length = h->nlmsg_len - NLMSG_LENGTH(sizeof *m);
  for (struct rtattr *r = IFLA_RTA(m); RTA_OK(r, length); r = RTA_NEXT(r, length)) {
    if (r->rta_type == IFLA_IFNAME) printf("name %s\n", (char *)RTA_DATA(r));
    if (r->rta_type == IFLA_MTU) printf("mtu %d\n", *(int *)RTA_DATA(r));
  }
  link.m.ifi_index = 999;
  send(s, &link, sizeof link, 0);
  recv(s, b, sizeof b, 0);
  printf("type %d error %d\n", h->nlmsg_type, ((struct nlmsgerr *)NLMSG_DATA(h))->error);
  link.h.nlmsg_type = 4000;
  send(s, &link, sizeof link, 0);
  recv(s, b, sizeof b, 0);
  printf("type %d error %d sequence %d\n", h->nlmsg_type, ((struct nlmsgerr *)NLMSG_DATA(h))->error, ((struct nlmsgerr *)NLMSG_DATA(h))->msg.nlmsg_seq);
  got.nl_pid = 0x7ffffff1;
  T(sendto(s, &link, sizeof link, 0, (void *)&got, sizeof got));
  mq_unlink("/netlink-test");
  mqd_t q = mq_open("/netlink-test", O_CREAT | O_RDWR, 0600, NULL);
  sem_init(&told, 0, 0);
  struct sigevent e = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = tell, .sigev_value.sival_int = 42};
  T(mq_notify(q, &e));
  mq_send(q, "x", 1, 0);
  sem_wait(&told);
  mq_unlink("/netlink-test");
  return 0;
}
