"""The languages, and how the client of each is generated and compiled with the tools that its teams use."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from project_env import ROOT, ensure

from client_portability.workshop import Workshop

SPEC = ROOT / "openapi.yaml"
GENERATED = ROOT / "generated"
SPEC_3_0 = GENERATED / "openapi-3.0.yaml"
PROGRAMS = ROOT / "tests" / "portability"
# Java is what openapi-generator itself runs on; the package brings the program.
OPENAPI_GENERATOR = "openapi-generator-cli==7.26.0"
OAPI_CODEGEN = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2"

Command = list[str | Path]
_INSTALLING = threading.Lock()


@dataclass(frozen=True)
class Language:
    """A language that a client is made for.

    Attributes:
        name: What it is called.
        generator: What generates the client.
        toolchain: The commands that must be there.
        build: Generates and compiles, and gives the command of the program; None if there is no program: the
            client is generated, to see whether the generator warns, and nothing else.
        known_warnings: What a tool warns of whatever the description says: a part of the line, and the reason.
    """

    name: str
    generator: str
    toolchain: tuple[str, ...]
    build: Callable[[Workshop], Command | None]
    known_warnings: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where its program is."""
        return PROGRAMS / self.name.lower().replace("#", "sharp").replace(" and ", "-")

    def missing(self) -> list[str]:
        """Those commands of the toolchain that are not there."""
        return [command for command in self.toolchain if shutil.which(command) is None]


def _python(shop: Workshop) -> Command:
    environment = {"MYPYPATH": str(GENERATED)}
    shop.run("compile", sys.executable, "-m", "mypy", "--strict", "program.py", environment=environment)
    return [sys.executable, "program.py"]


def _npm(shop: Workshop) -> Path:
    shop.run("tools", "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
    return shop.folder / "node_modules" / ".bin"


def _typescript(shop: Workshop) -> Command:
    tools = _npm(shop)
    shop.run("generate", tools / "openapi-typescript", SPEC, "--output", "schema.d.ts")
    shop.run("compile", tools / "tsc", "--project", ".", "--outDir", "compiled")
    return ["node", shop.folder / "compiled" / "program.js"]


def _typescript_zod(shop: Workshop) -> Command:
    shop.take(SPEC_3_0, SPEC_3_0.name)
    tools = _npm(shop)
    shop.run("generate", tools / "openapi-ts", "--no-log-file")
    shop.run("compile", tools / "tsc", "--project", ".", "--outDir", "compiled")
    return ["node", shop.folder / "compiled" / "program.js"]


def _go(shop: Workshop) -> Command:
    tools = shop.cache / "go"
    shop.run("tools", "go", "install", OAPI_CODEGEN, environment={"GOBIN": str(tools), "GOFLAGS": ""})
    (shop.folder / "tinker").mkdir()
    shop.run("generate", tools / "oapi-codegen", "-config", "oapi-codegen.yaml", SPEC_3_0)
    shop.run("compile", "go", "vet", "./...")
    shop.run("compile", "go", "build", "-o", "program", ".")
    return [shop.folder / "program"]


def _openapi_generator(shop: Workshop, description: Path = SPEC_3_0) -> None:
    with _INSTALLING:
        generator = ensure(".venv-openapi-generator", OPENAPI_GENERATOR).parent / "openapi-generator-cli"
    shop.run("generate", generator, "generate", "-i", description, "-c", "generator.yaml", "-o", "generated")


def _maven(shop: Workshop, sources: str, main_class: str) -> Command:
    shop.take(shop.folder / "generated" / sources, sources)
    shop.run("compile", "mvn", "--batch-mode", "--quiet", "compile", "dependency:copy-dependencies")
    target = shop.folder / "target"
    return ["java", "-cp", f"{target / 'classes'}{os.pathsep}{target / 'dependency' / '*'}", main_class]


def _java(shop: Workshop) -> Command:
    _openapi_generator(shop)
    return _maven(shop, "src/main/java", "Program")


def _kotlin(shop: Workshop) -> Command:
    description = yaml.safe_load(SPEC_3_0.read_text())
    for schema in description["components"]["schemas"].values():
        # With it, a union refuses the types that newer servers add; without, `Other…` takes them.
        schema.pop("discriminator", None)
    (shop.folder / "openapi.yaml").write_text(yaml.safe_dump(description, sort_keys=False))
    _openapi_generator(shop, shop.folder / "openapi.yaml")
    return _maven(shop, "src/main/kotlin", "ProgramKt")


def _rust(shop: Workshop) -> Command:
    shop.take(SPEC_3_0, "openapi-3.0.yaml")
    target = shop.cache / "rust"
    environment = {
        "CARGO_TARGET_DIR": str(target),
        "CARGO_INCREMENTAL": "0",
        "CARGO_PROFILE_DEV_DEBUG": "0",
        "RUSTFLAGS": "--deny warnings",
    }
    # progenitor is a macro: what it generates is compiled in the same step.
    shop.run("compile", "cargo", "build", "--quiet", environment=environment)
    shop.take(target / "debug" / "portability", "program")
    # What is kept is the dependencies: the client itself has another path, and so another place, in each run.
    shop.run("tools", "cargo", "clean", "--quiet", "--package", "portability", environment=environment)
    return [shop.folder / "program"]


def _csharp(shop: Workshop) -> None:
    _openapi_generator(shop)


# The one that takes longest first.
LANGUAGES = (
    Language("Rust", "progenitor 0.15.1", ("cargo", "cc"), _rust),
    Language("Python", "openapi-python-client 0.29.1", (), _python),
    Language("TypeScript", "openapi-typescript 7.13.0", ("node", "npm"), _typescript),
    Language("TypeScript and zod", "hey-api 0.95.0", ("node", "npm"), _typescript_zod),
    Language("Go", "oapi-codegen 2.8.2", ("go",), _go),
    Language(
        "Java",
        "openapi-generator 7.26.0",
        ("java", "javac", "mvn"),
        _java,
        {"Ignoring complex example on request body": "its documentation has no room for examples of objects"},
    ),
    Language("Kotlin", "openapi-generator 7.26.0", ("java", "mvn"), _kotlin),
    Language("C#", "openapi-generator 7.26.0", ("java",), _csharp),
)
