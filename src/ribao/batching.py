"""Ask in batches: order them, come back for them, and go on after a kill at any point.

A batch is uploaded, noted in the archive, ordered, and its name noted too. So a run that is killed
orders nothing twice: what was uploaded and not noted was not ordered, and what was noted without a
name is looked for on the server's list. All answers of a batch are kept at once, with its end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from ribao.archive import Archive
from ribao.archive.batches import (
    end_batch,
    ended_questions,
    keep_batch,
    lost_questions,
    name_batch,
    open_batches,
)
from ribao.asking import used_up
from ribao.batches import (
    ENDED,
    Batch,
    Question,
    Results,
    Standing,
    Text,
    line_of,
    portions,
    question_of,
    read_results,
)
from ribao.engines.openai_batch import OpenAIBatches
from ribao.errors import BusyError, DeniedError, EngineError, RefusedError
from ribao.money import Budget, Price
from ribao.seams import Progress
from ribao.translators import REMEMBERED
from ribao.types import Request

# A batch is to end within a day; after three nobody waits for it any longer.
GIVEN_UP = timedelta(days=3)
LONGEST_PAUSE = 60.0
# So many papers may be refused for a reason of their own before it is the server's.
TRIES = 3
NO_ANSWER = "its batch brought no answer; run again, or without --batch"

Held = Mapping[Text, EngineError]


class Batching:
    """The batches of an archive. ``servers`` are those that can be asked now, in their order.

    ``price`` gives what a model costs in a batch.
    """

    def __init__(
        self,
        archive: Archive,
        servers: Sequence[OpenAIBatches],
        progress: Progress,
        clock: Callable[[], datetime],
        *,
        price: Callable[[str], Price | None] = lambda _: None,
        budget: Budget | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._archive = archive
        self._servers = servers
        self._progress = progress
        self._clock = clock
        self._price = price
        self._budget = budget
        self._pause = pause
        self._trouble = ""
        self._unanswered: set[str] = set()

    @property
    def first(self) -> OpenAIBatches | None:
        """The first engine that has the interface."""
        return self._servers[0] if self._servers else None

    # ── what is under way ────────────────────────────────────────────────────────────────────

    def held(self) -> Held:
        """Return the texts whose questions are under way, with what there is to say of each."""
        return {
            question.text: EngineError(
                question.paper_id, f"{_named(batch)} is under way; run again when it is done"
            )
            for batch in open_batches(self._archive)
            for question in batch.questions
        }

    def fetch(self) -> int:
        """Fetch what is done, and return how many batches have ended."""
        ended = 0
        silent: set[str] = set()
        for batch in open_batches(self._archive):
            server = next((s for s in self._servers if _is_of(batch, s)), None)
            try:
                if server is None:
                    raise DeniedError(batch.engine, "its engine is not to be had by the settings")
                if batch.base_url in silent:
                    raise BusyError(batch.engine, "its server was in trouble just now")
                ended += self._go_on(batch, server)
            except EngineError as error:
                # One that does not answer is not waited for again and again.
                silent.add(batch.base_url)
                ended += self._later(batch, error.message)
        return ended

    def _go_on(self, batch: Batch, server: OpenAIBatches) -> bool:
        """Go on with a batch, from wherever it stands; return whether it has ended."""
        try:
            standing = self._standing(batch, server)
            if standing.status not in ENDED:
                return self._later(batch, None)
            files = [name for name in (standing.output, standing.errors) if name]
            texts = [server.read(name) for name in files]
        except RefusedError as error:
            return self._end(batch, "failed", error.message)
        return self._end(batch, standing.status, standing.message, texts)

    def _standing(self, batch: Batch, server: OpenAIBatches) -> Standing:
        if batch.batch_id is not None:
            return server.look(batch.batch_id)
        standing = server.order(batch.file_id, fresh=False)
        name_batch(self._archive, batch.number, standing.id)
        return standing

    def _later(self, batch: Batch, trouble: str | None) -> bool:
        if trouble is not None:
            self._progress.tell(f"{_named(batch)}: {trouble}")
        if self._clock() - batch.created_at < GIVEN_UP:
            return False
        return self._end(batch, "given up", trouble or "it has not ended within three days")

    def _end(self, batch: Batch, state: str, message: str, texts: Sequence[str] = ()) -> bool:
        """Keep all that a batch has brought, and that it has ended: both or neither."""
        results = read_results(texts, batch, self._price(batch.model))
        # One that brought nothing is ordered again as a whole, but only once; single questions, and
        # those for which a second batch brought nothing, are asked directly.
        lost = results.lost if state == "completed" and results.replies else ()
        if not results.replies:
            before = ended_questions(self._archive)
            lost = tuple(each.id for each in batch.questions if each.id in before)
        message = message or results.reason
        with self._archive.transaction():
            for reply in results.replies.values():
                self._archive.keep_reply(reply)
            end_batch(self._archive, batch.number, state, message, lost)
        self._unanswered |= set(results.lost)
        self._correct(batch, results)
        self._progress.tell(_summary(batch, state, message, results))
        return True

    def _correct(self, batch: Batch, results: Results) -> None:
        """Give the budget back what was set aside, and count what it has cost."""
        budget = self._budget
        if budget is None or not counts(batch, budget.currency, self._clock()):
            return
        share = batch.reserved / len(batch.questions)
        for question in batch.questions:
            reply = results.replies.get(question.id)
            budget.correct(batch.engine, share, reply.cost if reply else 0.0)

    # ── what is ordered ──────────────────────────────────────────────────────────────────────

    def order(
        self, server: OpenAIBatches, due: Callable[[], Iterable[Request]], wait: float
    ) -> Held:
        """Order all that is ``due``, and wait up to ``wait`` seconds for the answers.

        What comes back flawed is ordered once more with what was wrong. Returns the texts that
        have to wait, and why; a question that came back without an answer is not among them.
        """
        until = self._clock() + timedelta(seconds=wait)
        self._unanswered.clear()
        while True:
            left = self._left(server, due())
            self._trouble = NO_ANSWER
            # Once a run: what a server cannot answer now it is not asked again and again.
            fresh = {key: each for key, each in left.items() if key not in self._unanswered}
            settled = self._order(server, fresh) if fresh else set()
            if not open_batches(self._archive) or not self._wait(until, server.first_pause):
                break
        waiting = {
            question_of(each, server.model).text: EngineError(each.paper_id, self._trouble)
            for key, each in left.items()
            if key not in settled
        }
        if waiting:
            self._progress.tell(f"not ordered: {len(waiting)} papers: {self._trouble}")
        return {**waiting, **self.held()}

    def _left(self, server: OpenAIBatches, due: Iterable[Request]) -> dict[str, Request]:
        """Return what is due and neither under way nor to be asked directly, by its question."""
        held, lost = self.held(), lost_questions(self._archive)
        asked = ((question_of(request, server.model), request) for request in due)
        return {
            question.id: request
            for question, request in asked
            if question.text not in held and question.id not in lost
        }

    def _wait(self, until: datetime, pause: float) -> bool:
        """Look again and again, less and less often; return whether a batch has ended."""
        while (left := (until - self._clock()).total_seconds()) > 0:
            self._pause(min(pause, left))
            if self.fetch():
                return True
            pause = min(2 * pause, LONGEST_PAUSE)
        return False

    def _order(self, server: OpenAIBatches, fresh: Mapping[str, Request]) -> set[str]:
        """Order batches; return the questions that are ordered now, or answered even."""
        costs: dict[str, float] = {}
        settled: set[str] = set()
        try:
            settled |= self._try_out(server, fresh)
            rest = [request for key, request in fresh.items() if key not in settled]
            for portion in portions(self._lines(server, rest, costs)):
                self._place(server, portion, costs)
                settled |= {question.id for question, _ in portion}
        except EngineError as error:
            self._trouble = error.message
        if self._budget is not None:
            for key in costs.keys() - settled:
                self._budget.correct(server.name, costs[key], 0.0)
        return settled

    def _try_out(self, server: OpenAIBatches, fresh: Mapping[str, Request]) -> set[str]:
        """Ask one question directly where it is not known what the server takes.

        A thousand with a format that it does not know would come back after a day with nothing.
        """
        since = self._clock() - REMEMBERED
        if server.tried or self._archive.server(server.base_url, server.model, since):
            return set()
        refused: RefusedError | None = None
        for key, request in islice(fresh.items(), TRIES):
            counted = self._count(server.name, server.price, request)
            cost: float | None = 0.0
            try:
                reply = server.ask(request)
                cost = reply.cost
            except RefusedError as error:
                refused = error
                continue
            finally:
                if self._budget is not None:
                    self._budget.correct(server.name, counted, cost)
            self._archive.keep_reply(reply)
            return {key}
        raise refused or RefusedError(server.name, "nothing to try it out with")

    def _lines(
        self, server: OpenAIBatches, requests: Iterable[Request], costs: dict[str, float]
    ) -> Iterator[tuple[Question, bytes]]:
        """Yield the line of each question that the budget reaches for, and note its cost."""
        price = self._price(server.model)
        for request in requests:
            question = question_of(request, server.model)
            try:
                costs[question.id] = self._count(server.name, price, request)
            except DeniedError as error:
                self._trouble = error.message
                return
            yield question, line_of(question, server.question(request))

    def _count(self, engine: str, price: Price | None, request: Request) -> float:
        """Count what a question costs at most. Raises ``DeniedError`` beyond the budget."""
        at_most = price.at_most(request) if price else 0.0
        if self._budget is None:
            return at_most
        counted = self._budget.order(engine, at_most)
        if counted is None:
            raise used_up(request, self._budget)
        return counted

    def _place(
        self,
        server: OpenAIBatches,
        portion: Sequence[tuple[Question, bytes]],
        costs: Mapping[str, float],
    ) -> None:
        """Upload a file, note it, order its batch, and note the batch's name."""
        questions = tuple(question for question, _ in portion)
        price = self._price(server.model)
        body = b"".join(line for _, line in portion)
        try:
            file_id = server.upload(f"ribao-{questions[0].id[:12]}.jsonl", body)
        except RefusedError as error:
            said = f"{error.message}; where there is no batch interface, run without --batch"
            raise RefusedError(error.subject, said) from error
        batch = Batch(
            number=0,
            engine=server.name,
            base_url=server.base_url,
            model=server.model,
            created_at=self._clock(),
            file_id=file_id,
            batch_id=None,
            questions=questions,
            reserved=sum(costs[question.id] for question in questions),
            currency=price.currency if price else None,
        )
        batch = replace(batch, number=keep_batch(self._archive, batch))
        try:
            standing = server.order(file_id, fresh=True)
        except RefusedError as error:
            end_batch(self._archive, batch.number, "failed", error.message)
            raise
        except EngineError as error:
            # It may have arrived all the same: the next look will tell.
            self._progress.tell(f"{_named(batch)}: {error.message}")
            return
        name_batch(self._archive, batch.number, standing.id)
        self._progress.tell(f"ordered {len(questions)} questions of {batch.model}: {standing.id}")


def _is_of(batch: Batch, server: OpenAIBatches) -> bool:
    return (server.name, server.base_url) == (batch.engine, batch.base_url)


def counts(batch: Batch, currency: str, now: datetime) -> bool:
    """Tell whether a batch is paid from the budget of this month (UTC)."""
    months = [f"{moment.astimezone(UTC):%Y-%m}" for moment in (batch.created_at, now)]
    return batch.currency == currency and months[0] == months[1]


def _named(batch: Batch) -> str:
    name = batch.batch_id or f"of the file {batch.file_id}"
    return f"batch {name} ({len(batch.questions)} questions of {batch.model})"


def _summary(batch: Batch, state: str, message: str, results: Results) -> str:
    said = f"{_named(batch)} is {state}: {len(results.replies)} answers"
    if results.lost:
        why = message or "they are not among the results"
        said += f", {len(results.lost)} questions without one ({why})"
    if results.strange:
        said += f", {results.strange} lines that belong to no question"
    return said
