# Starts real Keystones for the step that sources this after tests/lib.sh. They end with the step.

keystone_dir=$work/keystone
keystone_pids=()

# Creates an empty Keystone with the user admin (password: secret) for the URL $1.
make_keystone() {
    mkdir -p "$keystone_dir"
    cat >"$keystone_dir/keystone.conf" <<EOF
[DEFAULT]
log_file = $keystone_dir/keystone.log
[database]
connection = sqlite:///$keystone_dir/keystone.db
[fernet_tokens]
key_repository = $keystone_dir/fernet-keys
[credential]
key_repository = $keystone_dir/credential-keys
[cache]
enabled = false
[identity]
# Weak but fast: the tests log in a hundred times.
password_hash_rounds = 4
[token]
allow_expired_window = 3600
EOF
    sed 's/^\[token\]$/[token]\nexpiration = 4/' "$keystone_dir/keystone.conf" >"$keystone_dir/short.conf"
    # keystone-manage would make the same keys, but takes seconds to start for each kind.
    local keys
    for keys in fernet-keys credential-keys; do
        mkdir -m 700 "$keystone_dir/$keys"
        (umask 077; head -c 32 /dev/urandom | basenc --base64url >"$keystone_dir/$keys/0")
    done
    local manage=(keystone-manage --config-file "$keystone_dir/keystone.conf")
    "${manage[@]}" db_sync
    "${manage[@]}" bootstrap --bootstrap-password secret --bootstrap-region-id RegionOne \
        --bootstrap-public-url "$1/v3" --bootstrap-internal-url "$1/v3" --bootstrap-admin-url "$1/v3"
}

# serve_keystone PORT CONF: serves Keystone on a port with a configuration of $keystone_dir, and adds its pid to $keystone_pids.
serve_keystone() {
    uwsgi --http-socket "127.0.0.1:$1" --module keystone.wsgi.api:application --enable-threads --threads 4 --need-app \
        --pyargv "--config-file $keystone_dir/$2" --buffer-size 65535 --add-header 'Connection: close' --die-on-term \
        >"$keystone_dir/uwsgi-$1.log" 2>&1 &
    keystone_pids+=($!)
    for _ in {1..900}; do
        if answers "http://127.0.0.1:$1/v3"; then
            return
        fi
        sleep 0.1
    done
    echo 'Keystone did not come up'
    tail -n 20 "$keystone_dir/uwsgi-$1.log"
    return 1
}

stop_keystones() {
    local pid
    for pid in "${keystone_pids[@]}"; do
        kill -CONT "$pid" 2>/dev/null || true
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    keystone_pids=()
}
trap 'stop_keystones; clean_up' EXIT
