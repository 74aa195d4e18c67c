/* shmget(2), shmat(2), shmdt(2), shmctl(2). */
#include "mapping.h"
#include <sys/ipc.h>
#include <sys/shm.h>

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
/* Nobody else's: other copies of this program may run. */
#define KEY key
static key_t key;
#define SHMAT(...) ((long)shmat(__VA_ARGS__))

static struct shmid_ds status;

static long attached(int id) {
  return shmctl(id, IPC_STAT, &status) == 0 ? (long)status.shm_nattch : -1;
}

static void getting(void) {
  PAGE("shmget(2)", "Making and finding segments");
  int id = shmget(KEY, 3 * P, IPC_CREAT | 0640), alone = shmget(IPC_PRIVATE, P, 0600);
  HOLDS("create", "IPC_CREAT makes a segment for a key", id >= 0);
  HOLDS("again", "the key finds it", shmget(KEY, 3 * P, 0) == id);
  HOLDS("size-0", "size 0 finds it, too", shmget(KEY, 0, 0) == id);
  HOLDS("smaller", "and any size up to its own", shmget(KEY, P, 0) == id);
  WORKS("larger", "EINVAL: a larger one", shmget(KEY, 4 * P, 0));
  WORKS("exclusive", "EEXIST: IPC_CREAT and IPC_EXCL", shmget(KEY, 3 * P, IPC_CREAT | IPC_EXCL | 0600));
  WORKS("absent", "ENOENT: a key without a segment", shmget(KEY + 1, P, 0));
  HOLDS("private", "IPC_PRIVATE always makes a new one", alone != shmget(IPC_PRIVATE, P, 0600));
  WORKS("zero", "EINVAL: a new one of size 0", shmget(IPC_PRIVATE, 0, 0600));
  WORKS("huge", "ENOSPC or EINVAL: larger than SHMMAX", shmget(IPC_PRIVATE, -1UL, 0600));
  WORKS("noreserve", "SHM_NORESERVE", shmget(IPC_PRIVATE, P, 0600 | SHM_NORESERVE));
  WORKS("hugetlb-size", "EINVAL: SHM_HUGETLB with a size that no page has", shmget(IPC_PRIVATE, P, 0600 | SHM_HUGETLB | 13 << 26));
  shmctl(id, IPC_STAT, &status);
  ROW("stat-size", "IPC_STAT: the size that was asked for", status.shm_segsz);
  ROW("stat-mode", "the mode", status.shm_perm.mode);
  ROW("stat-attached", "how many have attached it", status.shm_nattch);
  HOLDS("stat-owner", "owner and maker", status.shm_perm.uid == geteuid() && status.shm_perm.cuid == geteuid());
  HOLDS("stat-key", "the key", status.shm_perm.__key == KEY);
  HOLDS("stat-creator", "the maker's process", status.shm_cpid == getpid());
  ROW("stat-last", "who attached or detached last: nobody yet", status.shm_lpid);
  ROW("stat-times", "and when", status.shm_atime + status.shm_dtime);
  HOLDS("stat-changed", "when it was made", status.shm_ctime > 0);
  CHILD(become_user(); WORKS("access", "EACCES: a segment whose mode does not let the caller", shmget(KEY, P, 0444)));
  CHILD(become_user(); WORKS("access-0", "which does not ask for anything with mode 0", shmget(KEY, P, 0)));
  shmctl(id, IPC_RMID, NULL);
  WORKS("removed", "ENOENT: after IPC_RMID", shmget(KEY, P, 0));
}

