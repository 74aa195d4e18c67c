#!/bin/sh
# openssl: digests, ciphers, key generation, signatures, certificates.
set -e; cd /tmp; seq 1 5000 >data
for d in md5 sha1 sha256 sha512 sha3-256 blake2b512; do openssl dgst -$d data; done
openssl enc -aes-256-cbc -pbkdf2 -iter 1000 -pass pass:secret -S 0102030405060708 -in data -out data.enc; sha256sum data.enc; openssl enc -d -aes-256-cbc -pbkdf2 -iter 1000 -pass pass:secret -S 0102030405060708 -in data.enc | cmp - data && echo decrypted
openssl enc -chacha20 -K 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff -iv 00000000000000000000000000000001 -in data | sha256sum
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa.pem; openssl rsa -in rsa.pem -check -noout; openssl pkey -in rsa.pem -pubout -out rsa.pub; openssl dgst -sha256 -sign rsa.pem -out sig data; openssl dgst -sha256 -verify rsa.pub -signature sig data
openssl genpkey -algorithm ED25519 -out ed.pem; openssl pkeyutl -sign -inkey ed.pem -rawin -in data -out ed.sig; openssl pkeyutl -verify -inkey ed.pem -rawin -in data -sigfile ed.sig; openssl ecparam -name prime256v1 -genkey -noout -out ec.pem; openssl ec -in ec.pem -text -noout 2>/dev/null | tail -2
openssl req -x509 -key ec.pem -subj /CN=pagewalk -days 1 -out cert.pem; openssl x509 -in cert.pem -noout -subject; openssl rand -hex 8 | wc -c; openssl prime 1000003; echo -n abc | openssl base64
