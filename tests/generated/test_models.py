"""What the generated models promise, each against every model, so that a new one is covered unasked."""

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import attrs
import pytest
import yaml
from checkout import Json, description

from tinker_rest_api import models, unions
from tinker_rest_api._model import InvalidField, utc_datetime
from tinker_rest_api.models import UploadUrl
from tinker_rest_api.types import UNSET

DESCRIPTION = description()
EXAMPLES: Json = DESCRIPTION["components"]["examples"]


def examples() -> list[Any]:
    """Every example of a JSON body, beside the model of its schema."""
    found = []
    places = [*DESCRIPTION["components"]["responses"].values()]
    for path in DESCRIPTION["paths"].values():
        for operation in path.values():
            places += [response for response in operation["responses"].values() if "content" in response]
            places.append(operation.get("requestBody", {}))
    for place in places:
        for media in place.get("content", {}).values():
            model = media["schema"]["$ref"].rpartition("/")[2]
            for example in media["examples"].values():
                name = example["$ref"].rpartition("/")[2]
                found.append(pytest.param(getattr(models, model), EXAMPLES[name]["value"], id=name))
    return found


def test_each_union_of_models_has_a_name() -> None:
    described = {name: one for name, one in DESCRIPTION["components"]["schemas"].items() if "discriminator" in one}
    assert set(unions.__all__) == described.keys()
    for name, schema in described.items():
        choices = [one["$ref"].rpartition("/")[2] for one in schema["oneOf"]]
        assert [one.__name__ for one in get_args(getattr(unions, name))] == [*choices, "UnknownVariant"]


def response_models() -> list[type[Any]]:
    """All models with fields of their own."""
    return [one for one in (getattr(models, name) for name in models.__all__) if attrs.has(one)]


@pytest.mark.parametrize(("model", "value"), examples())
def test_every_example_is_read_and_written_back(model: type[Any], value: Json) -> None:
    decoded = model.from_dict(value)
    assert model.from_dict(decoded.to_dict()) == decoded
    assert without_nulls(decoded.to_dict()) == without_nulls(value)  # which mean the same as what is left out
    for name, field in value.items():
        if field is None:
            assert getattr(decoded, name) is None
        else:
            assert name in decoded.to_dict()


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("model", "value"), examples())
def test_a_newer_server_breaks_nothing(model: type[Any], value: Json) -> None:
    decoded = model.from_dict({**value, "of_next_year": {"a": 1}})
    if attrs.has(model):
        assert decoded.additional_properties == {"of_next_year": {"a": 1}}
    assert decoded.to_dict()["of_next_year"] == {"a": 1}


@pytest.mark.parametrize(("model", "value"), examples())
def test_what_is_not_required_may_be_null_or_absent(model: type[Any], value: Json) -> None:
    schema = DESCRIPTION["components"]["schemas"][model.__name__]
    required = schema.get("required", [])
    for name, described in schema.get("properties", {}).items():
        without = {key: field for key, field in value.items() if key != name}
        for body in (without, {**without, name: None}):
            if name not in required:
                assert getattr(model.from_dict(body), name) == left_out(described)
            elif "null" not in described.get("type", []):
                with pytest.raises(InvalidField, match=rf"{model.__name__}\.{name} must be"):
                    model.from_dict(body)


@pytest.mark.parametrize(("model", "value"), examples())
def test_what_users_of_pydantic_call(model: type[Any], value: Json) -> None:
    if not attrs.has(model):
        return
    decoded = model.model_validate(value)
    assert model.model_validate(decoded) is decoded
    assert model.model_validate_json(json.dumps(value)) == decoded
    for dumped in (decoded.model_dump(), decoded.model_dump(mode="json"), json.loads(decoded.json())):
        again = model.model_validate(dumped)
        assert again == decoded
        assert len({again, decoded}) == 1  # models can be in sets
    assert json.loads(decoded.model_dump_json()) == decoded.model_dump(mode="json")
    assert decoded.dict(by_alias=True) == decoded.model_dump()
    assert list(dict(decoded)) == list(decoded.model_dump())
    assert decoded.model_copy() == decoded
    assert set(decoded.model_dump(exclude_none=True)) <= set(decoded.model_dump()) <= set(vars_of(decoded))
    unset = decoded.model_dump(exclude_unset=True)
    assert unset == decoded.model_dump(exclude_defaults=True)
    assert model.model_validate(unset) == decoded
    with pytest.raises(ValueError, match="must be an object"):
        model.model_validate([])


