//! SEARCH: which metrics a text finds.
//!
//! `{AWS/Bedrock,ModelId} MetricName="Invocations" ModelId=(nova OR "us.amazon.nova-pro-v1:0")`: a
//! schema of a namespace and exactly these dimensions, then terms. A term in double quotes is the
//! whole value; a bare one is a part of it, in any case. Terms side by side must all hold.

use super::MetricId;

/// How deep brackets may nest.
const DEEPEST: usize = 16;

/// A search.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    schema: Option<(String, Vec<String>)>,
    term: Option<Term>,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Value(Option<String>, Wanted),
}

/// What a value is to be.
#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    Exactly(String),
    Part(String),
}

impl Search {
    /// Reads a search. `Err`: what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text, depth: 0 };
        let schema = reader.schema()?;
        let term = if reader.at_end() {
            None
        } else {
            Some(reader.any(None)?)
        };
        if !reader.at_end() {
            return Err(format!("unexpected {:.20} in the search", reader.rest));
        }
        if schema.is_none() && term.is_none() {
            return Err("the search needs a metric schema or a search term".to_owned());
        }
        Ok(Self { schema, term })
    }

    /// Whether it finds a metric.
    pub fn finds(&self, metric: &MetricId) -> bool {
        let fits = self.schema.as_ref().is_none_or(|(namespace, names)| {
            *namespace == metric.namespace
                && names.len() == metric.dimensions.len()
                && metric.dimensions.iter().all(|(name, _)| names.contains(name))
        });
        fits && self.term.as_ref().is_none_or(|term| term.holds(metric))
    }
}

impl Term {
    fn holds(&self, metric: &MetricId) -> bool {
        match self {
            Self::All(terms) => terms.iter().all(|term| term.holds(metric)),
            Self::Any(terms) => terms.iter().any(|term| term.holds(metric)),
            Self::Not(term) => !term.holds(metric),
            Self::Value(Some(name), wanted) => {
                let value = match name.as_str() {
                    "MetricName" => Some(metric.name.as_str()),
                    "Namespace" => Some(metric.namespace.as_str()),
                    name => metric.dimension(name),
                };
                value.is_some_and(|value| wanted.is(value))
            }
            Self::Value(None, wanted) => {
                let dimensions = metric
                    .dimensions
                    .iter()
                    .flat_map(|(name, value)| [name.as_str(), value]);
                let mut values = dimensions.chain([metric.name.as_str(), metric.namespace.as_str()]);
                values.any(|value| wanted.is(value))
            }
        }
    }
}

