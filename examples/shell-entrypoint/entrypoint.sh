#!/bin/sh
# Settings that are given as files become variables: SECRET_FILE=/run/secrets/x sets SECRET.
set -eu

read_file() {
    eval "path=\${$1_FILE:-}"
    if [ -n "$path" ]; then
        value=$(cat "$path")
        export "$1=$value"
    fi
}

read_file SECRET
: "${WORKERS:=$(nproc)}"
export WORKERS

exec "$@"
