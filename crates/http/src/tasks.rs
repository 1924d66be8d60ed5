//! Tasks: one file for each endpoint, and the wire format of a task in [`wire`].

mod complete;
mod create;
mod delete;
mod get;
pub(crate) mod list;
mod outcome;
mod update;
mod values;
pub(crate) mod wire;

use crate::endpoint::{BodyType, Resource};

pub(crate) const RESOURCE: Resource = Resource {
    endpoints: &[
        list::ENDPOINT,
        create::ENDPOINT,
        get::ENDPOINT,
        update::PUT,
        update::PATCH,
        delete::ENDPOINT,
        complete::ENDPOINT,
    ],
    shown: BodyType::shown::<wire::Task>(),
};
