//! One batch job, from its file to its cleaned-up place in S3.

use super::Board;
use crate::bedrock::control::jobs::{CallProblem, JobAsk};
use crate::bedrock::spend::{self, Reservation, SpendRefused};
use crate::event::sighting::{JobResult, JobState};
use crate::event::{ArmId, ShotId};
use crate::patterns::batch::lines::{self, BadLine, Returned};
use crate::patterns::batch::{RecordForm, RecordSource};
use crate::units::Usd;

/// A user's file may be so large: a job's file on AWS may have 1 GB, which nobody drills with.
const MOST_FILE_BYTES: u64 = 256 << 20;
/// Bad lines that are named; their number is told in any case.
const NAMED_LINES: usize = 3;
/// Looks at a job that may fail one after another before it is given up.
const MOST_MISSES: u32 = 20;

/// A job's task.
#[derive(Debug)]
pub struct JobRun {
    board: Board,
    number: u32,
}

/// A file of records, ready to go.
struct Prepared {
    bytes: Vec<u8>,
    ids: Vec<String>,
}

impl JobRun {
    pub(super) const fn new(board: Board, number: u32) -> Self {
        Self { board, number }
    }

    /// Runs it to its end.
    pub async fn run(self) {
        self.board.tell();
        match self.prepare() {
            Err(words) => self.refuse(words),
            Ok(prepared) => {
                // Nothing of a job that does not fit beneath the cap is sent, not even its file.
                match self.reserve(&prepared).await {
                    Err(refused) => return self.refuse(refused.to_string()),
                    Ok(reservation) => {
                        if let Err(problem) = self.go(&prepared, reservation).await {
                            self.refuse(problem.to_string());
                        }
                    }
                }
                self.clean_up().await;
            }
        }
    }

    /// Sets aside what the whole job costs at most.
    async fn reserve(&self, prepared: &Prepared) -> Result<Option<Reservation>, SpendRefused> {
        let parts = &*self.board.parts;
        let Some(guard) = &parts.spend else {
            return Ok(None);
        };
        let worst = spend::job_worst_case(&parts.plan.model, parts.plan.family, &prepared.bytes);
        guard.reserve(worst).await.map(Some)
    }

    /// From a file to a job that is over. What was reserved is settled by the manifest; where there is
    /// none, all of it counts as spent, unless the service did not take the job.
    async fn go(&self, prepared: &Prepared, reservation: Option<Reservation>) -> Result<(), CallProblem> {
        let parts = &*self.board.parts;
        self.board
            .change(self.number, |seen| seen.sent = prepared.ids.len() as u64);
        self.board.enter(self.number, JobState::Uploading);
        let put = parts.bucket.put(&self.input_key(), prepared.bytes.clone()).await;
        if let Err(problem) = put {
            if let Some(reservation) = reservation {
                reservation.settle(Usd::ZERO);
            }
            return Err(problem);
        }
        let job = &parts.plan.job;
        let name = format!("{}-{}", parts.run, self.number);
        let arn = parts
            .control
            .submit(&JobAsk {
                role: job.role.clone(),
                target: parts.plan.target.clone(),
                converse: job.form == RecordForm::Converse,
                input: format!("s3://{}/{}", parts.bucket.name(), self.input_key()),
                output: format!("s3://{}/{}", parts.bucket.name(), self.output_folder()),
                hours: job.hours,
                // The same name is the same request, should an answer be lost on its way.
                token: name.clone(),
                name,
            })
            .await;
        let arn = match arn {
            Ok(arn) => arn,
            Err(problem) => {
                if let Some(reservation) = reservation.filter(|_| problem.code.is_some()) {
                    reservation.settle(Usd::ZERO);
                }
                return Err(problem);
            }
        };
        let id = arn.rsplit('/').next().unwrap_or(&arn).to_owned();
        self.board.change(self.number, |seen| seen.id = Some(id.clone()));
        self.board.enter(self.number, JobState::Submitted);
        if self.watch(&arn).await {
            match self.fetch(&id, prepared).await {
                Ok(result) => {
                    if let Some((reservation, result)) = reservation.zip(result.as_ref()) {
                        reservation.settle(result.cost);
                    }
                    self.board.change(self.number, |seen| seen.result = result);
                }
                Err(problem) => self.board.trouble("results", &problem.to_string()),
            }
        }
        Ok(())
    }

    /// Looks until the job is over; whether it was seen to be.
    async fn watch(&self, arn: &str) -> bool {
        let parts = &*self.board.parts;
        let mut stop_sent = false;
        let mut misses = 0;
        loop {
            if !stop_sent && self.board.stop_wanted(self.number) {
                match parts.control.stop_job(arn).await {
                    Ok(()) => stop_sent = true,
                    // It ended a moment before, which the next look tells.
                    Err(problem) if problem.code.as_deref() == Some("ConflictException") => stop_sent = true,
                    Err(problem) => self.board.trouble("stop", &problem.to_string()),
                }
            }
            match parts.control.job(arn).await {
                Ok(sight) => {
                    misses = 0;
                    self.board.change(self.number, |seen| {
                        seen.counts = sight.counts;
                        seen.message.clone_from(&sight.message);
                    });
                    if let Some(state) = sight.state {
                        self.board.enter(self.number, state);
                        if state.is_over() {
                            return true;
                        }
                    }
                }
                Err(problem) => {
                    misses += 1;
                    self.board.trouble("job", &problem.to_string());
                    if misses >= MOST_MISSES {
                        self.board
                            .note(format!("batch job {}: given up, it may still go on", self.number));
                        return false;
                    }
                }
            }
            parts.clock.sleep(parts.plan.job.poll).await;
        }
    }

