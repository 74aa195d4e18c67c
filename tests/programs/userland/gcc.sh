#!/bin/sh
# gcc-14 and binutils compile, assemble, link, inspect and run, driven by make.
set -e; mkdir /tmp/p; cd /tmp/p
cat >hello.c <<'END'
#include <stdio.h>
#include "part.h"
int main(void) { printf("hello from a compiler inside the machine: %d %.3f\n", factorial(10), mean(3)); return 0; }
END
cat >part.h <<'END'
int factorial(int n); double mean(int n);
END
cat >part.c <<'END'
#include "part.h"
int factorial(int n) { return n < 2 ? 1 : n * factorial(n - 1); }
double mean(int n) { double s = 0; for (int i = 1; i <= n; i++) s += 1.0 / i; return s / n; }
END
printf 'CC = gcc-14\nCFLAGS = -O2 -Wall\nhello: hello.o part.o\n\t$(CC) -o $@ $^\n%%.o: %%.c part.h\n\t$(CC) $(CFLAGS) -c -o $@ $<\nclean:\n\trm -f *.o hello\n.PHONY: clean\n' >Makefile
make -j2 --output-sync 2>&1 | sort; ./hello; make; touch -d '2001-01-01' hello.o; make -n 2>/dev/null | head -1
size part.o | tail -1 | tr -s ' \t' ' '; nm part.o; readelf -h hello | grep -E 'Machine|Type'; objdump -d part.o --disassemble=factorial | tail -n +7 | head -4 | tr -s ' \t' ' '; strip hello; ./hello; ar rcs libpart.a part.o; ar t libpart.a
echo 'int main(void) { return x; }' >bad.c; gcc-14 -c bad.c 2>&1 | head -2; gcc-14 -O1 -S -o - part.c | grep -c factorial; gcc-14 -static -o static hello.c -L. -lpart && ./static; echo 'int main(){return 42;}' | gcc-14 -x c - -o ret; ./ret || echo "status $?"
