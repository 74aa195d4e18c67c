/* proc(5): maps, smaps, smaps_rollup, status, statm, pagemap, map_files, mem, meminfo. */
#include "mapping.h"

static char *file_part, text[512];

static int count_lines(const char *path) {
  FILE *file = fopen(path, "r");
  int lines = 0, c;
  while (file != NULL && (c = fgetc(file)) != EOF) lines += c == '\n';
  if (file != NULL) fclose(file);
  return lines;
}

static int has_text(const char *path, const char *wanted) {
  FILE *file = fopen(path, "r");
  char line[512];
  int found = 0;
  while (file != NULL && fgets(line, sizeof line, file)) found |= strstr(line, wanted) != NULL;
  if (file != NULL) fclose(file);
  return found;
}

static uint64_t pagemap_of(void *address) {
  uint64_t entry = 0;
  int fd = open("/proc/self/pagemap", O_RDONLY);
  pread(fd, &entry, 8, (unsigned long)address / P * 8);
  close(fd);
  return entry;
}

static void maps(void) {
  PAGE("proc(5)", "/proc/PID/maps");
  int fd = file_of("data", 4);
  file_part = mmap(NULL, 2 * P, RW, MAP_SHARED, fd, P);
  maps_line(file_part, text, sizeof text);
  unsigned long start, end, offset, inode;
  unsigned major, minor;
  char mode[8] = {0}, name[256] = {0};
  int fields = sscanf(text, "%lx-%lx %7s %lx %x:%x %lu %255s", &start, &end, mode, &offset, &major, &minor, &inode, name);
  struct stat status;
  fstat(fd, &status);
  ROW("fields", "a file's mapping has so many fields", fields);
  HOLDS("range", "start and end", start == (unsigned long)file_part && end == start + 2 * P);
  SAYS("mode", "permissions, s for shared", mode);
  ROW("offset", "the offset in bytes", offset);
  HOLDS("inode", "the inode's number", inode == status.st_ino);
  HOLDS("device", "and its device", (major << 8 | minor) == (status.st_dev & 0xfffff));
  HOLDS("name", "the path of the file", name[0] == '/' && !strcmp(strrchr(name, '/'), "/data"));
  HOLDS("column", "names begin in column 73", strchr(text, '/') == text + 73);
  unlink("data");
  HOLDS("deleted", "of one that was unlinked: (deleted)", strstr(maps_line(file_part, text, sizeof text), "data (deleted)") != NULL);
  SAYS("private", "a private anonymous mapping", permissions(map(1, RW, PRIVATE)));
  char *own = map(1, RW, PRIVATE);
  sscanf(maps_line(own, text, sizeof text), "%*s %*s %lx %x:%x %lu", &offset, &major, &minor, &inode);
  HOLDS("anonymous", "has offset, device and inode 0", offset == 0 && major == 0 && minor == 0 && inode == 0);
  HOLDS("shared", "a shared anonymous one is called /dev/zero (deleted)", strstr(maps_line(map(1, RW, SHARED), text, sizeof text), "/dev/zero (deleted)") != NULL);
  HOLDS("heap", "there is a [heap]", (free(malloc(100)), sbrk(P) != NULL && has_text("/proc/self/maps", "[heap]")));
  HOLDS("stack", "a [stack]", has_text("/proc/self/maps", "[stack]"));
  HOLDS("stack-mine", "in which local variables are", strstr(maps_line(&fd, text, sizeof text), "[stack]") != NULL);
  HOLDS("vdso", "a [vdso]", has_text("/proc/self/maps", "[vdso]"));
  HOLDS("vvar", "a [vvar]", has_text("/proc/self/maps", "[vvar]"));
  snprintf(text, sizeof text, "/proc/%d/task/%d/maps", getpid(), getpid());
  HOLDS("task", "a thread's maps are the process's", count_lines(text) == count_lines("/proc/self/maps"));
  char *sorted = NULL;
  FILE *file = fopen("/proc/self/maps", "r");
  int ordered = 1;
  while (fgets(text, sizeof text, file)) {
    ordered &= strtoul(text, NULL, 16) >= (unsigned long)sorted;
    sorted = (char *)strtoul(text, NULL, 16);
  }
  fclose(file);
  HOLDS("sorted", "mappings are in the order of their addresses", ordered);
  WORKS("write", "EACCES or EPERM: it can't be written", (long)(chdir("/proc/self") == 0 ? open("maps", O_WRONLY) : -2));
  snprintf(text, sizeof text, "/proc/self/map_files/%lx-%lx", start, end);
  HOLDS("map-files", "map_files has a link for a file's mapping", readlink(text, name, sizeof name) > 0);
  int again = open(text, O_RDONLY);
  ROW("map-files-open", "which opens the file, though it has no name", byte_of(again, 3 * P));
  CHILD(become_user(); int pid = getppid(); snprintf(text, sizeof text, "/proc/%d/maps", pid); WORKS("other", "EACCES: maps of another user's process", open(text, O_RDONLY)));
  int pid = fork();
  if (pid == 0) _exit(0);
  siginfo_t info;
  waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
  snprintf(text, sizeof text, "/proc/%d/maps", pid);
  ROW("zombie", "of a process that has ended: lines", count_lines(text));
  waitpid(pid, NULL, 0);
}

