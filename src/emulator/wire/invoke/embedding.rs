//! Bodies of embedding models: Titan, Cohere and Nova.
//!
//! A vector is the sum of one direction for each word, drawn from the word alone: the same text has
//! the same vector in every run, and texts that share words lie near each other. It means nothing else.

use serde_json::{Map, Value, json};

use super::schema::{Checked, Field, Takes, check, object, violation};
use super::written;
use crate::catalog::{EmbeddingForm, EmbeddingModel};
use crate::emulator::wire::answer::uuid;
use crate::emulator::wire::error::WireError;
use crate::seed::Seed;

/// The most texts of a call of Cohere's.
const MOST_TEXTS: usize = 96;
/// Words of a text that take part in its vector: more would cost time and change little.
const MOST_WORDS: usize = 256;
/// The kinds of numbers Cohere and Titan V2 give.
const KINDS: &[&str] = &["float", "int8", "uint8", "binary", "ubinary"];

/// What a call asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// The texts, one vector each.
    texts: Vec<String>,
    /// The length of a vector.
    dimension: u64,
    /// Whether a vector has the length 1.
    normal: bool,
    /// The kinds of numbers asked for; empty: plain floats.
    kinds: Vec<String>,
    /// What stands for the request.
    seed: u64,
}

impl Wish {
    /// Tokens of all texts.
    pub fn tokens(&self, model: &EmbeddingModel) -> u64 {
        let of = |text: &String| model.tokens(text.chars().count() as u64);
        self.texts.iter().map(of).sum()
    }
}

/// Reads a request body.
pub fn read(body: &[u8], model: &EmbeddingModel) -> Result<Wish, WireError> {
    let members = object(body)?;
    let mut wish = match model.form {
        EmbeddingForm::TitanV1 | EmbeddingForm::TitanV2 => titan(members, model),
        EmbeddingForm::CohereV3 | EmbeddingForm::CohereV4 => cohere(members, model),
        EmbeddingForm::Nova => nova(members, model),
    }?;
    wish.seed = Seed::new(0).hashed(body).number();
    for text in &mut wish.texts {
        let most = (model.max_input as f64 * model.chars_per_token) as usize;
        let chars = text.chars().count();
        if chars > most && matches!(model.form, EmbeddingForm::TitanV1 | EmbeddingForm::TitanV2) {
            return Err(WireError::validation(format!(
                "400 Bad Request: Too many input tokens. Max input tokens: {}, request input token count: {} ",
                model.max_input,
                model.tokens(chars as u64)
            )));
        }
        if let Some((end, _)) = text.char_indices().nth(most) {
            text.truncate(end);
        }
    }
    Ok(wish)
}

fn titan(members: Map<String, Value>, model: &EmbeddingModel) -> Result<Wish, WireError> {
    let all = [
        Field::must("inputText", Takes::Text),
        Field::may("dimensions", Takes::Integer(1, 8_192)),
        Field::may("normalize", Takes::Bool),
        Field::may("embeddingTypes", Takes::Texts),
    ];
    let is_first = model.form == EmbeddingForm::TitanV1;
    let fields = if is_first { &all[..1] } else { &all };
    let normal = members.get("normalize").and_then(Value::as_bool);
    let body = check(members, fields, "#")?;
    let text = body.text("inputText").unwrap_or_default();
    if text.is_empty() {
        return Err(violation("#/inputText: expected minLength: 1, actual: 0"));
    }
    Ok(Wish {
        texts: vec![text.to_owned()],
        dimension: dimension(body.count("dimensions"), "#/dimensions", model)?,
        normal: !is_first && normal.unwrap_or(true),
        kinds: kinds(
            body.texts("embeddingTypes"),
            &["float", "binary"],
            "#/embeddingTypes",
        )?,
        seed: 0,
    })
}

