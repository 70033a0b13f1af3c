"""The reference in each Terraform module's README, between `<!-- BEGIN_TF_DOCS -->` and `<!-- END_TF_DOCS -->`: `make docs`.

In: the folders of modules. Out: their READMEs with requirements, modules, resources, inputs and outputs, in the shape that terraform-docs gives
them (so that it can take over); with --check nothing is written, and exit code 1 says which are stale. Never: touches what stands outside the
marks, hides a variable or output without a description (it is named, exit code 1).

It wants python-hcl2: run it with the Python of that tool (the Makefile does).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

import hcl2

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- BEGIN_TF_DOCS -->", "<!-- END_TF_DOCS -->"
# Whose blocks nobody outside a module sees; they have no README.
PRIVATE = {"bucket"}


def modules() -> list[Path]:
    """Every folder with Terraform in it that has a reader: the stack, its modules, the examples."""
    found = {file.parent for file in (ROOT / "terraform").rglob("variables.tf") if ".terraform" not in file.parts}
    return sorted(folder for folder in found if folder.name not in PRIVATE)


def blocks(file: Path, kind: str) -> dict[str, dict]:
    """The blocks of one kind, by name; `type` of a variable is its own text, which the parser would flatten."""
    if not file.exists():
        return {}
    text = file.read_text()
    parsed = {name.strip('"'): body for block in hcl2.loads(text).get(kind, []) for name, body in block.items()}
    for name, body in parsed.items():
        if kind == "variable" and "type" in body:
            body["type"] = type_of(re.search(rf'^variable "{name}" {{\n(.*?)^}}', text, re.M | re.S)[1])
    return parsed


def type_of(body: str) -> str:
    """The expression of `type` in a formatted variable: the lines up to the one that closes what the first opened."""
    lines, depth = [], 0
    for line in body[re.search(r"^  type +=", body, re.M).start():].splitlines():
        lines.append(line)
        depth += sum(line.count(opening) for opening in "([{") - sum(line.count(closing) for closing in ")]}")
        if depth == 0:
            break
    return "\n".join([lines[0].split("=", 1)[1].strip(), *lines[1:]])


def anchored(kind: str, name: str) -> str:
    """A name that can be linked to."""
    return f'<a name="{kind}_{name}"></a> [{name}](#{kind}\\_{name.replace("_", chr(92) + "_")})'


def cell(text: str) -> str:
    """Text inside a table: one line, no bars."""
    return re.sub(r"\s*\n\s*\n\s*", "<br/><br/>", text.strip()).replace("\n", "<br/>" if re.search(r"^- ", text, re.M) else " ").replace("|", r"\|")


def code(text: str) -> str:
    """A type or a default inside a table."""
    return f"`{text}`" if "\n" not in text else "<pre>" + text.replace("|", "&#124;").replace("\n", "<br/>") + "</pre>"


def table(title: str, header: list[str], rows: list[list[str]], marks: list[str] | None = None) -> list[str]:
    """A section with its table, or the word that there is nothing."""
    if not rows:
        return [f"## {title}", "", f"No {title.lower()}.", ""]
    marks = marks or ["-" * (len(name) + 2) for name in header]
    return [f"## {title}", "", f"| {' | '.join(header)} |", f"|{'|'.join(marks)}|", *(f"| {' | '.join(row)} |" for row in rows), ""]


def declared(folder: Path) -> tuple[list[list[str]], list[list[str]]]:
    """Modules and resources, from the first lines of their blocks."""
    used, resources = [], []
    for file in sorted(folder.glob("*.tf")):
        text = file.read_text()
        for name, body in re.findall(r'^module "(\w+)" {\n(.*?)^}', text, re.M | re.S):
            used.append([anchored("module", name), re.search(r'^  source += "(.+)"', body, re.M)[1]])
        for kind, of, name in re.findall(r'^(resource|data) "(\w+)" "(\w+)" {', text, re.M):
            page = f"https://registry.terraform.io/providers/hashicorp/aws/latest/docs/{'resources' if kind == 'resource' else 'data-sources'}/{of.removeprefix('aws_')}"
            resources.append([f"[{of}.{name}]({page})", "resource" if kind == "resource" else "data source"])
    return sorted(used), sorted(resources)


def reference(folder: Path) -> tuple[str, list[str]]:
    """What belongs between the marks, and every variable and output without a description."""
    settings = hcl2.loads((folder / "versions.tf").read_text())["terraform"][0]
    provider = settings["required_providers"][0]["aws"]
    variables, outputs = blocks(folder / "variables.tf", "variable"), blocks(folder / "outputs.tf", "output")
    bare = [f"{kind} {name}" for kind, found in (("variable", variables), ("output", outputs)) for name, body in found.items() if not body.get("description")]
    used, resources = declared(folder)
    inputs = [[
        anchored("input", name), cell(body.get("description", "")), code(body.get("type", "any")),
        code(json.dumps(body["default"], indent=2 if body["default"] else None)) if "default" in body else "n/a",
        "no" if "default" in body else "yes",
    ] for name, body in sorted(variables.items())]
    lines = [
        *table("Requirements", ["Name", "Version"], [
            [anchored("requirement", "terraform"), settings["required_version"].strip('"')],
            [anchored("requirement", "aws"), provider["version"].strip('"')]]),
        *table("Modules", ["Name", "Source"], used),
        *table("Resources", ["Name", "Type"], resources),
        *table("Inputs", ["Name", "Description", "Type", "Default", "Required"], inputs, ["------", "-------------", "------", "---------", ":--------:"]),
        *table("Outputs", ["Name", "Description"], [[anchored("output", name), cell(body.get("description", ""))] for name, body in sorted(outputs.items())]),
    ]
    return "\n".join(lines).rstrip("\n"), bare


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; say which READMEs are stale")
    options, wrong, current = parser.parse_args(), [], 0
    for folder in modules():
        name, readme = str(folder.relative_to(ROOT)), folder / "README.md"
        if not readme.exists() or BEGIN not in (before := readme.read_text()) or END not in before:
            wrong.append(f"{name}/README.md lacks {BEGIN} and {END}: write what the module is for, and both marks below it")
            continue
        text, bare = reference(folder)
        wrong += [f"{name}: {it} has no description" for it in bare]
        after = f"{before[:before.index(BEGIN)]}{BEGIN}\n{text}\n{before[before.index(END):]}"
        if after == before:
            current += 1
        elif options.check:
            wrong.append(f"{name}/README.md is stale: `make docs`")
        else:
            readme.write_text(after)
            print(f"{name}/README.md")
    for line in wrong:
        print(line)
    if options.check:
        print(f"{current} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
