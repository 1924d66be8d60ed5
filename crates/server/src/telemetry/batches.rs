//! Writes log lines in batches.

use std::{
    io::{self, BufWriter, Write},
    thread,
    time::Duration,
};

/// How long lines are collected before they are written. Readers of a log do not notice.
pub(super) const PAUSE: Duration = Duration::from_millis(5);

/// Sleeps after each flush. Otherwise the log thread would be woken for nearly every line, which costs more than formatting the
/// line.
pub(super) struct Batches<W: Write>(BufWriter<W>);

impl<W: Write> Batches<W> {
    pub(super) fn new(writer: W) -> Self {
        Self(BufWriter::new(writer))
    }
}

impl<W: Write> Write for Batches<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        let outcome = self.0.flush();
        thread::sleep(PAUSE);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn lines_are_written_at_the_flush_and_a_pause_follows() {
        let mut log = Batches::new(Vec::<u8>::new());

        log.write_all(b"one\n").unwrap();
        log.write_all(b"two\n").unwrap();
        assert!(log.0.get_ref().is_empty());
        let begin = Instant::now();
        log.flush().unwrap();

        assert_eq!(log.0.get_ref(), b"one\ntwo\n");
        assert!(begin.elapsed() >= PAUSE);
    }
}
