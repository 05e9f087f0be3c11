"""The verb `card`: what of a run goes on the model's card on the hub."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, urlsplit

from judge import boards, card, card_merge, lm_eval, tables
from judge.card_facts import facts
from judge.card_words import WORDS, Lang
from judge.cli_options import add_common, count, names, version
from judge.config import STANDARD_RANGE
from judge.errors import ConfigError, InputError, did_you_mean
from judge.numbers import Rounding
from judge.records import Manifest
from judge.run_folder import RunFolder
from judge.scales import Range, ranges
from judge.series import Row, Series
from judge.sources import find_runs, load_series
from judge.store import read_json, replace_text

CARD_EXAMPLES = """examples:
  kojudge card outputs/my/model                                        the section, on standard output
  kojudge card outputs/my/model --into README.md                       between its markers, the rest untouched
  kojudge card outputs/my/model --compare outputs/other/a outputs/other/b --lang en
  kojudge card outputs --model my/model --answers-url https://huggingface.co/datasets/my/answers
  kojudge card outputs/my/model --lm-eval results.json --metadata --into README.md
  kojudge card evaluated/my/model --compare evaluated/other/b/default.jsonl --compare-rounding truncate
"""

LOSES_COMMENTS = "comment lines inside the model-index block are gone; the rest of the front matter is as it was"


def add_verbs(verbs: Any) -> None:
    """Add the verb to the command's subparsers."""
    parser = verbs.add_parser(
        "card",
        help="the section and metadata of a model card",
        epilog=CARD_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="runs, judgments, LogicKor's evaluated/")
    parser.add_argument(
        "--model", metavar="NAME", help="whose card it is, where PATH holds several; others are compared"
    )
    parser.add_argument("--compare", nargs="+", type=Path, default=[], metavar="PATH", help="models to stand beside it")
    parser.add_argument("--judge", type=names, default=[], metavar="A,B", help="only these judges")
    parser.add_argument("--strategy", type=names, default=[], metavar="A,B", help="only these strategies")
    parser.add_argument("--model-name", metavar="NAME", help="of a LogicKor file whose path does not tell it")
    how = parser.add_argument_group("how it is written")
    how.add_argument("--lang", choices=get_args(Lang), default="ko")
    how.add_argument("--rounding", choices=get_args(Rounding), default="half-up")
    how.add_argument("--compare-rounding", choices=get_args(Rounding), help="of the other models (default: the same)")
    how.add_argument("--failures", choices=("exclude", "zero"), default="exclude", help="as in tables")
    how.add_argument(
        "--ci", choices=("none", "bootstrap", "analytic"), default="bootstrap", help="intervals of Overall"
    )
    how.add_argument("--draws", type=count, default=10_000, metavar="N", help="bootstrap draws (default: 10000)")
    how.add_argument("--random-seed", type=int, default=20240101, metavar="N", help="of the bootstrap")
    how.add_argument("--answers-url", metavar="URL", help="where all answers can be read")
    how.add_argument(
        "--lm-eval", type=Path, action="append", default=[], metavar="results.json", help="also its scores"
    )
    where = parser.add_argument_group("where it goes")
    where.add_argument("--into", type=Path, metavar="README.md", help=f"between {card_merge.BEGIN} and its end there")
    where.add_argument("--metadata", action="store_true", help="also the hub's model-index in the front matter")
    where.add_argument("--dataset-name", default="", metavar="NAME", help="of the questions, in the metadata")
    where.add_argument("-o", "--output", type=Path, metavar="FILE", help="write a new file instead of printing")
    add_common(parser)
    parser.set_defaults(run=run_card)


def run_card(options: argparse.Namespace) -> int:
    """Print or merge the section; 1 where a verdict failed or is missing."""
    if options.into and options.output:
        raise ConfigError("--into and -o exclude each other; --into changes a README, -o writes a new file")
    url = checked_url(options.answers_url) if options.answers_url else ""
    readme = _read(options.into) if options.into else ""
    model, groups, scale = _groups(options)
    benchmarks = [lm_eval.parse(read_json(path, dict[str, Any]), path) for path in options.lm_eval]
    style = card.Style(
        lang=options.lang,
        rounding=options.rounding,
        compared_rounding=options.compare_rounding,
        answers_url=url,
        version=version(),
        draws=options.draws,
        seed=options.random_seed,
        scale=scale,
    )
    benchmark_text = lm_eval.markdown(benchmarks, WORDS[options.lang]) if benchmarks else ""
    text = card.section(groups, style, benchmarks=benchmark_text)
    text = card_merge.merged(readme, text, path=options.into) if options.into else card_merge.marked(text)
    if options.metadata:
        text = _with_metadata(options, text, model, groups, benchmarks, url)
    if options.into:
        _write_into(options.into, readme, text)
    elif options.output:
        replace_text(options.output, text)
    else:
        sys.stdout.write(text)
    return int(any(row.failed or row.missing for group in groups for row in (*group.rows, *group.compared)))


