/* Mode and text of files of /proc/self: "NAME MODE", the text, "--". */
#include "check.h"

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    char path[100], text[500];
    struct stat st;
    snprintf(path, sizeof path, "/proc/self/%s", argv[i]);
    if (stat(path, &st) < 0) return 1;
    int fd = open(path, O_RDONLY);
    int got = read(fd, text, sizeof text);
    printf("%s %o\n%.*s--\n", argv[i], st.st_mode & 0777, got < 0 ? 0 : got, text);
    close(fd);
  }
  return 0;
}
