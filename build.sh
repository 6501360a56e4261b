#!/usr/bin/env bash
# The one way to build, run and test KvStore. `./build.sh help` lists the commands.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly CACHE="$PWD/.cache"
readonly CONFIGURATION=Release
readonly SERVER="src/Apps/KvStore.Server/bin/$CONFIGURATION/net10.0/kvstore"
readonly CTL=".cache/kvctl/kvctl"
readonly SIMULATOR="tests/KvStore.Simulator/bin/$CONFIGURATION/net10.0/kvstore-simulator"
readonly BENCHMARKS="tests/KvStore.Benchmarks/bin/$CONFIGURATION/net10.0/kvstore-benchmarks"

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

usage() {
  cat <<'TXT'
./build.sh run [server flags]   build, then start one member on 127.0.0.1:2379 with its data in ./default.kvstore
./build.sh cluster [N]          build, then start N (3) members on this machine over mutual TLS; Ctrl-C stops them
./build.sh test [filter]        build, then run every test (or those test projects whose name contains the filter)
./build.sh simulate [args]      run the simulator, e.g. --seeds 1..5000, or --swarm SECONDS
./build.sh bench [args]         run the benchmarks beside etcd and write docs/BENCHMARKS.md
                                `bench large` takes tens of gigabytes of disk and writes docs/BENCHMARKS-LARGE.md; `bench inner` measures pieces alone;
                                `bench breakdown` shows where the time of a put and of a range goes
./build.sh build                build everything, and kvctl compiled ahead of time into .cache/kvctl
./build.sh publish              build, then compile the server ahead of time into .cache/publish
./build.sh pack                 build, then make the client's NuGet packages in .cache/packages
TXT
}

say() { printf '%s\n' "$*" >&2; }
die() { say "build.sh: $*"; exit 1; }

# ---- what the machine must have -------------------------------------------------------------------------------------

need_dotnet() {
  command -v dotnet >/dev/null 2>&1 ||
    die "the .NET 10 SDK is not installed. Install it (package dotnet-sdk-10.0, or the installer of your platform) and put 'dotnet' on PATH."
  dotnet --list-sdks | grep -q '^10\.' ||
    die "the .NET 10 SDK is needed; this machine has: $(dotnet --list-sdks | cut -d' ' -f1 | tr '\n' ' ')"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null 2>&1; then sudo "$@"
  else die "installing a package needs root: run '$*' as root, then this command again"
  fi
}

