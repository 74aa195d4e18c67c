/* Counters to wait for. */
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/time.h>

static volatile int caught;
static void on_signal(int n) { caught = n; }

static void *reader(void *argument) {
  eventfd_t value;
  usleep(5000);
  eventfd_read(*(int *)argument, &value);
  return NULL;
}

static void *writer(void *argument) {
  usleep(5000);
  eventfd_write(*(int *)argument, 3);
  return NULL;
}

static void show_info(int fd) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  FILE *file = fopen(path, "r");
  while (fgets(line, sizeof line, file))
    if (strncmp(line, "eventfd-count", 13) == 0) fputs(line, stdout);
  fclose(file);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  eventfd_t value = 1, many[4] = {1, 2, 3, 4};
  T(eventfd(0, 2));
  T(eventfd(0, 0x80000000));
  int fd = eventfd(0xffffffff, EFD_NONBLOCK | EFD_CLOEXEC);
  T(fcntl(fd, F_GETFD));
  T(fcntl(fd, F_GETFL) == (O_RDWR | O_NONBLOCK));
  show_info(fd);
  T(read(fd, &value, 8));
  T(value == 0xffffffff);
  T(read(fd, &value, 8));
  T(read(fd, many, 32));
  T(read(fd, &value, 7));
  T(read(fd, &value, 0));
  T(write(fd, &value, 7));
  T(write(fd, &value, 0));
  value = 0;
  struct pollfd f = {fd, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM};
  T(write(fd, &value, 8));
  T(poll(&f, 1, 0));
  T(f.revents);
  T(write(fd, many, 8));
  T(poll(&f, 1, 0));
  T(f.revents);
  T(read(fd, many, 32));
  T(many[0]);
  value = UINT64_MAX;
  T(write(fd, &value, 8));
  value = UINT64_MAX - 1;
  T(write(fd, &value, 8));
  show_info(fd);
  T(poll(&f, 1, 0));
  T(f.revents);
  value = 1;
  T(write(fd, &value, 8));
  value = 0;
  T(write(fd, &value, 8));
  T(read(fd, BAD, 8));
  T(write(fd, BAD, 8));
  T(pread(fd, &value, 8, 0));
  T(pwrite(fd, &value, 8, 0));
  T(lseek(fd, 7, SEEK_CUR));
  T(ftruncate(fd, 0));
  T(fsync(fd));
  T(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
  /* Blocking: for room, for something to read, and interrupted. */
  pthread_t thread;
  T(fcntl(fd, F_SETFL, 0));
  eventfd_write(fd, UINT64_MAX - 3);
  pthread_create(&thread, NULL, reader, &fd);
  T(eventfd_write(fd, 5));
  pthread_join(thread, NULL);
  T(eventfd_read(fd, &value));
  T(value);
  pthread_create(&thread, NULL, writer, &fd);
  T(eventfd_read(fd, &value));
  T(value);
  pthread_join(thread, NULL);
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval soon = {{0, 0}, {0, 5000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  T(eventfd_read(fd, &value));
  T(caught == SIGALRM);
  eventfd_write(fd, UINT64_MAX - 1);
  setitimer(ITIMER_REAL, &soon, NULL);
  T(eventfd_write(fd, 1));
  close(fd);
  /* A semaphore gives one at a time. */
  fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  for (int i = 0; i < 3; i++) T(eventfd_read(fd, &value));
  T(value);
  close(fd);
  return 0;
}
