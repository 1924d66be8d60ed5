//! The starting points of queries on tables with owners. They add the owner's filter.
//!
//! `clippy.toml` bans the starting points of SeaORM and SeaQuery. Exceptions are in `unowned` and are marked with a reason.

use sea_orm::{
    ColumnTrait, DeleteMany, EntityTrait, QueryFilter, QueryTrait, Select, UpdateMany, sea_query::ExprTrait,
};

use super::statement::OwnerPlaceholder;

/// A table in which each row belongs to one user.
pub(crate) trait Owned: EntityTrait {
    /// The column with the user's id.
    const OWNER: Self::Column;

    /// The 0-based position of a column in a row, in the entity's order. Implemented as `column as usize`.
    fn index(column: Self::Column) -> usize;
}

/// All rows of an owner.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(crate) fn owned<E: Owned>(owner: OwnerPlaceholder<'_>) -> Select<E> {
    let mut all = E::find();
    QueryTrait::query(&mut all).from_clear().from(owner.layout.table(&E::default()));
    all.filter(E::OWNER.into_expr().eq(owner))
}

/// An update of an owner's rows.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(crate) fn owned_update<E: Owned>(owner: OwnerPlaceholder<'_>) -> UpdateMany<E> {
    let mut all = E::update_many();
    QueryTrait::query(&mut all).table(owner.layout.table(&E::default()));
    all.filter(E::OWNER.into_expr().eq(owner))
}

/// A delete of an owner's rows.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(crate) fn owned_delete<E: Owned>(owner: OwnerPlaceholder<'_>) -> DeleteMany<E> {
    let mut all = E::delete_many();
    QueryTrait::query(&mut all).from_table(owner.layout.table(&E::default()));
    all.filter(E::OWNER.into_expr().eq(owner))
}