static void attaching(void) {
  PAGE("shmat(2)", "Attaching");
  int id = shmget(IPC_PRIVATE, 2 * P + 1, 0600);
  char *at = shmat(id, NULL, 0), *again = shmat(id, NULL, SHM_RDONLY);
  HOLDS("at", "at an address that the system chooses", at != (char *)-1 && ((unsigned long)at & (P - 1)) == 0);
  LOAD("attach-zero", "a new segment is zero", at + P);
  STORE("store", "it can be stored to", at);
  LOAD("twice", "attached twice, it shows in both places", again);
  STORE("read-only", "SHM_RDONLY: stores are refused", again);
  ROW("read-only-mprotect", "EACCES: nor can it be made writable", mprotect(again, P, RW));
  LOAD("rounded", "its last page is whole", at + 3 * P - 1);
  ROW("count", "two attaches are counted", attached(id));
  CHILD(at[1] = 5; ROW("child", "a child has them, too", attached(id)));
  LOAD("child-store", "and stores in the same memory", at + 1);
  ROW("child-gone", "until it ends", attached(id));
  char *place = room(4);
  HOLDS("fixed", "at a free address", shmat(id, place, 0) == place);
  WORKS("taken", "EINVAL: at one that is taken", SHMAT(id, at, 0));
  HOLDS("remap", "SHM_REMAP replaces what is there", shmat(id, place, SHM_REMAP) == place);
  WORKS("remap-null", "EINVAL: SHM_REMAP without an address", SHMAT(id, NULL, SHM_REMAP));
  WORKS("odd", "EINVAL: an address that is not a multiple of SHMLBA", SHMAT(id, room(4) + 1, 0));
  char *odd = room(4);
  HOLDS("round", "SHM_RND rounds it down", shmat(id, odd + 100, SHM_RND) == odd);
  JUMP("exec", "SHM_EXEC allows execution", (memcpy(at, RETURN, sizeof RETURN), shmat(id, NULL, SHM_EXEC)));
  JUMP("noexec", "without it, it is refused", at);
  SAYS("maps", "permissions in maps", permissions(at));
  WORKS("attach-bad", "EINVAL: no such segment", SHMAT(-1, NULL, 0));
  WORKS("attach-bad-id", "EINVAL: an id that was never given", SHMAT(0x7fffff00, NULL, 0));
  CHILD(become_user(); WORKS("attach-access", "EACCES: no right to read or write", SHMAT(id, NULL, 0)));
  int shown = shmget(IPC_PRIVATE, P, 0644);
  CHILD(become_user(); WORKS("access-read", "only a right to read: SHM_RDONLY", SHMAT(shown, NULL, SHM_RDONLY)));
  CHILD(become_user(); WORKS("access-write", "EACCES: and to write", SHMAT(shown, NULL, 0)));
  CHILD(limit(RLIMIT_AS, 1 << 20); WORKS("as", "ENOMEM: RLIMIT_AS", SHMAT(shmget(IPC_PRIVATE, 1 << 22, 0600), NULL, 0)));
  shmctl(id, IPC_STAT, &status);
  HOLDS("last", "IPC_STAT tells who was last", status.shm_lpid == getpid() && status.shm_atime > 0);

  PAGE("shmdt(2)", "Detaching");
  ROW("detach", "shmdt", shmdt(again));
  LOAD("detach-gone", "the mapping is gone", again);
  LOAD("detach-other", "others stay", at + P);
  ROW("detach-twice", "EINVAL: where none is attached", shmdt(again));
  ROW("detach-odd", "EINVAL: an address that is not a multiple", shmdt(at + 1));
  ROW("detach-inside", "EINVAL: in the middle of one", shmdt(at + P));
  ROW("detach-other-kind", "EINVAL: other memory", shmdt(map(1, RW, PRIVATE)));
  int counted = shmget(IPC_PRIVATE, 3 * P, 0600);
  char *three = shmat(counted, NULL, 0);
  ROW("munmap", "munmap of all detaches", (munmap(three, 3 * P), attached(counted)));
  three = shmat(counted, NULL, 0);
  munmap(three + P, P);
  ROW("munmap-part", "a hole in it makes two attaches", attached(counted));
  ROW("detach-parts", "shmdt takes both", (shmdt(three), attached(counted)));
  three = shmat(counted, NULL, 0);
  mprotect(three, P, PROT_READ);
  ROW("mprotect-part", "another protection of a part makes two as well", attached(counted));
  shmdt(three);
  three = shmat(counted, NULL, 0), three[0] = 9;
  shmdt(three);
  LOAD("persistent", "a segment that nobody has attached keeps its bytes", shmat(counted, NULL, 0));
  CHILD(char *own = shmat(counted, NULL, 0); own[1] = 8; execl("/proc/self/exe", "shm", "exec", NULL));
  ROW("exec-gone", "execve detaches", attached(counted));
  shmctl(counted, IPC_RMID, NULL), shmctl(id, IPC_RMID, NULL), shmctl(shown, IPC_RMID, NULL);
}

