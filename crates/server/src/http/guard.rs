//! A connection that nobody can hold by saying nothing: each phase of it has a deadline. actix-web
//! watches over the first head of a connection only, hence a stream of our own below it, which
//! learns from the outermost handler when a request begins and ends.

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

/// How long a head may take from its first byte.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a connection that is given up may take to carry its last answer.
const FAREWELL: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Between requests.
    Idle,
    /// Part of a head is there.
    Head,
    /// A request is being answered; its own time-outs apply.
    Handling,
    /// Nothing more is read.
    Over,
}

/// What the handler tells the connection.
#[derive(Clone)]
pub(crate) struct Guard(Rc<State>);

struct State {
    phase: Cell<Phase>,
    since: Cell<Instant>,
    reader: RefCell<Option<Waker>>,
}

impl Guard {
    fn new() -> Self {
        let (phase, since) = (Cell::new(Phase::Head), Cell::new(Instant::now()));
        Self(Rc::new(State { phase, since, reader: RefCell::default() }))
    }

    /// A request has arrived.
    pub(crate) fn handling(&self) {
        self.enter(Phase::Handling);
    }

    /// Its answer is made.
    pub(crate) fn idle(&self) {
        self.enter(Phase::Idle);
    }

    /// Its answer is made, and is the last: the client did not keep its side.
    pub(crate) fn over(&self) {
        self.enter(Phase::Over);
    }

    fn enter(&self, phase: Phase) {
        self.0.phase.set(phase);
        self.0.since.set(Instant::now());
        // The deadline has changed: whoever waits for bytes must look at it again.
        if let Some(reader) = self.0.reader.take() {
            reader.wake();
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let timeout = match self.0.phase.get() {
            Phase::Idle => KEEP_ALIVE,
            Phase::Head => HEAD_TIMEOUT,
            Phase::Over => FAREWELL,
            Phase::Handling => return None,
        };
        self.0.since.get().checked_add(timeout)
    }
}

/// A stream under guard.
pub(crate) struct Guarded {
    stream: TcpStream,
    guard: Guard,
    timer: Pin<Box<Sleep>>,
    shutdown: Pin<Box<dyn Future<Output = ()>>>,
}

impl Guarded {
    /// Puts a fresh connection under guard. Idle ones end with `shutdown`.
    pub(crate) fn new(stream: TcpStream, shutdown: impl Future<Output = ()> + 'static) -> Self {
        let timer = Box::pin(tokio::time::sleep(HEAD_TIMEOUT));
        Self { stream, guard: Guard::new(), timer, shutdown: Box::pin(shutdown) }
    }

    /// What the handler of this connection's requests is given.
    pub(crate) fn guard(&self) -> Guard {
        self.guard.clone()
    }

    /// Pending until the phase's deadline; then the read fails, or ends where the server does.
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

impl AsyncRead for Guarded {
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

impl AsyncWrite for Guarded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes));
        if self.guard.0.phase.get() == Phase::Idle {
            // A slow reader that reads is not idle.
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

impl ActixStream for Guarded {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_read_ready(&self.stream, cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_write_ready(&self.stream, cx)
    }
}
