"""What is deployed beside Tidemark: rules that fire when they have to, and a dashboard of figures that exist."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.project.repository import ROOT, text_of
from tests.scraped import families, scraped
from tests.unit.api.metrics.test_metrics import rendered

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES, RULE_TESTS = PROMETHEUS / "tidemark.rules.yml", PROMETHEUS / "tidemark.rules.test.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "tidemark.json"
NAME = re.compile(r"(?<![a-z_:])(?:tidemark|process)_[a-z0-9_]+")
RECORDED = re.compile(r"(?<![a-z_:])[a-z_]+:[a-z0-9_]+:[a-z0-9_]+")
LABEL = re.compile(r'([a-z_]+)=~?\\?["\']')


@pytest.fixture(scope="module")
def exposition(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a process of three markets tells."""
    return asyncio.run(rendered(tmp_path_factory.mktemp("process"), 3))


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed; on Debian: apt install prometheus")
    return subprocess.run([found, *arguments], capture_output=True, text=True, check=False)


def existing(text: bytes) -> set[str]:
    """Every name that a query may use."""
    names = set()
    for name, kind in families(text).items():
        names |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else {name}
    return names


def dashboard() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(text_of(DASHBOARD))
    return told


def queries() -> Iterator[tuple[str, str]]:
    """The title of every panel with each of its queries."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def expressions(text: str) -> str:
    """The rules without their comments, words and labels: what is left that looks like a figure is one."""
    kept = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
    return re.sub(r"^ {8}annotations:\n(?: {10,}.*\n)+", "", kept, flags=re.MULTILINE)


def test_the_rules_are_well_formed() -> None:
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", str(RULES))

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_fires_when_it_has_to_and_not_otherwise() -> None:
    done = promtool("test", "rules", str(RULE_TESTS))

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_test_of_each_kind() -> None:
    alerts = re.findall(r"- alert: (\w+)", text_of(RULES))
    tested = re.findall(r"alertname: (\w+)\n +exp_alerts:( \[\])?", text_of(RULE_TESTS))

    assert len(alerts) == len(set(alerts)) > 10
    assert {name for name, is_quiet in tested if is_quiet} == set(alerts)
    assert {name for name, is_quiet in tested if not is_quiet} == set(alerts)


def test_every_alert_says_how_bad_it_is_and_what_it_means() -> None:
    for rule in re.split(r"\n\s+- alert: ", text_of(RULES))[1:]:
        name = rule.splitlines()[0]
        assert re.search(r"severity: (critical|warning)\n", rule), name
        assert "summary: " in rule, name
        assert "description: " in rule, name


@pytest.mark.parametrize("file", [RULES, RULE_TESTS], ids=lambda path: path.name)
def test_rules_use_figures_that_exist(file: Path, exposition: bytes) -> None:
    text = text_of(file)
    recorded = set(re.findall(r"- record: (\S+)", text_of(RULES)))

    used = set(NAME.findall(expressions(text)))

    assert len(used) > 20
    assert used - existing(exposition) == set()
    assert set(RECORDED.findall(expressions(text))) - recorded == set()


def test_the_documentation_has_every_alert() -> None:
    page = text_of(ROOT / "docs" / "howto" / "prometheus.md")

    assert set(re.findall(r"`(Tidemark[A-Z]\w+)`", page)) == set(re.findall(r"- alert: (\w+)", text_of(RULES)))


def test_every_recorded_rule_is_used_or_named_for_a_dashboard() -> None:
    recorded = re.findall(r"- record: (\S+)", text_of(RULES))

    assert len(recorded) == len(set(recorded)) >= 5
    assert all(re.fullmatch(r"[a-z_]+:tidemark_[a-z_]+:[a-z0-9_]+", name) for name in recorded)


def test_the_dashboard_shows_figures_that_exist(exposition: bytes) -> None:
    used = {name for _, expression in queries() for name in NAME.findall(expression)}

    assert used - existing(exposition) == set()


def test_the_dashboard_leaves_out_nothing_but_what_others_say_as_well(exposition: bytes) -> None:
    used = {name for _, expression in queries() for name in NAME.findall(expression)}
    constant = {"tidemark_build_info", "process_start_time_seconds"}
    # The rest of two families of which the parts that mean something are shown.
    said_elsewhere = {
        "process_resident_memory_bytes", "tidemark_memory_resident_peak_bytes", "tidemark_memory_limit_bytes",
        "tidemark_owner_items_peak", "tidemark_owner_reserved_bytes", "tidemark_books_synced",
    }  # fmt: skip

    assert existing(exposition) - used == constant | said_elsewhere


def test_the_labels_that_are_asked_for_exist(exposition: bytes) -> None:
    known = {label for _, labels in scraped(exposition) for label, _ in labels}
    # What Prometheus adds, and what connections, push and pools bring when there are some.
    added = {"job", "instance", "connection", "pool", "reason"}

    for title, expression in queries():
        assert set(LABEL.findall(expression)) - known - added == set(), title


def test_every_query_of_the_dashboard_can_be_read(tmp_path: Path) -> None:
    lines = ["groups:", "  - name: dashboard", "    rules:"]
    for number, (_, expression) in enumerate(queries()):
        query = expression.replace("$__rate_interval", "5m").replace("$instance", ".+")
        lines += [f"      - record: query:{number}", f"        expr: {json.dumps(query)}"]
    (tmp_path / "rules.yml").write_text("\n".join(lines))

    done = promtool("check", "rules", str(tmp_path / "rules.yml"))

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_can_be_brought_into_any_grafana() -> None:
    told = dashboard()

    panels = told["panels"]
    assert told["uid"] == "tidemark"
    assert "id" not in told
    assert [variable["name"] for variable in told["templating"]["list"]] == ["datasource", "instance"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    shown = [panel for panel in panels if panel["type"] != "row"]
    assert all(panel["datasource"]["uid"] == "${datasource}" for panel in shown)
    assert all(panel["description"] and panel["targets"] for panel in shown)
    assert all('instance=~"$instance"' in expression for _, expression in queries())


def test_panels_do_not_lie_over_each_other() -> None:
    cells: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        mine = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24, panel["title"]
        assert not cells & mine, panel["title"]
        cells |= mine


def test_a_figure_that_does_not_exist_would_be_found(exposition: bytes) -> None:
    assert NAME.findall('sum(rate(tidemark_nothing_total{job="tidemark"}[5m]))') == ["tidemark_nothing_total"]
    assert "tidemark_nothing_total" not in existing(exposition)
    assert RECORDED.findall("instance:tidemark_messages:rate1m == 0") == ["instance:tidemark_messages:rate1m"]
    assert NAME.findall("instance:tidemark_messages:rate1m == 0") == []
