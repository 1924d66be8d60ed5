//! The name of the session cookie.

use url::Url;

use super::{
    environment::Environment,
    settings::{BETTER_AUTH_URL, ENVIRONMENT, SESSION_COOKIE},
    stage::Stage,
};

/// Browsers accept a cookie whose name begins so only over HTTPS. Better Auth adds it.
const SECURE: &str = "__Secure-";

/// The same, and only from the host itself. Better Auth never adds it, but an app may choose such a name.
const HOST: &str = "__Host-";

/// The name under which the app sets the cookie, by the rule of Better Auth: the scheme of its address decides, or without an
/// address the stage. Only one name is accepted. Under the other, a subdomain could plant another user's session.
///
/// # Errors
///
/// One line that names the variable at fault and what it must be.
pub(super) fn read(environment: &Environment) -> anyhow::Result<String> {
    let name = environment.value(&SESSION_COOKIE)?;
    let app = environment.optional(&BETTER_AUTH_URL)?;
    let is_secure = match app.as_ref().map(Url::scheme) {
        Some(scheme) => scheme == "https",
        None => environment.value(&ENVIRONMENT)? == Stage::Production,
    };
    let is_whole = [SECURE, HOST].iter().any(|prefix| name.starts_with(prefix));
    Ok(if is_secure && !is_whole { format!("{SECURE}{name}") } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_app_decides_the_name() {
        const HTTP: (&str, &str) = ("BETTER_AUTH_URL", "http://app.example.com");
        const HTTPS: (&str, &str) = ("BETTER_AUTH_URL", "https://app.example.com");
        const PRODUCTION: (&str, &str) = ("ENVIRONMENT", "production");
        let cases: [(&'static [(&str, &str)], &str); 9] = [
            (&[], "better-auth.session_token"),
            (&[PRODUCTION], "__Secure-better-auth.session_token"),
            (&[HTTP], "better-auth.session_token"),
            (&[HTTP, PRODUCTION], "better-auth.session_token"),
            (&[HTTPS], "__Secure-better-auth.session_token"),
            (&[HTTPS, ("SESSION_COOKIE", "shop.session_token")], "__Secure-shop.session_token"),
            (&[HTTP, ("SESSION_COOKIE", "shop.session_token")], "shop.session_token"),
            (&[HTTP, ("SESSION_COOKIE", "__Secure-shop.session_token")], "__Secure-shop.session_token"),
            (&[HTTPS, ("SESSION_COOKIE", "__Host-session")], "__Host-session"),
        ];
        for (variables, expected) in cases {
            assert_eq!(read(&Environment::of(variables)).unwrap(), expected, "{variables:?}");
        }
    }
}
