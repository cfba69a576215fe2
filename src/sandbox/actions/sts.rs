//! STS: who asks.

use super::{Answer, Call, result};

/// Shows who asks.
pub fn get_caller_identity(call: &mut Call<'_>) -> Answer {
    result(|xml| {
        xml.text("Arn", &call.caller.arn(call.state));
        xml.text("UserId", &call.caller.id(call.state));
        xml.text("Account", &call.state.account_id);
    })
}
