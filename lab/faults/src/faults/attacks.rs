//! A client attacks, within its limits or beyond them, and a user with an ordinary front end does not notice.

mod connections;
mod rows;
mod siege;
mod tokens;
mod writes;

use crate::{BOTH, Fault, POSTGRES, SQLITE, promises::UNHARMED};

/// The checks that a build without optimisation is too slow for: each request of the attacker costs a hundred times as much.
const NEED_SPEED: [&str; 4] = ["attack-unread-answers", "attack-large-pages", "attack-unknown-keys", "attack-log"];

/// Those that this build can run. A line says what is left out.
pub(super) fn faults() -> Vec<Fault> {
    let mut faults = all();
    if cfg!(debug_assertions) {
        eprintln!(
            "left out, because this build is not optimised: {}, attack-idle-connections (SQLite): run target/release/faults",
            NEED_SPEED.join(", ")
        );
        faults.retain(|fault| !NEED_SPEED.contains(&fault.name));
        for fault in faults.iter_mut().filter(|fault| fault.name == "attack-idle-connections") {
            fault.on = POSTGRES;
        }
    }
    faults
}

fn all() -> Vec<Fault> {
    vec![
        Fault {
            name: "attack-unread-answers",
            story: "1000 connections ask for a large file and 60 for a list of a megabyte, and none reads its response",
            on: SQLITE,
            promises: UNHARMED,
            check: |context, store| Box::pin(connections::unread_answers(context, store)),
        },
        Fault {
            name: "attack-large-pages",
            story: "a user with 1000 tasks of 10,000 characters asks for all of them as often as the limit allows",
            on: POSTGRES,
            promises: UNHARMED,
            check: |context, store| Box::pin(rows::large_pages(context, store)),
        },
        Fault {
            name: "attack-if-match",
            story: "a user sends If-Match with ever more versions, as often as the limit allows",
            on: POSTGRES,
            promises: UNHARMED,
            check: |context, store| Box::pin(writes::if_match(context, store)),
        },
        Fault {
            name: "attack-slow-bodies",
            story: "two users begin requests as often as the limit allows, and send a byte of each body per second",
            on: POSTGRES,
            promises: UNHARMED,
            check: |context, store| Box::pin(connections::slow_bodies(context, store)),
        },
        Fault {
            name: "attack-unknown-keys",
            story: "600 connections send tokens with unknown keys and no valid signature, and the key set server hangs",
            on: SQLITE,
            promises: UNHARMED,
            check: |context, store| Box::pin(tokens::unknown_keys(context, store)),
        },
        Fault {
            name: "attack-bad-tokens",
            story: "an address beyond its limit sends random session tokens and badly signed tokens as fast as it can",
            on: POSTGRES,
            promises: UNHARMED,
            check: |context, _| Box::pin(tokens::bad_tokens(context)),
        },
        Fault {
            name: "attack-half-heads",
            story: "1000 connections send a whole request, then half a head, and then nothing",
            on: SQLITE,
            promises: UNHARMED,
            check: |context, store| Box::pin(connections::half_heads(context, store)),
        },
        Fault {
            name: "attack-idle-connections",
            story: "an address opens 2500 connections that are idle; the soft limit of open files is 1024; the victim connects anew each time",
            on: BOTH,
            promises: UNHARMED,
            check: |context, store| Box::pin(connections::idle(context, store)),
        },
        Fault {
            name: "attack-log",
            story: "an address sends requests without a token as fast as it can, and does not wait for responses",
            on: SQLITE,
            promises: UNHARMED,
            check: |context, store| Box::pin(tokens::log(context, store)),
        },
        Fault {
            name: "attack-odd-row",
            story: "another program has written a title with a tab into the table; its user reads and changes the task",
            on: BOTH,
            promises: UNHARMED,
            check: |context, store| Box::pin(rows::odd_row(context, store)),
        },
        Fault {
            name: "attack-failing-writes",
            story: "users without a row create tasks all the time, and 40 clients change one task",
            on: POSTGRES,
            promises: UNHARMED,
            check: |context, store| Box::pin(writes::failing_writes(context, store)),
        },
    ]
}
