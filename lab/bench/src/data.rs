//! The rows that are there before a measurement. Owners and ids follow from a number, so that the load generator and
//! `pgbench` name existing tasks at random without having read them.

/// How many characters of an owner's id are the same for all: with the number they are as long as Better Auth's.
pub(crate) const OWNER: &str = "benchmark0000000000000000";

/// What the ids of all seeded tasks begin with. It is older than any id that a service makes now.
pub(crate) const TASK: &str = "01970000-0000-7000-8000-";

/// Added to the number of an owner, so that all have as many digits.
pub(crate) const FIRST_OWNER: u64 = 1_000_000;

/// Added to the number of a task, likewise.
pub(crate) const FIRST_TASK: u64 = 100_000_000_000;

/// Added to the number of a task that is there to be deleted.
pub(crate) const FIRST_DOOMED: u64 = 500_000_000_000;

/// Added to the number of a task that `pgbench` creates.
pub(crate) const FIRST_CREATED: u64 = 700_000_000_000;

/// The id of an owner.
pub(crate) fn owner(number: u64) -> String {
    format!("{OWNER}{}", FIRST_OWNER + number)
}

/// Some owners with as many tasks each. Task `n` is that of owner `n % owners`, as if all had added to their lists in
/// turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Data {
    /// How many owners there are.
    pub(crate) owners: u64,
    /// How many tasks each of them has.
    pub(crate) tasks_each: u64,
}

impl Data {
    /// How many tasks there are.
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
    /// Adds owners, from number 0 on.
    pub(crate) fn add_owners(self, count: u64) -> String {
        let series = self.series(count);
        let now = if self == Self::Postgres { "now()" } else { "'2026-01-01T00:00:00Z'" };
        format!(
            r#"INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
               SELECT '{OWNER}' || ({FIRST_OWNER} + n), 'Ada', n || '@example.test', true, {now}, {now} FROM {series}"#
        )
    }

    /// Adds `count` tasks of `owners` owners, with ids that count from `first`.
    pub(crate) fn add_tasks(self, first: u64, count: u64, owners: u64) -> String {
        self.add_tasks_of(&format!("{FIRST_OWNER} + n % {owners}"), &format!("n / {owners}"), first, count)
    }

    /// One in four is completed.
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

    /// Counts the tasks that are still there to be deleted, on Postgres.
    pub(crate) fn count_doomed() -> String {
        format!("SELECT count(*) FROM tasks WHERE id >= '{TASK}{FIRST_DOOMED}' AND id < '{TASK}{FIRST_CREATED}'")
    }

    /// Removes what measurements have added.
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
