//! Far more connections than anybody needs.
