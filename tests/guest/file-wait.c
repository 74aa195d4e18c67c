/* Waiting for files: poll, select, epoll, eventfd, blocking pipes and FIFOs, locks. */
#include "check.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <termios.h>
#include <time.h>

static char buffer[200000];
static volatile int caught;
static void on_signal(int n) { caught = n; }

static void polls(void) {
  int p[2], file = open("polled", O_RDWR | O_CREAT, 0600);
  T(pipe(p));
  struct pollfd f[4] = {{p[0], POLLIN}, {p[1], POLLOUT}, {file, POLLIN | POLLOUT}, {-1, POLLIN}};
  T(poll(f, 4, 0));
  printf("%x %x %x %x\n", f[0].revents, f[1].revents, f[2].revents, f[3].revents);
  T(write(p[1], "x", 1));
  T(poll(f, 1, -1));
  T(f[0].revents);
  f[3].fd = 77;
  T(poll(f + 3, 1, -1));
  T(f[3].revents);
  T(read(p[0], buffer, 1));
  T(poll(f, 1, 10));
  T(f[0].revents);
  T(poll(NULL, 0, 1));
  T(poll((struct pollfd *)BAD, 1, 0));
  T(poll(f, 10000000, 0));
  T(fcntl(p[1], F_SETFL, O_NONBLOCK));
  long total = 0, n;
  while ((n = write(p[1], buffer, 4096)) > 0) total += n;
  T(total);
  T(write(p[1], "x", 1));
  T(poll(f + 1, 1, 0));
  T(f[1].revents);
  T(read(p[0], buffer, 4096));
  T(poll(f + 1, 1, 0));
  close(p[1]);
  T(poll(f, 1, -1));
  T(f[0].revents);
  T(read(p[0], buffer, sizeof buffer));
  T(poll(f, 1, -1));
  T(f[0].revents);
  T(read(p[0], buffer, 10));
  close(p[0]);
  T(pipe(p));
  close(p[0]);
  f[0] = (struct pollfd){p[1], POLLOUT};
  T(poll(f, 1, -1));
  T(f[0].revents);
  close(p[1]);
  int path = open("polled", O_PATH);
  f[0] = (struct pollfd){path, POLLIN};
  T(poll(f, 1, -1));
  T(f[0].revents);
  close(file), close(path);
}

static void selects(void) {
  int p[2];
  fd_set in, out;
  T(pipe(p));
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(p[0], &in);
  FD_SET(p[1], &out);
  struct timespec none = {0, 0}, some = {0, 5000000}, bad = {0, 2000000000};
  T(pselect(p[1] + 1, &in, &out, NULL, NULL, NULL));
  T(FD_ISSET(p[0], &in) * 2 + !!FD_ISSET(p[1], &out));
  FD_SET(p[0], &in);
  T(pselect(p[0] + 1, &in, NULL, NULL, &some, NULL));
  T(FD_ISSET(p[0], &in));
  FD_SET(p[0], &in);
  T(write(p[1], "x", 1));
  T(pselect(p[0] + 1, &in, NULL, &in, NULL, NULL));
  T(pselect(p[0], &in, NULL, NULL, &none, NULL));
  FD_ZERO(&in);
  FD_SET(60, &in);
  T(pselect(61, &in, NULL, NULL, &none, NULL));
  T(pselect(-1, NULL, NULL, NULL, &none, NULL));
  T(pselect(0, NULL, NULL, NULL, &bad, NULL));
  T(pselect(5, (fd_set *)BAD, NULL, NULL, &none, NULL));
  close(p[0]), close(p[1]);
}

static void masks(void) {
  sigset_t all, none;
  struct timespec second = {5, 0};
  sigfillset(&all), sigemptyset(&none);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, NULL);
  sigprocmask(SIG_SETMASK, &all, NULL);
  raise(SIGUSR1);
  T(caught);
  T(ppoll(NULL, 0, &second, &none));
  T(caught == SIGUSR1);
  caught = 0;
  raise(SIGUSR1);
  T(pselect(0, NULL, NULL, NULL, &second, &none));
  T(caught == SIGUSR1);
  caught = 0;
  raise(SIGUSR1);
  int ep = epoll_create1(0);
  struct epoll_event event;
  T(epoll_pwait(ep, &event, 1, 5000, &none));
  T(caught == SIGUSR1);
  sigset_t now;
  sigprocmask(SIG_SETMASK, &none, &now);
  T(sigismember(&now, SIGUSR1));
  close(ep);
}

