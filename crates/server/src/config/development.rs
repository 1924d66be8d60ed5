//! Defaults for development: a directory for its data, and a generated secret.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::SecretVerifier;
use secrecy::SecretString;

/// The directory for the database and the secret, in the working directory.
pub(crate) fn data_directory() -> PathBuf {
    PathBuf::from("data")
}

/// The secret of this working directory, generated on first use.
pub(crate) fn secret() -> anyhow::Result<SecretString> {
    secret_in(&data_directory())
}

/// The secret of this working directory; `None` if it has not been generated.
pub(crate) fn kept_secret() -> anyhow::Result<Option<SecretString>> {
    kept_in(&data_directory())
}

fn secret_in(directory: &Path) -> anyhow::Result<SecretString> {
    if let Some(secret) = kept_in(directory)? {
        return Ok(secret);
    }
    let path = path_in(directory);
    let secret = fs::create_dir_all(directory)
        .and_then(|()| write_new_secret(&path))
        .with_context(|| format!("BETTER_AUTH_SECRET is not set, and {} cannot be written", path.display()))?;
    usable(secret, &path)
}

fn kept_in(directory: &Path) -> anyhow::Result<Option<SecretString>> {
    let path = path_in(directory);
    match fs::read_to_string(&path) {
        Ok(secret) => usable(secret, &path).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(error).with_context(|| format!("BETTER_AUTH_SECRET is not set, and {} cannot be read", path.display()))
        }
    }
}

fn path_in(directory: &Path) -> PathBuf {
    directory.join("secret")
}

fn usable(secret: String, path: &Path) -> anyhow::Result<SecretString> {
    if secret.len() < SecretVerifier::MIN_SECRET_BYTES {
        bail!("{} is damaged: delete it, and a new secret is generated", path.display());
    }
    Ok(secret.into())
}

/// Writes the secret to a temporary file and links that to its final path, so that two concurrent starts use the same secret.
fn write_new_secret(path: &Path) -> std::io::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    let secret = BASE64_URL_SAFE_NO_PAD.encode(bytes);

    let draft = path.with_extension(std::process::id().to_string());
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&draft)?.write_all(secret.as_bytes())?;
    // Unlike a rename, a link fails if the path exists.
    let placed = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match placed {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => fs::read_to_string(path),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn the_secret_is_generated_once_and_kept() {
        let directory = tempfile::tempdir().unwrap();

        let first = secret_in(directory.path()).unwrap();
        let second = secret_in(directory.path()).unwrap();

        assert_eq!(first.expose_secret(), second.expose_secret());
        assert_eq!(first.expose_secret().len(), 43);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_the_secret() {
        use std::os::unix::fs::PermissionsExt;

        let directory = tempfile::tempdir().unwrap();
        secret_in(directory.path()).unwrap();

        let mode = fs::metadata(directory.path().join("secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }

    #[test]
    fn a_damaged_secret_is_reported_and_not_used() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("secret"), "short").unwrap();

        let error = secret_in(directory.path()).unwrap_err().to_string();

        assert!(error.contains("is damaged: delete it"), "{error}");
    }
}
