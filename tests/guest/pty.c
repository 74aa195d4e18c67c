/* Pseudo-terminals: the line discipline seen from both ends, opening and closing, ioctls. Prints no names and no times. */
#include "check.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <termios.h>

static int m, s, packets;
static struct termios fresh;

static void escaped(const char *bytes, long count) {
  putchar('"');
  for (long i = 0; i < count; i++) {
    unsigned char c = bytes[i];
    if (c == '\n') printf("\\n");
    else if (c == '\r') printf("\\r");
    else if (c == '\b') printf("\\b");
    else if (c == '\t') printf("\\t");
    else if (c < 32 || c > 126) printf("\\x%02x", c);
    else putchar(c);
  }
  putchar('"');
}

/* What has come to a non-blocking descriptor once nothing more comes; one string for every read, but what the screen shows is one. */
static void drain(int fd, const char *who) {
  char buffer[8192];
  long shown = 0;
  printf("  %s:", who);
  for (;;) {
    struct pollfd p = {fd, POLLIN, 0};
    if (poll(&p, 1, 15) <= 0 || !(p.revents & (POLLIN | POLLHUP))) break;
    long count = read(fd, buffer + shown, sizeof buffer - shown);
    if (fd == m && !packets && count > 0) {
      shown += count;
      continue;
    }
    if (shown > 0) {
      putchar(' ');
      escaped(buffer, shown);
      shown = 0;
    }
    if (count < 0) {
      printf(" %s", strerrorname_np(errno));
      break;
    }
    putchar(' ');
    escaped(buffer, count);
    if (count == 0 && (p.revents & POLLHUP)) break;
  }
  if (shown > 0) {
    putchar(' ');
    escaped(buffer, shown);
  }
  putchar('\n');
}

static void type_only(const char *keys, long count) {
  if (write(m, keys, count) != count) printf("short write\n");
  usleep(5000);
}

/* Types, then shows the screen and what the program reads. */
static void keys(const char *text, long count) {
  printf("type ");
  escaped(text, count);
  putchar('\n');
  type_only(text, count);
  drain(m, "screen");
  drain(s, "read");
}
#define TYPE(text) keys(text, sizeof(text) - 1)

static void put(const char *text, long count) {
  printf("write ");
  escaped(text, count);
  printf(" = %ld\n", (long)write(s, text, count));
  drain(m, "screen");
}
#define PUT(text) put(text, sizeof(text) - 1)

static void open_pair(void) {
  m = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  grantpt(m);
  unlockpt(m);
  s = open(ptsname(m), O_RDWR | O_NOCTTY | O_NONBLOCK);
  tcgetattr(s, &fresh);
}

static struct termios *modes(void) {
  static struct termios t;
  t = fresh;
  return &t;
}
static void set(struct termios *t, const char *what) {
  printf("-- %s\n", what);
  tcsetattr(s, TCSANOW, t);
}

static void defaults(void) {
  struct termios t;
  T(tcgetattr(s, &t));
  printf("modes %o %o %o %o speeds %u %u\n", t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag, cfgetispeed(&t), cfgetospeed(&t));
  for (int i = 0; i < 19; i++) printf("%d ", t.c_cc[i]);
  putchar('\n');
}

static void canonical(void) {
  printf("-- canonical\n");
  TYPE("hello\r");
  TYPE("two\nlines\n");
  TYPE("abx\177c\n");
  TYPE("one two  \027three\n");
  TYPE("a-b_c d\027\027x\n");
  TYPE("gone\025kept\n");
  TYPE("\177\177\027\025x\n");
  TYPE("a\026\003b\n");
  TYPE("a\026\026b\n");
  TYPE("tab\there\177\177\177\177\177\177x\n");
  TYPE("\t\tx\177\177\177y\n");
  TYPE("\001\002\177\n");
  TYPE("re\022print\n");
  TYPE("part\004");
  TYPE("\004");
  TYPE("a\004b\004\004c\n");
  TYPE("x\000y\n");
  TYPE("\303\251\177e\n");
  TYPE("lost\003");
  TYPE("\034\032");
  TYPE("kept");
  TYPE("\n");
  struct termios *t = modes();
  t->c_iflag |= IUTF8;
  set(t, "IUTF8");
  TYPE("a\303\251\177e\n");
  TYPE("\342\202\254\t\177x\n");
  TYPE("w \303\251\303\251\027x\n");
}

