//! The page's style, script and icon. Their addresses carry a digest, so a browser may keep them for ever.
//!
//! Must not: name anybody.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

/// A file of the page.
pub(super) struct Asset {
    path: LazyLock<String>,
    kind: &'static str,
    text: &'static str,
}

impl Asset {
    /// Where it is served.
    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

fn addressed(stem: &str, ending: &str, text: &str) -> String {
    let digest = crate::files::Digest(Sha256::digest(text).into());
    format!("/assets/{stem}-{}.{ending}", digest.short())
}

const STYLE_TEXT: &str = include_str!("../assets/style.css");
const SCRIPT_TEXT: &str = include_str!("../assets/refresh.js");
const ICON_TEXT: &str = include_str!("../assets/icon.svg");

pub(super) static STYLE: Asset = Asset {
    path: LazyLock::new(|| addressed("style", "css", STYLE_TEXT)),
    kind: "text/css; charset=utf-8",
    text: STYLE_TEXT,
};
pub(super) static SCRIPT: Asset = Asset {
    path: LazyLock::new(|| addressed("refresh", "js", SCRIPT_TEXT)),
    kind: "text/javascript; charset=utf-8",
    text: SCRIPT_TEXT,
};
pub(super) static ICON: Asset =
    Asset { path: LazyLock::new(|| addressed("icon", "svg", ICON_TEXT)), kind: "image/svg+xml", text: ICON_TEXT };

/// The asset of that address.
pub(in crate::server) fn asset(path: &str) -> Option<Response> {
    let asset = [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.path() == path)?;
    let headers = [
        (header::CONTENT_TYPE, asset.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Some((headers, asset.text).into_response())
}
