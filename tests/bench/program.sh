# Sourced after tests/lib.sh by the benchmarks.

# build_program PROFILE FEATURES: sets $tidings to the program to measure: $TIDINGS_BENCH_BIN, or the build with this profile and
# the route of the baseline.
build_program() {
    if [[ -n ${TIDINGS_BENCH_BIN:-} ]]; then
        tidings=$(realpath "$TIDINGS_BENCH_BIN")
    else
        cargo build --quiet --locked --profile "$1" --features "floor,$2"
        tidings=$(realpath "$target/$1/tidings")
    fi
}

# build_optimised [FEATURES]: sets $tidings to the optimised program.
build_optimised() {
    build_program release "${1:-}"
}

# build_counted: sets $tidings to the program whose instructions are counted.
build_counted() {
    build_program counted ''
}

# build_store FEATURES: sets $store to $TIDINGS_BENCH_STORE, or the program of tests/bench/store.rs.
build_store() {
    store=${TIDINGS_BENCH_STORE:-$(build_bench store "$1")}
    store=$(realpath "$store")
}

# build_ingest: sets $ingest to $TIDINGS_BENCH_INGEST, or the program of tests/bench/ingest.rs.
build_ingest() {
    ingest=${TIDINGS_BENCH_INGEST:-$(build_bench ingest '')}
    ingest=$(realpath "$ingest")
}

# build_publisher: sets $publisher to $TIDINGS_BENCH_PUBLISHER, or the program of tests/bench/publisher.rs.
build_publisher() {
    publisher=${TIDINGS_BENCH_PUBLISHER:-$(build_bench publisher '')}
    publisher=$(realpath "$publisher")
}

# build_webhooks FEATURES: sets $webhooks to $TIDINGS_BENCH_WEBHOOKS, or the program of tests/bench/webhooks.
build_webhooks() {
    webhooks=${TIDINGS_BENCH_WEBHOOKS:-$(build_bench webhooks "$1")}
    webhooks=$(realpath "$webhooks")
}

# build_bench NAME FEATURES: prints the path of the program of tests/bench/NAME.rs.
build_bench() {
    cargo build --quiet --locked --release --features "floor,$2" --bench "$1" --message-format=json |
        executable "$1"
}
