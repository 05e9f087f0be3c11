"""What judges: one answer, or two of them. Options -> how a judge is asked, and the judge itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from judge.api.options import JudgingOptions, PairwiseOptions, WorkOptions
from judge.config import JudgeConfig, JudgeSettings, digest
from judge.endpoints.replies import Chat
from judge.packs.folder import load_judge_settings, load_settings
from judge.packs.judge_prompts import load_judge_prompts
from judge.packs.pair_prompts import PairPrompts, load_pair_prompts
from judge.rules.scoring import rules_config
from judge.stages.gradings import Judge
from judge.stages.judges import LlmJudge, RuleJudge
from judge.stages.pairs import PairJudge, PairRuleJudge
from judge.stages.runaways import Loops
from judge.text.pair_verdicts import FIVE_LEVELS, THREE_LEVELS


def pack_of(options: WorkOptions) -> Path | None:
    """Return the folder of the user's own pack."""
    return None if options.pack is None else Path(options.pack)


def settings_of(options: JudgingOptions) -> JudgeSettings:
    """Return the range and the form of a judge's replies. Raises InputError for a broken pack."""
    if isinstance(options, PairwiseOptions):
        own = load_settings(pack_of(options)).pairwise
        return own or (FIVE_LEVELS if options.levels == 5 else THREE_LEVELS)
    return load_judge_settings(pack_of(options))


def manner_of(options: JudgingOptions) -> dict[str, Any]:
    """Return what a judge's configuration has of its templates, as fields. Raises InputError for a broken one."""
    given = options.structured
    if isinstance(options, PairwiseOptions):
        template, settings = _pair_prompts(options).digest, settings_of(options)
        marked = settings.reply == "pair"
        more: dict[str, Any] = {"marked": marked, "language_by_rule": True}
    else:
        prompts = load_judge_prompts(pack_of(options))
        template, settings, marked = prompts.digest, settings_of(options), prompts.marked
        more = {"marked": marked, "language_by_rule": prompts.language_by_rule, "run_code": options.run_code}
    structured = marked if given == "auto" else given == "on"
    return {"template": template, "settings": settings, "structured": structured} | more


def _pair_prompts(options: PairwiseOptions) -> PairPrompts:
    return load_pair_prompts(pack_of(options), options.scope, settings_of(options))


def rules_judge_config(options: JudgingOptions) -> JudgeConfig:
    """Return the configuration of the rule judge."""
    if not isinstance(options, PairwiseOptions):
        return rules_config(settings_of(options))
    single = rules_config()
    own = {"template": digest(["pairs", single.template, options.scope]), "settings": settings_of(options)}
    return single.model_copy(update=own)


def rule_judge(config: JudgeConfig, options: JudgingOptions) -> Judge:
    """Return the rule judge."""
    return PairRuleJudge(config) if isinstance(options, PairwiseOptions) else RuleJudge(config)


def judge_model(chat: Chat, config: JudgeConfig, options: JudgingOptions, *, loops: Loops | None = None) -> LlmJudge:
    """Return a model as judge. `loops`: see `LlmJudge`. Raises InputError for a broken template."""
    if isinstance(options, PairwiseOptions):
        return PairJudge(chat, _pair_prompts(options), config, loops=loops)
    return LlmJudge(chat, load_judge_prompts(pack_of(options)), config, loops=loops)
