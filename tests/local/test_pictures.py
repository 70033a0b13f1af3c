"""The pictures against what they are drawn from and what they show: their sources, the Terraform, the definition, the table of workers.

In: docs/diagrams, terraform/, statemachine/. Out: what is stale, missing or not so. Never: a browser; how a picture looks.
"""

from __future__ import annotations

import json
import re
import unittest
import xml.etree.ElementTree as ET
from contextlib import redirect_stderr
from io import StringIO
from unittest import mock

import pictures
from pictures import DIAGRAMS, sources, stamp_in_jpg, stamp_in_svg, stamp_of, with_comment
from servers import ROOT

TERRAFORM = "\n".join(file.read_text() for file in sorted((ROOT / "terraform").glob("*.tf")))
DEFINITION = json.loads((ROOT / "statemachine/config_reloader.asl.json").read_text())


def cells(name: str) -> dict[str, ET.Element]:
    """The cells of a source, by id."""
    return {cell.get("id"): cell for cell in ET.parse(DIAGRAMS / f"{name}.drawio").iter("mxCell")}


def shown(name: str, kind: str) -> dict[str, str]:
    """What a picture shows of one kind: the name in a cell's id `<kind>-<name>`, and its label."""
    return {id.removeprefix(f"{kind}-"): cell.get("value") for id, cell in cells(name).items()
            if id.startswith(f"{kind}-") and not id.endswith("-text")}


def arrows(name: str, kind: str) -> set[tuple[str, str]]:
    """What leads to what, of the cells of one kind; with two heads, both ways."""
    ways = set()
    for cell in cells(name).values():
        ends = [cell.get(end, "") for end in ("source", "target")]
        if all(end.startswith(f"{kind}-") for end in ends):
            one, other = (end.removeprefix(f"{kind}-") for end in ends)
            ways |= {(one, other)} | ({(other, one)} if "startArrow=block" in cell.get("style") else set())
    return ways


class Drawn(unittest.TestCase):
    def test_every_picture_is_of_its_source_as_it_is_now(self) -> None:
        self.assertEqual([source.stem for source in sources()], ["aws-stack", "configuration-flow", "terraform-stack"])
        for source in sources():
            with self.subTest(source.name):
                self.assertEqual(stamp_in_svg(source.with_suffix(".svg").read_text()), stamp_of(source), "stale: `make pictures`")
                self.assertEqual(stamp_in_jpg(source.with_suffix(".jpg").read_bytes()), stamp_of(source), "stale: `make pictures`")

    def test_nothing_else_lies_there(self) -> None:
        self.assertEqual({file.stem for file in DIAGRAMS.iterdir()}, {source.stem for source in sources()})

    def test_sources_can_be_read_in_a_diff_and_drawn_without_html(self) -> None:
        for source in sources():
            with self.subTest(source.name):
                styles = [cell.get("style") or "" for cell in cells(source.stem).values()]
                self.assertGreater(len(styles), 40)  # a compressed page has no cell to be seen
                self.assertEqual([style for style in styles if "html=1" in style or "whiteSpace=wrap" in style], [])

    def test_a_comment_is_read_as_it_was_put_in(self) -> None:
        self.assertEqual(stamp_in_jpg(with_comment(b"\xff\xd8\xff\xdb rest", "from here")), "from here")
        self.assertEqual(stamp_in_jpg(b"\xff\xd8\xff\xdb rest"), "")


    def test_what_is_lacking_is_one_sentence(self) -> None:
        said = StringIO()
        with mock.patch.object(pictures.shutil, "which", return_value=None), mock.patch("sys.argv", ["pictures.py"]), redirect_stderr(said):
            self.assertEqual(pictures.main(), 2)
        self.assertEqual(said.getvalue(), "Nothing was drawn: install chromium and fonts-liberation (`apt-get install chromium fonts-liberation`), and run this again.\n")


