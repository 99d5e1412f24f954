//! The documents that questions are asked about: our own handbook, or a file of the user's.

use std::fs;
use std::io;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use thiserror::Error;

use crate::event::PromptClass;
use crate::load::document::{Document, Question};
use crate::toml::{self, Item};

/// The name of the handbook in scenarios.
pub const HANDBOOK: &str = "handbook";

const TEXT: &str = include_str!("../../assets/handbook.md");
const QUESTIONS: &str = include_str!("../../assets/handbook-questions.toml");

/// No file is read that is larger, in bytes.
const MOST_BYTES: u64 = 20_000_000;

/// Asked about a text that brings no questions of its own.
const USUAL: [(&str, PromptClass); 10] = [
    ("What is this document for?", PromptClass::Simple),
    ("Who is it written for?", PromptClass::Simple),
    ("Which date does it name first?", PromptClass::Simple),
    (
        "Which names of people or places occur in it?",
        PromptClass::Simple,
    ),
    (
        "What does its first section say, in one sentence?",
        PromptClass::Simple,
    ),
    (
        "What does its last section say, in one sentence?",
        PromptClass::Simple,
    ),
    (
        "Which three facts in it matter most, and why?",
        PromptClass::Complex,
    ),
    (
        "Which of its statements contradict each other?",
        PromptClass::Complex,
    ),
    (
        "What would a newcomer have to do first, second and third?",
        PromptClass::Complex,
    ),
    ("Which figures in it depend on one another?", PromptClass::Complex),
];

/// Why a document cannot be used.
#[derive(Debug, Error)]
pub enum DocumentError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is too large.
    #[error("{} has {bytes} bytes, more than {MOST_BYTES}: no model's window holds it", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// It is neither text nor PDF.
    #[error("{} is neither UTF-8 text nor a PDF", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// It is a PDF that the extractor cannot read.
    #[error("no text can be got out of {}: {why}; save it as text and name that file", path.display())]
    Pdf {
        /// The file.
        path: PathBuf,
        /// In the extractor's words.
        why: String,
    },
    /// There is nothing in it.
    #[error("{} holds no text (a PDF of pictures has none)", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// The handbook with its questions.
pub fn handbook() -> Document {
    let document = toml::Document::parse("assets/handbook-questions.toml", QUESTIONS);
    let questions = document.ok().and_then(|document| {
        let list = document.root().take("question").and_then(|item| item.list())?;
        Some(list.iter().filter_map(question).collect::<Arc<[Question]>>())
    });
    // A test reads every question of the file.
    let questions = questions.filter(|questions| !questions.is_empty());
    Document {
        name: HANDBOOK.into(),
        text: TEXT.into(),
        questions: questions.unwrap_or_else(usual_questions),
    }
}

fn question(item: &Item<'_>) -> Option<Question> {
    let table = item.table()?;
    let classes = [("simple", PromptClass::Simple), ("complex", PromptClass::Complex)];
    Some(Question {
        text: table.take("question")?.text()?.into(),
        class: table.take("class")?.choice(&classes)?,
    })
}

fn usual_questions() -> Arc<[Question]> {
    let question = |(text, class): (&str, PromptClass)| Question {
        text: text.into(),
        class,
    };
    USUAL.map(question).into()
}

