//! AWS IAM over the network. The only importer of the AWS SDK.
//!
//! Owns: the connection, the rate limit shared by all calls, retries by class of error, complete reads, and the writer,
//! which cannot be had in observe mode. Must not: decide what to change.

mod call;
mod devices;
mod error;
mod evidence;
#[cfg(test)]
mod evidence_tests;
mod read;
mod report;
#[cfg(test)]
mod tests;
mod whole;
mod write;

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::meta::region::RegionProviderChain;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_iam::config::Credentials;
use tokio::sync::watch;

pub use call::{CallLabels, Calls};
pub use error::{CallError, Class};
pub use read::{Identity, Reader};
pub use write::Writer;

use call::Caller;

/// Where IAM is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// What the standard AWS environment variables and profiles say, `AWS_ENDPOINT_URL` included.
    Environment,
    /// A sandbox at this endpoint, with credentials that only it takes.
    Sandbox(String),
}

/// A connection to one account. Cheap to clone; all clones share the rate limit.
#[derive(Debug, Clone)]
pub struct Session {
    iam: aws_sdk_iam::Client,
    sts: aws_sdk_sts::Client,
    caller: Caller,
}

impl Session {
    /// Prepares a connection; nothing is sent yet. `calls` counts what will be; nothing is tried again once `stop` is
    /// true.
    pub async fn connect(target: &Target, calls: Calls, stop: watch::Receiver<bool>) -> Self {
        let region = RegionProviderChain::default_provider().or_else("us-east-1");
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts());
        let config = match target {
            Target::Environment => loader.region(region).load().await,
            Target::Sandbox(endpoint) => {
                let credentials = Credentials::new("SANDBOX", "sandbox", None, None, "sandbox");
                loader.region("us-east-1").endpoint_url(endpoint).credentials_provider(credentials).load().await
            }
        };
        let endpoint = config.endpoint_url().unwrap_or("AWS").to_owned();
        let iam = aws_sdk_iam::config::Builder::from(&config).interceptor(whole::WholeAnswer).build();
        Session {
            iam: aws_sdk_iam::Client::from_conf(iam),
            sts: aws_sdk_sts::Client::new(&config),
            caller: Caller::new(calls, endpoint, stop),
        }
    }

    /// Allows so many calls a second from now on, all together.
    pub fn limit(&self, calls_per_second: u32) {
        self.caller.limit(calls_per_second);
    }

    /// The same connection, under the same rate limit, whose calls are counted in `calls`.
    #[must_use]
    pub fn counting(&self, calls: Calls) -> Self {
        Session { caller: self.caller.counting(calls), ..self.clone() }
    }

    /// What has been called so far.
    #[must_use]
    pub fn calls(&self) -> &Calls {
        self.caller.calls()
    }
}

/// Every attempt ends in time for a shutdown, which has 25 seconds.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(15))
        .operation_attempt_timeout(Duration::from_secs(20))
        .build()
}
