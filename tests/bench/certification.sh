#!/bin/sh
# How long the whole local certification of a database connector with source, sink and state takes, how many crash points
# it tries in a minute, and what the harness itself costs a check.
#
#   certification.sh BUILD [ROUNDS]    BUILD: build folder of the SDK
set -eu
build=$1
rounds=${2:-5}
work=$(mktemp -d "${TMPDIR:-/tmp}/dpone-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
dpone=$build/bin/dpone
package=$work/dpone-connector-measured

{
    "$dpone" connectors scaffold measured --root "$work" --connector-type database --capability source --capability sink \
        --capability state
    cmake -S "$package" -B "$work/build" -G Ninja -Ddpone_DIR="$build" -DCMAKE_BUILD_TYPE=Release \
        -DDPONE_CERTIFY_DURING_BUILD=OFF
    cmake --build "$work/build"
} >"$work/log"

now_ms() {
    echo $(($(date +%s%N) / 1000000))
}

# measure ROUNDS COMMAND...: the median of its wall-clock milliseconds; it must succeed.
measure() {
    count=$1
    shift
    for _ in $(seq "$count"); do
        begin=$(now_ms)
        "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2 && exit 1; }
        echo $(($(now_ms) - begin))
    done | sort -n | sed -n "$(((count + 1) / 2))p"
}

cat >"$work/certify" <<EOF
#!/bin/sh
exec "$dpone" connectors certify --package "$package" --plugin "$work/build/dpone_connector_measured.so" \\
    --artifact-dir "$work/evidence" "\$@"
EOF
chmod +x "$work/certify"

# number FILE FIELD: the sum of that field over a file of evidence
number() {
    sed -n "s/.*\"$2\": \([0-9]*\).*/\1/p" "$1" | awk '{ sum += $1 } END { print sum }'
}

# What finished children of this shell have computed, in ms; it does not grow with the load of the machine.
cpu_ms() {
    awk -v ticks="$(getconf CLK_TCK)" '{ print int(($16 + $17) * 1000 / ticks) }' "/proc/$$/stat"
}

before=$(cpu_ms)
"$work/certify" >"$work/log"
cpu=$(($(cpu_ms) - before))
alone=$(measure "$rounds" "$work/certify")
crash=$work/evidence/evidence/crash_atomicity.json
points=$(number "$crash" tried)
crash_ms=$(number "$crash" duration_ms)
two=$(measure "$rounds" "$work/certify" --jobs 2)
check=$(measure 21 "$work/certify" --check workflow_valid)
floor=$(measure 21 "$dpone" --version)

echo "certification of a database connector (source, sink, state), medians of $rounds"
echo "machine: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs, load $(cut -d' ' -f1 /proc/loadavg)"
echo
echo "| | |"
echo "|---|---|"
echo "| the whole certification, one check at a time | $alone ms |"
echo "| the same, CPU time | $cpu ms |"
echo "| the whole certification, --jobs 2 | $two ms (limit: 20000) |"
echo "| crash points of crash_atomicity | $points in $crash_ms ms |"
echo "| crash points a minute | $((points * 60000 / crash_ms)) (limit: 5000) |"
echo "| harness overhead of one check | $((check - floor)) ms (limit: 20) |"
