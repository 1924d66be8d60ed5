//! A TCP proxy of our own, to stand between the service and its database, or before several services: a network that
//! breaks when it is told to.

use std::{io, net::SocketAddr, time::Duration};

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

/// What it does with connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Passes on what arrives.
    Pass,
    /// Passes on what arrives, this much later.
    Delay(Duration),
    /// Takes no new connections; those that there are go on.
    Refuse,
    /// Passes on nothing, neither bytes nor ends, and takes new connections without doing anything with them. What it has
    /// taken meanwhile arrives when it passes again, as after an outage that TCP survives.
    Blackhole,
}

#[derive(Debug, Clone)]
struct State {
    mode: Mode,
    targets: Vec<SocketAddr>,
    /// How many connections have been taken.
    taken: u64,
    /// Connections with a lower number are cut.
    cut_below: u64,
    /// Connections with a lower number are silent, in both directions.
    silent_below: u64,
}

/// A running proxy. It ends, with all its connections, when this is dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    state: watch::Sender<State>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// One that passes connections to these in turn, or to the next one if that takes none.
    pub(crate) async fn start(targets: &[SocketAddr]) -> io::Result<Self> {
        let state = State { mode: Mode::Pass, targets: targets.to_vec(), taken: 0, cut_below: 0, silent_below: 0 };
        let state = watch::Sender::new(state);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let listening = tokio::spawn(listen(address, listener, state.clone()));
        Ok(Self { address, state, listening })
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.state.send_modify(|state| state.mode = mode);
    }

    /// Resets the connections that there are.
    pub(crate) fn cut(&self) {
        self.state.send_modify(|state| state.cut_below = state.taken);
    }

    /// The connections that there are fall silent, without an end; new ones are well. Those that were lost before are cut: a
    /// server whose keep-alive never noticed would run out of connections in the end.
    pub(crate) fn lose(&self) {
        self.state.send_modify(|state| {
            state.cut_below = state.cut_below.max(state.silent_below);
            state.silent_below = state.taken;
        });
    }

    /// New connections go to these.
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
            // Only without a listener is a connection refused.
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

/// How a connection learns what is to become of it.
#[derive(Clone)]
struct Path {
    state: watch::Receiver<State>,
    number: u64,
}

impl Path {
    /// Waits as long as nothing may be passed on.
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
            // The proxy is gone, and this connection with it.
            Err(_) => Duration::ZERO,
        };
        if !delay.is_zero() {
            sleep(delay).await;
        }
    }

    /// Waits until this connection is to be cut.
    async fn cut(&mut self) {
        let number = self.number;
        self.state.wait_for(|state| number < state.cut_below).await.ok();
    }
}

async fn serve(mut client: TcpStream, path: Path) {
    let mut until = path.clone();
    // Who gives up in a black hole has never got through it.
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
        tokio::select! {
            ended = async { tokio::try_join!(pass(from_client, to_server, path.clone()), pass(from_server, to_client, path)) } => ended.is_ok(),
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

/// A connection to the next target that takes one.
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

async fn pass(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, mut path: Path) -> io::Result<()> {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut bytes).await?;
        path.clear().await;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&bytes[..length]).await?;
    }
}

