//! Many requesters on one thread: each asks the store, which puts the work into a queue, and waits
//! for the answer later. And work that is held in the middle until the case lets it go on.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::Poll;

use super::DEADLINE;

/// Runs what one requester does, or many of them by turns.
pub fn block_on<F: Future>(requests: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(requests)
}

/// A request whose work is in the queue, or that was answered at once.
pub struct Enqueued<'s, T> {
    request: Pin<Box<dyn Future<Output = T> + 's>>,
    answer: Option<T>,
}

/// Makes a request and does not wait for its answer.
pub async fn enqueue<'s, T>(request: impl Future<Output = T> + 's) -> Enqueued<'s, T> {
    let mut enqueued = Enqueued { request: Box::pin(request), answer: None };
    enqueued.peek().await;
    enqueued
}

impl<T> Enqueued<'_, T> {
    /// Returns the answer if there is one by now.
    pub async fn peek(&mut self) -> Option<&T> {
        if self.answer.is_none() {
            self.answer = poll_fn(|context| {
                Poll::Ready(match self.request.as_mut().poll(context) {
                    Poll::Ready(answer) => Some(answer),
                    Poll::Pending => None,
                })
            })
            .await;
        }
        self.answer.as_ref()
    }

    /// Waits for the answer.
    pub async fn answer(self) -> T {
        match self.answer {
            Some(answer) => answer,
            None => self.request.await,
        }
    }
}

/// Waits for the answers of several requests.
pub async fn answers<T>(requests: Vec<Enqueued<'_, T>>) -> Vec<T> {
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        answers.push(request.answer().await);
    }
    answers
}

/// The case's end of work that is held.
pub struct Gate {
    begun: Receiver<()>,
    open: Sender<()>,
}

/// The work's end: goes into the work.
pub struct Hold {
    begun: Sender<()>,
    open: Receiver<()>,
}

/// Returns both ends.
pub fn gate() -> (Gate, Hold) {
    let (begin, begun) = channel();
    let (open, opened) = channel();
    (Gate { begun, open }, Hold { begun: begin, open: opened })
}

impl Gate {
    /// Waits until the work has come to its hold.
    #[track_caller]
    pub fn wait(&self) {
        self.begun.recv_timeout(DEADLINE).expect("the work begins");
    }

    /// Lets the work go on.
    pub fn open(&self) {
        self.open.send(()).unwrap();
    }
}

impl Hold {
    /// Says that the work has come here, and waits until it may go on.
    pub fn wait(&self) {
        self.begun.send(()).unwrap();
        self.open.recv_timeout(DEADLINE).expect("the case lets the work go on");
    }
}

/// Panics as a fault of ours would, without a message on stderr.
pub fn panic_quietly() -> ! {
    std::panic::resume_unwind(Box::new("a fault of the work"))
}
