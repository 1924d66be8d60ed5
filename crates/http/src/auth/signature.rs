//! The signature of a JSON Web Token.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, errors::ErrorKind};

use super::{
    claims::{Claims, unreadable},
    rejection::Rejection,
};

/// The library checks only the algorithm and the signature. `ClaimRules` check the times with our own clock, and the type
/// [`Claims`] determines which claims are required.
pub(super) fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

/// The claims of a token that was signed with this key. They are not checked yet.
pub(super) fn signed_claims(token: &str, key: &DecodingKey, validation: &Validation) -> Result<Claims, Rejection> {
    match jsonwebtoken::decode::<Claims>(token, key, validation) {
        Ok(verified) => Ok(verified.claims),
        Err(error) => Err(match error.kind() {
            ErrorKind::Json(_) => unreadable(token),
            _ => Rejection::BadSignature,
        }),
    }
}