static void echoes(void) {
  struct termios *t = modes();
  t->c_lflag &= ~ECHOE;
  set(t, "-ECHOE");
  TYPE("ab\177c\n");
  TYPE("ab\027c\n");
  TYPE("ab\025c\n");
  t = modes();
  t->c_lflag &= ~ECHOKE;
  set(t, "-ECHOKE");
  TYPE("ab\025c\n");
  t->c_lflag &= ~ECHOK;
  set(t, "-ECHOKE -ECHOK");
  TYPE("ab\025c\n");
  t = modes();
  t->c_lflag &= ~ECHOCTL;
  set(t, "-ECHOCTL");
  TYPE("a\001b\177\177c\003");
  TYPE("a\026\001b\n");
  t = modes();
  t->c_lflag |= ECHOPRT;
  set(t, "ECHOPRT");
  TYPE("abcd\177\177x\n");
  TYPE("abcd\177\177\177\177\177x\n");
  TYPE("one two\027x\n");
  t = modes();
  t->c_lflag &= ~ECHO;
  set(t, "-ECHO");
  TYPE("secret\177\n");
  TYPE("a\025b\022\003");
  t->c_lflag |= ECHONL;
  set(t, "-ECHO ECHONL");
  TYPE("secret\n");
  t = modes();
  t->c_lflag &= ~IEXTEN;
  set(t, "-IEXTEN");
  TYPE("a b\027\026\022\n");
  t = modes();
  t->c_lflag &= ~ISIG;
  set(t, "-ISIG");
  TYPE("a\003\034\032\n");
  t = modes();
  t->c_lflag |= NOFLSH;
  set(t, "NOFLSH");
  TYPE("a\003b\n");
}

static void characters(void) {
  struct termios *t = modes();
  t->c_cc[VEOL] = 'E';
  t->c_cc[VEOL2] = 'F';
  set(t, "EOL EOL2");
  TYPE("abEcdFgh\n");
  t = modes();
  t->c_cc[VERASE] = '#';
  t->c_cc[VKILL] = '@';
  t->c_cc[VINTR] = 0;
  t->c_cc[VEOF] = 'Z';
  set(t, "other keys");
  TYPE("ab#c\003\000@dZ");
  t = modes();
  t->c_iflag &= ~ICRNL;
  set(t, "-ICRNL");
  TYPE("a\rb\n");
  t->c_iflag |= IGNCR;
  set(t, "IGNCR");
  TYPE("a\rb\n");
  t = modes();
  t->c_iflag |= INLCR;
  set(t, "INLCR ICRNL");
  TYPE("a\nb\r");
  t = modes();
  t->c_iflag |= ISTRIP;
  set(t, "ISTRIP");
  TYPE("\341\342\215");
  t = modes();
  t->c_iflag |= IUCLC;
  t->c_oflag |= OLCUC;
  set(t, "IUCLC OLCUC");
  TYPE("Hello \301\n");
  PUT("Hello \341\n");
  t = modes();
  t->c_iflag |= PARMRK;
  set(t, "PARMRK");
  TYPE("a\377b\n");
}

static void output(void) {
  set(modes(), "output");
  PUT("a\nb\r\tc\b");
  struct termios *t = modes();
  t->c_oflag &= ~ONLCR;
  set(t, "-ONLCR");
  PUT("a\nb\r\n");
  t->c_oflag |= OCRNL;
  set(t, "OCRNL");
  PUT("a\rb\n");
  t = modes();
  t->c_oflag |= ONOCR;
  set(t, "ONOCR");
  PUT("\r\ra\r\rb\r\n");
  t = modes();
  t->c_oflag |= ONLRET | TAB3;
  set(t, "ONLRET TAB3");
  PUT("a\tbc\tdefghijk\tx\n\tx\b\b\ty\n");
  TYPE("a\tb\177\177\n");
  t = modes();
  t->c_oflag &= ~OPOST;
  set(t, "-OPOST");
  PUT("a\nb\r\n");
  TYPE("x\n");
}

