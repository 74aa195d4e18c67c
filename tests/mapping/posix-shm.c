/* shm_open(3), shm_unlink(3), sem_open(3) and what is shared through /dev/shm. */
#include "mapping.h"
#include <semaphore.h>

int main(void) {
  char name[64], other[64];
  snprintf(name, sizeof name, "/pagewalk-%d", getpid());
  snprintf(other, sizeof other, "/pagewalk-o-%d", getpid());
  PAGE("shm_open(3)", "Shared memory objects");
  int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0640);
  struct stat status;
  fstat(fd, &status);
  HOLDS("create", "O_CREAT makes one", fd >= 0);
  ROW("size", "of no length", status.st_size);
  ROW("mode", "of the mode that is given", status.st_mode & 0777);
  HOLDS("cloexec", "its descriptor has FD_CLOEXEC", fcntl(fd, F_GETFD) == FD_CLOEXEC);
  WORKS("exclusive", "EEXIST: O_CREAT and O_EXCL", shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
  WORKS("absent", "ENOENT: without O_CREAT", shm_open(other, O_RDWR, 0600));
  char *early = mmap(NULL, P, RW, MAP_SHARED, fd, 0);
  LOAD("beyond", "before ftruncate a touch is beyond its end", early);
  ROW("truncate", "ftruncate", ftruncate(fd, 2 * P));
  LOAD("zero", "makes zeros of it", early);
  int second = shm_open(name, O_RDWR, 0), reader = shm_open(name, O_RDONLY, 0);
  char *at = mmap(NULL, 2 * P, RW, MAP_SHARED, second, 0), *shown = mmap(NULL, 2 * P, PROT_READ, MAP_SHARED, reader, 0);
  at[5] = 6;
  LOAD("shared", "who opens the name has the same memory", early + 5);
  LOAD("shared-read", "to read as well", shown + 5);
  WORKS("reader-write", "EACCES: a writable mapping of one opened with O_RDONLY", (long)mmap(NULL, P, RW, MAP_SHARED, reader, 0));
  CHILD(int own = shm_open(name, O_RDWR, 0); char *new = mmap(NULL, P, RW, MAP_SHARED, own, 0); new[6] = 7);
  LOAD("child", "another process that opens it, too", early + 6);
  ROW("pread", "read(2) works", byte_of(second, 6));
  ROW("trunc", "O_TRUNC empties it", fstat(shm_open(name, O_RDWR | O_TRUNC, 0), &status) == 0 ? status.st_size : -1);
  LOAD("trunc-load", "under its mappings", at);
  ftruncate(fd, P);
  at[0] = 9;
  ROW("unlink", "shm_unlink", shm_unlink(name));
  LOAD("unlink-load", "mappings stay", early);
  WORKS("unlink-open", "ENOENT: the name is gone", shm_open(name, O_RDWR, 0));
  WORKS("unlink-twice", "ENOENT: a second shm_unlink", shm_unlink(name));
  int fresh = shm_open(name, O_RDWR | O_CREAT, 0600);
  ROW("fresh", "O_CREAT makes a new one, which is empty", fstat(fresh, &status) == 0 ? status.st_size : -1);
  WORKS("slash", "EINVAL: a name with a slash in it", shm_open("/a/b", O_RDWR | O_CREAT, 0600));
  char text[300];
  memset(text, 'n', 299), text[0] = '/', text[299] = 0;
  WORKS("long", "ENAMETOOLONG: a name of more than 255 bytes", shm_open(text, O_RDWR | O_CREAT, 0600));
  CHILD(become_user(); WORKS("access", "EACCES: without the right", shm_open(name, O_RDWR, 0)));
  CHILD(become_user(); WORKS("unlink-access", "a name of somebody else, in a sticky folder", shm_unlink(name)));
  fchmod(fresh, 0);
  CHILD(WORKS("root", "root may always", shm_open(name, O_RDWR, 0)));
  ROW("chmod", "fchmod", fchmod(fresh, 0600));
  ROW("chown", "fchown", fchown(fresh, 12345, 12345));
  CHILD(become_user(); WORKS("owner", "the new owner may open it", shm_open(name, O_RDWR, 0)));
  umask(077);
  ROW("umask", "the umask takes bits of the mode", fstat(shm_open(other, O_RDWR | O_CREAT, 0666), &status) == 0 ? status.st_mode & 0777 : -1);
  umask(022);
  CHILD(limit(RLIMIT_NOFILE, 3); WORKS("emfile", "EMFILE: no descriptor left", shm_open(name, O_RDWR, 0)));
  int raw = open("/dev/shm", O_RDONLY | O_DIRECTORY);
  HOLDS("folder", "objects are files of /dev/shm", faccessat(raw, name + 1, R_OK, 0) == 0);
  shm_unlink(name), shm_unlink(other);

  PAGE("sem_open(3)", "Semaphores between processes");
  sem_t *sem = sem_open(name, O_CREAT | O_EXCL, 0600, 1), *same = sem_open(name, 0);
  int value = -1;
  HOLDS("sem", "sem_open makes one", sem != SEM_FAILED);
  HOLDS("sem-again", "a second sem_open gives the same", same == sem);
  ROW("sem-exclusive", "EEXIST: O_EXCL", sem_open(name, O_CREAT | O_EXCL, 0600, 1) == SEM_FAILED ? -1 : 0);
  ROW("sem-wait", "sem_wait", sem_wait(sem));
  ROW("sem-trywait", "EAGAIN: sem_trywait of one that is taken", sem_trywait(sem));
  CHILD(usleep(20000); sem_post(sem));
  ROW("sem-child", "a child posts it", sem_wait(sem));
  sem_t *own = (sem_t *)map(1, RW, SHARED);
  sem_init(own, 1, 0);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    sem_wait(own);
    _exit(5);
  }
  usleep(30000);
  sem_post(own);
  waitpid(child, &value, 0);
  ROW("sem-shared", "one in shared memory wakes another process", WEXITSTATUS(value));
  sem_getvalue(own, &value);
  ROW("sem-value", "and counts", value);
  ROW("sem-unlink", "sem_unlink", sem_unlink(name));
  HOLDS("sem-unlinked", "ENOENT: afterwards", sem_open(name, 0) == SEM_FAILED && errno == ENOENT);
  return 0;
}