static void control(void) {
  PAGE("shmctl(2)", "Commands");
  int id = shmget(IPC_PRIVATE, P, 0600);
  char *at = shmat(id, NULL, 0);
  at[0] = 3;
  status.shm_perm.uid = 12345, status.shm_perm.gid = 12345, status.shm_perm.mode = 0666;
  ROW("set", "IPC_SET", shmctl(id, IPC_SET, &status));
  shmctl(id, IPC_STAT, &status);
  HOLDS("set-owner", "sets the owner", status.shm_perm.uid == 12345 && status.shm_perm.gid == 12345);
  ROW("set-mode", "and the mode", status.shm_perm.mode);
  HOLDS("set-maker", "not the maker", status.shm_perm.cuid == geteuid());
  CHILD(become_user(); ROW("set-by-owner", "the owner may", shmctl(id, IPC_SET, &status)));
  CHILD(become_user(); ROW("owner-removes", "EPERM: who is neither may not remove", shmctl(shmget(KEY + 5, P, IPC_CREAT | 0600) < 0 ? id : 0x7fffff00, IPC_RMID, NULL)));
  shmctl(shmget(KEY + 5, P, 0), IPC_RMID, NULL);
  int others = shmget(IPC_PRIVATE, P, 0666);
  CHILD(become_user(); ROW("remove-other", "EPERM: IPC_RMID by somebody else", shmctl(others, IPC_RMID, NULL)));
  CHILD(become_user(); ROW("set-other", "EPERM: IPC_SET by somebody else", shmctl(others, IPC_SET, &status)));
  ROW("lock", "SHM_LOCK", shmctl(id, SHM_LOCK, NULL));
  shmctl(id, IPC_STAT, &status);
  HOLDS("lock-mode", "shows as SHM_LOCKED in the mode", (status.shm_perm.mode & SHM_LOCKED) != 0);
  ROW("unlock", "SHM_UNLOCK", shmctl(id, SHM_UNLOCK, NULL));
  CHILD(become_user(); limit(RLIMIT_MEMLOCK, 0); ROW("lock-limit", "EPERM: SHM_LOCK without RLIMIT_MEMLOCK", shmctl(id, SHM_LOCK, NULL)));
  struct shminfo info;
  HOLDS("info", "IPC_INFO gives the highest index", shmctl(0, IPC_INFO, (struct shmid_ds *)&info) >= 0);
  ROW("info-min", "SHMMIN", info.shmmin);
  ROW("info-mni", "SHMMNI", info.shmmni);
  struct shm_info use;
  HOLDS("use", "SHM_INFO gives what is in use", shmctl(0, SHM_INFO, (struct shmid_ds *)&use) >= 0 && use.used_ids >= 2 && use.shm_tot >= 2);
  int found = 0;
  for (int i = 0; i <= shmctl(0, SHM_INFO, (struct shmid_ds *)&use); i++) found += shmctl(i, SHM_STAT, &status) == id;
  ROW("stat-index", "SHM_STAT finds it by its index", found);
  CHILD(become_user(); ROW("stat-access", "EACCES: IPC_STAT without the right to read", shmctl(shmget(IPC_PRIVATE, P, 0), IPC_STAT, &status)));
  ROW("remove", "IPC_RMID of an attached segment", shmctl(id, IPC_RMID, NULL));
  LOAD("remove-load", "it stays until the last has detached", at);
  shmctl(id, IPC_STAT, &status);
  HOLDS("remove-mode", "shown as SHM_DEST", (status.shm_perm.mode & SHM_DEST) != 0);
  HOLDS("remove-attach", "and can still be attached by its id", shmat(id, NULL, 0) != (char *)-1);
  CHILD(ROW("remove-child", "in a child, too", attached(id)));
  munmap(at, P);
  shmdt(at);
  ROW("unknown", "EINVAL: an unknown command", shmctl(others, 77, NULL));
  ROW("bad", "EINVAL: no such segment", shmctl(-1, IPC_STAT, &status));
  ROW("fault", "EFAULT: a buffer that can't be written", shmctl(others, IPC_STAT, (void *)8));
  shmctl(others, IPC_RMID, NULL);
  ROW("gone", "EINVAL: a segment that is gone", shmctl(others, IPC_STAT, &status));
}

int main(int argc, char **argv) {
  if (argc > 1) return 0;
  key = 0x50000000 + getpid() * 16;
  getting();
  attaching();
  control();
  return 0;
}
