//! `just bench growth`: how speed depends on the size of the table and on the size of one user's list.

mod report;

use std::{fmt::Write, fs, time::Duration};

use anyhow::{Context, bail};
use aws_lc_rs::signature::Ed25519KeyPair;
use lab_common::Random;
use serde_json::Value;

use crate::{
    data::{self, Dialect, FIRST_OWNER, FIRST_TASK, OWNER, TASK},
    measure::{measure, scratch},
    measurement::Figures,
    options::Growth,
    postgres::Postgres,
    process::{Server, exchange},
    report::{Machine, json, thousands},
    requests::{Client, Requests},
    servers::Service,
    tokens::{self, Key},
};
use report::{Report, Series};

/// The number of tasks of each user, except for those with large lists.
const TASKS_EACH: u64 = 100;

/// The number of users who send requests, spread over all users. The same at each size, so that only the table grows.
const ASKING: u64 = 100;

/// The maximum number of users who send requests, if it grows with the table.
const MANY: u64 = 1000;

/// A user who sends requests. The numbers of the user's tasks are evenly spaced.
struct User {
    client: Client,
    first: u64,
    step: u64,
    tasks: u64,
}

impl User {
    /// The owner with this number, whose first task has the number `first`.
    fn new(owner: u64, first: u64, step: u64, tasks: u64) -> anyhow::Result<Self> {
        let client = Client::new(&Key::Secret.token(&data::owner(owner))?);
        Ok(Self { client, first: FIRST_TASK + first, step, tasks })
    }
}

/// A kind of request.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ask {
    /// Get a random task of the user.
    Get,
    /// List with this query.
    Page(String),
    /// Create a task.
    Create,
}

struct Asking<'a> {
    users: &'a [User],
    ask: &'a Ask,
    random: Random,
}

impl Requests for Asking<'_> {
    fn next(&mut self, request: &mut String) -> u16 {
        let Self { users, ask, random } = self;
        let at = usize::try_from(random.below(users.len() as u64)).unwrap_or_default();
        let User { client, first, step, tasks } = &users[at];
        match ask {
            Ask::Get => {
                let id = format!("/api/tasks/{TASK}{}", first + step * random.below(*tasks));
                client.plain(request, "GET", &id);
            }
            Ask::Page(query) => client.plain(request, "GET", &format!("/api/tasks?{query}")),
            Ask::Create => {
                client.with_body(request, "POST", "/api/tasks", r#"{"title":"Buy wine","description":"Red"}"#);
                return 201;
            }
        }
        200
    }
}

/// A table of one size, with its own Postgres and service. All sizes exist at once, so that they can be measured in turn.
struct Stage {
    tasks: u64,
    postgres: Postgres,
    server: Server,
    /// The number of users with [`TASKS_EACH`].
    others: u64,
    /// The users with large lists.
    heavy: Vec<User>,
}

