#!/bin/sh
# How long CMake configures a project of 100 connectors with all their checks, against a plain project with as many
# subdirectories, module targets, source files and tests of the same kind.
#
#   cmake_scale.sh BUILD [CONNECTORS [ROUNDS]]    BUILD: build folder of the SDK
set -eu
build=$1
count=${2:-100}
rounds=${3:-9}
work=$(mktemp -d "${TMPDIR:-/tmp}/dpone-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM

cmake --install "$build" --prefix "$work/prefix" >"$work/log"

# ---- The project of connectors ----

mkdir -p "$work/connectors" "$work/plain"
{
    printf 'cmake_minimum_required(VERSION 3.25)\nproject(connectors C)\nfind_package(dpone 1 REQUIRED)\ninclude(CTest)\n'
    seq "$count" | sed 's/.*/dpone_add_connector(c& TYPE api CAPABILITIES source sink)\ndpone_certify(c&)/'
} >"$work/connectors/CMakeLists.txt"
cmake -S "$work/connectors" -B "$work/first" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/log"

# ---- The plain project: the same sources, targets and tests, written out by hand ----

tests=$(ctest --test-dir "$work/first" --show-only -L '^c1$' | sed -n 's/.*: \(c1\.certification\.[a-z_.]*\)$/\1/p')
{
    printf 'cmake_minimum_required(VERSION 3.25)\nproject(plain C)\nfind_package(dpone 1 REQUIRED)\ninclude(CTest)\n'
    seq "$count" | sed 's/.*/add_subdirectory(c&)/'
} >"$work/plain/CMakeLists.txt"
for number in $(seq "$count"); do
    folder=$work/plain/c$number
    mkdir "$folder"
    cp -r "$work/connectors/dpone-connector-c$number/src" "$work/connectors/dpone-connector-c$number/tests" "$folder"
    {
        echo "cmake_minimum_required(VERSION 3.25)"
        echo "project(c$number C)"
        echo "add_library(c$number MODULE $(cd "$folder" && echo src/*/*.c))"
        echo "target_link_libraries(c$number PRIVATE dpone::static)"
        echo "add_executable(c${number}_contract_test $(cd "$folder" && echo tests/*.c) \$<TARGET_OBJECTS:c$number>)"
        echo "target_link_libraries(c${number}_contract_test PRIVATE dpone::static cmocka)"
        echo "add_test(NAME c$number.contract COMMAND c${number}_contract_test)"
        for test in $tests; do
            echo "add_test(NAME c$number.${test#c1.} COMMAND dpone::program connectors certify --package"
            echo "  \${CMAKE_CURRENT_SOURCE_DIR} --plugin \$<TARGET_FILE:c$number> --artifact-dir \${CMAKE_BINARY_DIR}/c$number"
            echo "  --profile local --check ${test##*.})"
        done
        printf 'set_tests_properties('
        for test in $tests; do
            printf 'c%s.%s ' "$number" "${test#c1.}"
        done
        echo "PROPERTIES LABELS \"dpone;certification;c$number\" TIMEOUT 120 SKIP_RETURN_CODE 77)"
    } >"$folder/CMakeLists.txt"
done

# ---- Measuring: wall-clock milliseconds, the two projects in turn ----

now_ms() {
    echo $(($(date +%s%N) / 1000000))
}

# configure PROJECT BUILD: prints how long it took
configure() {
    start=$(now_ms)
    cmake -S "$work/$1" -B "$2" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/log"
    echo $(($(now_ms) - start))
}

median() {
    sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"
}

for round in $(seq "$rounds"); do
    for project in plain connectors; do
        rm -rf "$work/b-$project" "$work"/connectors/dpone-connector-*
        configure "$project" "$work/b-$project" >>"$work/generating-$project"
        rm -rf "$work/b-$project"
        configure "$project" "$work/b-$project" >>"$work/first-$project"
        configure "$project" "$work/b-$project" >>"$work/later-$project"
    done
    echo "round $round of $rounds" >&2
done

echo "$count connectors, $(echo "$tests" | wc -w) tests each; medians of $rounds; $(nproc) cores, $(cmake --version | head -n 1)"
printf '%-22s %10s %10s %7s\n' '' plain connectors ratio
for which in generating first later; do # generating: the first configuration, which makes the packages too
    plain=$(median "$work/$which-plain")
    connectors=$(median "$work/$which-connectors")
    printf '%-22s %7s ms %7s ms %7s\n' "$which configuration" "$plain" "$connectors" \
        "$(awk "BEGIN { printf \"%.2f\", $connectors / $plain }")"
done
