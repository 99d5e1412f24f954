//! The driver of batch jobs: reads their input from S3, writes their output there, answers for them.
//!
//! Jobs go on by the clock alone. Whatever is due is done before the next request about jobs or S3
//! is answered, so nobody can see that it was not done at its moment. A large file takes a while to
//! read: in real time that is done off the thread that answers online calls.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, MutexGuard, PoisonError};

use bytes::Bytes;

use super::work::Speech;
use super::{Caller, Inner};
use crate::clock::Moment;
use crate::emulator::route::JobCall;
use crate::emulator::s3::store::About;
use crate::emulator::wire::answer::{Ending, Speaker, uuid};
use crate::emulator::wire::ask::{Ask, Echo};
use crate::emulator::wire::control::batch as wire;
use crate::emulator::wire::error::WireError;
use crate::emulator::wire::records::{self, Record, Reply};
use crate::emulator::world::batch::{Batch, Job, Outcome, Owner, Records, outcome};
use crate::emulator::world::{Call, tokens};
use crate::seed::Seed;
use crate::units::TokenUsage;

/// The jobs, and the files that were read for them.
#[derive(Debug)]
pub(super) struct Desk {
    pub batch: Batch,
    /// By the job's number, until its output is written.
    files: BTreeMap<u64, Vec<File>>,
    seed: Seed,
}

/// A file of records.
#[derive(Clone, Debug)]
struct File {
    name: String,
    bytes: Bytes,
}

impl Desk {
    /// A desk with nothing on it.
    pub fn new(batch: Batch, seed: Seed) -> Self {
        Self {
            batch,
            files: BTreeMap::new(),
            seed: seed.derive("batch records"),
        }
    }
}

/// Does something at the desk, once all that is due has been done.
pub(super) async fn at_desk<T: Send + 'static>(
    inner: &Arc<Inner>,
    work: impl FnOnce(&mut Desk, &Inner) -> T + Send + 'static,
) -> Option<T> {
    if inner.clock.is_virtual() {
        return Some(work(&mut up_to_date(inner), inner));
    }
    let inner = Arc::clone(inner);
    let turn = move || work(&mut up_to_date(&inner), &inner);
    tokio::task::spawn_blocking(turn).await.ok()
}

/// The desk, with all done that is due.
pub(super) fn up_to_date(inner: &Inner) -> MutexGuard<'_, Desk> {
    // A panic while it was held leaves a job as it was before.
    let mut desk = inner.desk.lock().unwrap_or_else(PoisonError::into_inner);
    let now = inner.clock.now();
    for job in desk.batch.to_read(now) {
        let read = read(inner, &desk, &job);
        let judged = read.map(|(records, files)| {
            desk.files.insert(job.number, files);
            records
        });
        desk.batch.judge(job.number, judged);
    }
    for job in desk.batch.to_write(now) {
        let files = desk.files.remove(&job.number).unwrap_or_default();
        let ended = job.view(now).since;
        let result = write(inner, &desk, &job, &files, ended);
        desk.batch.written(job.number, ended, result);
    }
    desk.batch.tell(now);
    desk
}

/// Answers a call about jobs.
pub(super) fn answer(
    desk: &mut Desk,
    inner: &Inner,
    caller: Caller,
    call: JobCall,
) -> Result<Vec<u8>, WireError> {
    let now = inner.clock.now();
    let wall = |at| inner.clock.wall(at);
    let owner = Owner {
        account: caller.account,
        region: caller.region,
    };
    let answer = match call {
        JobCall::Create(body) => {
            let ask = wire::create(&body)?;
            desk.batch.create(now, &owner, ask).map(|arn| wire::created(&arn))
        }
        JobCall::Get(id) => desk
            .batch
            .job(&owner, &id)
            .map(|job| wire::job(&job.view(now), &wall)),
        JobCall::Stop(id) => desk.batch.stop(now, &owner, &id).map(|()| b"{}".to_vec()),
        JobCall::List(query) => {
            let filter = wire::Filter::read(&query)?;
            Ok(filter.page(desk.batch.jobs_of(&owner), now, &wall))
        }
    };
    answer.map_err(wire::refused)
}

