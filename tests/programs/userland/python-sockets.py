#!/usr/bin/python3
"""Python's socket module: pairs, TCP and UDP over loopback, AF_UNIX with a descriptor sent along, a refused connection."""
import os, socket, threading

a, b = socket.socketpair()
a.sendall(b'pair')
print(b.recv(10))
a.close()
print(b.recv(10))
server = socket.create_server(('127.0.0.1', 0))
port = server.getsockname()[1]
def serve():
    connection, _ = server.accept()
    with connection:
        while data := connection.recv(100):
            connection.sendall(data.upper())
thread = threading.Thread(target=serve)
thread.start()
with socket.create_connection(('127.0.0.1', port)) as client:
    client.sendall(b'hello over tcp')
    client.shutdown(socket.SHUT_WR)
    print(b''.join(iter(lambda: client.recv(100), b'')))
thread.join()
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(('127.0.0.1', 0))
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.sendto(b'datagram', udp.getsockname())
print(udp.recvfrom(100)[0])
unix = socket.socket(socket.AF_UNIX)
unix.bind('/tmp/sock')
unix.listen()
c = socket.socket(socket.AF_UNIX)
c.connect('/tmp/sock')
s, _ = unix.accept()
with open('/tmp/passed', 'w') as f:
    socket.send_fds(c, [b'fd'], [f.fileno()])
_, fds, _, _ = socket.recv_fds(s, 10, 1)
os.write(fds[0], b'through a socket')
print(open('/tmp/passed').read())
try:
    socket.create_connection(('127.0.0.1', 1))
except ConnectionRefusedError as error:
    print(error.errno)
