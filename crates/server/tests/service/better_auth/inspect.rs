//! `tasks-api token inspect` tells why a token is rejected; the service does not.

use std::{io::Write, process::Stdio};

use crate::{
    better_auth::app::{BetterAuth, empty_database},
    support::{SECRET, program},
};

/// Whether it succeeded, and everything it printed.
fn inspect(settings: &[(&str, &str)], token: &str) -> (bool, String) {
    let directory = tempfile::tempdir().unwrap();
    let mut command = program(&directory, settings);
    let mut child = command.args(["token", "inspect"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.success(), printed.concat())
}

#[tokio::test]
async fn inspect_prints_the_user_of_a_token_or_its_fault() {
    let Some(database) = empty_database().await else { return };
    let app = BetterAuth::on(&database);
    let ada = app.sign_up("ada").await;
    let (jwt, own) = (app.jwt(&ada).await, app.own_token(&ada).await);
    let production = [("ENVIRONMENT", "production"), ("DATABASE_URL", database.url())];
    let with = |settings: &[(&'static str, &'static str)], token: &str| {
        inspect(&[&production, settings, &[("BETTER_AUTH_URL", &app.url)]].concat(), token)
    };
    let secret = ("BETTER_AUTH_SECRET", SECRET);

    for (settings, token) in [
        (&[][..], &jwt),
        (&[secret], &own),
        (&[secret, ("SESSION_TOKENS", "bearer")], &ada.session_token),
        (&[secret, ("SESSION_TOKENS", "bearer")], &ada.signed_session_token),
    ] {
        // With the line end that `pbpaste` and `echo` add.
        let (good, printed) = with(settings, &format!("{token}\n"));
        assert!(good && printed.contains(&ada.id), "{printed}");
        assert!(!printed.contains(token.as_str()), "{printed}");
    }

    for (settings, token, cause) in [
        (&[][..], &own, "BETTER_AUTH_SECRET"),
        (&[secret], &ada.session_token, "SESSION_TOKENS"),
        (&[secret, ("JWT_ISSUER", "https://other.example")], &jwt, "https://other.example"),
        (&[secret], &format!("{own}x"), "signature"),
        (&[secret], &String::new(), "token"),
    ] {
        let (good, printed) = with(settings, token);
        assert!(!good && printed.contains(cause), "{cause} is not in: {printed}");
        assert_eq!(printed.lines().count(), 1, "{printed}");
        assert!(token.is_empty() || !printed.contains(token.as_str()), "{printed}");
    }
}
