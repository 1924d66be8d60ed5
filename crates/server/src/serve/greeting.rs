//! The greeting at a start in development, with a command for the first request.

use domain::{Identity, OwnerId};
use http::SecretVerifier;

/// A text with the address, the database, and a command that can be pasted.
pub(super) fn greeting(
    address: &str,
    database: &str,
    minter: &SecretVerifier,
    provisions_users: bool,
) -> anyhow::Result<String> {
    const A_DAY: u32 = 24 * 60 * 60;
    let demo = Identity {
        id: OwnerId::try_from("demo".to_owned())?,
        name: Some("Demo".to_owned()),
        email: Some("demo@example.com".to_owned()),
    };
    let token = minter.mint(&demo, A_DAY)?;
    // Without user provisioning the user demo may not exist. Then only a list works.
    let body = if provisions_users {
        " \\\n    -H 'Content-Type: application/json' -d '{\"title\":\"Buy groceries\"}'"
    } else {
        ""
    };
    Ok(format!(
        "\n  tasks-api listens on {address}, tasks are kept in {database}\n  \
         The API to look at and to try: {address}/docs\n\n  \
         Try it (the token is the user demo's, for a day; tasks-api token makes others):\n\n  \
         curl {address}/api/tasks{body} \\\n    -H 'Authorization: Bearer {token}'\n"
    ))
}