def _with_metadata(
    options: argparse.Namespace,
    text: str,
    model: str,
    groups: Sequence[card.Group],
    benchmarks: Sequence[lm_eval.Benchmark],
    url: str,
) -> str:
    from judge import model_index  # YAML and the hub's package, which most commands need not wait for

    path = options.into or Path("the section")
    results = model_index.judged_results(
        groups, rounding=options.rounding, dataset_name=options.dataset_name, source_url=url
    )
    results += model_index.benchmark_results(_own_scores(benchmarks, model))
    if model_index.lost_comments(text, path):
        print(f"kojudge: {path}: {LOSES_COMMENTS}", file=sys.stderr)
    return model_index.with_block(text, card.short_names([model])[model], results, path=path)


def _own_scores(benchmarks: Sequence[lm_eval.Benchmark], model: str) -> list[lm_eval.Score]:
    """Return the scores of the card's model. Raises ConfigError where it is not among several that are named."""
    scores = lm_eval.merged(benchmarks)
    found = list(dict.fromkeys(name for name, _ in scores))
    last = model.rpartition("/")[2].casefold()
    mine = found if len(found) < 2 else [name for name in found if name.rpartition("/")[2].casefold() == last]
    if found and not mine:
        raise ConfigError(f"--metadata: none of the --lm-eval files is of {model}; they are of {', '.join(found)}")
    return [score for name, score in scores if name in mine]


def _groups(options: argparse.Namespace) -> tuple[str, list[card.Group], Range]:
    """Return the card's model, its rows by judge and question set beside those compared, the score range."""
    foreign = {"judges": options.judge, "model_name": options.model_name, "strategies": options.strategy}
    series = load_series([*options.paths, *options.compare], **foreign)
    model = _model(options, series)
    rows = tables.rows(series, failures=options.failures)
    rows = boards.with_intervals(rows, series, ci=options.ci, draws=options.draws, seed=options.random_seed)
    manifests = [run.manifest() for path in (*options.paths, *options.compare) for run in _runs(path)]
    places: dict[tuple[bool, str, int], list[int]] = {}
    for i, row in enumerate(rows):
        places.setdefault((row.offline, row.judge, row.question_set or 0), []).append(i)
    groups = [_group(model, [(rows[i], series[i]) for i in found], manifests) for _, found in sorted(places.items())]
    groups = [group for group in groups if group.rows]
    others = dict.fromkeys(row.model for row in rows if row.model != model)
    return model, [_with_left_out(group, others) for group in groups], next(iter(ranges(series)), STANDARD_RANGE)


def _group(model: str, members: Sequence[tuple[Row, Series]], manifests: Sequence[Manifest]) -> card.Group:
    mine = [one for row, one in members if row.model == model] or [one for _, one in members]
    return card.Group(
        rows=tuple(row for row, _ in members if row.model == model),
        compared=tuple(row for row, _ in members if row.model != model),
        facts=facts(mine, [m for m in manifests if m.config.model == model]),
    )


def _with_left_out(group: card.Group, others: Iterable[str]) -> card.Group:
    there = {row.model for row in group.compared}
    return replace(group, left_out=tuple(name for name in others if name not in there))


def _runs(path: Path) -> list[RunFolder]:
    if path.is_dir():
        return list(find_runs(path))
    return list(find_runs(path.parents[2])) if path.parent.parent.name == "judgments" else []


def _model(options: argparse.Namespace, series: Sequence[Series]) -> str:
    """Return whose card it is: --model, or the only model at PATH."""
    known = list(dict.fromkeys(one.model for one in series))
    if options.model:
        found = [name for name in known if options.model in (name, name.rpartition("/")[2])]
        if len(found) == 1 or options.model in found:
            return options.model if options.model in found else found[0]
        raise InputError(f"--model: no verdicts on '{options.model}': {did_you_mean(options.model, known)}")
    if options.compare:
        own = load_series(options.paths, model_name=options.model_name)
        known = list(dict.fromkeys(one.model for one in own))
    if len(known) != 1:
        raise ConfigError(f"PATH holds {len(known)} models; say whose card it is with --model ({', '.join(known)})")
    return known[0]


def checked_url(url: str) -> str:
    """Return an http(s) URL whose characters cannot leave a Markdown link. Raises ConfigError for any other."""
    mend = f"--answers-url '{url}' is no web address; give one that begins with https://"
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ConfigError(mend) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable() or " " in url:
        raise ConfigError(mend)
    return quote(url, safe=":/?#@!$&'*+,;=%~-._")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise InputError("no such file", path=path, mend="write a new one with -o") from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8", path=path, mend="save it as UTF-8") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=path) from None


def _write_into(path: Path, old: str, text: str) -> None:
    """Replace the file that a link leads to, keeping its permissions; leave it alone where nothing changes."""
    if text == old:
        return
    target = path.resolve()
    mode = target.stat().st_mode & 0o7777
    replace_text(target, text)
    target.chmod(mode)
