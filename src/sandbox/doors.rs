//! The connections: who is let in, for how long, and what one hears for whom there is no room.
//!
//! Every connection ends: by its client, after a time without a request, or with the sandbox. What is said over it is
//! `wire`'s matter.

use std::{
    fs::File,
    io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    service::Service,
    wire::{self, Wire},
};

/// How long open requests may take once the end was asked for.
pub const GRACE: Duration = Duration::from_secs(2);
/// How long a connection may be without a request: to send one, to take the answer, or to wait between the two.
const QUIET: Duration = Duration::from_mins(1);
/// How long a connection that is one too many may take to send its request and to hear the refusal.
const PATIENCE: Duration = Duration::from_secs(1);
/// The same when the machine has no room for it either, so that the next is waiting for this one to go.
const HASTE: Duration = Duration::from_millis(2);
/// How long to wait before the next try when the machine has nothing left to accept a connection with.
const BREATH: Duration = Duration::from_millis(50);

/// Lets connections in, and sees them out.
#[derive(Debug)]
pub struct Doors {
    wire: Arc<Wire>,
    places: Arc<Semaphore>,
    most: usize,
    /// Changes, or loses its sender, at the end.
    ended: watch::Receiver<()>,
}

impl Doors {
    /// Doors to a service for so many at a time; they close when `ended` changes or loses its sender.
    pub fn new(service: Arc<Service>, most: usize, ended: watch::Receiver<()>) -> Self {
        Self { wire: Arc::new(Wire::new(service)), places: Arc::new(Semaphore::new(most)), most, ended }
    }

    /// Keeps them open until the end.
    pub async fn keep(mut self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        let mut spare = spare();
        loop {
            tokio::select! {
                _ = self.ended.changed() => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.admit(stream, peer.ip(), &mut connections),
                    Err(error) if is_clients_fault(&error) => {}
                    Err(_) if spare.take().is_some() => {
                        // The file given up makes room for one connection, which hears the refusal and goes.
                        if let Ok(Ok((stream, _))) = timeout(HASTE, listener.accept()).await {
                            refuse(stream, self.most, HASTE).await;
                        }
                        spare = self::spare();
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the sandbox cannot take connections");
                        sleep(BREATH).await;
                        spare = self::spare();
                    }
                },
            }
        }
        drop(listener);
        // Those that take longer are dropped with the set.
        let _ = timeout(GRACE, async { while connections.join_next().await.is_some() {} }).await;
    }

    fn admit(&self, stream: TcpStream, address: IpAddr, connections: &mut JoinSet<()>) {
        // Answers are small and written at once; waiting to fill a packet only slows them.
        let _ = stream.set_nodelay(true);
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => {
                let (wire, ended) = (Arc::clone(&self.wire), self.ended.clone());
                connections.spawn(async move {
                    serve(stream, address, wire, ended).await;
                    drop(place);
                });
            }
            Err(_) => {
                connections.spawn(refuse(stream, self.most, PATIENCE));
            }
        }
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

/// Serves one connection to its end.
async fn serve(stream: TcpStream, address: IpAddr, wire: Arc<Wire>, mut ended: watch::Receiver<()>) {
    let quiet = Quiet::default();
    let answer = service_fn(|request| async {
        quiet.breaks();
        let answer = wire.answer(request, address).await;
        quiet.begins();
        answer
    });
    // Whoever says that no more comes may still be waiting for an answer.
    let http = http1::Builder::new().half_close(true).serve_connection(TokioIo::new(stream), answer);
    let mut connection = std::pin::pin!(http);
    // An error is a client that left or sent no HTTP, or a connection that was to be cut: all of them end it.
    tokio::select! {
        _ = &mut connection => return,
        () = quiet.lasted(QUIET) => return,
        _ = ended.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// Since when a connection has been without a request.
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

    /// Resolves once there has been no request for so long.
    async fn lasted(&self, limit: Duration) {
        loop {
            let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let end = since.unwrap_or_else(Instant::now) + limit;
            if end <= Instant::now() {
                return;
            }
            sleep_until(end).await;
        }
    }
}

/// Says to a connection that it is one too many. What it has to say is heard first: a connection that is closed with
/// unread bytes takes the refusal down with it.
async fn refuse(mut stream: TcpStream, most: usize, patience: Duration) {
    let mut heard = [0; 512];
    let _ = timeout(patience, stream.read(&mut heard)).await;
    let farewell = async {
        stream.write_all(&wire::too_many_connections(most)).await?;
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

    #[tokio::test]
    async fn a_connection_is_quiet_for_a_time_only_and_never_while_it_is_answered() {
        let quiet = Quiet::default();
        quiet.lasted(Duration::ZERO).await;
        quiet.breaks();
        assert!(timeout(BREATH, quiet.lasted(Duration::from_millis(5))).await.is_err());
        quiet.begins();
        quiet.lasted(Duration::from_millis(5)).await;
    }
}
