# All that is done here, a recipe each; `just` alone lists them. CI runs `just ci` and adds nothing.

set positional-arguments
set shell := ["bash", "-euo", "pipefail", "-c"]

# Where `.ci/run` puts the checkers, so that they are found here too; your own serve as well.
export PATH := justfile_directory() / "target/tools/bin" + ":" + env("PATH")

# In the order of `just ci`: what is quick comes first.
checks := "fmt-check spelling links architecture deny unused lint-ops lint doc better-auth test instructions generated client browser schemathesis faults"

[private]
default:
    @"{{ just_executable() }}" --list --unsorted

# Serve on http://127.0.0.1:8000, with an SQLite file under data/ unless DATABASE_URL says otherwise
[group("run")]
dev *args:
    cargo run -- "$@"

# Apply all migrations; or `just migrate status`, `just migrate down --delete-tasks`
[group("run")]
migrate *args="up":
    cargo run --quiet -- migrate "$@"

# Print a token for development: `just token --user alice`
[group("run")]
token *args:
    cargo run --quiet -- token "$@"

# Write docs/openapi.json anew from the code
[group("run")]
openapi:
    cargo build
    cargo run --quiet -- openapi > docs/openapi.json

# Write the types of clients/typescript anew from docs/openapi.json
[group("run")]
[working-directory("clients/typescript")]
client-types: client-install
    npm run --silent generate

# Compare what `just release` builds with other servers; see `just bench --help`; needs Python and Node for the peers
[group("measure")]
bench *args:
    cargo build --release --package bench
    # Takes 25 minutes from scratch. Not needed for help or for another binary.
    [[ " $*" =~ " --binary"|" --help" ]] || deploy/release
    "${CARGO_TARGET_DIR:-target}/release/bench" "$@"

# Build the service guided by a profile, for less of the processor; needs Postgres, and `rustup component add llvm-tools`
[group("run")]
release:
    deploy/release

# Start a throw-away Postgres, the example app and the service; needs Node 20 or later. Ctrl-C stops all of it
[group("run")]
demo: example
    cargo build --package tasks-api
    node examples/nextjs/scripts/demo.mjs

[private]
[working-directory("examples/nextjs")]
example-install:
    cmp --silent package-lock.json node_modules/.installed || { npm ci && cp package-lock.json node_modules/.installed; }

# Built anew only if something it is made from is newer.
[private]
[working-directory("examples/nextjs")]
example: example-install
    #!/usr/bin/env bash
    set -euo pipefail
    built=.next/standalone/examples/nextjs/server.js
    if [ ! -e "$built" ] || find . ../../clients/typescript/src ../../clients/typescript/*.json -newer "$built" -type f \
            -not -path './node_modules/*' -not -path './.next/*' -not -path './tests/*' -not -name 'next-env.d.ts' | grep --quiet .; then
        NEXT_TELEMETRY_DISABLED=1 npm run build
        touch "$built"
    fi

# Start Postgres in a container and wait until it answers
[group("container")]
db:
    docker compose up --detach --wait postgres

# Build the image
[group("container")]
docker:
    docker build --tag tasks-api .

# Start Postgres, the API and the example app in containers
[group("container")]
up:
    docker compose up --build

# Stop the containers; the data stays
[group("container")]
down:
    docker compose down

# Every check, with a time for each; a machine without Postgres binaries, PgBouncer 1.21 or Node fails
[group("check")]
ci:
    #!/usr/bin/env bash
    set -euo pipefail
    # Without these the tests on Postgres, behind PgBouncer or beside Better Auth are left out where they find none.
    export REQUIRE_POSTGRES=1 REQUIRE_PGBOUNCER=1 REQUIRE_BETTER_AUTH=1
    times=""
    for check in {{ checks }}; do
        echo "=== $check"
        start=$SECONDS
        "{{ just_executable() }}" "$check"
        times+=$(printf '%6d s  %s' $((SECONDS - start)) "$check")$'\n'
    done
    printf '=== all passed\n%s' "$times"

# Run the tests; on Postgres too if there is one (TEST_DATABASE_URL, or initdb and postgres on this machine)
[group("check")]
test *args:
    cargo test --workspace "$@"

# Break what the service depends on and check its promises: `just faults --list`, `--only NAME`, `--long`
[group("check")]
faults *args:
    cargo build --package tasks-api --package faults
    "${CARGO_TARGET_DIR:-target}/debug/faults" "$@"

# Count the instructions a request takes, and compare with crates/http/benches/instructions.txt; needs valgrind
[group("check")]
instructions:
    cargo test --workspace --bench instructions

# Install the Better Auth app for tests if needed; needs Node 20 or later
[group("check")]
[working-directory("tests/better-auth")]
better-auth:
    cmp --silent package-lock.json node_modules/.installed || { npm ci && cp package-lock.json node_modules/.installed; }

# Send requests generated from the OpenAPI document, valid and invalid; `just schemathesis --help`
[group("check")]
schemathesis *args:
    cargo build --quiet --package tasks-api
    tests/fuzz-api/run "$@"

# Fuzz a parser: `just fuzz body -max_total_time=60`; or key_set, list_query, token. Needs cargo-fuzz
[group("check")]
fuzz target *args:
    mkdir -p "lab/fuzz/corpus/$1"
    RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir lab/fuzz "$1" "lab/fuzz/corpus/$1" "lab/fuzz/seeds/$1" -- -max_len=16384 "${@:2}"

# Clippy, warnings denied
[group("check")]
lint:
    cargo clippy --workspace --all-targets --all-features -- -D warnings

# Format the code
[group("check")]
fmt:
    cargo fmt --all

# Is the code formatted?
[group("check")]
fmt-check:
    cargo fmt --all --check

# Build the crates' documentation, warnings denied
[group("check")]
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features

# Do the crates point the right way?
[group("check")]
architecture:
    .ci/architecture

# Banned crates, licences and sources of dependencies
[group("check")]
deny:
    cargo deny --locked check bans licenses sources

# Known vulnerabilities in dependencies; fetches the list, so it is no part of `just ci`
[group("check")]
audit:
    cargo deny --locked check advisories

# Dependencies that nothing uses
[group("check")]
unused:
    cargo shear

# Spelling
[group("check")]
spelling:
    typos

# The Dockerfiles, the workflow and the Kubernetes manifests
[group("check")]
lint-ops:
    hadolint Dockerfile examples/nextjs/Dockerfile
    zizmor --offline --quiet .github/workflows
    .ci/manifests

# Do the links in the Markdown files lead somewhere?
[group("check")]
links:
    .ci/links

# Is docs/openapi.json what the code says?
[group("check")]
generated:
    cargo run --quiet -- openapi | diff --unified docs/openapi.json - || { echo 'stale: run `just openapi`' >&2; exit 1; }

[private]
[working-directory("clients/typescript")]
client-install:
    cmp --silent package-lock.json node_modules/.installed || { npm ci && cp package-lock.json node_modules/.installed; }

# The TypeScript client: are its types what docs/openapi.json says, and does it work with the service? Needs Node 20 or later
[group("check")]
[working-directory("clients/typescript")]
client: client-install
    node scripts/generate.mjs | diff --unified src/generated.ts - || { echo 'stale: run `just client-types`' >&2; exit 1; }
    cargo build --quiet --package tasks-api
    npm run build
    npm test

# The example app in Chromium, from the sign-up on, with the service and Postgres behind it; pictures in target/screenshots
[group("check")]
browser: example
    cargo build --quiet --package tasks-api
    cd examples/nextjs && npm test