static void show_events(int ep, const char *what) {
  struct epoll_event events[8];
  int n = epoll_wait(ep, events, 8, 0);
  printf("%s: %d", what, n);
  for (int i = 0; i < n; i++) printf(" [%d: %x]", events[i].data.fd, events[i].events);
  puts("");
}

static void epolls(void) {
  int p[2], ep = epoll_create1(EPOLL_CLOEXEC), file = open("polled", O_RDONLY);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = 1};
  T(fcntl(ep, F_GETFD));
  T(pipe(p));
  T(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &event));
  T(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &event));
  T(epoll_ctl(ep, EPOLL_CTL_ADD, file, &event));
  T(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &event));
  T(epoll_ctl(ep, EPOLL_CTL_ADD, 99, &event));
  T(epoll_ctl(99, EPOLL_CTL_ADD, p[0], &event));
  T(epoll_ctl(p[0], EPOLL_CTL_ADD, p[1], &event));
  T(epoll_ctl(ep, EPOLL_CTL_DEL, p[1], NULL));
  T(epoll_ctl(ep, EPOLL_CTL_MOD, p[1], &event));
  T(epoll_ctl(ep, 9, p[1], &event));
  T(epoll_ctl(ep, EPOLL_CTL_ADD, p[1], (struct epoll_event *)BAD));
  T(epoll_wait(ep, &event, 0, 0));
  T(epoll_wait(p[0], &event, 1, 0));
  T(epoll_wait(99, &event, 1, 0));
  T(epoll_create1(1));
  show_events(ep, "empty");
  T(write(p[1], "abc", 3));
  show_events(ep, "level");
  show_events(ep, "level again");
  T(epoll_wait(ep, (struct epoll_event *)BAD, 1, 0));
  event = (struct epoll_event){.events = EPOLLIN | EPOLLET, .data.fd = 2};
  T(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &event));
  show_events(ep, "edge");
  show_events(ep, "edge again");
  T(write(p[1], "d", 1));
  show_events(ep, "new edge");
  show_events(ep, "new edge again");
  event = (struct epoll_event){.events = EPOLLIN | EPOLLONESHOT, .data.fd = 3};
  T(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &event));
  show_events(ep, "one shot");
  T(write(p[1], "e", 1));
  show_events(ep, "one shot again");
  T(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &event));
  show_events(ep, "armed again");
  event = (struct epoll_event){.events = EPOLLOUT, .data.fd = 4};
  T(epoll_ctl(ep, EPOLL_CTL_ADD, p[1], &event));
  show_events(ep, "writer");
  int outer = epoll_create1(0);
  event = (struct epoll_event){.events = EPOLLIN, .data.fd = 5};
  T(epoll_ctl(outer, EPOLL_CTL_ADD, ep, &event));
  T(epoll_ctl(ep, EPOLL_CTL_ADD, outer, &event));
  show_events(outer, "nested");
  int copy = dup(p[1]);
  close(p[1]);
  show_events(ep, "kept by the duplicate");
  close(copy);
  show_events(ep, "gone");
  T(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL));
  show_events(outer, "nested, empty");
  close(outer), close(ep), close(p[0]), close(file);
}

static void eventfds(void) {
  uint64_t value = 5;
  int fd = eventfd(3, EFD_NONBLOCK);
  T(write(fd, &value, 8));
  T(write(fd, &value, 7));
  T(read(fd, &value, 7));
  T(read(fd, &value, 8));
  T(value);
  T(read(fd, &value, 8));
  value = -1;
  T(write(fd, &value, 8));
  value = -2;
  T(write(fd, &value, 8));
  T(write(fd, &value, 8));
  struct pollfd f = {fd, POLLIN | POLLOUT};
  T(poll(&f, 1, 0));
  T(f.revents);
  T(lseek(fd, 0, SEEK_SET));
  close(fd);
  fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  T(read(fd, &value, 8));
  T(value);
  T(read(fd, &value, 8));
  T(read(fd, &value, 8));
  T(eventfd(0, 0x1000000));
  close(fd);
}