@pytest.mark.parametrize(("model", "value"), examples())
def test_dumps_hold_plain_values(model: type[Any], value: Json) -> None:
    """Serializers that know nothing of enumerations take them, such as YAML's."""
    decoded = model.from_dict(value)
    if attrs.has(model):
        for dumped in (decoded.model_dump(), decoded.model_dump(mode="json")):
            assert yaml.safe_load(yaml.safe_dump(dumped)) == dumped
        assert yaml.safe_dump(
            {name: one for name, one in dict(decoded).items() if isinstance(one, str | int | datetime)}
        )
    assert "<Known" not in repr(decoded)


def test_a_field_of_a_newer_server_is_one_like_the_others() -> None:
    sent = {"checkpoint_id": "a", "checkpoint_type": "training", "tinker_path": "tinker://r/weights/a"}
    checkpoint: Any = models.Checkpoint.from_dict({**sent, "of_next_year": "text", "more": [1]})
    assert checkpoint.of_next_year == "text"
    assert checkpoint.model_dump()["of_next_year"] == dict(checkpoint)["of_next_year"] == "text"
    assert checkpoint.model_extra == {"of_next_year": "text", "more": [1]}
    assert "of_next_year" not in checkpoint.model_dump(exclude={"of_next_year"})
    assert checkpoint.model_dump(include={"of_next_year"}) == {"of_next_year": "text"}
    again = pickle.loads(pickle.dumps(checkpoint))
    assert again.of_next_year == copy.deepcopy(checkpoint).of_next_year == "text"
    assert {again, checkpoint} == {checkpoint}
    with pytest.raises(AttributeError, match="'Checkpoint' object has no attribute 'of_next_yaer'"):
        _ = checkpoint.of_next_yaer


def vars_of(decoded: Any) -> Json:
    return {name: getattr(decoded, name) for name in decoded.field_order}


def left_out(described: Json) -> object:
    """What a field is where the server leaves it out."""
    reference = described.get("$ref", "").rpartition("/")[2]
    is_dict = bool(reference) and "additionalProperties" in DESCRIPTION["components"]["schemas"][reference]
    return {} if is_dict else described.get("default")


@pytest.mark.parametrize("model", response_models())
def test_the_docstring_tells_of_every_field(model: type[Any]) -> None:
    text = " ".join((model.__doc__ or "").split())
    for name, described in DESCRIPTION["components"]["schemas"][model.__name__]["properties"].items():
        told = "" if "$ref" in described else " ".join(described["description"].split())  # a reference has its own
        assert f"{name}: {told}" in text


def test_the_docstring_of_an_enumeration_is_its_description() -> None:
    described = DESCRIPTION["components"]["schemas"]["CheckpointKind"]["description"]
    assert " ".join((models.CheckpointKind.__doc__ or "").split()) == " ".join(described.split())


@pytest.mark.parametrize("model", response_models())
def test_no_model_holds_unset(model: type[Any]) -> None:
    for field in attrs.fields(model):
        assert field.default is not UNSET


@pytest.mark.parametrize("body", [[], "text", 1, None, True])
@pytest.mark.parametrize("model", response_models())
def test_another_thing_than_an_object_is_named(model: type[Any], body: object) -> None:
    if model is UploadUrl and isinstance(body, str):  # which some servers send in place of the object
        assert model.from_dict(body) == UploadUrl(url=body, headers={})
        return
    with pytest.raises(InvalidField, match=rf"{model.__name__} must be an object"):
        model.from_dict(body)


@pytest.mark.parametrize(
    ("field", "value"),
    [("checkpoint_id", 5), ("size_bytes", "many"), ("public", "yes"), ("time", "yesterday"), ("time", True)],
)
def test_a_field_of_a_wrong_type_is_named(field: str, value: object) -> None:
    body = {**EXAMPLES["RunCheckpoints"]["value"]["checkpoints"][0], field: value}
    with pytest.raises(InvalidField, match=rf"Checkpoint\.{field}"):
        models.Checkpoint.from_dict(body)


