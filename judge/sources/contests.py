"""A contest's folder -> its games as tables take them; and what the other verbs say of such a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from judge.config import RULES, JudgeConfig
from judge.errors import InputError
from judge.records import Item
from judge.runs.contest_folder import CONTEST, Asked, ContestFolder, ContestManifest, orders_of
from judge.runs.current import in_force
from judge.runs.games import ORDERS, Game, GameFailure
from judge.sources.place import FirstRow, Place
from judge.sources.run_results import by_returned, config_labels, find_runs, is_aside
from judge.tables.answer_notes import answer_notes
from judge.tables.contest import Contest, Side, common_answers
from judge.tables.shared_notes import several_note, share_note, twice_note
from judge.tables.shares import board_label, owners
from judge.tables.verdict_notes import verdict_notes
from judge.text.digests import pair_digest
from judge.wording import Note, led

SHOW = "kojudge pairwise PATH shows it"


def find_contests(path: Path) -> list[ContestFolder]:
    """Return the contest at `path`, else those below it in path order, without those moved aside."""
    if path.name == CONTEST:
        return [ContestFolder(path.parent)]
    if (path / CONTEST).is_file():
        return [ContestFolder(path)]
    found = sorted(p.parent for p in path.rglob(CONTEST) if not is_aside(p.parent.relative_to(path)))
    return [ContestFolder(p) for p in found]


def are_contests(paths: Sequence[Path]) -> bool:
    """Whether every path holds contests and no run."""
    return all(path.exists() and not find_runs(path) and bool(find_contests(path)) for path in paths)


class ContestPlace(Place):
    """A contest, or a file of one: its scores are of games, so no table of answers reads them."""

    what = "games of a pairwise contest"
    mend = SHOW

    def contests(self) -> Sequence[Contest]:
        """Return the contests of the folder. Raises InputError."""
        return [one for folder in find_contests(self.path) for one in read_contest(folder)]

    def faults(self) -> Iterator[InputError]:
        """Yield nothing: a broken line is told by `summary`."""
        return iter(())

    def summary(self) -> str:
        """Return one line on what the folder holds. Raises InputError for a broken line."""
        contests = [one for folder in find_contests(self.path) for one in read_contest(folder)]
        games = sum(len(one.games) for one in contests)
        judges = len(contests)
        return Note(f"{games} games by {judges} judge{'s' * (judges != 1)}", f"비교 판정 {games}건, 심판 {judges}개")


def in_contest(path: Path, first: FirstRow) -> Place | None:
    """Return the place of a file of a contest, told by where it lies or by its row; None for any other file."""
    inside = any((folder / CONTEST).is_file() for folder in path.resolve().parents[1:3])
    return ContestPlace(path) if inside or {"b_model", "order"} <= first.keys() else None


def read_contest(folder: ContestFolder) -> list[Contest]:
    """Return one contest a judge configuration, sides in their order on disk. Raises InputError.

    Judges that share the questions are one judge. Only games on the answers that were there last count.
    """
    manifest = folder.manifest()
    a, b = (Side(side.model, side.strategy) for side in manifest.sides)
    common = common_answers(a, folder.answers("a").values(), b, folder.answers("b").values())
    texts = {(one.id, turn): pair_digest(one, two, turn) for one, two in common.pairs for turn in one.turns}
    outputs: dict[Item, tuple[str, str]]
    asked_words: dict[Item, str]
    left_out = Note("left out", "뺀 것")
    notes = [*manifest.said, *(led(left_out, line) for line in common.left_out)]
    for side, answers in zip((a, b), zip(*common.pairs, strict=True), strict=False):
        notes += [led(side.label, note) for note in answer_notes(answers)]
    found: list[Contest] = []
    asked_names = [manifest.judges[name].judge for name in manifest.asked if name in manifest.judges]
    for judge in dict.fromkeys([*folder.judges(), *asked_names]):
        groups: dict[str, list[Game | GameFailure]] = {
            name: [] for name in manifest.asked if name in manifest.judges and manifest.judges[name].judge == judge
        }
        for order in ORDERS:
            for game in folder.each_game(judge, order):
                groups.setdefault(game.judge_digest, []).append(game)
        alone = {name: games for name, games in groups.items() if not _panel(manifest, name)}
        named = dict.fromkeys(groups, judge) | (config_labels(judge, alone, manifest.judges) if alone else {})
        for name, games in groups.items():
            asked = manifest.asked.get(name) or Asked(scope=games[0].scope, orders=ORDERS)
            expected: dict[Item, str] = {}
            outputs, asked_words = {}, {}
            only = None if asked.questions is None else set(asked.questions)
            met = [pair for pair in common.pairs if only is None or pair[0].id in only]
            for one, two in met:
                turns = range(1, min(len(one.outputs), len(two.outputs)) + 1)
                for turn in turns if asked.scope == "turn" else turns[-1:]:
                    expected[one.id, turn] = one.category
                    span = slice(turn - 1, turn) if asked.scope == "turn" else slice(0, turn)
                    outputs[one.id, turn] = ("\n\n".join(one.outputs[span]), "\n\n".join(two.outputs[span]))
                    asked_words[one.id, turn] = "\n\n".join(one.questions[span])
            force = [game for order in ORDERS for game in _in_force(games, order, manifest.rounds.get(name, 1))]
            current = [game for game in force if texts.get((game.id, game.turn)) == game.answer_digest]
            stale = len(force) - len(current)
            changed = Note(
                f"{stale} games on answers that changed since do not count",
                f"그 뒤에 바뀐 답변에 대한 판정 {stale}건은 세지 않음",
            )
            more = [changed] * bool(stale)
            later = sum(game.round > manifest.rounds.get(name, 1) for game in games)
            again = Note(
                f"a re-judging that is not finished ({later} games so far) does not count yet",
                f"아직 끝나지 않은 재채점(지금까지 {later}건)은 세지 않음",
            )
            more += [again] * bool(later)
            if len(met) < len(common.pairs):
                looked = sum(size <= len(met) for size in asked.looks)
                whole, looks = len(common.pairs), len(asked.looks)
                more.append(
                    Note(
                        f"{len(met)} of {whole} questions asked, to look {looked} of {looks} (--until-decided): a win "
                        "rate that stopped it lies a little too far from 50 %",
                        f"{whole}문항 가운데 {len(met)}문항만 물음(--until-decided, {looks}차례 가운데 {looked}번째까지"
                        " 확인): 승부가 가려져 멈춘 승률은 50 %에서 실제보다 조금 더 벌어져 있음",
                    )
                )
            several = len({game.judge_returned for game in current if game.judge_returned}) > 1
            for returned, mine in by_returned(current):
                own = tuple(game for game in mine if isinstance(game, Game | GameFailure))
                found.append(
                    Contest(
                        a,
                        b,
                        f"{named[name]} [answered as {returned}]" if several else named[name],
                        own,
                        expected,
                        orders={item: orders_of(item[0], asked.orders) for item in expected},
                        repeats=max(asked.repeats, *(game.repeat for game in own), 1),
                        scope=asked.scope,
                        offline=judge == RULES,
                        config=name,
                        answers=outputs,
                        looks=asked.looks,
                        questions=asked_words,
                        notes=tuple(dict.fromkeys([*notes, *manifest.said_of(name), *more, *verdict_notes(own)])),
                    )
                )
    return _boards(found, manifest)


def _panel(manifest: ContestManifest, config: str) -> str:
    """Return the digest of the judges that share the questions with a configuration; empty for none."""
    return manifest.judges[config].panel if config in manifest.judges else ""


def _boards(contests: Sequence[Contest], manifest: ContestManifest) -> list[Contest]:
    """Return the contests, those of judges that share the questions as one, in the place of the first.

    A question that two of them have judged counts with the one that has more games on it, and it is said.
    """
    groups: dict[tuple[str, str], list[Contest]] = {}
    for one in contests:
        panel = _panel(manifest, one.config)
        groups.setdefault((panel or one.config, "" if panel else one.judge), []).append(one)
    return [
        _board(found, manifest.judges[found[0].config]) if _panel(manifest, found[0].config) else found[0]
        for found in groups.values()
    ]


def _board(parts: Sequence[Contest], config: JudgeConfig) -> Contest:
    games = [game for part in parts for game in part.games]
    owner = owners((game.id, game.judge) for game in games if isinstance(game, Game))
    kept = {(game.key, game.order): game for game in games if owner.get(game.id, game.judge) == game.judge}
    names = tuple(config.shared)
    notes = [note for part in parts for note in part.notes if note not in {*verdict_notes(part.games)}]
    twice = {game.id for game in games if isinstance(game, Game) and game.judge != owner[game.id]}
    notes += [twice_note(len(twice))] * bool(twice)
    notes.append(share_note(names))
    for name in names:
        returned = sorted({game.judge_returned for game in games if game.judge == name and game.judge_returned})
        notes += [several_note(name, returned)] * (len(returned) > 1)
    return replace(
        parts[0],
        judge=board_label(names),
        config=config.panel,
        games=tuple(kept.values()),
        repeats=max(part.repeats for part in parts),
        shared=names,
        notes=tuple(dict.fromkeys([*notes, *verdict_notes(kept.values())])),
    )


def _in_force(games: Sequence[Game | GameFailure], order: str, finished: int) -> list[Game | GameFailure]:
    mine = [game for game in games if game.order == order]
    return [one for one in in_force(mine, finished) if isinstance(one, Game | GameFailure)]
