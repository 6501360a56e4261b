#!/usr/bin/env bash
# Runs N members on this machine over mutual TLS until Ctrl-C.   local-cluster.sh N SERVER CTL FOLDER
# Member i listens on 127.0.0.1: clients on 2379 + 10 (i - 1), peers on the port after it.
set -euo pipefail

members=$1 server=$2 ctl=$3 folder=$4
certs="$(dirname "${BASH_SOURCE[0]}")/make-certs.sh"
first_port=${KVSTORE_CLUSTER_PORT:-2379}

"$certs" "$folder/certs" ca
[ -f "$folder/certs/client.crt" ] || "$certs" "$folder/certs" client client
initial="" endpoints=""
for i in $(seq "$members"); do
  [ -f "$folder/certs/member$i.crt" ] || "$certs" "$folder/certs" member "member$i" 127.0.0.1,localhost
  client_port=$((first_port + 10 * (i - 1)))
  initial+=",member$i=https://127.0.0.1:$((client_port + 1))"
  endpoints+=",https://127.0.0.1:$client_port"
done
initial=${initial#,} endpoints=${endpoints#,}

pids=() log_sizes=()
start_member() {
  local i=$1 client_port peer_port tls="$folder/certs" script="$folder/member$1.sh" log="$folder/member$1.log"
  client_port=$((first_port + 10 * (i - 1)))
  peer_port=$((client_port + 1))
  # As a file, so that one member can be stopped and started again by itself.
  {
    echo '#!/usr/bin/env bash'
    printf 'exec'
    printf ' %q' "$server" --name "member$i" --data-dir "$folder/member$i" \
      --listen-client-urls "https://127.0.0.1:$client_port" --advertise-client-urls "https://127.0.0.1:$client_port" \
      --listen-peer-urls "https://127.0.0.1:$peer_port" --initial-advertise-peer-urls "https://127.0.0.1:$peer_port" \
      --initial-cluster "$initial" --initial-cluster-token local \
      --cert-file "$tls/member$i.crt" --key-file "$tls/member$i.key" --client-cert-auth --trusted-ca-file "$tls/ca.crt" \
      --peer-cert-file "$tls/member$i.crt" --peer-key-file "$tls/member$i.key" --peer-client-cert-auth --peer-trusted-ca-file "$tls/ca.crt" \
      --log-outputs "$log"
    echo
  } >"$script"
  chmod +x "$script"
  log_sizes+=("$(stat -c %s "$log" 2>/dev/null || echo 0)")
  "$script" &
  pids+=($!)
  printf 'member%d  pid %-7d clients %s  peers %s  log %s  command %s\n' "$i" "$!" "https://127.0.0.1:$client_port" "https://127.0.0.1:$peer_port" "$log" "$script"
}

# Asked over the network, the members of another run on these ports would answer: each must have said it itself, since it was started.
all_ready() {
  local i
  for i in $(seq "$members"); do
    tail -c "+$((log_sizes[i - 1] + 1))" "$folder/member$i.log" 2>/dev/null | grep -q 'ready to serve client requests' || return 1
  done
}

stop_all() {
  trap '' INT TERM
  kill -TERM "${pids[@]}" 2>/dev/null || true
  wait "${pids[@]}" 2>/dev/null || true
  echo "stopped"
}
# The members get the terminal's Ctrl-C too; the script waits until the last of them has stopped.
trap 'stop_all; exit 0' INT TERM

for i in $(seq "$members"); do start_member "$i"; done

tls_flags="--cacert $folder/certs/ca.crt --cert $folder/certs/client.crt --key $folder/certs/client.key"
until all_ready; do
  for pid in "${pids[@]}"; do
    kill -0 "$pid" 2>/dev/null || { echo "a member ended at start; see its log in $folder" >&2; stop_all; exit 1; }
  done
  sleep 0.2
done

cat <<TXT

The cluster is ready. From another terminal:
  $ctl --endpoints $endpoints $tls_flags put greeting hello
  etcdctl --endpoints $endpoints $tls_flags get greeting
  $ctl --endpoints $endpoints $tls_flags endpoint status -w table
To start one member again by itself: the file named above as its command. Ctrl-C stops all members; their data stays in $folder.
TXT
wait "${pids[@]}" || true
