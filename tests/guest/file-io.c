/* read, write and their variants: results, positions, every error that arguments can cause, short transfers at faults. */
#include "check.h"
#include <sys/sendfile.h>

static char buffer[8192];

static void basics(void) {
  int fd = open("basics", O_RDWR | O_CREAT | O_EXCL, 0644);
  T(write(fd, "hello world", 11));
  T(lseek(fd, 0, SEEK_CUR));
  T(lseek(fd, 0, SEEK_SET));
  T(read(fd, buffer, 5));
  T(read(fd, buffer, 100));
  T(read(fd, buffer, 100));
  T(memcmp(buffer, " world", 6));
  T(pread(fd, buffer, 5, 6));
  T(pread(fd, buffer, 5, 1000));
  T(pwrite(fd, "WORLD", 5, 6));
  T(lseek(fd, 0, SEEK_CUR));
  T(lseek(fd, 100, SEEK_SET));
  T(write(fd, "x", 1));
  T(lseek(fd, 0, SEEK_END));
  T(pread(fd, buffer, 200, 0));
  T(buffer[50]);
  T(lseek(fd, -1, SEEK_SET));
  T(lseek(fd, -200, SEEK_END));
  T(lseek(fd, -50, SEEK_CUR));
  T(lseek(fd, 0, 9));
  T(lseek(fd, 0, SEEK_DATA));
  T(lseek(fd, 5000, SEEK_DATA));
  T(lseek(fd, 0, SEEK_HOLE));
  T(lseek(fd, 0, SEEK_SET));
  T(read(fd, buffer, 0));
  T(write(fd, buffer, 0));
  T(close(fd));
  T(close(fd));
  T(unlink("basics"));
}

static void bad_descriptors(void) {
  int rd = open("bad", O_RDONLY | O_CREAT, 0644);
  int wr = open("bad", O_WRONLY);
  int path = open("bad", O_PATH);
  int dir = open(".", O_RDONLY | O_DIRECTORY);
  int p[2];
  struct iovec iov = {buffer, 10};
  T(pipe(p));
  T(read(-1, buffer, 1));
  T(read(1000, buffer, 1));
  T(read(wr, buffer, 1));
  T(write(rd, buffer, 1));
  T(read(path, buffer, 1));
  T(write(path, buffer, 1));
  T(lseek(path, 0, SEEK_SET));
  T(read(dir, buffer, 1));
  T(pread(dir, buffer, 1, 0));
  T(write(dir, buffer, 1));
  T(read(p[1], buffer, 1));
  T(write(p[0], buffer, 1));
  T(lseek(p[0], 0, SEEK_SET));
  T(pread(p[0], buffer, 1, 0));
  T(pwrite(p[1], buffer, 1, 0));
  T(pread(rd, buffer, 1, -1));
  T(pread(-1, buffer, 1, -1));
  T(pread(-1, buffer, 1, 0));
  T(pwrite(wr, buffer, 1, -5));
  T(preadv(p[0], &iov, 1, 0));
  T(preadv(rd, &iov, 1, -1));
  T(ftruncate(rd, 0));
  T(ftruncate(wr, -1));
  T(ftruncate(p[1], 0));
  T(ftruncate(dir, 0));
  T(fsync(rd));
  T(fsync(p[0]));
  T(fdatasync(wr));
  T(fsync(dir));
  T(fsync(path));
  close(rd), close(wr), close(path), close(dir), close(p[0]), close(p[1]);
}

static void faults(void) {
  char *page = edge_page();
  char *end = page + 4096;
  int fd = open("faults", O_RDWR | O_CREAT, 0644);
  int p[2];
  T(pipe(p));
  T(ftruncate(fd, 10000));
  T(read(fd, BAD, 10));
  T(read(fd, end, 10));
  T(read(fd, end - 4, 10));
  T(lseek(fd, 0, SEEK_CUR));
  T(read(fd, (void *)-1, 10));
  T(read(fd, NULL, 0));
  T(write(fd, BAD, 10));
  T(write(fd, (void *)-5000, 10));
  T(write(p[1], BAD, 10));
  T(write(p[1], end, 10));
  T(write(p[1], "abcdef", 6));
  T(read(p[0], BAD, 6));
  T(read(p[0], buffer, 6));
  T(read(fd, buffer, -1));
  T(write(fd, buffer, -1));
  T(fcntl(p[0], F_SETFL, O_NONBLOCK));
  T(read(p[0], buffer, 1));
  T(read(p[0], BAD, 1));
  T(read(p[0], buffer, 0));
  T(pipe((int *)BAD));
  T(munmap(page, 8192));
  close(fd), close(p[0]), close(p[1]);
}

static void vectors(void) {
  int fd = open("vectors", O_RDWR | O_CREAT, 0644);
  char *page = edge_page();
  struct iovec many[1025];
  struct iovec out[3] = {{"one", 3}, {NULL, 0}, {"three", 5}};
  struct iovec in[3] = {{buffer, 2}, {buffer + 100, 4}, {buffer + 200, 100}};
  struct iovec broken[2] = {{buffer, 3}, {BAD, 4}};
  struct iovec edge[2] = {{page + 4094, 10}, {buffer, 3}};
  struct iovec negative[1] = {{buffer, (size_t)-1}};
  for (int i = 0; i < 1025; i++) many[i].iov_base = "z", many[i].iov_len = 1;
  T(writev(fd, out, 3));
  T(lseek(fd, 0, SEEK_SET));
  T(readv(fd, in, 3));
  T(memcmp(buffer, "on", 2) | memcmp(buffer + 100, "ethr", 4) | memcmp(buffer + 200, "ee", 2));
  T(writev(fd, out, 0));
  T(writev(fd, out, -1));
  T(writev(fd, many, 1024));
  T(writev(fd, many, 1025));
  T(writev(fd, (struct iovec *)BAD, 1));
  T(readv(fd, negative, 1));
  T(readv(fd, (struct iovec *)BAD, 0));
  T(lseek(fd, 0, SEEK_SET));
  T(readv(fd, broken, 2));
  T(lseek(fd, 0, SEEK_SET));
  T(readv(fd, edge, 2));
  T(readv(-1, in, 3));
  T(preadv(fd, in, 3, 1));
  T(memcmp(buffer, "ne", 2));
  T(pwritev(fd, out, 3, 2));
  T(pread(fd, buffer, 11, 0));
  T(memcmp(buffer, "ononethreez", 10));
  T(preadv2(fd, in, 3, -1, 0));
  T(preadv2(fd, in, 3, 0, 0x1000));
  T(lseek(fd, 0, SEEK_END));
  T(pwritev2(fd, out, 3, 0, RWF_APPEND));
  T(lseek(fd, 0, SEEK_END));
  munmap(page, 8192);
  close(fd);
}

