//! Counts the instructions of a request without the database: from the parsed head to the response before it is sent. `just
//! instructions` counts them with valgrind, with nearly the same result in every run and on every machine. It compares them
//! with `instructions.txt`, so that nobody adds work to every request by accident.
//!
//! The comparison uses the development build, which CI has built anyway. It executes several times as many instructions as a
//! release build, but additional work shows in both. `cargo bench` counts the instructions of a release build:
//!
//! ```sh
//! CARGO_PROFILE_BENCH_STRIP=none cargo bench -p tasks-http --bench instructions
//! ```

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark: its failure is a panic")]

use std::{
    env,
    hint::black_box,
    num::NonZeroU32,
    path::Path,
    process::{Command, ExitCode},
    sync::Arc,
};

use actix_http::Request;
use actix_web::{
    body::to_bytes,
    dev::Service,
    http::Method,
    rt::System,
    test::{TestRequest, init_service},
};
use domain::{
    Clock, CreateOptions, IdSource, NewTask, TaskId, TaskRepository, Title,
    testing::{InMemoryTasks, SequentialIds, alice},
};
use http::{
    Authenticator, JwksVerifier, Limits,
    testing::{Published, Signer, TestApp, good_claims, key_set, key_set_rules, token_of, verifier},
};
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt};

/// How many requests of each kind are counted.
const COUNT: usize = 40;

/// How many requests of each kind are sent first, without being counted.
const WARM_UP: usize = 5;

/// Below this percentage of the recorded count, the new count should be recorded.
const LESS: u64 = 80;

/// Above this percentage of the recorded count, the comparison fails.
const MORE: u64 = 125;

/// The recorded counts.
const RECORDED: &str = include_str!("instructions.txt");

/// Defines a function for each kind of request, which valgrind counts separately, and a list of them.
macro_rules! kinds {
    ($($name:ident),* $(,)?) => {
        $(
            #[inline(never)]
            fn $name(answer: &dyn Fn(Exchange), exchanges: Vec<Exchange>) {
                // Prevents the compiler from merging the functions.
                black_box(stringify!($name));
                exchanges.into_iter().for_each(answer);
            }
        )*
        const KINDS: &[(&str, Measured)] = &[$((stringify!($name), $name)),*];
    };
}

kinds!(get, eddsa_known, eddsa_new, list_20, list_1000, create, update, toggle, delete, rejected_body, rejected_token);

type Measured = fn(&dyn Fn(Exchange), Vec<Exchange>);

/// A request, and the expected status.
struct Exchange {
    request: Request,
    status: u16,
}

