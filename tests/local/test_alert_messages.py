"""What the stack's own Alertmanagers write to the topic of alarms, by the real template program: SNS refuses what is not as here, and the alert is lost
(https://docs.aws.amazon.com/sns/latest/api/API_Publish.html). The applied configuration is run by `make stack-test`."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import textwrap
import unittest
from pathlib import Path

from servers import tools

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATIONS = [ROOT / "terraform" / it for it in ("templates/alertmanager.yml.tftpl", "modules/long_term_storage/rules/alertmanager.yml.tftpl")]
SHORT = {"alertname": "Down", "owner": "shop"}
LONG = {"alertname": "A" * 90, "owner": "b" * 90}
FOREIGN = {"alertname": "Plätze\tfehlen", "owner": "größe"}


def texts(configuration: Path) -> tuple[str, str]:
    """Subject and message of its one receiver."""
    text = configuration.read_text()
    message = re.search(r"^( +)message: \|\n((?:\1  .*\n|\n)+)", text, re.MULTILINE)[2]
    return re.search(r"^ +subject: '(.*)'$", text, re.MULTILINE)[1], textwrap.dedent(message)


def rendered(template: str, labels: dict[str, str], count: int = 1, **alert: object) -> str:
    """The text for so many alerts with these labels."""
    one = {"status": "firing", "labels": labels, "annotations": {}, "startsAt": "2026-01-02T03:04:05Z", "generatorURL": "https://p/graph", **alert}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as data:
        json.dump({"status": one["status"], "alerts": [one] * count, "groupLabels": labels, "commonLabels": labels, "externalURL": "https://a"}, data)
        data.flush()
        return subprocess.run([tools()["AMTOOL"], "template", "render", "--template.glob=/dev/null", f"--template.data={data.name}", f"--template.text={template}"],
                              check=True, capture_output=True, text=True).stdout


class AlertMessages(unittest.TestCase):
    def check_subject(self, labels: dict[str, str], expect: str) -> None:
        for configuration in CONFIGURATIONS:
            subject = rendered(texts(configuration)[0], labels)
            self.assertEqual(subject, expect)
            self.assertRegex(subject, r"^[!-~][ -~]{0,98}$")

    def test_a_subject_is_what_sns_takes(self) -> None:
        self.check_subject(SHORT, "[FIRING:1] Down shop")
        self.check_subject(LONG, ("[FIRING:1] " + "A" * 90)[:99])
        self.check_subject(FOREIGN, "[FIRING:1] Pl?tze?fehlen gr??e")

    def test_a_message_says_what_whose_and_since_when_without_annotations_too(self) -> None:
        for configuration in CONFIGURATIONS:
            message = texts(configuration)[1]
            self.assertEqual(rendered(message, SHORT), "firing: Down\n  alertname = Down\n  owner = shop\n  since 2026-01-02T03:04:05Z, https://p/graph\n\nhttps://a\n")
            self.assertIn("resolved: Down\n  summary: again\n", rendered(message, SHORT, status="resolved", annotations={"summary": "again"}))

    def test_however_much_there_is_a_message_stays_below_what_sns_takes(self) -> None:
        def check(labels: dict[str, str], count: int, annotation: str, *expect: str) -> None:
            for configuration in CONFIGURATIONS:
                message = rendered(texts(configuration)[1], labels, count, annotations={"summary": annotation})
                self.assertLess(len(message.encode()), 250_000)
                self.assertNotRegex(message, r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
                for words in expect:
                    self.assertIn(words, message)

        check(LONG, 5000, "", "... 5000 in all\nhttps://a")
        check(SHORT, 50, "🚨" * 6000, "🚨" * 1000 + "\n  alertname = Down\n", "\nhttps://a")
        check({**SHORT, **{f"l{number}": "🚨" * 6000 for number in range(30)}}, 50, "", "🚨" * 500 + "\n", "https://a")
        check(SHORT, 1, "bell \x07 and \x00, a tab\t, a line\n", "bell ? and ?, a tab\t, a line\n")


if __name__ == "__main__":
    unittest.main()
