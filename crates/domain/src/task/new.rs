//! A task to be created, and its fingerprint.

use sha2::{Digest, Sha256};

use super::{Description, Title};
use crate::Fingerprint;

/// A task to be created. The service decides all its other values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// What the user wants to get done.
    pub title: Title,
    /// Details, if there are any.
    pub description: Option<Description>,
    /// Whether it is done already.
    pub completed: bool,
}

impl NewTask {
    /// A task with this title and the defaults of all other fields.
    #[must_use]
    pub fn titled(title: Title) -> Self {
        Self { title, description: None, completed: false }
    }
}

/// Stored fingerprints are compared with those of later releases: the bytes must stay the same for the same task.
impl From<&NewTask> for Fingerprint {
    fn from(task: &NewTask) -> Self {
        let NewTask { title, description, completed } = task;
        let (title, description) = (title.as_str(), description.as_ref().map(Description::as_str));
        // The length of the title comes first, so that moving characters between the texts changes the digest.
        let digest = Sha256::new()
            .chain_update([u8::from(*completed), u8::from(description.is_some())])
            .chain_update(title.len().to_be_bytes())
            .chain_update(title)
            .chain_update(description.unwrap_or_default())
            .finalize();
        Self::from(<[u8; 32]>::from(digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(title: &str, description: Option<&str>, completed: bool) -> NewTask {
        let description = description.map(|text| Description::try_from(text.to_owned()).unwrap());
        NewTask { description, completed, ..NewTask::titled(Title::try_from(title).unwrap()) }
    }

    #[test]
    fn tasks_that_differ_have_different_fingerprints() {
        let different = [
            task("Buy wine", None, false),
            task("Buy wine", None, true),
            task("Buy wine", Some(""), false),
            task("Buy", Some("wine"), false),
            task("Buy w", Some("wine"), false),
        ];
        for (index, one) in different.iter().enumerate() {
            assert_eq!(Fingerprint::from(one), Fingerprint::from(&one.clone()));
            for other in &different[index + 1..] {
                assert_ne!(Fingerprint::from(one), Fingerprint::from(other), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_fingerprint_is_the_one_that_earlier_releases_stored() {
        let stored = "2fd8407ebde0b5ff07f6f7bc549f9cdba584ce97675ed04db252bee2e4e2eac9";
        let stored: Vec<u8> =
            (0..64).step_by(2).map(|at| u8::from_str_radix(&stored[at..at + 2], 16).unwrap()).collect();

        assert_eq!(Fingerprint::from(&task("Buy wine", Some("Red"), true)).as_bytes().as_slice(), stored);
    }
}
