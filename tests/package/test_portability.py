"""scripts/portability: that each of its checks can fail, and that it pins its tools. No toolchain is needed."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from checkout import ROOT

sys.path.append(str(ROOT / "scripts"))  # it is not part of the package
from client_portability import report
from client_portability.checks import CHECKS
from client_portability.languages import LANGUAGES, OAPI_CODEGEN, OPENAPI_GENERATOR, PROGRAMS, Language
from client_portability.workshop import StepFailed, Workshop

GOOD = (PROGRAMS / "python" / "program.py").read_text()
# By check: what stands in the program in Python, and what takes its place. The faults of a group are all in one
# program, since to start one takes long; a fault that ends the program early stands alone.
FAULTS: list[dict[str, tuple[str, str]]] = [
    {
        "pages": ("offset=len(listed)", "offset=len(listed) // 2 * 2"),
        "by id": ("(run_id, client=client)).base_model}", "(run_id, client=client)).training_run_id}"),
        "null": ("ttl_seconds=None", "ttl_seconds=3600"),
        "302": ("archive.headers['Location']", "archive.headers['Expires']"),
        "search": ('"cursor": found_page.next_cursor', '"limit": 3'),
        "new field": ('print(f"new_field=', 'print(f"old_field='),
        "new value": ("newer[0].checkpoint_type", "newer[0].checkpoint_id"),
        "union": ("reason.training_run_id", "reason.type"),
        "new member": ("for session in sessions)", "for session in sessions[:1])"),
    },
    {
        "pages": ("print(f\"paging={','.join(listed)}\")", 'print("paging=")'),
        "302": ("archive.headers['Expires']", "archive.headers['Location']"),
    },
    {"302": ("token=api_key,", "token=api_key, follow_redirects=True,")},
    {"slash": ('"0001", client=client)\n', '"00/01", client=client)\n')},
    {"404": ("absent.parsed.detail", "absent.parsed.message")},
]

pytestmark = pytest.mark.scripts(
    "tests/package",
    "tests/portability",
    "scripts/portability",
    "scripts/client_portability",
    "scripts/documentation/pages/guide/languages.md",
    "scripts/spec_lint/package.json",
    "openapi.yaml",
    "generated",
)


def language(
    name: str,
    program: str | None,
    *,
    says: str = "",
    toolchain: tuple[str, ...] = (),
    known_warnings: dict[str, str] | None = None,
) -> Language:
    """A language whose program is this text of Python, and whose generator says this."""

    def build(shop: Workshop) -> list[str | Path]:
        shop.run("generate", sys.executable, "-c", f"print({says!r})")
        if program is None:
            raise StepFailed("the compiler says no")
        (shop.folder / "program.py").write_text(program)
        return [sys.executable, "program.py"]

    return Language(name, "none", toolchain, build, known_warnings or {})


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(report, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(Language, "folder", property(lambda self: tmp_path))


def test_a_good_program_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert report.run_all(languages=[language("Good", GOOD)])
    printed = capsys.readouterr().out
    (row,) = (line for line in printed.splitlines() if line.startswith("Good   "))
    assert row.split() == ["Good", "none", *["yes"] * len(report.COLUMNS)]
    assert "1 of 1 languages were run, 1 are well" in printed


@pytest.mark.parametrize("faults", FAULTS, ids=" and ".join)
def test_each_check_can_fail(faults: dict[str, tuple[str, str]]) -> None:
    program = GOOD
    for good, bad in faults.values():
        assert program.count(good) == 1
        program = program.replace(good, bad)
    result = report.tried(language("Faulty", program))
    failed = {name for name, cell in result.cells.items() if cell == "NO"}
    assert failed == faults.keys() if result.status == 0 else failed > faults.keys()
    assert not result.is_well


def test_there_is_a_fault_for_each_check() -> None:
    assert {check for faults in FAULTS for check in faults} == set(CHECKS)


def test_a_program_that_ends_badly_after_all_steps_is_not_well() -> None:
    result = report.tried(language("Late", f"{GOOD}\nsys.exit(3)"))
    assert set(result.cells.values()) == {"yes"}
    assert not result.is_well
    assert "ended with 3" in result.notes[0]


def test_a_client_that_cannot_be_made_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert not report.run_all(languages=[language("Good", GOOD), language("Broken", None)])
    assert "the compiler says no" in capsys.readouterr().out


def test_a_tool_that_fails_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="too bad"):
        Workshop(tmp_path, tmp_path).run("compile", sys.executable, "-c", "raise SystemExit('too bad')")


def test_a_warning_fails_unless_it_is_known() -> None:
    says = "WARN null has no name"
    loud = report.tried(language("Loud", GOOD, says=says))
    assert (loud.cells["no warning"], loud.is_well) == ("NO", False)
    known = report.tried(language("Known", GOOD, says=says, known_warnings={"no name": "it never has"}))
    assert known.is_well
    assert "it never has" in known.notes[0]
    outlived = report.tried(language("Quiet", GOOD, known_warnings={"no name": "it never has"}))
    assert not outlived.is_well


def test_a_language_without_toolchain_is_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    absent = language("Absent", GOOD, toolchain=("no-such-command",))
    assert report.run_all(languages=[language("Good", GOOD), absent])
    printed = capsys.readouterr().out
    assert "Absent: not run, since there is no no-such-command here." in printed
    assert "1 of 2 languages were run" in printed
    assert not report.run_all(languages=[absent])  # nothing was shown


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(SystemExit, match="Cobol"):
        report.run_all(["Cobol"], languages=[language("Good", GOOD)])


def test_everything_is_pinned() -> None:
    """In the files of the programs: what their code needs, each of one version."""
    versions: list[str] = []
    for file in PROGRAMS.glob("*/package.json"):
        package = json.loads(file.read_text())
        versions += [*package["dependencies"].values(), *package["devDependencies"].values()]
    cargo = (PROGRAMS / "rust" / "Cargo.toml").read_text().partition("[dependencies]")[2]
    for line in cargo.strip().splitlines():
        versions += re.findall(r'"=([\d.]+)"', line) or [line]
    for file in PROGRAMS.glob("*/pom.xml"):
        pom = file.read_text()
        plugins_and_dependencies = pom.count("<artifactId>") - 1
        assert pom.count("<version>") - 1 == plugins_and_dependencies
        properties = dict(re.findall(r"<([a-z]+)>([\d.]+)</\1>", pom))
        for version in re.findall(r"<version>(.+)</version>", pom):
            versions.append(properties[version[2:-1]] if version.startswith("$") else version)
    versions += [OAPI_CODEGEN.rpartition("@v")[2], OPENAPI_GENERATOR.rpartition("==")[2]]
    assert len(versions) > 30
    for version in versions:
        assert re.fullmatch(r"\d+(\.\d+){0,2}", version), version


def test_each_language_has_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert {folder for folder in PROGRAMS.iterdir() if folder.is_dir()} == {one.folder for one in LANGUAGES}


def test_the_page_on_languages_says_what_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first table: each language, its generator and version, and settings that its program has."""
    monkeypatch.undo()
    page = (ROOT / "scripts" / "documentation" / "pages" / "guide" / "languages.md").read_text()
    table = page.partition("## Tested generators")[2].partition("\n\n## ")[0]
    rows = [re.split(r" *\| *", line)[1:-1] for line in table.splitlines() if line.startswith("| ")][2:]
    languages = {one.name: one for one in LANGUAGES}
    assert {row[0]: row[1] for row in rows} == {name: one.generator for name, one in languages.items()}
    for row in rows:
        files = [file.read_text() for file in languages[row[0]].folder.rglob("*") if file.is_file()]
        for setting in re.findall(r"`(.+?)`", " ".join(row[3:])):
            assert any(setting in text for text in files), f"{row[0]}: no file has {setting}"
    assert set(re.findall(r"openapi-generator ([\d.]+\d)", page)) == {OPENAPI_GENERATOR.rpartition("==")[2]}
    linters = json.loads((ROOT / "scripts" / "spec_lint" / "package.json").read_text())["dependencies"]
    assert f"| Redocly {linters['@redocly/cli']}," in page
    assert set(re.findall(r"\| Prism (\S+)", page)) == {linters["@stoplight/prism-cli"]}
    (openapi_core,) = re.findall(r"\| openapi-core (\S+)", page)
    assert f"openapi-core=={openapi_core}" in (ROOT / "requirements.lock").read_text()


def test_the_versions_of_generators_are_those_that_are_pinned() -> None:
    pinned = "\n".join(file.read_text() for file in PROGRAMS.rglob("*") if file.suffix in (".json", ".toml"))
    pinned += f'"{OAPI_CODEGEN}" "{OPENAPI_GENERATOR}" "{(ROOT / "requirements.lock").read_text()}"'
    for one in LANGUAGES:
        name, version = one.generator.split()
        assert re.search(rf'{name}\b[^\n]*[=@v"]{re.escape(version)}["\s]', pinned), one.generator
