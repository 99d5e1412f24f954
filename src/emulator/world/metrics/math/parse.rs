//! Text to tree, by recursive descent. No panic and no deep recursion, whatever the text.

use super::{Expression, MathError, Operator};

/// The longest expression, in characters (the service's limit).
const LONGEST: usize = 2_048;
/// How deep brackets may nest.
const DEEPEST: usize = 48;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Word(String),
    Text(String),
    Operator(Operator),
    Symbol(char),
}

/// Reads an expression.
///
/// # Errors
///
/// The text is no expression; the words say at which character.
pub fn parse(text: &str) -> Result<Expression, MathError> {
    if text.chars().count() > LONGEST {
        return Err(MathError::new(format!(
            "The expression is longer than {LONGEST} characters"
        )));
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        depth: 0,
    };
    let expression = parser.operation(0)?;
    match parser.peek() {
        None => Ok(expression),
        Some(_) => Err(parser.unexpected()),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
}

impl Parser {
    /// An operand and all operators that bind more tightly than `least`. All are left-associative but
    /// the power.
    fn operation(&mut self, least: u8) -> Result<Expression, MathError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(MathError::new("The expression nests too deep"));
        }
        let mut left = self.operand()?;
        while let Some(Token::Operator(operator)) = self.peek() {
            let operator = *operator;
            if operator.precedence() <= least {
                break;
            }
            self.next += 1;
            let binds = operator.precedence() - u8::from(operator == Operator::Power);
            let right = self.operation(binds)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expression, MathError> {
        let Some((_, token)) = self.tokens.get(self.next).cloned() else {
            return Err(self.unexpected());
        };
        self.next += 1;
        match token {
            Token::Number(number) => Ok(Expression::Number(number)),
            Token::Text(text) => Ok(Expression::Text(text)),
            Token::Word(word) => {
                if self.take('(') {
                    Ok(Expression::Call(word, self.list(')')?))
                } else {
                    Ok(Expression::Name(word))
                }
            }
            // A sign binds more tightly than all but the power.
            Token::Operator(Operator::Minus) => {
                let operand = self.operation(Operator::Times.precedence())?;
                Ok(Expression::Negative(Box::new(operand)))
            }
            Token::Symbol('(') => {
                let inner = self.operation(0)?;
                self.need(')')?;
                Ok(inner)
            }
            Token::Symbol('[') => Ok(Expression::Array(self.list(']')?)),
            _ => {
                self.next -= 1;
                Err(self.unexpected())
            }
        }
    }

    fn list(&mut self, end: char) -> Result<Vec<Expression>, MathError> {
        let mut members = Vec::new();
        if self.take(end) {
            return Ok(members);
        }
        loop {
            members.push(self.operation(0)?);
            if self.take(end) {
                return Ok(members);
            }
            self.need(',')?;
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn take(&mut self, symbol: char) -> bool {
        let is_next = self.peek() == Some(&Token::Symbol(symbol));
        self.next += usize::from(is_next);
        is_next
    }

    fn need(&mut self, symbol: char) -> Result<(), MathError> {
        if self.take(symbol) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn unexpected(&self) -> MathError {
        match self.tokens.get(self.next) {
            None => MathError::new("Syntax error: unexpected end of the expression"),
            Some((at, token)) => {
                let shown = match token {
                    Token::Number(number) => number.to_string(),
                    Token::Word(word) => word.clone(),
                    Token::Text(text) => format!("'{text:.40}'"),
                    Token::Operator(operator) => operator.symbol().to_owned(),
                    Token::Symbol(symbol) => symbol.to_string(),
                };
                MathError::new(format!(
                    "Syntax error: unexpected {shown} at character {}",
                    at + 1
                ))
            }
        }
    }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, MathError> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        if letter.is_whitespace() {
            at += 1;
            continue;
        }
        let (token, end) = token(&letters, at).ok_or_else(|| {
            MathError::new(format!(
                "Syntax error: unexpected {letter} at character {}",
                at + 1
            ))
        })?;
        found.push((at, token));
        at = end;
    }
    Ok(found)
}

/// The token that begins at a place, and where it ends.
fn token(letters: &[char], at: usize) -> Option<(Token, usize)> {
    let run = |belongs: &dyn Fn(char) -> bool| {
        let more = letters[at..]
            .iter()
            .take_while(|letter| belongs(**letter))
            .count();
        (letters[at..at + more].iter().collect::<String>(), at + more)
    };
    match letters[at] {
        '0'..='9' | '.' => {
            let (digits, mut end) = run(&|letter| letter.is_ascii_digit() || letter == '.');
            let mut written = digits;
            // An exponent, but not the beginning of a word.
            if matches!(letters.get(end), Some('e' | 'E')) {
                let sign = usize::from(matches!(letters.get(end + 1), Some('+' | '-')));
                let digits = letters[(end + 1 + sign).min(letters.len())..].iter();
                let digits = digits.take_while(|letter| letter.is_ascii_digit()).count();
                if digits > 0 {
                    let stop = end + 1 + sign + digits;
                    written.extend(&letters[end..stop]);
                    end = stop;
                }
            }
            Some((Token::Number(written.parse().ok()?), end))
        }
        letter if letter.is_ascii_alphabetic() => {
            let (word, end) = run(&|letter| letter.is_ascii_alphanumeric() || letter == '_');
            let token = match word.as_str() {
                "AND" => Token::Operator(Operator::And),
                "OR" => Token::Operator(Operator::Or),
                _ => Token::Word(word),
            };
            Some((token, end))
        }
        quote @ ('\'' | '"') => {
            let length = letters[at + 1..].iter().position(|letter| *letter == quote)?;
            let text = letters[at + 1..=at + length].iter().collect();
            Some((Token::Text(text), at + length + 2))
        }
        symbol @ ('(' | ')' | '[' | ']' | ',') => Some((Token::Symbol(symbol), at + 1)),
        letter => {
            let two = letters.get(at + 1).map(|next| (letter, *next));
            let double = match two {
                Some(('=', '=')) => Some(Operator::Equal),
                Some(('!', '=')) => Some(Operator::NotEqual),
                Some(('<', '=')) => Some(Operator::LessOrEqual),
                Some(('>', '=')) => Some(Operator::GreaterOrEqual),
                Some(('&', '&')) => Some(Operator::And),
                Some(('|', '|')) => Some(Operator::Or),
                _ => None,
            };
            if let Some(operator) = double {
                return Some((Token::Operator(operator), at + 2));
            }
            let operator = match letter {
                '<' => Operator::Less,
                '>' => Operator::Greater,
                '+' => Operator::Plus,
                '-' => Operator::Minus,
                '*' => Operator::Times,
                '/' => Operator::Over,
                '^' => Operator::Power,
                _ => return None,
            };
            Some((Token::Operator(operator), at + 1))
        }
    }
}
