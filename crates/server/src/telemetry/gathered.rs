//! Lines that are written together.

use std::{
    io::{self, BufWriter, Write},
    thread,
    time::Duration,
};

/// How long lines are gathered before they are written: nobody who reads a log notices.
pub(super) const PAUSE: Duration = Duration::from_millis(5);

/// Rests after all that waited was written. The thread that writes the log would otherwise be woken for nearly every line,
/// and take turns with the threads that answer requests.
pub(super) struct Gathered<W: Write>(BufWriter<W>);

impl<W: Write> Gathered<W> {
    pub(super) fn new(writer: W) -> Self {
        Self(BufWriter::new(writer))
    }
}

impl<W: Write> Write for Gathered<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        let outcome = self.0.flush();
        thread::sleep(PAUSE);
        outcome
    }
}
