/*
 * LMDB, a database that is a mapped file, by its library: `lmdb DB write N FLAGS` makes N transactions of five keys and tells of each when
 * it is safe; `lmdb DB check FLAGS` says what is there, and makes one more.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct { size_t size; void *data; } Value;
enum { NOSUBDIR = 0x4000, CREATE = 0x40000, KEYS = 5 };

static int (*env_create)(void **), (*env_set_mapsize)(void *, size_t), (*env_open)(void *, const char *, unsigned, unsigned);
static int (*txn_begin)(void *, void *, unsigned, void **), (*txn_commit)(void *), (*dbi_open)(void *, const char *, unsigned, unsigned *);
static int (*put)(void *, unsigned, Value *, Value *, unsigned), (*get)(void *, unsigned, Value *, Value *);
static void (*txn_abort)(void *), (*env_close)(void *);
static char *(*text_of)(int);

static void *function(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (found == NULL) printf("no %s\n", name), exit(2);
  return found;
}

static void require(const char *what, int error) {
  if (error != 0) printf("%s: %s\n", what, text_of(error)), exit(1);
}

static char contents(int number, int key, size_t at) {
  return 'a' + (number * 31 + key * 7 + at) % 26;
}

/* Values of several lengths, some of pages of their own. */
static size_t length_of(int number, int key) {
  return 50 + (number * 977 + key * 1301) % 6000;
}

static void store(void *env, unsigned dbi, int number) {
  static char bytes[8192];
  void *txn;
  require("begin", txn_begin(env, NULL, 0, &txn));
  for (int key = 0; key < KEYS; key++) {
    char name[32];
    Value k = {snprintf(name, sizeof name, "%d key of %05d", key, number), name}, v = {length_of(number, key), bytes};
    for (size_t i = 0; i < v.size; i++) bytes[i] = contents(number, key, i);
    require("put", put(txn, dbi, &k, &v, 0));
  }
  char count[16];
  Value k = {4, "last"}, v = {snprintf(count, sizeof count, "%d", number), count};
  require("put", put(txn, dbi, &k, &v, 0));
  require("commit", txn_commit(txn));
}

/* The number of the last transaction: it and all before it are whole, and nothing is there of others. */
static int check(void *env, unsigned dbi) {
  void *txn;
  require("begin", txn_begin(env, NULL, 0, &txn));
  Value k = {4, "last"}, v;
  int last = get(txn, dbi, &k, &v) == 0 ? atoi(strndup(v.data, v.size)) : 0;
  for (int number = 1; number <= last + 1; number++) {
    for (int key = 0; key < KEYS; key++) {
      char name[32];
      Value name_of = {snprintf(name, sizeof name, "%d key of %05d", key, number), name};
      int found = get(txn, dbi, &name_of, &v) == 0;
      if (found != (number <= last)) printf("%s: %s\n", name, found ? "there" : "missing"), exit(1);
      if (!found) continue;
      if (v.size != length_of(number, key)) printf("%s: %zu bytes\n", name, v.size), exit(1);
      for (size_t i = 0; i < v.size; i++)
        if (((char *)v.data)[i] != contents(number, key, i)) printf("%s: torn at %zu\n", name, i), exit(1);
    }
  }
  txn_abort(txn);
  return last;
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  void *library = dlopen("liblmdb.so.0", RTLD_NOW), *env, *txn;
  unsigned dbi;
  if (library == NULL || argc < 4) return printf("%s\n", dlerror()), 2;
  env_create = function(library, "mdb_env_create"), env_set_mapsize = function(library, "mdb_env_set_mapsize");
  env_open = function(library, "mdb_env_open"), env_close = function(library, "mdb_env_close");
  txn_begin = function(library, "mdb_txn_begin"), txn_commit = function(library, "mdb_txn_commit");
  txn_abort = function(library, "mdb_txn_abort");
  dbi_open = function(library, "mdb_dbi_open"), put = function(library, "mdb_put"), get = function(library, "mdb_get");
  text_of = function(library, "mdb_strerror");
  int writes = !strcmp(argv[2], "write");
  unsigned flags = strtoul(argv[writes ? 4 : 3], NULL, 0) | NOSUBDIR;
  require("create", env_create(&env));
  require("mapsize", env_set_mapsize(env, 1 << 20));
  require("open", env_open(env, argv[1], flags, 0600));
  require("begin", txn_begin(env, NULL, 0, &txn));
  require("dbi", dbi_open(txn, NULL, 0, &dbi));
  require("commit", txn_commit(txn));
  if (!writes) {
    int last = check(env, dbi);
    store(env, dbi, last + 1);
    if (check(env, dbi) != last + 1) return printf("the next transaction is lost\n"), 1;
    printf("last %d whole\n", last);
  } else {
    // That the file has a name is for its user to make safe: LMDB syncs files only.
    int folder = open(".", O_RDONLY);
    if (fsync(folder) != 0) return perror("fsync"), 1;
    for (int number = 1; number <= atoi(argv[3]); number++) store(env, dbi, number), printf("commit %d\n", number);
  }
  env_close(env);
  return 0;
}
