//! The claims of a token with a valid signature.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{Clock, Identity, OwnerId};
use serde::Deserialize;
use serde_json::Value;

use super::rejection::{Rejection, Shown};

/// How many seconds the issuer's clock may differ from ours.
const LEEWAY_SECONDS: f64 = 5.0;

/// The claims that the service uses. The identity is `sub` alone. `name` and `email` are only used to provision a user's row.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    sub: String,
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
    iss: Option<Value>,
    aud: Option<Value>,
    name: Option<Value>,
    email: Option<Value>,
}

/// The rules for the claims of a token.
#[derive(Clone)]
pub struct ClaimRules {
    /// The required `iss`, if it is checked.
    pub issuer: Option<String>,
    /// The value that `aud` must be or contain, if it is checked.
    pub audience: Option<String>,
    /// How far in the future `exp` may be.
    pub max_lifetime: Duration,
    /// The clock for the comparison of times.
    pub clock: Arc<dyn Clock>,
}

/// An identity, and until when a token proves it.
#[derive(Debug, Clone)]
pub(super) struct Proof {
    pub(super) identity: Identity,
    /// In seconds since 1970, the leeway included.
    pub(super) until: f64,
}

impl ClaimRules {
    /// Checks the claims.
    pub(super) fn proof(&self, claims: Claims) -> Result<Proof, Rejection> {
        self.check_times(&claims)?;
        if let Some(issuer) = &self.issuer
            && claims.iss.as_ref().and_then(Value::as_str) != Some(issuer)
        {
            return Err(Rejection::WrongIssuer { found: Shown::claim(claims.iss.as_ref()), expected: issuer.clone() });
        }
        if let Some(audience) = &self.audience
            && !names(claims.aud.as_ref(), audience)
        {
            return Err(Rejection::WrongAudience {
                found: Shown::claim(claims.aud.as_ref()),
                expected: audience.clone(),
            });
        }
        let id = OwnerId::try_from(claims.sub).map_err(Rejection::BadSubject)?;
        Ok(Proof {
            identity: Identity { id, name: short_text(claims.name), email: short_text(claims.email) },
            until: claims.exp + LEEWAY_SECONDS,
        })
    }

    /// Whether a proof has not expired.
    pub(super) fn is_current(&self, proof: &Proof) -> bool {
        self.now() < proof.until
    }

    fn check_times(&self, claims: &Claims) -> Result<(), Rejection> {
        let now = self.now();
        if claims.exp + LEEWAY_SECONDS <= now {
            return Err(Rejection::Expired { seconds_ago: now - claims.exp });
        }
        if claims.exp > now + LEEWAY_SECONDS + self.max_lifetime.as_secs_f64() {
            return Err(Rejection::GoodForTooLong);
        }
        match [claims.nbf, claims.iat].into_iter().flatten().find(|from| *from > now + LEEWAY_SECONDS) {
            Some(from) => Err(Rejection::NotYetValid { in_seconds: from - now }),
            None => Ok(()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds stay exact for 285 million years")]
    fn now(&self) -> f64 {
        self.clock.now().unix_seconds() as f64
    }
}

/// The reason why the claims of a token could not be parsed as [`Claims`].
pub(super) fn unreadable(token: &str) -> Rejection {
    let payload = token.split('.').nth(1).and_then(|payload| BASE64_URL_SAFE_NO_PAD.decode(payload).ok());
    let claims: Option<Value> = payload.and_then(|payload| serde_json::from_slice(&payload).ok());
    match claims {
        Some(claims) if claims.get("session").is_some() && claims.get("user").is_some() => Rejection::CookieCache,
        _ => Rejection::BadClaims,
    }
}

/// Whether an audience is, or lists, the expected one (RFC 7519, section 4.1.3).
fn names(audience: Option<&Value>, expected: &str) -> bool {
    match audience {
        Some(Value::String(audience)) => audience == expected,
        Some(Value::Array(audiences)) => audiences.iter().any(|audience| audience.as_str() == Some(expected)),
        _ => false,
    }
}

/// The text of a claim, if it can be stored. Users choose the text themselves.
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