has_rocksdb() {
  if [ "$(uname)" = Darwin ]; then
    ls /opt/homebrew/lib/librocksdb*.dylib /usr/local/lib/librocksdb*.dylib >/dev/null 2>&1
  else
    ldconfig -p 2>/dev/null | grep -q 'librocksdb\.so' || ls /usr/lib*/librocksdb.so* /usr/lib/*/librocksdb.so* /usr/local/lib/librocksdb.so* >/dev/null 2>&1
  fi
}

# The runtime package carries its version in its name, which differs between releases of the distribution.
need_rocksdb() {
  if has_rocksdb; then return; fi
  say "installing librocksdb"
  if command -v apt-get >/dev/null 2>&1; then
    as_root apt-get update -qq
    local package
    package=$(apt-cache search --names-only '^librocksdb[0-9.]+(t64)?$' | cut -d' ' -f1 | sort -V | tail -1)
    [ -n "$package" ] || die "this distribution has no librocksdb package; install librocksdb 7.8 or later by hand"
    as_root apt-get install -y -qq "$package" >/dev/null
  elif command -v dnf >/dev/null 2>&1; then
    as_root dnf install -y -q rocksdb
  elif command -v brew >/dev/null 2>&1; then
    brew install rocksdb
  else
    die "no apt, dnf or brew here: install librocksdb 7.8 or later by hand, then run this command again"
  fi
  has_rocksdb || die "librocksdb was installed but is not found by the loader"
}

need_openssl() {
  command -v openssl >/dev/null 2>&1 && return
  say "installing openssl (for the certificates)"
  if command -v apt-get >/dev/null 2>&1; then as_root apt-get update -qq && as_root apt-get install -y -qq openssl >/dev/null
  elif command -v dnf >/dev/null 2>&1; then as_root dnf install -y -q openssl
  elif command -v brew >/dev/null 2>&1; then brew install openssl
  else die "install openssl by hand, then run this command again"
  fi
}

# Downloads packages without installing them (a package of a server would start a service) and unpacks them.
# $1 = folder, $2 = apt options (words), the rest = package names
unpack_debian() {
  local folder=$1 options=$2; shift 2
  local work; work=$(mktemp -d)
  # shellcheck disable=SC2086
  (cd "$work" && apt-get -qq $options download "$@" 2>/dev/null) || { rm -rf "$work"; return 1; }
  mkdir -p "$folder"
  local package
  for package in "$work"/*.deb; do dpkg -x "$package" "$folder"; done
  rm -rf "$work"
}

# etcd 3.5 lives in Debian's unstable suite: a private source list and state folder reach it and leave the machine's own
# package lists alone.
need_etcd() {
  [ -x "$CACHE/etcd/usr/bin/etcd" ] && return
  command -v apt-get >/dev/null 2>&1 || die "the tests that compare with etcd need its binaries: put etcd and etcdctl 3.5 into $CACHE/etcd/usr/bin"
  say "fetching etcd for the comparison tests"
  local state="$CACHE/apt" uri
  [ -n "$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | head -1)" ] || as_root apt-get update -qq
  uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -1)
  mkdir -p "$state/state/lists/partial" "$state/cache/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri sid main" > "$state/sid.list"
  local options="-o Dir::Etc::sourcelist=$state/sid.list -o Dir::Etc::sourceparts=- -o Dir::State=$state/state -o Dir::Cache=$state/cache -o Dir::State::status=/var/lib/dpkg/status -o APT::Sandbox::User=root"
  # shellcheck disable=SC2086
  apt-get -qq $options update
  unpack_debian "$CACHE/etcd" "$options" etcd-server etcd-client || die "etcd-server and etcd-client could not be downloaded"
  rm -rf "$state"
}

# The distribution's own, older etcdctl is one more client that must work; h2load is the cheap load generator.
need_clients() {
  command -v apt-get >/dev/null 2>&1 || return 0
  if [ ! -x "$CACHE/etcd-old/usr/bin/etcdctl" ]; then
    unpack_debian "$CACHE/etcd-old" "-o APT::Sandbox::User=root" etcd-client || say "the distribution's etcd-client could not be downloaded"
  fi
  if [ ! -x "$CACHE/h2load/usr/bin/h2load" ]; then
    local packages
    packages="nghttp2-client $(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances nghttp2-client 2>/dev/null |
      grep -E '^(libnghttp2|libev|libc-ares|libjansson|libjemalloc|libevent|libxml2|libngtcp2)' | sort -u | tr '\n' ' ')"
    # shellcheck disable=SC2086
    unpack_debian "$CACHE/h2load" "-o APT::Sandbox::User=root" $packages || say "h2load could not be downloaded"
  fi
}

# ---- commands ---------------------------------------------------------------------------------------------------------

build() {
  need_dotnet
  need_rocksdb
  local log="$CACHE/build.log"
  mkdir -p "$CACHE"
  say "building ($CONFIGURATION)"
  if ! dotnet build KvStore.sln -c "$CONFIGURATION" -nologo -v quiet >"$log" 2>&1; then
    grep -E 'error|warning' "$log" | sort -u >&2 || cat "$log" >&2
    die "the build failed; the whole output is in .cache/build.log"
  fi
}

# A command lives for a moment: compiled ahead of time it starts in two thirds of the time. The compiler is a package; where it cannot be
# had, the same folder gets the same program without it.
fast_ctl() {
  local built="src/Apps/KvStore.Ctl/bin/$CONFIGURATION/net10.0" log="$CACHE/kvctl.log"
  [ -x "$CTL" ] && [ -z "$(find "$built" -name '*.dll' -newer "$CACHE/kvctl/kvctl.dll" -print -quit)" ] && return
  dotnet publish src/Apps/KvStore.Ctl -c "$CONFIGURATION" -p:ReadyToRun=true -o "$CACHE/kvctl" -nologo -v quiet >"$log" 2>&1 && return
  say "kvctl could not be compiled ahead of time (.cache/kvctl.log says why): it works as well, and starts slower"
  dotnet publish src/Apps/KvStore.Ctl -c "$CONFIGURATION" -o "$CACHE/kvctl" -nologo -v quiet >>"$log" 2>&1 || die "kvctl could not be published; .cache/kvctl.log says why"
}

run() {
  build
  fast_ctl
  local arguments=("$@")
  case " $* " in
    *" --data-dir"* | *" -data-dir"*) ;;
    *) arguments+=(--data-dir "$PWD/default.kvstore") ;;
  esac
  cat >&2 <<TXT

Talk to it from another terminal:
  $CTL put greeting hello
  $CTL get greeting
  $CTL watch greeting
  etcdctl --endpoints 127.0.0.1:2379 get greeting     # any etcd v3 client works
Ctrl-C stops it.

TXT
  exec "$SERVER" --log-format console "${arguments[@]}"
}

cluster() {
  local members=${1:-3}
  [[ "$members" =~ ^[1-9]$ ]] || die "the number of members is 1 to 9, not '$members'"
  need_openssl
  build
  fast_ctl
  exec deploy/certs/local-cluster.sh "$members" "$PWD/$SERVER" "$PWD/$CTL" "$PWD/.kvstore-cluster"
}

run_tests() {
  local filter=${1:-}
  need_openssl
  build
  fast_ctl
  need_etcd
  need_clients
  export KVSTORE_ETCD_DIR="$CACHE/etcd/usr/bin" KVSTORE_ETCD_OLD_DIR="$CACHE/etcd-old/usr/bin"
  local passed=0 failed=0 skipped=0 project name log
  mkdir -p "$CACHE/tests"
  for project in tests/*.Tests; do
    name=$(basename "$project")
    case "$name" in *"$filter"*) ;; *) continue ;; esac
    log="$CACHE/tests/$name.log"
    local started=$SECONDS status=0
    dotnet test "$project" -c "$CONFIGURATION" --no-build -nologo >"$log" 2>&1 || status=$?
    local summary p f s
    summary=$(grep -E '^(Passed|Failed)!' "$log" | tail -1 || true)
    p=$(sed -nE 's/.*Passed: +([0-9]+).*/\1/p' <<<"$summary")
    f=$(sed -nE 's/.*Failed: +([0-9]+).*/\1/p' <<<"$summary")
    s=$(sed -nE 's/.*Skipped: +([0-9]+).*/\1/p' <<<"$summary")
    # A test host that died reports no summary: that is a failure, never silence.
    if [ -z "$summary" ] || { [ "$status" != 0 ] && [ "${f:-0}" = 0 ]; }; then f=$(( ${f:-0} + 1 )); fi
    printf '%-32s %5s passed %3s failed %3s skipped  %4ss\n' "$name" "${p:-0}" "${f:-0}" "${s:-0}" "$((SECONDS - started))"
    if [ "${f:-0}" != 0 ]; then sed -n '/\[FAIL\]/,/^$/p;/error/p;/aborted/p' "$log" | head -150; fi
    passed=$((passed + ${p:-0})); failed=$((failed + ${f:-0})); skipped=$((skipped + ${s:-0}))
  done
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" = 0 ] && [ "$passed" != 0 ]
}

