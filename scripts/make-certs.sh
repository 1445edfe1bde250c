#!/usr/bin/env bash
# Makes the certificates in test/support/certs again. They are committed, so this is only needed to change
# them. Needs openssl (>= 3.0) and keytool (any JDK): Java only trusts a PKCS12 entry which carries an
# attribute that keytool writes and openssl 3.0 cannot.
#
# usage: scripts/make-certs.sh [output directory]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=${1:-$root/test/support/certs}
password=changeit
# Fixed dates, so that a machine whose clock is a little behind does not find a certificate "not yet valid".
from=20200101000000Z
to=21200101000000Z

command -v openssl >/dev/null || { echo "make-certs: openssl is missing" >&2; exit 1; }
command -v keytool >/dev/null || { echo "make-certs: keytool is missing (install a JDK or JRE)" >&2; exit 1; }

work=$(mktemp -d)
trap 'status=$?; [ $status = 0 ] || cat "$work/log" >&2; rm -rf "$work"' EXIT
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$work"

export AUTHORITY=$work

cat > ca.cnf <<'CNF'
[ca]
default_ca = authority
[authority]
database = $ENV::AUTHORITY/index.txt
new_certs_dir = $ENV::AUTHORITY
rand_serial = yes
default_md = sha256
policy = names
unique_subject = no
[names]
commonName = supplied
[req]
distinguished_name = subject
prompt = no
[subject]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
[wrongname]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:elsewhere.example
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
CNF

request() { # file common-name
  openssl req -new -config ca.cnf -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -subj "/CN=$2" -keyout "$1.key" -out "$1.csr" 2>>"$work/log"
}

sign() { # file section authority from to
  AUTHORITY=$work/$3.d openssl ca -batch -notext -config ca.cnf -extensions "$2" -startdate "$4" -enddate "$5" \
    -cert "$3.pem" -keyfile "$3.key" -in "$1.csr" -out "$1.pem" 2>>"$work/log"
}

authority() { # file common-name
  mkdir "$1.d" && : > "$1.d/index.txt"
  request "$1" "$2"
  AUTHORITY=$work/$1.d openssl ca -batch -notext -selfsign -config ca.cnf -extensions root \
    -startdate "$from" -enddate "$to" -keyfile "$1.key" -in "$1.csr" -out "$1.pem" 2>>"$work/log"
}

authority ca 'stompwire test CA'
authority other-ca 'stompwire other test CA'

request server localhost;            sign server server ca "$from" "$to"
request client 'stompwire client';   sign client client ca "$from" "$to"
request expired localhost;           sign expired server ca 20200101000000Z 20200102000000Z
request wrong-name elsewhere.example; sign wrong-name wrongname ca "$from" "$to"
request unknown-ca localhost;        sign unknown-ca server other-ca "$from" "$to"
request unknown-client 'stompwire unknown client'; sign unknown-client client other-ca "$from" "$to"

for name in server expired wrong-name unknown-ca; do
  openssl pkcs12 -export -in "$name.pem" -inkey "$name.key" -name "$name" -passout "pass:$password" -out "$name.p12"
done
keytool -importcert -noprompt -alias ca -file ca.pem -keystore trust.p12 -storetype PKCS12 \
  -storepass "$password" 2>>"$work/log"

for name in server expired wrong-name client; do openssl verify -no_check_time -CAfile ca.pem "$name.pem" >/dev/null; done
for name in unknown-ca unknown-client; do openssl verify -CAfile other-ca.pem "$name.pem" >/dev/null; done

# The keys of the two authorities are thrown away: nothing can be signed with them afterwards.
install -m 644 ca.pem other-ca.pem trust.p12 "$out"
for name in server client expired wrong-name unknown-ca unknown-client; do install -m 644 "$name.pem" "$name.key" "$out"; done
for name in server expired wrong-name unknown-ca; do install -m 644 "$name.p12" "$out"; done
echo "certificates written to $out"
