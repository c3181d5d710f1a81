//! Room for bodies that are being read on one core. Past it, a request is answered at once that there is too
//! much to do, instead of growing.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits::IN_FLIGHT_PER_CORE_MAX;

/// One core's room, in a cache line of its own: each request writes to it twice.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Room(AtomicUsize);

/// A place that is taken until this is dropped.
#[derive(Debug)]
pub(super) struct Place<'a>(&'a Room);

impl Room {
    /// Takes a place, if there is one.
    pub(super) fn enter(&self) -> Option<Place<'_>> {
        let place = Place(self);
        (self.0.fetch_add(1, Ordering::Relaxed) < IN_FLIGHT_PER_CORE_MAX).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_many_and_again_when_one_leaves() {
        let room = Room::default();
        let mut places: Vec<_> = (0..IN_FLIGHT_PER_CORE_MAX).map(|_| room.enter().unwrap()).collect();
        assert!(room.enter().is_none());
        assert!(room.enter().is_none());
        places.pop();
        places.push(room.enter().unwrap());
        assert!(room.enter().is_none());
    }
}
