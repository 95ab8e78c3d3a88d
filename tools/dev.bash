# What ./dev is made of: packages, build folders, steps that are counted. Sourced, run from the top folder.
# shellcheck shell=bash disable=SC2034

PACKAGES_BUILD=(gcc libc6-dev meson ninja-build pkg-config libevent-dev libssl-dev libunbound-dev libconfuse-dev
    libidn2-dev libcrypt-dev libpam0g-dev nettle-dev zlib1g-dev liblzma-dev libzstd-dev libbz2-dev libjansson-dev libcmocka-dev libseccomp-dev libsystemd-dev)
PACKAGES_TEST=(clang libclang-rt-dev lld llvm binutils python3 python3-pytest python3-pytest-xdist python3-dnslib ldnsutils python3-dkim python3-authres python3-nacl
    gsasl swaks libnet-ssleay-perl curl msmtp openssl e2fsprogs zstd systemd mandoc nodejs chromium
    mutt neomutt libsasl2-modules s-nail esmtp git-email libmailtools-perl libauthen-sasl-perl libnet-smtp-ssl-perl node-nodemailer
    claws-mail xvfb xdotool testssl.sh)
PACKAGES_PAGE=(clang lld wasi-libc libclang-rt-dev-wasm32)
PACKAGES_LINT=(clang clang-tidy clang-format shellcheck git python3)
PACKAGES_RUN=(curl)

# Installs what is missing of the packages named; says so first.
need_packages() {
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    echo "Candor needs these Debian packages, which are not installed yet:"
    printf '  %s\n' "${missing[@]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        as_root=(sudo)
        if ! command -v sudo >/dev/null; then
            echo "Have root run this, then try again:"
            echo "  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
            exit 69
        fi
    fi
    echo "Installing them with: ${as_root[*]} apt-get install --no-install-recommends ..."
    local log
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "The packages could not be installed; the whole output of apt is in $log" >&2
        exit 69
    fi
    rm -f "$log"
    echo "Installed."
}

# setup FOLDER COMPILER [MESON OPTION...]: a build folder, made once; ninja brings it up to date afterwards.
setup() {
    local folder=$1 compiler=$2
    shift 2
    [ -f "$folder/build.ninja" ] && return
    rm -rf "$folder"
    CC=$compiler meson setup "$folder" "$@"
}

# Steps are counted in build/results/<suite>/<step>.count as "passed failed".
start_tally() {
    tally=build/results/$1
    rm -rf "$tally"
    mkdir -p "$tally"
}

# step NAME COMMAND...: runs it, counts it as one, shows its output when it fails.
step() {
    local name=$1
    shift
    printf '%-14s ' "$name"
    local begun=$SECONDS
    if "$@" >"$tally/$name.log" 2>&1; then
        echo "1 0" >"$tally/$name.count"
        echo "ok ($((SECONDS - begun)) s)"
        return 0
    fi
    echo "0 1" >"$tally/$name.count"
    echo "FAILED"
    tail -n 60 "$tally/$name.log"
    return 1
}

# unit_tests NAME COMPILER [MESON OPTION...]: builds in build/NAME and runs every meson test there.
unit_tests() {
    local name=$1
    step "build-$name" build_variant "$@" || return
    printf '%-14s ' "unit-$name"
    meson test -C "build/$name" --no-rebuild --print-errorlogs -q >"$tally/unit-$name.log" 2>&1
    local status=$?
    count_junit "unit-$name" $status "build/$name/meson-logs/testlog.junit.xml"
    [ $status -eq 0 ] || cat "$tally/unit-$name.log"
}

build_variant() {
    setup "build/$1" "${@:2}" && ninja -C "build/$1"
}

# count_junit NAME STATUS FILE: counts the cases of a JUnit file; a run that failed counts at least one failure.
count_junit() {
    /usr/bin/python3 tools/tally.py junit "$2" "$3" >"$tally/$1.count"
    awk '{ print $1 " passed, " $2 " failed" }' "$tally/$1.count"
}

# show_tally FOLDER...: one line; fails when anything failed or nothing ran.
show_tally() {
    /usr/bin/python3 tools/tally.py sum "$@"
}