static void blocking(void) {
  int p[2], q[2], status;
  T(pipe(p) | pipe(q));
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    close(p[1]), close(q[0]);
    long total = 0, n;
    while ((n = read(p[0], buffer, 3000)) > 0) total += n;
    if (write(q[1], &total, sizeof total) != sizeof total) _exit(1);
    _exit(0);
  }
  close(p[0]), close(q[1]);
  T(write(p[1], buffer, sizeof buffer));
  close(p[1]);
  long total = 0;
  T(read(q[0], &total, sizeof total));
  T(total);
  T(waitpid(pid, &status, 0) == pid && status == 0);
  /* A blocked write that a signal interrupts has written a part. */
  T(pipe(p));
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval soon = {{0, 0}, {0, 20000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  T(write(p[1], buffer, 100000));
  setitimer(ITIMER_REAL, &soon, NULL);
  T(write(p[1], buffer, 100));
  T(caught == SIGALRM);
  close(p[0]), close(p[1]), close(q[0]);
  T(mkfifo("ff", 0600));
  if ((pid = fork()) == 0) {
    int fd = open("ff", O_WRONLY);
    if (write(fd, "through the fifo", 16) != 16) _exit(1);
    _exit(0);
  }
  int fd = open("ff", O_RDONLY);
  T(read(fd, buffer, 100));
  T(memcmp(buffer, "through the fifo", 16));
  T(waitpid(pid, &status, 0) == pid && status == 0);
  T(read(fd, buffer, 100));
  T(fcntl(fd, F_GETFL) & O_ACCMODE);
  close(fd);
  setitimer(ITIMER_REAL, &soon, NULL);
  T(open("ff", O_RDONLY));
  /* Who is killed while it waits for the other end leaves nothing open. */
  if ((pid = fork()) == 0) _exit(open("ff", O_RDONLY) < 0);
  usleep(20000);
  kill(pid, SIGKILL);
  T(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
  T(open("ff", O_WRONLY | O_NONBLOCK));
  T(close(open("ff", O_RDWR)));
}

static void locks(void) {
  int fd = open("locked", O_RDWR | O_CREAT, 0600), rd = open("locked", O_RDONLY), wr = open("locked", O_WRONLY), status;
  struct flock lock = {F_WRLCK, SEEK_SET, 10, 20, 0}, ask;
  T(fcntl(fd, F_SETLK, &lock));
  ask = lock;
  T(fcntl(fd, F_GETLK, &ask));
  T(ask.l_type);
  fflush(stdout);
  pid_t parent = getpid(), pid = fork();
  if (pid == 0) {
    ask = (struct flock){F_RDLCK, SEEK_SET, 0, 0, 0};
    T(fcntl(fd, F_GETLK, &ask));
    T(ask.l_type);
    T(ask.l_start);
    T(ask.l_len);
    T(ask.l_pid == parent);
    ask = (struct flock){F_WRLCK, SEEK_SET, 0, 11, 0};
    T(fcntl(fd, F_SETLK, &ask));
    ask.l_len = 10;
    T(fcntl(fd, F_SETLK, &ask));
    ask = (struct flock){F_RDLCK, SEEK_SET, 15, 1, 0};
    struct itimerval soon = {{0, 0}, {0, 20000}};
    setitimer(ITIMER_REAL, &soon, NULL);
    T(fcntl(fd, F_SETLKW, &ask));
    fflush(stdout);
    _exit(0);
  }
  waitpid(pid, &status, 0);
  lock.l_type = F_UNLCK, lock.l_start = 15, lock.l_len = 5;
  T(fcntl(fd, F_SETLK, &lock));
  lock.l_type = F_RDLCK, lock.l_whence = 7;
  T(fcntl(fd, F_SETLK, &lock));
  lock.l_whence = SEEK_SET, lock.l_type = 9;
  T(fcntl(fd, F_SETLK, &lock));
  lock.l_type = F_WRLCK;
  T(fcntl(rd, F_SETLK, &lock));
  lock.l_type = F_RDLCK;
  T(fcntl(wr, F_SETLK, &lock));
  lock.l_start = -1;
  T(fcntl(fd, F_SETLK, &lock));
  T(fcntl(fd, F_SETLK, BAD));
  lock = (struct flock){F_WRLCK, SEEK_SET, 0, 0, 0};
  T(fcntl(fd, F_OFD_SETLK, &lock));
  int other = open("locked", O_RDWR);
  lock.l_start = 20;
  T(fcntl(other, F_OFD_SETLK, &lock));
  T(fcntl(other, F_OFD_GETLK, &lock));
  T(lock.l_type);
  T(lock.l_pid == getpid());
  lock.l_pid = 5;
  T(fcntl(other, F_OFD_SETLK, &lock));
  T(flock(fd, LOCK_EX));
  T(flock(other, LOCK_EX | LOCK_NB));
  T(flock(other, LOCK_SH | LOCK_NB));
  T(flock(fd, LOCK_SH));
  T(flock(other, LOCK_SH | LOCK_NB));
  T(flock(fd, LOCK_UN));
  T(flock(other, LOCK_EX | LOCK_NB));
  T(flock(fd, 77));
  T(flock(-1, LOCK_SH));
  close(other), close(fd), close(rd), close(wr);
}

static void controls(void) {
  int p[2], fd = open("controls", O_RDWR | O_CREAT | O_CLOEXEC, 0600), n;
  T(fcntl(fd, F_GETFD));
  T(fcntl(fd, F_SETFD, 0));
  T(fcntl(fd, F_GETFD));
  T(fcntl(fd, F_GETFL) & ~O_LARGEFILE & 0777777);
  T(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK | O_CREAT | O_WRONLY));
  T(fcntl(fd, F_GETFL) == (fcntl(fd, F_GETFL) | O_RDWR | O_APPEND | O_NONBLOCK));
  T(fcntl(fd, F_DUPFD, 20));
  T(fcntl(fd, F_DUPFD_CLOEXEC, 20));
  T(fcntl(21, F_GETFD));
  T(fcntl(fd, F_DUPFD, -1));
  T(fcntl(fd, F_DUPFD, 10000000));
  T(fcntl(fd, 9999));
  T(fcntl(-1, F_GETFD));
  T(fcntl(fd, F_GETPIPE_SZ));
  T(fcntl(fd, F_GETOWN));
  T(fcntl(fd, F_GETLEASE));
  T(dup2(fd, 20));
  T(dup2(fd, fd));
  T(dup2(-1, 20));
  T(dup2(fd, -1));
  T(dup3(fd, fd, 0));
  T(dup3(fd, 22, O_APPEND));
  T(dup3(fd, 22, O_CLOEXEC));
  T(fcntl(22, F_GETFD));
  T(dup(-1));
  T(close(20) | close(21) | close(22));
  T(syscall(SYS_close_range, 30, 20, 0));
  T(syscall(SYS_close_range, 30, 40, 9));
  T(dup2(fd, 30) + dup2(fd, 35));
  T(syscall(SYS_close_range, 30, 34, 0));
  T(fcntl(30, F_GETFD));
  T(syscall(SYS_close_range, 31, ~0U, CLOSE_RANGE_CLOEXEC));
  T(fcntl(35, F_GETFD));
  T(close(35));
  T(pipe2(p, O_CLOEXEC | O_NONBLOCK));
  T(fcntl(p[0], F_GETFD) + fcntl(p[1], F_GETFD));
  T(fcntl(p[0], F_GETFL) == O_NONBLOCK);
  T(pipe2(p, 0x8));
  T(fcntl(p[1], F_GETPIPE_SZ));
  T(fcntl(p[1], F_SETPIPE_SZ, 5000));
  T(fcntl(p[1], F_GETPIPE_SZ));
  T(write(p[1], "12345", 5));
  T(ioctl(p[0], FIONREAD, &n));
  T(n);
  n = 0;
  T(ioctl(p[0], FIONBIO, &n));
  T(fcntl(p[0], F_GETFL));
  T(ioctl(p[0], FIOCLEX));
  T(fcntl(p[0], F_GETFD));
  T(ioctl(p[0], FIONCLEX));
  T(ioctl(p[0], FIONREAD, BAD));
  struct termios tio;
  T(tcgetattr(fd, &tio));
  T(isatty(p[0]));
  T(ioctl(fd, 0x12345678, 0));
  T(ioctl(-1, FIONREAD, &n));
  T(write(fd, "123456789", 9));
  T(lseek(fd, 4, SEEK_SET));
  T(ioctl(fd, FIONREAD, &n));
  T(n);
  close(fd), close(p[0]), close(p[1]);
}

static void copies(void) {
  int a = open("from", O_RDWR | O_CREAT, 0600), b = open("to", O_RDWR | O_CREAT, 0600), p[2];
  for (int i = 0; i < 150000; i++) buffer[i] = (char)(i * 13 + i / 100);
  T(write(a, buffer, 150000));
  off_t at = 100;
  T(sendfile(b, a, &at, 100000));
  T(at);
  T(lseek(a, 0, SEEK_CUR));
  T(lseek(b, 0, SEEK_CUR));
  T(lseek(a, 140000, SEEK_SET));
  T(sendfile(b, a, NULL, 100000));
  T(lseek(a, 0, SEEK_CUR));
  T(sendfile(b, a, NULL, 10));
  static char back[200000];
  T(pread(b, back, 200000, 0));
  T(memcmp(back, buffer + 100, 100000) | memcmp(back + 100000, buffer + 140000, 10000));
  T(pipe(p));
  T(sendfile(p[1], a, &at, 1000));
  T(read(p[0], back, 2000));
  T(sendfile(b, p[0], NULL, 10));
  T(sendfile(-1, a, NULL, 10));
  T(sendfile(b, -1, NULL, 10));
  at = -1;
  T(sendfile(b, a, &at, 10));
  T(sendfile(b, a, (off_t *)BAD, 10));
  int rd = open("from", O_RDONLY), wr = open("to", O_WRONLY | O_APPEND);
  T(sendfile(rd, a, NULL, 10));
  T(sendfile(wr, a, NULL, 10));
  T(sendfile(b, wr, NULL, 10));
  off64_t in = 10, out = 20;
  T(copy_file_range(a, &in, b, &out, 5000, 0));
  T(in + out);
  T(copy_file_range(a, NULL, b, NULL, 10, 1));
  T(copy_file_range(a, NULL, wr, NULL, 10, 0));
  T(copy_file_range(wr, NULL, b, NULL, 10, 0));
  T(copy_file_range(p[0], NULL, b, NULL, 10, 0));
  in = 0, out = 5;
  T(copy_file_range(a, &in, a, &out, 10, 0));
  in = 1000000;
  T(copy_file_range(a, &in, b, NULL, 10, 0));
  T(write(p[1], "spliced bytes", 13));
  T(lseek(b, 0, SEEK_SET));
  T(splice(p[0], NULL, b, NULL, 7, 0));
  out = 100;
  T(splice(p[0], NULL, b, &out, 100, 0));
  T(out);
  T(pread(b, back, 7, 0));
  T(memcmp(back, "spliced", 7));
  T(splice(p[0], NULL, b, NULL, 10, SPLICE_F_NONBLOCK));
  in = 50;
  T(splice(a, &in, p[1], NULL, 1000, 0));
  T(read(p[0], back, 2000));
  T(memcmp(back, buffer + 50, 1000));
  T(splice(a, NULL, b, NULL, 10, 0));
  T(splice(p[0], &in, b, NULL, 10, 0));
  T(splice(a, NULL, p[1], NULL, 10, 0x100));
  T(posix_fadvise(a, 0, 0, POSIX_FADV_SEQUENTIAL));
  T(posix_fadvise(a, 0, 0, 99));
  T(posix_fadvise(p[0], 0, 0, POSIX_FADV_NORMAL));
  T(posix_fadvise(-1, 0, 0, POSIX_FADV_NORMAL));
  T(readahead(a, 0, 100));
  T(readahead(p[0], 0, 100));
  T(readahead(wr, 0, 100));
  T(sync_file_range(a, 0, 0, SYNC_FILE_RANGE_WRITE));
  T(sync_file_range(a, 0, 0, 0x100));
  T(sync_file_range(a, -1, 0, 1));
  T(syncfs(a));
  T(syncfs(-1));
  sync();
  int m = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  T(write(m, "memfd", 5));
  T(fcntl(m, F_GET_SEALS));
  T(fcntl(m, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK));
  T(ftruncate(m, 3));
  T(write(m, "more", 4));
  T(pwrite(m, "MEMFD", 5, 0));
  T(fcntl(m, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL));
  T(pwrite(m, "memfd", 5, 0));
  T(fcntl(m, F_ADD_SEALS, F_SEAL_WRITE));
  T(fcntl(m, F_GET_SEALS));
  T(memfd_create("x", 0x100));
  T(memfd_create(BAD, 0));
  T(fcntl(memfd_create("plain", 0), F_GET_SEALS));
  int s[2];
  T(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  T(write(s[0], "ping", 4));
  T(read(s[1], back, 10));
  T(write(s[1], "pong!", 5));
  T(read(s[0], back, 10));
  T(shutdown(s[0], SHUT_WR));
  T(read(s[1], back, 10));
  T(write(s[1], "still", 5));
  close(s[1]);
  T(read(s[0], back, 10));
  T(read(s[0], back, 10));
  T(shutdown(a, SHUT_WR));
  T(bind(a, NULL, 0));
  close(s[0]);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  polls();
  selects();
  masks();
  epolls();
  eventfds();
  blocking();
  locks();
  controls();
  copies();
  return 0;
}
