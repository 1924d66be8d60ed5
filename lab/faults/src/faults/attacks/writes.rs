//! Attacks with changes.

use anyhow::bail;

use super::siege::{CONNECTION, MIB, RATE_LIMIT, Siege, VICTIM, create, span, victim, with_limits};
use crate::{
    context::{Context, PRIVATE},
    database::{Database, Store},
    parts::{Kind, Step, Victim},
    promises::{Measured, megabytes},
    service::Service,
};

pub(super) async fn if_match(context: &Context, store: Store) -> anyhow::Result<Measured> {
    /// The size of the largest head, in bytes.
    const HEAD: u64 = 128 << 10;
    /// How much a process of Postgres may grow, in bytes.
    const BACKEND: u64 = 16 * MIB;
    let database = context.database(store).await?;
    let Database::Postgres(server) = &database else { bail!("only Postgres has processes") };
    let service = Service::start(context, &with_limits(database.settings())).await?;
    let task = create(context, &service, "attacker", PRIVATE).await?;
    let before = server.largest_process()?;
    let attack = Kind::IfMatch { token: context.token("attacker"), task, per_second: RATE_LIMIT };
    let mut siege = Siege::lay(context, &service, victim(context, &service), attack, span(context, 5)).await?;
    let after = server.largest_process()?;
    siege.measured.must(
        after <= before + BACKEND,
        "no process of Postgres grows by more than 16 MiB",
        &(megabytes(before), megabytes(after)),
    );
    siege.note(&format!("largest process of Postgres {} after {}", megabytes(after), megabytes(before)));
    siege.allow(8 * (CONNECTION + 8 * HEAD), "eight connections with the largest heads");
    let (mut measured, got) = siege.lift().await?;
    let is_rejected = got.count("400") + got.count("422") > 0 && got.others(&["400", "422", "429"]).is_empty();
    measured.must(is_rejected, "If-Match with a thousand versions and more is rejected", &got);
    Ok(measured)
}

pub(super) async fn failing_writes(context: &Context, store: Store) -> anyhow::Result<Measured> {
    const CLIENTS: u32 = 40;
    const STRANGERS: u32 = 8;
    let database = context.database(store).await?;
    let service = Service::start(context, &with_limits(database.settings()).with("USER_PROVISIONING", "off")).await?;
    for user in [VICTIM, "hot"] {
        let columns = r#"id, name, email, "emailVerified", "createdAt", "updatedAt""#;
        let values = format!("'{user}', '{user}', '{user}@example.com', false, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP");
        database.execute(&format!(r#"INSERT INTO "user" ({columns}) VALUES ({values})"#)).await?;
    }
    let task = create(context, &service, "hot", PRIVATE).await?;
    let strangers = (0..STRANGERS).map(|number| context.token(&format!("stranger-{number}"))).collect();
    let attack =
        Kind::FailingWrites { strangers, hot: context.token("hot"), task, clients: CLIENTS, per_second: RATE_LIMIT };
    let victim = Victim { steps: vec![Step::Create], ..victim(context, &service) };
    let mut siege = Siege::lay(context, &service, victim, attack, span(context, 5)).await?;
    siege.allow(u64::from(STRANGERS + CLIENTS) * CONNECTION, "connections");
    let (mut measured, got) = siege.lift().await?;
    measured.must(got.count("401") > 0, "creates of users without a row are rejected", &got);
    measured.must(got.count("200") > 0, "the one task is changed", &got);
    Ok(measured)
}
