/* System V message queues. */
#include "check.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <time.h>
#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

static struct { long type; char text[9000]; } m;
static int queue;
static long put(long type, const char *text, int flags) {
  m.type = type;
  strcpy(m.text, text);
  return msgsnd(queue, &m, strlen(text), flags);
}
static void get(long type, int size, int flags) {
  memset(&m, 0, sizeof m);
  long n = msgrcv(queue, &m, size, type, flags);
  if (n < 0) printf("%ld: %s\n", type, strerrorname_np(errno));
  else printf("%ld: %ld bytes, type %ld, %s\n", type, n, m.type, m.text);
}
static void state(void) {
  struct msqid_ds ds;
  if (msgctl(queue, IPC_STAT, &ds)) { printf("state: %s\n", strerrorname_np(errno)); return; }
  printf("%lu messages, %lu of %lu bytes, sender %d receiver %d\n", ds.msg_qnum, ds.__msg_cbytes, ds.msg_qbytes, ds.msg_lspid == getpid(),
         ds.msg_lrpid == getpid());
}
static void on(int n) {}
static int status_of(int pid) {
  int status;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
static int receiver(long type, int size, int flags) {
  fflush(stdout);
  int pid = fork();
  if (pid == 0) {
    get(type, size, flags);
    exit(0);
  }
  until_asleep(pid, pid);
  return pid;
}
static int sender(long type, int bytes) {
  fflush(stdout);
  int pid = fork();
  if (pid == 0) {
    m.type = type;
    int r = msgsnd(queue, &m, bytes, 0);
    exit(r ? errno : 0);
  }
  until_asleep(pid, pid);
  return pid;
}

static void making(void) {
  puts("-- making");
  int key = 0x4d5a0000 | (getpid() & 0xffff);
  T(msgget(key, 0600));
  OK(queue = msgget(key, IPC_CREAT | 0620));
  T(msgget(key, IPC_CREAT | IPC_EXCL));
  T(msgget(key, 0) == queue);
  struct msqid_ds ds;
  T(msgctl(queue, IPC_STAT, &ds));
  printf("mode %o times %ld %ld recent %d key %d\n", ds.msg_perm.mode, ds.msg_stime, ds.msg_rtime, time(0) - ds.msg_ctime < 9, ds.msg_perm.__key == key);
  state();
  T(msgctl(queue, IPC_STAT, BAD));
  T(msgctl(queue, 99, &ds));
  T(msgctl(-1, IPC_STAT, &ds));
  T(msgctl(queue + 32768, IPC_STAT, &ds));
  struct msginfo info;
  OK(msgctl(0, IPC_INFO, (void *)&info));
  printf("%d %d %d %d %d %d %d %d\n", info.msgpool, info.msgmap, info.msgmax, info.msgmnb, info.msgmni, info.msgssz, info.msgtql, info.msgseg);
  int top, found = 0;
  OK(top = msgctl(0, MSG_INFO, (void *)&info));
  for (int i = 0; i <= top; i++) found += msgctl(i, MSG_STAT, &ds) == queue;
  printf("found %d\n", found);
}

static void using(void) {
  puts("-- using");
  T(put(0, "zero", 0));
  T(put(-1, "negative", 0));
  T(msgsnd(queue, BAD, 1, 0));
  T(msgsnd(queue, &m, 8193, 0));
  T(msgsnd(queue, &m, -1, 0));
  T(put(3, "three", 0));
  T(put(1, "one", 0));
  T(put(2, "two", 0));
  T(put(1, "one again", 0));
  T(put(1L << 60, "far", 0));
  T(put(5, "", 0));
  state();
  get(2, 3, MSG_COPY);
  get(2, 3, MSG_COPY | IPC_NOWAIT);
  get(9, 3, MSG_COPY | IPC_NOWAIT);
  get(0, 3, MSG_COPY | IPC_NOWAIT | MSG_EXCEPT);
  get(0, 2, MSG_COPY | IPC_NOWAIT);
  get(1, 2, 0);
  get(1, 2, MSG_NOERROR);
  get(-2, 100, 0);
  get(3, 100, MSG_EXCEPT);
  get((1L << 60) + 1, 100, IPC_NOWAIT);
  get(1L << 60, 100, IPC_NOWAIT);
  get(LONG_MIN, 100, IPC_NOWAIT);
  get(7, 100, IPC_NOWAIT);
  get(0, 100, IPC_NOWAIT);
  get(0, 100, IPC_NOWAIT);
  T(msgrcv(queue, &m, -1, 0, IPC_NOWAIT));
  T(put(1, "lost", 0));
  T(msgrcv(queue, BAD, 10, 0, 0));
  state();
}

static void waiting(void) {
  puts("-- waiting");
  int any = receiver(0, 100, 0), two = receiver(2, 100, 0), tiny = receiver(-3, 2, 0), r;
  r = put(2, "to any", 0);
  printf("%d %d\n", status_of(any), r);
  r = put(2, "to two", 0);
  printf("%d %d\n", status_of(two), r);
  r = put(3, "too long for it", 0);
  printf("%d %d\n", status_of(tiny), r);
  state();
  get(0, 100, IPC_NOWAIT);
  /* No room */
  struct msqid_ds ds;
  msgctl(queue, IPC_STAT, &ds);
  ds.msg_qbytes = 1000;
  T(msgctl(queue, IPC_SET, &ds));
  m.type = 1;
  T(msgsnd(queue, &m, 900, 0));
  T(msgsnd(queue, &m, 101, IPC_NOWAIT));
  int a = sender(4, 500), b = sender(5, 150);
  state();
  get(1, 0, MSG_NOERROR);
  printf("%d %d\n", status_of(a), status_of(b));
  state();
  ds.msg_qbytes = 600;
  msgctl(queue, IPC_SET, &ds);
  a = sender(6, 300);
  ds.msg_qbytes = 1000;
  msgctl(queue, IPC_SET, &ds);
  printf("%d\n", status_of(a));
  state();
  for (int i = 0; i < 3; i++) get(-9, 0, MSG_NOERROR | IPC_NOWAIT);
  signal(SIGUSR1, on);
  a = receiver(0, 100, 0);
  kill(a, SIGUSR1);
  printf("%d\n", status_of(a));
  a = receiver(0, 100, 0);
  kill(a, SIGKILL);
  printf("%d\n", status_of(a));
  state();
}

static void rights(void) {
  puts("-- rights");
  fflush(stdout);
  int pid = fork();
  if (pid == 0) {
    if (setgid(1234) || setuid(1234)) puts("not root");
    state();
    get(0, 10, IPC_NOWAIT);
    T(put(1, "x", 0));
    struct msqid_ds ds = {0};
    T(msgctl(queue, IPC_SET, &ds));
    T(msgctl(queue, IPC_RMID, 0));
    int own;
    OK(own = msgget(IPC_PRIVATE, 0600));
    T(msgctl(own, IPC_STAT, &ds));
    ds.msg_qbytes = 16384;
    T(msgctl(own, IPC_SET, &ds));
    ds.msg_qbytes = 16385;
    T(msgctl(own, IPC_SET, &ds));
    T(msgctl(own, IPC_RMID, 0));
    exit(0);
  }
  status_of(pid);
}

int main(void) {
  setbuf(stdout, NULL);
  making(), using(), waiting(), rights();
  puts("-- removal");
  struct msqid_ds ds;
  msgctl(queue, IPC_STAT, &ds);
  ds.msg_qbytes = 10;
  msgctl(queue, IPC_SET, &ds);
  int a = receiver(1, 10, 0), b = sender(2, 11);
  int r = msgctl(queue, IPC_RMID, 0);
  printf("%d %d\n", status_of(a), r);
  printf("%s\n", strerrorname_np(status_of(b)));
  state();
  return 0;
}
