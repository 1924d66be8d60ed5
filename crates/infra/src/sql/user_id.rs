//! A user's id as a value of the type of its column.
//!
//! An id is text everywhere else. Only one text names a user: the one that Better Auth writes into tokens. `01` is not the user
//! `1`, and an upper-case UUID is not the user with the lower-case one.

use std::{fmt::Display, str::FromStr};

use domain::{BoxError, OwnerId};
use migration::IdType;
use sea_orm::{Value, prelude::Uuid};

use super::row::Row;

/// Whether this type has a value for the id. Otherwise no user has the id.
pub(crate) fn can_exist(id: &OwnerId, of: IdType) -> bool {
    match of {
        IdType::Text => true,
        IdType::Uuid => parsed::<Uuid>(id).is_some(),
        IdType::SmallInt => parsed::<i16>(id).is_some(),
        IdType::Integer => parsed::<i32>(id).is_some(),
        IdType::BigInt | IdType::IntegerAsText => parsed::<i64>(id).is_some(),
    }
}

/// The value to bind: NULL, which equals no value, if no user can have the id.
pub(super) fn value(id: &OwnerId, of: IdType) -> Value {
    match of {
        IdType::Text => id.as_str().into(),
        IdType::Uuid => parsed::<Uuid>(id).into(),
        IdType::SmallInt => parsed::<i16>(id).into(),
        IdType::Integer => parsed::<i32>(id).into(),
        IdType::BigInt => parsed::<i64>(id).into(),
        IdType::IntegerAsText => can_exist(id, of).then(|| id.as_str()).into(),
    }
}

/// Whether a column, by its 0-based position, holds this id.
pub(super) fn is_at(row: Row<'_>, index: usize, id: &OwnerId, of: IdType) -> Result<bool, BoxError> {
    Ok(match of {
        IdType::Text | IdType::IntegerAsText => row.get::<String>(index)? == id.as_str(),
        IdType::Uuid => parsed(id) == Some(row.get::<Uuid>(index)?),
        IdType::SmallInt => parsed(id) == Some(row.get::<i16>(index)?),
        IdType::Integer => parsed(id) == Some(row.get::<i32>(index)?),
        IdType::BigInt => parsed(id) == Some(row.get::<i64>(index)?),
    })
}

/// The value whose text is exactly this id.
fn parsed<T: FromStr + Display>(id: &OwnerId) -> Option<T> {
    let value: T = id.as_str().parse().ok()?;
    (value.to_string() == id.as_str()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: [IdType; 6] =
        [IdType::Text, IdType::Uuid, IdType::SmallInt, IdType::Integer, IdType::BigInt, IdType::IntegerAsText];

    fn id(text: &str) -> OwnerId {
        OwnerId::try_from(text.to_owned()).unwrap()
    }

    /// The types in which a user can have this id.
    fn types_of(text: &str) -> Vec<IdType> {
        let can_exist = |of: &IdType| {
            let can = can_exist(&id(text), *of);
            assert_eq!(can, value(&id(text), *of) != value(&id("none"), *of) || *of == IdType::Text && text == "none");
            can
        };
        TYPES.into_iter().filter(can_exist).collect()
    }

    #[test]
    fn only_the_canonical_text_names_a_user() {
        assert_eq!(types_of("7"), [&TYPES[..1], &TYPES[2..]].concat());
        assert_eq!(types_of("-7"), [&TYPES[..1], &TYPES[2..]].concat());
        assert_eq!(types_of("70000"), [&TYPES[..1], &TYPES[3..]].concat());
        assert_eq!(types_of("5000000000"), [&TYPES[..1], &TYPES[4..]].concat());
        assert_eq!(types_of("01890af2-5c1e-7000-8000-0123456789ab"), TYPES[..2]);
        for text in [
            "none",
            "07",
            "+7",
            "-07",
            "-0",
            "7.0",
            "7e0",
            "0x7",
            " 7",
            "7 ",
            "1_000",
            "9223372036854775808",
            "01890AF2-5C1E-7000-8000-0123456789AB",
            "01890af25c1e700080000123456789ab",
            "{01890af2-5c1e-7000-8000-0123456789ab}",
            "urn:uuid:01890af2-5c1e-7000-8000-0123456789ab",
        ] {
            assert_eq!(types_of(text), TYPES[..1], "{text}");
        }
    }
}
