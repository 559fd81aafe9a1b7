#!/usr/bin/env bash
# A separate PostgreSQL for a test, on a free port of 127.0.0.1, with TLS offered and the password `tidings`.
#
#   postgresql.sh start DIR    starts one on the data in DIR, which it creates if missing, and prints its URL
#   postgresql.sh halt DIR     stops it cleanly, so that the data in DIR can be copied
#   postgresql.sh stop DIR     stops it at once; the caller removes DIR
#
# SERVICE_EXTRA adds settings of the server (`-c fsync=off`). SERVICE_PROGRAM runs in its place, and must start it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
folder=$2

# PostgreSQL refuses to run as root.
as_postgres() {
    if ((EUID == 0)); then runuser -u postgres -- "$@"; else "$@"; fi
}

start() {
    local port
    port=$(free_port)
    mkdir -p "$folder"
    make_certificate "$folder"
    echo tidings >"$folder/password"
    if ((EUID == 0)); then chown -R postgres: "$folder"; fi
    if [[ ! -d $folder/data ]]; then
        as_postgres "$bin/initdb" -D "$folder/data" -A scram-sha-256 -U tidings --pwfile="$folder/password" \
            -E UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log"
    fi
    as_postgres "$bin/pg_ctl" -s -w ${SERVICE_PROGRAM:+-p "$SERVICE_PROGRAM"} -D "$folder/data" -l "$folder/log" -o "-p $port -k $folder -c ssl=on \
        -c ssl_cert_file=$folder/server.pem -c ssl_key_file=$folder/server.key -c listen_addresses=127.0.0.1,127.0.0.2 \
        -c max_connections=400 -c shared_buffers=64MB ${SERVICE_EXTRA:-}" start >&2
    echo "postgresql://tidings:tidings@127.0.0.1:$port/postgres"
}

case $1 in
    start) start ;;
    halt) as_postgres "$bin/pg_ctl" -s -w -D "$folder/data" -m fast stop ;;
    stop) as_postgres "$bin/pg_ctl" -s -D "$folder/data" -m immediate stop || true ;;
    *) sed -n 's/^# \?//p' "$0" | head -n 9; exit 2 ;;
esac
