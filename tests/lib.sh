# Shared by the steps under tests/steps, which source it first. It enters the repository's root, creates a
# scratch directory $work, and on exit stops the step's server and removes the directory.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

root=$PWD
state=$root/tests/.state
target=${CARGO_TARGET_DIR:-$root/target}
work=$(mktemp -d "${TMPDIR:-/tmp}/tidings-test.XXXXXX")
server_pid=

export PYTHONDONTWRITEBYTECODE=1

# Settings of the user's shell (such as a sourced openrc) must not reach the clients or the server.
unset_settings() {
    local variable
    for variable in "${!OS_@}"; do
        unset "$variable"
    done
}
unset_settings

# Adds a line to the summary of tests/run.
note() {
    echo "$*"
    if [[ -n ${STEP_NOTE:-} ]]; then
        echo "$*" >>"$STEP_NOTE"
    fi
}

# Ends the step as skipped, for the given reason.
skip() {
    note "$*"
    exit 77
}

# need COMMAND PACKAGE: installs a Debian package unless its command exists.
need() {
    command -v "$1" >/dev/null || install_package "$2"
}

install_package() {
    with_apt apt_install "$1"
}

# Steps that run side by side take turns with apt.
with_apt() {
    mkdir -p "$state"
    (flock 9; "$@") 9>"$state/apt.lock"
}

apt_install() {
    echo "installing $1"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}

