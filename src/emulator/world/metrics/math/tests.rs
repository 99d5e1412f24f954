use proptest::prelude::*;

use super::*;

fn number(text: &str) -> f64 {
    struct Nothing;
    impl Context for Nothing {
        fn value(&mut self, id: &str) -> Result<Operand, MathError> {
            Err(MathError::new(id))
        }
        fn metrics(&mut self, _: &str) -> Result<Vec<Line>, MathError> {
            Ok(Vec::new())
        }
        fn search(&mut self, _: &str, _: &str, _: Option<f64>) -> Result<Vec<Line>, MathError> {
            Ok(Vec::new())
        }
        fn span(&self) -> std::ops::Range<i64> {
            0..0
        }
        fn period(&self) -> i64 {
            60
        }
    }
    let expression = parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
    match evaluate(&expression, &mut Nothing) {
        Ok(Operand::Scalar(number)) => number,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn operators_bind_as_in_arithmetic() {
    for (text, expected) in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("8 - 3 - 2", 3.0),
        ("16 / 4 / 2", 2.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("2 * -3", -6.0),
        ("1 + 1 == 2 AND 3 > 2", 1.0),
        ("0 OR 1 AND 0", 0.0),
        ("1 < 2 == 1", 1.0),
        ("1.5e2 + .5", 150.5),
        ("IF(2 >= 2, 7, 8)", 7.0),
        ("2 != 2 || 1 <= 1", 1.0),
    ] {
        assert!((number(text) - expected).abs() < 1e-9, "{text}: {}", number(text));
    }
}

/// An expression written out with no more brackets than it needs.
fn written(expression: &Expression, least: u8) -> String {
    match expression {
        Expression::Binary(operator, left, right) => {
            let binds = operator.precedence();
            // The power groups to the right, all others to the left.
            let to_right = *operator == Operator::Power;
            let (left_least, right_least) = (binds - u8::from(!to_right), binds - u8::from(to_right));
            let text = format!(
                "{} {} {}",
                written(left, left_least),
                operator.symbol(),
                written(right, right_least)
            );
            if binds > least { text } else { format!("({text})") }
        }
        Expression::Negative(inner) => format!("(-{})", written(inner, 6)),
        Expression::Call(name, members) => format!("{name}({})", list(members)),
        Expression::Array(members) => format!("[{}]", list(members)),
        Expression::Number(number) => number.to_string(),
        Expression::Name(name) => name.clone(),
        Expression::Text(text) => format!("'{text}'"),
    }
}

fn list(members: &[Expression]) -> String {
    members
        .iter()
        .map(|member| written(member, 0))
        .collect::<Vec<_>>()
        .join(", ")
}

fn expressions() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        (0_u32..10_000).prop_map(|number| Expression::Number(f64::from(number) / 8.0)),
        "m[0-9]{1,2}".prop_map(Expression::Name),
        "[a-z {}=\"]{0,8}".prop_map(Expression::Text),
    ];
    leaf.prop_recursive(5, 32, 3, |inner| {
        let operator = prop_oneof![
            Just(Operator::Or),
            Just(Operator::And),
            Just(Operator::Equal),
            Just(Operator::Less),
            Just(Operator::GreaterOrEqual),
            Just(Operator::Plus),
            Just(Operator::Minus),
            Just(Operator::Times),
            Just(Operator::Over),
            Just(Operator::Power),
        ];
        prop_oneof![
            (operator, inner.clone(), inner.clone()).prop_map(|(operator, left, right)| Expression::Binary(
                operator,
                left.into(),
                right.into()
            )),
            inner.clone().prop_map(|inner| Expression::Negative(inner.into())),
            proptest::collection::vec(inner.clone(), 0..3)
                .prop_map(|members| Expression::Call("SUM".to_owned(), members)),
            proptest::collection::vec(inner, 0..3).prop_map(Expression::Array),
        ]
    })
}

proptest! {
    /// Written with the fewest brackets, an expression reads back as itself.
    #[test]
    fn what_is_written_is_read_back(expression in expressions()) {
        let text = written(&expression, 0);
        if text.len() <= 2_048 {
            prop_assert_eq!(parse(&text), Ok(expression), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in r#"[-a-zA-Z0-9.()\[\],+*/^<>=!&|'" é]{0,80}"#) {
        let _ = parse(&text);
    }
}

#[test]
fn brackets_may_not_nest_without_end() {
    let deep = "(".repeat(1_000);
    assert_eq!(parse(&deep), Err(MathError::new("The expression nests too deep")));
    let minus = "-".repeat(1_000);
    assert_eq!(
        parse(&minus),
        Err(MathError::new("The expression nests too deep"))
    );
}
