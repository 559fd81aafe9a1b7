# Shared by the scripts that start servers.

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# make_certificate DIR: an authority (ca.pem), its certificate for 127.0.0.1 and localhost (server.pem, server.key), and an
# unrelated authority (other.pem). The keys use P-521, the largest supported curve.
make_certificate() {
    local folder=$1
    (
        cd "$folder"
        exec 2>/dev/null
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp521r1 -nodes -days 30 -subj '/CN=test authority' \
            -keyout ca.key -out ca.pem
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj '/CN=other authority' \
            -keyout /dev/null -out other.pem
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:secp521r1 -nodes -subj '/CN=localhost' \
            -keyout server.key -out server.csr
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out server.pem \
            -extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1')
        chmod 600 server.key
        chmod 644 ./*.pem
    )
}

# stop_pid FILE: ends the process with the id in the file, and waits for its end.
stop_pid() {
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 0
    kill -KILL "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}
