#!/usr/bin/env bash
# Takes a snapshot, verifies it, and keeps the newest ones. For cron: prints one line, and ends with an error when there is no new
# snapshot.   backup.sh FOLDER KEEP
# kvctl takes its endpoints and certificates from KVCTL_ENDPOINTS, KVCTL_CACERT, KVCTL_CERT and KVCTL_KEY; the first endpoint that is
# healthy is asked: a member that is down costs no backup, and one that lags behind gives none.
set -euo pipefail

folder=${1:?"usage: backup.sh FOLDER KEEP"}
keep=${2:?"usage: backup.sh FOLDER KEEP"}
[[ "$keep" =~ ^[1-9][0-9]*$ ]] || { echo "backup.sh: KEEP is a number above 0, not '$keep'" >&2; exit 2; }

umask 077
mkdir -p "$folder"
# Names in the order of their time. Nothing has the final name that was not verified.
file="$folder/kvstore-$(date -u +%Y%m%dT%H%M%S.%NZ).db"
trap 'rm -f "$file.part" "$file.part.part"' EXIT

taken=""
for endpoint in ${KVCTL_ENDPOINTS//,/ }; do
  export KVCTL_ENDPOINTS=$endpoint
  if kvctl endpoint health >/dev/null && kvctl snapshot save "$file.part" >/dev/null; then taken=$endpoint; break; fi
done
[ -n "$taken" ] || { echo "backup.sh: no member gave a snapshot" >&2; exit 1; }
status=$(kvctl snapshot status "$file.part" -w json)
mv "$file.part" "$file"
sync "$folder"
echo "$file from $taken: $status"

mapfile -t all < <(find "$folder" -maxdepth 1 -name 'kvstore-*.db' | sort -r)
for old in "${all[@]:keep}"; do rm -f "$old"; done
