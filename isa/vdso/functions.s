# What the kernel gives every program to call without a system call: the code of the vDSO. isa/vdso/image.ts puts an ELF file around it,
# host/kernel/vdsoclock.ts fills the data page that lies one page below:
#
#    0 u32 1: what follows is known; 0: ask the kernel
#    8 u64 what CLOCK_REALTIME is ahead of CLOCK_MONOTONIC, nanoseconds
#
# The `time` CSR counts the nanoseconds of CLOCK_MONOTONIC.

.equ TEXT_OFFSET, 0x800          # of this text in the image
.equ DATA_DISTANCE, 0x1800       # from the data page to this text

.equ CLOCKS, 0x893               # REALTIME MONOTONIC MONOTONIC_RAW BOOTTIME TAI: the coarse ones tick in the kernel
.equ WALL_CLOCKS, 0x801          # of these, REALTIME TAI

.text
text:

# Returns to a5. t5: monotonic nanoseconds, t4: what the wall clock is ahead; t2 = 0: unknown. Uses t6.
read_clock:
    lla t6, text
    li t5, DATA_DISTANCE
    sub t6, t6, t5
    lw t2, 0(t6)
    beqz t2, unknown
    ld t4, 8(t6)
    rdtime t5
unknown:
    jr a5

# int clock_gettime(clockid_t a0, struct timespec *a1)
.balign 4
.globl __vdso_clock_gettime
__vdso_clock_gettime:
    sltiu t0, a0, 12
    beqz t0, ask_clock_gettime
    li t0, 1
    sll t0, t0, a0
    li t1, CLOCKS
    and t1, t1, t0
    beqz t1, ask_clock_gettime
    jal a5, read_clock
    beqz t2, ask_clock_gettime
    li t1, WALL_CLOCKS
    and t1, t1, t0
    beqz t1, monotonic
    add t5, t5, t4
monotonic:
    li t4, 1000000000
    divu t2, t5, t4
    remu t5, t5, t4
    sd t2, 0(a1)
    sd t5, 8(a1)
    li a0, 0
    ret
ask_clock_gettime:
    li a7, 113
    ecall
    ret
clock_gettime_end:

# int gettimeofday(struct timeval *a0, struct timezone *a1)
.balign 4
.globl __vdso_gettimeofday
__vdso_gettimeofday:
    beqz a0, ask_gettimeofday
    bnez a1, ask_gettimeofday
    jal a5, read_clock
    beqz t2, ask_gettimeofday
    add t5, t5, t4
    li t4, 1000
    divu t5, t5, t4
    li t4, 1000000
    divu t2, t5, t4
    remu t5, t5, t4
    sd t2, 0(a0)
    sd t5, 8(a0)
    li a0, 0
    ret
ask_gettimeofday:
    li a7, 169
    ecall
    ret
gettimeofday_end:

# int clock_getres(clockid_t, struct timespec *)
.balign 4
.globl __vdso_clock_getres
__vdso_clock_getres:
    li a7, 114
    ecall
    ret
clock_getres_end:

# int getcpu(unsigned *a0, unsigned *a1, void *): there is one processor, on one node
.balign 4
.globl __vdso_getcpu
__vdso_getcpu:
    beqz a0, 1f
    sw zero, 0(a0)
1:  beqz a1, 2f
    sw zero, 0(a1)
2:  li a0, 0
    ret
getcpu_end:

# int flush_icache(void *start, void *end, unsigned long flags)
.balign 4
.globl __vdso_flush_icache
__vdso_flush_icache:
    li a7, 259
    ecall
    ret
flush_icache_end:

# Where signal handlers return to: never called, so unwinders look for the instruction before it, which therefore belongs to it.
.balign 4
.option push
.option norvc
before_rt_sigreturn:
    nop
.globl __vdso_rt_sigreturn
__vdso_rt_sigreturn:
    li a7, 139
    ecall
rt_sigreturn_end:
.option pop
