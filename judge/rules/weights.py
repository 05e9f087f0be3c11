"""The numbers of the rule judge: what each observation is worth."""

from __future__ import annotations

from dataclasses import dataclass

from judge.text.language_rule import KOREAN_GATE


@dataclass(frozen=True)
class Weights:
    """Points and thresholds; "mean" is that of the saved verdicts on the six tuning models."""

    edition: int = 2
    """Of the rules: raised where they change and the numbers below do not, so that old and new verdicts never mix.
    2: demands are kept, broken or not to be told; words are read only where unmistakable."""
    english_gate: float = KOREAN_GATE
    """Applied by `text.language_rule`; it stands here because it counts in the digest of the rules."""
    floor: float = 1.0
    """The least an answer in the right language gets, as in the judge template."""
    step: float = 0.5
    """Scores are multiples of it; finer steps would pretend a precision that is not there."""

    miss_short: float = 1.4
    """One right answer (a number, a choice, a word) and it is not there: mean 1.4."""
    hit_short: float = 6.0
    """Added where it is stated as the result: mean 7.9."""
    short_reference: int = 30
    """Characters up to which a reference is one right answer; a longer one is an explanation."""
    miss_long: float = 1.6
    """None of the key words of an explanation: mean 2.2."""
    hit_long: float = 6.8
    """All of them; an explanation is often right in other words, so the step from none to half is small."""
    long_answer: tuple[int, int] = (600, 2000)
    """Characters between which an answer with a reference loses up to `rambling`."""
    rambling: float = 1.5
    """Where one answer was asked, long answers miss more often."""

    open_base: float = 1.5
    """An answer without a reference that has nothing to do with the question: mean 2.3."""
    on_topic: float = 3.8
    """Added in full where enough words of the question come back in the answer; boilerplate gets none."""
    topic: tuple[float, float] = (0.2, 0.6)
    """Share of up to eight of the question's words: mean 2.8 below the first, 6 from the second on."""
    told_topic: float = 0.7
    """The least topic of an answer that meets a demand nobody meets by chance (JSON, code, a table)."""
    enough: tuple[int, int] = (20, 150)
    """Characters between which an answer grows from a fragment to an answer."""
    full: tuple[int, int] = (500, 1000)
    """Characters between which a developed answer gains `developed`: mean 5.9 to 7.3."""
    developed: float = 0.9
    structured: float = 0.9
    """Eight list items or headings: verdicts like structure."""
    polite: float = 1.2
    """Every sentence ends in the polite style that Korean assistants are expected to use."""
    writing: float = 1.2
    """글쓰기: free prose is hard to get wrong; rated higher than the rest at equal form."""
    understanding: float = 0.8
    """이해: the text is before the model; rated 1.1 higher at equal form, taken by three quarters."""
    reasoning: float = -0.6
    """추론: a well-formed answer is often wrong; rated 0.9 lower at equal form, taken by two thirds."""
    later_turn: float = -0.5
    """Follow-ups are rated lower, with and without a reference."""

    unmet: float = -2.5
    """Every checkable demand is missed: mean 3.3 against 5.5."""
    broken: float = -1.0
    """A demand that the question ships as data is missed: that is certain, and not read off its words."""
    loop: tuple[float, float] = (0.25, 0.5)
    """Share of the text said again and again; below the first it is refrains and templates."""
    looping: float = -4.0
    leak: float = -1.8
    """A chat token or a fake turn in the answer: mean 2.4 against 5.4."""
    cut_off: float = -1.0
    """Ends in the middle of a sentence: mean 2.5 against 5.4."""
    foreign: tuple[float, float] = (0.005, 0.03)
    """Share of kana, Chinese, Cyrillic, Thai or Arabic letters that the question does not have."""
    mixed: float = -4.0
    """Foreign letters in the midst of Korean are the mark of a model that loses the language."""
    repeated: float = -1.5
    """Most of the answer is the answer of the turn before."""
    same: float = 0.7
    """Share of common six-character pieces from which one text is a copy of another."""
    copy_cap: float = 1.0
    """The question given back is no answer."""
    same_answer_cap: float = 2.0
    """The very answer of the turn before does not answer the next question."""


WEIGHTS = Weights()
