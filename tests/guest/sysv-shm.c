/* System V shared memory. */
#include "check.h"
#include <sys/ipc.h>
#include <sys/shm.h>
#include <time.h>

#define PAGE 4096
static int id;
static unsigned long attached(int which) {
  struct shmid_ds ds;
  return shmctl(which, IPC_STAT, &ds) ? (unsigned long)-errno : ds.shm_nattch;
}
static int status_of(int pid) {
  int status;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
static void maps(const char *what) {
  char line[400];
  FILE *f = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, f)) {
    char *name = strstr(line, "/SYSV");
    unsigned long from, to, ino;
    char rights[8];
    unsigned off;
    if (name && sscanf(line, "%lx-%lx %s %x %*s %lu", &from, &to, rights, &off, &ino) == 5)
      printf("%s: %lu pages %s offset %x deleted %d\n", what, (to - from) / PAGE, rights, off, strstr(name, "(deleted)") != 0);
  }
  fclose(f);
}

static void making(void) {
  puts("-- making");
  int key = 0x53480000 | (getpid() & 0xffff);
  T(shmget(key, 10, 0600));
  T(shmget(key, 0, IPC_CREAT | 0600));
  T(shmget(key, -1, IPC_CREAT | 0600));
  OK(id = shmget(key, 3 * PAGE - 100, IPC_CREAT | IPC_EXCL | 0640));
  T(shmget(key, 1, IPC_CREAT | IPC_EXCL));
  T(shmget(key, 3 * PAGE, 0));
  T(shmget(key, 0, 0) == id);
  struct shmid_ds ds;
  T(shmctl(id, IPC_STAT, &ds));
  printf("size %zu mode %o times %ld %ld recent %d creator %d last %d attached %lu key %d\n", ds.shm_segsz, ds.shm_perm.mode, ds.shm_atime, ds.shm_dtime,
         time(0) - ds.shm_ctime < 9, ds.shm_cpid == getpid(), ds.shm_lpid, ds.shm_nattch, ds.shm_perm.__key == key);
  T(shmctl(id, IPC_STAT, BAD));
  T(shmctl(-1, IPC_STAT, &ds));
  T(shmctl(id, 55, &ds));
  T(shmctl(id + 32768, IPC_STAT, &ds));
  struct shminfo limits;
  OK(shmctl(0, IPC_INFO, (void *)&limits));
  printf("%lx %lu %lu %lu %lx\n", limits.shmmax >> 20, limits.shmmin, limits.shmmni, limits.shmseg, limits.shmall >> 20);
  struct shm_info info;
  int top, found = 0;
  OK(top = shmctl(0, SHM_INFO, (void *)&info));
  printf("used %d pages %d\n", info.used_ids > 0, info.shm_tot >= 3);
  for (int i = 0; i <= top; i++) found += shmctl(i, SHM_STAT, &ds) == id;
  printf("found %d\n", found);
}

