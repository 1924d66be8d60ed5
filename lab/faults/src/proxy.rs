//! A TCP proxy that simulates a broken network, between the service and its database or in front of several services.

mod commits;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

/// What the proxy does with connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Forwards everything.
    Pass,
    /// Forwards everything, delayed by this much in each direction.
    Delay(Duration),
    /// Refuses new connections. Existing ones continue.
    Refuse,
    /// Forwards everything but the answers to some commits: they are lost, or report a failure although the commit took effect.
    SpoilCommits,
    /// Accepts connections but forwards nothing, neither bytes nor ends. What arrived in the meantime is forwarded later, as
    /// after an outage that TCP survives.
    Blackhole,
}

#[derive(Debug, Clone)]
struct State {
    mode: Mode,
    targets: Vec<SocketAddr>,
    /// The number of accepted connections.
    taken: u64,
    /// Connections with a lower number are reset.
    cut_below: u64,
    /// Connections with a lower number forward nothing in either direction.
    silent_below: u64,
    /// The number of commits that may be spoiled.
    commits: Arc<AtomicU64>,
}

/// A running proxy. Dropping it closes all connections.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    state: watch::Sender<State>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy that connects to these targets in turn. If one refuses, it tries the next.
    pub(crate) async fn start(targets: &[SocketAddr]) -> io::Result<Self> {
        let (taken, cut_below, silent_below, commits) = Default::default();
        let state = State { mode: Mode::Pass, targets: targets.to_vec(), taken, cut_below, silent_below, commits };
        let state = watch::Sender::new(state);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let listening = tokio::spawn(listen(address, listener, state.clone()));
        Ok(Self { address, state, listening })
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.state.send_modify(|state| state.mode = mode);
    }

    /// Resets all existing connections.
    pub(crate) fn cut(&self) {
        self.state.send_modify(|state| state.cut_below = state.taken);
    }

    /// Forwards nothing on existing connections from now on, without closing them. New ones work. Connections that were lost
    /// before are reset, since a server that never notices would run out of connections.
    pub(crate) fn lose(&self) {
        self.state.send_modify(|state| {
            state.cut_below = state.cut_below.max(state.silent_below);
            state.silent_below = state.taken;
        });
    }

    /// Sets the targets of new connections.
    pub(crate) fn aim(&self, targets: &[SocketAddr]) {
        self.state.send_if_modified(|state| {
            let changes = state.targets != targets;
            state.targets = targets.to_vec();
            changes
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.send_modify(|state| state.cut_below = u64::MAX);
        self.listening.abort();
    }
}

async fn listen(address: SocketAddr, listener: TcpListener, state: watch::Sender<State>) {
    let mut now = state.subscribe();
    let mut listener = Some(listener);
    loop {
        let Some(open) = &listener else {
            // Connections are refused only while there is no listener.
            if now.wait_for(|state| state.mode != Mode::Refuse).await.is_err() {
                return;
            }
            listener = TcpListener::bind(address).await.ok();
            continue;
        };
        tokio::select! {
            taken = open.accept() => {
                let Ok((client, _)) = taken else { continue };
                let mut number = 0;
                state.send_modify(|state| {
                    number = state.taken;
                    state.taken += 1;
                });
                tokio::spawn(serve(client, Path { state: state.subscribe(), number }));
            }
            refuses = now.wait_for(|state| state.mode == Mode::Refuse) => {
                if refuses.is_err() {
                    return;
                }
                drop(refuses);
                listener = None;
            }
        }
    }
}

/// The state of the proxy as one connection sees it.
#[derive(Clone)]
struct Path {
    state: watch::Receiver<State>,
    number: u64,
}

impl Path {
    /// Waits until this connection may forward.
    async fn clear(&mut self) {
        let number = self.number;
        let passes = |state: &State| state.mode != Mode::Blackhole && number >= state.silent_below;
        let delay = match self.state.wait_for(passes).await {
            Ok(state) => {
                if let Mode::Delay(delay) = state.mode {
                    delay
                } else {
                    Duration::ZERO
                }
            }
            // The proxy is gone, and this connection ends with it.
            Err(_) => Duration::ZERO,
        };
        if !delay.is_zero() {
            sleep(delay).await;
        }
    }

    /// What of the server's bytes reaches the client. `None` if the connection is to be reset.
    fn delivered(&self, sent: &[u8]) -> Option<Vec<u8>> {
        let state = self.state.borrow();
        if state.mode == Mode::SpoilCommits { commits::spoiled(sent, &state.commits) } else { Some(sent.to_vec()) }
    }

    /// Waits until this connection is to be reset.
    async fn cut(&mut self) {
        let number = self.number;
        self.state.wait_for(|state| number < state.cut_below).await.ok();
    }
}

async fn serve(mut client: TcpStream, path: Path) {
    let mut until = path.clone();
    // A client that gives up during a blackhole never reaches the server.
    let mut arrived = Vec::new();
    let server = tokio::select! {
        server = open(&path) => server,
        () = until.cut() => None,
        () = read_to_the_end(&mut client, &mut arrived) => None,
    };
    let Some(mut server) = server else { return reset(&client) };
    if server.write_all(&arrived).await.is_err() {
        return reset(&client);
    }
    client.set_nodelay(true).ok();
    server.set_nodelay(true).ok();
    let ended_well = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let requests = pass(from_client, to_server, path.clone(), |_, sent| Some(sent.to_vec()));
        let answers = pass(from_server, to_client, path, Path::delivered);
        tokio::select! {
            ended = async { tokio::try_join!(requests, answers) } => ended.is_ok(),
            () = until.cut() => false,
        }
    };
    if !ended_well {
        reset(&client);
        reset(&server);
    }
}

async fn read_to_the_end(from: &mut TcpStream, arrived: &mut Vec<u8>) {
    while matches!(from.read_buf(arrived).await, Ok(1..)) {}
}

/// Connects to the next target that accepts.
async fn open(path: &Path) -> Option<TcpStream> {
    path.clone().clear().await;
    let targets = path.state.borrow().targets.clone();
    let first = usize::try_from(path.number).unwrap_or(0) % targets.len().max(1);
    for target in targets.iter().cycle().skip(first).take(targets.len()) {
        if let Ok(server) = TcpStream::connect(target).await {
            return Some(server);
        }
    }
    None
}

async fn pass(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut path: Path,
    delivered: fn(&Path, &[u8]) -> Option<Vec<u8>>,
) -> io::Result<()> {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut bytes).await?;
        path.clear().await;
        if length == 0 {
            return to.shutdown().await;
        }
        let delivered = delivered(&path, &bytes[..length]).ok_or(io::ErrorKind::ConnectionReset)?;
        to.write_all(&delivered).await?;
    }
}

/// Makes the connection end with a reset (RST) instead of FIN.
fn reset(connection: &TcpStream) {
    connection.set_zero_linger().ok();
}

#[cfg(test)]
mod tests;
