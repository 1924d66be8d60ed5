//! What a token says, once its signature is known to be good.

use domain::{Identity, OwnerId, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::Rejection;

/// How many seconds the clock of whoever made a token may differ from ours.
const LEEWAY_SECONDS: f64 = 5.0;

/// The claims that decide something. Identity is `sub` and nothing else; `name` and `email` serve only to make a user's
/// row where nothing else makes it.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    sub: String,
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
    name: Option<Value>,
    email: Option<Value>,
}

impl Claims {
    /// Checks the times and the subject.
    pub(super) fn identity_at(self, now: Timestamp) -> Result<Identity, Rejection> {
        #[expect(clippy::cast_precision_loss, reason = "seconds stay exact for 285 million years")]
        let now = now.unix_seconds() as f64;
        if self.exp + LEEWAY_SECONDS <= now {
            return Err(Rejection::Expired { seconds_ago: now - self.exp });
        }
        if let Some(nbf) = self.nbf.filter(|nbf| *nbf > now + LEEWAY_SECONDS) {
            return Err(Rejection::NotYetValid { in_seconds: nbf - now });
        }
        if let Some(iat) = self.iat.filter(|iat| *iat > now + LEEWAY_SECONDS) {
            return Err(Rejection::NotYetValid { in_seconds: iat - now });
        }
        let id = OwnerId::try_from(self.sub).map_err(|_breaks_the_rule| Rejection::BadSubject)?;
        Ok(Identity { id, name: short_text(self.name), email: short_text(self.email) })
    }
}

/// The text of a claim that others fill as they like, if it is fit to be stored.
fn short_text(claim: Option<Value>) -> Option<String> {
    match claim {
        Some(Value::String(text))
            if (1..=255).contains(&text.chars().count()) && !text.chars().any(char::is_control) =>
        {
            Some(text)
        }
        _ => None,
    }
}