/// Measures, and writes `growth.md`, `growth.json` and `growth.svg`.
pub(crate) fn run(options: &Growth, service: &Service) -> anyhow::Result<()> {
    let scratch = scratch()?;
    let key_set = tokens::publish(&Ed25519KeyPair::generate().context("no key")?)?;
    let last = options.tasks.last().copied().context("--tasks must name a size")?;
    let stage = |tasks: u64| {
        eprintln!("inserting {} tasks", thousands(tasks as f64));
        let mut postgres = Postgres::start()?;
        service.migrate(&postgres.url)?;
        // The largest table has the users with large lists.
        let heavy = if tasks == last { options.of_one_user.as_slice() } else { &[] };
        let (others, heavy) = fill(&mut postgres, tasks, heavy)?;
        let server = service.start(&postgres.url, key_set, &scratch.path().join(format!("log-{tasks}")))?;
        anyhow::Ok(Stage { tasks, postgres, server, others, heavy })
    };
    let mut stages: Vec<Stage> = options.tasks.iter().copied().map(stage).collect::<anyhow::Result<_>>()?;

    let mut machines =
        stages.iter_mut().map(|stage| Machine::new(&mut stage.postgres)).collect::<Result<Vec<_>, _>>()?;
    machines.dedup();
    let [machine] = <[Machine; 1]>::try_from(machines).ok().context("huge pages suffice for some of the sizes only")?;

    let (mut by_tasks_in_all, mut by_tasks_of_one_user) = (Vec::new(), Vec::new());
    for _round in 0..options.rounds {
        let many = ("first page, more users", Ask::Page("limit=20".to_owned()), MANY);
        for (name, ask, asking) in asked(20, 20).map(|(name, ask)| (name, ask, ASKING)).into_iter().chain([many]) {
            for Stage { tasks, postgres, server, others, .. } in &mut stages {
                let users = evenly(*others, asking)?;
                let figures = measured(server, postgres, options, &users, &ask)?;
                eprintln!("{tasks:>9} in all  {name:<24}{}", in_words(&figures));
                by_tasks_in_all.push((name, *tasks, figures));
            }
        }
    }

    let Some(Stage { postgres, server, heavy, .. }) = stages.last_mut() else { bail!("no sizes") };
    let mut asks = Vec::new();
    for user in heavy.iter() {
        // Pages as long as the shortest list, so that all are equally long.
        let deep = cursors(server, user)?.into_iter();
        let deep = deep.map(|(name, cursor)| (name, Ask::Page(format!("limit=10&cursor={cursor}"))));
        asks.push(asked(10, 3).into_iter().filter(|(_, ask)| *ask != Ask::Create).chain(deep).collect::<Vec<_>>());
    }
    let most = asks.iter().map(Vec::len).max().unwrap_or_default();
    for _round in 0..options.rounds {
        for nth in 0..most {
            for (user, asks) in heavy.iter().zip(&asks) {
                let Some((name, ask)) = asks.get(nth) else { continue };
                let figures = measured(server, postgres, options, std::slice::from_ref(user), ask)?;
                eprintln!("{:>9} of one  {name:<24}{}", user.tasks, in_words(&figures));
                by_tasks_of_one_user.push((*name, user.tasks, figures));
            }
        }
    }

    let report = Report {
        machine,
        seconds: options.seconds,
        rounds: options.rounds,
        connections: options.connections,
        by_tasks_in_all: medians(&by_tasks_in_all),
        by_tasks_of_one_user: medians(&by_tasks_of_one_user),
    };
    fs::create_dir_all(&options.out)?;
    fs::write(options.out.join("growth.md"), report.tables())?;
    fs::write(options.out.join("growth.json"), json(&report)?)?;
    fs::write(options.out.join("growth.svg"), report.picture())?;
    println!("{}\nwritten to {}", report.tables(), options.out.display());
    Ok(())
}

