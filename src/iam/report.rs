//! The life of a credential report: asked for, waited for, fetched.

use std::time::Duration;

use aws_sdk_iam::types::ReportStateType;
use jiff::Timestamp;

use super::error::{CallError, Class};
use super::read::Reader;
use crate::audit::credential_report::{self, CredentialReport};

/// The wait before the second look; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How often to look: a minute and a half in all. AWS takes some seconds.
const LOOKS: u32 = 12;

impl Reader {
    /// The account's credential report. AWS makes one at most every four hours, so it may be that old.
    ///
    /// # Errors
    /// When a call fails, the report is not made in time, or it is none.
    pub async fn credential_report(&self) -> Result<CredentialReport, CallError> {
        let mut wait = FIRST_WAIT;
        for _ in 0..LOOKS {
            if self.report_is_made().await? {
                match self.fetch_report().await {
                    // It grew too old, or was taken away, between the two calls.
                    Err(error) if error.class == Class::NotReady => {}
                    answer => return answer,
                }
            }
            self.caller().sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        let message = "AWS has not finished the report; run the audit again in a minute";
        Err(CallError::ours("GenerateCredentialReport", Class::NotReady, message))
    }

    async fn report_is_made(&self) -> Result<bool, CallError> {
        let generate = || self.session.iam.generate_credential_report().send();
        let answer = self.caller().read("GenerateCredentialReport", generate).await?;
        Ok(answer.state == Some(ReportStateType::Complete))
    }

    async fn fetch_report(&self) -> Result<CredentialReport, CallError> {
        let operation = "GetCredentialReport";
        let answer = self.caller().read(operation, || self.session.iam.get_credential_report().send()).await?;
        let incomplete = |what: String| CallError::incomplete(operation, what);
        let made = answer.generated_time.and_then(|at| Timestamp::from_second(at.secs()).ok());
        let made = made.ok_or_else(|| incomplete("the report has no date".to_owned()))?;
        let text = String::from_utf8(answer.content.map(aws_sdk_iam::primitives::Blob::into_inner).unwrap_or_default());
        let text = text.map_err(|error| incomplete(format!("the report is no text: {error}")))?;
        credential_report::read(&text, made).map_err(|error| incomplete(format!("the report cannot be read: {error}")))
    }
}
