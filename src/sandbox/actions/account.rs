//! What belongs to the account as a whole: its alias.

use super::{Answer, Call, result};
use crate::sandbox::paging::Page;

/// Lists the alias, if there is one.
pub fn list_aliases(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let page = Page::read(&mut reader);
    reader.finish()?;
    let paged = page.take(call.state.alias.iter().map(|alias| (alias, alias)));
    result(|xml| {
        xml.within("AccountAliases", |xml| {
            for alias in &paged.items {
                xml.text("member", alias);
            }
        });
        paged.finish(xml);
    })
}
