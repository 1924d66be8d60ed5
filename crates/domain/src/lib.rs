//! What a task is, what may be done with it, and what that needs from the outside.
//!
//! The rules of this crate:
//!
//! - **Parse, don't validate.** A [`Title`] exists only if it keeps the rules of a title. Each rule stands once, in the
//!   type it belongs to.
//! - **The owner comes first.** No method of [`TaskRepository`] takes a bare [`TaskId`], and use-cases are reached only
//!   through [`OwnerTasks`], which is bound to one owner. Code that forgets the owner does not compile.
//! - **The outside is a port.** Storage ([`TaskRepository`], [`IdempotencyKeys`], [`UserProvisioner`], [`SessionStore`],
//!   [`Readiness`]), time ([`Clock`]) and ids ([`IdSource`]) are traits; this crate knows no database and no web framework.
//!
//! With the feature `testing`, [`testing`] holds an in-memory repository and the contract suite that every repository
//! passes.

#![forbid(unsafe_code)]

mod clock;
mod error;
mod ids;
mod owner;
mod page;
mod repository;
mod service;
mod task;
mod text;
mod user;

#[cfg(feature = "testing")]
pub mod testing;

pub use clock::{Clock, SystemClock, Timestamp};
pub use error::{BoxError, RepositoryError};
pub use ids::{IdSource, UuidV7Ids};
pub use owner::OwnerId;
pub use page::{Page, PageLimit, TaskQuery};
pub use repository::{IdempotencyKeys, Readiness, TaskRepository};
pub use service::{OwnerTasks, TaskService};
pub use task::{
    CompletedChange, Creation, CreationTerms, Description, DescriptionChange, Fingerprint, IdempotencyKey, NewTask,
    Once, Outcome, Precondition, Task, TaskChanges, TaskId, Title, Version,
};
pub use text::InvalidText;
pub use user::{Identity, Session, SessionStore, UserProvisioner};
