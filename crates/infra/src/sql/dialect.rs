//! SQL that differs between the two databases.

use sea_orm::{
    ColumnTrait, DbBackend,
    sea_query::{Expr, ExprTrait, Func},
};

use super::statement::{OwnerPlaceholder, Placeholder};

/// The later of the time in `column` and `now`.
///
/// SQLite keeps times as RFC 3339 text with trailing zeros cut. `…00.5Z` would come after `…00.51Z`, because `Z` comes after
/// `1`. Without the `Z` such texts sort as the times do.
pub(crate) fn later_of(column: impl ColumnTrait, now: Placeholder, backend: DbBackend) -> Expr {
    let stored = Expr::col(column);
    if backend == DbBackend::Sqlite {
        let digits = |time: Expr| Expr::from(Func::cust("rtrim").arg(time).arg("Z"));
        Expr::case(digits(stored.clone()).gt(digits(now.into())), stored).finally(Expr::from(now)).into()
    } else {
        Func::greatest([stored, now.into()]).into()
    }
}

/// Any number of numbers as one value, for [`is_one_of`].
pub(crate) fn list(numbers: impl Iterator<Item = i64>, backend: DbBackend) -> String {
    let numbers = numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(",");
    // A JSON array, or a Postgres array literal.
    if backend == DbBackend::Sqlite { format!("[{numbers}]") } else { format!("{{{numbers}}}") }
}

/// Whether the number in `column` is in a [`list`].
pub(crate) fn is_one_of(column: impl ColumnTrait, list: Placeholder, backend: DbBackend) -> Expr {
    let column = column.as_str();
    if backend == DbBackend::Sqlite {
        Expr::cust(format!(r#""{column}" IN (SELECT value FROM json_each({list}))"#))
    } else {
        Expr::cust(format!(r#""{column}" = ANY({list}::bigint[])"#))
    }
}

/// SQL that tries to lock this name of the owner for the rest of the transaction. False if another transaction holds the lock.
///
/// Always true on SQLite, which has one writer at a time.
pub(crate) fn try_lock(owner: OwnerPlaceholder<'_>, name: Placeholder, backend: DbBackend) -> Expr {
    if backend == DbBackend::Sqlite {
        Expr::val(true)
    } else {
        let owner = owner.as_text();
        Expr::cust(format!("pg_try_advisory_xact_lock(hashtextextended({owner} || ' ' || {name}, 0))"))
    }
}
