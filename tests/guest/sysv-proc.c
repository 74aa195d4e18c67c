/* /proc/sysvipc: the headings, and the rows of objects of our own without what differs from run to run. */
#include "check.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

static void show(const char *name, int id, int columns) {
  char line[400], path[64];
  snprintf(path, sizeof path, "/proc/sysvipc/%s", name);
  FILE *f = fopen(path, "r");
  for (int n = 0; fgets(line, sizeof line, f); n++) {
    int key, which, at;
    if (n == 0) fputs(line, stdout);
    else if (sscanf(line, "%d %d%n", &key, &which, &at) == 2 && which == id) printf("%.*s\n", columns, line + 21);
  }
  fclose(f);
}

int main(void) {
  int queue = msgget(IPC_PRIVATE, 0640), set = semget(IPC_PRIVATE, 7, 0600), segment = shmget(IPC_PRIVATE, 12345, 0664);
  struct { long type; char text[5]; } m = {1, "five"};
  msgsnd(queue, &m, 5, 0);
  shmat(segment, 0, 0);
  shmctl(segment, SHM_LOCK, 0);
  show("msg", queue, 27), show("sem", set, 17), show("shm", segment, 27);
  shmctl(segment, IPC_RMID, 0);
  show("shm", segment, 27);
  msgctl(queue, IPC_RMID, 0), semctl(set, 0, IPC_RMID);
  show("msg", queue, 27);
  struct stat s;
  T(stat("/proc/sysvipc/shm", &s));
  printf("%o\n", s.st_mode);
  return 0;
}
