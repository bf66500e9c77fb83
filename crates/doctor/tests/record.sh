#!/bin/sh
# Makes the transcripts below tests/it/transcripts again: each case of tests/it/corpus, run with the last
# release of every go since 1.13. They come as golang.org/toolchain from the module proxy of `go env`,
# verified by the checksum database, and need about 5 GB below DIRECTORY.
#
#   crates/doctor/tests/record.sh DIRECTORY [GIT_LOCALES]
#
# GIT_LOCALES is a directory of git's translations (DIRECTORY/LANGUAGE/LC_MESSAGES/git.mo), for the cases
# in which git speaks another language; without it git speaks English there.
set -eu
directory=$1
locales=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
system=$(go env GOOS)-$(go env GOARCH)
current=$(go env GOVERSION)
export GOMODCACHE="$directory/mod" GOFLAGS=-modcacherw

rm -rf "$here/it/transcripts"
mkdir -p "$here/it/transcripts" "$directory"
cargo test -p doctor --test it --no-run
run() {
    GOENV=off GOFLAGS= PATH="$1:$PATH" DOCTOR_RECORD="$here/it/transcripts" DOCTOR_GIT_LOCALES="$locales" \
        cargo test -p doctor --test it what_this_go_prints_is_kept -- --ignored --nocapture
}
for version in 1.13.15 1.14.15 1.15.15 1.16.15 1.17.13 1.18.10 1.19.13 1.20.14 \
    1.21.13 1.22.12 1.23.12 1.24.10 1.25.4; do
    module="golang.org/toolchain@v0.0.1-go$version.$system"
    go mod download "$module"
    chmod -R +x "$GOMODCACHE/$module/bin" "$GOMODCACHE/$module/pkg/tool"
    run "$GOMODCACHE/$module/bin"
done
echo "and the go of this machine: $current"
run "$(go env GOROOT)/bin"
