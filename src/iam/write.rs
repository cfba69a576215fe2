//! The writer: one approved step, one call.
//!
//! A writer needs an acting mode, which observe does not have, and it takes only steps of an approved plan.
//! Must not: decide, order or skip anything.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_iam::Client;
use aws_sdk_iam::operation::RequestId;

use super::call::{Answered, Caller, Repeat};
use super::error::{CallError, Class};
use crate::apply::{Failure, Receipt, Write};
use crate::guard::Step;
use crate::matrix::Acting;
use crate::password_policy::PasswordPolicy;
use crate::plan::{Action, Entity};

/// Writes to an account.
#[derive(Debug)]
pub struct Writer {
    iam: Client,
    caller: Caller,
    /// What this writer has created: IAM may not know it everywhere at once.
    created: Arc<Mutex<BTreeSet<Entity>>>,
}

impl Writer {
    pub(super) fn new(iam: Client, caller: Caller, _acting: Acting) -> Self {
        Writer { iam, caller, created: Arc::default() }
    }

    fn repeat(&self, action: &Action) -> Repeat {
        let created = self.created.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = |entity: &Entity| created.contains(entity);
        let names_new = action.touches().iter().any(is_new)
            || matches!(action, Action::Attach { policy, .. } if is_new(&Entity::Policy(policy.name())));
        match action {
            // A version made twice would take two of five places.
            Action::UpdateDocument { .. } => Repeat::Carefully,
            _ if names_new => Repeat::UntilKnown,
            _ => Repeat::Freely,
        }
    }

    fn remember(&self, action: &Action) {
        if matches!(
            action,
            Action::CreateDocument { .. }
                | Action::CreateGroup { .. }
                | Action::CreateUser { .. }
                | Action::RenameGroup { .. }
        ) {
            self.created.lock().unwrap_or_else(PoisonError::into_inner).extend(action.touches());
        }
    }

    async fn send(&self, action: &Action) -> Result<Answered<Option<String>>, Answered<CallError>> {
        /// One operation with its parameters → a call whose answer is the request id.
        macro_rules! call {
            ($operation:literal, $request:expr) => {
                self.caller
                    .call($operation, self.repeat(action), || async {
                        $request.send().await.map(|answer| answer.request_id().map(str::to_owned))
                    })
                    .await
            };
        }
        let iam = &self.iam;
        match action {
            Action::CreateDocument { name, path, text } => {
                call!("CreatePolicy", iam.create_policy().policy_name(name.as_str()).path(path).policy_document(text))
            }
            Action::UpdateDocument { policy, text } => call!(
                "CreatePolicyVersion",
                iam.create_policy_version().policy_arn(policy.as_str()).policy_document(text).set_as_default(true)
            ),
            Action::DeleteVersion { policy, version } => {
                call!(
                    "DeletePolicyVersion",
                    iam.delete_policy_version().policy_arn(policy.as_str()).version_id(version)
                )
            }
            Action::DeleteDocument { policy } => call!("DeletePolicy", iam.delete_policy().policy_arn(policy.as_str())),
            Action::CreateGroup { group, path } => {
                call!("CreateGroup", iam.create_group().group_name(group.as_str()).path(path))
            }
            Action::RenameGroup { from, group } => {
                call!("UpdateGroup", iam.update_group().group_name(from.as_str()).new_group_name(group.as_str()))
            }
            Action::DeleteGroup { group } => call!("DeleteGroup", iam.delete_group().group_name(group.as_str())),
            Action::CreateUser { user, path } => {
                call!("CreateUser", iam.create_user().user_name(user.as_str()).path(path))
            }
            Action::Attach { group, policy } => {
                call!(
                    "AttachGroupPolicy",
                    iam.attach_group_policy().group_name(group.as_str()).policy_arn(policy.as_str())
                )
            }
            Action::Detach { group, policy } => {
                call!(
                    "DetachGroupPolicy",
                    iam.detach_group_policy().group_name(group.as_str()).policy_arn(policy.as_str())
                )
            }
            Action::DeleteInline { group, name } => {
                call!("DeleteGroupPolicy", iam.delete_group_policy().group_name(group.as_str()).policy_name(name))
            }
            Action::AddMember { group, user } => {
                call!("AddUserToGroup", iam.add_user_to_group().group_name(group.as_str()).user_name(user.as_str()))
            }
            Action::RemoveMember { group, user } => {
                call!(
                    "RemoveUserFromGroup",
                    iam.remove_user_from_group().group_name(group.as_str()).user_name(user.as_str())
                )
            }
            Action::SetPasswordPolicy { policy } => {
                call!("UpdateAccountPasswordPolicy", password_policy(iam.update_account_password_policy(), policy))
            }
        }
    }
}

/// Every field is sent; what is off is left out, because IAM has no value for "off" and takes its default.
fn password_policy(
    request: aws_sdk_iam::operation::update_account_password_policy::builders::UpdateAccountPasswordPolicyFluentBuilder,
    policy: &PasswordPolicy,
) -> aws_sdk_iam::operation::update_account_password_policy::builders::UpdateAccountPasswordPolicyFluentBuilder {
    let number = |value: u32| i32::try_from(value).ok();
    request
        .set_minimum_password_length(number(policy.minimum_length))
        .require_uppercase_characters(policy.require_uppercase)
        .require_lowercase_characters(policy.require_lowercase)
        .require_numbers(policy.require_numbers)
        .require_symbols(policy.require_symbols)
        .allow_users_to_change_password(policy.allow_users_to_change_password)
        .set_max_password_age(policy.max_age_days.and_then(number))
        .set_password_reuse_prevention(policy.reuse_prevention.and_then(number))
        .hard_expiry(policy.hard_expiry)
}

impl Write for Writer {
    async fn execute(&self, step: Step<'_>) -> Result<Receipt, Failure> {
        let action = &step.change().action;
        match self.send(action).await {
            Ok(Answered { value: request_id, attempts }) => {
                self.remember(action);
                Ok(Receipt { request_id, attempts })
            }
            Err(Answered { value: error, attempts }) if already_so(action, &error, attempts) => {
                self.remember(action);
                Ok(Receipt { request_id: None, attempts })
            }
            Err(Answered { value: error, attempts }) => {
                let (class, message) = (error.class.as_str(), error.words());
                Err(Failure { class, message, request_id: error.request_id, attempts })
            }
        }
    }
}

/// Whether the error only says that things are as we want them: what should go is gone, or what should be there came
/// with an earlier attempt whose answer was lost.
fn already_so(action: &Action, error: &CallError, attempts: u32) -> bool {
    match action {
        Action::Detach { .. }
        | Action::DeleteInline { .. }
        | Action::DeleteVersion { .. }
        | Action::DeleteDocument { .. }
        | Action::DeleteGroup { .. }
        | Action::RemoveMember { .. } => error.class == Class::Missing,
        Action::CreateDocument { .. } | Action::CreateGroup { .. } | Action::CreateUser { .. } => {
            error.class == Class::Exists && attempts > 1
        }
        _ => false,
    }
}
