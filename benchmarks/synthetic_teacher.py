"""A synthetic endpoint: a chat-completions server that answers all questions of a build by a rule, always in the same way to the same body.

    python benchmarks/synthetic_teacher.py [--port 0] [--latency 0.0] [--emojis 600]

It prints its address, then serves until it is killed. `GET /stats` says how many questions it has answered and how many different ones. The tests of the
build and `benchmarks/build_scale.py` run it in a process of its own.

* A rewrite is the sentence with a casual ending; one in a hundred leaks an emoji, declines, or is unchanged.
* Emoji follow Zipf's law over the first `--emojis` emoji of a fixed shuffle, so that a dozen of them would stand far over a cap of 3 %; one reply in a hundred
  is prose. What the prompt asks to avoid is avoided nine times in ten. A text that holds 『name』 gets the emoji of that Japanese name in four of five.
* Posts for an emoji hold its name in that form; one in ten does not.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import itertools
import json
import random
import re
from bisect import bisect
from collections.abc import Callable

from emojit.emoji import INVENTORY, inventory
from emojit.recipe import TeacherConfig
from emojit.teacher import prompt_texts

ENDINGS = ("んだって", "んだよね", "らしいよ", "みたいだよ", "んだってさ")
KATAKANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロ"

_STEERING = re.compile(re.escape(prompt_texts(TeacherConfig())["steering"].split("{avoid}")[0]) + "(.+)")
_POST = re.compile(r"絵文字 (\S+) \((.+)\) が合う投稿を(\d+)個")
_NAMED = re.compile("『(.+?)』")


class Rule:
    """What the synthetic teacher says."""

    def __init__(self, emojis: int = 600) -> None:
        """Fix the distribution; `emojis` is how many different ones it uses (count)."""
        shuffled = [emoji for emoji in INVENTORY if emoji != "✨"]
        random.Random(0).shuffle(shuffled)
        self._emojis = shuffled[:emojis]
        self._cumulated = list(itertools.accumulate(1 / rank for rank in range(1, emojis + 1)))
        self._by_name = {entry.name_ja: entry.emoji for entry in inventory()}

    def answers(self, body: bytes) -> list[str]:
        """Return as many answers as the body asks for with `n`."""
        question = json.loads(body)
        system, user = (message["content"] for message in question["messages"])
        digest = hashlib.sha256(f"{system}\n{user}".encode()).digest()
        say = self._posts if "投稿する人" in system else self._emoji if "絵文字を選ぶ人" in system else self._rewrite
        return [say(system, user, random.Random(digest + bytes([n]))) for n in range(question.get("n") or 1)]

    def _rewrite(self, system: str, user: str, rng: random.Random) -> str:
        text = user.rpartition("\n\n")[2]
        fate = rng.random()
        if fate < 0.003:
            return text
        if fate < 0.006:
            return "申し訳ありませんが、この文は書き換えできません。"
        return f"{text.rstrip('。')}{rng.choice(ENDINGS)}{'🎉' if fate < 0.01 else ''}"

    def _emoji(self, system: str, user: str, rng: random.Random) -> str:
        if rng.random() < 0.01:
            return f"この投稿には{self._draw(rng)}が合います。"
        found = _STEERING.search(system)
        avoid = set(found[1].split()) if found and rng.random() < 0.9 else set()
        row: dict[str, None] = {}
        named = _NAMED.search(user)
        if named and named[1] in self._by_name and rng.random() < 0.8:
            row[self._by_name[named[1]]] = None
        size = len(row) + rng.choice((1, 2, 2, 3))
        for _ in range(100):
            emoji = self._draw(rng)
            if emoji not in avoid:
                row[emoji] = None
            if len(row) == size:
                break
        return " ".join(row)

    def _posts(self, system: str, user: str, rng: random.Random) -> str:
        found = _POST.search(user)
        assert found is not None, user
        posts = []
        for number in range(1, int(found[3]) + 1):
            name = f"『{found[2]}』" if rng.random() < 0.9 else "いつもの"
            posts.append(f"{number}. {word(rng)}と{name}に出会った{word(rng)}の朝、{word(rng)}で笑った")
        return "\n".join(posts)

    def _draw(self, rng: random.Random) -> str:
        return self._emojis[bisect(self._cumulated, rng.random() * self._cumulated[-1])]


def word(rng: random.Random) -> str:
    """Return a made-up word of three to six syllables."""
    return "".join(rng.choices(KATAKANA, k=rng.randint(3, 6)))


class Connection(asyncio.Protocol):
    """One client; requests on it come one after the other."""

    def __init__(
        self, answers: Callable[[bytes], list[str]], latency: float, seen: set[bytes], count: list[int]
    ) -> None:
        self._answers = answers
        self._latency = latency
        self._seen = seen
        self._count = count
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer a request as soon as all of it is there."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line[:15].lower() == b"content-length:"), 0)
        if len(body) < length:
            return
        self._received = b""
        if lines[0].startswith(b"GET /stats"):
            self._send({"answered": self._count[0], "distinct": len(self._seen)})
        elif lines[0].startswith(b"POST"):
            asyncio.get_running_loop().call_later(self._latency, self._answer, body)
        else:
            self._send({"data": []})

    def _answer(self, body: bytes) -> None:
        texts = self._answers(body)
        self._count[0] += 1
        self._seen.add(hashlib.blake2b(body, digest_size=8).digest())
        choices = [
            {"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            for index, text in enumerate(texts)
        ]
        prompt, completion = len(body) // 2, sum(map(len, texts))
        usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
        self._send({"id": "c", "object": "chat.completion", "model": "synthetic", "choices": choices, "usage": usage})

    def _send(self, value: object) -> None:
        content = json.dumps(value, ensure_ascii=False).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        if not self._transport.is_closing():
            self._transport.write(head.encode() + content)


async def serve(port: int, latency: float, emojis: int) -> None:
    """Serve until killed."""
    rule, seen, count = Rule(emojis), set[bytes](), [0]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(rule.answers, latency, seen, count), "127.0.0.1", port, backlog=4096
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A synthetic endpoint for builds.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--emojis", type=int, default=600, help="how many different emoji it uses")
    given = parser.parse_args()
    asyncio.run(serve(given.port, given.latency, given.emojis))
