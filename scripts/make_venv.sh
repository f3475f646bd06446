#!/bin/sh
# Makes the virtual environment $1. Debian's python3 comes without `ensurepip`; root may install it.
set -eu
venv=$1
python=${PYTHON:-python3}
command -v "$python" >/dev/null || {
    echo "There is no '$python'. Python 3.10 or newer is needed; set PYTHON=/path/to/python3." >&2
    exit 1
}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
    echo "Python 3.10 or newer is needed; '$python' is $("$python" -V 2>&1). Set PYTHON=/path/to/python3." >&2
    exit 1
}
if ! "$python" -m venv "$venv" 2>/dev/null; then
    rm -rf "$venv"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq python3-venv
        "$python" -m venv "$venv"
    else
        echo "'$python -m venv' failed. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi
