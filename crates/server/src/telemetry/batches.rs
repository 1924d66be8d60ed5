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
    use std::{
        sync::{Arc, Mutex},
        time::Instant,
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_are_written_at_the_flush_and_a_pause_follows() {
        let written = Written::default();
        let mut log = Batches::new(written.clone());

        log.write_all(b"one\n").unwrap();
        log.write_all(b"two\n").unwrap();
        assert_eq!(written.0.lock().unwrap().len(), 0);
        let begin = Instant::now();
        log.flush().unwrap();

        assert_eq!(*written.0.lock().unwrap(), b"one\ntwo\n");
        assert!(begin.elapsed() >= PAUSE);
    }
}
