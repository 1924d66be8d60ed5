//! `just bench growth`: what becomes of a request as the table grows, and as the list of one user does.

use std::{fmt::Write, fs, time::Duration};

use anyhow::{Context, bail};
use aws_lc_rs::signature::Ed25519KeyPair;
use lab_common::Random;
use serde::Serialize;
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
    svg::Picture,
    tokens::{self, Key},
};

/// How many tasks a user has, but for those whose lists grow.
const TASKS_EACH: u64 = 100;

/// How many users ask, at most; evenly among all there are. As many at each size, so that only the table grows.
const ASKING: u64 = 100;

/// How many ask, at most, where more of them ask of larger tables.
const MANY: u64 = 1000;

/// A user who asks, and their tasks: their ids follow one another in equal steps.
struct User {
    client: Client,
    first: u64,
    step: u64,
    tasks: u64,
}

impl User {
    /// The owner of this number, whose tasks begin with the `first` of all.
    fn new(owner: u64, first: u64, step: u64, tasks: u64) -> anyhow::Result<Self> {
        let client = Client::new(&Key::Secret.token(&data::owner(owner))?);
        Ok(Self { client, first: FIRST_TASK + first, step, tasks })
    }
}

/// What users ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ask {
    /// One of their tasks, at random.
    Get,
    /// A page of their list, with this query.
    Page(String),
    /// A new task.
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

/// What was asked for, by how many tasks there were.
#[derive(Debug, Serialize)]
struct Series {
    name: &'static str,
    points: Vec<(u64, Figures)>,
}

#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    seconds: u64,
    rounds: usize,
    connections: usize,
    by_tasks_in_all: Vec<Series>,
    by_tasks_of_one_user: Vec<Series>,
}

/// A table of one size, with a server and a service of its own: all sizes are there at once, so that they can be measured in
/// turn.
struct Stage {
    tasks: u64,
    postgres: Postgres,
    server: Server,
    /// How many users there are besides those whose lists grow.
    others: u64,
    /// Those whose lists grow.
    heavy: Vec<User>,
}

/// Measures, and writes `growth.md`, `growth.json` and `growth.svg`.
pub(crate) fn run(options: &Growth, service: &Service) -> anyhow::Result<()> {
    let scratch = scratch()?;
    let key_set = tokens::publish(&Ed25519KeyPair::generate().context("no key")?)?;
    let last = options.tasks.last().copied().context("--tasks must name a size")?;
    let stage = |tasks: u64| {
        eprintln!("making {} tasks", thousands(tasks as f64));
        let mut postgres = Postgres::start()?;
        service.migrate(&postgres.url)?;
        // Those whose lists grow are among the most.
        let heavy = if tasks == last { options.of_one_user.as_slice() } else { &[] };
        let (others, heavy) = fill(&mut postgres, tasks, heavy)?;
        let server = service.start(&postgres.url, key_set, &scratch.path().join(format!("log-{tasks}")))?;
        anyhow::Ok(Stage { tasks, postgres, server, others, heavy })
    };
    let mut stages: Vec<Stage> = options.tasks.iter().copied().map(stage).collect::<anyhow::Result<_>>()?;

    let mut machines =
        stages.iter_mut().map(|stage| Machine::new(&mut stage.postgres)).collect::<Result<Vec<_>, _>>()?;
    machines.dedup();
    let [machine] = <[Machine; 1]>::try_from(machines).ok().context("huge pages do for some of the sizes only")?;

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
        // As many as the shortest list has, so that all have the same to do.
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

/// What all users ask for, with pages of so many tasks, and of so many completed ones.
fn asked(limit: u64, completed: u64) -> [(&'static str, Ask); 4] {
    [
        ("get", Ask::Get),
        ("first page", Ask::Page(format!("limit={limit}"))),
        ("first page of completed", Ask::Page(format!("limit={completed}&completed=true"))),
        ("create", Ask::Create),
    ]
}

/// A series for each name, with the medians of the figures for each number of tasks.
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

/// One measurement. What was created is removed.
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
        bail!("{} responses to {ask:?} were not what they must be", figures.errors);
    }
    if *ask == Ask::Create {
        postgres.tidy_up()?;
    }
    Ok(figures)
}

/// Cursors half way down a list and close to its end, found as a client finds them: page by page.
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

