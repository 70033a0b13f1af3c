"""`make pictures`: docs/diagrams/*.drawio, drawn as SVG and JPG by draw.io's own viewer in a browser without a window.

In: the sources, the brought wheel with the viewer, chromium and the font Liberation Sans of this machine. Out: `<name>.svg` and `<name>.jpg`
beside each source, with the SHA-256 of the source in them, by which a test knows a stale picture. Exit code 2: something must be installed.
Never: the network, a picture of a source that it does not understand, a label that only a browser can show.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

from servers import ROOT, say, tools

DIAGRAMS = ROOT / "docs/diagrams"
SCRIPTS = ("viewer-static.min.js", "shapes.min.js", "stencils.min.js")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STAMP = "drawn by `make pictures` from {name}, sha256 {digest}"
SHARPNESS = 2  # pixels of the JPG for each of the picture
JPEG_START, JPEG_COMMENT = b"\xff\xd8", b"\xff\xfe"

# Labels as SVG text and not as HTML inside the SVG (`foEnabled`): what is no browser shows the latter as an error. A shape that is not
# there would be drawn as a box: so each is asked for.
PAGE = """<!doctype html><meta charset="utf-8"><body>
<script>window.STENCIL_PATH = "stencils"; window.mxLoadResources = false; window.mxLoadStylesheets = false;</script>
%(scripts)s
<script>
  const answer = document.createElement("pre");
  answer.id = "answer";
  try {
    mxSvgCanvas2D.prototype.foEnabled = false;
    const place = document.createElement("div"), graph = new Graph(place), source = mxUtils.parseXml(%(model)s);
    document.body.appendChild(place);
    graph.setEnabled(false);
    new mxCodec(source).decode(source.documentElement, graph.getModel());
    const unknown = Object.values(graph.getModel().cells).flatMap(cell => {
      const style = graph.getCellStyle(cell);
      return [style.shape, style.resIcon].filter(it => (it || "").startsWith("mxgraph.") && !it.endsWith(".resourceIcon"))
        .filter(it => !mxStencilRegistry.getStencil(it)).map(it => cell.id + ": " + it);
    });
    if (unknown.length) throw new Error("no such shape: " + unknown.join(", "));
    const svg = graph.getSvg("#ffffff", 1, 10, false, null, true, null, null, null, false, null, "light");
    answer.textContent = JSON.stringify({svg: new XMLSerializer().serializeToString(svg)});
  } catch (error) {
    answer.textContent = JSON.stringify({error: String(error)});
  }
  document.body.replaceChildren(answer);
</script>"""


class Failed(Exception):
    """A source could not be drawn."""


def sources() -> list[Path]:
    return sorted(DIAGRAMS.glob("*.drawio"))


def digest_of(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


def stamp_of(source: Path) -> str:
    """What a picture of this source has in it."""
    return STAMP.format(name=source.name, digest=digest_of(source))


def stamp_in_svg(svg: str) -> str:
    """What is said in a picture of where it came from; empty if nothing is."""
    found = re.search(r"<!-- (drawn by .*?) -->", svg)
    return found[1] if found else ""


def stamp_in_jpg(jpg: bytes) -> str:
    """Likewise: the comment, which comes first."""
    if jpg[:4] != JPEG_START + JPEG_COMMENT:
        return ""
    return jpg[6:4 + int.from_bytes(jpg[4:6], "big")].decode()


def with_comment(jpg: bytes, text: str) -> bytes:
    if jpg[:2] != JPEG_START:
        raise Failed("the browser gave no JPEG")
    return JPEG_START + JPEG_COMMENT + (2 + len(text.encode())).to_bytes(2, "big") + text.encode() + jpg[2:]


def model_of(source: Path) -> str:
    """The one page of a source, as it stands there."""
    pages = ET.fromstring(source.read_text()).findall("diagram")
    if len(pages) != 1 or pages[0].find("mxGraphModel") is None:
        raise Failed(f"{source.name}: it needs one page, saved uncompressed (File, Properties), so that a diff can be read")
    return ET.tostring(pages[0].find("mxGraphModel"), encoding="unicode")


def browse(browser: str, folder: Path, *arguments: str) -> str:
    """One visit without a window, without the network and without anybody's profile."""
    command = [browser, "--headless", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking", "--no-first-run",
               "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'profile'}"]
    command += ["--no-sandbox"] if os.geteuid() == 0 else []  # it refuses to have one as root
    visit = subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    if visit.returncode != 0:
        raise Failed(f"{browser} ended with {visit.returncode}:\n{visit.stderr[-2000:]}")
    return visit.stdout


