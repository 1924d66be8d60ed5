//! A connection as the framework reads and writes it.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_server::GracefulShutdownSignal;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep, sleep_until},
};

use super::{
    activity::Activity,
    admission::{Admitted, ClosedLabels, Connections, HEAD, RESPONSE},
};

/// How many bytes of heads are read before other connections get their turn: a request or a few. The framework answers all that
/// it has read without a pause, and a client can send hundreds of requests at once.
const BURST: usize = 2048;

/// How long the turn of others takes at least. A wait for the clock, because the runtime looks for what has arrived on other
/// connections only now and then as long as one has work.
const PAUSE: Duration = Duration::from_millis(1);

/// A connection. Fails with `TimedOut`, so that the framework closes it, if the client takes too long to send a head or to
/// read a response.
pub(crate) struct Connection {
    io: TcpStream,
    activity: Activity,
    admitted: Admitted,
    /// Ends when the server stops.
    stop: Pin<Box<dyn Future<Output = ()>>>,
    stopped_at: Option<Instant>,
    /// Not reset for each request, which costs more than to be woken in vain now and then.
    timer: Option<Pin<Box<Sleep>>>,
    /// The bytes of heads that were read since other connections got their turn.
    burst: usize,
    /// Ends when it is the turn of this connection again.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    /// A connection that has just been accepted; `None` if there are too many.
    pub(crate) fn admit(io: TcpStream, connections: &Arc<Connections>, stop: GracefulShutdownSignal) -> Option<Self> {
        let admitted = connections.admit(io.peer_addr().ok()?.ip())?;
        let stop = Box::pin(async move { stop.notified().await });
        Some(Self {
            io,
            activity: Activity::new(),
            admitted,
            stop,
            stopped_at: None,
            timer: None,
            burst: 0,
            pause: None,
        })
    }

    pub(crate) fn peer(&self) -> Option<std::net::SocketAddr> {
        self.io.peer_addr().ok()
    }

    pub(crate) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// When the server began to stop, if it did.
    fn stopped_at(&mut self, context: &mut Context<'_>) -> Option<Instant> {
        if self.stopped_at.is_none() && self.stop.as_mut().poll(context).is_ready() {
            self.stopped_at = Some(Instant::now());
        }
        self.stopped_at
    }

    /// When the client must have read the response.
    fn response_deadline(&mut self, context: &mut Context<'_>) -> Instant {
        let stopped_at = self.stopped_at(context);
        let limits = self.admitted.connections().limits();
        let deadline = self.activity.responded_at() + limits.send_timeout;
        stopped_at.map_or(deadline, |at| deadline.min(at + limits.send_timeout_at_stop))
    }

    /// Reads a part of a head.
    fn poll_read_head(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.burst >= BURST {
            let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(PAUSE)));
            ready!(pause.as_mut().poll(context));
            (self.pause, self.burst) = (None, 0);
        }
        let mut bytes = [0; BURST];
        let mut part = ReadBuf::new(&mut bytes[..BURST.min(buffer.remaining())]);
        let outcome = Pin::new(&mut self.io).poll_read(context, &mut part);
        if outcome.is_pending() {
            self.burst = 0;
        }
        self.burst += part.filled().len();
        buffer.put_slice(part.filled());
        outcome
    }

    /// Waits for the deadline, and then fails.
    fn fail_at<T>(
        &mut self,
        deadline: Instant,
        reason: &ClosedLabels,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        while timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= deadline {
                self.admitted.connections().count_closed(reason);
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.activity.is_handling() && self.stopped_at(context).is_some() {
            // As if the client had closed the connection: there will be no further request.
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let outcome = if self.activity.is_handling() {
            Pin::new(&mut self.io).poll_read(context, buffer)
        } else {
            self.poll_read_head(context, buffer)
        };
        if let Some(received @ [_, ..]) = buffer.filled().get(before..) {
            self.activity.received(received);
        }
        if outcome.is_pending()
            && let Some(deadline) = self.activity.head_deadline()
        {
            return self.fail_at(deadline, &HEAD, context);
        }
        outcome
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.io).poll_write(context, bytes);
        if outcome.is_ready() {
            return outcome;
        }
        let deadline = self.response_deadline(context);
        self.fail_at(deadline, &RESPONSE, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
