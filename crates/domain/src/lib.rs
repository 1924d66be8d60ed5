//! Tasks, the use-cases on them, and the ports that these need.
//!
//! The rules of this crate:
//!
//! - **Parse, don't validate.** A [`Title`] exists only if it follows the rules of a title. Each rule is implemented once, in
//!   its type.
//! - **The owner comes first.** No method of [`TaskRepository`] takes a bare [`TaskId`], and use-cases are reached only
//!   through [`OwnerService`], which is bound to one owner. Code that forgets the owner does not compile.
//! - **The outside is a port.** Storage ([`TaskRepository`], [`IdempotencyKeys`], [`UserProvisioner`], [`SessionStore`],
//!   [`Readiness`]), time ([`Clock`]) and ids ([`IdSource`]) are traits. This crate knows no database and no web
//!   framework.
//! - **Each resource has its own module.** Everything about tasks is in `task`. Types for any resource are beside it: [`Page`],
//!   [`UpdateOutcome`], [`CreateOutcome`], [`FieldChange`], [`Precondition`].
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
pub use task::*;
pub use text::InvalidText;
pub use update::{FieldChange, Precondition, UpdateOutcome};
pub use user::{Identity, Session, SessionStore, UserProvisioner};
pub use version::Version;
