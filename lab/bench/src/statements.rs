//! The statements that the service sends, for `pgbench` to send them without it. A run checks that they are still the same.

use anyhow::bail;

use crate::{
    data::{Data, FIRST_CREATED, FIRST_DOOMED, FIRST_OWNER, FIRST_TASK, OWNER, TASK},
    postgres::Postgres,
    workload::Workload,
};

/// A statement, and what `pgbench` puts in the places of its parameters.
pub(crate) struct Statement {
    sql: String,
    arguments: Vec<String>,
    /// Lines of the script that choose a task, in `:owner` and `:task`.
    choice: String,
}

impl Statement {
    /// The statement of a workload. The mix has none of its own.
    pub(crate) fn of(workload: Workload, data: Data, connections: usize) -> Self {
        let table = "\"tasks\"";
        let names = ["user_id", "id", "title", "description", "completed", "created_at", "updated_at", "version"];
        let columns = names.map(|name| format!("\"{name}\"")).join(", ");
        let selected = names.map(|name| format!("{table}.\"{name}\"")).join(", ");
        let of_owner = |at: usize| format!("{table}.\"user_id\" = ${at} AND {table}.\"id\" = ${}", at + 1);
        let later = "\"version\" = \"version\" + $1, \"updated_at\" = GREATEST(\"updated_at\", $2)";
        let (owner, task) = (format!("('{OWNER}' || :owner)"), format!("('{TASK}' || :task)::uuid"));
        let [one, now, title] = ["1", "now()", "'Buy wine ' || :task"].map(str::to_owned);
        let description = "'Red, and a little cheese to go with it'".to_owned();

        let (sql, arguments) = match workload {
            Workload::Get | Workload::Mix => {
                (format!("SELECT {selected} FROM {table} WHERE {}", of_owner(1)), vec![owner, task])
            }
            Workload::List20 | Workload::List1000 => {
                // One more than asked for tells whether there are more.
                let limit = if workload == Workload::List20 { "21" } else { "1001" };
                let order = format!("ORDER BY {table}.\"id\" DESC LIMIT {limit}");
                let sql = format!("SELECT {selected} FROM {table} WHERE {table}.\"user_id\" = $1 {order}");
                (sql, vec![owner])
            }
            Workload::Create => {
                let values = "($1, $2, $3, $4, $5, $6, $7, $8)";
                let sql = format!("INSERT INTO {table} ({columns}) VALUES {values}");
                (sql, vec![owner, task, title, description, "false".to_owned(), now.clone(), now, one])
            }
            Workload::Update => {
                let set = "\"title\" = $3, \"description\" = $4";
                let sql = format!("UPDATE {table} SET {later}, {set} WHERE {} RETURNING {columns}", of_owner(5));
                (sql, vec![one, now, title, description, owner, task])
            }
            Workload::Toggle => {
                let set = "\"completed\" = NOT \"completed\"";
                let sql = format!("UPDATE {table} SET {later}, {set} WHERE {} RETURNING {columns}", of_owner(3));
                (sql, vec![one, now, owner, task])
            }
            Workload::Delete => (format!("DELETE FROM {table} WHERE {}", of_owner(1)), vec![owner, task]),
        };

        let Data { owners, .. } = data;
        let last = data.tasks() - 1;
        let choice = match workload {
            // `made` and `doomed` count what this client has done so far.
            Workload::Create => format!(
                "\\set made :made + 1\n\\set owner {FIRST_OWNER} + random(0, {})\n\
                 \\set task {FIRST_CREATED} + :made * {connections} + :client_id",
                owners - 1
            ),
            Workload::Delete => format!(
                "\\set n :doomed * {connections} + :client_id\n\\set doomed :doomed + 1\n\
                 \\set owner {FIRST_OWNER} + :n % {owners}\n\\set task {FIRST_DOOMED} + :n"
            ),
            _ => format!(
                "\\set n random(0, {last})\n\\set owner {FIRST_OWNER} + :n % {owners}\n\\set task {FIRST_TASK} + :n"
            ),
        };
        Self { sql, arguments, choice }
    }

    /// The script for `pgbench`.
    pub(crate) fn script(&self) -> String {
        let mut sql = self.sql.clone();
        for (at, argument) in self.arguments.iter().enumerate().rev() {
            sql = sql.replace(&format!("${}", at + 1), argument);
        }
        format!("{}\n{sql};\n", self.choice)
    }

    /// Checks that the service has just sent this one.
    pub(crate) fn check(&self, postgres: &mut Postgres) -> anyhow::Result<()> {
        let seen: String = postgres.one(
            "SELECT coalesce(string_agg(DISTINCT query, E'\\n'), '') FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
        )?;
        if !seen.lines().any(|query| query == self.sql) {
            bail!(
                "pgbench would send another statement than the service, see statements.rs:\n{}\nnot one of\n{seen}",
                self.sql
            );
        }
        Ok(())
    }
}
