# Shared by the steps with real servers; sourced after tests/lib.sh.

service=
# Settings of a MariaDB that need not survive the machine: it writes, but waits for no disk. That takes half the time of a test.
unsynced=$'innodb_flush_log_at_trx_commit=0\ninnodb_flush_method=nosync\ndebug_no_sync=ON'

# need_service FILE PACKAGE: installs a Debian package unless FILE exists, without starting its server.
need_service() {
    [[ -e $1 ]] || with_apt install_stopped "$2"
}

install_stopped() {
    local policy=/usr/sbin/policy-rc.d had_policy=yes
    if [[ ! -e $policy ]]; then
        had_policy=no
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    apt_install "$1"
    if [[ $had_policy == no ]]; then rm "$policy"; fi
}

# start_service NAME SETTING: starts the server of tests/services/NAME.sh in $work and sets TEST_DATABASE_URL.
start_service() {
    # The server runs as its own user.
    chmod 755 "$work"
    service=$1
    export TEST_DATABASE_FOLDER=$work/$1
    TEST_DATABASE_URL=$(SERVICE_EXTRA=$2 "tests/services/$1.sh" start "$TEST_DATABASE_FOLDER")
    export TEST_DATABASE_URL
}

stop_service() {
    if [[ -n $service ]]; then
        "tests/services/$service.sh" stop "$TEST_DATABASE_FOLDER" || true
    fi
    clean_up
}
trap stop_service EXIT

# test_store [ARGUMENT..]: runs the suite, except tests without a store, with these arguments of the test program. All database
# steps share one build. Most tests wait for the server or a time-out: running more tests than processors at once halves
# the time.
test_store() {
    local skipped=(catalog:: config:: outbound:: rules:: telemetry:: tls:: worker:: build::)
    run_tests --test-threads "$((2 * $(nproc)))" "${skipped[@]/#/--skip=}" "$@"
    note_tests
}