fn cohere(members: Map<String, Value>, model: &EmbeddingModel) -> Result<Wish, WireError> {
    let fields = [
        Field::must("input_type", Takes::Text),
        Field::may("texts", Takes::Texts),
        Field::may("images", Takes::Texts),
        Field::may("inputs", Takes::Array),
        Field::may("truncate", Takes::Text),
        Field::may("embedding_types", Takes::Texts),
        Field::may("output_dimension", Takes::Integer(1, 8_192)),
        Field::may("max_tokens", Takes::Integer(1, 128_000)),
    ];
    let inputs = mixed(members.get("inputs"));
    let body = check(members, &fields, "#")?;
    let types = [
        "search_document",
        "search_query",
        "classification",
        "clustering",
        "image",
    ];
    one_of(&body, "input_type", &types)?;
    one_of(&body, "truncate", &["NONE", "START", "END", "LEFT", "RIGHT"])?;
    let mut texts = body.texts("texts");
    texts.extend(body.texts("images"));
    texts.extend(inputs);
    if texts.is_empty() {
        return Err(violation("#: required key [texts] not found"));
    }
    if texts.len() > MOST_TEXTS {
        return Err(violation(&format!(
            "#/texts: expected maximum item count: {MOST_TEXTS}, found: {}",
            texts.len()
        )));
    }
    if model.form == EmbeddingForm::CohereV3 && body.count("output_dimension").is_some() {
        return Err(violation("#: extraneous key [output_dimension] is not permitted"));
    }
    Ok(Wish {
        texts,
        dimension: dimension(body.count("output_dimension"), "#/output_dimension", model)?,
        normal: true,
        kinds: kinds(body.texts("embedding_types"), KINDS, "#/embedding_types")?,
        seed: 0,
    })
}

/// The texts of Cohere's mixed inputs; an image stands for the words of its address.
fn mixed(inputs: Option<&Value>) -> Vec<String> {
    let inputs = inputs.and_then(Value::as_array).into_iter().flatten();
    let of = |input: &Value| {
        let parts = input["content"].as_array().into_iter().flatten();
        let texts: Vec<&str> = parts
            .filter_map(|part| {
                part["text"]
                    .as_str()
                    .or_else(|| part["image_url"]["url"].as_str())
            })
            .collect();
        texts.join("\n")
    };
    inputs.map(of).collect()
}

fn nova(members: Map<String, Value>, model: &EmbeddingModel) -> Result<Wish, WireError> {
    let fields = [
        Field::may("schemaVersion", Takes::Text),
        Field::must("taskType", Takes::Text),
        Field::must("singleEmbeddingParams", Takes::Object),
    ];
    let mut body = check(members, &fields, "#")?;
    if body.text("taskType") != Some("SINGLE_EMBEDDING") {
        return Err(WireError::validation(
            "taskType: only SINGLE_EMBEDDING is taken by InvokeModel; SEGMENTED_EMBEDDING needs StartAsyncInvoke, \
             which bedrill does not model.",
        ));
    }
    let inner = body.take_object("singleEmbeddingParams").unwrap_or_default();
    let texts = inner.get("text").and_then(|text| text["value"].as_str());
    let other = ["image", "video", "audio"]
        .iter()
        .find(|kind| inner.contains_key(**kind));
    let text = match (texts, other) {
        (Some(text), None) if !text.is_empty() => text.to_owned(),
        (None, Some(kind)) => inner[*kind]["source"].to_string(),
        _ => {
            return Err(WireError::validation(
                "singleEmbeddingParams must hold exactly one of text, image, video and audio, and it must not be empty.",
            ));
        }
    };
    if inner.get("embeddingPurpose").and_then(Value::as_str).is_none() {
        return Err(violation(
            "#/singleEmbeddingParams: required key [embeddingPurpose] not found",
        ));
    }
    let wanted = inner.get("embeddingDimension").and_then(Value::as_u64);
    Ok(Wish {
        texts: vec![text],
        dimension: dimension(wanted, "#/singleEmbeddingParams/embeddingDimension", model)?,
        normal: true,
        kinds: Vec::new(),
        seed: 0,
    })
}

fn dimension(wanted: Option<u64>, path: &str, model: &EmbeddingModel) -> Result<u64, WireError> {
    let usual = model.dimensions.first().copied().unwrap_or(1);
    match wanted {
        Some(length) if !model.dimensions.contains(&length) => {
            Err(violation(&format!("{path}: {length} is not a valid enum value")))
        }
        wanted => Ok(wanted.unwrap_or(usual)),
    }
}

