"""Contests -> one HTML file: the tables, and every duel with both answers side by side and what each order said.

No script: filters and folds are the browser's own. Everything that somebody wrote is text, and nothing is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from judge.files import replace_text
from judge.packs.folder import builtin
from judge.records import Item
from judge.reports.page_html import Language, source_hash
from judge.runs.games import Game, GameFailure
from judge.runs.manifest import now, versions
from judge.tables.cells import Grid
from judge.tables.contest import Contest
from judge.tables.parts import Listed, in_language
from judge.text.plain import plain
from judge.trust.bradley_terry import Board
from judge.trust.contests import HALF, Score, duels_of
from judge.trust.render_contests import contest_parts

WORDS: Mapping[Language, Mapping[str, str]] = {
    "ko": {
        **{"title": "맞대결", "show": "보기", "all": "모두", "win": "왼쪽 승", "tie": "무승부", "loss": "오른쪽 승"},
        **{"split": "순서에 따라 엇갈림", "failed": "판정 없음", "question": "질문", "turn": "{}번 문항, {}턴"},
        **{"conversation": "{}번 문항, 대화 전체", "order": "{} 먼저: {}", "no_verdict": "판정 없음 ({})"},
        "better": "{} 우세",
    },
    "en": {
        **{"title": "Pairwise", "show": "Show", "all": "all", "win": "left won", "tie": "ties", "loss": "right won"},
        **{
            "split": "the orders contradict",
            "failed": "no verdict",
            "question": "Question",
            "turn": "question {}, turn {}",
        },
        **{"conversation": "question {}, whole conversation", "order": "{} first: {}", "no_verdict": "no verdict ({})"},
        "better": "{} better",
    },
}
LONGEST_SUMMARY = 90


def write_contest_page(
    scores: Sequence[Score], boards: Sequence[Board], out: Path, *, lang: Language = "ko", title: str = ""
) -> int:
    """Write the page to `out`, replacing it in one step, and return its bytes. Raises StoreError."""
    words = WORDS[lang]
    folder = builtin() / "templates" / "report"
    page, style = ((folder / name).read_text(encoding="utf-8") for name in ("contest.html.jinja", "contest.css"))
    parts = in_language(contest_parts(scores, boards), lang)
    notes = [line for part in parts if isinstance(part, Listed) for line in part.lines]
    policy = f"default-src 'none'; style-src {source_hash(style)}; base-uri 'none'; form-action 'none'"
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_without_controls
    )
    text = environment.from_string(page).render(
        lang=lang,
        title=title or words["title"],
        made=f"{now()} · kojudge {versions().get('kojudge', '')}".strip(" ·"),
        style=style,
        policy=policy,
        words=words,
        tables=[part for part in parts if isinstance(part, Grid)],
        legend=notes,
        contests=[_contest(one.contest, number, words) for number, one in enumerate(scores)],
    )
    replace_text(out, text)
    return out.stat().st_size


def _without_controls(value: object) -> object:
    """Return a text without terminal sequences and control characters; whatever else as it is."""
    return plain(value, keep="\t\n") if type(value) is str else value


def _contest(contest: Contest, number: int, words: Mapping[str, str]) -> dict[str, Any]:
    games: dict[Item, list[Game | GameFailure]] = {}
    for game in contest.games:
        games.setdefault((game.id, game.turn), []).append(game)
    whole = duels_of(contest)
    duels = []
    for item in contest.expected:
        duel = whole.get(item)
        kind = "failed" if duel is None else "win" if duel.share > HALF else "loss" if duel.share < HALF else "tie"
        asked = contest.questions.get(item, "")
        a, b = contest.answers.get(item, ("", ""))
        place = "conversation" if contest.scope == "conversation" else "turn"
        duels.append(
            {
                "kinds": f"{kind} split" if duel is not None and duel.contradicts else kind,
                "said": words[kind],
                "name": words[place].format(item[0], item[1]),
                "category": contest.expected[item],
                "asked_short": " ".join(asked.split())[:LONGEST_SUMMARY],
                "question": asked,
                "a": a,
                "b": b,
                "games": [_game(game, contest, words) for game in games.get(item, ())],
            }
        )
    counts = {kind: sum(kind in str(duel["kinds"]).split() for duel in duels) for kind in words}
    counts["all"] = len(duels)
    names = {"a": contest.a.label, "b": contest.b.label, "judge": contest.judge_label}
    return {**names, "number": number, "counts": counts, "duels": duels}


def _game(game: Game | GameFailure, contest: Contest, words: Mapping[str, str]) -> dict[str, str]:
    first = contest.a.label if game.order == "ab" else contest.b.label
    if isinstance(game, GameFailure):
        said = words["no_verdict"].format(game.kind)
        return {"head": words["order"].format(first, said), "comment": game.detail}
    better = contest.a.label if game.score > 0 else contest.b.label
    clear = " (" + ">" * int(abs(game.score)) + ")" if game.score else ""
    said = words["better"].format(better) + clear if game.score else words["tie"]
    return {"head": words["order"].format(first, said), "comment": game.comment}