def svg_of(source: Path, browser: str, folder: Path) -> str:
    page = PAGE % {"scripts": "\n".join(f'<script src="{name}"></script>' for name in SCRIPTS), "model": json.dumps(model_of(source)).replace("</", "<\\/")}
    (folder / "page.html").write_text(page)
    shown = browse(browser, folder, "--dump-dom", (folder / "page.html").as_uri())
    found = re.search(r'<pre id="answer">(.*?)</pre>', shown, re.DOTALL)
    answer = json.loads(html.unescape(found[1])) if found else {"error": "the page gave no answer"}
    if "error" in answer:
        raise Failed(f"{source.name}: {answer['error']}")
    # `light-dark(…)` is for browsers of 2024; a line for each cell is for diffs.
    colour = r"(#\w+|rgba?\([^)]*\))"
    svg = re.sub(rf"light-dark\({colour}, {colour}\)", r"\1", answer["svg"]).replace("<g data-cell-id", "\n<g data-cell-id")
    title = html.escape(ET.fromstring(source.read_text()).find("diagram").get("name"))
    head, rest = svg.split(">", 1)
    return f"{head}>\n<!-- {stamp_of(source)} -->\n<title>{title}</title>{rest}\n"


def jpg_of(svg: str, source: Path, browser: str, folder: Path) -> bytes:
    width, height = (float(re.search(rf'^<svg[^>]* {side}="([\d.]+)px"', svg)[1]) for side in ("width", "height"))
    (folder / "picture.svg").write_text(svg)
    shot = folder / "picture.jpg"  # the name says which format
    browse(browser, folder, f"--screenshot={shot}", f"--force-device-scale-factor={SHARPNESS}", f"--window-size={round(width)},{round(height)}", (folder / "picture.svg").as_uri())
    return with_comment(shot.read_bytes(), stamp_of(source))


def lacking() -> list[str]:
    """What a person has to install first. Text is as wide as the font makes it: another font would draw another picture."""
    if not any(map(shutil.which, BROWSERS)) or not shutil.which("fc-match"):
        return ["chromium", "fonts-liberation"]
    font = subprocess.run(["fc-match", "Helvetica"], capture_output=True, text=True, check=False).stdout
    return [] if "Liberation Sans" in font else ["fonts-liberation"]


def main() -> int:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    if packages := lacking():
        print(f"Nothing was drawn: install {' and '.join(packages)} (`apt-get install {' '.join(packages)}`), and run this again.", file=sys.stderr)
        return 2
    browser = next(filter(shutil.which, BROWSERS))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with zipfile.ZipFile(tools()["DRAWIO_WHL"]) as wheel:
            for name in SCRIPTS:
                (folder / name).write_bytes(wheel.read(f"jupyterlab_drawio_render_extension/static/{name}"))
        try:
            for source in sources():
                svg = svg_of(source, browser, folder)
                jpg = jpg_of(svg, source, browser, folder)
                source.with_suffix(".svg").write_text(svg)
                source.with_suffix(".jpg").write_bytes(jpg)
                say(f"{source.relative_to(ROOT)}: {len(svg) // 1024} KiB of SVG, {len(jpg) // 1024} KiB of JPG")
        except Failed as failure:
            print(failure, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