fn main() -> ExitCode {
    if env::args().any(|argument| argument == "answer") {
        answer_all();
        return ExitCode::SUCCESS;
    }
    let mut too_many = false;
    for (kind, count) in count() {
        print!("{kind:<16}{count:>10}");
        if cfg!(debug_assertions) {
            let percent = 100 * count / recorded(kind);
            let verdict = if percent > MORE {
                "  MORE"
            } else if percent < LESS {
                "  less: record it"
            } else {
                ""
            };
            too_many |= percent > MORE;
            print!("  {percent:>4} % of the recorded count{verdict}");
        }
        println!();
    }
    if too_many {
        eprintln!(
            "A request takes more instructions than before. If intended, record the counts in benches/instructions.txt."
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn recorded(kind: &str) -> u64 {
    let line = RECORDED.lines().find_map(|line| line.strip_prefix(kind)?.trim().parse().ok());
    line.unwrap_or_else(|| panic!("instructions.txt must have a line for {kind}"))
}

/// The instructions per request of each kind. This program runs itself under valgrind, which counts the instructions of each
/// function including its callees.
fn count() -> Vec<(&'static str, u64)> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("instructions.callgrind");
    let counted = run(Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", &format!("--callgrind-out-file={}", file.display())])
        .arg(env::current_exe().unwrap())
        .arg("answer"));
    let functions = run(Command::new("callgrind_annotate").args(["--inclusive=yes", "--threshold=100"]).arg(&file));
    let of = |kind: &str| {
        let requests: u64 = counted.lines().find_map(|line| line.strip_prefix(kind)?.trim().parse().ok()).unwrap();
        let function = format!("instructions::{kind} ");
        let line = functions.lines().find(|line| line.contains(&function));
        let line = line.unwrap_or_else(|| panic!("valgrind has no {function}: is the program stripped?"));
        let instructions: u64 = line.split_whitespace().next().unwrap().replace(',', "").parse().unwrap();
        instructions / requests
    };
    KINDS.iter().map(|(kind, _)| (*kind, of(kind))).collect()
}

fn run(command: &mut Command) -> String {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}: is valgrind installed?"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Sends the requests of each kind and prints how many were counted.
fn answer_all() {
    // Spans and events are recorded but not formatted, because formatting the log is the server's task.
    tracing_subscriber::registry().with(LevelFilter::INFO).init();
    let store = Arc::new(InMemoryTasks::default());
    let mut app = TestApp::over(store.clone(), store.clone());
    let key = Signer::ed25519("ed");
    let published = Published(key_set([&key]));
    let key_set = JwksVerifier::new(Arc::new(published), key_set_rules(app.clock.clone()));
    let authenticator = Authenticator::default().with_secret(verifier(app.clock.clone()));
    app.api.authenticator = Arc::new(authenticator.with_key_set(Arc::new(key_set)));
    app.api.limits = Arc::new(Limits::new(512).per_user(NonZeroU32::MAX));
    let system = System::new();
    let service = system.block_on(init_service(http::app(&app.api)));
    let answer = |Exchange { request, status }| {
        system.block_on(async {
            let response = service.call(request).await.unwrap();
            assert_eq!(response.status(), status);
            black_box(to_bytes(response.into_body()).await.ok().unwrap());
        });
    };

    let secret = token_of(&alice());
    let (sequence, now) = (SequentialIds::default(), app.clock.now());
    let title = Title::try_from("Buy groceries").unwrap();
    let task = NewTask::titled(title);
    let ids: Vec<TaskId> = (0..1000).map(|_| sequence.next(now).into()).collect();
    for id in &ids {
        system.block_on(store.create(&alice().id, *id, &task, &CreateOptions::default(), now)).unwrap();
    }
    for (kind, measured) in KINDS {
        let count = if *kind == "list_1000" { COUNT / 10 } else { COUNT };
        let mut exchanges: Vec<Exchange> = (0..count + WARM_UP)
            .map(|number| match *kind {
                "eddsa_known" => exchange_of("get", &eddsa_token(&key, 0), ids[number]),
                "eddsa_new" => exchange_of("get", &eddsa_token(&key, number + 1), ids[number]),
                _ => exchange_of(kind, &secret, ids[number]),
            })
            .collect();
        exchanges.drain(..WARM_UP).for_each(answer);
        println!("{kind} {}", exchanges.len());
        measured(&answer, exchanges);
    }
}

fn eddsa_token(key: &Signer, number: usize) -> String {
    let mut claims = good_claims();
    claims["jti"] = number.into();
    key.token(&claims)
}

fn exchange_of(kind: &str, token: &str, id: TaskId) -> Exchange {
    let body = r#"{"title":"Buy groceries","description":"Milk, eggs, bread"}"#;
    let wrong = r#"{"title":"","color":"Milk"}"#;
    let one = format!("/{id}");
    let complete = format!("/{id}/complete");
    let (method, path, body, status) = match kind {
        "list_20" => (Method::GET, "?limit=20", "", 200),
        "list_1000" => (Method::GET, "", "", 200),
        "create" => (Method::POST, "", body, 201),
        "update" => (Method::PATCH, &*one, body, 200),
        "toggle" => (Method::PATCH, &*complete, "", 200),
        "delete" => (Method::DELETE, &*one, "", 204),
        "rejected_body" => (Method::POST, "", wrong, 422),
        "rejected_token" => (Method::GET, "", "", 401),
        _ => (Method::GET, &*one, "", 200),
    };
    let token = if kind == "rejected_token" { &token[..token.len() - 1] } else { token };
    let request = TestRequest::with_uri(&format!("/api/tasks{path}")).method(method);
    let request = request.insert_header(("authorization", format!("Bearer {token}")));
    let request = match body {
        "" => request,
        body => request.insert_header(("content-type", "application/json")).set_payload(body.to_owned()),
    };
    Exchange { request: request.to_request(), status }
}
