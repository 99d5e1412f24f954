"""langchain-aws against the emulator: ChatBedrockConverse, ChatBedrock, BedrockEmbeddings.

    langchain_aws_client.py ENDPOINT
"""

import math
import sys

import boto3
from botocore.exceptions import ClientError
from langchain_aws import BedrockEmbeddings, ChatBedrock, ChatBedrockConverse
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel, Field

from told import run

ENDPOINT = sys.argv[1]
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "amazon.nova-lite-v1:0"
WHERE = dict(
    region_name="us-east-1",
    endpoint_url=ENDPOINT,
    aws_access_key_id="AKIDEXAMPLE",
    aws_secret_access_key="secret",
)
ASKED = [SystemMessage("Be brief."), HumanMessage("What is the weather in Oslo?")]


@tool
def get_weather(city: str, days: int) -> str:
    """Tells the weather of a city."""
    return f"Rain in {city} for {days} days."


class Trip(BaseModel):
    """A trip to be booked."""

    place: str = Field(description="Where to")
    nights: int = Field(ge=1, le=30)
    tags: list[str]


def chat(model=NOVA, **options):
    return ChatBedrockConverse(model=model, max_tokens=300, base_url=ENDPOINT, **WHERE, **options)


def test_a_chat():
    answer = chat().invoke(ASKED)
    assert answer.content and answer.usage_metadata["output_tokens"] > 0


def test_a_stream():
    pieces = list(chat().stream(ASKED))
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole + piece
    assert len(pieces) > 2 and whole.usage_metadata["output_tokens"] > 0


def test_a_tool_round_trip_plain_and_streamed():
    bound = chat().bind_tools([get_weather])
    answer = bound.invoke(ASKED)
    (call,) = answer.tool_calls
    assert call["name"] == "get_weather" and call["args"]["city"] == "Oslo", call
    result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
    after = bound.invoke([*ASKED, answer, result])
    assert not after.tool_calls and after.content
    whole = None
    for piece in bound.stream(ASKED):
        whole = piece if whole is None else whole + piece
    assert whole.tool_calls[0]["args"] == call["args"], whole


def test_structured_output_of_both_kinds():
    for model in (NOVA, CLAUDE):
        trip = chat(model).with_structured_output(Trip).invoke("Plan a trip to Rome for 3 nights.")
        assert isinstance(trip, Trip) and 1 <= trip.nights <= 30


def test_reasoning_comes_before_the_answer():
    fields = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    model = ChatBedrockConverse(
        model=CLAUDE, max_tokens=2000, base_url=ENDPOINT, additional_model_request_fields=fields, **WHERE
    )
    answer = model.invoke(ASKED)
    assert [block["type"] for block in answer.content] == ["reasoning_content", "text"], answer.content
    whole = None
    for piece in model.stream(ASKED):
        whole = piece if whole is None else whole + piece
    kinds = [block["type"] for block in whole.content]
    assert kinds[0] == "reasoning_content" and "text" in kinds, kinds


def test_chat_bedrock_speaks_claudes_own_body():
    model = ChatBedrock(model=CLAUDE, model_kwargs={"max_tokens": 300}, **WHERE)
    answer = model.invoke(ASKED)
    assert answer.content and answer.usage_metadata["output_tokens"] > 0
    called = model.bind_tools([get_weather]).invoke(ASKED)
    assert called.tool_calls[0]["args"]["city"] == "Oslo", called
    assert "".join(piece.text for piece in model.stream(ASKED))


def test_embeddings_have_the_models_dimension_and_norm():
    for model, width in (
        ("amazon.titan-embed-text-v1", 1536),
        ("amazon.titan-embed-text-v2:0", 1024),
        ("cohere.embed-english-v3", 1024),
        ("cohere.embed-multilingual-v3", 1024),
        ("cohere.embed-v4:0", 1536),
    ):
        embed = BedrockEmbeddings(model_id=model, **WHERE)
        one = embed.embed_query("a river")
        two = embed.embed_documents(["a river", "a mountain"])
        assert len(one) == width and [len(vector) for vector in two] == [width, width], model
        assert two[0] != two[1], model
        if model != "amazon.titan-embed-text-v1":
            assert math.isclose(sum(x * x for x in one), 1.0, rel_tol=1e-3), model


def test_errors_and_retries():
    try:
        chat("amazon.nova-none-v1:0").invoke(ASKED)
        raise AssertionError("an unknown model was taken")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ValidationException"


def test_tokens_are_counted_before_they_are_spent():
    runtime = boto3.client("bedrock-runtime", **WHERE)
    asked = [{"role": "user", "content": [{"text": "What is the weather in Oslo?"}]}]
    counted = runtime.count_tokens(modelId=NOVA, input={"converse": {"messages": asked}})["inputTokens"]
    assert counted == runtime.converse(modelId=NOVA, messages=asked)["usage"]["inputTokens"]


run(globals())
