# Sourced after tests/lib.sh by whatever measures.

# build_optimised [FEATURES]: sets $tidings to the program to measure, the optimised build with the route of the floor, or
# what $TIDINGS_BENCH_BIN names.
build_optimised() {
    if [[ -n ${TIDINGS_BENCH_BIN:-} ]]; then
        tidings=$(realpath "$TIDINGS_BENCH_BIN")
    else
        cargo build --quiet --locked --release --features "floor,${1:-}"
        tidings=$(realpath "$target/release/tidings")
    fi
}

# build_store FEATURES: sets $store to the program of tests/bench/store.rs, or what $TIDINGS_BENCH_STORE names.
build_store() {
    if [[ -n ${TIDINGS_BENCH_STORE:-} ]]; then
        store=$(realpath "$TIDINGS_BENCH_STORE")
        return
    fi
    store=$(cargo build --quiet --locked --release --features "floor,$1" --bench store --message-format=json |
        python3 -c 'import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("target", {}).get("name") == "store" and message.get("executable"):
        print(message["executable"])')
}
