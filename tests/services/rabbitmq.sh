#!/usr/bin/env bash
# A separate RabbitMQ for a test, on a free port of 127.0.0.1, with TLS offered on the next one; user and password `guest`.
#
#   rabbitmq.sh start DIR   starts one on the data in DIR, which it creates if missing, and prints its URL; a restarted one
#                           keeps its port. Enables the plugins in $SERVICE_EXTRA, separated by commas
#   rabbitmq.sh halt DIR    stops it cleanly: durable queues keep their messages
#   rabbitmq.sh block DIR   simulates a memory alarm: it runs on, but accepts nothing from publishers
#   rabbitmq.sh free DIR    ends that
#   rabbitmq.sh full DIR    limits queues of notifications to three messages; more are refused
#   rabbitmq.sh roomy DIR   ends that
#   rabbitmq.sh ctl DIR ARGUMENT..   runs rabbitmqctl with these arguments
#   rabbitmq.sh stop DIR    stops it at once; the caller removes DIR
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

folder=$2

environment() {
    local port
    mkdir -p "$folder/log" "$folder/mnesia" "$folder/home"
    [[ -e $folder/port ]] || free_port >"$folder/port"
    [[ -e $folder/tls-port ]] || free_port >"$folder/tls-port"
    [[ -e $folder/dist-port ]] || free_port >"$folder/dist-port"
    [[ -e $folder/epmd-port ]] || free_port >"$folder/epmd-port"
    port=$(cat "$folder/port")
    cat >"$folder/rabbitmq.conf" <<CONF
listeners.tcp.default = 127.0.0.1:$port
listeners.ssl.default = 127.0.0.1:$(cat "$folder/tls-port")
ssl_options.cacertfile = $folder/ca.pem
ssl_options.certfile = $folder/server.pem
ssl_options.keyfile = $folder/server.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = false
log.console = false
CONF
    echo "[${SERVICE_EXTRA:-}]." >"$folder/enabled_plugins"
    export HOME=$folder/home
    export RABBITMQ_NODENAME=tidings$port@localhost RABBITMQ_CONF_ENV_FILE=/dev/null
    export RABBITMQ_CONFIG_FILE=$folder/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=$folder/enabled_plugins
    export RABBITMQ_MNESIA_BASE=$folder/mnesia RABBITMQ_LOG_BASE=$folder/log
    export RABBITMQ_PID_FILE=$folder/pid ERL_CRASH_DUMP=$folder/erl_crash.dump
    ERL_EPMD_PORT=$(cat "$folder/epmd-port")
    RABBITMQ_DIST_PORT=$(cat "$folder/dist-port")
    export ERL_EPMD_PORT RABBITMQ_DIST_PORT ERL_EPMD_ADDRESS=127.0.0.1
    # Few threads, as the tests share the machine.
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 -kernel inet_dist_use_interface {127,0,0,1}"
    binaries=$(echo /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin)
}

start() {
    mkdir -p "$folder"
    [[ -e $folder/ca.pem ]] || make_certificate "$folder"
    environment
    # The node forks its own epmd; `stop` ends it, too.
    "$binaries/rabbitmq-server" >>"$folder/out" 2>&1 </dev/null &
    for _ in {1..1800}; do
        if grep -q 'Server startup complete' "$folder"/log/*.log 2>/dev/null && answers; then
            echo "rabbit://guest:guest@127.0.0.1:$(cat "$folder/port")/"
            return
        fi
        sleep 0.1
    done
    tail "$folder/out" "$folder"/log/*.log >&2
    return 1
}

answers() {
    (exec 3<>"/dev/tcp/127.0.0.1/$(cat "$folder/port")") 2>/dev/null
}

halt() {
    local pid
    pid=$(cat "$folder/pid")
    kill -TERM "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

control() {
    local port
    environment
    port=$(free_port)
    export RABBITMQ_CTL_DIST_PORT_MIN=$port RABBITMQ_CTL_DIST_PORT_MAX=$port
    export RABBITMQ_CTL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
    "$binaries/rabbitmqctl" --quiet --node "$RABBITMQ_NODENAME" "$@"
}

stop() {
    stop_pid "$folder/pid"
    environment
    epmd -kill >/dev/null 2>&1 || true
}

case $1 in
    start) start ;;
    halt) halt ;;
    # A fraction of the machine's memory.
    block) control set_vm_memory_high_watermark 0.000001 ;;
    free) control set_vm_memory_high_watermark 0.4 ;;
    full) control set_policy full '^notifications\.' '{"max-length": 3, "overflow": "reject-publish"}' ;;
    roomy) control clear_policy full ;;
    ctl) control "${@:3}" ;;
    stop) stop ;;
    *) sed -n 's/^# \?//p' "$0" | head -n 12; exit 2 ;;
esac
