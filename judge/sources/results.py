"""PATH -> the series that tables count, of one judge and range each: those asked for, told apart by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from judge.errors import ConfigError, InputError, did_you_mean
from judge.runs.names import means, sample_of
from judge.sources.completing import complete
from judge.sources.logickor import STRATEGY_NAMES
from judge.sources.place import Place, Reading
from judge.sources.places import instead, listed, places
from judge.tables.ranges import one_range
from judge.tables.results import Results
from judge.tables.samples import merged
from judge.tables.shares import on_one_scale, with_unlike_judges
from judge.wording import Note


def load_results(
    paths: Sequence[Path],
    *,
    judges: Sequence[str] = (),
    model_name: str | None = None,
    strategies: Sequence[str] = (),
    strategy: str | None = None,
) -> list[Results]:
    """Return every (model, strategy, judge) found at `paths`; `judges` and `strategies` keep only these.

    Several answers a question under one strategy are one series (`tables/samples`).
    A judge is named as tables call it, or by its own name, which means all its configurations. A LogicKor file whose
    name does not tell its strategy is of the only one in `strategies`; `strategy` is the same for one name. Raises
    InputError for a path without judgments, for a broken file, for an unknown judge or strategy.
    """
    strategies = [*strategies, *([strategy] if strategy else [])]
    return merged(chosen(read_verdicts(paths, model_name, strategies), judges, strategies))


def read_verdicts(
    paths: Sequence[Path], model_name: str | None = None, strategies: Sequence[str] = ()
) -> Iterator[Reading]:
    """Yield what each place at `paths` holds, place by place. Raises InputError for a path without verdicts."""
    for path in paths:
        found = places(path)
        nothing = True
        for place in found:
            reading = place.read(model_name, strategies)
            if reading.series:
                nothing = False
                yield reading
        if nothing:
            raise _no_verdicts(path, found)


def _no_verdicts(path: Path, found: list[Place]) -> InputError:
    if not any(place.holds_answers for place in found):
        nothing = "holds no run and no file with verdicts" if path.is_dir() else "holds no judgments"
        return InputError(f"{nothing}{listed(found)}", path=path, mend=instead(found, "verdicts"))
    nothing = "holds answers, but no judgment yet" if path.is_dir() else f"holds no judgments{listed(found)}"
    return InputError(nothing, path=path, mend="judge the answers first: kojudge judge PATH --judge J")


def chosen(readings: Iterable[Reading], judges: Sequence[str] = (), strategies: Sequence[str] = ()) -> list[Results]:
    """Return the series of all readings as `load_results` does, each sample apart. Raises InputError, ConfigError."""
    whole: list[Results] = []
    partial: list[Results] = []
    for reading in readings:
        (partial if reading.partial else whole).extend(reading.series)
    everything = [*_told_apart(whole), *complete(partial)]
    found = _of_strategies(on_one_scale(_of_judges(_unique(everything), judges)), strategies)
    return one_range(_other_messages(with_unlike_judges(found)))


def _other_messages(found: Sequence[Results]) -> list[Results]:
    """One strategy's name for several texts (a file of one's own, a pack's, another release): say so of each row."""
    texts: dict[str, set[str]] = {}
    for one in found:
        texts.setdefault(one.strategy, set()).update([one.messages] if one.messages else [])

    def told(one: Results) -> Results:
        if not one.messages or len(texts[one.strategy]) < 2 or sample_of(one.strategy)[1] > 1:
            return one
        note = Note(
            f"the messages of its {one.strategy} differ from those of other rows here (digest {one.messages[:6]})",
            f"{one.strategy}의 메시지가 여기 있는 같은 이름의 다른 행과 다름(다이제스트 {one.messages[:6]})",
        )
        return replace(one, notes=(*one.notes, note))

    return [told(one) for one in found]


def _told_apart(found: Sequence[Results]) -> list[Results]:
    """One judge's name under several configurations, or answered as several models, are several judges: say which."""
    configs: dict[str, set[str]] = {}
    returned: dict[str, dict[str, set[str]]] = {}  # label -> judge (each of those that share) -> model ids
    for one in found:
        configs.setdefault(one.judge, set()).add(one.config)
        ids = returned.setdefault(one.judge, {})
        for judge, name in [(own.judge, own.returned) for own in one.shared] or [(one.judge, one.returned)]:
            ids.setdefault(judge, set()).update([name] if name else [])
    told: list[Results] = []
    for one in found:
        several = any(len(names) > 1 for names in returned[one.judge].values())
        parts = [f"configuration {one.config[:6]}"] * (len(configs[one.judge]) > 1)
        parts += [f"answered as {one.returned}"] * (several and one.returned is not None)
        label = f"{one.judge} [{', '.join(parts)}]" if parts else one.judge
        told.append(replace(one, judge=label, judge_name=one.own_judge))
    return told


def _unique(found: Sequence[Results]) -> list[Results]:
    seen: dict[tuple[str, str, str], Results] = {}
    for series in found:
        key = (series.model, series.strategy, series.judge)
        if key in seen and seen[key].outcomes != series.outcomes:
            mend = "give the paths apart, or --model-name"
            if series.config and seen[key].config:  # runs of ours, whose name is not to be changed here
                mend = "give the paths apart, or choose with --judge or --strategy"
                mend += "; a name is changed with --model-name when the run is made"
            raise ConfigError(f"two different sets of verdicts for {' / '.join(key)}; {mend}")
        seen.setdefault(key, series)
    return list(seen.values())


def _of_judges(found: list[Results], judges: Sequence[str]) -> list[Results]:
    wanted = {label for word in judges for label in _labels_of(word, found)}
    return [series for series in found if not judges or series.judge in wanted]


def _labels_of(word: str, found: Sequence[Results]) -> set[str]:
    """Return the judges that a word of the command line means: a label, a name (all its labels), several by commas."""

    def meant(name: str) -> set[str]:
        exact = {one.judge for one in found if name in (one.judge, one.judge_label)}
        return exact or {one.judge for one in found if one.own_judge == name}

    if labels := meant(word):
        return labels
    parts = [part.strip() for part in word.split(",") if part.strip()]
    for part in parts if len(parts) > 1 else [word]:
        if not meant(part):
            known = dict.fromkeys([*(one.judge for one in found), *(one.own_judge for one in found)])
            raise InputError(f"no verdicts of judge '{part}': {did_you_mean(part, list(known))}")
    return {label for part in parts for label in meant(part)}


def _of_strategies(found: list[Results], strategies: Sequence[str]) -> list[Results]:
    wanted = {STRATEGY_NAMES.get(name, name) for name in strategies}
    known = list(dict.fromkeys(one.strategy for one in found))
    for name in sorted(wanted.difference(known)):
        raise InputError(f"no verdicts under strategy '{name}': {did_you_mean(name, known)}")
    return [one for one in found if not wanted or means(wanted, one.strategy)]
