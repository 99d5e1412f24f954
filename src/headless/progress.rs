//! What a drill does while one waits: one line that moves on a terminal, plain lines in a pipe.

use std::io::{self, Write};

use crate::clock::Moment;
use crate::measure::Snapshot;
use crate::measure::snapshot::{LogKind, MarkerKind};

/// Seconds of the run between two lines in a pipe.
const EVERY_SECS: u64 = 10;

/// Writes progress.
#[derive(Debug)]
pub struct Progress {
    live: bool,
    next_line_at: Moment,
    next_entry: u64,
    open_line: bool,
}

impl Progress {
    /// For a terminal (`live`) or a pipe.
    pub fn new(live: bool) -> Self {
        Self {
            live,
            next_line_at: Moment::ZERO,
            next_entry: 0,
            open_line: false,
        }
    }

    /// Shows a snapshot: new markers first, then where the run stands.
    pub fn show(&mut self, snapshot: &Snapshot, out: &mut impl Write) -> io::Result<()> {
        let from = self.next_entry;
        for entry in snapshot.log.iter().filter(|entry| entry.number >= from) {
            if worth_a_line(entry.kind) {
                self.end_line(out)?;
                writeln!(out, "{}  {}", clock_face(entry.at), entry.text)?;
            }
        }
        if let Some(newest) = snapshot.log.last() {
            self.next_entry = newest.number + 1;
        }
        if self.live {
            write!(out, "\r\x1b[2K{}", line(snapshot))?;
            self.open_line = true;
            return out.flush();
        }
        if snapshot.at >= self.next_line_at {
            writeln!(out, "{}", line(snapshot))?;
            self.next_line_at = Moment::from_secs((snapshot.at.as_secs() / EVERY_SECS + 1) * EVERY_SECS);
        }
        Ok(())
    }

    /// Leaves the terminal's line free for what follows.
    pub fn close(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.end_line(out)
    }

    fn end_line(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.open_line {
            write!(out, "\r\x1b[2K")?;
            self.open_line = false;
        }
        Ok(())
    }
}

/// Failovers come by the hundred and stand in the summary; the rest is told as it happens.
fn worth_a_line(kind: LogKind) -> bool {
    match kind {
        LogKind::Marker(MarkerKind::FailedOver) | LogKind::ShotFailed(_) => false,
        LogKind::Marker(_) | LogKind::Shed | LogKind::Note => true,
    }
}

fn line(snapshot: &Snapshot) -> String {
    let mut line = format!(
        "{}  {:<8} {:>6.1}/s of {:.1}/s  {} in flight",
        clock_face(snapshot.at),
        snapshot.phase,
        snapshot.achieved_rate,
        snapshot.asked_rate,
        snapshot.in_flight,
    );
    for arm in snapshot.patterns.iter().flat_map(|pattern| &pattern.arms) {
        let ok = arm
            .recent
            .availability()
            .map_or_else(|| "-".to_owned(), |share| format!("{:.1}%", share * 100.0));
        line.push_str("  ");
        line.push_str(arm.key.as_str());
        line.push(' ');
        line.push_str(&ok);
    }
    line
}

/// `02:41.3`, minutes and seconds of the run.
pub fn clock_face(at: Moment) -> String {
    let tenths = at.as_nanos() / 100_000_000;
    format!("{:02}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_face_keeps_its_width_for_an_hour() {
        assert_eq!(clock_face(Moment::ZERO), "00:00.0");
        assert_eq!(clock_face(Moment::from_millis(161_320)), "02:41.3");
        assert_eq!(clock_face(Moment::from_secs(3_599)), "59:59.0");
    }
}
