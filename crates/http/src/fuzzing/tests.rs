use std::{fs, path::Path};

use proptest::{
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestRunner},
};

type Parser = fn(&[u8]) -> bool;

#[test]
fn bodies_keep_the_rules_or_are_rejected() {
    holds_for_any_input("body", super::body);
}

#[test]
fn key_sets_have_sound_keys_or_are_rejected() {
    holds_for_any_input("key_set", super::key_set);
}

#[test]
fn list_queries_are_parsed_correctly_or_rejected() {
    holds_for_any_input("list_query", super::list_query);
}

#[test]
fn tokens_prove_their_identity_or_are_rejected() {
    holds_for_any_input("token", super::token);
}

/// Runs the seeds of a fuzz target, then random bytes, then randomly changed seeds.
fn holds_for_any_input(target: &str, parser: Parser) {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lab/fuzz/seeds").join(target);
    let mut good = Vec::new();
    for seed in fs::read_dir(seeds).unwrap().map(Result::unwrap) {
        let bytes = fs::read(seed.path()).unwrap();
        let is_rejected = seed.file_name().to_string_lossy().starts_with("refused");
        assert_eq!(parser(&bytes), !is_rejected, "{}", seed.path().display());
        good.push(bytes);
    }
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(1000) });
    let outcome = runner.run(&input(good), |bytes| {
        parser(&bytes);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

fn input(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changed = (select(seeds), prop::collection::vec(change(), 1..4)).prop_map(|(mut bytes, changes)| {
        for change in &changes {
            change.make(&mut bytes);
        }
        bytes
    });
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => ".{0,100}".prop_map(String::into_bytes),
        8 => changed,
    ]
}

#[derive(Debug, Clone)]
enum Change {
    Replace(Index, u8),
    Insert(Index, String),
    Remove(Index, usize),
    /// Inserts many copies of a range.
    Repeat(Index, usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let letter = prop_oneof![any::<u8>(), b' '..=b'~', select(br#"{}[]":,.\%&=;-+0"#.as_slice())];
    let piece = prop_oneof![
        select(vec![
            "null",
            "true",
            "-1e309",
            "\\ud83d",
            "{}",
            "[[",
            "\"kid\":",
            "\"title\":\"\",",
            "&limit=1",
            "\u{202e}"
        ])
        .prop_map(ToOwned::to_owned),
        ".{1,4}",
    ];
    prop_oneof![
        (any::<Index>(), letter).prop_map(|(at, with)| Change::Replace(at, with)),
        (any::<Index>(), piece).prop_map(|(at, piece)| Change::Insert(at, piece)),
        (any::<Index>(), 1..20_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        (any::<Index>(), prop_oneof![1..4_usize, 1..150_usize], 1..600_usize)
            .prop_map(|(at, count, times)| Change::Repeat(at, count, times)),
    ]
}

impl Change {
    fn make(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Replace(at, with) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes[at] = *with;
            }
            Self::Replace(..) => {}
            Self::Insert(at, piece) => {
                let at = at.index(bytes.len() + 1);
                bytes.splice(at..at, piece.bytes());
            }
            Self::Remove(at, count) => {
                let at = at.index(bytes.len() + 1);
                bytes.drain(at..bytes.len().min(at + count));
            }
            Self::Repeat(at, count, times) => {
                let at = at.index(bytes.len() + 1);
                let stretch = bytes[at..bytes.len().min(at + count)].repeat(*times);
                bytes.splice(at..at, stretch.into_iter().take(12_000));
            }
        }
    }
}
