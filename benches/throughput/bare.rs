//! The SDK alone.

use std::thread;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Config, Region, StalledStreamProtectionConfig};
use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, InferenceConfiguration, Message};
use tokio::task::JoinSet;

use crate::machine::{MODEL, Start, emulator};
use crate::{Failure, IN_FLIGHT, Round};

/// The SDK alone, with the best settings there are.
pub fn bare_loop(span: Duration, cores: usize) -> Result<Round, Failure> {
    let server = emulator()?;
    let endpoint = format!("http://{}", server.addr());
    let began = Start::now()?;
    let workers: Vec<_> = (0..cores)
        .map(|_| {
            let endpoint = endpoint.clone();
            thread::spawn(move || {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .map(|runtime| runtime.block_on(bare_core(&endpoint, span, IN_FLIGHT / cores)))
            })
        })
        .collect();
    let mut done = 0;
    for worker in workers {
        done += worker
            .join()
            .map_err(|_| "a worker of the bare loop has panicked")??;
    }
    began.round(done)
}

async fn bare_core(endpoint: &str, span: Duration, in_flight: usize) -> u64 {
    let client = Client::from_conf(
        Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new("AKIDBENCH", "bench", None, None, "bench"))
            .region(Region::new("us-east-1"))
            .endpoint_url(endpoint)
            .retry_config(RetryConfig::standard())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build(),
    );
    let until = Instant::now() + span;
    let mut tasks = JoinSet::new();
    for _ in 0..in_flight {
        let client = client.clone();
        tasks.spawn(async move {
            let mut done = 0;
            while Instant::now() < until {
                if converse(&client).await {
                    done += 1;
                }
            }
            done
        });
    }
    tasks.join_all().await.into_iter().sum()
}

async fn converse(client: &Client) -> bool {
    let message = Message::builder()
        .role(ConversationRole::User)
        .content(ContentBlock::Text("x".repeat(200)))
        .build()
        .expect("a role and a content are all a message needs");
    client
        .converse()
        .model_id(MODEL)
        .messages(message)
        .inference_config(InferenceConfiguration::builder().max_tokens(64).build())
        .send()
        .await
        .is_ok()
}
