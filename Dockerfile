# syntax=docker/dockerfile:1

ARG RUST_VERSION=1.95
# `plain`, or `guided` for profile-guided optimization: docs/adr/0014-guided-builds.md.
ARG BUILD=plain

# The workspace without its code: the manifests, and empty files for the sources that they name. It changes only when a manifest
# does, so the layer below, which builds the dependencies, is cached.
FROM rust:${RUST_VERSION}-slim-trixie AS manifests
WORKDIR /src
COPY . .
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -path '*/src/lib.rs' ! -path '*/src/main.rs' \
        ! -path '*/benches/*.rs' -delete \
    && find . -type d -empty -delete \
    && find . \( -name lib.rs -o -path '*/benches/*' \) -type f -exec truncate --size 0 {} + \
    && echo 'fn main() {}' > /main.rs \
    && find . -name main.rs -exec cp /main.rs {} \;

FROM rust:${RUST_VERSION}-slim-trixie AS plain
WORKDIR /src
COPY --from=manifests /src .
RUN cargo build --locked --release --package tasks-api
COPY . .
# `touch` makes them newer than the build of the empty files, which cargo would keep otherwise.
RUN find crates migration -name '*.rs' -exec touch {} + \
    && cargo build --locked --release --package tasks-api

FROM rust:${RUST_VERSION}-slim-trixie AS guided
# None of this gets into the image, so any version works.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql \
    && rm -rf /var/lib/apt/lists/* \
    && rustup component add llvm-tools
WORKDIR /src
COPY . .
RUN deploy/release \
    && mv target/guided/tasks-api target/release/tasks-api

# hadolint ignore=DL3006
FROM ${BUILD} AS build

# Contains glibc, which the binary needs, and the certificate authorities; no shell and no package manager.
FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=build /src/target/release/tasks-api /usr/local/bin/tasks-api
# As a number, so that an orchestrator can verify that it is not root.
USER 65532:65532
ENV ENVIRONMENT=production HOST=0.0.0.0 PORT=8000
EXPOSE 8000
STOPSIGNAL SIGTERM
# The binary checks itself, because the image has no shell or curl.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/usr/local/bin/tasks-api", "health"]
ENTRYPOINT ["/usr/local/bin/tasks-api"]
