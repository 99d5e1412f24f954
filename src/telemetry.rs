//! Logs, panics and the terminal's last words.