static void attaching(void) {
  puts("-- attaching");
  T(shmat(-1, 0, 0));
  T(shmat(id + 32768, 0, 0));
  T(shmat(id, (void *)1, 0));
  T(shmat(id, 0, SHM_REMAP));
  char *a = shmat(id, 0, 0), *b = shmat(id, 0, SHM_RDONLY);
  printf("%d %d attached %lu\n", a != (void *)-1, b != (void *)-1, attached(id));
  maps("two");
  strcpy(a + 5000, "seen");
  printf("%s %d\n", b + 5000, a[3 * PAGE - 1]);
  T(mprotect(b, PAGE, PROT_READ | PROT_WRITE));
  T(shmat(id, a, 0));
  T(shmat(id, a + 17, SHM_RND));
  char *place = mmap(0, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  T(shmat(id, place + PAGE, 0));
  T((char *)shmat(id, place + PAGE + 77, SHM_RND | SHM_REMAP) == place + PAGE);
  printf("%s attached %lu\n", place + PAGE + 5000, attached(id));
  munmap(place + 2 * PAGE, PAGE);
  printf("after a hole: attached %lu\n", attached(id));
  maps("hole");
  T(shmdt(place + 3 * PAGE));
  T(shmdt(place + PAGE));
  printf("attached %lu\n", attached(id));
  T(shmdt(place + PAGE));
  T(shmdt(place + 1));
  T(shmdt((void *)0));
  munmap(place, 8 * PAGE);
  T(shmdt(b));
  /* Moved: found by where its start is now. */
  char *moved = mremap(a, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
  printf("moved %d %s attached %lu\n", moved == place, moved + 5000, attached(id));
  T(shmdt(a));
  T(shmdt(place));
  printf("attached %lu\n", attached(id));
  char *x = shmat(id, 0, SHM_EXEC);
  printf("exec %d\n", x != (void *)-1);
  maps("exec");
  struct shmid_ds ds;
  shmctl(id, IPC_STAT, &ds);
  printf("atime %d dtime %d last %d\n", time(0) - ds.shm_atime < 9, time(0) - ds.shm_dtime < 9, ds.shm_lpid == getpid());
  T(shmdt(x));
}

static void sharing(void) {
  puts("-- sharing");
  int *p = shmat(id, 0, 0);
  p[0] = 1;
  fflush(stdout);
  int pid = fork();
  if (pid == 0) {
    p[0] += 41;
    printf("child: attached %lu\n", attached(id));
    int *q = shmat(id, 0, 0);
    q[1] = 7;
    printf("child: attached %lu\n", attached(id));
    exit(0);
  }
  status_of(pid);
  printf("%d %d attached %lu\n", p[0], p[1], attached(id));
  struct shmid_ds ds;
  shmctl(id, IPC_STAT, &ds);
  printf("last %d\n", ds.shm_lpid == pid);
  /* The data stays without anybody attached. */
  shmdt(p);
  p = shmat(id, 0, SHM_RDONLY);
  printf("%d %d\n", p[0], p[1]);
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    p[0] = 0;
    exit(0);
  }
  printf("store: %d\n", status_of(pid));
  T(shmctl(id, SHM_LOCK, 0));
  shmctl(id, IPC_STAT, &ds);
  printf("mode %o\n", ds.shm_perm.mode);
  T(shmctl(id, SHM_UNLOCK, 0));
  shmdt(p);
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    if (setgid(1234) || setuid(1234)) puts("not root");
    T(shmat(id, 0, SHM_RDONLY));
    T(shmat(id, 0, 0));
    T(shmctl(id, IPC_STAT, &ds));
    T(shmctl(id, SHM_LOCK, 0));
    T(shmctl(id, IPC_RMID, 0));
    T(shmctl(id, IPC_SET, &ds));
    T(shmget(ds.shm_perm.__key, 1, 0600));
    exit(0);
  }
  status_of(pid);
  ds.shm_perm.mode = 0604;
  T(shmctl(id, IPC_SET, &ds));
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    if (setgid(1234) || setuid(1234)) puts("not root");
    OK(shmat(id, 0, SHM_RDONLY));
    T(shmat(id, 0, 0));
    T(shmctl(id, IPC_STAT, &ds));
    printf("mode %o\n", ds.shm_perm.mode);
    exit(0);
  }
  status_of(pid);
}

static void removing(void) {
  puts("-- removing");
  int *p = shmat(id, 0, 0);
  struct shmid_ds ds;
  shmctl(id, IPC_STAT, &ds);
  int key = ds.shm_perm.__key;
  T(shmctl(id, IPC_RMID, 0));
  T(shmctl(id, IPC_STAT, &ds));
  printf("mode %o key %d attached %lu\n", ds.shm_perm.mode, ds.shm_perm.__key, ds.shm_nattch);
  T(shmget(key, 1, 0));
  int *q = shmat(id, 0, 0);
  q[0] = 99;
  printf("%d attached %lu\n", p[0], attached(id));
  T(shmdt(p));
  printf("%d attached %lu\n", q[0], attached(id));
  T(munmap(q, 3 * PAGE));
  T(shmctl(id, IPC_STAT, &ds));
  T(shmctl(id, IPC_RMID, 0));
  OK(id = shmget(IPC_PRIVATE, 64 << 20, 0600));
  p = shmat(id, 0, 0);
  for (int i = 0; i < 16 << 20; i += 1024) p[i] = i;
  fflush(stdout);
  int pid = fork();
  if (pid == 0) {
    long sum = 0;
    for (int i = 0; i < 16 << 20; i += 1024) sum += p[i];
    printf("sum %ld\n", sum);
    execl("/proc/self/exe", "self", "x", (char *)0);
    exit(1);
  }
  int status = status_of(pid);
  printf("exec: %d attached %lu\n", status, attached(id));
  T(shmctl(id, IPC_RMID, 0));
}

int main(int argc, char **argv) {
  setbuf(stdout, NULL);
  if (argc > 1) {
    maps("after exec");
    return 3;
  }
  making(), attaching(), sharing(), removing();
  return 0;
}
