# Every command of this repository, one recipe each; `just` alone lists them. CI runs the recipes in `checks`.

set positional-arguments
set shell := ["bash", "-euo", "pipefail", "-c"]

# `.ci/setup` puts the checkers there. Your own are used if they are on the PATH and those are missing.
export PATH := justfile_directory() / "target/tools/bin" + ":" + env("PATH")

# In the order of `just ci`: the fast ones come first.
checks := "fmt-check spelling links version architecture deny unused lint-ops lint doc better-auth test test-otlp instructions generated client browser schemathesis faults faults-unshared"

[private]
default:
    @"{{ just_executable() }}" --list --unsorted

# Serve on http://127.0.0.1:8000; tasks go into an SQLite file under data/ unless DATABASE_URL is set
[group("run")]
dev *args:
    cargo run -- "$@"

# Apply all migrations; also `just migrate status` and `just migrate down --delete-tasks`
[group("run")]
migrate *args="up":
    cargo run --quiet -- migrate "$@"

# Print a token for development: `just token --user alice`
[group("run")]
token *args:
    cargo run --quiet -- token "$@"

# Regenerate docs/openapi.json from the code
[group("run")]
openapi:
    cargo build
    cargo run --quiet -- openapi > docs/openapi.json

# Regenerate the types of clients/typescript from docs/openapi.json
[group("run")]
[working-directory("clients/typescript")]
client-types: client-install
    npm run --silent generate

# Compare the binary of `just release` with other stacks; `just bench --quick`, `just bench --help`; needs Python and Node
[group("measure")]
bench *args:
    cargo build --release --package bench
    # The build takes 25 minutes from scratch; help and another binary do not need it.
    [[ " $*" =~ " --binary"|" --help" ]] || deploy/release
    "${CARGO_TARGET_DIR:-target}/release/bench" "$@"

# Build the service with profile-guided optimization; needs Postgres, and `rustup component add llvm-tools`
[group("run")]
release:
    deploy/release

# Start a temporary Postgres, the example app and the service; needs Node 20 or later; Ctrl-C stops everything
[group("run")]
demo: example
    cargo build --package tasks-api
    node examples/nextjs/scripts/demo.mjs

[private]
[working-directory("examples/nextjs")]
example-install:
    cmp --silent package-lock.json node_modules/.installed || { npm ci && cp package-lock.json node_modules/.installed; }

# Rebuilt only if one of its sources is newer.
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

# Start Postgres in a container and wait until it is ready
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

# Stop the containers; the data is kept
[group("container")]
down:
    docker compose down

# Run every check and print how long each took; fails without Postgres binaries, PgBouncer 1.21 or Node
[group("check")]
ci:
    #!/usr/bin/env bash
    set -euo pipefail
    # Without these, tests are skipped where Postgres, PgBouncer or Better Auth is missing.
    export REQUIRE_POSTGRES=1 REQUIRE_PGBOUNCER=1 REQUIRE_BETTER_AUTH=1
    times=""
    for check in {{ checks }}; do
        echo "=== $check"
        start=$SECONDS
        "{{ just_executable() }}" "$check"
        times+=$(printf '%6d s  %s' $((SECONDS - start)) "$check")$'\n'
    done
    printf '=== all passed\n%s' "$times"

# Run the tests; on Postgres too if it is found (TEST_DATABASE_URL, or initdb and postgres on this machine)
[group("check")]
test *args:
    cargo test --workspace "$@"

# Inject faults and check the promises of docs/reliability.md: `just faults --list`, `--only NAME`, `--long`
[group("check")]
faults *args:
    cargo build --package tasks-api --package faults
    "${CARGO_TARGET_DIR:-target}/debug/faults" "$@"

# The same where it matters whether statements share connections and commits, with a connection and a commit for each
[group("check")]
faults-unshared:
    "{{ just_executable() }}" faults --only network --only locked --only exhausted --only retried --only concurrent --only unknown \
        --set DATABASE_SHARE_CONNECTIONS=off

# Try the release build on a Citus cluster that exists: `CITUS_URL=… just check-citus --coordinator HOST --worker HOST`
[group("check")]
check-citus *args:
    @deploy/check-citus "$@"

# Count the instructions per request and compare them with crates/http/benches/instructions.txt; needs valgrind
[group("check")]
instructions:
    cargo test --workspace --bench instructions

# Install the Better Auth app that tests use, unless it is installed; needs Node 20 or later
[group("check")]
[working-directory("tests/better-auth")]
better-auth:
    cmp --silent package-lock.json node_modules/.installed || { npm ci && cp package-lock.json node_modules/.installed; }

# Test the export of traces, which is behind a cargo feature
[group("check")]
test-otlp:
    cargo test --package tasks-api --features otlp --test service trace