static void smaps(void) {
  PAGE("proc(5)", "/proc/PID/smaps");
  char *at = map(8, RW, PRIVATE), *shared = map(4, RW, SHARED);
  memset(at, 1, 3 * P);
  ROW("size", "Size in kB", smaps_kb(at, "Size"));
  ROW("page-size", "KernelPageSize", smaps_kb(at, "KernelPageSize"));
  ROW("mmu-page-size", "MMUPageSize", smaps_kb(at, "MMUPageSize"));
  ROW("rss", "Rss: what is there", smaps_kb(at, "Rss"));
  ROW("pss", "Pss: all of it, used by one process", smaps_kb(at, "Pss"));
  ROW("pss-dirty", "Pss_Dirty", smaps_kb(at, "Pss_Dirty"));
  ROW("private-dirty", "Private_Dirty", smaps_kb(at, "Private_Dirty"));
  ROW("smaps-anonymous", "Anonymous", smaps_kb(at, "Anonymous"));
  ROW("huge", "AnonHugePages", smaps_kb(at, "AnonHugePages"));
  ROW("swap", "Swap", smaps_kb(at, "Swap"));
  ROW("swap-pss", "SwapPss", smaps_kb(at, "SwapPss"));
  ROW("locked", "Locked", smaps_kb(at, "Locked"));
  ROW("lazy", "LazyFree", smaps_kb(at, "LazyFree"));
  volatile char zero = at[5 * P];
  ROW("zero", "a page that was only read is no memory of the process", smaps_kb(at, "Rss"));
  HOLDS("flags", "VmFlags: rd wr mr mw me", vm_flag(at, "rd") && vm_flag(at, "wr") && vm_flag(at, "mr") && vm_flag(at, "mw") && vm_flag(at, "me"));
  HOLDS("flags-private", "no sh for a private mapping", !vm_flag(at, "sh"));
  HOLDS("flags-shared", "sh and ms for a shared one", vm_flag(shared, "sh") && vm_flag(shared, "ms"));
  HOLDS("flags-account", "ac for memory that counts", vm_flag(at, "ac"));
  memset(shared, 1, 2 * P);
  ROW("shmem-rss", "shared memory: Rss", smaps_kb(shared, "Rss"));
  ROW("shmem-anonymous", "none of it Anonymous", smaps_kb(shared, "Anonymous"));
  CHILD(ROW("child-rss", "in a child a private mapping has its parent's pages", smaps_kb(at, "Rss"));
        ROW("child-pss", "of which it uses half", smaps_kb(at, "Pss"));
        ROW("child-shared", "Shared_Dirty", smaps_kb(at, "Shared_Dirty"));
        ROW("child-shmem", "but of shared memory only what it has touched", smaps_kb(shared, "Rss"));
        at[0] = 2;
        ROW("child-copied", "Private_Dirty after one store", smaps_kb(at, "Private_Dirty")));
  madvise(at, P, MADV_DONTNEED);
  ROW("dontneed", "after MADV_DONTNEED of a page", smaps_kb(at, "Rss"));
  int fd = file_of("data2", 4);
  char *file = mmap(NULL, 4 * P, RW, MAP_SHARED, fd, 0), *reading = mmap(NULL, 4 * P, PROT_READ, MAP_PRIVATE, fd, 0);
  file[0] = 1;
  for (int i = 0; i < 4; i++) zero = reading[i * P];
  ROW("file-rss", "a private mapping of a file that was read", smaps_kb(reading, "Rss"));
  ROW("file-anonymous", "Anonymous", smaps_kb(reading, "Anonymous"));
  HOLDS("rollup", "smaps_rollup sums them up", has_text("/proc/self/smaps_rollup", "[rollup]"));
  HOLDS("rollup-rss", "with Rss", has_text("/proc/self/smaps_rollup", "Rss:"));
}

