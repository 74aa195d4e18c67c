/* membarrier(2). */
#include "mapping.h"
#include <linux/membarrier.h>

#define MEMBARRIER(...) syscall(SYS_membarrier, __VA_ARGS__)

int main(void) {
  PAGE("membarrier(2)", "Commands");
  long known = MEMBARRIER(MEMBARRIER_CMD_QUERY, 0, 0);
  HOLDS("query", "MEMBARRIER_CMD_QUERY tells what there is", known > 0);
  HOLDS("query-global", "MEMBARRIER_CMD_GLOBAL is there", (known & MEMBARRIER_CMD_GLOBAL) != 0);
  HOLDS("query-private", "and the private expedited ones", (known & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0);
  HOLDS("query-sync", "and those that synchronize instructions", (known & MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE) != 0);
  HOLDS("query-registrations", "and the question for registrations", (known & 512) != 0);
  ROW("registrations", "nothing is registered at first", MEMBARRIER(512, 0, 0));
  ROW("global", "MEMBARRIER_CMD_GLOBAL", MEMBARRIER(MEMBARRIER_CMD_GLOBAL, 0, 0));
  ROW("global-expedited", "MEMBARRIER_CMD_GLOBAL_EXPEDITED needs no registration of the caller", MEMBARRIER(MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0));
  ROW("global-register", "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED", MEMBARRIER(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0));
  ROW("private-early", "EPERM: MEMBARRIER_CMD_PRIVATE_EXPEDITED before it is registered", MEMBARRIER(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
  ROW("private-register", "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED", MEMBARRIER(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
  ROW("private", "MEMBARRIER_CMD_PRIVATE_EXPEDITED", MEMBARRIER(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
  ROW("register-twice", "registering twice is no error", MEMBARRIER(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
  ROW("sync-early", "EPERM: ..._SYNC_CORE before it is registered", MEMBARRIER(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0));
  ROW("sync-register", "registering it", MEMBARRIER(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0));
  ROW("sync", "..._SYNC_CORE", MEMBARRIER(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0));
  ROW("registered", "what is registered now", MEMBARRIER(512, 0, 0));
  CHILD(ROW("child", "a child is registered as its parent", MEMBARRIER(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0)));
  ROW("unknown", "EINVAL: an unknown command", MEMBARRIER(1 << 20, 0, 0));
  ROW("negative", "EINVAL: a negative one", MEMBARRIER(-1, 0, 0));
  ROW("two", "EINVAL: two at once", MEMBARRIER(MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0));
  ROW("flags", "EINVAL: unknown flags", MEMBARRIER(MEMBARRIER_CMD_GLOBAL, 2, 0));
  ROW("flags-query", "EINVAL: flags with a question", MEMBARRIER(MEMBARRIER_CMD_QUERY, 1, 0));
  ROW("flags-private", "EINVAL: a processor without MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ", MEMBARRIER(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 1, 0));
  return 0;
}
