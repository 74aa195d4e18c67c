/* `netcat serve PORT COUNT` answers so many connections with what they send, in capitals; `netcat ask ADDRESS PORT TEXT` asks. */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char b[100000];

int main(int argc, char **argv) {
  struct sockaddr_in a = {AF_INET};
  int s = socket(AF_INET, SOCK_STREAM, 0), n;
  if (argc == 4 && strcmp(argv[1], "serve") == 0) {
    a.sin_port = htons(atoi(argv[2]));
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 5)) return perror("netcat"), 1;
    for (int count = atoi(argv[3]); count > 0; count--) {
      int c = accept(s, NULL, NULL);
      while ((n = read(c, b, sizeof b)) > 0) {
        for (int i = 0; i < n; i++) b[i] = toupper(b[i]);
        if (write(c, b, n) != n) return perror("netcat"), 1;
      }
      close(c);
    }
    return 0;
  }
  inet_pton(AF_INET, argv[2], &a.sin_addr);
  a.sin_port = htons(atoi(argv[3]));
  if (connect(s, (struct sockaddr *)&a, sizeof a)) return perror("netcat"), 1;
  write(s, argv[4], strlen(argv[4]));
  shutdown(s, SHUT_WR);
  while ((n = read(s, b, sizeof b)) > 0) fwrite(b, 1, n, stdout);
  if (n < 0) return perror("netcat"), 1;
  puts("");
  return 0;
}