# use_venv [DIRECTORY]: puts the Python environment of DIRECTORY/requirements.txt (default: tests/clients) on the
# PATH; creates it if it is missing or outdated. What DIRECTORY/alone.txt lists is installed without what it requires.
use_venv() {
    local from=${1:-tests/clients} venv=$state/venv
    if [[ $from != tests/clients ]]; then
        venv+=-${from##*/}
    fi
    # Steps that run side by side take turns.
    mkdir -p "$state"
    (flock 9; make_venv "$from" "$venv") 9>"$venv.lock"
    PATH=$venv/bin:$PATH
}

make_venv() {
    local from=$1 venv=$2 alone=$1/alone.txt wanted
    [[ -e $alone ]] || alone=/dev/null
    wanted=$(cat "$from/requirements.txt" "$from/constraints.txt" "$alone" | sha256sum)
    [[ $(cat "$venv/made-from" 2>/dev/null) != "$wanted" ]] || return 0
    echo "installing $from/requirements.txt"
    python3 -c 'import ensurepip' 2>/dev/null || install_package python3-venv
    # Available only as source.
    if grep -q '^uwsgi' "$from/requirements.txt"; then
        need cc gcc
        has_python_headers || install_package python3-dev
    fi
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$from/requirements.txt" -c "$from/constraints.txt"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$alone"
    echo "$wanted" >"$venv/made-from"
}

has_python_headers() {
    [[ -e $(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h ]]
}

# use_modules DIRECTORY: sets $modules to a directory with the npm packages of DIRECTORY/package-lock.json; installs them
# if they are missing or outdated.
use_modules() {
    local wanted
    need node nodejs
    need npm npm
    modules=$state/${1##*/}-modules
    wanted=$(sha256sum <"$1/package-lock.json")
    if [[ $(cat "$modules/made-from" 2>/dev/null) != "$wanted" ]]; then
        echo "installing $1/package-lock.json"
        rm -rf "$modules"
        mkdir -p "$modules"
        cp "$1/package.json" "$1/package-lock.json" "$modules"
        npm ci --prefix "$modules" --ignore-scripts --no-audit --no-fund --loglevel=error
        echo "$wanted" >"$modules/made-from"
    fi
}

# use_promtool: sets $promtool to Prometheus's checker of metrics, the only program needed from Debian's package.
use_promtool() {
    promtool=$state/promtool
    [[ ! -x $promtool ]] || return 0
    echo 'downloading promtool'
    with_apt apt-get update -qq
    in_work apt-get download -qq prometheus
    dpkg-deb --fsys-tarfile "$work"/prometheus_*.deb | tar -xO ./usr/bin/promtool >"$work/promtool"
    chmod +x "$work/promtool"
    mkdir -p "$state"
    mv "$work/promtool" "$promtool"
}

# use_cargo_tool NAME VERSION: puts a program from crates.io on the PATH; builds it if it is missing or outdated.
use_cargo_tool() {
    local home=$state/$1-$2
    if [[ ! -x $home/bin/$1 ]]; then
        echo "building $1 $2, once (a minute or two)"
        # Not optimized: it runs for two seconds, and an optimized build takes minutes.
        CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_TARGET_DIR=$work/$1 \
            cargo install --quiet --locked "$1@$2" --root "$home"
    fi
    PATH=$home/bin:$PATH
}

# The features of every debug build, so that one build serves all steps. The default features are built by the step
# `instructions`, and checked by clippy.
features=floor,postgres,mysql,amqp1

# need_libraries: installs the libraries that the features link.
need_libraries() {
    [[ -e /usr/include/postgresql/libpq-fe.h ]] || install_package libpq-dev
    [[ -e /usr/include/mariadb/mysql.h ]] || install_package libmariadb-dev
}

# build_tidings: sets $tidings to the program to test: the debug build of this tree, or $TIDINGS_BIN.
build_tidings() {
    tidings=${TIDINGS_BIN:-$target/debug/tidings}
    if [[ -z ${TIDINGS_BIN:-} ]]; then
        need_libraries
        cargo build --quiet --locked --features "$features"
    fi
    tidings=$(realpath "$tidings")
}

# build_tests: sets $tests to the program of the integration tests: that of this tree, or $TIDINGS_TESTS.
build_tests() {
    tests=${TIDINGS_TESTS:-}
    if [[ -z $tests ]]; then
        need_libraries
        tests=$(cargo test --quiet --locked --no-run --test it --features "$features" \
            --message-format=json-render-diagnostics | executable it)
    fi
}

# executable NAME: prints the path of a program that cargo has built, from its messages in JSON.
executable() {
    python3 -c 'import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("target", {}).get("name") == sys.argv[1] and message.get("executable"):
        print(message["executable"])' "$1"
}

# run_tests [ARGUMENT..]: runs the integration tests with these arguments. The output also goes to $work/result, with the time
# of each test, an option that the test program otherwise offers only to nightly compilers.
run_tests() {
    build_tests
    RUSTC_BOOTSTRAP=1 "$tests" "$@" --format pretty -Z unstable-options --report-time 2>&1 | tee -a "$work/result"
}

note_tests() {
    note "$(awk '/^test result: / {count += $4} END {print count " tests"}' "$work/result")"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_server [DATABASE]: starts a server, on a new database in $work unless a URL is given, and sets $url. Commands that
# open the database directly need the same environment and directory (`in_work "$tidings" message import FILE`).
start_server() {
    local port
    port=$(free_port)
    url=http://127.0.0.1:$port
    export OS_DATABASE__CONNECTION=${1:-sqlite:///$work/tidings.db}
    : >"$work/tidings.conf"
    (cd "$work" && exec "$tidings" serve --bind "127.0.0.1:$port" --config-file tidings.conf) >"$work/server.log" 2>&1 &
    server_pid=$!
    for _ in {1..600}; do
        if answers "$url/healthcheck"; then
            return
        fi
        kill -0 "$server_pid" 2>/dev/null || break
        sleep 0.1
    done
    echo 'the server did not come up' >&2
    return 1
}

answers() {
    python3 -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=2)' "$1" 2>/dev/null
}

# Runs a command in the scratch directory.
in_work() {
    (cd "$work" && "$@")
}

# Stops the server as an operator would. Ending by itself with status 0 is part of every step with a server.
stop_server() {
    local pid=$server_pid
    server_pid=
    kill -TERM "$pid"
    # A hung one is killed after 30 s; its status then shows that.
    local status=0
    for _ in {1..300}; do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" || status=$?
    if ((status != 0)); then
        echo "the server ended with status $status on SIGTERM" >&2
        return 1
    fi
}

clean_up() {
    local status=$?
    if [[ -n $server_pid ]]; then
        stop_server || true
    fi
    if ((status != 0 && status != 77 && status != 143)) && [[ -f $work/server.log ]]; then
        echo '--- the last lines of the server:'
        tail -n 40 "$work/server.log"
    fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 143' TERM INT
