//! Tokens signed with a shared secret.

use std::{sync::Arc, time::Duration};

use domain::{Clock, Identity, testing::FixedClock};

use crate::auth::{claims::ClaimRules, secret::SecretVerifier};

/// The shared secret.
pub const SECRET: &str = "a secret of the tests, 32 bytes or more";

/// A verifier of these tokens.
pub fn verifier(clock: Arc<dyn Clock>) -> SecretVerifier {
    SecretVerifier::new(&SECRET.to_owned().into(), rules(clock)).unwrap()
}

/// No issuer, no audience, five seconds between clocks, and a lifetime of at most thirty days.
pub fn rules(clock: Arc<dyn Clock>) -> ClaimRules {
    let (clock_skew, max_lifetime) = (Duration::from_secs(5), Duration::from_hours(30 * 24));
    ClaimRules { issuer: None, audience: None, clock_skew, max_lifetime, clock }
}

/// A token that is valid for an hour of the application's clock.
pub fn token_of(identity: &Identity) -> String {
    verifier(Arc::new(FixedClock::default())).mint(identity, 3600).unwrap()
}
