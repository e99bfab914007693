//! Answers on their way out. A client may read as slowly as it likes, and its answer is in memory
//! for as long, so that long answers have a budget: for all together, and half of it for one
//! tenant.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use actix_web::body::{BodySize, MessageBody, SizedStream};
use actix_web::web::Bytes;
use apportion_jsonapi::Code;
use futures_util::stream::poll_fn;

use crate::failure::Failure;

/// The size from which an answer is long, in bytes.
const LONG: usize = 64 * 1024;
/// The size of the pieces in which a long answer is handed to its connection, in bytes.
const PIECE: usize = 32 * 1024;

/// The bytes of long answers of each tenant.
type Taken = HashMap<i64, usize>;

/// The bytes of long answers that are on their way out, by tenant.
#[derive(Clone)]
pub(crate) struct Outgoing {
    taken: Arc<Mutex<Taken>>,
    /// The most bytes that are on their way out at once.
    most: usize,
}

/// The reason why there is no room for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// Others are on their way.
    Now,
    /// It is longer than all of one tenant's may be together, in bytes.
    Ever(usize),
}

impl From<NoRoom> for Failure {
    fn from(reason: NoRoom) -> Self {
        match reason {
            NoRoom::Now => Failure::refusal(
                Code::Unavailable,
                "Too many long answers are on their way: read them, or ask for smaller pages; try \
                 again in 1 s",
            ),
            NoRoom::Ever(most) => Failure::refusal(
                Code::TooCostly,
                format!(
                    "The answer is longer than the {most} bytes that are sent at once: ask for \
                     smaller pages, or include less"
                ),
            ),
        }
    }
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

    /// Takes room for an answer to a tenant; none for a short one, which needs none.
    ///
    /// # Errors
    ///
    /// There is not enough.
    pub(crate) fn take(&self, organization: i64, bytes: usize) -> Result<Option<Room>, NoRoom> {
        if bytes < LONG {
            return Ok(None);
        }
        let mut taken = self.lock();
        self.check(&taken, organization, bytes)?;
        Ok(Some(self.enter(&mut taken, organization, bytes)))
    }

    /// Takes room for the answer to a write that is done, whether there is enough or not.
    pub(crate) fn take_all_the_same(&self, organization: i64, bytes: usize) -> Option<Room> {
        (bytes >= LONG).then(|| self.enter(&mut self.lock(), organization, bytes))
    }

    /// Refuses a write that is not done yet if there would be no room for a long answer.
    ///
    /// # Errors
    ///
    /// There is not enough.
    pub(crate) fn check_room(&self, organization: i64) -> Result<(), NoRoom> {
        self.check(&self.lock(), organization, LONG)
    }

    fn check(&self, taken: &Taken, organization: i64, bytes: usize) -> Result<(), NoRoom> {
        let all = taken.values().sum::<usize>().saturating_add(bytes);
        let own = taken.get(&organization).copied().unwrap_or(0).saturating_add(bytes);
        let most = self.most / 2;
        if bytes > most {
            return Err(NoRoom::Ever(most));
        }
        if all > self.most || own > most { Err(NoRoom::Now) } else { Ok(()) }
    }

    fn enter(&self, taken: &mut Taken, organization: i64, bytes: usize) -> Room {
        let own = taken.entry(organization).or_default();
        *own = own.saturating_add(bytes);
        Room { outgoing: self.clone(), organization, bytes }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the bytes that are on their way out.
    pub(crate) fn bytes(&self) -> usize {
        self.lock().values().sum()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut taken = self.outgoing.lock();
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
    use super::{NoRoom, Outgoing};

    #[test]
    fn nobody_takes_more_than_half() {
        let half = 64 * 1024 * 1024;
        let outgoing = Outgoing::within(2 * half);
        let first = outgoing.take(1, half);
        let is_full = |organization| outgoing.take(organization, 100_000).err();
        assert!(first.is_ok() && is_full(1) == Some(NoRoom::Now));
        assert!(outgoing.take(1, 100).is_ok_and(|room| room.is_none()), "short ones need none");
        let second = outgoing.take(2, half);
        assert!(second.is_ok() && is_full(3) == Some(NoRoom::Now));
        drop(first);
        assert!(outgoing.take(3, half).is_ok() && outgoing.take(1, half).is_ok());
        drop(second);
        assert_eq!(outgoing.take(1, half + 1).err(), Some(NoRoom::Ever(half)));
        assert_eq!(outgoing.bytes(), 0);
    }

    #[test]
    fn a_write_is_refused_before_it_is_done() {
        let outgoing = Outgoing::within(1_000_000);
        assert_eq!(outgoing.check_room(1), Ok(()));
        let done = outgoing.take_all_the_same(1, 800_000);
        assert_eq!((outgoing.bytes(), outgoing.check_room(1)), (800_000, Err(NoRoom::Now)));
        assert_eq!(outgoing.check_room(2), Ok(()));
        drop(done);
        assert_eq!(outgoing.check_room(1), Ok(()));
        assert_eq!(outgoing.bytes(), 0);
    }
}
