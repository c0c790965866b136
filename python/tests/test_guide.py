"""The programs of the guide's page on Python."""

import re
from pathlib import Path

import galvani

PAGE = Path(__file__).parents[2] / "docs/src/python.md"


def test_the_programs_of_the_page_run(folder, monkeypatch, capsys):
    monkeypatch.delenv("GALVANI_CONFIG", raising=False)
    blocks = re.findall(r"^```python(?:,script)?\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 3
    names = {"galvani": galvani}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    printed = capsys.readouterr().out
    assert '{"cost": ' in printed and '"resumed_after": 0' in printed
    assert (folder / "runs/bowl").is_dir() and (folder / "others/bowl").is_dir()
