//! The encoding of a Postgres database. Both drivers always set the client's encoding to UTF-8, which no environment variable
//! and no setting of the role overrides. The database's own encoding was chosen when it was created.

use sqlx::{PgConnection, Row as _, raw_sql};

use super::failure::Failure;

/// Succeeds if the database can store every text. In another encoding, letters such as `é` and `😀` are errors, or their bytes
/// are counted as several characters.
pub(super) async fn check(connection: &mut PgConnection) -> Result<(), Failure> {
    let row = raw_sql("SHOW server_encoding").fetch_one(connection).await?;
    match row.try_get(0)? {
        "UTF8" => Ok(()),
        other => Err(Failure::lasting(format!(
            "its encoding is {other} and must be UTF8: create another with \
             CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0 (docs/troubleshooting.md#encoding)"
        ))),
    }
}
