/* /given is read-only by the machine's maker: exits with the number of the first step that could write to it, or went wrong. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>

static int refused(long result, int error) {
  return result < 0 && errno == error;
}

int main(void) {
  if (!refused(mkdir("/given/made", 0755), EROFS)) return 1;
  if (!refused(mount(NULL, "/given", NULL, MS_REMOUNT, NULL), EPERM)) return 2;
  if (!refused(mount(NULL, "/given", NULL, MS_REMOUNT | MS_BIND, NULL), EPERM)) return 3;
  if (mount("/given", "/copy", NULL, MS_BIND, NULL) != 0) return 4;
  if (!refused(mount(NULL, "/copy", NULL, MS_REMOUNT | MS_BIND, NULL), EPERM)) return 5;
  if (!refused(mkdir("/copy/made", 0755), EROFS)) return 6;
  return 0;
}
