//! When the threads of this process get a processor.
//!
//! The one module with `unsafe` code: no library that is kept up hands these two calls through and leaves niceness alone.
//! `sched_setscheduler`, the plainer call, does nothing on musl.

#![expect(unsafe_code, reason = "the system's calls are those of C")]

use std::{io, mem};

use libc::{SCHED_BATCH, SCHED_OTHER, c_int, pthread_getschedparam, pthread_self, pthread_setschedparam};

/// Keeps this thread, and those it starts, from interrupting whoever has the processor when they are woken. Why stands in
/// docs/adr/0016-batch-scheduling.md. Where the operator has chosen a policy, that stays.
///
/// # Errors
///
/// If the system refuses.
pub(crate) fn do_not_interrupt() -> io::Result<()> {
    if policy()? == SCHED_OTHER { set_policy(SCHED_BATCH) } else { Ok(()) }
}

fn policy() -> io::Result<c_int> {
    let mut policy = 0;
    // SAFETY: a `sched_param` is integers, some of them private in musl, and none of them is invalid.
    let mut parameters = unsafe { mem::zeroed() };
    // SAFETY: this thread is there, and both pointers are to values of this function.
    checked(unsafe { pthread_getschedparam(pthread_self(), &raw mut policy, &raw mut parameters) })?;
    Ok(policy)
}

fn set_policy(policy: c_int) -> io::Result<()> {
    // SAFETY: as above. Policies without priorities take no other.
    let no_priority = unsafe { mem::zeroed() };
    // SAFETY: this thread is there, and the pointer is to a value of this function.
    checked(unsafe { pthread_setschedparam(pthread_self(), policy, &raw const no_priority) })
}

fn checked(error: c_int) -> io::Result<()> {
    if error == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(error)) }
}

#[cfg(test)]
mod tests {
    use std::{fs, thread};

    use libc::SCHED_IDLE;

    use super::*;

    /// The policy and the niceness of this thread, as the system has them: the C library remembers what was set. Fields are
    /// numbered by proc(5), and what comes before the third may hold spaces.
    fn as_the_system_has_them() -> (c_int, i32) {
        let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        (fields[41 - 3].parse().unwrap(), fields[19 - 3].parse().unwrap())
    }

    #[test]
    fn a_thread_and_those_it_starts_do_not_interrupt_and_are_as_nice_as_before() {
        let threads = thread::spawn(|| {
            let (_, niceness) = as_the_system_has_them();
            do_not_interrupt().unwrap();
            (niceness, as_the_system_has_them(), thread::spawn(as_the_system_has_them).join().unwrap())
        });
        let (niceness, own, of_one_started) = threads.join().unwrap();
        assert_eq!([own, of_one_started], [(SCHED_BATCH, niceness); 2]);
    }

    #[test]
    fn a_policy_that_the_operator_has_chosen_stays() {
        let chosen = thread::spawn(|| {
            set_policy(SCHED_IDLE).unwrap();
            do_not_interrupt().unwrap();
            as_the_system_has_them().0
        });
        assert_eq!(chosen.join().unwrap(), SCHED_IDLE);
    }
}
