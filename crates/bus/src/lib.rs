//! Busbar.