static void raw(void) {
  struct termios *t = modes();
  cfmakeraw(t);
  type_only("typed", 5);
  drain(m, "screen");
  set(t, "raw");
  drain(s, "read");
  TYPE("\r\n\003\004\177\377");
  type_only("abc", 3);
  tcsetattr(s, TCSANOW, modes());
  printf("-- lines again\n");
  drain(s, "read");
  type_only("a\004b", 3);
  drain(m, "screen");
  cfmakeraw(t);
  set(t, "raw after an end of file");
  drain(s, "read");
  tcsetattr(s, TCSANOW, modes());
  type_only("gone\nand", 8);
  drain(m, "screen");
  printf("-- TCSAFLUSH\n");
  tcsetattr(s, TCSAFLUSH, modes());
  drain(s, "read");
  TYPE("\n");
}

static void small_reads(void) {
  char b[100];
  printf("-- small reads\n");
  set(modes(), "fresh");
  type_only("abc\004", 4);
  drain(m, "screen");
  T(read(s, b, 2));
  T(read(s, b, 1));
  T(read(s, b, 1));
  type_only("abc\n", 4);
  drain(m, "screen");
  T(read(s, b, 3));
  T(read(s, b, 3));
  T(read(s, b, 3));
  type_only("abc\004\004", 5);
  drain(m, "screen");
  T(read(s, b, 3));
  T(read(s, b, 3));
  T(read(s, b, 3));
  T(read(s, b, 0));
  int n;
  type_only("ab\ncd\004ef", 8);
  drain(m, "screen");
  T(ioctl(s, FIONREAD, &n));
  printf("FIONREAD %d\n", n);
  T(ioctl(m, FIONREAD, &n));
  printf("FIONREAD of the master %d\n", n);
  T(tcflush(s, TCIFLUSH));
  T(ioctl(s, FIONREAD, &n));
  printf("FIONREAD %d\n", n);
  struct pollfd p = {s, POLLIN | POLLOUT, 0};
  T(poll(&p, 1, 0));
  printf("poll %x\n", p.revents);
}

static void long_line(void) {
  static char line[6000], b[8192];
  struct termios *t = modes();
  t->c_lflag &= ~ECHO;
  set(t, "a line of 5000");
  memset(line, 'a', sizeof line);
  type_only(line, 5000);
  type_only("bc\n", 3);
  drain(m, "screen");
  long n = read(s, b, sizeof b);
  printf("read %ld, ends %02x %02x\n", n, b[n - 2], b[n - 1]);
}

static void flow(void) {
  char b[100];
  set(modes(), "flow");
  TYPE("\023");
  T(write(s, "x", 1));
  struct pollfd p = {s, POLLOUT, 0};
  T(poll(&p, 1, 0));
  TYPE("abc\n");
  TYPE("\021");
  T(write(s, "y", 1));
  drain(m, "screen");
  TYPE("\023");
  TYPE("\003");
  struct termios *t = modes();
  t->c_iflag |= IXANY;
  set(t, "IXANY");
  TYPE("\023a\177b");
  TYPE("\023");
  TYPE("\n");
  set(modes(), "TCXONC");
  T(tcflow(s, TCOOFF));
  T(write(s, "z", 1));
  TYPE("\021a");
  T(write(s, "z", 1));
  T(tcflow(s, TCOON));
  T(write(s, "z", 1));
  T(tcflow(s, TCIOFF));
  T(tcflow(s, TCION));
  T(tcflow(s, 9));
  drain(m, "screen");
  TYPE("\n");
  TYPE("\023");
  t = modes();
  t->c_iflag &= ~IXON;
  set(t, "-IXON");
  T(write(s, "w", 1));
  drain(m, "screen");
  TYPE("\023\021\n");
  set(modes(), "fresh");
}

