//! The socket: starts, serves and ends. What is said over it is `wire`'s matter.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{
    account::Account,
    wire::{self, Service},
};

/// How long open requests may take once the end was asked for.
const GRACE: Duration = Duration::from_secs(2);

/// The sandbox could not start.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox cannot listen on {address}: {source}; choose another address, or port 0 for any free one")]
pub struct StartError {
    address: SocketAddr,
    source: std::io::Error,
}

/// A running sandbox. Dropping it ends it.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Sandbox {
    /// Starts to serve an account on an address; port 0 takes any free one.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(listen: SocketAddr, account: Account) -> Result<Self, StartError> {
        let refused = |source| StartError { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let service = Arc::new(Service::new(account.into_state()));
        let router = Router::new().fallback(wire::answer).with_state(service);
        let (end, ended) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let until = async move {
                // Either word or the sender's drop ends it.
                let _ = ended.await;
            };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(until).await {
                tracing::error!(%error, "the sandbox ended");
            }
        });
        Ok(Self { address, end: Some(end), task })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL to give to a client, as in `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it: no new connections, open requests are finished.
    pub async fn stop(mut self) {
        self.end.take();
        if tokio::time::timeout(GRACE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }

    /// Resolves when the server has ended. May be called again afterwards.
    pub async fn finished(&mut self) {
        if !self.task.is_finished() {
            // A task that was aborted or panicked has ended too.
            let _ = (&mut self.task).await;
        }
    }
}