fn kinds(wanted: Vec<String>, known: &[&str], path: &str) -> Result<Vec<String>, WireError> {
    match wanted.iter().find(|kind| !known.contains(&kind.as_str())) {
        Some(kind) => Err(violation(&format!(
            "{path}: {kind:.40} is not a valid enum value"
        ))),
        None => Ok(wanted),
    }
}

fn one_of(body: &Checked, key: &str, words: &[&str]) -> Result<(), WireError> {
    match body.text(key) {
        Some(word) if !words.contains(&word) => Err(violation(&format!(
            "#/{key}: {word:.40} is not a valid enum value"
        ))),
        _ => Ok(()),
    }
}

/// Writes an answer.
pub fn body(wish: &Wish, model: &EmbeddingModel) -> Vec<u8> {
    let vectors: Vec<Vec<f64>> = wish
        .texts
        .iter()
        .map(|text| vector(text, model, wish.dimension, wish.normal))
        .collect();
    let first = || vectors.first().map(Vec::as_slice).unwrap_or_default();
    written(&match model.form {
        EmbeddingForm::TitanV1 => json!({
            "embedding": first(),
            "inputTextTokenCount": wish.tokens(model),
        }),
        EmbeddingForm::TitanV2 => {
            let mut answer = json!({"inputTextTokenCount": wish.tokens(model)});
            let wanted = if wish.kinds.is_empty() {
                vec!["float".to_owned()]
            } else {
                wish.kinds.clone()
            };
            if wanted.iter().any(|kind| kind == "float") {
                answer["embedding"] = json!(first());
            }
            let signs = |kind: &str| match kind {
                "binary" => json!(first().iter().map(|x| u8::from(*x > 0.0)).collect::<Vec<u8>>()),
                _ => json!(first()),
            };
            answer["embeddingsByType"] = wanted.iter().map(|kind| (kind.clone(), signs(kind))).collect();
            answer
        }
        EmbeddingForm::CohereV3 | EmbeddingForm::CohereV4 => {
            let by_type = || -> Map<String, Value> {
                let of = |kind: &String| {
                    let list: Vec<Value> = vectors.iter().map(|vector| of_kind(vector, kind)).collect();
                    (kind.clone(), Value::Array(list))
                };
                wish.kinds.iter().map(of).collect()
            };
            let plain = wish.kinds.is_empty();
            json!({
                "id": uuid(wish.seed, Seed::new(wish.seed).derive("id").number()),
                "texts": wish.texts,
                "embeddings": if plain { json!(vectors) } else { Value::Object(by_type()) },
                "response_type": if plain { "embeddings_floats" } else { "embeddings_by_type" },
            })
        }
        EmbeddingForm::Nova => json!({
            "embeddings": [{"embeddingType": "TEXT", "embedding": first()}],
        }),
    })
}

/// The numbers of a vector in a smaller kind.
fn of_kind(vector: &[f64], kind: &str) -> Value {
    let widest = vector.iter().fold(f64::MIN_POSITIVE, |most, x| most.max(x.abs()));
    let scaled = |x: &f64| (x / widest * 127.0).round() as i64;
    let bits = |chunk: &[f64]| {
        chunk
            .iter()
            .fold(0_i64, |byte, x| (byte << 1) | i64::from(*x > 0.0))
    };
    match kind {
        "int8" => json!(vector.iter().map(scaled).collect::<Vec<i64>>()),
        "uint8" => json!(vector.iter().map(|x| scaled(x) + 128).collect::<Vec<i64>>()),
        "ubinary" => json!(vector.chunks(8).map(bits).collect::<Vec<i64>>()),
        "binary" => json!(
            vector
                .chunks(8)
                .map(|chunk| bits(chunk) - 128)
                .collect::<Vec<i64>>()
        ),
        _ => json!(vector),
    }
}

