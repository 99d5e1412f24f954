//! The binary: the allocator, the command line, the exit code. Everything else is in the library.

use std::process::ExitCode;

/// glibc's allocator is the bottleneck of the SDK under load: 1.6 to 1.8 times slower
/// (`docs/decisions/0002-client-settings.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bedrill::cli::run()
}
