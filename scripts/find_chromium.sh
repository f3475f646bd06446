#!/bin/sh
# Prints the path of a Chromium for the browser tests: $CHROMIUM, or one on the PATH. Where there is none, root on a
# system with apt-get gets Debian's. Prints nothing, and says why, when there is no way.
set -u
if [ -n "${CHROMIUM:-}" ]; then
    echo "$CHROMIUM"
    exit
fi
find_it() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" && return
    done
    return 1
}
find_it && exit
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests ..." >&2
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >/dev/null 2>&1
    find_it && exit
fi
echo "No Chromium: the browser tests are skipped. Install it, or set CHROMIUM=/path/to/it." >&2
