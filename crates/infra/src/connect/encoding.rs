//! The encoding of a Postgres database. Both drivers always set the client's encoding to UTF-8, which no environment variable
//! and no setting of the role overrides. The database's own encoding was chosen when it was created.

use domain::BoxError;
use sqlx::{PgConnection, Row as _, raw_sql};

use super::driver::in_words;

/// Succeeds if the database can store every text. In another encoding, letters such as `é` and `😀` are errors, or their bytes
/// are counted as several characters.
pub(super) async fn check(connection: &mut PgConnection) -> Result<(), BoxError> {
    let row = raw_sql("SHOW server_encoding").fetch_one(connection).await.map_err(in_words)?;
    match row.try_get(0).map_err(in_words)? {
        "UTF8" => Ok(()),
        other => Err(format!(
            "its encoding is {other} and must be UTF8: create another with \
             CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0 (docs/troubleshooting.md#encoding)"
        )
        .into()),
    }
}
