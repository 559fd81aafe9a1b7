#!/usr/bin/env bash
# A separate PgBouncer for a test, on a free port of 127.0.0.1, in front of a PostgreSQL; user and password `tidings`.
#
#   pgbouncer.sh start DIR URL   starts one in DIR with session pooling, and prints the URL of the server through it. The
#                                databases `by_transaction` and `by_statement` pool the same database differently
#   pgbouncer.sh stop DIR        stops it; the caller removes DIR
#
# SERVICE_EXTRA adds settings, one a line (`server_round_robin = 1`).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

folder=$2

# PgBouncer refuses to run as root.
as_postgres() {
    if ((EUID == 0)); then runuser -u postgres -- "$@"; else "$@"; fi
}

start() {
    local port server database
    port=$(free_port)
    server=${1##*@}
    database=${server#*/}
    server=${server%/*}
    mkdir -p "$folder"
    server="host=${server%:*} port=${server#*:}"
    cat >"$folder/pgbouncer.ini" <<INI
[databases]
by_transaction = $server dbname=$database pool_mode=transaction
by_statement = $server dbname=$database pool_mode=statement
* = $server

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = plain
auth_file = $folder/users
pool_mode = session
max_client_conn = 1000
default_pool_size = 60
logfile = $folder/log
pidfile = $folder/pid
${SERVICE_EXTRA:-}
INI
    echo '"tidings" "tidings"' >"$folder/users"
    if ((EUID == 0)); then chown -R postgres: "$folder"; fi
    as_postgres /usr/sbin/pgbouncer -q -d "$folder/pgbouncer.ini"
    for _ in {1..100}; do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "postgresql://tidings:tidings@127.0.0.1:$port/$database"
            return
        fi
        sleep 0.1
    done
    tail "$folder/log" >&2
    return 1
}

case $1 in
    start) start "$3" ;;
    stop) stop_pid "$folder/pid" ;;
    *) sed -n 's/^# \?//p' "$0" | head -n 9; exit 2 ;;
esac
