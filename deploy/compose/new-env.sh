#!/usr/bin/env bash
# Writes fresh secrets for compose.yaml into .env beside it, or into the file named. Never over one that is there: a store opens
# only with the secrets that it was made with.
set -euo pipefail
umask 077
file=${1:-$(dirname "$0")/.env}
[ ! -e "$file" ] || { echo "$file is there already; it is left as it is" >&2; exit 1; }

secret() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
sha256() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }

watch=$(secret) admin=$(secret)
cat > "$file" <<END
POSTGRES_PASSWORD=$(secret)
GRAFANA_PASSWORD=$(secret)
ENGINE_CLUSTER_SECRET=$(secret)
# Role ops, for the balancer and Prometheus.
ENGINE_WATCH_KEY=$watch
ENGINE_WATCH_SHA256=$(sha256 "$watch")
# Role admin, for you: Authorization: Bearer …
ENGINE_ADMIN_KEY=$admin
ENGINE_ADMIN_SHA256=$(sha256 "$admin")
END
echo "wrote $file"