# Run only the tests that use a real Better Auth; `just test` includes them
[group("check")]
test-better-auth: better-auth
    REQUIRE_BETTER_AUTH=1 cargo test --package tasks-api --test service better_auth

# Fuzz the API: requests that the OpenAPI document allows, and requests that it forbids; `just schemathesis --help`
[group("check")]
schemathesis *args:
    cargo build --quiet --package tasks-api
    tests/fuzz-api/run "$@"

# Fuzz a parser: `just fuzz body -max_total_time=60`; also key_set, list_query, token; needs cargo-fuzz
[group("check")]
fuzz target *args:
    mkdir -p "lab/fuzz/corpus/$1"
    RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir lab/fuzz "$1" "lab/fuzz/corpus/$1" "lab/fuzz/seeds/$1" -- -max_len=16384 "${@:2}"

# Run Clippy; warnings are errors
[group("check")]
lint:
    cargo clippy --workspace --all-targets --all-features -- -D warnings

# Format the code
[group("check")]
fmt:
    cargo fmt --all

# Check that the code is formatted
[group("check")]
fmt-check:
    cargo fmt --all --check

# Build the crates' documentation; warnings are errors
[group("check")]
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features

# Check the dependencies between crates and between files
[group("check")]
architecture:
    .ci/architecture

# Check licences and sources of dependencies, and that no banned crate is used
[group("check")]
deny:
    cargo deny --locked check bans licenses sources

# Look for known vulnerabilities in dependencies; asks the network for the list, so it is not part of `just ci`
[group("check")]
audit:
    #!/usr/bin/env bash
    set -euo pipefail
    failed=0
    for lock in $(git ls-files '*Cargo.lock'); do
        echo "=== $lock"
        cargo deny --locked --manifest-path "$(dirname "$lock")/Cargo.toml" check advisories || failed=1
    done
    # What only builds or tests is left out: it never sees input from outside.
    for lock in $(git ls-files 'clients/*package-lock.json' 'examples/*package-lock.json'); do
        echo "=== $lock"
        npm --prefix "$(dirname "$lock")" audit --package-lock-only --omit dev || failed=1
    done
    exit "$failed"

# Build with the oldest Rust that Cargo.toml promises; downloads that version, so it is not part of `just ci`
[group("check")]
msrv:
    #!/usr/bin/env bash
    set -euo pipefail
    rust=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    rustup toolchain install "$rust" --profile minimal
    RUSTUP_TOOLCHAIN=$rust cargo build --locked --target-dir target/msrv

# Look for unused dependencies
[group("check")]
unused:
    cargo shear

# Check the spelling
[group("check")]
spelling:
    typos

# Check the Dockerfiles, workflows, scripts and Kubernetes manifests
[group("check")]
lint-ops:
    hadolint Dockerfile examples/nextjs/Dockerfile
    check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
    jactionlint
    zizmor --offline --quiet .github
    check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
    check-jsonschema --quiet --builtin-schema vendor.github-actions .github/actions/*/action.yml
    check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
    check-jsonschema --quiet --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
    check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/{bug,feature}.yml
    python3 -m json.tool .devcontainer/devcontainer.json > /dev/null
    for check in {{ checks }}; do \
        grep --quiet --extended-regexp -- "checks: (.* )?$check( |$)" .github/workflows/ci.yml || { echo "ci.yml lacks $check" >&2; exit 1; }; \
    done
    shellcheck $(git grep --files-with-matches '^#!/usr/bin/env bash' -- .ci deploy)
    .ci/manifests

# Check that every copy of the version is the same; `just version 0.2.0` sets it
[group("check")]
version *args:
    .ci/version "$@"

# Check the links in the Markdown files
[group("check")]
links:
    .ci/links

# Check that docs/openapi.json is up to date
[group("check")]
generated:
    cargo run --quiet -- openapi | diff --unified docs/openapi.json - || { echo 'stale: run `just openapi`' >&2; exit 1; }

[private]
[working-directory("clients/typescript")]
client-install:
    cmp --silent package-lock.json node_modules/.installed || { npm ci && cp package-lock.json node_modules/.installed; }

# Test the TypeScript client, and check that its types are up to date; needs Node 20 or later
[group("check")]
[working-directory("clients/typescript")]
client: client-install
    node scripts/generate.mjs | diff --unified src/generated.ts - || { echo 'stale: run `just client-types`' >&2; exit 1; }
    cargo build --quiet --package tasks-api
    npm run build
    npm test

# Test the example app in Chromium, with the service and Postgres; screenshots go to target/screenshots
[group("check")]
browser: example
    cargo build --quiet --package tasks-api
    cd examples/nextjs && npm test
