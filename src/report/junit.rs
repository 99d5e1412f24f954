//! JUnit XML: one test case for everything that was judged.
//!
//! A figure that breaks its bound is a `failure`. One that nobody can judge is an `error`, not a
//! `skipped`: a CI that counts skips as fine would otherwise take a drill that showed nothing for
//! one that passed. Comparisons have no bound of their own, so they are cases that pass, with their
//! sentence as output. The verdict is a case too: it alone knows of a missed schedule, lost events
//! and stop conditions.

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::account::Account;
use crate::drill::Outcome;
use crate::drill::expectation::{Judged, Standing};
use crate::drill::wording::metric_name;

/// The document.
pub(super) fn document(account: &Account) -> Result<String, SerializeError> {
    let run = &account.last.run;
    let mut report = Report::new("bedrill");
    report.set_time(account.last.at.since_start());
    let mut suite = TestSuite::new(run.scenario.clone());
    suite.set_time(account.last.at.since_start());
    let seed = run.seed.to_string();
    suite
        .add_property(("run", account.source.run.as_str()))
        .add_property(("seed", seed.as_str()))
        .add_property(("target", run.target.as_str()))
        .add_property(("bedrill", account.source.version.as_str()));
    suite.add_test_case(verdict(account));
    let class = |part: &str| format!("{}.{part}", run.scenario);
    for judged in &account.verdict.expectations {
        suite.add_test_case(case(judged, &class("expectation")));
    }
    for judged in &account.verdict.steady {
        suite.add_test_case(case(judged, &class("steady state")));
    }
    for compared in &account.verdict.comparisons {
        let comparison = &compared.comparison;
        let name = format!("{} against {}", comparison.first, comparison.second);
        let mut case = TestCase::new(name, TestCaseStatus::success());
        case.set_classname(class("comparison"));
        case.set_system_out(compared.sentence.clone());
        suite.add_test_case(case);
    }
    report.add_test_suite(suite);
    report.to_string()
}

fn verdict(account: &Account) -> TestCase {
    let verdict = &account.verdict;
    let kind = match verdict.outcome {
        Outcome::Pass => None,
        Outcome::Fail => Some(NonSuccessKind::Failure),
        Outcome::Inconclusive | Outcome::Stopped => Some(NonSuccessKind::Error),
    };
    let mut case = TestCase::new(
        "verdict",
        status(kind, verdict.outcome.word(), &verdict.reasons.join("\n")),
    );
    case.set_classname(format!("{}.verdict", account.last.run.scenario));
    let notes = [verdict.reasons.as_slice(), &verdict.caveats].concat();
    case.set_system_out(notes.join("\n"));
    case
}

fn case(judged: &Judged, class: &str) -> TestCase {
    let kind = match judged.standing {
        Standing::Held => None,
        Standing::Broken => Some(NonSuccessKind::Failure),
        Standing::Unsure => Some(NonSuccessKind::Error),
    };
    let remark = judged.remark.as_ref();
    let remark = remark.map_or_else(String::new, |remark| format!("; {remark}"));
    let words = format!("expected {}; found {}{remark}", judged.expected(), judged.found());
    let metric = metric_name(judged.figure.plan.metric);
    let word = if judged.standing == Standing::Unsure {
        "inconclusive"
    } else {
        metric.as_str()
    };
    let mut case = TestCase::new(judged.expected(), status(kind, word, &words));
    case.set_classname(class);
    case.set_system_out(format!("found {}", judged.found()));
    case
}

fn status(kind: Option<NonSuccessKind>, word: &str, words: &str) -> TestCaseStatus {
    let Some(kind) = kind else {
        return TestCaseStatus::success();
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(word).set_message(words).set_description(words);
    status
}
