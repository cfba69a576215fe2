//! Connections over HTTP/1.1: who is let in, for how long, and who makes room for whom.
//!
//! Every connection ends: by its client, after a time without a request, to make room, or at the end. Must not: know what
//! is said over a connection; that is the house's matter.

use std::{
    collections::HashMap,
    fs::File,
    future::Future,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::body::Body;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
    task::{Id, JoinSet},
    time::{Instant, sleep, sleep_until, timeout},
};

/// How long open requests may take once the end was asked for.
pub const GRACE: Duration = Duration::from_secs(2);
/// How long a connection that is one too many may take to send its request and to hear the refusal.
const PATIENCE: Duration = Duration::from_secs(1);
/// The same when the machine has no room for it either, so that the next is waiting for this one to go.
const HASTE: Duration = Duration::from_millis(2);
/// How long to wait before the next try when the machine has nothing left to accept a connection with.
const BREATH: Duration = Duration::from_millis(50);

/// What answers.
pub trait House: Send + Sync + 'static {
    /// Answers one request of the other end at an address.
    ///
    /// # Errors
    /// When the connection is to be cut instead of an answer.
    fn answer(
        &self,
        request: Request<Incoming>,
        from: SocketAddr,
    ) -> impl Future<Output = Result<Response<Body>, Cut>> + Send;

    /// What a connection hears that is one too many, as bytes; `most` is how many there may be.
    fn refusal(&self, most: usize) -> Vec<u8>;
}

/// The connection is to be cut instead of an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut instead of an answer")]
pub struct Cut;

/// How connections are dealt with.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Connections at a time.
    pub most: usize,
    /// What becomes of one more.
    pub full: Full,
    /// How long a connection may be without a request: to send the whole head of one, to take the answer, or to wait
    /// between the two.
    pub quiet: Duration,
    /// Bytes that the head of a request may have, the first line included; at least 8,192.
    pub head: usize,
}

/// What becomes of a connection when there are as many as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// It is refused.
    Refuse,
    /// The one that has been without a request for longest makes room; it is refused only when there is none.
    MakeRoom,
}

/// Lets connections in, and sees them out.
#[derive(Debug)]
pub struct Doors<H> {
    house: Arc<H>,
    rules: Rules,
    /// Changes, or loses its sender, at the end.
    ended: watch::Receiver<()>,
    /// The connections that are served, by the task that serves each.
    lines: HashMap<Id, Arc<Line>>,
    tasks: JoinSet<()>,
}

impl<H: House> Doors<H> {
    /// Doors to a house; they close when `ended` changes or loses its sender.
    pub fn new(house: Arc<H>, rules: Rules, ended: watch::Receiver<()>) -> Self {
        Self { house, rules, ended, lines: HashMap::new(), tasks: JoinSet::new() }
    }

    /// Keeps them open until the end.
    pub async fn keep(mut self, listener: TcpListener) {
        let mut spare = spare();
        loop {
            tokio::select! {
                _ = self.ended.changed() => break,
                Some(left) = self.tasks.join_next_with_id() => self.see_out(left),
                accepted = listener.accept() => match accepted {
                    Ok((stream, from)) => self.admit(stream, from),
                    Err(error) if is_clients_fault(&error) => {}
                    Err(_) if spare.take().is_some() => {
                        // The file given up makes room for one connection, which hears the refusal and goes.
                        if let Ok(Ok((stream, _))) = timeout(HASTE, listener.accept()).await {
                            refuse(stream, self.house.refusal(self.rules.most), HASTE).await;
                        }
                        spare = self::spare();
                    }
                    Err(error) => {
                        tracing::warn!(%error, "no connection can be taken; trying again");
                        sleep(BREATH).await;
                        spare = self::spare();
                    }
                },
            }
        }
        drop(listener);
        // Those that take longer are dropped with the set.
        let _ = timeout(GRACE, async { while self.tasks.join_next().await.is_some() {} }).await;
    }

    fn see_out(&mut self, left: Result<(Id, ()), tokio::task::JoinError>) {
        let id = match left {
            Ok((id, ())) => id,
            Err(error) => error.id(),
        };
        self.lines.remove(&id);
    }

    fn admit(&mut self, stream: TcpStream, from: SocketAddr) {
        // Answers are small and written at once; waiting to fill a packet only slows them.
        let _ = stream.set_nodelay(true);
        while let Some(left) = self.tasks.try_join_next_with_id() {
            self.see_out(left);
        }
        if self.lines.len() >= self.rules.most && !self.make_room() {
            self.tasks.spawn(refuse(stream, self.house.refusal(self.rules.most), PATIENCE));
            return;
        }
        let line = Arc::new(Line::default());
        let serving = serve(stream, from, Arc::clone(&self.house), self.rules, Arc::clone(&line), self.ended.clone());
        let id = self.tasks.spawn(serving).id();
        self.lines.insert(id, line);
    }

    /// Sends the connection away that has been without a request for longest; false if there is none to send.
    fn make_room(&mut self) -> bool {
        if self.rules.full == Full::Refuse {
            return false;
        }
        let quietest = self.lines.iter().filter_map(|(id, line)| Some((line.quiet.since()?, *id))).min();
        let line = quietest.and_then(|(_, id)| self.lines.remove(&id));
        line.map(|line| line.leave.notify_one()).is_some()
    }
}

/// A file that can be given up when there are no more to be had.
fn spare() -> Option<File> {
    File::open("/dev/null").ok()
}

