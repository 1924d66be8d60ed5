//! The one thing about tasks that the two databases do differently.

use sea_orm::{
    DbBackend,
    sea_query::{Expr, ExprTrait, Func},
};

use super::entity::Column;

/// The later of the stored `updated_at` and `now`.
///
/// SQLite keeps times as RFC 3339 text with trailing zeros cut, so `…00.5Z` would come after `…00.51Z`, because `Z` does
/// after `1`. Without the `Z` such texts order as the times do.
pub(super) fn later_of_updated_at_and(now: Expr, backend: DbBackend) -> Expr {
    let stored = Expr::col(Column::UpdatedAt);
    if backend == DbBackend::Sqlite {
        let digits = |time: &Expr| Func::cust("rtrim").arg(time.clone()).arg("Z");
        Expr::case(Expr::from(digits(&stored)).gt(digits(&now)), stored).finally(now).into()
    } else {
        Func::greatest([stored, now]).into()
    }
}
