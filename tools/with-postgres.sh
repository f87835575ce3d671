#!/usr/bin/env bash
# Runs a command with a private PostgreSQL 15 cluster: made in a temporary folder, reached by a socket there only, and
# removed at the end. PostgreSQL refuses root, so it then runs as the user `postgres`.
set -euo pipefail
bin=/usr/lib/postgresql/15/bin
folder=$(mktemp -d /tmp/mamorite-pg.XXXXXX)
as=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$folder"
  as=(runuser -u postgres --)
fi
stop() {
  "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
"${as[@]}" "$bin/initdb" -D "$folder/data" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
  -o "-c listen_addresses='' -k $folder -c fsync=off -c max_connections=500 -c max_locks_per_transaction=256" start >/dev/null
cd - >/dev/null
# The program's role is no superuser: row-level security holds for it.
"${as[@]}" "$bin/psql" -q -h "$folder" -U postgres -c "CREATE ROLE mamorite LOGIN CREATEDB" postgres
chmod 755 "$folder"
export MAMORITE_TEST_POSTGRES="postgresql://mamorite@/postgres?host=$folder"
"$@"
