#!/usr/bin/env bash
# A Galera cluster of three MariaDB nodes on 127.0.0.1 for a test; user and password `tidings`.
#
#   galera.sh start DIR        creates and starts a cluster in DIR, prints the URL of each node
#   galera.sh kill DIR N       kills node N, like a crash
#   galera.sh rejoin DIR N     starts node N again and waits until it has caught up with the other two
#   galera.sh restart DIR N    starts node N again without waiting
#   galera.sh await DIR N SIZE waits until node N is in sync in a cluster of SIZE nodes
#   galera.sh pause|resume DIR N   pauses or resumes the process of node N
#   galera.sh sql DIR N TEXT   runs SQL on node N over its socket
#   galera.sh stop DIR         stops all nodes; the caller removes DIR
#
# The nodes write, but wait for no disk: they survive being killed, though not the end of the machine. Without statistics on
# disk no test that makes tables waits for the locks of others that do.
#
# There is no bootstrap or state transfer: the nodes are copies of one empty database from an earlier cluster, and find
# each other again.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

folder=$2
cluster=6ba7b810-9dad-11d1-80b4-00c04fd430c8

member() { printf '%s-9dad-11d1-80b4-00c04fd430c8' "$(printf "$1%.0s" {1..8})"; }
port() { sed -n "$((($1 - 1) * 4 + $2))p" "$folder/ports"; }
sql() { timeout 20 mariadb --no-defaults -u root -S "$folder/n$1/socket" -BNe "$2"; }

configure() {
    cat >"$folder/n$1.cnf" <<CNF
[mariadbd]
user=mysql
datadir=$folder/n$1/data
tmpdir=$folder/n$1/tmp
socket=$folder/n$1/socket
pid-file=$folder/n$1/server-pid
log-error=$folder/n$1/log.err
port=$(port "$1" 1)
bind-address=127.0.0.1
skip-name-resolve
performance_schema=OFF
max_connections=200
innodb_buffer_pool_size=32M
innodb_log_file_size=32M
innodb_flush_log_at_trx_commit=1
innodb_flush_method=nosync
debug_no_sync=ON
innodb_stats_persistent=OFF
innodb_autoinc_lock_mode=2
binlog_format=ROW
wsrep_on=ON
wsrep_provider=/usr/lib/galera/libgalera_smm.so
wsrep_cluster_name=tidings
wsrep_cluster_address=gcomm://127.0.0.1:$(port 1 2),127.0.0.1:$(port 2 2),127.0.0.1:$(port 3 2)
wsrep_node_name=n$1
wsrep_node_address=127.0.0.1
wsrep_node_incoming_address=127.0.0.1:$(port "$1" 1)
wsrep_slave_threads=2
wsrep_sst_method=rsync
wsrep_sst_receive_address=127.0.0.1:$(port "$1" 4)
wsrep_provider_options="base_host=127.0.0.1;base_port=$(port "$1" 2);gmcast.listen_addr=tcp://127.0.0.1:$(port "$1" 2);ist.recv_addr=127.0.0.1:$(port "$1" 3);ist.recv_bind=127.0.0.1:$(port "$1" 3);gcache.size=32M;evs.join_retrans_period=PT0.1S;evs.keepalive_period=PT0.2S;evs.inactive_check_period=PT0.1S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S;evs.install_timeout=PT2S"
CNF
}

launch() {
    local node=$1
    shift
    mariadbd --defaults-file="$folder/n$node.cnf" "$@" >>"$folder/n$node/out" 2>&1 </dev/null &
    echo $! >"$folder/n$node/pid"
}

# Waits until the node has caught up with a cluster of this size.
await() {
    for _ in {1..900}; do
        if [[ $(sql "$1" "SHOW STATUS WHERE Variable_name IN ('wsrep_cluster_size', 'wsrep_local_state_comment', \
            'wsrep_ready')" 2>/dev/null | sort | awk '{print $2}' | paste -sd,) == "$2,Synced,ON" ]]; then
            return
        fi
        sleep 0.1
    done
    tail -n 20 "$folder/n$1/log.err" >&2
    return 1
}

start() {
    local node
    mkdir -p "$folder"
    python3 - >"$folder/ports" <<'PY'
import socket
held = [socket.socket() for _ in range(12)]
for one in held:
    one.bind(("127.0.0.1", 0))
    print(one.getsockname()[1])
PY
    for node in 1 2 3; do
        mkdir -p "$folder/n$node/data" "$folder/n$node/tmp"
        chown -R mysql: "$folder/n$node"
        configure "$node"
    done
    mariadb-install-db --defaults-file="$folder/n1.cnf" --auth-root-authentication-method=normal --skip-test-db \
        --skip-name-resolve >"$folder/install.log" 2>&1
    rm -f "$folder"/n1/data/{galera.cache,gvwstate.dat}
    printf '# GALERA saved state\nversion: 2.1\nuuid:    %s\nseqno:   0\nsafe_to_bootstrap: 0\n' "$cluster" \
        >"$folder/n1/data/grastate.dat"
    for node in 2 3; do cp -a "$folder/n1/data/." "$folder/n$node/data/"; done
    for node in 1 2 3; do
        printf 'my_uuid: %s\n#vwbeg\nview_id: 3 %s 3\nbootstrap: 0\nmember: %s 0\nmember: %s 0\nmember: %s 0\n#vwend\n' \
            "$(member "$node")" "$(member 1)" "$(member 1)" "$(member 2)" "$(member 3)" >"$folder/n$node/data/gvwstate.dat"
        chown -R mysql: "$folder/n$node"
        launch "$node"
    done
    for node in 1 2 3; do await "$node" 3; done
    sql 1 "CREATE USER tidings IDENTIFIED BY 'tidings'; GRANT ALL ON *.* TO tidings WITH GRANT OPTION"
    for node in 1 2 3; do echo "mysql://tidings:tidings@127.0.0.1:$(port "$node" 1)/mysql"; done
}

rejoin() {
    mariadbd --defaults-file="$folder/n$1.cnf" --wsrep-recover --log-error="$folder/n$1/recovery.log"
    launch "$1" --wsrep_start_position="$(sed -n 's/.*Recovered position: *//p' "$folder/n$1/recovery.log" | tail -n 1)"
}

case $1 in
    start) start ;;
    kill) stop_pid "$folder/n$3/pid" ;;
    rejoin) rejoin "$3" && await "$3" 3 ;;
    restart) rejoin "$3" ;;
    await) await "$3" "$4" ;;
    pause) kill -STOP "$(cat "$folder/n$3/pid")" ;;
    resume) kill -CONT "$(cat "$folder/n$3/pid")" ;;
    sql) sql "$3" "$4" ;;
    stop) for node in 1 2 3; do stop_pid "$folder/n$node/pid"; done ;;
    *) sed -n 's/^# \?//p' "$0" | head -n 19; exit 2 ;;
esac
