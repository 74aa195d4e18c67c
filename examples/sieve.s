# sieve: primes below 10,000 with a byte each in .bss; the count is printed in decimal.
#   pagewalk run examples/sieve.s

        .equ    LIMIT, 10000
        .equ    SYS_write, 64
        .equ    SYS_exit, 93

        .text
        .globl  _start
_start:
        la      s0, composite           # s0: base of the flags
        li      s1, LIMIT
        li      s2, 0                   # s2: primes found
        li      t0, 2                   # t0: candidate
1:      add     t1, s0, t0
        lbu     t2, 0(t1)
        bnez    t2, 3f
        addi    s2, s2, 1
        mul     t3, t0, t0              # strike out from its square on
2:      bgeu    t3, s1, 3f
        add     t4, s0, t3
        li      t5, 1
        sb      t5, 0(t4)
        add     t3, t3, t0
        j       2b
3:      addi    t0, t0, 1
        bltu    t0, s1, 1b

        la      a1, digits_end          # s2 in decimal, written backwards
        li      t0, 10
4:      remu    t1, s2, t0
        divu    s2, s2, t0
        addi    t1, t1, '0'
        addi    a1, a1, -1
        sb      t1, 0(a1)
        bnez    s2, 4b

        la      a2, message_end
        sub     a2, a2, a1
        li      a0, 1
        li      a7, SYS_write
        ecall
        li      a0, 0
        li      a7, SYS_exit
        ecall

        .data
        .zero   8
digits_end:
        .ascii  " primes below ten thousand\n"
message_end:

        .bss
composite:
        .zero   LIMIT