/// The vector of a text.
fn vector(text: &str, model: &EmbeddingModel, dimension: u64, normal: bool) -> Vec<f64> {
    let of_model = Seed::new(dimension).derive(model.id.as_str());
    let mut sum = vec![0.0; usize::try_from(dimension).unwrap_or_default()];
    let lower = text.to_lowercase();
    let words = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    // A text of signs alone is a word too.
    let mut words = words.take(MOST_WORDS).peekable();
    let alone = words.peek().is_none().then_some(lower.as_str());
    for word in words.chain(alone) {
        let mut draws = of_model.derive(word).stream();
        for place in &mut sum {
            *place += draws.unit() - 0.5;
        }
    }
    let norm = sum
        .iter()
        .map(|x| x * x)
        .sum::<f64>()
        .sqrt()
        .max(f64::MIN_POSITIVE);
    let length = if normal { 1.0 } else { 20.0 };
    for place in &mut sum {
        // Single precision, as the service writes it.
        *place = f64::from((*place / norm * length) as f32);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    fn answer(model: &str, body: &Value) -> Result<Value, String> {
        let catalog = Catalog::builtin();
        let model = &catalog.offers.embeddings[model];
        let wish = read(body.to_string().as_bytes(), model).map_err(|error| error.message.into_owned())?;
        Ok(serde_json::from_slice(&super::body(&wish, model)).expect("JSON"))
    }

    fn floats(value: &Value) -> Vec<f64> {
        value
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(Value::as_f64)
            .collect()
    }

    #[test]
    fn vectors_have_the_dimension_and_norm_that_is_asked_and_come_again() {
        let asked = json!({"inputText": "a river in Norway", "dimensions": 256});
        let first = answer("amazon.titan-embed-text-v2:0", &asked).expect("vectors");
        assert_eq!(
            first,
            answer("amazon.titan-embed-text-v2:0", &asked).expect("vectors")
        );
        let vector = floats(&first["embedding"]);
        let norm = vector.iter().map(|x| x * x).sum::<f64>();
        assert_eq!(
            (vector.len(), first["inputTextTokenCount"].as_u64()),
            (256, Some(5))
        );
        assert!((norm - 1.0).abs() < 1e-5, "{norm}");
    }

    #[test]
    fn texts_that_share_words_lie_nearer_than_those_that_do_not() {
        let asked = json!({"texts": ["a cold river", "a wide river", "stock markets fell"],
            "input_type": "search_document"});
        let found = answer("cohere.embed-english-v3", &asked).expect("vectors");
        let vectors: Vec<Vec<f64>> = (0..3).map(|n| floats(&found["embeddings"][n])).collect();
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        assert!(near(&vectors[0], &vectors[1]) > 0.3 + near(&vectors[0], &vectors[2]));
        assert_eq!(found["response_type"], "embeddings_floats");
    }

    #[test]
    fn every_kind_of_number_has_its_own_length() {
        let asked = json!({"texts": ["a"], "input_type": "search_query", "output_dimension": 512,
            "embedding_types": KINDS});
        let found = answer("cohere.embed-v4:0", &asked).expect("vectors");
        let lengths = KINDS
            .iter()
            .map(|kind| floats(&found["embeddings"][*kind][0]).len());
        assert_eq!(lengths.collect::<Vec<_>>(), [512, 512, 512, 64, 64]);
    }

    #[test]
    fn bodies_that_break_a_rule_are_told_which() {
        for (model, body, told) in [
            (
                "amazon.titan-embed-text-v1",
                json!({}),
                "required key [inputText]",
            ),
            (
                "amazon.titan-embed-text-v1",
                json!({"inputText": "a", "dimensions": 256}),
                "extraneous key [dimensions]",
            ),
            (
                "amazon.titan-embed-text-v2:0",
                json!({"inputText": "a", "dimensions": 300}),
                "300 is not a valid enum",
            ),
            (
                "cohere.embed-english-v3",
                json!({"texts": ["a"]}),
                "required key [input_type]",
            ),
            (
                "cohere.embed-english-v3",
                json!({"texts": vec!["a"; 97], "input_type": "clustering"}),
                "maximum item count",
            ),
            (
                "amazon.nova-2-multimodal-embeddings-v1:0",
                json!({"taskType": "SEGMENTED_EMBEDDING", "singleEmbeddingParams": {}}),
                "StartAsyncInvoke",
            ),
        ] {
            let refused = answer(model, &body).expect_err("a broken rule");
            assert!(refused.contains(told), "{refused}");
        }
    }
}
