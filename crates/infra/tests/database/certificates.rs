//! Certificates as Postgres' manual makes them, on a real server: what `psql` accepts is accepted, by both ways to run statements.

use std::{path::Path, process::Command};

use domain::Readiness;
use infra::{
    Database, DatabaseSettings, DatabaseUrl, ExecutorKind,
    testing::{OwnServer, RunningServer},
};
use tempfile::TempDir;

/// The commands of the manual (chapter "Secure TCP/IP Connections with SSL"), with `localhost` as the name of the server. The last
/// two lines forge a certificate with another server's.
const OF_THE_MANUAL: &str = r#"
    set -e
    cnf='[v3_ca]
    basicConstraints = critical,CA:true
    subjectKeyIdentifier = hash
    authorityKeyIdentifier = keyid:always,issuer'
    echo "$cnf" > ca.cnf
    openssl req -new -x509 -days 365 -nodes -text -out self.crt -keyout self.key -subj "/CN=localhost"

    openssl req -new -nodes -text -out root.csr -keyout root.key -subj "/CN=root.yourdomain.com"
    openssl x509 -req -in root.csr -text -days 3650 -extfile ca.cnf -extensions v3_ca -signkey root.key -out root.crt
    openssl req -new -nodes -text -out intermediate.csr -keyout intermediate.key -subj "/CN=intermediate.yourdomain.com"
    openssl x509 -req -in intermediate.csr -text -days 1825 -extfile ca.cnf -extensions v3_ca \
        -CA root.crt -CAkey root.key -CAcreateserial -out intermediate.crt
    openssl req -new -nodes -text -out leaf.csr -keyout leaf.key -subj "/CN=localhost"
    openssl x509 -req -in leaf.csr -text -days 365 -CA intermediate.crt -CAkey intermediate.key -CAcreateserial -out leaf.crt
    cat leaf.crt intermediate.crt > chain.crt

    openssl req -new -nodes -text -out direct.csr -keyout direct.key -subj "/CN=localhost"
    openssl x509 -req -in direct.csr -text -days 365 -CA root.crt -CAkey root.key -CAcreateserial -out direct.crt
    openssl x509 -req -in direct.csr -text -days -1 -CA root.crt -CAkey root.key -CAcreateserial -out expired.crt
    echo 'subjectAltName = IP:127.0.0.1' > ip.cnf
    openssl x509 -req -in direct.csr -text -days 365 -extfile ip.cnf -CA root.crt -CAkey root.key -CAcreateserial -out ip.crt

    openssl x509 -req -in direct.csr -text -days 365 -CA ip.crt -CAkey direct.key -CAcreateserial -out forged.crt
    cat forged.crt ip.crt > forged-chain.crt
"#;

fn made() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new("sh").args(["-c", OF_THE_MANUAL]).current_dir(directory.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    directory
}

/// The parameter that trusts one of these certificates.
fn trusting(files: &TempDir, certificate: &str) -> String {
    format!("sslrootcert={}", files.path().join(certificate).display())
}

/// A server that presents this certificate, and its port.
fn server(files: &Path, certificate: &str, key: &str) -> Option<(RunningServer, u16)> {
    let server = OwnServer::create()?;
    server.give(&files.join(certificate), "server.crt");
    server.give(&files.join(key), "server.key");
    let port = server.port();
    Some((server.start(&["ssl=on"]), port))
}

/// Migrates and reads with both ways to run statements. Returns the error, or an empty text.
async fn outcome(host: &str, port: u16, parameters: &str) -> String {
    for executor in [ExecutorKind::Pipelined, ExecutorKind::SeaOrm] {
        let url = DatabaseUrl::parse(&format!("postgres://postgres@{host}:{port}/postgres?{parameters}")).unwrap();
        let settings = DatabaseSettings { executor, ..DatabaseSettings::new(url) };
        match Database::connect(&settings).await {
            Ok(database) => {
                database.migrate_up().await.unwrap();
                database.tasks().check().await.unwrap();
                database.close().await;
            }
            Err(error) => return error.to_string(),
        }
    }
    String::new()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_signed_certificate_of_the_manual_is_accepted() {
    let files = made();
    let Some((_server, port)) = server(files.path(), "self.crt", "self.key") else { return };
    let named = trusting(&files, "self.crt");

    for mode in ["require", "verify-ca", "verify-full"] {
        assert_eq!(outcome("localhost", port, &format!("sslmode={mode}&{named}")).await, "", "{mode}");
    }
    assert_eq!(outcome("127.0.0.1", port, &format!("sslmode=verify-ca&{named}")).await, "");

    let error = outcome("127.0.0.1", port, &format!("sslmode=verify-full&{named}")).await;
    assert!(error.contains("is not for 127.0.0.1, the host in DATABASE_URL, but for localhost"), "{error}");
    let error = outcome("localhost", port, "sslmode=verify-full").await;
    assert!(error.contains("add sslrootcert=FILE to DATABASE_URL"), "{error}");
    let another = format!("sslmode=verify-ca&{}", trusting(&files, "root.crt"));
    let error = outcome("localhost", port, &another).await;
    assert!(error.contains("no certificate in sslrootcert has signed"), "{error}");
    assert_eq!(outcome("localhost", port, "sslmode=no-verify").await, "");
    let error = outcome("localhost", port, "sslmode=verify-ca&sslrootcert=/missing.crt").await;
    assert!(error.contains("sslrootcert /missing.crt: No such file") && error.contains("#private-ca"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_the_manual_is_accepted() {
    let files = made();
    let root = trusting(&files, "root.crt");
    for (certificate, key) in [("chain.crt", "leaf.key"), ("direct.crt", "direct.key")] {
        let Some((_server, port)) = server(files.path(), certificate, key) else { return };

        assert_eq!(outcome("localhost", port, &format!("sslmode=verify-full&{root}")).await, "", "{certificate}");

        let another = format!("sslmode=verify-full&{}", trusting(&files, "self.crt"));
        let error = outcome("localhost", port, &another).await;
        assert!(error.contains("no certificate in sslrootcert has signed"), "{certificate}: {error}");
        let error = outcome("127.0.0.1", port, &format!("sslmode=verify-full&{root}")).await;
        assert!(error.contains("is not for 127.0.0.1"), "{certificate}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_a_certificate_is_a_name_of_its_server() {
    let files = made();
    let Some((_server, port)) = server(files.path(), "ip.crt", "direct.key") else { return };
    let root = format!("sslmode=verify-full&{}", trusting(&files, "root.crt"));

    assert_eq!(outcome("127.0.0.1", port, &root).await, "");
    assert_eq!(outcome("127.0.0.1", port, &format!("{root}&hostaddr=127.0.0.1")).await, "");
    // The common name does not count beside other names.
    let error = outcome("localhost", port, &root).await;
    assert!(error.contains("is not for localhost"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_named_so() {
    let files = made();
    let Some((_server, port)) = server(files.path(), "expired.crt", "direct.key") else { return };

    let error = outcome("localhost", port, &format!("sslmode=verify-ca&{}", trusting(&files, "root.crt"))).await;

    assert!(error.contains("has expired"), "{error}");
}

/// The owner of a certificate must not be able to make others, for other hosts.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_no_authority_for_others() {
    let files = made();
    let Some((_server, port)) = server(files.path(), "forged-chain.crt", "direct.key") else { return };

    let error = outcome("localhost", port, &format!("sslmode=verify-ca&{}", trusting(&files, "root.crt"))).await;

    assert!(error.contains("no certificate in sslrootcert has signed"), "{error}");
}
