#!/bin/sh
# Installs the Debian packages into a root made of this machine's own packages, makes and certifies one connector there by
# find_package and one by pkg-config, removes the packages, and finds nothing left.
#
#   install_deb.sh BUILD WORK    BUILD: build folder of the SDK; WORK: a folder to use
#
# Exit status 77: this cannot be tried here; the reason is on stdout.
set -eu
build=$1
work=$2

skip() {
    echo "skipped: $*"
    exit 77
}

fail() {
    echo "failed: $*" >&2
    exit 1
}

[ "$(id -u)" -eq 0 ] || skip 'a root folder of its own needs root'
if [ -z "${DPONE_IN_NAMESPACE-}" ]; then
    unshare --mount true 2>/dev/null || skip 'this machine allows no mount namespace'
    DPONE_IN_NAMESPACE=1 exec unshare --mount --propagation private sh "$0" "$@"
fi

# ---- The packages ----

rm -rf "$work"
mkdir -p "$work/packages" "$work/base"
cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/packages" >"$work/cpack.log" 2>&1 || {
    cat "$work/cpack.log"
    fail 'cpack'
}
if command -v lintian >/dev/null 2>&1; then
    lintian --allow-root --fail-on error "$work"/packages/*.deb || fail 'lintian found errors'
else
    echo 'lintian is not installed: not run'
fi

# ---- The root: /usr, /etc and /var of this machine beneath a layer of our own; no home, no source tree ----

mount -t tmpfs tmpfs "$work/base" || skip 'this machine mounts no tmpfs'
mount --make-shared "$work/base" # as on a machine that runs: what is mounted in the root is seen outside
root=$work/base/root
cd "$work/base" # paths without comma or colon for overlay
for folder in usr etc var; do
    mkdir -p "root/$folder" "layer/$folder" "work/$folder"
    mount -t overlay overlay -o "lowerdir=/$folder,upperdir=layer/$folder,workdir=work/$folder" "root/$folder" || skip 'this machine mounts no overlay'
done
for link in bin sbin lib lib64; do
    ln -s "usr/$link" "$root/$link"
done
mkdir -p "$root/dev" "$root/proc" "$root/tmp" "$root/root" "$root/home"
chmod 1777 "$root/tmp"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/usr/local"

in_root() {
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 chroot "$root" "$@"
}

# What is on the disk, but for what dpkg and ldconfig keep for themselves.
list_files() {
    (cd "$root" && find usr etc var -path usr/local -prune -o -path var/lib/dpkg -prune -o -path var/log -prune -o \
        -path var/cache/ldconfig -prune -o -print | sort)
}

# ---- Install, use, remove ----

list_files >"$work/before"
cp "$work"/packages/*.deb "$root/tmp/"
in_root sh -c 'dpkg --install /tmp/dpone*.deb' || fail 'dpkg --install'
in_root dpone --version

cat >"$root/tmp/use.sh" <<'USE'
set -eu
mkdir /tmp/by-cmake /tmp/by-pkg-config
cat >/tmp/by-cmake/CMakeLists.txt <<'TEXT'
cmake_minimum_required(VERSION 3.25)
project(my_connectors C)
find_package(dpone 1 REQUIRED)
include(CTest)
dpone_add_connector(demo_api TYPE api CAPABILITIES source sink)
dpone_certify(demo_api)
dpone_package_connector(demo_api)
TEXT
cmake -S /tmp/by-cmake -B /tmp/by-cmake/build -G Ninja
cmake --build /tmp/by-cmake/build
ctest --test-dir /tmp/by-cmake/build --output-on-failure
grep -q '^# .*: certified$' /tmp/by-cmake/build/test_artifacts/connectors/demo_api/certification_report.md

cpack -G DEB --config /tmp/by-cmake/build/CPackConfig.cmake -B /tmp/by-cmake/packages
dpkg --install /tmp/by-cmake/packages/*.deb
cd /
dpone connectors certify --plugin demo_api --check import_safety --artifact-dir /tmp/by-name
dpkg --purge dpone-connector-demo-api

cd /tmp/by-pkg-config
dpone connectors scaffold other_api --root . --connector-type api --capability source --capability sink
cd dpone-connector-other-api
# shellcheck disable=SC2046 # flags are words
cc -shared -fPIC -fvisibility=hidden -D_POSIX_C_SOURCE=200809L -o dpone_connector_other_api.so \
    src/dpone_connector_other_api/*.c $(pkg-config --cflags --libs dpone libcurl jansson) \
    -Wl,--exclude-libs,ALL -Wl,-z,defs
for check in symbol_hygiene import_safety abi_conformance; do
    dpone connectors certify --package . --plugin ./dpone_connector_other_api.so --check "$check"
done
dpone connectors certify --package . --plugin ./dpone_connector_other_api.so
dpone connectors report --artifact-dir test_artifacts/connectors/other_api
USE
in_root sh /tmp/use.sh || fail 'using the installed SDK'
! grep dpone-check /proc/self/mountinfo || fail 'a check left a mount behind'
! ls -d "$root"/tmp/dpone-check-* 2>/dev/null || fail 'a check left its folder behind'

in_root dpkg --purge dpone-dev dpone || fail 'dpkg --purge'
list_files >"$work/after"
left=$(comm -13 "$work/before" "$work/after")
[ -z "$left" ] || fail "the packages left behind: $left"
echo 'nothing is left behind'