/// A connection that ended before it was accepted says nothing about the next.
fn is_clients_fault(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// A connection, as those see it who wait for it to end.
#[derive(Debug, Default)]
struct Line {
    quiet: Quiet,
    /// Told when it has to make room.
    leave: Notify,
}

/// Serves one connection to its end.
async fn serve<H: House>(
    stream: TcpStream,
    from: SocketAddr,
    house: Arc<H>,
    rules: Rules,
    line: Arc<Line>,
    mut ended: watch::Receiver<()>,
) {
    let answer = service_fn(|request| async {
        line.quiet.breaks();
        let answer = house.answer(request, from).await;
        line.quiet.begins();
        answer
    });
    let mut http = http1::Builder::new();
    // Whoever says that no more comes may still be waiting for an answer.
    http.half_close(true).max_header_size(rules.head).max_buf_size(rules.head.max(8_192));
    let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(stream), answer));
    // An error is a client that left or sent no HTTP, or a connection that was to be cut: all of them end it.
    tokio::select! {
        _ = &mut connection => return,
        () = line.quiet.lasted(rules.quiet) => return,
        () = line.leave.notified() => return,
        _ = ended.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// Since when a connection has been without a request.
#[derive(Debug)]
struct Quiet(Mutex<Option<Instant>>);

impl Default for Quiet {
    fn default() -> Self {
        Self(Mutex::new(Some(Instant::now())))
    }
}

impl Quiet {
    fn begins(&self) {
        self.set(Some(Instant::now()));
    }

    fn breaks(&self) {
        self.set(None);
    }

    fn set(&self, since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    fn since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolves once there has been no request for so long.
    async fn lasted(&self, limit: Duration) {
        loop {
            let end = self.since().unwrap_or_else(Instant::now) + limit;
            if end <= Instant::now() {
                return;
            }
            sleep_until(end).await;
        }
    }
}

/// Says to a connection that it is one too many. What it has to say is heard first: a connection that is closed with
/// unread bytes takes the refusal down with it.
async fn refuse(mut stream: TcpStream, refusal: Vec<u8>, patience: Duration) {
    let mut heard = [0; 512];
    let _ = timeout(patience, stream.read(&mut heard)).await;
    let farewell = async {
        stream.write_all(&refusal).await?;
        stream.shutdown().await?;
        while stream.read(&mut heard).await? > 0 {}
        Ok::<_, io::Error>(())
    };
    // Whoever does not listen is not waited for.
    let _ = timeout(patience, farewell).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Greets whoever asks.
    struct Hut;

    impl House for Hut {
        async fn answer(&self, _: Request<Incoming>, _: SocketAddr) -> Result<Response<Body>, Cut> {
            Ok(Response::new(Body::from("welcome")))
        }

        fn refusal(&self, most: usize) -> Vec<u8> {
            format!("no more than {most}").into_bytes()
        }
    }

    const RULES: Rules = Rules { most: 3, full: Full::MakeRoom, quiet: Duration::from_mins(1), head: 8_192 };

    /// An open hut; it closes with the sender.
    async fn hut(rules: Rules) -> (SocketAddr, watch::Sender<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = watch::channel(());
        tokio::spawn(Doors::new(Arc::new(Hut), rules, ended).keep(listener));
        (address, end)
    }

    async fn said(stream: &mut TcpStream, request: &str) -> String {
        let _ = stream.write_all(request.as_bytes()).await;
        let mut heard = vec![0; 1_024];
        let read = stream.read(&mut heard).await.unwrap_or(0);
        String::from_utf8_lossy(&heard[..read]).into_owned()
    }

    const ASK: &str = "GET / HTTP/1.1\r\nHost: hut\r\n\r\n";

    #[tokio::test]
    async fn a_connection_is_quiet_for_a_time_only_and_never_while_it_is_answered() {
        let quiet = Quiet::default();
        quiet.lasted(Duration::ZERO).await;
        quiet.breaks();
        assert!(timeout(BREATH, quiet.lasted(Duration::from_millis(5))).await.is_err());
        quiet.begins();
        quiet.lasted(Duration::from_millis(5)).await;
    }

    #[tokio::test]
    async fn whoever_was_without_a_request_for_longest_makes_room_for_who_comes() {
        let (address, _end) = hut(RULES).await;
        let mut lines = Vec::new();
        for _ in 0..3 {
            let mut line = TcpStream::connect(address).await.unwrap();
            assert!(said(&mut line, ASK).await.ends_with("welcome"));
            lines.push(line);
        }
        assert!(said(&mut lines[0], ASK).await.ends_with("welcome"), "the first asks again, so the second is quietest");
        let mut newcomer = TcpStream::connect(address).await.unwrap();
        assert!(said(&mut newcomer, ASK).await.ends_with("welcome"));
        assert_eq!(said(&mut lines[1], "").await, "", "it was sent away");
        for stays in [0, 2] {
            assert!(said(&mut lines[stays], ASK).await.ends_with("welcome"), "{stays}");
        }
    }

    #[tokio::test]
    async fn a_head_that_comes_in_drops_ends_with_the_time_for_it() {
        let (address, _end) = hut(Rules { quiet: Duration::from_millis(50), ..RULES }).await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        let dripping = async {
            while slow.write_all(b"GET / HTTP/1.1\r\nX: y\r\n").await.is_ok() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(30), dripping).await.expect("it is cut");
    }

    #[tokio::test]
    async fn a_head_that_is_too_long_is_refused() {
        let (address, _end) = hut(RULES).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let long = format!("GET / HTTP/1.1\r\nHost: hut\r\nX: {}\r\n\r\n", "y".repeat(9_000));
        assert!(said(&mut stream, &long).await.starts_with("HTTP/1.1 431 "));
    }
}