/// Has the connection end with a reset, not with a good-bye.
fn reset(connection: &TcpStream) {
    connection.set_zero_linger().ok();
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, timeout};

    use super::*;

    const MOMENT: Duration = Duration::from_millis(100);
    const LONG: Duration = Duration::from_secs(10);

    /// Something that sends back what it gets.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let (mut from, mut to) = connection.split();
                    tokio::io::copy(&mut from, &mut to).await.ok();
                });
            }
        });
        address
    }

    async fn proxy() -> Proxy {
        Proxy::start(&[echo().await]).await.unwrap()
    }

    async fn connect(proxy: &Proxy) -> TcpStream {
        TcpStream::connect(proxy.address).await.unwrap()
    }

    /// Whether what is sent comes back, in time.
    async fn answers(connection: &mut TcpStream, within: Duration) -> bool {
        let exchange = async {
            connection.write_all(b"x").await?;
            connection.read_exact(&mut [0]).await
        };
        matches!(timeout(within, exchange).await, Ok(Ok(_)))
    }

    #[tokio::test]
    async fn it_passes_what_arrives_in_both_directions_and_the_end_too() {
        let proxy = proxy().await;
        let mut connection = connect(&proxy).await;
        assert!(answers(&mut connection, LONG).await);
        connection.shutdown().await.unwrap();
        assert_eq!(connection.read(&mut [0]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_cut_resets_the_connections_that_there_are_and_no_others() {
        let proxy = proxy().await;
        let mut connection = connect(&proxy).await;
        assert!(answers(&mut connection, LONG).await);
        proxy.cut();
        let end = timeout(LONG, connection.read(&mut [0])).await.unwrap();
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        assert!(answers(&mut connect(&proxy).await, LONG).await);
    }

    #[tokio::test]
    async fn a_blackhole_hangs_old_and_new_connections_until_it_passes_again() {
        let proxy = proxy().await;
        let mut old = connect(&proxy).await;
        assert!(answers(&mut old, LONG).await);
        proxy.set(Mode::Blackhole);
        let mut new = connect(&proxy).await;
        assert!(!answers(&mut old, MOMENT).await);
        assert!(!answers(&mut new, MOMENT).await);
        proxy.set(Mode::Pass);
        assert!(timeout(LONG, old.read_exact(&mut [0])).await.unwrap().is_ok(), "what was sent arrives");
        assert!(timeout(LONG, new.read_exact(&mut [0])).await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn lost_connections_are_silent_until_others_are_lost_and_new_ones_are_well() {
        let proxy = proxy().await;
        let mut old = connect(&proxy).await;
        assert!(answers(&mut old, LONG).await);
        proxy.lose();
        assert!(!answers(&mut old, MOMENT).await);
        assert!(answers(&mut connect(&proxy).await, LONG).await);
        proxy.set(Mode::Delay(Duration::from_millis(1)));
        proxy.set(Mode::Pass);
        assert!(timeout(MOMENT, old.read(&mut [0])).await.is_err(), "not even its end arrives");
        proxy.lose();
        assert!(timeout(LONG, old.read(&mut [0])).await.is_ok_and(|end| end.is_err()));
    }

    #[tokio::test]
    async fn refusing_takes_no_new_connections_until_it_passes_again() {
        let proxy = proxy().await;
        let mut old = connect(&proxy).await;
        assert!(answers(&mut old, LONG).await);
        proxy.set(Mode::Refuse);
        while TcpStream::connect(proxy.address).await.is_ok() {
            sleep(Duration::from_millis(1)).await;
        }
        assert!(answers(&mut old, LONG).await);
        proxy.set(Mode::Pass);
        while TcpStream::connect(proxy.address).await.is_err() {
            sleep(Duration::from_millis(1)).await;
        }
        assert!(answers(&mut connect(&proxy).await, LONG).await);
    }

    #[tokio::test]
    async fn a_delay_holds_each_direction_up() {
        let proxy = proxy().await;
        let mut connection = connect(&proxy).await;
        proxy.set(Mode::Delay(MOMENT));
        let begin = Instant::now();
        assert!(answers(&mut connection, LONG).await);
        assert!(begin.elapsed() >= 2 * MOMENT);
    }

    #[tokio::test]
    async fn a_target_that_takes_no_connection_is_passed_over() {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let proxy = Proxy::start(&[gone, echo().await]).await.unwrap();
        for _ in 0..2 {
            assert!(answers(&mut connect(&proxy).await, LONG).await);
        }
        proxy.aim(&[gone]);
        assert!(!answers(&mut connect(&proxy).await, MOMENT).await);
    }
}