simulate() { build; exec "$SIMULATOR" "$@"; }

# What is deployed: compiled ahead of time.
publish() {
  build
  dotnet publish src/Apps/KvStore.Server -c "$CONFIGURATION" -p:ReadyToRun=true -o "$CACHE/publish" -nologo -v quiet >&2 ||
    die "publishing failed"
}

# The client and what it stands on: the projects that say IsPackable.
pack() {
  build
  dotnet pack KvStore.sln -c "$CONFIGURATION" --no-build -nologo -v quiet >&2 || die "packing failed"
  ls "$CACHE/packages"
}

bench() {
  if [ "${1:-}" = inner ]; then build; exec "$BENCHMARKS" "$@"; fi
  publish
  need_etcd
  need_clients
  export KVSTORE_ETCD_DIR="$CACHE/etcd/usr/bin" KVSTORE_H2LOAD_DIR="$CACHE/h2load"
  exec "$BENCHMARKS" --server "$CACHE/publish/kvstore" "$@"
}

case "${1:-help}" in
  run) shift; run "$@" ;;
  cluster) shift; cluster "$@" ;;
  test) shift; run_tests "$@" ;;
  simulate) shift; simulate "$@" ;;
  bench) shift; bench "$@" ;;
  build) build; fast_ctl ;;
  publish) publish ;;
  pack) pack ;;
  help | -h | --help) usage ;;
  *) usage >&2; exit 2 ;;
esac
