//! The service's statements, which `pgbench` sends without the service. They are read from the log of a Postgres server, so
//! that no statement is repeated here.

use std::{collections::HashMap, sync::atomic::AtomicU64};

use anyhow::{Context, bail, ensure};
use lab_common::Random;

use crate::{
    data::{self, Data, Dialect, FIRST_CREATED, FIRST_DOOMED, FIRST_OWNER, FIRST_TASK, OWNER, TASK},
    log::{self, Logged},
    postgres::Postgres,
    process::exchange,
    requests::{Requests, TITLE, Working, clients},
    servers::Service,
    tokens::Key,
    workload::Workload,
};

/// The forms of an id and of a time in the log: `x` stands for a hexadecimal digit, `0` for a decimal one.
const UUID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
const TIME: &str = "0000-00-00 00:00:00";

/// One owner with one task is enough to see the statements.
const DATA: Data = Data { owners: 1, tasks_each: 1 };

/// The statements of all workloads, with expressions of `pgbench` in place of the parameters.
#[derive(Debug)]
pub(crate) struct Statements(HashMap<Workload, String>);

impl Statements {
    /// Starts the service on a separate Postgres, sends it one request of each workload, and reads the resulting statements.
    ///
    /// # Errors
    ///
    /// If a workload is not exactly one statement on tasks, or its parameters do not name the owner and the task.
    pub(crate) fn derive(service: &Service) -> anyhow::Result<Self> {
        let mut postgres = Postgres::start_logged()?;
        service.migrate(&postgres.url)?;
        postgres.execute(&Dialect::Postgres.add_owners(DATA.owners))?;
        for first in [FIRST_TASK, FIRST_DOOMED] {
            postgres.execute(&Dialect::Postgres.add_tasks(first, DATA.tasks(), DATA.owners))?;
        }
        let server = service.start_with_secret(&postgres.url)?;
        let clients = clients(DATA.owners, |owner| Key::Secret.token(owner))?;
        let mut statements = HashMap::new();
        for workload in Workload::STATEMENTS {
            let deleted = AtomicU64::new(0);
            let mut working =
                Working { workload, data: DATA, clients: &clients, random: Random::new(1), deleted: &deleted };
            let mut request = String::new();
            let expected = working.next(&mut request);
            let before = postgres.log()?.len();
            let (status, body) = exchange(server.address, &request)?;
            ensure!(status == expected, "{status} instead of {expected}: {request}{}", String::from_utf8_lossy(&body));
            let log = postgres.log()?;
            let logged = on_tasks(log.get(before..).unwrap_or_default()).with_context(|| workload.to_string())?;
            statements.insert(workload, substituted(workload, &logged)?);
        }
        Ok(Self(statements))
    }

    /// A script for `pgbench` that runs the statement of a workload for a random owner or task. The mix has none.
    pub(crate) fn script(&self, workload: Workload, data: Data, connections: usize) -> anyhow::Result<String> {
        let sql = self.0.get(&workload).with_context(|| format!("{workload} is no single statement"))?;
        Ok(format!("{}\n{sql};\n", choice(workload, data, connections)))
    }
}

/// The one statement on tasks in this part of the log.
fn on_tasks(log: &str) -> anyhow::Result<Logged> {
    let mut logged = log::statements(log)?;
    logged.retain(|one| one.sql.contains("\"tasks\""));
    match logged.as_slice() {
        [one] => Ok(one.clone()),
        _ => bail!("one statement on tasks was expected in\n{log}"),
    }
}

