//! Converts between rows and uses of a key.

use domain::{Fingerprint, IdempotencyKey, OwnerId, RepositoryError, Timestamp};
use sea_orm::prelude::Uuid;

use super::entity::{Column, Entity};
use crate::sql::{Binds, EntityRow, FromRow, NewRow, ToRow};

/// A create with an idempotency key, to be stored.
pub(crate) struct NewKeyUse<'k> {
    pub(crate) owner: &'k OwnerId,
    pub(crate) key: &'k IdempotencyKey,
    pub(crate) fingerprint: Fingerprint,
    /// The id of what is created.
    pub(crate) id: Uuid,
    pub(crate) created_at: Timestamp,
}

impl ToRow for NewKeyUse<'_> {
    type Entity = Entity;

    fn to_row(&self, binds: &mut Binds<'_>) -> NewRow<Entity> {
        let Self { owner, key, fingerprint, id, created_at } = self;
        vec![
            (Column::UserId, binds.user(owner)),
            (Column::Key, binds.add(key.as_str())),
            (Column::Fingerprint, binds.add(fingerprint.as_bytes().to_vec())),
            (Column::TaskId, binds.add(*id)),
            (Column::CreatedAt, binds.add(created_at.unix_milliseconds())),
        ]
    }
}

/// A create with an idempotency key, as it was stored.
pub(crate) struct KeyUse {
    pub(crate) key: String,
    fingerprint: Vec<u8>,
    /// The id of what was created.
    pub(crate) id: Uuid,
    pub(crate) created_at: Timestamp,
}

impl KeyUse {
    /// Whether the request was the same.
    pub(crate) fn is_of(&self, request: Fingerprint) -> bool {
        self.fingerprint == request.as_bytes()
    }
}

impl FromRow for KeyUse {
    type Entity = Entity;

    fn from_row(_owner: &OwnerId, row: EntityRow<'_, Entity>) -> Result<Self, RepositoryError> {
        let created_at = Timestamp::from_unix_milliseconds(row.get(Column::CreatedAt)?)
            .ok_or_else(|| RepositoryError::Failed("idempotency_keys.created_at is out of range".into()))?;
        Ok(Self {
            key: row.get(Column::Key)?,
            fingerprint: row.get(Column::Fingerprint)?,
            id: row.get(Column::TaskId)?,
            created_at,
        })
    }
}
