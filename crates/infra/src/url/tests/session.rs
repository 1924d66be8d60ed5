//! The user, the password, the database and what a session is told.

use super::config;

#[test]
fn user_password_and_database_reach_the_driver_decoded() {
    let url = "postgres://a%2Fb%40c:p%40ss%20w%25rd%2F%3A@h/my%20tasks?options[search_path]=x&options=-c%20geqo%3Doff";

    let config = config(url);

    assert_eq!(config.get_user(), Some("a/b@c"));
    assert_eq!(config.get_password(), Some(b"p@ss w%rd/:".as_slice()));
    assert_eq!(config.get_dbname(), Some("my tasks"));
    assert_eq!(config.get_application_name(), Some("tasks-api"));
    assert_eq!(config.get_options(), Some("-c search_path=x -c geqo=off"));
}

#[test]
fn odd_passwords_reach_the_driver_unchanged() {
    for odd in ["plain", "%40", "a/b@c", "?x=y#z", "[::1]", "ümläut ♥", "'\"\\"] {
        let mut url = url::Url::parse("postgres://me@localhost/tasks").unwrap();
        url.query_pairs_mut().append_pair("password", odd);

        assert_eq!(config(url.as_str()).get_password(), Some(odd.as_bytes()), "{odd}");
    }
}

#[test]
fn the_database_is_named_like_the_user_by_default() {
    let config = config("postgres://me@h");

    assert_eq!(config.get_dbname(), Some("me"));
    assert_eq!((config.get_password(), config.get_options()), (None, None));
}
