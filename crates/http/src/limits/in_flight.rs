//! How many requests are in flight: of all users, and of each.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use domain::OwnerId;

/// How many large responses a user may have that are not sent yet.
const MAX_LARGE: usize = 8;

/// The places of requests in flight.
pub(super) struct InFlight {
    max: usize,
    taken: AtomicUsize,
    max_per_user: usize,
    /// The users with requests in flight, and how many.
    users: Mutex<HashMap<OwnerId, Taken>>,
}

/// What a user has taken.
struct Taken {
    places: usize,
    large: usize,
}

/// One of all places. Free again when this is dropped.
pub(crate) struct Place(Arc<InFlight>);

/// One of the places of a user. Free again when this is dropped.
pub(crate) struct UserPlace {
    in_flight: Arc<InFlight>,
    user: OwnerId,
    has_large: bool,
}

impl InFlight {
    pub(super) fn new(max: usize, max_per_user: usize) -> Self {
        Self { max, taken: AtomicUsize::new(0), max_per_user, users: Mutex::default() }
    }

    /// A place, if one is free.
    pub(super) fn place(self: &Arc<Self>) -> Option<Place> {
        let more = |taken| (taken < self.max).then_some(taken + 1);
        let taken = self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        taken.is_ok().then(|| Place(self.clone()))
    }

    /// A place of this user, if one is free.
    pub(super) fn place_of(self: &Arc<Self>, user: OwnerId) -> Option<UserPlace> {
        let mut users = self.users();
        match users.get_mut(&user) {
            Some(taken) if taken.places >= self.max_per_user => return None,
            Some(taken) => taken.places += 1,
            None => drop(users.insert(user.clone(), Taken { places: 1, large: 0 })),
        }
        drop(users);
        Some(UserPlace { in_flight: self.clone(), user, has_large: false })
    }

    fn users(&self) -> MutexGuard<'_, HashMap<OwnerId, Taken>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UserPlace {
    /// Counts a large response, which stays in memory until it is sent. Returns whether the user may have it.
    pub(crate) fn hold_large(&mut self) -> bool {
        if let Some(taken) = self.in_flight.users().get_mut(&self.user)
            && taken.large < MAX_LARGE
        {
            taken.large += 1;
            self.has_large = true;
        }
        self.has_large
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for UserPlace {
    fn drop(&mut self) {
        let mut users = self.in_flight.users();
        match users.get_mut(&self.user) {
            Some(taken) if taken.places > 1 => {
                taken.places -= 1;
                taken.large -= usize::from(self.has_large);
            }
            _ => drop(users.remove(&self.user)),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::testing::{alice, bob};

    use super::*;

    #[test]
    fn a_user_without_requests_in_flight_is_forgotten() {
        let in_flight = Arc::new(InFlight::new(8, 2));
        let [one, two] = [(); 2].map(|()| in_flight.place_of(alice().id).unwrap());
        assert!(in_flight.place_of(alice().id).is_none() && in_flight.place_of(bob().id).is_some());

        drop(one);
        assert!(in_flight.place_of(alice().id).is_some());
        drop(two);
        assert_eq!(in_flight.users().len(), 0);
    }

    #[test]
    fn a_user_has_few_large_responses_at_once() {
        let in_flight = Arc::new(InFlight::new(100, 100));
        let large = || in_flight.place_of(alice().id).and_then(|mut place| place.hold_large().then_some(place));
        let mut held: Vec<UserPlace> = (0..=MAX_LARGE).map_while(|_| large()).collect();
        assert_eq!(held.len(), MAX_LARGE);

        held.pop();
        assert!(large().is_some());
        drop(held);
        assert_eq!(in_flight.users().len(), 0);
    }

    #[test]
    fn a_place_is_free_again_after_its_request() {
        let in_flight = Arc::new(InFlight::new(1, 1));
        let place = in_flight.place();
        assert!(place.is_some() && in_flight.place().is_none());

        drop(place);
        assert!(in_flight.place().is_some());
    }
}
