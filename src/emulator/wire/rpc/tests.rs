use http::Request;
use proptest::prelude::*;

use super::*;

const SERVICE: RpcService = RpcService {
    target: "Granite1",
    shapes: "com.amazonaws.cloudwatch",
    xml: "http://monitoring.amazonaws.com/doc/2010-08-01/",
    json: "application/x-amz-json-1.0",
};

fn parts(path: &str, target: Option<&str>) -> Parts {
    let request = Request::post(path);
    let request = match target {
        Some(target) => request.header("x-amz-target", target),
        None => request,
    };
    request.body(()).expect("a request").into_parts().0
}

#[test]
fn the_same_request_reads_alike_in_all_three_forms() {
    let json = br#"{"Queries":[{"Id":"a","Period":60,"Full":true},{"Id":"b c"}],"StartTime":1767603600}"#;
    let cbor = {
        let query = |members: Vec<(&'static str, Value)>| {
            Value::Structure(
                members
                    .into_iter()
                    .map(|(name, value)| (name.into(), value))
                    .collect(),
            )
        };
        let first = query(vec![
            ("Id", Value::text("a")),
            ("Period", Value::Integer(60)),
            ("Full", Value::Bool(true)),
        ]);
        let second = query(vec![("Id", Value::text("b c"))]);
        cbor::write(&structure([
            ("Queries", Value::List(vec![first, second])),
            ("StartTime", Value::Time(1_767_603_600.0)),
        ]))
    };
    let form =
        b"Action=Ask&Version=1&Queries.member.2.Id=b+c&Queries.member.1.Id=a&Queries.member.1.Period=60\
        &Queries.member.1.Full=true&StartTime=2026-01-05T09%3A00%3A00Z";
    let calls = [
        SERVICE.read(&parts("/", Some("Granite1.Ask")), json),
        SERVICE.read(&parts("/service/Granite1/operation/Ask", None), &cbor),
        SERVICE.read(&parts("/", None), form),
    ];
    for call in calls {
        let call = call.expect("it reads");
        assert_eq!(call.operation, "Ask");
        let members = Members::of(&call.input).expect("a structure");
        assert_eq!(members.time("StartTime"), Ok(Some(1_767_603_600.0)));
        let queries = members.structures("Queries").expect("a list");
        assert_eq!(queries[0].need_text("Id"), Ok("a"));
        assert_eq!(queries[0].whole("Period"), Ok(Some(60)));
        assert_eq!(queries[0].flag("Full"), Ok(Some(true)));
        assert_eq!(queries[1].need_text("Id"), Ok("b c"));
        let missing = Malformed::Missing("Queries.member.2.Period".to_owned());
        assert_eq!(queries[1].need_text("Period"), Err(missing));
    }
}

#[test]
fn an_answer_in_xml_holds_lists_maps_and_times() {
    let output = structure([
        ("Names", Value::texts(["a<b", "c"])),
        ("At", Value::Time(1_767_603_600.0)),
        ("By", Value::Map(vec![("p99".to_owned(), Value::Float(2.0))])),
    ]);
    let call = SERVICE.read(&parts("/", None), b"Action=Ask").expect("it reads");
    let answer = SERVICE.answer(&call, Some(&output), "id-1");
    let body = String::from_utf8(answer.body).expect("text");
    assert_eq!(
        body,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <AskResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><AskResult>\
         <Names><member>a&lt;b</member><member>c</member></Names><At>2026-01-05T09:00:00Z</At>\
         <By><entry><key>p99</key><value>2.0</value></entry></By></AskResult>\
         <ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></AskResponse>"
    );
}

#[test]
fn an_error_names_its_shape_and_its_query_code() {
    let error = RpcError {
        shape: "InvalidNextToken",
        code: "InvalidNextToken",
        status: 400,
        message: "bad".into(),
    };
    let answer = SERVICE.refuse(Protocol::Cbor, &error, "id-1");
    assert_eq!(answer.headers["x-amzn-query-error"], "InvalidNextToken;Sender");
    let told = cbor::read(&answer.body).expect("it reads");
    let members = Members::of(&told).expect("a structure");
    assert_eq!(
        members.need_text("__type"),
        Ok("com.amazonaws.cloudwatch#InvalidNextToken")
    );
    let xml = SERVICE.refuse(Protocol::Query, &error, "id-1").body;
    let xml = String::from_utf8(xml).expect("text");
    assert!(
        xml.contains("<Error><Type>Sender</Type><Code>InvalidNextToken</Code><Message>bad</Message></Error>")
    );
}

proptest! {
    /// Whatever comes in, reading ends in a value or an error.
    #[test]
    fn no_body_is_too_strange_to_be_refused(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = cbor::read(&body);
        let _ = json::read(&body);
        let _ = query::read(&body);
    }
}
