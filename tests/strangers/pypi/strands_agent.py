"""strands-agents against the emulator: an agent that chats, uses a tool and answers in a structure.

    strands_agent.py ENDPOINT
"""

import os
import sys

ENDPOINT = sys.argv[1]
os.environ |= {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}

from pydantic import BaseModel, Field  # noqa: E402
from strands import Agent, tool  # noqa: E402
from strands.models import BedrockModel  # noqa: E402

from told import run  # noqa: E402

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
CALLED = []


@tool
def get_weather(city: str, days: int = 1) -> str:
    """Tells the weather of a city.

    Args:
        city: Which city.
        days: For how many days.
    """
    CALLED.append(city)
    return f"Rain in {city}."


class Trip(BaseModel):
    """A trip."""

    place: str
    nights: int = Field(ge=1, le=30)


def agent(streaming=True, **options):
    model = BedrockModel(
        model_id=CLAUDE, region_name="us-east-1", endpoint_url=ENDPOINT, streaming=streaming, max_tokens=2000, **options
    )
    return Agent(model=model, tools=[get_weather], system_prompt="Be brief.", callback_handler=None)


def test_a_chat_streamed_and_plain():
    for streaming in (True, False):
        answer = agent(streaming)("Hello, who are you?")
        assert answer.stop_reason == "end_turn", answer.stop_reason
        assert answer.message["content"][0]["text"]
        assert answer.metrics.accumulated_usage["outputTokens"] > 0


def test_a_tool_is_used_and_its_result_answered():
    for streaming in (True, False):
        CALLED.clear()
        it = agent(streaming)
        answer = it("What is the weather in Oslo?")
        assert CALLED == ["Oslo"], CALLED
        assert answer.stop_reason == "end_turn"
        roles = [message["role"] for message in it.messages]
        assert roles == ["user", "assistant", "user", "assistant"], roles


def test_an_answer_in_a_structure():
    trip = agent()("Book Rome for 3 nights.", structured_output_model=Trip).structured_output
    assert isinstance(trip, Trip) and 1 <= trip.nights <= 30


def test_reasoning_is_kept():
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    it = agent(additional_request_fields=thinking)
    answer = it("Why is the sky blue?")
    kinds = [next(iter(block)) for block in answer.message["content"]]
    assert kinds == ["reasoningContent", "text"], kinds
    assert answer.message["content"][0]["reasoningContent"]["reasoningText"]["signature"]
    it("And at night?")


def test_a_guardrail_intervenes():
    guarded = dict(guardrail_id="bedrill0guard", guardrail_version="1", guardrail_trace="enabled")
    answer = agent(**guarded)("Tell me about the forbidden-word please.")
    assert answer.stop_reason == "guardrail_intervened", answer.stop_reason


run(globals())
