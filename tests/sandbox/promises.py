"""What the description promises of an operation, and what a sandbox does not do of that.

Everything comes from the description: the example requests and, for each parameter and field of the body, other
values from its schema and examples. Requests are sent as both users, since one may see what the other may not.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import httpx

from tinker_rest_sandbox import Sandbox
from tinker_rest_sandbox._handlers import HANDLERS
from tinker_rest_sandbox._spec import Spec

from .example_requests import Arrange, Request, as_shown, body, described, example_request, parameters, values
from .schemas import Schemas

ABSENT = object()
FIRST_ERROR, CONFLICT, INVALID, FAILED = 400, 409, 422, 500
# Headers that differ from one response to the next.
UNIMPORTANT = {"date", "location", "x-request-id"}
# It shows what a request asked for, whether or not that was done.
REPEATS_REQUESTS = "get_audit_log"
MAX_KNOWN_VALUES = 40


@dataclass(frozen=True)
class Place:
    """A parameter, a field of the body, or a field within such a field.

    The `values` are for the whole parameter or field of the body. No two of the `choices`, the members of an
    enumeration or a union, may do the same.
    """

    label: str
    location: str
    name: str
    values: tuple[Any, ...]
    choices: tuple[Any, ...]

    def put(self, request: Request, value: Any) -> Request:
        """The request with a value here."""
        changed = copy.deepcopy(request)
        places = {"path": changed.path, "query": changed.query, "header": changed.headers, "body": changed.body}
        if value is ABSENT:
            places[self.location].pop(self.name, None)
        else:
            places[self.location][self.name] = value
        return changed


class Promises:
    """Which promises of a description a sandbox does not keep.

    Args:
        sandbox: A running sandbox of the description, at the moment of its examples.
        spec: The description.
        examples: By operation, the names of its successful examples, and the functions that send their requests.
        rows: By operation and label, values to try in addition to those of the description.
        completed: By operation, functions that finish what a response has only begun, and return the last one.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        spec: Spec,
        examples: Mapping[str, list[tuple[str, Arrange]]],
        rows: Mapping[tuple[str, str], list[Any]],
        completed: Mapping[str, Callable[[Sandbox, httpx.Response], httpx.Response]],
    ) -> None:
        self.sandbox = sandbox
        self.spec = spec
        self.schemas = Schemas(spec)
        self.examples = examples
        self.rows = rows
        self.completed = completed
        self.places = cache(self._places)
        self.sent = cache(self._sent)
        self.whole = cache(self._whole)

    def promised(
        self, operation: str, *, errors: bool = False, not_within: frozenset[str] = frozenset()
    ) -> set[str]:
        """What an operation's responses have: properties, listed values and headers."""
        found: set[str] = set()
        for status, reference in described(operation, self.spec)["responses"].items():
            if (int(status) >= FIRST_ERROR) is errors:
                response = self.spec.resolve(reference)
                found |= {f"header {name}" for name in response.get("headers", {})}
                for media in response.get("content", {}).values():
                    found |= set(self.schemas.parts(media["schema"], not_within=not_within))
        return found

    def never_sent(self, operation: str, excepted: frozenset[str]) -> set[str]:
        """The properties and headers that no successful response of an operation has."""
        promised = self.promised(operation, not_within=excepted) - excepted
        missing = {one for one in promised - self.sent(operation) if "=" not in one}
        # Not what is inside something that is never sent.
        return missing & self.promised(operation, not_within=excepted | missing)

    def parts_of(self, operation: str, answer: httpx.Response) -> set[str]:
        """What a response has of what is promised."""
        responses = described(operation, self.spec)["responses"]
        response = self.spec.resolve(responses.get(f"{answer.status_code}", {}))
        found = {f"header {name}" for name in response.get("headers", {}) if name in answer.headers}
        if media := response.get("content", {}).get("application/json"):
            found |= set(self.schemas.parts(media["schema"], answer.json()))
        return found

    def without_effect(self, operation: str) -> Iterator[tuple[str, str]]:
        """The parameters and fields of an operation that do nothing: the label of each, and what was seen."""
        for place in self.places(operation):
            if len(place.values) > 1 and not self._has_effect(operation, place):
                tried = ", ".join("without it" if one is ABSENT else f"with {one!r}" for one in place.values)
                yield place.label, f"changes nothing: responses are the same {tried}"
                continue
            for one in place.choices:
                answers = (self._answer(place.put(request, one), way) for request, way in self._ways(operation))
                if not any(is_accepted(answer) for answer in answers):
                    yield place.label, f"is always refused with {one!r}"
            for one, other in itertools.combinations(place.choices, 2):
                if not self._differ(operation, place, one, other):
                    yield place.label, f"does the same with {one!r} as with {other!r}"

    # The requests.

    def _ways(self, operation: str, *, of_both: bool = True) -> Iterator[tuple[Request, Arrange]]:
        """The example requests, and one with the smallest body, as the first user or `of_both` users."""
        made = [(example_request(operation, name, self.spec), way) for name, way in self.examples[operation]]
        if made[0][0].body is not None:
            smallest = copy.deepcopy(made[0][0])
            smallest.body = self.schemas.smallest(self.spec.resolve(body(operation, self.spec)["schema"]))
            made.append((smallest, made[0][1]))
        for key in (self.sandbox.api_key, self.sandbox.other_api_key)[: 1 + of_both]:
            for request, way in made:
                request.headers["X-API-Key"] = key
                yield request, way

    def _places(self, operation: str) -> list[Place]:
        found = []
        for one in parameters(operation, self.spec):
            examples = list(values(one["examples"], self.spec).values())
            schema = {**self.spec.resolve(one["schema"]), "examples": examples}
            found.append((one["in"], one["name"], one["required"], schema))
        whole = self.spec.resolve(body(operation, self.spec).get("schema", {}))
        for name, schema in whole.get("properties", {}).items():
            found.append(("body", name, name in whole.get("required", ()), schema))
        places = []
        for location, name, is_required, schema in found:
            own = (name, self.schemas.values(schema), self.schemas.choices(schema))
            for label, allowed, choices in (own, *self.schemas.within(schema, name)):
                tried = [*self.rows.get((operation, label), ()), *allowed]
                if label == name and not is_required:
                    tried.insert(0, ABSENT)
                places.append(Place(label, location, name, tuple(tried), tuple(choices)))
        return places

    def _whole(self, operation: str) -> Request:
        """The request with the most complete response: no optional conditions, and the highest limit."""
        request = example_request(operation, "", self.spec)
        for place in self.places(operation):
            if ABSENT in place.values:
                numbers = [one for one in place.values if isinstance(one, int)]
                request = place.put(request, max(numbers) if place.name == "limit" else ABSENT)
        return request

    def _reads(self, operation: str) -> bool:
        return self.spec.operations[operation].method == "GET" or operation.startswith(("get_", "search_"))

    # The responses.

    def _answer(self, request: Request, way: Arrange = as_shown) -> httpx.Response:
        self.sandbox.reset()
        answer = way(self.sandbox, copy.deepcopy(request))
        assert answer.status_code != FAILED, answer.text
        return answer

    def _sent(self, operation: str) -> set[str]:
        """What successful responses of an operation have: to its examples, for all items, and for other things."""
        answers = [self._answer(request, way) for request, way in self._ways(operation)]
        if self._reads(operation):
            whole = self.whole(operation)
            answers.append(self._answer(whole))
            for place in self.places(operation):
                things = self._things.get(place.label, ())
                tried = (*self.rows.get((operation, place.label), ()), *things)
                answers += [self._answer(place.put(whole, value)) for value in tried]
        return set().union(*(self.parts_of(operation, one) for one in answers))

    @cached_property
    def _things(self) -> Mapping[str, list[str]]:
        """Values that properties of a name have in the sandbox's data, such as IDs."""
        found: dict[str, dict[str, None]] = {}

        def add(value: Any) -> None:
            if isinstance(value, dict):
                for name, one in value.items():
                    if isinstance(one, str):
                        found.setdefault(name, {})[one] = None
                    add(one)
            elif isinstance(value, list):
                for one in value:
                    add(one)

        self.sandbox.reset()
        for answer in self._views({}):
            add(answer.json())
        return {name: list(texts)[:MAX_KNOWN_VALUES] for name, texts in found.items()}

    def _views(self, named: Mapping[str, Any]) -> Iterator[httpx.Response]:
        """What can be read: all lists, and what a response names."""
        for operation in self.spec.operations:
            if operation not in HANDLERS or operation == REPEATS_REQUESTS or not self._reads(operation):
                continue
            request = self.whole(operation)
            needed = [one for one in self.places(operation) if one.label == one.name and ABSENT not in one.values]
            is_named = all(place.name in named for place in needed)
            if is_named or all(place.location == "query" for place in needed):
                for place in needed if is_named else ():
                    request = place.put(request, named[place.name])
                yield request.send(self.sandbox)

    def _outcome(self, operation: str, request: Request, way: Arrange, *, afterwards: bool) -> Any:
        """What a request does: its response or, `afterwards`, what can be read then."""
        answer = self._answer(request, way)
        assert answer.status_code != INVALID, answer.text  # by the description alone
        if not afterwards:
            return answer.status_code, seen(answer)
        if answer.status_code >= FIRST_ERROR:
            return answer.status_code
        answer = self.completed.get(operation, lambda _, last: last)(self.sandbox, answer)
        return [seen(one) for one in self._views(answer.json() if answer.content else {})]

    def _has_effect(self, operation: str, place: Place) -> bool:
        """Whether two values do something else in some request."""
        for afterwards in (False, True)[: 1 if self._reads(operation) else 2]:
            for request, way in self._ways(operation, of_both=not afterwards):
                outcomes = []
                for value in place.values:
                    outcomes.append(
                        self._outcome(operation, place.put(request, value), way, afterwards=afterwards)
                    )
                    if outcomes[-1] != outcomes[0]:
                        return True
        return False

    def _differ(self, operation: str, place: Place, one: Any, other: Any) -> bool:
        """Whether two values do something else in some request, whatever else it contains."""
        for afterwards in (False, True)[: 1 if self._reads(operation) else 2]:
            for request, way in self._ways(operation, of_both=not afterwards):
                changed = (
                    another.put(request, value)
                    for another in self.places(operation)
                    if another.name != place.name
                    for value in another.values
                )
                for context in (request, *changed):
                    first, second = (
                        self._outcome(operation, place.put(context, value), way, afterwards=afterwards)
                        for value in (one, other)
                    )
                    if first != second:
                        return True
        return False


def is_accepted(answer: httpx.Response) -> bool:
    """Whether a request was carried out, or had nothing to change."""
    return answer.status_code < FIRST_ERROR or answer.status_code == CONFLICT


def seen(answer: httpx.Response) -> Any:
    """What can differ between two responses; for a redirect, the content of its target."""
    headers = {name: value for name, value in answer.headers.items() if name not in UNIMPORTANT}
    return headers, httpx.get(answer.headers["Location"]).content if answer.is_redirect else answer.content
