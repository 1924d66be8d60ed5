//! The limits of requests in flight, in all and of each user.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::OwnerId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many large responses a user may have that are not sent yet. Smaller ones fit into the buffers of a connection.
const LARGE_PER_USER: u16 = 8;

/// The requests in flight. All workers share the counts.
pub(super) struct InFlight {
    free: Arc<Semaphore>,
    per_user: u16,
    /// Only users who have requests in flight.
    users: Mutex<HashMap<OwnerId, Counts>>,
}

#[derive(Default)]
struct Counts {
    requests: u16,
    large: u16,
}

impl InFlight {
    pub(super) fn new(max: u16, per_user: u16) -> Self {
        Self { free: Arc::new(Semaphore::new(max.into())), per_user, users: Mutex::default() }
    }

    /// A place for one more request; `None` if there are too many.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Place> {
        let permit = Arc::clone(&self.free).try_acquire_owned().ok()?;
        Some(Place(Rc::new(Held {
            in_flight: Arc::clone(self),
            permit: RefCell::new(Some(permit)),
            user: RefCell::default(),
            is_large: Cell::new(false),
        })))
    }

    /// A panic cannot leave the counts inconsistent, so a poisoned lock is no error.
    fn users(&self) -> MutexGuard<'_, HashMap<OwnerId, Counts>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a request. It becomes free when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct Place(Rc<Held>);

struct Held {
    in_flight: Arc<InFlight>,
    /// `None` while the request waits for its client.
    permit: RefCell<Option<OwnedSemaphorePermit>>,
    user: RefCell<Option<OwnerId>>,
    is_large: Cell<bool>,
}

impl Place {
    /// Counts the request as one of this user's. Returns whether the user may have it.
    pub(super) fn belong_to(&self, user: &OwnerId) -> bool {
        let Held { in_flight, user: owner, .. } = &*self.0;
        let mut users = in_flight.users();
        let counts = users.entry(user.clone()).or_default();
        if counts.requests >= in_flight.per_user {
            return false;
        }
        counts.requests += 1;
        owner.replace(Some(user.clone()));
        true
    }

    /// Counts the response as a large one. Returns whether the user may have it.
    pub(super) fn hold_large(&self) -> bool {
        let Held { in_flight, user, is_large, .. } = &*self.0;
        let (user, mut users) = (user.borrow(), in_flight.users());
        let Some(counts) = user.as_ref().and_then(|user| users.get_mut(user)) else { return true };
        if counts.large >= LARGE_PER_USER {
            return false;
        }
        counts.large += 1;
        is_large.set(true);
        true
    }

    /// Leaves the place to others while the request waits for its client. It still counts as one of its user's.
    pub(crate) fn pause(&self) {
        self.0.permit.take();
    }

    /// Takes a place again. Returns whether there was one.
    pub(crate) fn resume(&self) -> bool {
        let permit = Arc::clone(&self.0.in_flight.free).try_acquire_owned().ok();
        let has_place = permit.is_some();
        self.0.permit.replace(permit);
        has_place
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(user) = self.user.take() else { return };
        let mut users = self.in_flight.users();
        let Some(counts) = users.get_mut(&user) else { return };
        counts.requests -= 1;
        counts.large -= u16::from(self.is_large.get());
        if counts.requests == 0 {
            users.remove(&user);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::testing::{alice, bob};

    use super::*;

    #[test]
    fn a_user_has_a_share_and_leaves_room_for_others() {
        let in_flight = Arc::new(InFlight::new(4, 2));
        let places: Vec<Place> = (0..3).map_while(|_| in_flight.enter()).collect();

        let admitted: Vec<bool> = places.iter().map(|place| place.belong_to(&alice().id)).collect();
        assert_eq!(admitted, [true, true, false]);
        assert!(in_flight.enter().unwrap().belong_to(&bob().id));

        drop(places);
        assert!(in_flight.users().is_empty());
        assert_eq!(in_flight.free.available_permits(), 4);
    }

    #[test]
    fn a_request_that_waits_for_its_client_holds_no_place() {
        let in_flight = Arc::new(InFlight::new(1, 1));
        let place = in_flight.enter().unwrap();
        assert!(place.belong_to(&alice().id));

        place.pause();
        let other = in_flight.enter().unwrap();
        assert!(!other.belong_to(&alice().id), "it is still one of its user's");
        assert!(!place.resume());

        drop(other);
        assert!(place.resume());
        assert!(in_flight.enter().is_none());
    }

    #[test]
    fn a_user_has_few_large_responses_at_once() {
        let in_flight = Arc::new(InFlight::new(100, 100));
        let hold = || {
            let place = in_flight.enter().unwrap();
            (place.belong_to(&alice().id) && place.hold_large()).then_some(place)
        };
        let mut places: Vec<Place> = (0..=LARGE_PER_USER).map_while(|_| hold()).collect();
        assert_eq!(places.len(), usize::from(LARGE_PER_USER));

        places.pop();
        assert!(hold().is_some());
    }
}
