/* Message queues as files, where their file system is mounted. */
#include "check.h"
#include <dirent.h>
#include <mqueue.h>

static void list(const char *what) {
  struct dirent *entry;
  DIR *dir = opendir("/dev/mqueue");
  printf("%s:", what);
  while ((entry = readdir(dir)))
    if (entry->d_name[0] != '.') printf(" %s", entry->d_name);
  puts("");
  closedir(dir);
}

int main(void) {
  char text[100];
  struct stat status;
  struct mq_attr attr;
  mqd_t q = mq_open("/one", O_RDWR | O_CREAT, 0640, NULL);
  list("files");
  stat("/dev/mqueue/one", &status);
  printf("mode %o\n", status.st_mode);
  mq_send(q, "hello", 5, 0);
  int fd = open("/dev/mqueue/one", O_RDONLY);
  int n = read(fd, text, sizeof text);
  printf("text: %.*s", n, text);
  close(fd);
  close(open("/dev/mqueue/two", O_RDWR | O_CREAT, 0600));
  mqd_t two = mq_open("/two", O_RDWR);
  mq_getattr(two, &attr);
  printf("created by name: maxmsg %ld msgsize %ld\n", attr.mq_maxmsg, attr.mq_msgsize);
  printf("unlink = %d\n", unlink("/dev/mqueue/one"));
  int again = mq_open("/one", O_RDWR);
  printf("mq_open after unlink = %d %s\n", again, strerrorname_np(errno));
  int made = mkdir("/dev/mqueue/folder", 0700);
  printf("mkdir = %d %s\n", made, strerrorname_np(errno));
  list("left");
  mq_unlink("/two");
  return 0;
}