impl Wanted {
    fn is(&self, value: &str) -> bool {
        match self {
            Self::Exactly(wanted) => wanted == value,
            Self::Part(part) => value.to_lowercase().contains(part),
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn at_end(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.is_empty()
    }

    fn take(&mut self, symbol: char) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(symbol);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// A word, if it comes next and stands alone.
    fn keyword(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(word);
        let alone = rest.filter(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '('));
        self.rest = alone.unwrap_or(self.rest);
        alone.is_some()
    }

    fn schema(&mut self) -> Result<Option<(String, Vec<String>)>, String> {
        if !self.take('{') {
            return Ok(None);
        }
        let (inside, rest) = self.rest.split_once('}').ok_or("the metric schema has no end")?;
        self.rest = rest;
        let mut names = inside
            .split(',')
            .map(|name| name.trim().trim_matches('"').to_owned());
        let namespace = names.next().filter(|name| !name.is_empty());
        let namespace = namespace.ok_or("the metric schema has no namespace")?;
        Ok(Some((namespace, names.collect())))
    }

    fn any(&mut self, name: Option<&str>) -> Result<Term, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("the search nests too deep".to_owned());
        }
        let mut terms = vec![self.all(name)?];
        while self.keyword("OR") {
            terms.push(self.all(name)?);
        }
        self.depth -= 1;
        Ok(if terms.len() == 1 {
            terms.remove(0)
        } else {
            Term::Any(terms)
        })
    }

    fn all(&mut self, name: Option<&str>) -> Result<Term, String> {
        let mut terms = vec![self.one(name)?];
        loop {
            let joined = self.keyword("AND");
            let ends = self.at_end() || self.rest.starts_with(')') || self.rest.starts_with("OR ");
            if !joined && (ends || self.rest.starts_with("OR(")) {
                break;
            }
            terms.push(self.one(name)?);
        }
        Ok(if terms.len() == 1 {
            terms.remove(0)
        } else {
            Term::All(terms)
        })
    }

    fn one(&mut self, name: Option<&str>) -> Result<Term, String> {
        let mut negations = 0_usize;
        while self.keyword("NOT") {
            negations += 1;
        }
        let term = self.positive(name)?;
        Ok(if negations % 2 == 1 {
            Term::Not(Box::new(term))
        } else {
            term
        })
    }

    fn positive(&mut self, name: Option<&str>) -> Result<Term, String> {
        if self.take('(') {
            let inner = self.any(name)?;
            return if self.take(')') {
                Ok(inner)
            } else {
                Err("a bracket has no end".to_owned())
            };
        }
        let wanted = self.value()?;
        if name.is_some() || !self.take('=') {
            return Ok(Term::Value(name.map(str::to_owned), wanted.lowered()));
        }
        let (Wanted::Exactly(designator) | Wanted::Part(designator)) = wanted;
        if self.take('(') {
            let inner = self.any(Some(&designator))?;
            return if self.take(')') {
                Ok(inner)
            } else {
                Err("a bracket has no end".to_owned())
            };
        }
        let wanted = self.value()?.lowered();
        Ok(Term::Value(Some(designator), wanted))
    }

    /// A value as written.
    fn value(&mut self) -> Result<Wanted, String> {
        if self.take('"') {
            let (inside, rest) = self.rest.split_once('"').ok_or("a quote has no end")?;
            self.rest = rest;
            return Ok(Wanted::Exactly(inside.to_owned()));
        }
        let end = self.rest.find(|c: char| c.is_whitespace() || "()=\"".contains(c));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if word.is_empty() {
            return Err(match self.rest.chars().next() {
                Some(found) => format!("unexpected {found} in the search"),
                None => "unexpected end of the search".to_owned(),
            });
        }
        self.rest = rest;
        Ok(Wanted::Part(word.to_owned()))
    }
}

impl Wanted {
    fn lowered(self) -> Self {
        match self {
            Self::Part(part) => Self::Part(part.to_lowercase()),
            exact @ Self::Exactly(_) => exact,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn metric(name: &str, model: &str) -> MetricId {
        MetricId::new(
            "AWS/Bedrock",
            name,
            vec![("ModelId".to_owned(), model.to_owned())],
        )
    }

    #[test]
    fn a_search_finds_by_schema_name_and_model() {
        let nova = metric("Invocations", "us.amazon.nova-pro-v1:0");
        let claude = metric("InvocationThrottles", "us.anthropic.claude-sonnet-5");
        let cases = [
            (r#"{AWS/Bedrock,ModelId} MetricName="Invocations""#, (true, false)),
            ("{AWS/Bedrock,ModelId}", (true, true)),
            ("{AWS/Bedrock} Invocations", (false, false)),
            ("{AWS/Bedrock,ModelId} Invocation", (true, true)),
            (r#"{AWS/Bedrock,ModelId} MetricName="Invocation""#, (false, false)),
            (r#"{"AWS/Bedrock","ModelId"} ModelId=NOVA"#, (true, false)),
            ("{AWS/Bedrock,ModelId} ModelId=(nova OR sonnet)", (true, true)),
            (
                r#"ModelId=("us.amazon.nova-pro-v1:0") MetricName=Invocations"#,
                (true, false),
            ),
            ("{AWS/Bedrock,ModelId} NOT nova", (false, true)),
            (
                r#"MetricName="Invocations" OR MetricName="InvocationThrottles" AND claude"#,
                (true, true),
            ),
            ("(Invocations OR Throttles) AND claude", (false, true)),
        ];
        for (text, expected) in cases {
            let search = Search::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            assert_eq!((search.finds(&nova), search.finds(&claude)), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r#"[A-Za-z{}()",= ORANDT/]{0,60}"#) {
            let _ = Search::parse(&text);
        }
    }
}
