#!/bin/sh
# Check the certificate in the directory $1: it is signed by the CA whose file has the SHA-256 digest
# $2, is valid for $3 more seconds, and has the alternative names $4 (such as `DNS:a,IP:b`).
set -eu
cd "$1"
[ "$(sha256sum <ca.pem)" = "$2  -" ]
openssl verify -CAfile ca.pem certificate.pem
openssl x509 -in certificate.pem -noout -checkend "$3"
names=$(openssl x509 -in certificate.pem -noout -ext subjectAltName | tail -n 1 | sed 's/ //g; s/IPAddress:/IP:/g')
[ "$names" = "$4" ]