/// Fills the table with so many tasks: those of users with these numbers of them, and of users with [`TASKS_EACH`]. Rows lie in
/// it as if all had added to their lists in turn. Returns how many there are of the latter, and the former.
fn fill(postgres: &mut Postgres, tasks: u64, heavy: &[u64]) -> anyhow::Result<(u64, Vec<User>)> {
    let others = (tasks.saturating_sub(heavy.iter().sum()) / TASKS_EACH).max(1);
    let mut next = others * TASKS_EACH;
    // Owner, number, which of the owner's tasks, and when, from 0 to 1.
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

/// So many of the users that have [`TASKS_EACH`], or all of these if there are fewer.
fn evenly(others: u64, asking: u64) -> anyhow::Result<Vec<User>> {
    let asking = asking.min(others);
    let owners = (0..asking).map(|nth| nth * others / asking);
    owners.map(|owner| User::new(owner, owner, others, TASKS_EACH)).collect()
}

impl Report {
    fn tables(&self) -> String {
        let Self { machine, seconds, rounds, connections, .. } = self;
        format!(
            "{} cores ({}). {}. {connections} connections. Medians of {rounds} rounds of {seconds} s: requests a \
             second, and the p99 in ms.\n\n{}\n{}",
            machine.cores,
            machine.processor,
            machine.database(),
            table("tasks in all", &self.by_tasks_in_all),
            table("tasks of the user who asks", &self.by_tasks_of_one_user)
        )
    }

    fn picture(&self) -> String {
        let mut picture = Picture::new(760.0, 330.0);
        let title = "Requests a second, in percent of the smallest table or list";
        picture.text((8.0, 22.0), "start", "title", title);
        let all: Vec<&Series> = self.by_tasks_in_all.iter().chain(&self.by_tasks_of_one_user).collect();
        let mut names: Vec<&str> = Vec::new();
        for series in &all {
            if !names.contains(&series.name) {
                names.push(series.name);
            }
        }
        let colour = |name: &str| format!("c{}", names.iter().position(|other| *other == name).unwrap_or_default());
        for (nth, name) in names.iter().enumerate() {
            let (column, row) = (nth % 3, nth / 3);
            let (x, y) = (52.0 + 230.0 * column as f64, 40.0 + 18.0 * row as f64);
            picture.bar((x, y), (11.0, 11.0), &colour(name));
            picture.text((x + 17.0, y + 10.0), "start", "", name);
        }
        let panels =
            [(52.0, "tasks in all", &self.by_tasks_in_all), (430.0, "tasks of one user", &self.by_tasks_of_one_user)];
        for (left, what, series) in panels {
            panel(&mut picture, left, what, series, colour);
        }
        picture.finish()
    }
}

/// A diagram, its corner on the left given: all series over the same numbers of tasks.
fn panel(picture: &mut Picture, left: f64, what: &str, series: &[Series], colour: impl Fn(&str) -> String) {
    let (top, width, height, most) = (96.0, 290.0, 180.0, 125.0);
    let mut sizes: Vec<u64> = series.iter().flat_map(|series| series.points.iter().map(|(tasks, _)| *tasks)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let x = |tasks: u64| {
        let at = sizes.iter().position(|size| *size == tasks).unwrap_or_default();
        left + 30.0 + at as f64 * (width - 60.0) / (sizes.len().max(2) - 1) as f64
    };
    let y = |percent: f64| top + height * (1.0 - percent.min(most) / most);
    for percent in [0.0, 25.0, 50.0, 75.0, 100.0] {
        let class = if percent > 0.0 { "grid" } else { "axis" };
        picture.line((left, y(percent)), (left + width, y(percent)), class);
        picture.text((left - 6.0, y(percent) + 4.0), "end", "small", &format!("{percent:.0} %"));
    }
    for tasks in &sizes {
        picture.text((x(*tasks), top + height + 18.0), "middle", "small", &thousands(*tasks as f64));
    }
    picture.text((left + width / 2.0, top + height + 38.0), "middle", "", what);
    // Pages further down are compared with the first page of the shortest list.
    let page = series.iter().find(|series| series.name == "first page").and_then(|series| series.points.first());
    for one in series {
        let own = one.points.first().filter(|(tasks, _)| Some(tasks) == sizes.first());
        let Some((_, base)) = own.or(page) else { continue };
        let point = |(tasks, figures): &(u64, Figures)| (x(*tasks), y(100.0 * figures.per_second / base.per_second));
        picture.curve(&one.points.iter().map(point).collect::<Vec<_>>(), &colour(one.name));
    }
}

fn table(what: &str, series: &[Series]) -> String {
    let mut sizes: Vec<u64> = series.iter().flat_map(|series| series.points.iter().map(|(tasks, _)| *tasks)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let titles: Vec<String> = sizes.iter().map(|size| thousands(*size as f64)).collect();
    let mut text = format!("| {what} | {} |\n|---|{}\n", titles.join(" | "), "--:|".repeat(titles.len()));
    for series in series {
        let _ = write!(text, "| {} |", series.name);
        for size in &sizes {
            let point = series.points.iter().find(|(tasks, _)| tasks == size);
            let cell =
                point.map(|(_, figures)| format!("{} ({:.1})", thousands(figures.per_second), figures.p99_us / 1e3));
            let _ = write!(text, " {} |", cell.unwrap_or_default());
        }
        text.push('\n');
    }
    text
}
