//! Converts between rows and domain types.

use domain::{Description, Fingerprint, IdempotencyKey, NewTask, OwnerId, RepositoryError, Task, Timestamp, Title};
use sea_orm::prelude::Uuid;
use time::OffsetDateTime;

use super::{entity, key_entity};
use crate::sql::{self, Binds, EntityRow, FromRow, NewRow, ToRow};

impl ToRow for Task {
    type Entity = entity::Entity;

    fn to_row(&self, binds: &mut Binds) -> NewRow<entity::Entity> {
        use entity::Column;

        let Self { id, owner, title, description, completed, created_at, updated_at, version } = self;
        vec![
            (Column::UserId, binds.add(owner.as_str())),
            (Column::Id, binds.add(*id.as_uuid())),
            (Column::Title, binds.add(title.as_str())),
            (Column::Description, binds.add(description.as_ref().map(|text| text.as_str().to_owned()))),
            (Column::Completed, binds.add(*completed)),
            (Column::CreatedAt, binds.add(OffsetDateTime::from(*created_at))),
            (Column::UpdatedAt, binds.add(OffsetDateTime::from(*updated_at))),
            (Column::Version, binds.add(version.get())),
        ]
    }
}

impl FromRow for Task {
    type Entity = entity::Entity;

    fn from_row(owner: &OwnerId, row: EntityRow<'_, entity::Entity>) -> Result<Self, RepositoryError> {
        use entity::Column::{Completed, CreatedAt, Description as Details, Id, Title as Name, UpdatedAt, Version};

        let id: Uuid = row.get(Id)?;
        let title: String = row.get(Name)?;
        let description: Option<String> = row.get(Details)?;
        let description = description.map(Description::try_from).transpose();
        Ok(Self {
            id: id.into(),
            owner: owner.clone(),
            title: Title::try_from(title.as_str()).map_err(sql::broken::<entity::Entity>(id, Name))?,
            description: description.map_err(sql::broken::<entity::Entity>(id, Details))?,
            completed: row.get(Completed)?,
            created_at: row.get::<OffsetDateTime>(CreatedAt)?.into(),
            updated_at: row.get::<OffsetDateTime>(UpdatedAt)?.into(),
            version: row.get::<i64>(Version)?.into(),
        })
    }
}

/// A create with an idempotency key, to be stored.
pub(super) struct NewKeyUse<'k> {
    pub(super) key: &'k IdempotencyKey,
    pub(super) task: &'k Task,
    pub(super) fingerprint: Fingerprint,
}

impl ToRow for NewKeyUse<'_> {
    type Entity = key_entity::Entity;

    fn to_row(&self, binds: &mut Binds) -> NewRow<key_entity::Entity> {
        use key_entity::Column;

        let Self { key, task, fingerprint } = self;
        vec![
            (Column::UserId, binds.add(task.owner.as_str())),
            (Column::Key, binds.add(key.as_str())),
            (Column::Fingerprint, binds.add(fingerprint.as_bytes().to_vec())),
            (Column::TaskId, binds.add(*task.id.as_uuid())),
            (Column::CreatedAt, binds.add(task.created_at.unix_milliseconds())),
        ]
    }
}

/// A create with an idempotency key, as it was stored.
pub(super) struct KeyUse {
    fingerprint: Vec<u8>,
    task_id: Uuid,
    created_at: Timestamp,
}

impl KeyUse {
    /// The task as it was created, if it was created from `new`. Only its id and time come from the row; the request repeats
    /// the rest.
    pub(super) fn replay(&self, owner: &OwnerId, new: &NewTask) -> Option<Task> {
        let is_same = self.fingerprint == Fingerprint::from(new).as_bytes();
        is_same.then(|| Task::created(owner.clone(), self.task_id.into(), new.clone(), self.created_at))
    }
}

impl FromRow for KeyUse {
    type Entity = key_entity::Entity;

    fn from_row(_owner: &OwnerId, row: EntityRow<'_, key_entity::Entity>) -> Result<Self, RepositoryError> {
        use key_entity::Column::{CreatedAt, Fingerprint, TaskId};

        let created_at = Timestamp::from_unix_milliseconds(row.get(CreatedAt)?)
            .ok_or_else(|| RepositoryError::Failed("idempotency_keys.created_at is out of range".into()))?;
        Ok(Self { fingerprint: row.get(Fingerprint)?, task_id: row.get(TaskId)?, created_at })
    }
}
