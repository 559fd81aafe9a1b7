# Sourced after tests/lib.sh by whatever measures.

# Sets $tidings to the program to measure: the optimised build with the route of the floor, or what $TIDINGS_BENCH_BIN
# names.
build_optimised() {
    if [[ -n ${TIDINGS_BENCH_BIN:-} ]]; then
        tidings=$(realpath "$TIDINGS_BENCH_BIN")
    else
        cargo build --quiet --locked --release --features floor
        tidings=$(realpath "$target/release/tidings")
    fi
}
