//! Users of the app, and the tokens that it issues to them.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Method, Response, header::SET_COOKIE};
use serde_json::{Value, json};

use crate::{better_auth::app::BetterAuth, support::read};

const PASSWORD: &str = "correct horse battery staple";

/// A signed-up user with one browser.
pub struct Account {
    pub id: String,
    /// The session token as a page gets it: `session.token`.
    pub session_token: String,
    /// The session token as the plugin `bearer` issues it: signed.
    pub signed_session_token: String,
    /// Names and values of the cookies.
    pub cookies: Vec<(String, String)>,
}

impl Account {
    /// The header that the browser sends with every request to the app.
    pub fn cookie(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// The value of the cookie with this suffix of its name.
    pub fn cookie_named(&self, end: &str) -> &str {
        let named = self.cookies.iter().find(|(name, _)| name.ends_with(end));
        named.map_or_else(|| panic!("no cookie {end} among {:?}", self.cookies), |(_, value)| value)
    }
}

impl BetterAuth {
    pub async fn sign_up(&self, name: &str) -> Account {
        self.sign_up_from(name, None).await
    }

    /// A sign-up in the browser of a guest.
    pub async fn sign_up_from(&self, name: &str, guest: Option<&Account>) -> Account {
        let email = format!("{name}@example.test");
        let body = json!({ "name": name, "email": email, "password": PASSWORD });
        let mut request = self.request(Method::POST, "/api/auth/sign-up/email").json(&body);
        if let Some(guest) = guest {
            request = request.header("cookie", guest.cookie());
        }
        account(request.send().await.unwrap()).await
    }

    /// A guest of the plugin `anonymous`.
    pub async fn sign_in_as_guest(&self) -> Account {
        let request = self.request(Method::POST, "/api/auth/sign-in/anonymous").json(&json!({}));
        account(request.send().await.unwrap()).await
    }

    /// The token of the plugin `jwt`, as `authClient.token()` gets it.
    pub async fn jwt(&self, account: &Account) -> String {
        text(&self.get("/api/auth/token", account).await["token"])
    }

    /// The token that a route of the app signs with the secret.
    pub async fn own_token(&self, account: &Account) -> String {
        text(&self.get("/api/token", account).await["token"])
    }

    /// The token in the link that verifies an e-mail address.
    pub async fn token_of_a_link(&self, email: &str) -> String {
        let send = self.request(Method::POST, "/api/auth/send-verification-email").json(&json!({ "email": email }));
        assert_eq!(send.send().await.unwrap().status(), 200);
        let (_, mails) = read(self.request(Method::GET, "/mails").send().await.unwrap()).await;
        text(&mails[0]["token"])
    }

    pub async fn sign_out(&self, account: &Account) {
        self.post("/api/auth/sign-out", account, json!({})).await;
    }

    pub async fn delete_user(&self, account: &Account) {
        self.post("/api/auth/delete-user", account, json!({ "password": PASSWORD })).await;
    }

    async fn get(&self, path: &str, account: &Account) -> Value {
        let request = self.request(Method::GET, path).header("cookie", account.cookie());
        let (status, body) = read(request.send().await.unwrap()).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn post(&self, path: &str, account: &Account, body: Value) {
        let request = self.request(Method::POST, path).header("cookie", account.cookie()).json(&body);
        let (status, body) = read(request.send().await.unwrap()).await;
        assert_eq!(status, 200, "{path}: {body}");
    }
}

async fn account(answer: Response) -> Account {
    let signed_session_token = answer.headers()["set-auth-token"].to_str().unwrap().to_owned();
    let cookies = cookies(&answer);
    let (status, body) = read(answer).await;
    assert_eq!(status, 200, "{body}");
    Account { id: text(&body["user"]["id"]), session_token: text(&body["token"]), signed_session_token, cookies }
}

/// The header, or the claims, of a JSON Web Token.
pub fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn cookies(answer: &Response) -> Vec<(String, String)> {
    let values = answer.headers().get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap());
    let pairs = values.filter_map(|value| value.split(';').next()?.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} should be text")).to_owned()
}
