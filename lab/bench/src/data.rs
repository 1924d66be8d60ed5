//! The initial rows of a measurement. Owners and ids are computed from a number, so that the load generator and `pgbench` can
//! choose existing tasks without reading them.

/// The prefix of all owners' ids. With the number they have the length of Better Auth's ids.
pub(crate) const OWNER: &str = "benchmark0000000000000000";

/// The prefix of the ids of all seeded tasks. Its time is older than that of any id that the service generates.
pub(crate) const TASK: &str = "01970000-0000-7000-8000-";

/// Added to the number of an owner, so that all numbers have the same length.
pub(crate) const FIRST_OWNER: u64 = 1_000_000;

/// Added to the number of a task, so that all numbers have the same length.
pub(crate) const FIRST_TASK: u64 = 100_000_000_000;

/// Added to the number of a task that will be deleted.
pub(crate) const FIRST_DOOMED: u64 = 500_000_000_000;

/// Added to the number of a task that `pgbench` creates.
pub(crate) const FIRST_CREATED: u64 = 700_000_000_000;

/// The id of an owner.
pub(crate) fn owner(number: u64) -> String {
    format!("{OWNER}{}", FIRST_OWNER + number)
}

/// Owners with the same number of tasks each. Task `n` belongs to owner `n % owners`, as if all had created tasks in turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Data {
    /// The number of owners.
    pub(crate) owners: u64,
    /// The number of tasks of each owner.
    pub(crate) tasks_each: u64,
}

impl Data {
    /// The number of all tasks.
    pub(crate) fn tasks(self) -> u64 {
        self.owners * self.tasks_each
    }
}

/// The two dialects of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// With `generate_series`.
    Postgres,
    /// With a recursive query instead, ids as bytes and times as text.
    Sqlite,
}

impl Dialect {
    /// Inserts owners, from number 0 on.
    pub(crate) fn add_owners(self, count: u64) -> String {
        let series = self.series(count);
        let now = if self == Self::Postgres { "now()" } else { "'2026-01-01T00:00:00Z'" };
        format!(
            r#"INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
               SELECT '{OWNER}' || ({FIRST_OWNER} + n), 'Ada', n || '@example.test', true, {now}, {now} FROM {series}"#
        )
    }

    /// Inserts `count` tasks of `owners` owners, with ids from `first` on.
    pub(crate) fn add_tasks(self, first: u64, count: u64, owners: u64) -> String {
        self.add_tasks_of(&format!("{FIRST_OWNER} + n % {owners}"), &format!("n / {owners}"), first, count)
    }

    /// One in four tasks is completed.
    fn add_tasks_of(self, owner: &str, nth: &str, first: u64, count: u64) -> String {
        let series = self.series(count);
        let (id, time) = match self {
            Self::Postgres => (
                format!("('{TASK}' || ({first} + n))::uuid"),
                "timestamptz '2026-01-01 00:00:00Z' + n * interval '1 s'",
            ),
            Self::Sqlite => (
                format!("unhex(replace('{TASK}' || ({first} + n), '-', ''))"),
                "strftime('%Y-%m-%dT%H:%M:%SZ', 1767225600 + n, 'unixepoch')",
            ),
        };
        format!(
            "INSERT INTO tasks (user_id, id, title, description, completed, created_at, updated_at, version)
             SELECT '{OWNER}' || ({owner}), {id}, 'Buy groceries ' || n, 'Milk, eggs, bread and a little of this and that',
                    ({nth}) % 4 = 0, {time}, {time}, 1
             FROM {series}"
        )
    }

    /// Counts the tasks that are left to delete, on Postgres.
    pub(crate) fn count_doomed() -> String {
        format!("SELECT count(*) FROM tasks WHERE id >= '{TASK}{FIRST_DOOMED}' AND id < '{TASK}{FIRST_CREATED}'")
    }

    /// Deletes the rows that measurements have added.
    pub(crate) fn remove_added(self) -> String {
        let first = match self {
            Self::Postgres => format!("'{TASK}{FIRST_DOOMED}'"),
            Self::Sqlite => format!("unhex(replace('{TASK}{FIRST_DOOMED}', '-', ''))"),
        };
        format!("DELETE FROM tasks WHERE id >= {first}")
    }

    fn series(self, count: u64) -> String {
        match self {
            Self::Postgres => format!("generate_series(0, {}) AS n", count - 1),
            Self::Sqlite => format!(
                "(WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < {}) SELECT n FROM series)",
                count - 1
            ),
        }
    }
}