def test_unknown_values_of_an_enumeration_are_kept() -> None:
    body = {**EXAMPLES["RunCheckpoints"]["value"]["checkpoints"][0], "checkpoint_type": "hologram"}
    assert models.Checkpoint.from_dict(body).checkpoint_type == "hologram"
    assert models.Checkpoint.from_dict({**body, "checkpoint_type": "training"}).checkpoint_type == "training"


NOON = datetime(2026, 7, 13, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-07-13T12:00:00Z", NOON),
        ("2026-07-13t12:00:00z", NOON),
        ("2026-07-13T12:00:00", NOON),
        ("2026-07-13T14:00:00+02:00", NOON),
        ("2026-07-13T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
        ("2026-07-13T11:59:60Z", NOON),
        (NOON.timestamp(), NOON),
        (int(NOON.timestamp()), NOON),
    ],
)
def test_times_are_aware_and_utc(sent: object, read: datetime) -> None:
    value = utc_datetime("Checkpoint", "time", sent)
    assert value == read
    assert value.utcoffset() == timedelta(0)


def test_user_metadata_is_a_dict() -> None:
    run = models.TrainingRun.from_dict(EXAMPLES["LoraTrainingRun"]["value"])
    assert isinstance(run.user_metadata, dict)
    assert run.user_metadata.get("renderer") == "qwen3"


def test_values_of_a_dict_are_checked() -> None:
    with pytest.raises(InvalidField, match=r"FileUrls must be an object"):
        models.FileUrls.from_dict([])  # type: ignore[arg-type]
    with pytest.raises(InvalidField, match=r"FileUrls\.adapter must be a string"):
        models.FileUrls.from_dict({"adapter": 1})
    with pytest.raises(InvalidField, match=r"BillingUsageSession must be an object"):
        models.BillingUsageSessions.from_dict({"session": []})


@pytest.mark.parametrize(("sent", "read"), [(15_000_000_000, 15_000_000_000), (1.5e10, 15_000_000_000), (0.0, 0)])
def test_integers_are_those_of_json_schema(sent: object, read: int) -> None:
    body = {**EXAMPLES["RunCheckpoints"]["value"]["checkpoints"][0], "size_bytes": sent}
    size = models.Checkpoint.from_dict(body).size_bytes
    assert (size, type(size)) == (read, int)


@pytest.mark.parametrize("sent", [1.5, float("inf"), float("nan"), True, "8"])
def test_what_is_no_integer_is_refused(sent: object) -> None:
    body = {**EXAMPLES["RunCheckpoints"]["value"]["checkpoints"][0], "size_bytes": sent}
    with pytest.raises(InvalidField, match=r"Checkpoint\.size_bytes must be an integer"):
        models.Checkpoint.from_dict(body)


def test_an_item_of_a_list_is_named() -> None:
    good = EXAMPLES["RunCheckpoints"]["value"]["checkpoints"][0]
    body = {"checkpoints": [*[good] * 712, {**good, "expires_at": ""}, good]}
    why = r"^Checkpoint\.expires_at must be an RFC 3339 date-time, not '' \(in checkpoints\[712\]\)$"
    with pytest.raises(InvalidField, match=why):
        models.CheckpointsListResponse.from_dict(body)
    run = {**EXAMPLES["LoraTrainingRun"]["value"], "last_checkpoint": {**good, "tinker_path": None}}
    with pytest.raises(InvalidField, match=r"^Checkpoint\.tinker_path must be .* \(in training_runs\[0\]\)$"):
        models.TrainingRunsResponse.from_dict({"training_runs": [run], "cursor": None})


def test_half_of_a_surrogate_pair_is_escaped() -> None:
    info = models.UserMetadata.from_dict({"a": "\ud800"})
    body = {**EXAMPLES["RunCheckpoints"]["value"]["checkpoints"][0], "user_metadata": info}
    text = models.Checkpoint.from_dict(body).model_dump_json()
    assert text.encode().isascii()
    assert json.loads(text)["user_metadata"] == {"a": "\ud800"}
