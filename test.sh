#!/usr/bin/env bash
# Builds everything and runs all tests; ends with one line of what came of it. Arguments go to `dotnet test`.
set -uo pipefail
cd "$(dirname "$0")"

# What the tests run against for real and Debian ships; none of it is started by its package.
need() {
  local package=$1 found=$2
  eval "$found" >/dev/null 2>&1 && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing $package …"
    # The server is wanted, not the cluster that Debian would make and start with it.
    mkdir -p /etc/postgresql-common && [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "$package") >/dev/null 2>&1
  fi
  eval "$found" >/dev/null 2>&1 || { echo "$package is missing: install it"; exit 1; }
}
need prometheus "command -v promtool"
need strace "command -v strace"
need haproxy "command -v haproxy"
need systemd "command -v systemd-analyze"
need postgresql "ls /usr/lib/postgresql/*/bin/postgres || command -v postgres"

dotnet build Engine.sln -c Release --nologo -v quiet || { echo "0 passed, 1 failed"; exit 1; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
dotnet test Engine.Tests -c Release --no-build --nologo "$@" | tee "$log"
status=${PIPESTATUS[0]}
passed=$(grep -oE 'Passed: +[0-9]+' "$log" | grep -oE '[0-9]+' | awk '{s+=$1} END {print s+0}')
failed=$(grep -oE 'Failed: +[0-9]+' "$log" | grep -oE '[0-9]+' | awk '{s+=$1} END {print s+0}')
# A runner that dies counts as a failure, also when it got as far as counting none.
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
if [ "$passed" -eq 0 ]; then status=1; fi
echo "$passed passed, $failed failed"
exit "$status"
