// A file behind HTTP, mapped: only the pages that are touched are fetched.
import { createServer } from 'node:http';
import { assemble, Machine, pagedMemory, RemoteFile } from 'pagewalk';

const file = new Uint8Array(10 << 20).map((_, i) => i >> 12);
const server = createServer(({ method, headers }, response) => {
  const [from, to] = (headers.range ?? 'bytes=0-').slice(6).split('-').map(Number);
  response.writeHead(method === 'HEAD' ? 200 : 206, { 'content-length': method === 'HEAD' ? file.length : to + 1 - from });
  response.end(method === 'HEAD' ? undefined : file.subarray(from, to + 1));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));

const { elf } = assemble(`
_start: li a0, -100; la a1, path; li a2, 0; li a7, 56; ecall               # openat
        mv a4, a0; li a0, 0; li a1, 10485760; li a2, 1; li a3, 1; li a5, 0; li a7, 222; ecall   # mmap
        li t0, 0x5000; add t0, a0, t0; lbu s0, 0(t0)
        li t0, 0x64000; add t0, a0, t0; lbu s1, 5(t0); lbu s2, 6(t0)
        add a0, s0, s1; li a7, 93; ecall
.data
path:   .asciz "/dev/remote"`);

const remote = await RemoteFile.open(`http://127.0.0.1:${server.address().port}/`);
const machine = await Machine.create({ files: { '/program': elf }, devices: { '/dev/remote': { memory: pagedMemory(remote) } } });
const { exitCode } = await machine.run('/program');
console.log(exitCode, `${remote.bytesFetched} of ${remote.sizeBytes} bytes`);
await machine.close();
server.close();