class TerraformStack(unittest.TestCase):
    """Cells `module-<name>`: what they say of modules, and arrows from outputs to who takes them."""

    BLOCKS = dict(re.findall(r'^module "(\w+)" \{\n(.*?)^\}', TERRAFORM, re.MULTILINE | re.DOTALL))
    # What a module may be given by another name: locals, and resources and data sources of the root.
    NAMED = {f"local.{name}": body for block in re.findall(r"^locals \{\n(.*?)^\}", TERRAFORM, re.MULTILINE | re.DOTALL)
             for name, body in re.findall(r"^  (\w+)\s*=(.*?)(?=^  \w+\s*=|^  #|\Z)", block, re.MULTILINE | re.DOTALL)}
    NAMED |= {f"{'data.' if kind == 'data' else ''}{type}.{name}": body for kind, type, name, body in
              re.findall(r'^(resource|data) "(\w+)" "(\w+)" \{\n(.*?)^\}', TERRAFORM, re.MULTILINE | re.DOTALL)}

    @classmethod
    def taken(cls, text: str, seen: frozenset[str] = frozenset()) -> set[str]:
        """Every module whose outputs a text takes, by whatever name."""
        names = {name for name in re.findall(r"(?:data\.)?\b\w+\.\w+", text) if name in cls.NAMED} - seen
        return set(re.findall(r"module\.(\w+)", text)).union(*(cls.taken(cls.NAMED[name], seen | names) for name in names))

    def test_modules_are_those_of_the_root(self) -> None:
        drawn = shown("terraform-stack", "module")
        self.assertEqual({name: label for name, label in drawn.items() if name != label}, {})
        folders = {folder.name for folder in (ROOT / "terraform/modules").iterdir() if folder.is_dir()}
        self.assertEqual(set(drawn), folders)
        frame, outside = cells("terraform-stack")["root"].find("mxGeometry"), set()
        for name in drawn:
            place = cells("terraform-stack")[f"module-{name}"].find("mxGeometry")
            if float(place.get("y")) > float(frame.get("y")) + float(frame.get("height")):
                outside.add(name)
        self.assertEqual(set(drawn) - outside, set(self.BLOCKS))
        self.assertEqual(outside, {"config_generator"})

    def test_every_arrow_is_in_the_code(self) -> None:
        ways = {way for way in arrows("terraform-stack", "module") if "config_generator" not in way}
        self.assertEqual({(giver, taker) for giver, taker in ways if giver not in self.taken(self.BLOCKS[taker])}, set())

    def test_whatever_a_module_is_given_by_name_is_an_arrow(self) -> None:
        given = {(giver, taker) for taker, block in self.BLOCKS.items() for giver in re.findall(r"module\.(\w+)", block)}
        given = {(giver, taker) for giver, taker in given if giver not in (taker, "notifications")}
        self.assertEqual(given - arrows("terraform-stack", "module"), set())

    def test_what_every_module_takes(self) -> None:
        self.assertEqual([name for name, block in self.BLOCKS.items() if "kms_key_arn" not in block], [])
        alarms = {file.parent.name for file in (ROOT / "terraform/modules").glob("*/*.tf") if "aws_cloudwatch_metric_alarm" in file.read_text()}
        self.assertEqual([name for name in alarms - {"notifications"} if "module.notifications" not in self.BLOCKS[name]], [])


class AwsStack(unittest.TestCase):
    def test_workers_are_those_of_the_table(self) -> None:
        table = json.loads((ROOT / "statemachine/workers.json").read_text())["workers"]
        self.assertEqual(set(shown("aws-stack", "worker")) | {"trigger"}, set(table))

    def test_who_is_in_the_vpc_is_drawn_there(self) -> None:
        table = json.loads((ROOT / "statemachine/workers.json").read_text())["workers"]
        top = float(cells("aws-stack")["vpc"].find("mxGeometry").get("y"))
        inside = {name for name in shown("aws-stack", "worker") if float(cells("aws-stack")[f"worker-{name}"].find("mxGeometry").get("y")) > top}
        self.assertEqual(inside, {name for name, row in table.items() if row["vpc"]})


class ConfigurationFlow(unittest.TestCase):
    """Cells `state-<name>`: states of the definition."""

    # What only looks at an answer, or keeps it: an arrow goes through it.
    @staticmethod
    def is_between(name: str, state: dict) -> bool:
        return state["Type"] == "Choice" or name == "BatchJudged"

    @classmethod
    def states(cls, machine: dict) -> dict[str, dict]:
        found = dict(machine["States"])
        for state in machine["States"].values():
            found |= cls.states(state["ItemProcessor"]) if "ItemProcessor" in state else {}
        return found

    def setUp(self) -> None:
        self.all = self.states(DEFINITION)

    def followers(self, name: str) -> set[str]:
        state = self.all[name]
        nexts = {state.get("Next"), state.get("Default"), *(it["Next"] for it in state.get("Choices", []) + state.get("Catch", []))} - {None}
        return set().union(*(self.followers(it) if self.is_between(it, self.all[it]) else {it} for it in nexts))

    def test_every_state_is_there_by_its_name(self) -> None:
        drawn = shown("configuration-flow", "state")
        self.assertEqual(set(drawn), {name for name, state in self.all.items() if not self.is_between(name, state)})
        # A Map is a frame, whose title says more than its name.
        self.assertEqual({name: label for name, label in drawn.items() if not re.match(rf"{name}($|[:,])", label)}, {})

    def test_every_arrow_is_a_way_of_the_definition(self) -> None:
        ways = arrows("configuration-flow", "state")
        self.assertGreater(len(ways), 20)
        self.assertEqual({(one, other) for one, other in ways if other not in self.followers(one)}, set())


if __name__ == "__main__":
    unittest.main()
