//! What a task is, what may be done with it, and what that needs from outside.
//!
//! The rules of this crate:
//!
//! - **Parse, don't validate.** A [`Title`] exists only if it keeps the rules of a title. Each rule stands once, in the
//!   type it belongs to.
//! - **The owner comes first.** No method of [`TaskRepository`] takes a bare [`TaskId`], and use-cases are reached only
//!   through [`OwnerService`], which is bound to one owner. Code that forgets the owner does not compile.
//! - **The outside is a port.** Storage ([`TaskRepository`], [`IdempotencyKeys`], [`UserProvisioner`], [`SessionStore`],
//!   [`Readiness`]), time ([`Clock`]) and ids ([`IdSource`]) are traits. This crate knows no database and no web
//!   framework.
//! - **A resource has a room of its own.** What belongs to tasks stands in `task`. What serves any resource stands beside
//!   it: [`Page`], [`UpdateOutcome`], [`CreateOutcome`], [`FieldChange`], [`Precondition`].
//!
//! With the feature `testing`, [`testing`] holds an in-memory repository and the contract suite that every repository
//! passes.

#![forbid(unsafe_code)]

mod clock;
mod create;
mod error;
mod ids;
mod owner;
mod page;
mod readiness;
mod service;
mod task;
mod text;
mod update;
mod user;
mod version;

#[cfg(feature = "testing")]
pub mod testing;

pub use clock::{Clock, SystemClock, Timestamp};
pub use create::{CreateOptions, CreateOutcome, Fingerprint, IdempotencyGuard, IdempotencyKey, IdempotencyKeys};
pub use error::{BoxError, RepositoryError};
pub use ids::{IdSource, UuidV7Ids};
pub use owner::OwnerId;
pub use page::{Page, PageLimit};
pub use readiness::Readiness;
pub use service::{OwnerService, Service};
pub use task::{
    CompletedChange, Description, NewTask, OwnerTasks, Task, TaskChanges, TaskId, TaskQuery, TaskRepository, Title,
};
pub use text::InvalidText;
pub use update::{FieldChange, Precondition, UpdateOutcome};
pub use user::{Identity, Session, SessionStore, UserProvisioner};
pub use version::Version;
