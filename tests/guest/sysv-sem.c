/* System V semaphores. */
#include "check.h"
#include <sys/ipc.h>
#include <sys/sem.h>
#include <time.h>

union semun { int val; struct semid_ds *buf; unsigned short *array; struct seminfo *info; };
static int set;
static void values(void) {
  unsigned short all[8] = {0};
  union semun u = {.array = all};
  struct semid_ds ds;
  if (semctl(set, 0, IPC_STAT, (union semun){.buf = &ds}) < 0 || semctl(set, 0, GETALL, u) < 0) { printf("values: %s\n", strerrorname_np(errno)); return; }
  for (unsigned i = 0; i < ds.sem_nsems; i++) printf("%u ", all[i]);
  puts("");
}
static int op1(int n, int change, int flags) {
  struct sembuf op = {n, change, flags};
  return semop(set, &op, 1);
}
static void on(int n) {}
static int child(int (*body)(void)) {
  fflush(stdout);
  int pid = fork();
  if (pid == 0) _exit(body());
  return pid;
}
static int status_of(int pid) {
  int status;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
static int take_two(void) { struct sembuf ops[] = {{0, -1, 0}, {1, -2, 0}}; return semop(set, ops, 2) == 0 ? 0 : errno; }
static int take_one(void) { return op1(0, -1, 0) == 0 ? 0 : errno; }
static int wait_zero(void) { return op1(0, 0, 0) == 0 ? 0 : errno; }
static int undo(void) { if (op1(2, 5, SEM_UNDO) || op1(2, -2, SEM_UNDO) || op1(3, -1, SEM_UNDO)) return 99; values(); fflush(stdout); return 7; }
static int undo_killed(void) { op1(3, -2, SEM_UNDO); raise(SIGKILL); return 1; }
static int undo_forgotten(void) { op1(2, 9, SEM_UNDO); semctl(set, 2, SETVAL, (union semun){.val = 1}); return 0; }

static void making(void) {
  puts("-- making");
  int key = 0x5eed0000 | (getpid() & 0xffff);
  T(semget(key, 1, 0600));
  T(semget(key, 0, IPC_CREAT | 0600));
  T(semget(key, -1, IPC_CREAT | 0600));
  T(semget(key, 32001, IPC_CREAT | 0600));
  OK(set = semget(key, 4, IPC_CREAT | IPC_EXCL | 0640));
  T(semget(key, 4, IPC_CREAT | IPC_EXCL | 0640));
  T(semget(key, 5, 0600));
  T(semget(key, 0, 0) == set);
  T(semget(key, 3, 0600) == set);
  struct semid_ds ds;
  T(semctl(set, 0, IPC_STAT, (union semun){.buf = &ds}));
  printf("mode %o n %lu otime %ld recent %d key %d own %d %d %d %d\n", ds.sem_perm.mode, ds.sem_nsems, ds.sem_otime, time(0) - ds.sem_ctime < 9,
         ds.sem_perm.__key == key, ds.sem_perm.uid == geteuid(), ds.sem_perm.gid == getegid(), ds.sem_perm.cuid == geteuid(), ds.sem_perm.cgid == getegid());
  ds.sem_perm.mode = 07604;
  T(semctl(set, 0, IPC_SET, (union semun){.buf = &ds}));
  T(semctl(set, 0, IPC_STAT, (union semun){.buf = &ds}));
  printf("mode %o\n", ds.sem_perm.mode);
  T(semctl(set, 0, IPC_STAT, (union semun){.buf = BAD}));
  T(semctl(-1, 0, IPC_STAT, (union semun){.buf = &ds}));
  T(semctl(set + 32768, 0, IPC_STAT, (union semun){.buf = &ds}));
  T(semctl(set, 0, 77, (union semun){.buf = &ds}));
  struct seminfo info;
  OK(semctl(0, 0, IPC_INFO, (union semun){.info = &info}));
  printf("%d %d %d %d %d %d %d %d %d %d\n", info.semmap, info.semmni, info.semmns, info.semmnu, info.semmsl, info.semopm, info.semume, info.semusz, info.semvmx, info.semaem);
  int sets;
  OK(sets = semctl(0, 0, SEM_INFO, (union semun){.info = &info}));
  printf("used %d of at least 4: %d\n", info.semusz > 0, info.semaem >= 4);
  int found = 0;
  for (int i = 0; i <= sets; i++) if (semctl(i, 0, SEM_STAT, (union semun){.buf = &ds}) == set) found++;
  printf("found %d\n", found);
}

static void using(void) {
  puts("-- using");
  values();
  T(semctl(set, 0, SETVAL, (union semun){.val = 32768}));
  T(semctl(set, 0, SETVAL, (union semun){.val = -1}));
  T(semctl(set, 4, SETVAL, (union semun){.val = 1}));
  T(semctl(set, -1, SETVAL, (union semun){.val = 1}));
  T(semctl(set, 4, GETVAL));
  T(semctl(set, 0, SETVAL, (union semun){.val = 3}));
  T(semctl(set, 0, GETVAL));
  T(semctl(set, 0, GETPID) == getpid());
  T(semctl(set, 1, GETPID));
  unsigned short all[] = {1, 2, 3, 4}, bad[] = {1, 2, 3, 40000};
  T(semctl(set, 0, SETALL, (union semun){.array = bad}));
  T(semctl(set, 0, SETALL, (union semun){.array = BAD}));
  T(semctl(set, 0, GETALL, (union semun){.array = BAD}));
  T(semctl(set, 0, SETALL, (union semun){.array = all}));
  values();
  T(op1(4, 1, 0));
  T(op1(0, 32767, 0));
  T(op1(0, -2, IPC_NOWAIT));
  T(op1(0, 0, IPC_NOWAIT));
  T(semop(set, 0, 0));
  T(semop(set, BAD, 1));
  static struct sembuf many[501];
  T(semop(set, many, 501));
  T(semop(-1, many, 1));
  T(semop(set + 32768, many, 1));
  /* All or nothing, and each operation sees what those before it did. */
  struct sembuf up_down[] = {{0, 2, 0}, {0, -3, 0}, {0, 0, 0}, {1, -1, 0}};
  T(semop(set, up_down, 4));
  values();
  struct sembuf half[] = {{1, 5, 0}, {0, -1, IPC_NOWAIT}};
  T(semop(set, half, 2));
  values();
  struct timespec ms = {0, 1000000}, bad_time = {0, 1000000000}, negative = {-1, 0};
  struct sembuf down = {0, -1, 0};
  T(semtimedop(set, &down, 1, &ms));
  T(semtimedop(set, &down, 1, &bad_time));
  T(semtimedop(set, &down, 1, &negative));
  T(semtimedop(set, &down, 1, BAD));
  struct semid_ds ds;
  T(semctl(set, 0, IPC_STAT, (union semun){.buf = &ds}));
  printf("otime recent %d\n", time(0) - ds.sem_otime < 9);
}

static void waiting(void) {
  puts("-- waiting");
  unsigned short all[] = {0, 0, 0, 4};
  semctl(set, 0, SETALL, (union semun){.array = all});
  int two = child(take_two), one, zero;
  until_asleep(two, two);
  printf("ncnt %d %d zcnt %d\n", semctl(set, 0, GETNCNT), semctl(set, 1, GETNCNT), semctl(set, 0, GETZCNT));
  T(op1(0, 1, 0));
  printf("ncnt %d %d\n", semctl(set, 0, GETNCNT), semctl(set, 1, GETNCNT));
  one = child(take_one);
  printf("one: %d\n", status_of(one));
  T(op1(1, 2, 0));
  values();
  T(op1(0, 1, 0));
  printf("two: %d\n", status_of(two));
  values();
  semctl(set, 0, SETVAL, (union semun){.val = 2});
  zero = child(wait_zero);
  until_asleep(zero, zero);
  printf("zcnt %d\n", semctl(set, 0, GETZCNT));
  T(op1(0, -1, 0));
  T(semctl(set, 0, SETVAL, (union semun){.val = 0}));
  printf("zero: %d\n", status_of(zero));
  /* Signals end it, even with SA_RESTART. */
  signal(SIGUSR1, on);
  one = child(take_one);
  until_asleep(one, one);
  kill(one, SIGUSR1);
  printf("interrupted: %s\n", strerrorname_np(status_of(one)));
  one = child(take_one), two = child(take_two);
  until_asleep(one, one), until_asleep(two, two);
  kill(one, SIGKILL);
  printf("killed: %d\n", status_of(one));
  printf("ncnt %d\n", semctl(set, 0, GETNCNT));
  kill(two, SIGKILL), status_of(two);
}

static void undoing(void) {
  puts("-- undo");
  unsigned short all[] = {0, 0, 1, 5};
  semctl(set, 0, SETALL, (union semun){.array = all});
  printf("%d\n", status_of(child(undo)));
  values();
  printf("%d\n", status_of(child(undo_killed)));
  values();
  printf("%d\n", status_of(child(undo_forgotten)));
  values();
  T(op1(2, 32766, SEM_UNDO));
  T(op1(2, -32767, 0));
  T(op1(2, 2, SEM_UNDO));
  T(op1(2, 1, SEM_UNDO));
  T(op1(2, 1, SEM_UNDO));
  values();
}

static void rights(void) {
  puts("-- rights");
  struct semid_ds ds;
  semctl(set, 0, IPC_STAT, (union semun){.buf = &ds});
  ds.sem_perm.mode = 0604;
  semctl(set, 0, IPC_SET, (union semun){.buf = &ds});
  fflush(stdout);
  int pid = fork();
  if (pid == 0) {
    if (setgid(1234) || setuid(1234)) puts("not root");
    T(semctl(set, 0, GETVAL));
    T(op1(0, 0, IPC_NOWAIT));
    T(op1(0, 1, 0));
    T(semctl(set, 0, SETVAL, (union semun){.val = 1}));
    T(semctl(set, 0, IPC_RMID));
    T(semctl(set, 0, IPC_SET, (union semun){.buf = &ds}));
    T(semget(ds.sem_perm.__key, 1, 0666));
    T(semget(ds.sem_perm.__key, 1, 0444) == set);
    exit(0);
  }
  status_of(pid);
}

int main(void) {
  setbuf(stdout, NULL);
  making(), using(), waiting(), undoing(), rights();
  puts("-- removal");
  int one = child(take_one);
  until_asleep(one, one);
  T(semctl(set, 0, IPC_RMID));
  printf("waiter: %s\n", strerrorname_np(status_of(one)));
  T(op1(0, 1, 0));
  T(semctl(set, 0, IPC_RMID));
  int a, b;
  OK(a = semget(IPC_PRIVATE, 1, 0)); OK(b = semget(IPC_PRIVATE, 1, 0));
  printf("differ %d\n", a != b);
  T(semctl(a, 0, IPC_RMID)); T(semctl(b, 0, IPC_RMID));
  return 0;
}
