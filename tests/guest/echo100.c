/* A TCP echo server on one epoll, and 100 clients: 50 processes and 50 threads, each with its own text in pieces of its own sizes. */
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define CLIENTS 100
#define BYTES 20000
static struct sockaddr_in address = {AF_INET};
static int bad;

static void client(int n) {
  static const int sizes[] = {1, 7, 100, 1000, 4096, 9999};
  char *out = malloc(BYTES), *in = malloc(BYTES);
  for (int i = 0; i < BYTES; i++) out[i] = (char)(i * 31 + n * 17 + i / 256);
  int s = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(s, (struct sockaddr *)&address, sizeof address)) { printf("client %d: %m\n", n); bad = 1; return; }
  int sent = 0, got = 0;
  while (got < BYTES) {
    int size = sizes[(n + sent) % 6];
    if (size > BYTES - sent) size = BYTES - sent;
    if (size > 0) {
      int k = send(s, out + sent, size, MSG_NOSIGNAL);
      if (k < 0) { printf("client %d: %m\n", n); bad = 1; break; }
      sent += k;
    } else shutdown(s, SHUT_WR);
    int k = recv(s, in + got, BYTES - got, sent < BYTES ? MSG_DONTWAIT : 0);
    if (k > 0) got += k;
    else if (k == 0 || errno != EAGAIN) { printf("client %d: %d of %d: %m\n", n, got, BYTES); bad = 1; break; }
  }
  if (memcmp(in, out, BYTES)) { printf("client %d: wrong bytes\n", n); bad = 1; }
  close(s);
  free(out), free(in);
}
static void *client_thread(void *n) { return client((int)(long)n), NULL; }

struct connection { int fd, start, end; char bytes[8192]; };

static void serve(int listener) {
  int ep = epoll_create1(0), ended = 0, accepted = 0;
  struct epoll_event e = {EPOLLIN, {.ptr = NULL}}, got[16];
  epoll_ctl(ep, EPOLL_CTL_ADD, listener, &e);
  while (ended < CLIENTS) {
    int n = epoll_wait(ep, got, 16, -1);
    for (int i = 0; i < n; i++) {
      struct connection *c = got[i].data.ptr;
      if (c == NULL) {
        int fd;
        while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
          c = calloc(1, sizeof *c);
          c->fd = fd;
          e = (struct epoll_event){EPOLLIN, {.ptr = c}};
          epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
          accepted++;
        }
        continue;
      }
      int gone = 0;
      if (c->start == c->end) {
        int k = read(c->fd, c->bytes, sizeof c->bytes);
        if (k == 0 || (k < 0 && errno != EAGAIN)) gone = 1;
        c->start = 0, c->end = k > 0 ? k : 0;
      }
      if (c->start < c->end) {
        int k = write(c->fd, c->bytes + c->start, c->end - c->start);
        if (k > 0) c->start += k;
        else if (k < 0 && errno != EAGAIN) gone = 1;
      }
      if (gone) {
        close(c->fd), free(c), ended++;
        continue;
      }
      e = (struct epoll_event){c->start < c->end ? EPOLLOUT : EPOLLIN, {.ptr = c}};
      epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
    }
  }
  printf("served %d\n", accepted);
}

int main(void) {
  setbuf(stdout, NULL);
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t n = sizeof address;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 128)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &n);
  pthread_t threads[CLIENTS / 2];
  int pids[CLIENTS / 2], status, good = 0;
  for (int i = 0; i < CLIENTS / 2; i++) {
    pids[i] = fork();
    if (pids[i] == 0) { client(i); _exit(bad); }
  }
  for (int i = 0; i < CLIENTS / 2; i++) pthread_create(threads + i, NULL, client_thread, (void *)(long)(i + CLIENTS / 2));
  serve(listener);
  for (int i = 0; i < CLIENTS / 2; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < CLIENTS / 2; i++) good += waitpid(pids[i], &status, 0) == pids[i] && status == 0;
  printf("%d processes and %s threads got back what they sent\n", good, bad ? "not all" : "all");
  return 0;
}