static void append(void) {
  int fd = open("append", O_WRONLY | O_CREAT | O_APPEND, 0644);
  T(write(fd, "abc", 3));
  T(lseek(fd, 0, SEEK_SET));
  T(write(fd, "def", 3));
  T(lseek(fd, 0, SEEK_CUR));
  T(pwrite(fd, "ghi", 3, 0));
  T(lseek(fd, 0, SEEK_END));
  T(fcntl(fd, F_SETFL, 0));
  T(pwrite(fd, "GHI", 3, 0));
  T(lseek(fd, 0, SEEK_END));
  close(fd);
}

static volatile int signals;
static void on_signal(int n) { signals = n; }

static void broken_pipe(void) {
  int p[2];
  T(pipe(p));
  signal(SIGPIPE, on_signal);
  close(p[0]);
  T(write(p[1], "x", 1));
  T(signals);
  T(write(p[1], "x", 0));
  signal(SIGPIPE, SIG_IGN);
  T(write(p[1], "x", 1));
  signal(SIGPIPE, SIG_DFL);
  close(p[1]);
}

static void limits(void) {
  int fd = open("limits", O_RDWR | O_CREAT, 0644);
  struct rlimit limit = {100, RLIM_INFINITY}, old;
  T(getrlimit(RLIMIT_FSIZE, &old));
  T(setrlimit(RLIMIT_FSIZE, &limit));
  signals = 0;
  signal(SIGXFSZ, on_signal);
  T(pwrite(fd, buffer, 90, 0));
  T(pwrite(fd, buffer, 90, 90));
  T(signals);
  T(pwrite(fd, buffer, 10, 100));
  T(signals == SIGXFSZ);
  T(ftruncate(fd, 50));
  signals = 0;
  T(ftruncate(fd, 101));
  T(signals == SIGXFSZ);
  T(lseek(fd, 0, SEEK_END));
  int from = open("big-enough", O_RDWR | O_CREAT, 0644);
  T(pwrite(from, buffer, 100, 0));
  T(lseek(fd, 60, SEEK_SET));
  off_t start = 0;
  T(sendfile(fd, from, &start, 100));
  T(start);
  signals = 0;
  T(sendfile(fd, from, &start, 100));
  T(signals == SIGXFSZ);
  close(from);
  T(setrlimit(RLIMIT_FSIZE, &old));
  close(fd);
  limit.rlim_cur = 5;
  limit.rlim_max = 5;
  pid_t pid = fork();
  if (pid == 0) {
    T(setrlimit(RLIMIT_NOFILE, &limit));
    T(open(".", O_RDONLY));
    T(open(".", O_RDONLY));
    T(open(".", O_RDONLY));
    T(open("created-not", O_RDONLY | O_CREAT, 0644));
    T(access("created-not", F_OK));
    T(dup(0));
    T(dup2(0, 5));
    T(dup2(0, 4));
    T(fcntl(0, F_DUPFD, 5));
    int p[2];
    T(close(4));
    T(pipe(p));
    T(close(3));
    T(pipe(p));
    fflush(stdout);
    _exit(0);
  }
  waitpid(pid, NULL, 0);
}

static void big(void) {
  size_t size = 3 << 20;
  char *memory = malloc(size), *back = malloc(size);
  for (size_t i = 0; i < size; i++) memory[i] = (char)(i * 7 + i / 1000);
  int fd = open("big", O_RDWR | O_CREAT, 0644);
  T(write(fd, memory, size));
  T(pread(fd, back, size, 0));
  T(memcmp(memory, back, size));
  T(pread(fd, back, 4097, 4095));
  T(memcmp(memory + 4095, back, 4097));
  T(pwrite(fd, back, 5000, 100001));
  T(pread(fd, memory, 5000, 100001));
  T(memcmp(memory, back, 5000));
  T(ftruncate(fd, 4100));
  T(ftruncate(fd, 9000));
  T(pread(fd, back, size, 0));
  T(back[4099] != 0);
  T(back[4100] | back[8999]);
  char *map = mmap(NULL, 9000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  strcpy(map + 4000, "through the mapping, across the page's end .............................................................");
  T(pread(fd, back, 200, 4000));
  T(strcmp(back, map + 4000));
  T(pwrite(fd, "and back", 8, 5000));
  T(memcmp(map + 5000, "and back", 8));
  T(pwrite(fd, map, 4096, 4096));
  T(memcmp(map, map + 4096, 4096));
  T(pread(fd, map + 1, 4096, 4096));
  close(fd);
  free(memory), free(back);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  umask(022);
  basics();
  bad_descriptors();
  faults();
  vectors();
  append();
  broken_pipe();
  limits();
  big();
  return 0;
}