/// The statement with each parameter replaced: owner, task, title and time by expressions of `pgbench`, all others by the
/// values that the service sent.
fn substituted(workload: Workload, logged: &Logged) -> anyhow::Result<String> {
    let owner = format!("('{OWNER}' || :owner)");
    let task = format!("('{TASK}' || :task)::uuid");
    let expression = |value: &Option<String>| match value.as_deref() {
        None => "NULL".to_owned(),
        Some(value) if value == data::owner(0) => owner.clone(),
        Some(value) if has_form(value, UUID) => task.clone(),
        Some(value) if value.starts_with(TITLE) => format!("'{TITLE}' || :task"),
        Some(value) if value.get(..TIME.len()).is_some_and(|start| has_form(start, TIME)) => "now()".to_owned(),
        Some(value) => format!("'{}'", value.replace('\'', "''")),
    };
    let expressions: Vec<String> = logged.parameters.iter().map(expression).collect();
    let mut required = vec![&owner];
    if !workload.lists() {
        required.push(&task);
    }
    for one in required {
        ensure!(expressions.contains(one), "{workload}: no parameter is {one}: {logged:?}");
    }
    let mut sql = logged.sql.clone();
    // In reverse order, so that $1 is not found in $10.
    for (at, expression) in expressions.iter().enumerate().rev() {
        sql = sql.replace(&format!("${}", at + 1), expression);
    }
    ensure!(!sql.contains('$'), "{workload}: more parameters than values: {logged:?}");
    Ok(sql)
}

fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.chars().zip(form.chars()).all(|(c, form)| match form {
            'x' => c.is_ascii_hexdigit(),
            '0' => c.is_ascii_digit(),
            other => c == other,
        })
}

/// The lines of a script that set `:owner` and `:task`.
fn choice(workload: Workload, data: Data, connections: usize) -> String {
    let Data { owners, .. } = data;
    let last = data.tasks() - 1;
    match workload {
        // `made` and `doomed` count this client's creates and deletes so far.
        Workload::Create => format!(
            "\\set made :made + 1\n\\set owner {FIRST_OWNER} + random(0, {})\n\
             \\set task {FIRST_CREATED} + :made * {connections} + :client_id",
            owners - 1
        ),
        Workload::Delete => format!(
            "\\set n :doomed * {connections} + :client_id\n\\set doomed :doomed + 1\n\
             \\set owner {FIRST_OWNER} + :n % {owners}\n\\set task {FIRST_DOOMED} + :n"
        ),
        _ => {
            format!(
                "\\set n random(0, {last})\n\\set owner {FIRST_OWNER} + :n % {owners}\n\\set task {FIRST_TASK} + :n"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(sql: &str, parameters: &[&str]) -> Logged {
        Logged { sql: sql.to_owned(), parameters: parameters.iter().map(|value| Some((*value).to_owned())).collect() }
    }

    #[test]
    fn parameters_become_expressions_of_pgbench() {
        let id = format!("{TASK}{FIRST_TASK}");
        let (owner, title) = (data::owner(0), format!("{TITLE}7"));
        let logged = logged(
            "UPDATE t SET a = $4, v = v + $1, u = $2 WHERE user_id = $5 AND id = $6 AND note = $3",
            &["1", "2026-11-29 21:10:38.123+00", "it's", &title, &owner, &id],
        );

        let sql = substituted(Workload::Update, &logged).unwrap();

        assert_eq!(
            sql,
            "UPDATE t SET a = 'Buy wine ' || :task, v = v + '1', u = now() \
             WHERE user_id = ('benchmark0000000000000000' || :owner) \
             AND id = ('01970000-0000-7000-8000-' || :task)::uuid AND note = 'it''s'"
        );
    }

    #[test]
    fn statement_without_its_owner_is_an_error() {
        let id = format!("{TASK}{FIRST_TASK}");
        assert!(substituted(Workload::Get, &logged("SELECT $1", &[&id])).is_err());
        assert!(substituted(Workload::Get, &logged("SELECT $1", &[&data::owner(0)])).is_err());
        assert!(substituted(Workload::List20, &logged("SELECT $1", &[&data::owner(0)])).is_ok());
    }

    #[test]
    fn parameter_without_a_value_is_an_error() {
        assert!(substituted(Workload::List20, &logged("SELECT $1 LIMIT $2", &[&data::owner(0)])).is_err());
    }
}
