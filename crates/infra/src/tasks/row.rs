//! Converts between rows and domain types.

use domain::{Description, OwnerId, RepositoryError, Task, Title};
use sea_orm::prelude::Uuid;
use time::OffsetDateTime;

use super::entity;
use crate::sql::{Binds, EntityRow, FromRow, NewRow, ToRow};

impl ToRow for Task {
    type Entity = entity::Entity;

    fn to_row(&self, binds: &mut Binds<'_>) -> NewRow<entity::Entity> {
        use entity::Column;

        let Self { id, owner, title, description, completed, created_at, updated_at, version } = self;
        vec![
            (Column::UserId, binds.user(owner)),
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

        Ok(Self {
            id: row.get::<Uuid>(Id)?.into(),
            owner: owner.clone(),
            title: Title::stored(row.get(Name)?),
            description: row.get::<Option<String>>(Details)?.map(Description::stored),
            completed: row.get(Completed)?,
            created_at: row.get::<OffsetDateTime>(CreatedAt)?.into(),
            updated_at: row.get::<OffsetDateTime>(UpdatedAt)?.into(),
            version: row.get::<i64>(Version)?.into(),
        })
    }
}