static void others(void) {
  PAGE("proc(5)", "status, statm, pagemap, mem, meminfo, clear_refs");
  char *at = map(8, RW, PRIVATE);
  long size = status_of("VmSize"), peak = status_of("VmPeak"), data = status_of("VmData");
  char *more = mmap(NULL, 256 * P, RW, PRIVATE, -1, 0);
  ROW("vmsize", "VmSize grows by a mapping's length", status_of("VmSize") - size);
  ROW("vmdata", "VmData, too, when it is private and writable", status_of("VmData") - data);
  munmap(more, 256 * P);
  ROW("vmsize-back", "and shrinks again", status_of("VmSize") - size);
  HOLDS("vmpeak", "VmPeak does not", status_of("VmPeak") >= peak && status_of("VmPeak") >= size + 1024);
  long rss = status_of("RssAnon");
  HOLDS("status-rss", "VmRSS is RssAnon, RssFile and RssShmem", status_of("VmRSS") == rss + status_of("RssFile") + status_of("RssShmem"));
  HOLDS("hwm", "VmHWM is the largest so far", status_of("VmHWM") >= status_of("VmRSS"));
  ROW("status-swap", "VmSwap", status_of("VmSwap"));
  HOLDS("pte", "VmPTE: page tables", status_of("VmPTE") > 0);
  HOLDS("stk", "VmStk, VmExe", status_of("VmStk") > 0 && status_of("VmExe") > 0);
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  int fields = fscanf(file, "%ld %*d %*d %*d %*d %*d %*d", &pages);
  fclose(file);
  HOLDS("statm", "statm begins with VmSize in pages", fields == 1 && pages * 4 == status_of("VmSize"));
  at[0] = 1;
  HOLDS("pagemap", "pagemap: bit 63 of a page that is there", (pagemap_of(at) >> 63) == 1);
  HOLDS("pagemap-absent", "not of one that is not", (pagemap_of(at + P) >> 63) == 0);
  HOLDS("pagemap-exclusive", "bit 56: nobody else maps it", (pagemap_of(at) >> 56 & 1) == 1);
  HOLDS("pagemap-file", "bit 61 is for files and shared memory", (pagemap_of(at) >> 61 & 1) == 0 && ({ char *s = map(1, RW, SHARED); s[0] = 1; pagemap_of(s) >> 61 & 1; }));
  CHILD(HOLDS("pagemap-fork", "after fork a page is no longer exclusive", (pagemap_of(at) >> 56 & 1) == 0));
  CHILD(become_user(); HOLDS("pagemap-user", "frame numbers are hidden from ordinary users", (pagemap_of(at) & ((1UL << 55) - 1)) == 0));
  int mem = open("/proc/self/mem", O_RDWR);
  strcpy(at, "hello");
  char buffer[8] = {0};
  ROW("mem-read", "mem can be read at an address", pread(mem, buffer, 5, (off_t)at));
  HOLDS("mem-bytes", "and gives the bytes", !strcmp(buffer, "hello"));
  ROW("mem-write", "and written", pwrite(mem, "H", 1, (off_t)at));
  LOAD("mem-written", "which the process sees", at);
  mprotect(at, P, PROT_READ);
  ROW("mem-protected", "even where it may only read itself", pwrite(mem, "J", 1, (off_t)at));
  LOAD("mem-protected-load", "as a load shows", at);
  ROW("mem-none", "and where it may not even do that", (mprotect(at, P, PROT_NONE), pread(mem, buffer, 1, (off_t)at)));
  ROW("mem-unmapped", "EIO: nothing is mapped there", pread(mem, buffer, 1, (off_t)room(1)));
  HOLDS("meminfo", "meminfo has MemTotal, MemFree, MemAvailable, Cached, Shmem",
        has_text("/proc/meminfo", "MemTotal:") && has_text("/proc/meminfo", "MemFree:") && has_text("/proc/meminfo", "MemAvailable:") &&
            has_text("/proc/meminfo", "Cached:") && has_text("/proc/meminfo", "Shmem:"));
  int clear = open("/proc/self/clear_refs", O_WRONLY);
  ROW("clear-refs", "clear_refs: 1", write(clear, "1", 1));
  ROW("clear-refs-5", "5: VmHWM begins anew", write(clear, "5", 1));
  ROW("clear-refs-bad", "EINVAL: others", write(clear, "9", 1));
  struct rusage before, after;
  char *fresh = map(64, RW, PRIVATE);
  getrusage(RUSAGE_SELF, &before);
  for (int i = 0; i < 64; i++) fresh[i * P] = 1;
  getrusage(RUSAGE_SELF, &after);
  HOLDS("minflt", "getrusage counts minor faults", after.ru_minflt - before.ru_minflt >= 64);
  HOLDS("majflt", "of which none is major", after.ru_majflt == before.ru_majflt);
}

int main(void) {
  maps();
  chdir("/proc");
  if (chdir("/tmp") == 0) smaps();
  others();
  return 0;
}
