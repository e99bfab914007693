//! Deadlines for each phase of a connection, so that no client can hold one by sending nothing.
//! actix-web has a deadline for the first head of a connection only. This stream lies below it, and
//! the outermost handler reports when a request begins and ends.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use actix_web::rt::net::{ActixStream, Ready, TcpStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// The time that an idle connection is kept.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The time that a connection which is given up may take to send its last answer.
const LAST_ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Between requests.
    Idle,
    /// A part of a head has arrived.
    Head,
    /// A request is being answered; the timeouts of its body apply.
    Handling,
    /// The last answer is being sent; nothing is read any more.
    Over,
}

/// The handler's side of a connection: it reports when requests begin and end.
#[derive(Clone)]
pub(crate) struct Guard(Rc<State>);

struct State {
    phase: Cell<Phase>,
    since: Cell<Instant>,
    /// The time that a head may take from its first byte.
    head_time: Duration,
    reader: RefCell<Option<Waker>>,
}

impl Guard {
    fn new(head_time: Duration) -> Self {
        let (phase, since) = (Cell::new(Phase::Head), Cell::new(Instant::now()));
        Self(Rc::new(State { phase, since, head_time, reader: RefCell::default() }))
    }

    /// Notes that a request has arrived.
    pub(crate) fn begin_request(&self) {
        self.enter(Phase::Handling);
    }

    /// Notes that the request is answered.
    pub(crate) fn end_request(&self) {
        self.enter(Phase::Idle);
    }

    /// Notes that the request is answered, and that the connection ends: its client was too slow.
    pub(crate) fn end_connection(&self) {
        self.enter(Phase::Over);
    }

    fn enter(&self, phase: Phase) {
        self.0.phase.set(phase);
        self.0.since.set(Instant::now());
        // A reader that waits for bytes must see the new deadline.
        if let Some(reader) = self.0.reader.take() {
            reader.wake();
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let timeout = match self.0.phase.get() {
            Phase::Idle => KEEP_ALIVE,
            Phase::Head => self.0.head_time,
            Phase::Over => LAST_ANSWER_TIMEOUT,
            Phase::Handling => return None,
        };
        self.0.since.get().checked_add(timeout)
    }
}

/// A stream whose reads fail at the deadline of the current phase.
pub(crate) struct GuardedStream {
    stream: TcpStream,
    guard: Guard,
    timer: Pin<Box<Sleep>>,
    shutdown: Pin<Box<dyn Future<Output = ()>>>,
}

impl GuardedStream {
    /// Wraps a new connection, whose heads may take so long. If it is idle when `shutdown`
    /// completes, it ends.
    pub(crate) fn new(
        stream: TcpStream,
        head_time: Duration,
        shutdown: impl Future<Output = ()> + 'static,
    ) -> Self {
        let timer = Box::pin(tokio::time::sleep(head_time));
        Self { stream, guard: Guard::new(head_time), timer, shutdown: Box::pin(shutdown) }
    }

    /// Returns the handler's side of this connection.
    pub(crate) fn guard(&self) -> Guard {
        self.guard.clone()
    }

    /// Waits until the deadline of the phase, and then fails the read with `TimedOut`. On an idle
    /// connection the read ends without an error when the server shuts down.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        *self.guard.0.reader.borrow_mut() = Some(cx.waker().clone());
        if self.guard.0.phase.get() == Phase::Idle && self.shutdown.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let Some(deadline) = self.guard.deadline() else { return Poll::Pending };
        if self.timer.deadline() != deadline {
            self.timer.as_mut().reset(deadline);
        }
        ready!(self.timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            Poll::Pending => self.poll_deadline(cx),
            Poll::Ready(read) => {
                if self.guard.0.phase.get() == Phase::Idle {
                    self.guard.enter(Phase::Head);
                }
                Poll::Ready(read)
            }
        }
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes));
        if self.guard.0.phase.get() == Phase::Idle {
            // A client that still reads its answer, however slowly, is not idle.
            self.guard.0.since.set(Instant::now());
        }
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl ActixStream for GuardedStream {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_read_ready(&self.stream, cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_write_ready(&self.stream, cx)
    }
}
