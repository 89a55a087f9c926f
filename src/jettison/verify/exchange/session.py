"""Carries out a workload against one running image."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from urllib.parse import quote, urlencode

from jettison.values import replace
from jettison.verify.exchange import Answer, Exchange
from jettison.verify.exchange.clients import (
    SUCCESS,
    UNAUTHORIZED,
    Patience,
    Repetition,
    asked_as,
    beside_others,
    browser_headers,
    echoed_token,
    languages_in_turn,
    named_account,
    repeated,
    stored_steps,
    wants_password,
)
from jettison.verify.exchange.forms import as_text, encode, hidden_values
from jettison.verify.exchange.memory import Memory
from jettison.verify.exchange.normal import decoded
from jettison.verify.exchange.pages import json_steps, landing_steps, page_steps
from jettison.verify.exchange.refusals import Refusals
from jettison.verify.workload import Json, TokenScheme
from jettison.verify.workload.openapi import call_steps, query_steps
from jettison.verify.workload.step import Client, Payload, Remembered, Step, Training

Send = Callable[[str, str, Mapping[str, str], bytes], Answer]
"""Method, target, headers and body to an answer."""

_AGENT = "jettison-verify"
# How often a request in doubt is repeated in one run.
_DOUBTED = 8
# A page that is another one in a second language is asked for in so many.
_TWO, _LANGUAGES = 2, 8
# Tokens and numbers, which pages of one language have others of each time.
_RESTLESS = re.compile(rb"[\w+/=-]{16,}|\d+")
# pages, what they show to somebody who is logged in, and what that leads to
_ROUNDS = 3
# Which share of the time is over when the first steps have been sent, and what pages lead to.
_UNTIL = 0.6, 0.8


class Session:
    """One run's side of the conversation. The same steps give the same requests, but for ids.

    ``languages`` are those that the application speaks; ``spent`` tells which share of the time for
    all requests is over. With ``training``, only what a trace may see is sent.
    """

    def __init__(
        self,
        send: Send,
        host: str,
        token_scheme: TokenScheme,
        *,
        languages: tuple[str, ...] = (),
        spent: Callable[[], float] = lambda: 0.0,
        training: Training | None = None,
    ) -> None:
        self._send = send
        self._spent = spent
        self._training = training
        self._scheme = token_scheme
        self._languages = languages
        self._memory = Memory(f"http://{host}")
        self._repetition = Repetition()
        self._patience = Patience(spent)
        self._passed: dict[str, Step] = {}
        self._refusals = Refusals()
        self._number = 0
        self._asked: set[str] = set()
        self._sent: tuple[str, Mapping[str, str]] = ("", {})

    def exchanges(
        self, steps: Iterable[Step], doubtful: frozenset[int] = frozenset()
    ) -> Iterator[Exchange]:
        """Send every step in order, those with doubtful numbers many times if they only read.

        Where some are in doubt, no others are repeated.
        """
        for beside, group in groupby(enumerate(steps), lambda one: one[1].beside):
            for number, step in () if beside else group:
                if self._spent() >= 1:
                    return
                first = self._take(step)
                doubted = number in doubtful and step.method == "GET"
                more = () if doubtful and number not in doubtful else step.repeats
                more += (Client.AGAIN,) * (_DOUBTED if doubted else 0)
                yield Exchange(name=step.name, answer=first, more=self._again(step, more, first))
            if beside and self._spent() < 1:
                numbers, together = zip(*group, strict=True)
                yield from self._at_once(together, _DOUBTED if doubtful & {*numbers} else 1)

    def _at_once(self, steps: Sequence[Step], more: int) -> Iterator[Exchange]:
        """Send steps at the same time, and so many times more.

        They wait for each other, the longer the slower one of them is: none says how long.
        """
        asked = [self._prepared(step) for step in steps]
        with ThreadPoolExecutor(len(steps)) as pool:
            rounds = [[*pool.map(lambda one: self._send(*one), asked)] for _ in range(1 + more)]
        for step, answered in zip(steps, zip(*rounds, strict=True), strict=True):
            answers = [replace(one, waited=0.0) for one in answered]
            further = (replace(one, client=Client.AGAIN.value) for one in answers[1:])
            yield Exchange(name=step.name, answer=answers[0], more=tuple(further))

    def _explored(self, steps: Iterable[Step], until: float) -> Iterator[tuple[Step, Exchange]]:
        """Send every step, and decide by its answer as what further clients."""
        wanted = tuple(self._training.steps(steps) if self._training else steps)
        self._patience.begin(wanted, until)
        for step in wanted:
            if not self._patience.lasts_for(step):
                self._passed[step.name] = step
                continue
            if self._is_asked(step):
                continue
            first = self._take(step)
            self._refusals.see(step, first)
            clients = self._repetition.of(step, first) if self._patience.lasts_for_more() else ()
            again = self._again(step, clients, first)
            if self._speaks(first, again):
                # as many in a row have each language once
                further = (Client.PAGE,) * min(len(self._languages), _LANGUAGES)
                again += self._again(step, further, first, len(clients))
                clients += further
            exchange = Exchange(name=step.name, answer=first, more=again)
            self._patience.spend(step, exchange)
            yield replace(step, repeats=clients), exchange

    def _is_asked(self, step: Step) -> bool:
        """Tell whether a step asks for what is known by now, and that was asked for already."""
        values = (*step.path_values.values(), *(value for _, value in step.query))
        recalled = any(isinstance(one, Remembered) and (one.back or one.exact) for one in values)
        return recalled and step.method == "GET" and self._target(step) in self._asked

    def explore(self, steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Exchange, ...]]:
        """Send the steps and what pages lead to, and then those that take away.

        Gives all steps in the order in which they were sent, and the answers; those for which no
        time was left come last and have none.
        """
        first, pages = _UNTIL
        sent = list(self._explored((step for step in steps if not step.last), first))
        for _ in range(_ROUNDS):
            known = (*(step for step, _ in sent), *self._passed.values())
            sent += self._explored((*self.explored(known), *stored_steps(sent)), pages)
        together = beside_others(sent)
        sent += zip(together, self.exchanges(together), strict=False)
        sent += self._explored((step for step in steps if step.last), 1.0)
        exchanges = tuple(exchange for _, exchange in sent)
        return (*(step for step, _ in sent), *self._passed.values()), exchanges

    def explored(self, steps: Iterable[Step]) -> tuple[Step, ...]:
        """Give further steps: what the pages that were met link to, and their forms."""
        memory = self._memory
        known = tuple(steps)
        found = page_steps(memory.pages, memory.redirects, known, memory.style_sheets)
        queries = (
            one
            for path, schema in memory.schemas.items()
            for one in (*query_steps(path, schema), *call_steps(path, schema))
        )
        asked = {one.name for one in known}
        refused = self._refusals.steps()
        new = (one for one in (*queries, *refused) if one.name not in asked)
        led = json_steps(memory.links, memory.reached, (*known, *found))
        return (*landing_steps(memory.landings, known), *found, *led, *new)

    def _prepared(self, step: Step) -> tuple[str, str, Mapping[str, str], bytes]:
        """Give the method, target, headers and body of a step."""
        target = self._target(step)
        headers = {name: as_text(self._filled(value)) for name, value in step.headers}
        body = step.raw_body or b""
        if step.payload:
            headers["Content-Type"], body = self._body(step, step.payload)
        self._number += 1
        own = self._own_headers(step)
        if {"Cookie"} <= own.keys() & headers.keys():
            headers["Cookie"] = f"{own['Cookie']}; {headers['Cookie']}"
        return step.method, target, {**own, **headers}, body

    def _take(self, step: Step) -> Answer:
        _, target, headers, body = self._prepared(step)
        answer = self._send(step.method, target, headers, body)
        if self._memory.wants_tls(target, answer):
            return self._take(step)
        signs_in = step.signs_in
        if not step.anonymous and wants_password(answer):
            own = {**headers, "Authorization": named_account()}
            named = self._send(step.method, target, own, body)
            if named.status != UNAUTHORIZED:
                # it may give a token for what follows
                answer, signs_in, headers = named, True, own
        self._memory.learn(step.method, self._path(step), answer, signs_in=signs_in)
        self._sent = target, headers
        if step.method == "GET" and not step.anonymous:
            self._asked.add(target)
        if answer.status in SUCCESS:
            self._memory.reached.add(step.path)
        return answer

    def _speaks(self, first: Answer, others: Iterable[Answer]) -> bool:
        """Tell whether a page is another one in another language, and more languages are known."""
        pages = (one for one in others if one.client == Client.PAGE and one.status == first.status)
        words = _words(first)
        return len(self._languages) > _TWO and any(_words(one) != words for one in pages)

    def _again(
        self, step: Step, clients: Iterable[Client], first: Answer, sent: int = 0
    ) -> tuple[Answer, ...]:
        """Repeat what was sent last, with what other clients send beside it."""
        target, headers = self._sent
        answers = []
        for place, client in enumerate(clients, sent + 1):
            language = languages_in_turn(self._languages, self._number + place)
            own = {**headers, **repeated(client, step.method, language, first)}
            answer = self._send(asked_as(client, step.method), target, own, b"")
            answers.append(replace(answer, client=client.value))
        return tuple(answers)

    def _own_headers(self, step: Step) -> dict[str, str]:
        language = languages_in_turn(self._languages, self._number)
        usual = browser_headers(step.method, self._memory.origin, language)
        headers = {"Host": self._memory.host, "User-Agent": _AGENT, **usual}
        if step.anonymous:
            return headers
        if self._memory.cookies:
            pairs = sorted(self._memory.cookies.items())
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in pairs)
            headers["Referer"] = f"{self._memory.origin}/"
            headers.update(echoed_token(step.method, self._memory.cookies))
        if self._memory.token and not step.signs_in:
            headers[self._scheme.header] = f"{self._scheme.prefix}{self._memory.token}"
        return headers

    def _query(self, step: Step) -> list[tuple[str, str]]:
        filled = ((name, self._filled(value)) for name, value in step.query)
        return [
            (name, as_text(one))
            for name, value in filled
            for one in (value if isinstance(value, list) else [value])
        ]

    def _target(self, step: Step) -> str:
        path, query = self._path(step), urlencode(self._query(step))
        return f"{path}{'&' if '?' in path else '?'}{query}" if query else path

    def _path(self, step: Step) -> str:
        path = step.path
        for name, value in step.path_values.items():
            path = path.replace(f"{{{name}}}", quote(as_text(self._filled(value)), safe=""))
        return path

    def _body(self, step: Step, payload: Payload) -> tuple[str, bytes]:
        value = self._filled(payload.value)
        if step.form and isinstance(value, dict):
            if self._memory.is_stale(step.form.page):
                # as a browser has it when somebody has logged in
                self._take(Step(method="GET", path=step.form.page))
            page = self._memory.pages.get(step.form.page, "")
            value = {**value, **hidden_values(page, step.form.index)}
        return encode(payload.media_type, value)

    def _filled(self, value: Json) -> Json:
        if isinstance(value, Remembered):
            return self._memory.recall(value)
        if isinstance(value, dict):
            return {name: self._filled(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        return value


def _words(page: Answer) -> bytes:
    """Give what a page says, without what is another one each time."""
    body = decoded(page.body, page.headers.get("content-encoding", ""))
    return _RESTLESS.sub(b"", body)