static void packet(void) {
  int on = 1, off = 0, n = 7;
  printf("-- packet mode\n");
  T(ioctl(s, TIOCPKT, &on));
  T(ioctl(m, TIOCPKT, &on));
  packets = 1;
  T(ioctl(m, TIOCGPKT, &n));
  printf("%d\n", n);
  PUT("hello");
  T(tcflush(s, TCIFLUSH));
  struct pollfd p = {m, POLLIN | POLLPRI, 0};
  T(poll(&p, 1, 0));
  printf("poll %x\n", p.revents);
  drain(m, "screen");
  T(tcflush(s, TCIOFLUSH));
  drain(m, "screen");
  T(tcflow(s, TCOOFF));
  drain(m, "screen");
  T(tcflow(s, TCOON));
  drain(m, "screen");
  struct termios *t = modes();
  t->c_iflag &= ~IXON;
  set(t, "-IXON");
  drain(m, "screen");
  set(modes(), "IXON");
  drain(m, "screen");
  TYPE("a\003");
  T(ioctl(m, TIOCPKT, &off));
  packets = 0;
  PUT("plain");
}

static void commands(void) {
  int n = 0;
  char c = 'x';
  struct winsize w = {1, 2, 3, 4};
  printf("-- ioctls\n");
  T(ioctl(m, TIOCGWINSZ, &w));
  printf("%d %d %d %d\n", w.ws_row, w.ws_col, w.ws_xpixel, w.ws_ypixel);
  w = (struct winsize){24, 80, 1, 2};
  T(ioctl(m, TIOCSWINSZ, &w));
  w.ws_row = 0;
  T(ioctl(s, TIOCGWINSZ, &w));
  printf("%d %d %d %d\n", w.ws_row, w.ws_col, w.ws_xpixel, w.ws_ypixel);
  T(ioctl(s, TIOCGPTN, &n));
  OK(ioctl(m, TIOCGPTN, &n));
  T(ioctl(m, TIOCGPTLCK, &n));
  T(n);
  T(ioctl(s, TIOCGPTLCK, &n));
  T(ioctl(s, TIOCGPGRP, &n));
  n = 5;
  T(ioctl(m, TIOCGPGRP, &n));
  T(n);
  T(ioctl(s, TIOCSPGRP, &n));
  T(ioctl(s, TIOCGSID, &n));
  T(ioctl(m, TIOCGSID, &n));
  T(ioctl(s, TIOCNOTTY));
  T(ioctl(s, TIOCGETD, &n));
  T(n);
  T(ioctl(s, TIOCSETD, &n));
  n = 99;
  T(ioctl(s, TIOCSETD, &n));
  T(ioctl(s, TIOCOUTQ, &n));
  T(n);
  T(ioctl(s, TCSBRK, 0));
  T(ioctl(s, TCSBRK, 1));
  T(tcsendbreak(s, 0));
  T(tcdrain(s));
  T(ioctl(s, TCFLSH, 5));
  T(ioctl(s, TIOCGEXCL, &n));
  T(n);
  T(ioctl(s, TIOCEXCL));
  T(ioctl(s, TIOCGEXCL, &n));
  T(n);
  T(ioctl(s, TIOCNXCL));
  T(ioctl(s, TIOCMGET, &n));
  T(ioctl(s, 0x12345678, &n));
  T(ioctl(s, TCGETS, BAD));
  T(ioctl(s, TIOCGWINSZ, BAD));
  T(ioctl(m, TIOCSIG, 0));
  T(ioctl(m, TIOCSIG, 99));
  T(isatty(m));
  T(isatty(s));
  T(lseek(s, 0, SEEK_SET));
  T(pread(s, &c, 1, 0));
  struct termios t;
  tcgetattr(s, &t);
  cfsetspeed(&t, B9600);
  t.c_cflag = (t.c_cflag & ~CSIZE) | CS7 | PARENB | CSTOPB;
  T(tcsetattr(s, TCSANOW, &t));
  tcgetattr(m, &t);
  printf("cflag %o\n", t.c_cflag);
  tcsetattr(s, TCSANOW, modes());
}

