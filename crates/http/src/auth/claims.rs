//! The claims of a token with a valid signature.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{Clock, Identity, OwnerId};
use serde::Deserialize;
use serde_json::Value;

use super::{
    accepted_values::AcceptedValues,
    rejection::{Rejection, Shown},
};

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
    /// What `iss` must be, if it is checked.
    pub issuer: Option<AcceptedValues>,
    /// What `aud` must be or contain, if it is checked.
    pub audience: Option<AcceptedValues>,
    /// How much the issuer's clock may differ from ours.
    pub clock_skew: Duration,
    /// How far in the future `exp` may be.
    pub max_lifetime: Duration,
    /// The clock for the comparison of times.
    pub clock: Arc<dyn Clock>,
}

/// An identity, and until when a token proves it.
#[derive(Debug, Clone)]
pub(super) struct Proof {
    pub(super) identity: Identity,
    /// In seconds since 1970, the clock skew included.
    pub(super) until: f64,
}

impl ClaimRules {
    /// Checks the claims.
    pub(super) fn proof(&self, claims: Claims) -> Result<Proof, Rejection> {
        self.check_times(&claims)?;
        if let Some(issuer) = &self.issuer
            && !claims.iss.as_ref().is_some_and(|found| issuer.include(found))
        {
            return Err(Rejection::WrongIssuer { found: Shown::claim(claims.iss.as_ref()), expected: issuer.clone() });
        }
        if let Some(audience) = &self.audience
            && !claims.aud.as_ref().is_some_and(|found| audience.include_any(found))
        {
            return Err(Rejection::WrongAudience {
                found: Shown::claim(claims.aud.as_ref()),
                expected: audience.clone(),
            });
        }
        let id = OwnerId::try_from(claims.sub).map_err(Rejection::BadSubject)?;
        Ok(Proof {
            identity: Identity { id, name: short_text(claims.name), email: short_text(claims.email) },
            until: claims.exp + self.clock_skew.as_secs_f64(),
        })
    }

    /// Whether a proof has not expired.
    pub(super) fn is_current(&self, proof: &Proof) -> bool {
        self.now() < proof.until
    }

    fn check_times(&self, claims: &Claims) -> Result<(), Rejection> {
        let (now, skew) = (self.now(), self.clock_skew.as_secs_f64());
        if claims.exp + skew <= now {
            return Err(Rejection::Expired { seconds_ago: now - claims.exp });
        }
        if claims.exp > now + skew + self.max_lifetime.as_secs_f64() {
            return Err(Rejection::GoodForTooLong);
        }
        match [claims.nbf, claims.iat].into_iter().flatten().find(|from| *from > now + skew) {
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