    /// Brings the answers and counts them. `None` where the job left none.
    async fn fetch(&self, id: &str, prepared: &Prepared) -> Result<Option<JobResult>, CallProblem> {
        let parts = &*self.board.parts;
        let folder = format!("{}{id}/", self.output_folder());
        let mut returned = Returned::default();
        let mut usage = None;
        for key in parts.bucket.list(&folder).await? {
            let file = parts.bucket.get(&key).await?;
            if key.ends_with("manifest.json.out") {
                usage = lines::manifest_usage(&file);
            } else {
                returned.read(&file);
            }
        }
        let Some(usage) = usage else { return Ok(None) };
        let (missing, strange) = returned.differences(&prepared.ids);
        let plan = &parts.plan;
        Ok(Some(JobResult {
            returned: returned.records(),
            missing,
            repeated: returned.repeated(),
            strange: strange + returned.unreadable,
            errors: returned.errors,
            usage,
            cost: plan.model.batch_cost(plan.family, usage),
            on_demand: plan.model.cost(plan.family, usage),
        }))
    }

    /// Deletes what this job has in S3.
    async fn clean_up(&self) {
        let bucket = &self.board.parts.bucket;
        let mut keys = vec![self.input_key()];
        let listed = bucket.list(&self.output_folder()).await;
        let deleted = match listed {
            Ok(found) => {
                keys.extend(found);
                bucket.delete(&keys).await
            }
            Err(problem) => Err(problem),
        };
        match deleted {
            Ok(()) => self.board.change(self.number, |seen| seen.cleaned = true),
            Err(problem) => self.board.trouble("clean-up", &problem.to_string()),
        }
    }

    fn refuse(&self, words: String) {
        self.board.change(self.number, |seen| seen.message = Some(words));
        self.board.enter(self.number, JobState::Refused);
    }

    /// `<run>/job-1/`: everything of this job lies beneath it.
    fn folder(&self) -> String {
        format!("{}/job-{}/", self.board.parts.run, self.number)
    }

    fn input_key(&self) -> String {
        format!("{}in/records.jsonl", self.folder())
    }

    fn output_folder(&self) -> String {
        format!("{}out/", self.folder())
    }

    fn prepare(&self) -> Result<Prepared, String> {
        let parts = &*self.board.parts;
        match &parts.plan.job.records {
            RecordSource::File(path) => from_file(path),
            RecordSource::Workload {
                count,
                bad,
                malformed,
            } => Ok(self.made_records(*count, *bad, *malformed)),
        }
    }

    /// The same prompts as the online arm's, from the first on; each job the same ones.
    fn made_records(&self, count: u64, bad: u64, malformed: Option<u64>) -> Prepared {
        let parts = &*self.board.parts;
        let form = parts.plan.job.form;
        let mut bytes = Vec::new();
        let mut ids = Vec::new();
        for index in 0..count {
            let shot = ShotId { arm: ArmId(0), index };
            let prompt = parts.workload.prompt(shot);
            let is_bad = is_among(index, bad, count);
            let mut line = lines::line(index, &prompt, is_bad, form, &parts.plan.model);
            if malformed == Some(index + 1) {
                // Cut in the middle, as a writer that died leaves it.
                line.truncate(line.len() / 2);
            }
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
            ids.push(lines::record_id(index));
        }
        Prepared { bytes, ids }
    }
}

/// Whether the record is one of `some` that are spread evenly over `all`.
const fn is_among(index: u64, some: u64, all: u64) -> bool {
    all > 0 && (index + 1) * some / all > index * some / all
}

fn from_file(path: &str) -> Result<Prepared, String> {
    let size = std::fs::metadata(path)
        .map_err(|problem| format!("{path}: {problem}"))?
        .len();
    if size > MOST_FILE_BYTES {
        return Err(format!(
            "{path}: {size} bytes, more than the 256 MiB a drill takes"
        ));
    }
    let bytes = std::fs::read(path).map_err(|problem| format!("{path}: {problem}"))?;
    match lines::check(&bytes) {
        Ok(ids) => Ok(Prepared { bytes, ids }),
        Err(bad) => Err(format!("{path}: {}", named(&bad))),
    }
}

fn named(bad: &[BadLine]) -> String {
    let first: Vec<String> = bad
        .iter()
        .take(NAMED_LINES)
        .map(|bad| format!("line {}: {}", bad.line, bad.problem))
        .collect();
    let more = bad.len().saturating_sub(NAMED_LINES);
    if more == 0 {
        first.join("; ")
    } else {
        format!("{}; and {more} more", first.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_records_are_as_many_as_asked_for_and_spread() {
        let bad: Vec<u64> = (0..1_000).filter(|index| is_among(*index, 20, 1_000)).collect();
        assert_eq!(bad.len(), 20);
        assert_eq!((bad[0], bad[1]), (49, 99));
    }

    #[test]
    fn a_file_with_bad_lines_is_named_line_by_line() {
        let bad: Vec<BadLine> = (1..=5)
            .map(|line| BadLine {
                line,
                problem: "no".to_owned(),
            })
            .collect();
        assert_eq!(named(&bad), "line 1: no; line 2: no; line 3: no; and 2 more");
    }
}