/// The requests of all users, with pages of `limit` tasks and of `completed` completed ones.
fn asked(limit: u64, completed: u64) -> [(&'static str, Ask); 4] {
    [
        ("get", Ask::Get),
        ("first page", Ask::Page(format!("limit={limit}"))),
        ("first page of completed", Ask::Page(format!("limit={completed}&completed=true"))),
        ("create", Ask::Create),
    ]
}

/// A series for each name, with the medians for each number of tasks.
fn medians(samples: &[(&'static str, u64, Figures)]) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for (name, tasks, _) in samples {
        if !all.iter().any(|series| series.name == *name) {
            all.push(Series { name, points: Vec::new() });
        }
        let Some(series) = all.iter_mut().find(|series| series.name == *name) else { continue };
        if series.points.iter().all(|(other, _)| other != tasks) {
            let same = samples.iter().filter(|(other, size, _)| (other, size) == (name, tasks));
            series.points.push((*tasks, Figures::median(&same.map(|(.., figures)| figures).collect::<Vec<_>>())));
        }
    }
    all
}

fn in_words(figures: &Figures) -> String {
    let cpu = figures.server_cpu_us.unwrap_or_default() + figures.database_cpu_us.unwrap_or_default();
    format!("{:>7.0}/s  p99 {:>7.2} ms  server and Postgres {cpu:>6.1} µs", figures.per_second, figures.p99_us / 1e3)
}

/// Takes one measurement, and deletes the tasks that it created.
fn measured(
    server: &Server,
    postgres: &mut Postgres,
    options: &Growth,
    users: &[User],
    ask: &Ask,
) -> anyhow::Result<Figures> {
    let times = (Duration::from_secs(1), Duration::from_secs(options.seconds.max(1)));
    let mut asking = Asking { users, ask, random: Random::new(1) };
    let figures = measure(server, postgres.pid(), options.connections, &mut asking, times)?;
    if figures.errors > 0 {
        bail!("{} responses to {ask:?} had an unexpected status", figures.errors);
    }
    if *ask == Ask::Create {
        postgres.tidy_up()?;
    }
    Ok(figures)
}

/// Cursors in the middle of a list and near its end, found page by page as a client does.
fn cursors(server: &Server, user: &User) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    let page = (user.tasks / 10).clamp(10, 1000);
    let mut seen = page;
    while seen < user.tasks {
        let mut request = String::new();
        user.client.plain(&mut request, "GET", &format!("/api/tasks?limit={page}{cursor}"));
        let (_, body) = exchange(server.address, &request)?;
        let body: Value = serde_json::from_slice(&body)?;
        let next = body.pointer("/meta/next_cursor").and_then(Value::as_str).context("no cursor")?.to_owned();
        let half = user.tasks / 2;
        if (half..half + page).contains(&seen) {
            found.push(("page from the middle", next.clone()));
        }
        if seen + page >= user.tasks {
            found.push(("page near the end", next.clone()));
        }
        cursor = format!("&cursor={next}");
        seen += page;
    }
    Ok(found)
}

/// Fills the table with `tasks` tasks: of one user for each number in `heavy`, and of users with [`TASKS_EACH`]. Rows are
/// ordered as if all users had created tasks in turn. Returns the number of users with [`TASKS_EACH`], and the heavy users.
fn fill(postgres: &mut Postgres, tasks: u64, heavy: &[u64]) -> anyhow::Result<(u64, Vec<User>)> {
    let others = (tasks.saturating_sub(heavy.iter().sum()) / TASKS_EACH).max(1);
    let mut next = others * TASKS_EACH;
    // Owner, number of the task, its number in the owner's list, and its time from 0 to 1.
    let mut rows =
        format!("SELECT n % {others}, n, n / {others}, n::real / {next} FROM generate_series(0, {next} - 1) n");
    let mut heavy_users = Vec::new();
    for (owner, count) in (others..).zip(heavy.iter().copied()) {
        let _ = write!(
            rows,
            " UNION ALL SELECT {owner}, {next} + n, n, n::real / {count} FROM generate_series(0, {count} - 1) n"
        );
        heavy_users.push(User::new(owner, next, 1, count)?);
        next += count;
    }
    postgres.execute(&Dialect::Postgres.add_owners(others + heavy.len() as u64))?;
    postgres.execute(&format!(
        "INSERT INTO tasks (user_id, id, title, description, completed, created_at, updated_at, version)
         SELECT '{OWNER}' || ({FIRST_OWNER} + owner), ('{TASK}' || ({FIRST_TASK} + n))::uuid, 'Buy groceries ' || n,
                'Milk, eggs, bread and a little of this and that', nth % 4 = 0, now(), now(), 1
         FROM ({rows}) AS rows (owner, n, nth, at) ORDER BY at"
    ))?;
    postgres.execute("VACUUM ANALYZE tasks")?;
    postgres.execute("CHECKPOINT")?;
    Ok((others, heavy_users))
}

/// `asking` of the users with [`TASKS_EACH`], or all of them if there are fewer.
fn evenly(others: u64, asking: u64) -> anyhow::Result<Vec<User>> {
    let asking = asking.min(others);
    let owners = (0..asking).map(|nth| nth * others / asking);
    owners.map(|owner| User::new(owner, owner, others, TASKS_EACH)).collect()
}
