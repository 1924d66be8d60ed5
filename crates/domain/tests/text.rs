//! The rules about text.

use domain::{Description, OwnerId, TaskId, Title};
use proptest::prelude::*;

fn title(text: &str) -> Result<String, String> {
    Title::try_from(text).map(|title| title.as_str().to_owned()).map_err(|error| error.to_string())
}

fn description(text: &str) -> Result<String, String> {
    Description::try_from(text.to_owned()).map(|text| text.as_str().to_owned()).map_err(|error| error.to_string())
}

#[test]
fn a_title_loses_the_white_space_around_it() {
    assert_eq!(title(" \t\n Buy  milk \u{3000}\r\n"), Ok("Buy  milk".to_owned()));
}

#[test]
fn a_title_has_1_to_500_characters_of_any_byte_length() {
    for letter in ["a", "é", "水", "😀"] {
        assert_eq!(title(&letter.repeat(500)), Ok(letter.repeat(500)));
        assert_eq!(title(&letter.repeat(501)), Err("must be 1 to 500 characters".to_owned()));
    }
    assert_eq!(title(""), Err("must be 1 to 500 characters".to_owned()));
    assert_eq!(title(" \u{3000} "), Err("must be 1 to 500 characters".to_owned()));
}

#[test]
fn a_title_has_no_control_characters() {
    for control in ['\0', '\u{1}', '\t', '\n', '\r', '\u{1b}', '\u{7f}', '\u{85}', '\u{9f}'] {
        assert_eq!(title(&format!("a{control}b")), Err("must not contain control characters".to_owned()));
    }
}

#[test]
fn a_title_has_a_visible_character() {
    for invisible in ["\u{200B}", "\u{FEFF}\u{200D}", "\u{3164}", "\u{2800}", "\u{AD}", "\u{202E}", "\u{E0041}"] {
        assert_eq!(title(invisible), Err("must contain at least one visible character".to_owned()), "{invisible:?}");
    }
    for visible in ["👩‍👩‍👧‍👦", "\u{200B}x", "\u{202E}txet", "<script>", "0"] {
        assert_eq!(title(visible), Ok(visible.to_owned()));
    }
}

#[test]
fn a_description_has_at_most_10_000_characters() {
    assert_eq!(description(&"水".repeat(10_000)), Ok("水".repeat(10_000)));
    assert_eq!(description(&"水".repeat(10_001)), Err("must be at most 10000 characters".to_owned()));
}

#[test]
fn a_description_has_no_control_characters_but_tab_and_breaks() {
    assert_eq!(description("\ta\r\nb\n"), Ok("\ta\r\nb\n".to_owned()));
    assert_eq!(description(""), Ok(String::new()));
    for control in ['\0', '\u{8}', '\u{b}', '\u{1b}', '\u{7f}', '\u{85}'] {
        assert!(description(&format!("a{control}b")).is_err(), "{control:?}");
    }
}

#[test]
fn an_owner_id_is_1_to_255_printable_ascii_characters() {
    for good in ["a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh", "1", "auth0|x y", &"~".repeat(255)] {
        assert_eq!(OwnerId::try_from(good.to_owned()).map(|id| id.to_string()), Ok(good.to_owned()));
    }
    for bad in ["", "é", "a\nb", "a\0", "\u{7f}", &"~".repeat(256)] {
        assert!(OwnerId::try_from(bad.to_owned()).is_err(), "{bad:?}");
    }
}

#[test]
fn a_task_id_has_exactly_one_form() {
    let id = "019ab6c2-0000-7000-8000-00000000abcd";
    assert_eq!(TaskId::try_from(id).map(|id| id.to_string()), Ok(id.to_owned()));
    let others = [
        "019AB6C2-0000-7000-8000-00000000ABCD",
        "019ab6c20000700080000000000abcd0",
        "{019ab6c2-0000-7000-8000-00000000abcd}",
        "urn:uuid:019ab6c2-0000-7000-8000-00000000abcd",
        "019ab6c2-0000-7000-8000-00000000abc",
        " 019ab6c2-0000-7000-8000-00000000abcd",
        "1",
        "",
    ];
    for other in others {
        assert!(TaskId::try_from(other).is_err(), "{other:?}");
    }
}

proptest! {
    #[test]
    fn every_title_keeps_the_rules_and_parses_to_itself(text in "\\PC{0,600}|.{0,40}") {
        if let Ok(title) = title(&text) {
            prop_assert!((1..=500).contains(&title.chars().count()));
            prop_assert!(!title.chars().any(char::is_control));
            prop_assert_eq!(title.trim(), &title);
            prop_assert_eq!(self::title(&title), Ok(title.clone()));
        }
    }
}
