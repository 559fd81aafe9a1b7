#!/usr/bin/env bash
# A separate MariaDB for a test, on a free port of 127.0.0.1, with TLS offered; user and password `tidings`.
#
#   mariadb.sh start DIR    starts one on the data in DIR, which it creates if missing, and prints its URL
#   mariadb.sh halt DIR     stops it cleanly, so that the data in DIR can be copied
#   mariadb.sh stop DIR     stops it at once; the caller removes DIR
#
# SERVICE_EXTRA adds settings of the server, one a line (`innodb_flush_log_at_trx_commit=0`). SERVICE_PROGRAM runs in its
# place, and must start it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

folder=$2

start() {
    local port
    port=$(free_port)
    mkdir -p "$folder/tmp"
    make_certificate "$folder"
    if ((EUID == 0)); then chown -R mysql: "$folder"; fi
    cat >"$folder/my.cnf" <<CNF
[mariadbd]
user=mysql
datadir=$folder/data
tmpdir=$folder/tmp
socket=$folder/socket
pid-file=$folder/pid
log-error=$folder/log.err
port=$port
bind-address=127.0.0.1,127.0.0.2
skip-name-resolve
performance_schema=OFF
max_connections=400
innodb_buffer_pool_size=64M
innodb_log_file_size=96M
ssl_ca=$folder/ca.pem
ssl_cert=$folder/server.pem
ssl_key=$folder/server.key
${SERVICE_EXTRA:-}
CNF
    if [[ ! -d $folder/data ]]; then
        mkdir "$folder/data"
        if ((EUID == 0)); then chown mysql: "$folder/data"; fi
        mariadb-install-db --defaults-file="$folder/my.cnf" --auth-root-authentication-method=normal --skip-test-db \
            --skip-name-resolve >"$folder/install.log" 2>&1
    fi
    "${SERVICE_PROGRAM:-mariadbd}" --defaults-file="$folder/my.cnf" >>"$folder/out" 2>&1 </dev/null &
    for _ in {1..1200}; do
        kill -0 $! 2>/dev/null || break
        if mariadb --no-defaults -u root -S "$folder/socket" -e 'SELECT 1' >/dev/null 2>&1; then
            mariadb --no-defaults -u root -S "$folder/socket" -e \
                "CREATE OR REPLACE USER tidings IDENTIFIED BY 'tidings'; GRANT ALL ON *.* TO tidings WITH GRANT OPTION"
            echo "mysql://tidings:tidings@127.0.0.1:$port/mysql"
            return
        fi
        sleep 0.1
    done
    tail "$folder/log.err" >&2
    return 1
}

halt() {
    local pid
    pid=$(cat "$folder/pid")
    kill -TERM "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

case $1 in
    start) start ;;
    halt) halt ;;
    stop) stop_pid "$folder/pid" ;;
    *) sed -n 's/^# \?//p' "$0" | head -n 9; exit 2 ;;
esac
