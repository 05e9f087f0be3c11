"""Scores of contests and boards -> Markdown, text for a terminal, LaTeX, CSV or JSON. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

from judge.runs.games import Scope
from judge.tables.cells import Grid, csv_text, json_dump, latex_cell, latex_grid
from judge.tables.columns import points, spans
from judge.tables.contest import Contest, Side
from judge.tables.means import category_names
from judge.tables.parts import Block, Listed, blocks, bullet_list, grid_of, in_language, p_text, signed
from judge.tables.render import TableFormat
from judge.tables.row import Interval
from judge.tables.terminal import Screen
from judge.trust.bradley_terry import Board, Controlled
from judge.trust.contest_decisions import decision_lines
from judge.trust.contest_legend import CAVEAT, ONE_ORDER, features_text, fit_line, legend, warning
from judge.trust.contest_rows import row_of
from judge.trust.contests import Score, Tally
from judge.trust.render_decisions import DECISION_CSV, decision_cells, decision_legend
from judge.wording import Lang, Note, joined, led

HEADER = ("a", "b", "win rate of a", "win/tie/loss", "contradictions", "first place", "n", "p (Holm)", "verdict")


def contests_text(
    scores: Sequence[Score],
    boards: Sequence[Board],
    format: TableFormat = "md",
    screen: Screen | None = None,
    lang: Lang = "en",
) -> str:
    """Return the contests, and the boards of three and more sides, ending in a line end. `lang`: where people read."""
    if format == "json":
        return json_dump({"contests": [_contest_json(one, boards) for one in scores], "boards": _boards_json(boards)})
    if format == "csv":
        more = DECISION_CSV if any(one.decision for one in scores) else ()
        return csv_text([[*_CSV, *more], *(_csv(one, boards) for one in scores)])
    rulings = decision_lines(scores)
    how = [decision_legend(each_judge=True)] * bool(rulings)
    parts = [bullet_list(rulings), *contest_parts(scores, boards), bullet_list(how)]
    if format != "latex":
        return blocks(parts, format, screen, lang)
    drawn = [
        _latex(part) for part in in_language(parts, lang) if part and not (isinstance(part, Listed) and not part.lines)
    ]
    return "\n\n".join(["% \\usepackage{booktabs,kotex}", *drawn]) + "\n"


def contest_parts(scores: Sequence[Score], boards: Sequence[Board]) -> list[Block]:
    """Return the tables and what stands above and below them."""
    return [*_scores(scores), *_boards(boards), bullet_list(legend(scores, boards))]


def _latex(part: Block) -> str:
    if isinstance(part, Grid):
        return latex_grid(part)
    lines = part.lines if isinstance(part, Listed) else (part,)
    return "\n".join(rf"\par\noindent {{\footnotesize {latex_cell(line)}}}" for line in lines)


def short_labels(sides: Sequence[Side]) -> Callable[[Side], str]:
    """Return what sides are called beside each other: without the model or the strategy that all share."""
    models, strategies = ({getattr(side, name) for side in sides} for name in ("model", "strategy"))
    if len(strategies) == 1 and len(models) > 1:
        return lambda side: side.model
    if len(models) == 1 and len(strategies) > 1:
        return lambda side: side.strategy
    return lambda side: side.label


def percent(share: float, digits: int = 1) -> str:
    """Return a share as a percentage; `-` for nan."""
    return points(100 * share, digits) + ("" if share != share else " %")


def interval_text(interval: Interval | None) -> str:
    """Return ` (low-high)` in percent; nothing without an interval."""
    return f" ({points(100 * interval.low, 1)}-{points(100 * interval.high, 1)})" if interval else ""


def _scores(scores: Sequence[Score]) -> list[Block]:
    parts: list[Block] = []
    for title in dict.fromkeys(_title(one.contest) for one in scores):
        mine = [one for one in scores if _title(one.contest) == title]
        sides = list(dict.fromkeys(side for one in mine for side in (one.contest.a, one.contest.b)))
        name = short_labels(sides)
        above = [CAVEAT] * mine[0].contest.offline + [ONE_ORDER] * any(one.one_order for one in mine)
        parts.append(bullet_list([line for line in (*above, warning(mine)) if line]))
        lines = [
            [
                name(one.contest.a),
                name(one.contest.b),
                percent(one.total.win_rate) + interval_text(one.interval),
                f"{one.total.wins}/{one.total.ties}/{one.total.losses}",
                _of(one.total.contradictions, one.total.both_orders),
                percent(one.first_share) + interval_text(one.first_interval),
                str(one.questions),
                p_text(one.p_holm),
                one.verdict_as(name),
            ]
            for one in mine
        ]
        parts.append(grid_of(title, HEADER, lines, 2))
        categories = category_names(c for one in mine for c in one.categories)
        cells = [
            [f"{name(one.contest.a)} : {name(one.contest.b)}", *(_category(one.categories.get(c)) for c in categories)]
            for one in mine
        ]
        parts.append(grid_of("", ["win rate (win/tie/loss; contradictions)", *categories], cells))
    return parts


def _title(contest: Contest) -> str:
    """Return what contests have in common that stand in one table."""
    a, b = contest.a, contest.b
    same = [a.strategy] * (a.strategy == b.strategy) + [a.model] * (a.model == b.model)
    return joined([contest.judge_label, *filter(None, same), *_whole(contest.scope)], " · ")


def _whole(scope: Scope) -> list[str]:
    return [Note("whole conversations", "대화 전체")] * (scope == "conversation")


def _category(tally: Tally | None) -> str:
    if tally is None or not tally.duels:
        return "-"
    return f"{percent(tally.win_rate, 0)} ({tally.wins}/{tally.ties}/{tally.losses}; {tally.contradictions})"


def _of(number: int, whole: int) -> str:
    if not whole:
        return "-"
    share = percent(number / whole, 0)
    return Note(f"{number} of {whole} ({share})", f"{whole}건 중 {number}건({share})")


def _boards(boards: Sequence[Board]) -> list[Block]:
    parts: list[Block] = []
    for board in boards:
        sides = [one.side for one in board.standings]
        name = short_labels(sides)
        header = ["side", *(["rank", "tied with", "strength", "against the field"] if len(sides) > 2 else ())]
        header += [features_text(one.features) for one in board.controlled]
        if len(header) == 1:
            continue
        lines = []
        for one in board.standings:
            line = [name(one.side)]
            if len(sides) > 2:
                ranks = one.ranks
                half = f" ± {points(one.interval.half)}" if one.interval else ""
                line += [
                    f"{ranks.rank} ({spans(range(ranks.low, ranks.high + 1))})" if ranks else "-",
                    (spans(ranks.tied) or "-") if ranks else "-",
                    signed(one.strength) + half,
                    percent(one.against_field),
                ]
            lines.append([*line, *(_at_equal_style(each, one.side) for each in board.controlled)])
        same = joined([board.judge, *filter(None, _shared(sides)), *_whole(board.scope)], " · ")
        kind = "Bradley-Terry" if len(sides) > 2 else Note("at equal style", "꾸밈이 같을 때")
        parts.append(grid_of(led(kind, same), header, lines))
        parts.append(bullet_list(fit_line(one) for one in board.controlled))
    return parts


def _shared(sides: Sequence[Side]) -> list[str]:
    """Return the strategy or the model that all sides share."""
    names = ({side.strategy for side in sides}, {side.model for side in sides})
    return [one for found in names if len(found) == 1 for one in found]


def _at_equal_style(fitted: Controlled, side: Side) -> str:
    if fitted.win_rate is None:
        return f"{signed(fitted.strengths[side])} ± {points(1.96 * fitted.errors[side])}"
    first = next(iter(fitted.strengths))
    if side == first:
        return percent(fitted.win_rate) + interval_text(fitted.interval)
    ends = fitted.interval and Interval(1 - fitted.interval.high, 1 - fitted.interval.low, 0.0, "analytic")
    return percent(1 - fitted.win_rate) + interval_text(ends)


_CSV = (
    *("a", "b", "judge", "scope", "win_rate", "low", "high", "p", "p_holm", "wins", "ties", "losses", "questions"),
    *("contradictions", "both_orders", "first_share", "games", "failed", "missing", "expected"),
    *("equal_length", "equal_style", "verdict"),
)


def _csv(one: Score, boards: Sequence[Board]) -> list[str]:
    row: dict[str, object] = {**row_of(one), "scope": one.contest.scope, "verdict": one.verdict}
    row |= _equal(one, boards)
    cells = (row[name] for name in _CSV)
    shown = [("" if cell != cell else f"{cell:.4f}") if isinstance(cell, float) else str(cell) for cell in cells]
    return [*shown, *(decision_cells(one.decision) if one.decision else ())]


def _equal(one: Score, boards: Sequence[Board]) -> dict[str, object]:
    """Return the win rate at equal length and at equal style; nan where it is not known."""
    sides = {one.contest.a, one.contest.b}
    found: dict[str, object] = {"equal_length": float("nan"), "equal_style": float("nan")}
    for board in boards:
        if (board.judge, board.scope) == (one.contest.judge_label, one.contest.scope) and {
            each.side for each in board.standings
        } == sides:
            for fitted in board.controlled:
                first = next(iter(fitted.strengths))
                rate = fitted.win_rate if fitted.win_rate is not None else float("nan")
                name = "equal_length" if fitted.features == ("length",) else "equal_style"
                found[name] = rate if first == one.contest.a else 1 - rate
    return found


def _contest_json(one: Score, boards: Sequence[Board]) -> dict[str, object]:
    categories = {name: asdict(tally) | {"duels": tally.duels} for name, tally in one.categories.items()}
    more: dict[str, object] = {"scope": one.contest.scope, "one_order": one.one_order, "incomplete": one.incomplete}
    more |= {"kinds": one.kinds, "smallest": one.smallest, "verdict": one.verdict, "notes": list(one.contest.notes)}
    more |= {"decision": asdict(one.decision)} if one.decision else {}
    return row_of(one) | _equal(one, boards) | more | {"categories": categories}


def _boards_json(boards: Sequence[Board]) -> list[dict[str, object]]:
    found = []
    for board in boards:
        standings = [asdict(one) | {"side": one.side.label} for one in board.standings]
        controlled = []
        for one in board.controlled:
            plain = {name: getattr(one, name) for name in ("features", "weights", "duels", "win_rate")}
            plain |= {"interval": one.interval and asdict(one.interval), "plain_rmse": one.plain_rmse, "rmse": one.rmse}
            strengths = {side.label: value for side, value in one.strengths.items()}
            errors = {side.label: value for side, value in one.errors.items()}
            controlled.append({**plain, "strengths": strengths, "errors": errors})
        found.append({"judge": board.judge, "draws": board.draws, "standings": standings, "controlled": controlled})
    return found
