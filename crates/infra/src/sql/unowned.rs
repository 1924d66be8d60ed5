//! The statements on tables with owners that have no owner's filter. Each has a reason.

use sea_orm::{
    Iterable, PrimaryKeyToColumn,
    sea_query::{DeleteStatement, Expr, ExprTrait, InsertStatement, Query, SelectStatement},
};

use super::{owned::Owned, rows::NewRow, statement::Placeholder};
use crate::layout::Layout;

/// Inserts a row if `condition` holds. The owner is one of the row's values.
#[expect(clippy::disallowed_methods, reason = "an insert has no rows to filter")]
pub(crate) fn insert_if<E: Owned>(layout: &Layout, row: NewRow<E>, condition: Option<Expr>) -> InsertStatement {
    let (columns, values): (Vec<E::Column>, Vec<Placeholder>) = row.into_iter().unzip();
    let source = Query::select().exprs(values.into_iter().map(Expr::from)).and_where_option(condition).to_owned();
    let mut insert = Query::insert();
    insert.into_table(layout.table(&E::default())).columns(columns);
    let is_complete = insert.select_from(source).is_ok();
    debug_assert!(is_complete, "one value for each column");
    insert
}

/// Reads no row. Fails if the table does not exist or may not be read. The condition is false before any row is looked up, so a
/// database that is spread over several servers asks none of them.
#[expect(clippy::disallowed_methods, reason = "no row matches")]
pub(crate) fn probe<E: Owned>(layout: &Layout) -> SelectStatement {
    Query::select().column(E::OWNER).from(layout.table(&E::default())).and_where(Expr::val(false)).to_owned()
}

/// Deletes at most `limit` rows, of any owner, whose value in `column` is less than `oldest`. No row is returned.
#[expect(clippy::disallowed_methods, reason = "rows of all owners expire")]
pub(crate) fn delete_expired<E: Owned>(
    layout: &Layout,
    column: E::Column,
    oldest: Placeholder,
    limit: u64,
) -> DeleteStatement {
    let table = || layout.table(&E::default());
    let key = || E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
    let is_expired = || Expr::col(column).lt(oldest);
    let expired = Query::select().columns(key()).from(table()).and_where(is_expired()).limit(limit).to_owned();
    Query::delete()
        .from_table(table())
        .and_where(Expr::tuple(key().map(Expr::col)).in_subquery(expired))
        // Check the age again: a row may be renewed while this statement waits for its lock.
        .and_where(is_expired())
        .to_owned()
}