static void status(void) {
  struct stat st;
  struct statfs fs;
  char name[64], link[64], self[64];
  printf("-- what it is\n");
  T(fstat(s, &st));
  printf("type %o major %d\n", st.st_mode & S_IFMT, (int)(st.st_rdev >> 8 & 0xfff));
  printf("name is that of the number: %d\n", atoi(ptsname(m) + 9) == (int)(st.st_rdev & 0xff));
  T(ttyname_r(s, name, sizeof name));
  printf("ttyname is ptsname: %d\n", strcmp(name, ptsname(m)) == 0);
  sprintf(self, "/proc/self/fd/%d", s);
  link[readlink(self, link, 63)] = 0;
  printf("link is ptsname: %d\n", strcmp(name, link) == 0);
  T(fstatfs(s, &fs));
  printf("magic %lx\n", (long)fs.f_type);
  T(open("/dev/pts/99999", O_RDWR));
  T(open("/dev/pts/01", O_RDWR));
  T(mkdir("/dev/pts/x", 0755));
  T(unlink(name));
  T(chmod(name, 0666));
  stat(name, &st);
  printf("%o\n", st.st_mode);
  int lock = 1;
  T(ioctl(m, TIOCSPTLCK, &lock));
  T(open(name, O_RDWR | O_NOCTTY));
  T(ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY));
  lock = 0;
  T(ioctl(m, TIOCSPTLCK, &lock));
  int peer = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  printf("peer %d cloexec %d\n", peer >= 0, fcntl(peer, F_GETFD));
  ttyname_r(peer, link, sizeof link);
  printf("its name is ptsname: %d\n", strcmp(name, link) == 0);
  T(ioctl(s, TIOCGPTPEER, O_RDWR));
  close(peer);
  T(write(s, "", 0));
  int ro = open(name, O_RDONLY | O_NOCTTY), wo = open(name, O_WRONLY | O_NOCTTY);
  T(write(ro, "x", 1));
  T(read(wo, link, 1));
  close(ro);
  close(wo);
}

static void events(const char *what, int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM, 0};
  int n = poll(&p, 1, 20);
  printf("poll %s = %d %x\n", what, n, p.revents);
}

static void closing(void) {
  char b[100], name[64];
  printf("-- closing\n");
  close(s);
  close(m);
  m = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  T(open(ptsname(m), O_RDWR | O_NOCTTY));
  unlockpt(m);
  events("a master whose slave was never open", m);
  T(read(m, b, 100));
  T(write(m, "early\n", 6));
  drain(m, "screen");
  strcpy(name, ptsname(m));
  s = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
  drain(s, "read");
  struct termios t;
  tcgetattr(s, &t);
  t.c_lflag &= ~ECHO;
  tcsetattr(s, TCSANOW, &t);
  write(s, "last words", 10);
  close(s);
  events("a master with a closed slave and words", m);
  drain(m, "screen");
  events("a master with a closed slave", m);
  T(read(m, b, 100));
  T(write(m, "nobody\n", 7));
  s = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
  T(read(m, b, 100));
  events("a master whose slave is back", m);
  tcgetattr(s, &t);
  printf("echo %d\n", !!(t.c_lflag & ECHO));
  drain(s, "read");
  write(m, "unread\n", 7);
  close(m);
  events("a slave without master", s);
  T(read(s, b, 100));
  T(write(s, "x", 1));
  T(tcgetattr(s, &t));
  int n = 1;
  T(ioctl(s, TIOCSPGRP, &n));
  T(ioctl(s, FIONREAD, &n));
  T(isatty(s));
  T(fcntl(s, F_GETFL) & O_ACCMODE);
  T(open(name, O_RDWR | O_NOCTTY));
  close(s);
}

/* A reader that is asleep when the other side goes away. */
static void closed_while_reading(void) {
  char b[10];
  printf("-- closed while reading\n");
  open_pair();
  fcntl(s, F_SETFL, 0);
  fcntl(m, F_SETFL, 0);
  fflush(stdout);
  if (fork() == 0) {
    close(s);
    T(read(m, b, 10));
    fflush(stdout);
    _exit(0);
  }
  usleep(30000);
  close(s);
  wait(NULL);
  close(m);
  open_pair();
  fcntl(s, F_SETFL, 0);
  fflush(stdout);
  if (fork() == 0) {
    close(m);
    T(read(s, b, 10));
    T(read(s, b, 10));
    fflush(stdout);
    _exit(0);
  }
  usleep(30000);
  close(m);
  wait(NULL);
  close(s);
}

int main(void) {
  signal(SIGHUP, SIG_IGN);
  signal(SIGTTOU, SIG_IGN);
  open_pair();
  defaults();
  canonical();
  echoes();
  characters();
  output();
  raw();
  small_reads();
  long_line();
  flow();
  packet();
  commands();
  status();
  closing();
  closed_while_reading();
  return 0;
}
