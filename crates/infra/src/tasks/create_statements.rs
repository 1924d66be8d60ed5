//! The statements that create tasks, under an idempotency key if there is one.

use domain::{CreateOptions, IdempotencyGuard, NewTask, OwnerId, Task};
use sea_orm::{
    QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, OnConflict, SelectStatement},
};

use super::{entity::Entity, statements::is};
use crate::{
    idempotency::{self, Entity as Keys, NewKeyUse},
    layout::Layout,
    sql::{Kind, Owned, OwnerPlaceholder, Placeholder, Shapes, Statement, ToRow, dialect, insert_if, owned},
};

/// The statements that create tasks, for one database.
#[derive(Debug)]
pub(super) struct CreateStatements(Shapes<Shape>);

/// The quota is part of the text, since it is the same for all users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Shape {
    Insert { quota: Option<u32> },
    ClaimKey { quota: Option<u32> },
    InsertUnderKey,
    KeyUse,
    TaskAtQuota { quota: u32 },
    KeyAtQuota { quota: u32 },
}

impl CreateStatements {
    pub(super) fn new(layout: &Layout) -> Self {
        Self(Shapes::new(layout))
    }

    pub(super) fn layout(&self) -> &Layout {
        self.0.layout()
    }

    /// Adds a task if its owner has fewer than `quota`.
    pub(super) fn insert(&self, task: &Task, quota: Option<u32>) -> Statement {
        let mut binds = self.0.binds();
        let row = task.to_row(&mut binds);
        let within = quota.map(|quota| (binds.owner(&task.owner), quota));
        self.0.statement(Shape::Insert { quota }, Kind::Write, binds, || {
            insert_if::<Entity>(self.layout(), row, within.map(|(owner, quota)| has_room(owner, quota)))
        })
    }

    /// Claims a key for a task if its owner has fewer tasks and keys than the quotas: inserts the key's row, or replaces an expired one.
    /// Changes nothing if the key was used before or is in use now.
    pub(super) fn claim_key(
        &self,
        guard: &IdempotencyGuard,
        task: &Task,
        new: &NewTask,
        options: &CreateOptions,
    ) -> Statement {
        use idempotency::Column::{CreatedAt, Fingerprint, Key, TaskId, UserId};

        let backend = self.0.backend();
        let mut binds = self.0.binds();
        let (owner, key) = (binds.owner(&task.owner), binds.add(guard.key.as_str()));
        let since = binds.add(guard.since.unix_milliseconds());
        let used = NewKeyUse {
            owner: &task.owner,
            key: &guard.key,
            fingerprint: new.into(),
            id: *task.id.as_uuid(),
            created_at: task.created_at,
        };
        let row = used.to_row(&mut binds);
        let (quota, key_quota) = (options.quota, options.key_quota());
        self.0.statement(Shape::ClaimKey { quota }, Kind::Write, binds, || {
            // Without the lock, this statement would wait for a create with the same key that is in flight.
            let is_free = dialect::try_lock(owner, key, backend);
            let has_room = quota.map(|quota| has_room(owner, quota));
            let has_key_left = key_quota.map(|quota| Expr::exists(nth::<Keys>(owner, quota)).not());
            let condition = has_room.into_iter().chain(has_key_left).fold(is_free, ExprTrait::and);
            let unless_used = OnConflict::columns([UserId, Key])
                .update_columns([Fingerprint, TaskId, CreatedAt])
                .action_and_where(Expr::col((Keys, CreatedAt)).lt(since))
                .to_owned();
            insert_if::<Keys>(self.layout(), row, Some(condition)).on_conflict(unless_used).to_owned()
        })
    }

    /// Adds a task if an earlier statement of this transaction has claimed its key.
    pub(super) fn insert_under_key(&self, guard: &IdempotencyGuard, task: &Task) -> Statement {
        let mut binds = self.0.binds();
        let (owner, key) = (binds.owner(&task.owner), binds.add(guard.key.as_str()));
        let (id, row) = (binds.add(*task.id.as_uuid()), task.to_row(&mut binds));
        self.0.statement(Shape::InsertUnderKey, Kind::Write, binds, || {
            let claimed =
                key_of(owner, key).filter(is(idempotency::Column::TaskId, id)).select_only().expr(Expr::val(1));
            insert_if::<Entity>(self.layout(), row, Some(Expr::exists(claimed.into_query())))
        })
    }

    /// The row of a key that has not expired.
    pub(super) fn key_use(&self, guard: &IdempotencyGuard, owner: &OwnerId) -> Statement {
        let mut binds = self.0.binds();
        let (owner, key) = (binds.owner(owner), binds.add(guard.key.as_str()));
        let since = binds.add(guard.since.unix_milliseconds());
        self.0.statement(Shape::KeyUse, Kind::Read, binds, || {
            key_of(owner, key).filter(Expr::col(idempotency::Column::CreatedAt).gte(since)).into_query()
        })
    }

    /// The task that fills the quota, if the owner has that many.
    pub(super) fn task_at_quota(&self, owner: &OwnerId, quota: u32) -> Statement {
        let mut binds = self.0.binds();
        let owner = binds.owner(owner);
        self.0.statement(Shape::TaskAtQuota { quota }, Kind::Read, binds, || nth::<Entity>(owner, quota))
    }

    /// The key that fills the quota, if the owner has that many.
    pub(super) fn key_at_quota(&self, owner: &OwnerId, quota: u32) -> Statement {
        let mut binds = self.0.binds();
        let owner = binds.owner(owner);
        self.0.statement(Shape::KeyAtQuota { quota }, Kind::Read, binds, || nth::<Keys>(owner, quota))
    }
}

fn key_of(owner: OwnerPlaceholder<'_>, key: Placeholder) -> sea_orm::Select<Keys> {
    owned::<Keys>(owner).filter(is(idempotency::Column::Key, key))
}

fn has_room(owner: OwnerPlaceholder<'_>, quota: u32) -> Expr {
    Expr::exists(nth::<Entity>(owner, quota)).not()
}

/// One row if the owner has at least `number`.
fn nth<E: Owned>(owner: OwnerPlaceholder<'_>, number: u32) -> SelectStatement {
    let last = u64::from(number.saturating_sub(1));
    owned::<E>(owner).select_only().expr(Expr::val(1)).offset(last).limit(1).into_query()
}
