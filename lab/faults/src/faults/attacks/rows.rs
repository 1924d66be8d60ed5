//! Attacks with rows: very many, or such as the service itself would not write.

use super::siege::{CONNECTION, MIB, RATE_LIMIT, Siege, create, fill, span, victim, with_limits};
use crate::{
    context::{Context, PRIVATE},
    database::{Database, Store},
    parts::{Kind, LARGE_PAGES_AT_ONCE},
    promises::Measured,
    service::Service,
};

pub(super) async fn large_pages(context: &Context, store: Store) -> anyhow::Result<Measured> {
    /// A page ends at this much text, in bytes. The rest of a task has fewer bytes than `AROUND`, and a page at most `TASKS`.
    const PAGE: u64 = 4 * MIB;
    const AROUND: u64 = 512;
    const TASKS: u64 = 1000;
    /// Without optimization a page takes a large part of a second, and more of them would be refused.
    const PER_SECOND: u32 = if cfg!(debug_assertions) { RATE_LIMIT / 50 } else { RATE_LIMIT };
    let database = context.database(store).await?;
    let service = Service::start(context, &with_limits(database.settings())).await?;
    fill(context, &service, &database, "attacker", 1000).await?;
    let attack = Kind::LargePages { token: context.token("attacker"), per_second: PER_SECOND };
    let mut siege = Siege::lay(context, &service, victim(context, &service), attack, span(context, 5)).await?;
    let at_once = u64::from(LARGE_PAGES_AT_ONCE);
    siege.allow(at_once * PAGE * 3, "pages at once, as rows, as JSON and in buffers");
    let (mut measured, got) = siege.lift().await?;
    let largest = got.most.get("largest page").copied();
    let is_limited = largest.is_some_and(|largest| largest <= PAGE + TASKS * AROUND);
    measured.must(is_limited, "a page ends at 4 MiB of text", &got);
    measured.must(got.count("200") > 0, "the attacker gets pages", &got);
    Ok(measured)
}

pub(super) async fn odd_row(context: &Context, store: Store) -> anyhow::Result<Measured> {
    let database = context.database(store).await?;
    let service = Service::start(context, &with_limits(database.settings())).await?;
    let task = create(context, &service, "odd", PRIVATE).await?;
    let write = match &database {
        Database::Postgres(_) => format!(
            "DO $$ DECLARE name text; BEGIN \
             FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = 'tasks'::regclass AND contype = 'c' LOOP \
             EXECUTE format('ALTER TABLE tasks DROP CONSTRAINT %I', name); END LOOP; END $$; \
             UPDATE tasks SET title = '{PRIVATE}' || chr(9) || 'odd' WHERE user_id = 'odd'"
        ),
        Database::Sqlite(_) => format!(
            "PRAGMA ignore_check_constraints = ON; DROP TRIGGER IF EXISTS tasks_title_text_update; \
             UPDATE tasks SET title = '{PRIVATE}' || char(9) || 'odd' WHERE user_id = 'odd'"
        ),
    };
    database.execute(&write).await?;
    let attack = Kind::OddRow { token: context.token("odd"), task };
    let mut siege = Siege::lay(context, &service, victim(context, &service), attack, span(context, 4)).await?;
    siege.allow(CONNECTION, "a connection");
    let (mut measured, got) = siege.lift().await?;
    let all = got.count("200") > 0 && got.others(&["200"]).is_empty();
    measured.must(all, "a task that another program wrote can be listed, read and changed", &got);
    Ok(measured)
}
