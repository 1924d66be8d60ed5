//! Randomly changed tokens must neither be accepted nor cause a panic.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::testing::FixedClock;
use http::{
    VerifyError,
    testing::{SIGNERS, every_verifier, good_claims},
};
use proptest::{
    prelude::*,
    sample::Index,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use serde_json::Value;

const MUTANTS: usize = 50_000;

#[derive(Debug, Clone)]
enum Mutation {
    Replace(Index, char),
    Insert(Index, char),
    Remove(Index),
    Truncate(Index),
    Swap(Index, Index),
    /// Replaces this part by the same part of another key's token.
    Graft(usize, Index),
    /// Changes a claim and keeps the signature.
    Claim(&'static str, i64),
    FlipBit(usize, Index, u8),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let letter = || proptest::char::ranges(vec!['A'..='Z', 'a'..='z', '0'..='9', '-'..='.', '_'..='_'].into());
    prop_oneof![
        (any::<Index>(), letter()).prop_map(|(at, with)| Mutation::Replace(at, with)),
        (any::<Index>(), letter()).prop_map(|(at, with)| Mutation::Insert(at, with)),
        any::<Index>().prop_map(Mutation::Remove),
        any::<Index>().prop_map(Mutation::Truncate),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Mutation::Swap(one, other)),
        (0..3_usize, any::<Index>()).prop_map(|(part, from)| Mutation::Graft(part, from)),
        (prop_oneof![Just("exp"), Just("sub"), Just("iat"), Just("admin")], any::<i64>())
            .prop_map(|(claim, value)| Mutation::Claim(claim, value)),
        (0..3_usize, any::<Index>(), 0..8_u8).prop_map(|(part, at, bit)| Mutation::FlipBit(part, at, bit)),
    ]
}

fn mutate(token: &str, others: &[String], mutation: &Mutation) -> String {
    let mut parts: Vec<String> = token.split('.').map(ToOwned::to_owned).collect();
    let mut text: Vec<char> = token.chars().collect();
    match mutation {
        Mutation::Replace(at, with) => text[at.index(token.len())] = *with,
        Mutation::Insert(at, with) => text.insert(at.index(token.len()), *with),
        Mutation::Remove(at) => drop(text.remove(at.index(token.len()))),
        Mutation::Truncate(at) => text.truncate(at.index(token.len())),
        Mutation::Swap(one, other) => text.swap(one.index(token.len()), other.index(token.len())),
        Mutation::Graft(part, from) => {
            from.get(others).split('.').nth(*part).unwrap_or_default().clone_into(&mut parts[*part]);
            return parts.join(".");
        }
        Mutation::Claim(claim, value) => {
            let mut claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(&parts[1]).unwrap()).unwrap();
            claims[claim] = (*value).into();
            parts[1] = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
            return parts.join(".");
        }
        Mutation::FlipBit(part, at, bit) => {
            let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(&parts[*part]).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            parts[*part] = BASE64_URL_SAFE_NO_PAD.encode(bytes);
            return parts.join(".");
        }
    }
    text.into_iter().collect()
}

#[tokio::test]
async fn fifty_thousand_mutants_are_rejected() {
    let authenticator = every_verifier(&Arc::new(FixedClock::default()));
    let tokens: Vec<String> = SIGNERS.iter().map(|signer| signer.token(&good_claims())).collect();
    let mut runner = TestRunner::new(Config::default());
    let strategy = mutation();

    for number in 0..MUTANTS {
        let token = &tokens[number % tokens.len()];
        let mutation = strategy.new_tree(&mut runner).unwrap().current();
        let mutant = mutate(token, &tokens, &mutation);
        if tokens.contains(&mutant) {
            continue;
        }
        let verdict = authenticator.inspect(&mutant).await;
        assert!(matches!(verdict, Err(VerifyError::Rejected(_))), "{mutation:?} of {token} gave {verdict:?}: {mutant}");
    }
    for token in tokens {
        assert!(authenticator.inspect(&token).await.is_ok(), "valid tokens are still accepted");
    }
}
