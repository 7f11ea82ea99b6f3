"""Runs LiveKit's own LiveAvatar plugin, as people's agents do, and tells what happens as lines of JSON on stdout.

Its settings are one JSON object in the environment variable SETTINGS; see liveavatar-plugin.ts.
"""

import array
import asyncio
import json
import math
import os
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

from livekit import api, rtc
from livekit.agents import Agent, AgentSession, utils
from livekit.plugins import liveavatar

SAMPLE_RATE = 24_000
FRAME_SAMPLES = SAMPLE_RATE // 50
STEP_TIMEOUT_SECONDS = 30


def tell(step: str, **details: Any) -> None:
    print(json.dumps({"step": step, "at": round(time.time() * 1000), **details}), flush=True)


async def tone(seconds: float) -> AsyncIterator[rtc.AudioFrame]:
    """Comes faster than it is played, as from a text-to-speech service."""
    for frame in range(round(seconds * 50)):
        samples = array.array(
            "h",
            (
                round(9_000 * math.sin(2 * math.pi * 220 * (frame * FRAME_SAMPLES + n) / SAMPLE_RATE))
                for n in range(FRAME_SAMPLES)
            ),
        )
        yield rtc.AudioFrame(samples.tobytes(), SAMPLE_RATE, 1, FRAME_SAMPLES)


async def say(session: AgentSession, name: str, seconds: float, interrupt_after: float | None = None) -> None:
    output = session.output.audio
    assert output is not None
    started = asyncio.Event()
    output.once("playback_started", lambda _: started.set())
    speech = session.say(name, audio=tone(seconds))
    await asyncio.wait_for(started.wait(), STEP_TIMEOUT_SECONDS)
    tell("speaking", utterance=name)
    if interrupt_after is not None:
        await asyncio.sleep(interrupt_after)
        tell("interrupting", utterance=name)
        speech.interrupt()
    await asyncio.wait_for(speech.wait_for_playout(), STEP_TIMEOUT_SECONDS)
    tell("finished", utterance=name, interrupted=speech.interrupted)


async def run(settings: dict[str, Any]) -> None:
    livekit = settings["livekit"]
    token = (
        api.AccessToken(livekit["apiKey"], livekit["apiSecret"])
        .with_identity("agent")
        .with_kind("agent")
        .with_grants(api.VideoGrants(room_join=True, room=settings["room"]))
        .to_jwt()
    )
    room = rtc.Room()
    await room.connect(livekit["url"], token)
    session: AgentSession = AgentSession()
    avatar = liveavatar.AvatarSession(
        avatar_id=settings["avatarId"],
        api_key=settings["apiKey"],
        api_url=settings["apiUrl"],
        video_quality="high",
    )
    await avatar.start(
        session,
        room,
        livekit_url=livekit["url"],
        livekit_api_key=livekit["apiKey"],
        livekit_api_secret=livekit["apiSecret"],
    )
    await session.start(Agent(instructions="Say what you are told to say."), room=room)
    await avatar.wait_for_join(timeout=STEP_TIMEOUT_SECONDS)
    tell("joined", avatar=avatar.avatar_identity)

    await say(session, "first", 2)
    await say(session, "interrupted", 12, interrupt_after=1)
    await say(session, "next", 2)

    await session.aclose()
    # The plugin's own task tells the vendor to stop.
    if avatar._main_atask is not None:
        await asyncio.wait_for(avatar._main_atask, STEP_TIMEOUT_SECONDS)
    await avatar.aclose()
    await room.disconnect()
    tell("stopped")


async def main() -> None:
    async with utils.http_context.open():
        await run(json.loads(os.environ["SETTINGS"]))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
