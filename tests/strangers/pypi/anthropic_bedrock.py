"""anthropic's AnthropicBedrock against the emulator: a chat, a stream, tools, thinking, caching, errors.

    anthropic_bedrock.py ENDPOINT
"""

import sys

import anthropic
from anthropic import AnthropicBedrock

from told import run

ENDPOINT = sys.argv[1]
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
ASKED = [{"role": "user", "content": "What is the weather in Oslo today?"}]
WEATHER = {
    "name": "get_weather",
    "description": "Tells the weather of a city.",
    "input_schema": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer", "minimum": 1, "maximum": 7},
        },
        "required": ["city", "unit", "days"],
    },
}


def client(retries=0):
    return AnthropicBedrock(
        aws_access_key="AKIDEXAMPLE",
        aws_secret_key="secret",
        aws_region="us-east-1",
        base_url=ENDPOINT,
        max_retries=retries,
    )


CLIENT = client()


def test_a_chat():
    answer = CLIENT.messages.create(model=CLAUDE, max_tokens=60, system="Be brief.", messages=ASKED)
    assert answer.type == "message" and answer.role == "assistant"
    assert answer.content[0].type == "text" and answer.content[0].text
    assert answer.stop_reason in ("end_turn", "max_tokens")
    assert answer.usage.input_tokens > 0 and 0 < answer.usage.output_tokens <= 60


def test_a_stream():
    with CLIENT.messages.stream(model=CLAUDE, max_tokens=60, messages=ASKED) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == final.content[0].text and final.usage.output_tokens > 0


def test_a_tool_is_used_and_its_result_answered():
    answer = CLIENT.messages.create(model=CLAUDE, max_tokens=200, tools=[WEATHER], messages=ASKED)
    assert answer.stop_reason == "tool_use", answer
    use = answer.content[-1]
    assert use.type == "tool_use" and use.name == "get_weather" and use.id.startswith("toolu_bdrk_")
    assert use.input["unit"] in ("celsius", "fahrenheit") and 1 <= use.input["days"] <= 7
    assert use.input["city"] == "Oslo"
    result = {"type": "tool_result", "tool_use_id": use.id, "content": "9 degrees, rain"}
    history = [*ASKED, {"role": "assistant", "content": answer.content}, {"role": "user", "content": [result]}]
    after = CLIENT.messages.create(model=CLAUDE, max_tokens=200, tools=[WEATHER], messages=history)
    assert after.stop_reason in ("end_turn", "max_tokens") and after.content[0].type == "text"


def test_a_forced_tool_streams_its_arguments():
    arguments = dict(model=CLAUDE, max_tokens=200, tools=[WEATHER], tool_choice={"type": "tool", "name": "get_weather"})
    kinds = []
    with CLIENT.messages.stream(messages=[{"role": "user", "content": "Hello."}], **arguments) as stream:
        for event in stream:
            kinds.append(event.type)
        final = stream.get_final_message()
    assert "input_json" in kinds, kinds
    assert final.stop_reason == "tool_use" and final.content[-1].input["unit"] in ("celsius", "fahrenheit")


def test_no_tool_where_none_may_be_used():
    answer = CLIENT.messages.create(
        model=CLAUDE, max_tokens=60, tools=[WEATHER], tool_choice={"type": "none"}, messages=ASKED
    )
    assert [block.type for block in answer.content] == ["text"]


def test_thinking_comes_before_the_answer_and_is_signed():
    arguments = dict(model=CLAUDE, max_tokens=2000, thinking={"type": "enabled", "budget_tokens": 1024})
    answer = CLIENT.messages.create(messages=ASKED, **arguments)
    assert [block.type for block in answer.content] == ["thinking", "text"]
    assert answer.content[0].thinking and answer.content[0].signature
    with CLIENT.messages.stream(messages=ASKED, **arguments) as stream:
        final = stream.get_final_message()
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert final.content[0].signature
    again = [*ASKED, {"role": "assistant", "content": final.content}, {"role": "user", "content": "And then?"}]
    assert CLIENT.messages.create(messages=again, **arguments).usage.output_tokens > 0


def test_stop_sequences_stop():
    answer = CLIENT.messages.create(model=CLAUDE, max_tokens=200, stop_sequences=["emulated"], messages=ASKED)
    assert answer.stop_reason == "stop_sequence" and answer.stop_sequence == "emulated"
    assert "emulated" not in answer.content[0].text


def test_the_cache_is_written_and_read():
    system = [{"type": "text", "text": "Know this. " * 1200, "cache_control": {"type": "ephemeral"}}]
    first = CLIENT.messages.create(model=CLAUDE, max_tokens=20, system=system, messages=ASKED).usage
    second = CLIENT.messages.create(model=CLAUDE, max_tokens=20, system=system, messages=ASKED).usage
    assert first.cache_creation_input_tokens > 1024 and not first.cache_read_input_tokens, first
    assert second.cache_read_input_tokens == first.cache_creation_input_tokens, second


def test_errors_are_of_the_right_class():
    try:
        CLIENT.messages.create(model=CLAUDE, max_tokens=0, messages=ASKED)
        raise AssertionError("max_tokens 0 was taken")
    except anthropic.BadRequestError as error:
        assert "max_tokens" in str(error), error
    try:
        CLIENT.messages.create(model="anthropic.claude-none-v1:0", max_tokens=9, messages=ASKED)
        raise AssertionError("an unknown model was taken")
    except anthropic.BadRequestError as error:
        assert "model identifier is invalid" in str(error), error


run(globals())
