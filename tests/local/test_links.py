"""Every link between the pages of this repository leads to a file that is there, and to a heading of it.

In: every README and every page of docs/. Out: links that lead nowhere. Never: the network; a link to another site.
"""

from __future__ import annotations

import re
import subprocess
import unittest
from pathlib import Path

from servers import ROOT


def pages() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def prose(text: str) -> str:
    """A page without its code, which may look like links and headings."""
    text = re.sub(r"^(```|~~~).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", lambda code: code[0].replace("](", "] ("), text)


def anchors(text: str) -> set[str]:
    """What headings, and anchors that are written out, are called in a link."""
    headings = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in re.findall(r"^#+ (.+?)$", prose(text), re.MULTILINE)]
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings} | set(re.findall(r'<a name="([^"]+)"', text))


def dead(page: Path, text: str) -> list[str]:
    """The links of one page that lead nowhere."""
    links = re.findall(r"\]\(([^)\s]+)\)", prose(text)) + re.findall(r"^\[[^]]+\]: (\S+)", prose(text), re.MULTILINE)
    wrong = []
    for link in links:
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.replace("\\_", "_").partition("#")
        target = (page.parent / path).resolve() if path else page
        is_there = target.exists() and target.is_relative_to(ROOT)
        if not is_there or (anchor and target.suffix == ".md" and anchor not in anchors(target.read_text() if path else text)):
            wrong.append(link)
    return wrong


class Links(unittest.TestCase):
    def test_every_link_leads_somewhere(self) -> None:
        self.assertGreater(len(pages()), 30)
        for page in pages():
            with self.subTest(str(page.relative_to(ROOT))):
                self.assertEqual(dead(page, page.read_text()), [])

    def test_what_leads_nowhere_is_seen(self) -> None:
        page = ROOT / "docs/operations.md"
        for text, expect in (
            ("[a](conflicts.md) [b](../README.md#words) [c](#here)\n# Here\n", []),
            ("[a](nowhere.md)", ["nowhere.md"]),
            ("[a](../README.md#nowhere)", ["../README.md#nowhere"]),
            ("[a](#here)\n```\n# Here\n```\n", ["#here"]),
            ("![a](nowhere.svg)", ["nowhere.svg"]),
            ("[a](../../outside.md)", ["../../outside.md"]),
            ("`[a](nowhere.md)` [b](https://nowhere.invalid)", []),
        ):
            with self.subTest(text):
                self.assertEqual(dead(page, text), expect)


if __name__ == "__main__":
    unittest.main()
