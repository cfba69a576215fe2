//! What a plan comes to for people, in the words of `iamatrix plan`.
//!
//! Must not: grow with the account; the rest is in `/plan`.

use maud::{Markup, html};

use super::parts::more;
use crate::access::effect::Effect;
use crate::access::render;

/// Groups of people for whom the same changes that are shown.
const SHOWN: usize = 20;

/// The effect as text.
pub(super) fn told(effect: &Effect) -> Markup {
    let shown = Effect { changes: effect.changes.iter().take(SHOWN).cloned().collect() };
    html! {
        @if effect.is_empty() { p { "Nobody can do more or less than before." } } @else {
            pre.effect tabindex="0" { (render::effect(&shown)) }
            @if effect.changes.len() > SHOWN { p.quiet { (more(effect.changes.len() - SHOWN, "/plan")) } }
        }
    }
}
