//! `tasks-api token`.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use domain::{Identity, OwnerId, SessionStore};
use http::Origins;
use infra::{Database, DatabaseSettings};

use super::{print::print, runtime::block_on};
use crate::{
    config::{self, Environment, Tokens, parse_duration},
    verifiers::{Verifiers, secret_verifier},
};

#[derive(Debug, Args)]
pub(super) struct Token {
    #[command(subcommand)]
    command: Option<TokenCommand>,
    /// The id of the user
    #[arg(long, required = true)]
    user: Option<String>,
    /// The user's name, for the row that user provisioning inserts
    #[arg(long)]
    name: Option<String>,
    /// The user's e-mail address, for the same row
    #[arg(long)]
    email: Option<String>,
    /// How long the token is valid: 30s, 15m, 1h, 7d
    #[arg(long, default_value = "1h", value_parser = lifetime)]
    expires_in: Duration,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Read a token from standard input and print its user, or why it would be rejected
    Inspect,
}

fn lifetime(text: &str) -> anyhow::Result<Duration> {
    parse_duration(text).context("not a duration such as 15m or 1h")
}

impl Token {
    pub(super) fn run(self, environment: &Environment) -> anyhow::Result<()> {
        match self.command {
            None => self.print(&Tokens::read(environment)?),
            Some(TokenCommand::Inspect) => {
                let tokens = Tokens::read_to_inspect(environment)?;
                let database = tokens.uses_sessions().then(|| config::read_database(environment)).transpose()?;
                block_on(inspect(&tokens, database))
            }
        }
    }

    fn print(self, tokens: &Tokens) -> anyhow::Result<()> {
        let signer = secret_verifier(tokens)?.context("BETTER_AUTH_SECRET must be set: tokens are signed with it")?;
        let id = OwnerId::try_from(self.user.unwrap_or_default()).map_err(|rule| anyhow!("--user {rule}"))?;
        if self.expires_in > tokens.max_lifetime {
            bail!("--expires-in must be at most MAX_TOKEN_LIFETIME: the service would reject the token");
        }
        let seconds = u32::try_from(self.expires_in.as_secs().max(1)).context("--expires-in is too long")?;
        print(signer.mint(&Identity { id, name: self.name, email: self.email }, seconds)?)
    }
}

/// Prints whether the service would accept the token on standard input and, unlike the service, why not.
async fn inspect(tokens: &Tokens, database: Option<DatabaseSettings>) -> anyhow::Result<()> {
    let mut token = String::new();
    std::io::stdin().read_line(&mut token).context("standard input")?;
    let sessions: Option<Arc<dyn SessionStore>> = match database {
        Some(mut settings) => {
            settings.url = settings.url.existing();
            let database = Database::connect(&settings).await.context("DATABASE_URL")?.with_layout().await?;
            Some(Arc::new(database.with_sessions().await.context("SESSION_TOKENS")?.sessions()))
        }
        None => None,
    };
    let Verifiers { authenticator, .. } = Verifiers::new(tokens, sessions, &Origins::default())?;
    let identity = authenticator.inspect(without_scheme(token.trim())).await?;
    print(format_args!("good: the token of user {}", identity.id))
}

/// A token without the `Bearer` that was copied along with it from a header.
fn without_scheme(pasted: &str) -> &str {
    match pasted.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
        _ => pasted,
    }
}
