//! The forms that a signature can have.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::testing::{SIGNERS, good_claims};

use super::{assert_good, assert_refused};

/// A token whose signature has another second half.
fn with_other_s(token: &str, other: impl Fn(&mut [u8])) -> String {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let mut signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    other(&mut signature[32..]);
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// RFC 7518 accepts both forms, and Web Crypto signs half of all tokens with the larger `s`.
#[actix_web::test]
async fn both_forms_of_an_es256_signature_are_accepted() {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let token = SIGNERS[2].token(&good_claims());
    let other = with_other_s(&token, |s| {
        let mut borrow = 0;
        for (s, n) in s.iter_mut().zip(ORDER).rev() {
            let difference = i16::from(n) - i16::from(*s) - borrow;
            borrow = i16::from(difference < 0);
            *s = u8::try_from(difference.rem_euclid(256)).unwrap();
        }
    });

    assert_ne!(token, other);
    assert_good(&token).await;
    assert_good(&other).await;
}

/// RFC 8032, section 5.1.7: `S` must be less than the order of the group.
#[actix_web::test]
async fn an_eddsa_signature_has_one_form() {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let token = SIGNERS[1].token(&good_claims());
    let other = with_other_s(&token, |s| {
        let mut carry = 0;
        for (s, order) in s.iter_mut().zip(ORDER) {
            let sum = u16::from(*s) + u16::from(order) + carry;
            carry = sum >> 8;
            *s = u8::try_from(sum & 0xff).unwrap();
        }
    });

    assert_good(&token).await;
    assert_refused(&other).await;
}