/// Reads a text, Markdown or PDF file; it gets questions that fit any text.
pub fn read(path: &Path) -> Result<Document, DocumentError> {
    let unreadable = |source| DocumentError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let bytes = fs::metadata(path).map_err(unreadable)?.len();
    if bytes > MOST_BYTES {
        return Err(DocumentError::TooLarge {
            path: path.to_owned(),
            bytes,
        });
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    let text = if bytes.starts_with(b"%PDF-") {
        pdf_text(bytes).map_err(|why| DocumentError::Pdf {
            path: path.to_owned(),
            why,
        })?
    } else {
        String::from_utf8(bytes).map_err(|_| DocumentError::NotText {
            path: path.to_owned(),
        })?
    };
    if text.trim().is_empty() {
        return Err(DocumentError::Empty {
            path: path.to_owned(),
        });
    }
    let stem = path.file_stem().map(|stem| stem.to_string_lossy());
    Ok(Document {
        name: stem.as_deref().unwrap_or("document").into(),
        text: text.trim().into(),
        questions: usual_questions(),
    })
}

/// The text of a PDF. The extractor panics on many a broken file, so it works on a thread of its own
/// (with room for deep nesting) while panics are not printed: ours is the better message.
fn pdf_text(bytes: Vec<u8>) -> Result<String, String> {
    const STACK: usize = 64 * 1024 * 1024;
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let extracted = thread::Builder::new()
        .name("bedrill-pdf".to_owned())
        .stack_size(STACK)
        .spawn(move || pdf_extract::extract_text_from_mem(&bytes).map_err(|problem| problem.to_string()))
        .map(thread::JoinHandle::join);
    panic::set_hook(hook);
    match extracted {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => Err("the file is broken".to_owned()),
        Err(problem) => Err(problem.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// A PDF of one page that says something.
    const HELLO: &str = "%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >> endobj
4 0 obj << /Length 44 >> stream
BT /F1 12 Tf 20 100 Td (Tide tables) Tj ET  
endstream endobj
5 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> endobj
";

    /// A file that is gone when the test is over.
    struct Temporary(PathBuf);

    impl Temporary {
        fn new(name: &str, bytes: &[u8]) -> Self {
            let name = format!("bedrill-document-{}-{name}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::write(&path, bytes).expect("a temporary file");
            Self(path)
        }
    }

    impl Drop for Temporary {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    /// The file with a cross-reference table that fits.
    fn whole_pdf() -> Vec<u8> {
        let mut pdf = HELLO.as_bytes().to_vec();
        let place = |number: usize| HELLO.find(&format!("\n{number} 0 obj")).expect("an object") + 1;
        let table = pdf.len();
        let mut tail = String::from("xref\n0 6\n0000000000 65535 f \n");
        for number in 1..=5 {
            writeln!(tail, "{:010} 00000 n ", place(number)).expect("room");
        }
        let trailer = "trailer << /Size 6 /Root 1 0 R >>";
        writeln!(tail, "{trailer}\nstartxref\n{table}\n%%EOF").expect("room");
        pdf.extend(tail.into_bytes());
        pdf
    }

    #[test]
    fn the_handbook_brings_its_questions() {
        let handbook = handbook();
        let complex = handbook
            .questions
            .iter()
            .filter(|q| q.class == PromptClass::Complex);
        assert_eq!((handbook.questions.len(), complex.count()), (60, 20));
        let cut = handbook.cut_to(4_000);
        assert!(cut.text.len() <= 4_100 && cut.text.starts_with("# Tarnwick"));
        assert_eq!(
            cut.question(PromptClass::Complex, 0.999).class,
            PromptClass::Complex
        );
    }

    #[test]
    fn text_and_pdf_are_read() {
        let notes = Temporary::new("notes.md", "# Tides\n\nHigh water at noon.\n".as_bytes());
        let document = read(&notes.0).expect("a text");
        assert!(document.text.ends_with("at noon.") && !document.questions.is_empty());
        let pdf = Temporary::new("tides.pdf", &whole_pdf());
        let document = read(&pdf.0).expect("a PDF");
        assert!(document.text.contains("Tide tables"), "{}", document.text);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let whole = whole_pdf();
        let cases: [(&str, &[u8], &str); 4] = [
            ("blank.txt", b" \n ", "holds no text"),
            ("bytes.bin", &[0xff, 0xfe, 0x00], "neither UTF-8 text nor a PDF"),
            ("cut.pdf", &whole[..300], "no text can be got out of"),
            ("lie.pdf", b"%PDF-1.7\nno such thing", "no text can be got out of"),
        ];
        for (name, bytes, words) in cases {
            let file = Temporary::new(name, bytes);
            let problem = read(&file.0).expect_err(name).to_string();
            assert!(problem.contains(words) && problem.contains(name), "{problem}");
        }
        let problem = read(Path::new("/no/such/file.md")).expect_err("none").to_string();
        assert!(problem.contains("/no/such/file.md"), "{problem}");
    }
}
