//! The starting points of queries on tables with owners. They add the owner's filter.
//!
//! `clippy.toml` bans the starting points of SeaORM and SeaQuery. Exceptions are in `unowned` and are marked with a reason.

use sea_orm::{ColumnTrait, DeleteMany, EntityTrait, QueryFilter, Select, UpdateMany, sea_query::ExprTrait};

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
pub(crate) fn owned<E: Owned>(owner: OwnerPlaceholder) -> Select<E> {
    E::find().filter(E::OWNER.into_expr().eq(owner))
}

/// An update of an owner's rows.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(crate) fn owned_update<E: Owned>(owner: OwnerPlaceholder) -> UpdateMany<E> {
    E::update_many().filter(E::OWNER.into_expr().eq(owner))
}

/// A delete of an owner's rows.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(crate) fn owned_delete<E: Owned>(owner: OwnerPlaceholder) -> DeleteMany<E> {
    E::delete_many().filter(E::OWNER.into_expr().eq(owner))
}
