# hello: the smallest program. write(1, message, length), exit(0).
#   pagewalk run examples/hello.s

        .equ    SYS_write, 64
        .equ    SYS_exit, 93

        .section .rodata
message:
        .ascii  "Hello from riscv64 assembly\n"
        .equ    LENGTH, . - message

        .text
        .globl  _start
_start:
        li      a0, 1                   # standard output
        la      a1, message
        li      a2, LENGTH
        li      a7, SYS_write
        ecall

        li      a0, 0
        li      a7, SYS_exit
        ecall
