#!/usr/bin/env bash
# Makes a certificate authority and certificates for a cluster in a folder.
#
#   make-certs.sh FOLDER ca                        ca.crt, ca.key (kept when they are there)
#   make-certs.sh FOLDER member NAME HOST[,HOST…]  NAME.crt, NAME.key: server and client use, for the member's listeners and its peers
#   make-certs.sh FOLDER client NAME               NAME.crt, NAME.key: client use, common name NAME
#
# Keys are P-256. Validity is in days: KVSTORE_CERT_DAYS (365).
set -euo pipefail

folder=${1:?"usage: make-certs.sh FOLDER ca|member|client ..."}
kind=${2:?"usage: make-certs.sh FOLDER ca|member|client ..."}
days=${KVSTORE_CERT_DAYS:-365}

command -v openssl >/dev/null 2>&1 || { echo "make-certs.sh: openssl is not installed" >&2; exit 1; }
umask 077
mkdir -p "$folder"
cd "$folder"

new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1" 2>/dev/null; }

# $1 = name, $2 = extended key usage, $3 = subject alternative names ("" for none)
issue() {
  local extensions
  extensions=$(mktemp)
  {
    echo "basicConstraints=critical,CA:FALSE"
    echo "keyUsage=critical,digitalSignature"
    echo "extendedKeyUsage=$2"
    [ -z "$3" ] || echo "subjectAltName=$3"
  } >"$extensions"
  new_key "$1.key"
  openssl req -new -key "$1.key" -subj "/CN=$1" 2>/dev/null |
    openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days "$days" -sha256 -extfile "$extensions" -out "$1.crt" 2>/dev/null
  rm -f "$extensions"
}

case "$kind" in
  ca)
    if [ ! -f ca.crt ]; then
      new_key ca.key
      openssl req -x509 -new -key ca.key -days $((days * 10)) -sha256 -subj "/CN=kvstore-ca" \
        -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" -out ca.crt 2>/dev/null
    fi
    ;;
  member)
    name=${3:?"a member needs a name"}
    hosts=${4:?"a member needs its host names and addresses"}
    names=""
    for host in ${hosts//,/ }; do
      if [[ "$host" =~ ^[0-9.]+$ || "$host" == *:* ]]; then names+=",IP:$host"; else names+=",DNS:$host"; fi
    done
    issue "$name" "serverAuth,clientAuth" "${names#,}"
    ;;
  client)
    issue "${3:?"a client needs a name"}" "clientAuth" ""
    ;;
  *)
    echo "make-certs.sh: unknown kind '$kind'" >&2
    exit 2
    ;;
esac
