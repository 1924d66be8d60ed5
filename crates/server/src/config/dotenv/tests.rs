//! The expected values are those of `@next/env` 16.4.6.

use std::{collections::HashMap, fs};

use proptest::prelude::*;

use super::*;

/// The values and lines of a `.env` with this text.
fn entries(text: impl AsRef<[u8]>) -> HashMap<String, Entry> {
    in_files(&[(".env", text.as_ref())], |_| None)
}

fn in_files(files: &[(&str, &[u8])], process: impl Fn(&str) -> Option<String>) -> HashMap<String, Entry> {
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(directory.path().join(name), bytes).unwrap();
    }
    read(directory.path(), process).unwrap()
}

fn value(text: impl AsRef<[u8]>) -> String {
    entries(text).remove("A").unwrap().value
}

#[test]
fn values_are_those_that_next_js_reads() {
    for (line, expected) in [
        ("A=b", "b"),
        ("A = b ", "b"),
        ("A: b", "b"),
        ("export A=b", "b"),
        ("  A=b", "b"),
        ("A=", ""),
        ("A=My Todo App", "My Todo App"),
        ("A=it's", "it's"),
        ("A='it's'", "it's"),
        (r#"A={"b":"c"}"#, r#"{"b":"c"}"#),
        ("A=b # c", "b"),
        ("A=b#c", "b"),
        ("A='b # c' # d", "b # c"),
        ("A=`b \"c\" 'd'`", "b \"c\" 'd'"),
        (r#"A="b\nc""#, "b\nc"),
        (r"A='b\nc'", r"b\nc"),
        ("A='b\nc'", "b\nc"),
        ("A=\"b\r\nc\"\r\n", "b\nc"),
        (r#"A="C:\dir\""#, r"C:\dir\"),
        (r#"A="b\"c""#, r#"b\"c"#),
        ("A=\"b", "\"b"),
        ("A=b\nA=c", "c"),
        ("A=b=c==", "b=c=="),
        ("\u{feff}A=b", "b"),
        (r"A=b\$c", "b$c"),
        ("A=b$", "b$"),
        ("A=b$c", "b"),
        ("A='b$c'", "b"),
        ("A=${B}/d\nB=c", "c/d"),
        ("A=${B:-c}", "c"),
        ("A=${B}\nB=${C}\nC=d", "d"),
    ] {
        assert_eq!(value(line), expected, "{line}");
    }
}

#[test]
fn lines_of_other_programs_do_not_matter() {
    let text = b"not a line\n=b\nNAME-WITH-HYPHEN=b\nits='\n\xe9=\xe9\nC=\"\nA=b\n$\n";

    let entry = entries(text).remove("A").unwrap();

    assert_eq!((entry.value.as_str(), entry.line), ("b", 7));
}

#[test]
fn references_may_name_each_other_in_a_circle() {
    assert!(value("A=$B\nB=$A").len() < 100);
}

#[test]
fn a_name_without_a_value_is_noticed() {
    let entries = entries("A=b$c\nB=b${c:-d}\nC=b\\$c\nD=$A");

    let noticed = ["A", "B", "C", "D"].map(|name| entries[name].names_nothing);
    assert_eq!(noticed, [true, false, false, true]);
}

#[test]
fn the_environment_and_then_the_local_file_count_first() {
    let files: [(&str, &[u8]); 3] =
        [(".env", b"A=1\nB=1\nC=1\nD=$B"), (".env.local", b"A=2\nB=2\n"), (".env.development", b"C=3")];
    let entries = in_files(&files, |name| (name == "A").then(|| "0".to_owned()));

    let of = |name: &str| entries.get(name).map(|entry| (entry.value.as_str(), entry.file));
    assert_eq!(of("A"), None);
    assert_eq!(of("B"), Some(("2", ".env.local")));
    assert_eq!(of("C"), Some(("3", ".env.development")));
    assert_eq!(of("D"), Some(("2", ".env")));
}

#[test]
fn a_file_in_utf_16_is_rejected_with_its_name() {
    let directory = tempfile::tempdir().unwrap();
    for bytes in [b"\xff\xfeA\0=\0b\0".as_slice(), b"\xfe\xff\0A\0=\0b", b"A\0=\0b\0"] {
        fs::write(directory.path().join(".env.local"), bytes).unwrap();

        let error = format!("{:#}", read(directory.path(), |_| None).unwrap_err());
        assert!(error.starts_with(".env.local: must be saved as UTF-8: it is UTF-16"), "{error}");
    }
}

#[test]
fn a_directory_of_that_name_is_ignored() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join(".env")).unwrap();

    assert!(read(directory.path(), |_| None).unwrap().is_empty());
}

proptest! {
    #[test]
    fn any_text_is_read(text in r#"([A-C= :'"`\\#${}\n]|export |\\n|é){0,60}"#) {
        entries(text);
    }

    #[test]
    fn a_quoted_value_is_read_as_it_was_written(value in r"[^'$\\\r\x00\u{feff}]{0,40}", others in r"[A-Z]{1,9}=[a-z ]{0,9}\n") {
        let written = format!("{others}export A_1='{value}' # a comment\n{others}");
        prop_assert_eq!(&entries(&written)["A_1"].value, &value);
    }

    #[test]
    fn a_plain_value_is_read_as_it_was_written(value in r"[a-zA-Z0-9+/=:@._-]{0,40}") {
        prop_assert_eq!(self::value(format!("A={value}\r\n")), value);
    }
}