/// Reads and judges a job's input, as the service's validation does: the bucket, the form of the
/// lines, their number; not what is asked. `Err` is the job's failure message.
fn read(inner: &Inner, desk: &Desk, job: &Job) -> Result<(Records, Vec<File>), String> {
    let files = fetch(inner, job)?;
    let limits = desk.batch.limits();
    let mut outcomes = Vec::new();
    for file in &files {
        let before = outcomes.len();
        for record in records::records(&file.bytes, desk.seed.hashed(file.name.as_bytes())) {
            let record = record.map_err(|malformed| {
                format!(
                    "Batch job {} contains malformed JSON in {} at line {}: {}. Please correct the line and \
                     resubmit your job.",
                    job.arn(),
                    file.name,
                    malformed.line,
                    malformed.problem
                )
            })?;
            let seed = desk.seed.keyed(job.number).keyed(outcomes.len() as u64);
            outcomes.push(decide(desk, job, &record, seed));
        }
        if (outcomes.len() - before) as u64 > limits.max_records {
            return Err(too_many(
                job,
                (outcomes.len() - before) as u64,
                limits.max_records,
            ));
        }
    }
    let count = outcomes.len() as u64;
    if count < limits.min_records {
        return Err(format!(
            "Batch job {} contains less records ({count}) than the required minimum of: {}. Please review the \
             Amazon Bedrock Service Quotas for your model here: \
             https://docs.aws.amazon.com/general/latest/gr/bedrock.html, and resubmit your job.",
            job.arn(),
            limits.min_records
        ));
    }
    if count > limits.max_records {
        return Err(too_many(job, count, limits.max_records));
    }
    Ok((Records::new(outcomes), files))
}

fn too_many(job: &Job, count: u64, most: u64) -> String {
    format!(
        "Batch job {} contains more records ({count}) than the allowed maximum of: {most}. Please review the \
         Amazon Bedrock Service Quotas for your model here: \
         https://docs.aws.amazon.com/general/latest/gr/bedrock.html, and resubmit your job.",
        job.arn()
    )
}

/// The files of a job's input: one object, or those beneath a folder that end in `.jsonl`.
fn fetch(inner: &Inner, job: &Job) -> Result<Vec<File>, String> {
    let store = inner.s3.store();
    let account = &*job.owner.account;
    for place in [&job.ask.input, &job.ask.output] {
        let bucket = store.bucket(&place.bucket, account);
        let is_theirs = place
            .owner
            .as_deref()
            .is_none_or(|owner| bucket.is_ok_and(|bucket| &*bucket.owner == owner));
        if bucket.is_err() || !is_theirs {
            return Err(format!(
                "The role {} cannot access the S3 bucket {}: it does not exist or belongs to another account.",
                job.ask.role, place.bucket
            ));
        }
    }
    let input = &job.ask.input;
    let bucket = store
        .bucket(&input.bucket, account)
        .map_err(|problem| problem.to_string())?;
    let is_folder = input.key.is_empty() || input.key.ends_with('/');
    let wanted = |key: &str| {
        if is_folder {
            key.starts_with(&input.key) && Path::new(key).extension().is_some_and(|kind| kind == "jsonl")
        } else {
            key == input.key
        }
    };
    let files: Vec<File> = bucket
        .objects()
        .filter(|(key, _)| wanted(key))
        .map(|(key, object)| File {
            name: key.rsplit('/').next().unwrap_or(key).to_owned(),
            bytes: object.bytes.clone(),
        })
        .collect();
    if files.is_empty() {
        return Err(format!("No JSONL file was found at {}.", input.uri));
    }
    Ok(files)
}

fn decide(desk: &Desk, job: &Job, record: &Record, seed: Seed) -> Outcome {
    match record.ask(job.ask.form, &job.model) {
        Err(error) => Outcome::Error {
            code: error.exception.status(),
            message: error.message,
        },
        Ok(ask) => {
            let call = call(job, &ask);
            let decided = outcome(&job.model, &call, desk.batch.plan().replies, seed);
            stopped_early(job, &ask, decided)
        }
    }
}

fn call(job: &Job, ask: &Ask) -> Call {
    Call {
        key: 0,
        account: Arc::clone(&job.owner.account),
        region: job.owner.region.clone(),
        target: job.ask.target.clone(),
        input_tokens: tokens::count(&job.model, ask.chars).saturating_add(ask.media_tokens),
        max_tokens: ask.max_tokens,
        stream: false,
        reply_tokens: None,
        routed: false,
        through: None,
        prefix: Vec::new(),
    }
}

