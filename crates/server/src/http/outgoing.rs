//! Answers on their way out. A client may read as slowly as it likes, and its answer is in memory
//! for as long, so that long answers have a budget: for all together, and half of it for one
//! tenant.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use actix_web::body::{BodySize, MessageBody, SizedStream};
use actix_web::web::Bytes;
use futures_util::stream::poll_fn;

/// The size from which an answer is long, in bytes.
const LONG: usize = 64 * 1024;
/// The size of the pieces in which a long answer is handed to its connection, in bytes.
const PIECE: usize = 32 * 1024;

/// The bytes of long answers that are on their way out, by tenant.
#[derive(Clone)]
pub(crate) struct Outgoing {
    taken: Arc<Mutex<HashMap<i64, usize>>>,
    /// The most bytes that are on their way out at once.
    most: usize,
}

/// The room that an answer takes, until this is dropped.
pub(crate) struct Room {
    outgoing: Outgoing,
    organization: i64,
    bytes: usize,
}

impl Outgoing {
    /// Makes room for answers, up to a limit in bytes.
    pub(crate) fn within(most: usize) -> Self {
        Self { taken: Arc::default(), most }
    }

    /// Takes room for an answer to a tenant; `Some(None)` for a short one, which needs none, and
    /// `None` if there is not enough.
    pub(crate) fn take(&self, organization: i64, bytes: usize) -> Option<Option<Room>> {
        if bytes < LONG {
            return Some(None);
        }
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let all = taken.values().sum::<usize>().saturating_add(bytes);
        let own = taken.get(&organization).copied().unwrap_or(0).saturating_add(bytes);
        if all > self.most || own > self.most / 2 {
            return None;
        }
        taken.insert(organization, own);
        Some(Some(Room { outgoing: self.clone(), organization, bytes }))
    }

    /// Returns the bytes that are on their way out.
    pub(crate) fn bytes(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut taken = self.outgoing.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.organization) {
            *own = own.saturating_sub(self.bytes);
            if *own == 0 {
                taken.remove(&self.organization);
            }
        }
    }
}

/// Makes a body that keeps its room until its connection has taken all of it. A connection takes
/// the next piece when it has sent most of the one before, so that nothing is in memory twice.
pub(crate) fn body(mut bytes: Bytes, room: Room) -> impl MessageBody + 'static {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    debug_assert_eq!(bytes.size(), BodySize::Sized(size));
    SizedStream::new(
        size,
        poll_fn(move |_| {
            let _until_it_is_sent = &room;
            let piece = bytes.split_to(bytes.len().min(PIECE));
            Poll::Ready((!piece.is_empty()).then_some(Ok::<_, Infallible>(piece)))
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::Outgoing;

    #[test]
    fn nobody_takes_more_than_half() {
        let half = 64 * 1024 * 1024;
        let outgoing = Outgoing::within(2 * half);
        let first = outgoing.take(1, half);
        assert!(first.is_some() && outgoing.take(1, 100_000).is_none());
        assert!(outgoing.take(1, 100).is_some_and(|room| room.is_none()), "short ones need none");
        let second = outgoing.take(2, half);
        assert!(second.is_some() && outgoing.take(3, 100_000).is_none());
        drop(first);
        assert!(outgoing.take(3, half).is_some() && outgoing.take(1, half).is_some());
        drop(second);
        assert_eq!(outgoing.bytes(), 0);
    }
}
