//! boto3, as a Python program would use it.

use std::process::Command;
use std::time::Duration;

use crate::machine::{MODEL, emulator};
use crate::{Failure, Round};

/// 2 processes of 16 threads; `None` where there is no boto3.
pub fn boto3_loop(span: Duration) -> Result<Option<Round>, Failure> {
    let python = std::env::var("BEDRILL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_boto3 = Command::new(&python).args(["-c", "import boto3"]).output();
    if !has_boto3.is_ok_and(|found| found.status.success()) {
        return Ok(None);
    }
    let server = emulator()?;
    let output = Command::new(&python)
        .args([
            concat!(env!("CARGO_MANIFEST_DIR"), "/benches/throughput/boto3_load.py"),
            &format!("http://{}", server.addr()),
            MODEL,
            &span.as_secs().to_string(),
            "2",
            "16",
        ])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let per_sec = String::from_utf8_lossy(&output.stdout).trim().parse()?;
    Ok(Some(Round { per_sec, cpu_us: 0.0 }))
}