/// A stop sequence within the reply ends it there.
fn stopped_early(job: &Job, ask: &Ask, decided: Outcome) -> Outcome {
    match decided {
        Outcome::Answer {
            usage,
            drawn,
            hits_max_tokens,
            text_seed,
        } if !ask.stop_sequences.is_empty() => {
            let width = job.model.chars_per_token;
            let speech = Speech::saying((text_seed, drawn), width, hits_max_tokens, ask);
            Outcome::Answer {
                usage: TokenUsage {
                    output: speech.tokens,
                    ..usage
                },
                drawn,
                hits_max_tokens,
                text_seed,
            }
        }
        other => other,
    }
}

/// Writes what was processed of a job: a file of answers for each of its files, and the manifest.
fn write(inner: &Inner, desk: &Desk, job: &Job, files: &[File], at: Moment) -> Result<(), String> {
    let Some(known) = job.records.as_deref() else {
        return Ok(());
    };
    let counts = job.view(at).counts;
    if counts.processed() == 0 {
        return Ok(());
    }
    let mut left = counts.processed() as usize;
    let mut outcomes = known.outcomes().iter();
    let mut made = Vec::new();
    for file in files {
        let mut lines: Vec<(u64, Vec<u8>)> = Vec::new();
        let mut draws = desk.seed.keyed(job.number).hashed(file.name.as_bytes()).stream();
        let read = records::records(&file.bytes, desk.seed.hashed(file.name.as_bytes()));
        // What was sound when it was read is so still: the bytes are the same.
        for (place, record) in (0_u64..).zip(read.flatten()) {
            let Some(outcome) = outcomes.next() else { break };
            if left == 0 {
                break;
            }
            left -= 1;
            let mut line = Vec::new();
            answer_line(&mut line, inner, job, &record, outcome);
            // The service does not keep the order.
            lines.push((place + draws.below(16) as u64, line));
        }
        lines.sort_by_key(|(place, _)| *place);
        let bytes: Vec<u8> = lines.into_iter().flat_map(|(_, line)| line).collect();
        made.push((format!("{}.out", file.name), bytes));
    }
    made.push((
        "manifest.json.out".to_owned(),
        records::manifest(known.count(), counts),
    ));
    let folder = job.ask.output.key.trim_end_matches('/');
    let folder = if folder.is_empty() {
        job.id.clone()
    } else {
        format!("{folder}/{}", job.id)
    };
    let mut store = inner.s3.store();
    for (name, bytes) in made {
        let key = format!("{folder}/{name}");
        let who = (at, &*job.owner.account);
        store
            .put(
                who,
                (&job.ask.output.bucket, &key),
                bytes.into(),
                About::default(),
            )
            .map_err(|problem| format!("The output could not be written to {key}: {problem}"))?;
    }
    Ok(())
}

fn answer_line(line: &mut Vec<u8>, inner: &Inner, job: &Job, record: &Record, outcome: &Outcome) {
    match outcome {
        Outcome::Error { code, message } => records::write(line, record, &Reply::Error(*code, message)),
        Outcome::Answer {
            usage,
            drawn,
            hits_max_tokens,
            text_seed,
        } => {
            let ask = record.ask(job.ask.form, &job.model).unwrap_or_default();
            let width = job.model.chars_per_token;
            let speech = Speech::saying((*text_seed, *drawn), width, *hits_max_tokens, &ask);
            let seed = Seed::new(*text_seed);
            let mut ids = seed.derive("request id").stream();
            let speaker = Speaker {
                model: Arc::clone(&job.model),
                echo: Echo {
                    prompt: ask.echo.prompt,
                    chat: ask.echo.chat,
                    ..Echo::default()
                },
                caches: ask.caches,
                seed,
                input_tokens: usage.input,
                cached: TokenUsage::default(),
                request_id: uuid(ids.bits(), ids.bits()),
                created: inner.clock.wall(job.course.begins_at()).as_second(),
                shape: speech.shape.clone(),
                response_fields: ask.response_fields,
                guard: None,
                invoked: None,
            };
            let ending = Ending {
                stop: speech.stop.clone(),
                usage: *usage,
                // A record's own latency means nothing to its reader: it waited for its job.
                latency_ms: job.course.pace.record.as_millis() as u64,
                first_byte_ms: 0,
            };
            let text = speech.text();
            records::write(
                line,
                record,
                &Reply::Answer(job.ask.form, &speaker, &text, &ending),
            );
        }
    }
}
