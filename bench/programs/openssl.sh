#!/bin/sh
# openssl: digests and ciphers over 2.7 MB, key derivation, elliptic curves.
set -e; cd /tmp; seq 1 400000 >data
for d in md5 sha1 sha256 sha512 sha3-256 blake2b512; do openssl dgst -$d data; done
for c in aes-128-cbc aes-256-ctr chacha20; do openssl enc -$c -K 000102030405060708090a0b0c0d0e0f -iv 000102030405060708090a0b0c0d0e0f -in data 2>/dev/null | openssl dgst -sha256; done
openssl kdf -keylen 16 -kdfopt digest:SHA256 -kdfopt pass:secret -kdfopt salt:salt -kdfopt iter:60000 PBKDF2
openssl genpkey -algorithm ed25519 -out key.pem
for i in 1 2 3; do openssl pkeyutl -sign -rawin -inkey key.pem -in key.pem -out signature; done; wc -c <signature
