//! Whether an answer of IAM came whole.
//!
//! The SDK's XML reader takes a document that ends in the middle for what it holds so far: a page of users without its
//! last users, and without the mark that there is more. Such an answer must never become a snapshot.

use aws_sdk_iam::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_iam::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_iam::error::BoxError;

/// Refuses answers that end before their outermost element does.
#[derive(Debug)]
pub(super) struct WholeAnswer;

impl Intercept for WholeAnswer {
    fn name(&self) -> &'static str {
        "WholeAnswer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let cut = response.body().bytes().is_some_and(|body| !body.trim_ascii_end().ends_with(b"Response>"));
        if response.status().is_success() && cut { Err("the answer ends in the middle".into()) } else { Ok(()) }
    }
}
