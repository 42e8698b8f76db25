"""Errors planted in faithful translations, in known places: what a check of fidelity has to find. Pure.

Each kind takes a faithful pair and returns it with one error, or None where it has no place for that
kind. ``REWRITES`` change a pair and leave it faithful: a check must be silent about them. Chance is
handed in, so the same dice plant the same errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

_T = TypeVar("_T")


class Dice(Protocol):
    """What is needed of chance; a ``random.Random`` is one."""

    def choice(self, seq: Sequence[_T], /) -> _T:
        """Return one of a sequence that is not empty."""
        ...


@dataclass(frozen=True, slots=True)
class Sample:
    """A pair to plant errors in: the original's title and abstract, and their translation."""

    title: str
    abstract: str
    title_zh: str
    abstract_zh: str


Plant = Callable[[Sample, Sequence[Sample], Dice], str | None]
Rewrite = Callable[[Sample], Sample | None]

_NUMBER = re.compile(r"(?<![A-Za-z0-9.,@^_(\-/])[0-9][0-9.,]*(?<=[0-9])(?![0-9A-Za-z)-])")
_DECIMAL = re.compile(r"(?<![A-Za-z0-9.,@^_\-/v])[0-9]+(\.)[0-9]+(?![0-9A-Za-z.-])")
_LINK = re.compile(r"https?://[A-Za-z0-9._/-]*[A-Za-z0-9]")
_NAME = re.compile(
    r"(?<![A-Za-z0-9/._-])(?=[A-Za-z]*[A-Z][A-Za-z]*)[A-Za-z]{4,}(?![A-Za-z0-9/._-])"
)
_STOP = re.compile(r"(?<=[。！？])")


def plant(samples: Sequence[Sample], kind: str, dice: Dice) -> Iterator[tuple[Sample, Sample]]:
    """Yield each sample that has a place for this kind of error, and the same with the error in it.

    Raises ``KeyError`` for a kind that is none of ``KINDS``.
    """
    spoil = KINDS[kind]
    for sample in samples:
        others = [other for other in samples if other.abstract != sample.abstract]
        spoilt = spoil(sample, others, dice)
        if spoilt is not None and spoilt != sample.abstract_zh:
            yield sample, replace(sample, abstract_zh=spoilt)


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in _STOP.split(text) if sentence.strip()]


def _spot(pattern: re.Pattern[str], text: str, dice: Dice) -> re.Match[str] | None:
    """One of the places where a pattern stands outside of links."""
    bare = _LINK.sub(lambda match: "#" * len(match[0]), text)
    spots = list(pattern.finditer(bare))
    return dice.choice(spots) if spots else None


def _instead(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


# ── numbers ───────────────────────────────────────────────────────────────────────────────────


def _digit(sample: Sample, _: Sequence[Sample], dice: Dice) -> str | None:
    """Change a digit: 22.1% is 22.7%."""
    text = sample.abstract_zh
    if (spot := _spot(_NUMBER, text, dice)) is None:
        return None
    at = dice.choice([at for at in range(spot.start(), spot.end()) if text[at].isdigit()])
    return _instead(text, at, at + 1, dice.choice([d for d in "123456789" if d != text[at]]))


def _decimal(sample: Sample, _: Sequence[Sample], dice: Dice) -> str | None:
    """Lose a decimal point: 22.1% is 221%."""
    spot = _spot(_DECIMAL, sample.abstract_zh, dice)
    return spot and _instead(sample.abstract_zh, spot.start(1), spot.end(1), "")


def _magnitude(sample: Sample, _: Sequence[Sample], dice: Dice) -> str | None:
    """Lose or gain a factor of ten: 4560亿 is 456亿, 35000 is 3500, 1万 is 10万."""
    text = sample.abstract_zh
    pattern = re.compile(
        r"(?<![A-Za-z0-9.,@^_(\-/])(?:[0-9][0-9,]*(?=[万亿千百])|[0-9]{1,3},?[0-9]*00)(?![0-9A-Za-z)-])"
    )
    if (spot := _spot(pattern, text, dice)) is None:
        return None
    written = spot[0].replace(",", "")
    shorter = [written[:-1]] if written.endswith("0") and len(written) > 1 else []
    return _instead(text, spot.start(), spot.end(), dice.choice([f"{written}0", *shorter]))


def _percent(sample: Sample, _: Sequence[Sample], dice: Dice) -> str | None:
    """Turn per cent into times: 50% is 50倍."""
    spot = _spot(re.compile(r"(?<=[0-9])%"), sample.abstract_zh, dice)
    return spot and _instead(sample.abstract_zh, spot.start(), spot.end(), "倍")


# ── links and names ───────────────────────────────────────────────────────────────────────────


def _link(sample: Sample, _: Sequence[Sample], dice: Dice) -> str | None:
    """Cut a link short."""
    spots = list(_LINK.finditer(sample.abstract_zh))
    if not spots:
        return None
    spot = dice.choice(spots)
    end = dice.choice(range(spot.start() + 8, spot.end() - 1))
    return _instead(sample.abstract_zh, end, spot.end(), "")


def _name(sample: Sample, _: Sequence[Sample], dice: Dice) -> str | None:
    """Change one letter of a name: LLaVA is LLaVE."""
    if (spot := _spot(_NAME, sample.abstract_zh, dice)) is None:
        return None
    at = dice.choice(range(spot.start() + 1, spot.end()))
    old = sample.abstract_zh[at]
    letters = "abcdefghiklmnoprtuvw"
    new = dice.choice([each for each in letters if each != old.lower()])
    return _instead(sample.abstract_zh, at, at + 1, new.upper() if old.isupper() else new)


# ── sentences ─────────────────────────────────────────────────────────────────────────────────


def _drop_middle(sample: Sample, _: Sequence[Sample], dice: Dice) -> str | None:
    """Leave out a sentence that is not the last."""
    sentences = _sentences(sample.abstract_zh)
    if len(sentences) < 3:
        return None
    at = dice.choice(range(len(sentences) - 1))
    return "".join(sentences[:at] + sentences[at + 1 :])


def _drop_last(sample: Sample, _: Sequence[Sample], __: Dice) -> str | None:
    """Leave out the last sentence."""
    sentences = _sentences(sample.abstract_zh)
    return "".join(sentences[:-1]) if len(sentences) > 2 else None


def _add(sample: Sample, others: Sequence[Sample], dice: Dice) -> str | None:
    """Put in a sentence of another paper's translation."""
    found = (
        [each for each in _sentences(dice.choice(others).abstract_zh) if len(each) > 15]
        if others
        else []
    )
    sentences = _sentences(sample.abstract_zh)
    if not found or not sentences:
        return None
    at = dice.choice(range(1, len(sentences) + 1))
    return "".join([*sentences[:at], dice.choice(found), *sentences[at:]])


def _repeat(sample: Sample, _: Sequence[Sample], dice: Dice) -> str | None:
    """Say a sentence twice, at once or later."""
    sentences = _sentences(sample.abstract_zh)
    if not sentences:
        return None
    at = dice.choice(range(len(sentences)))
    to = dice.choice(range(at, len(sentences)))
    return "".join([*sentences[: to + 1], sentences[at], *sentences[to + 1 :]])


def _english(sample: Sample, _: Sequence[Sample], dice: Dice) -> str | None:
    """Leave half of it in English, or one sentence."""
    english = [each for each in re.split(r"(?<=[.!?]) ", sample.abstract) if len(each.split()) > 9]
    chinese = _sentences(sample.abstract_zh)
    if not english or len(chinese) < 2:
        return None
    if dice.choice((True, False)):
        half = len(chinese) // 2
        return "".join(chinese[:half]) + " ".join(english[-(len(english) // 2 or 1) :])
    at = dice.choice(range(len(chinese)))
    return "".join([*chinese[:at], english[min(at, len(english) - 1)], *chinese[at + 1 :]])


_REMAINS = (
    ("", "\n\n---"), ("摘要：", ""), ("**摘要：**", ""), ("好的，以下是翻译：", ""), ("", "希望对您有帮助。"),
    ("```json\n", "\n```"), ('{"abstract": "', '"}'), ("Here is the translation:\n", ""), ("", "<br>"),
    ("以下是翻译后的内容，译文如下：", ""), ("## ", ""), ("", "\n如果您有任何问题，请随时告诉我。"),
    ("翻译：", ""), ("", "（注：以上为机器翻译，仅供参考。）"), ("", "<|im_end|>"),
    ("作为一个AI语言模型，我将为您翻译这段摘要。", ""), ("", "\n\n注：术语均采用通行译法。"), ("<abstract>\n", "\n</abstract>"),
)  # fmt: skip


def _remains(sample: Sample, _: Sequence[Sample], dice: Dice) -> str | None:
    """Put markup or words of a chat around the text, or stars around a name in it."""
    before, after = dice.choice((*_REMAINS, ("*", "*")))
    spot = _spot(_NAME, sample.abstract_zh, dice) if before == "*" else None
    if spot is not None:
        return _instead(sample.abstract_zh, spot.start(), spot.end(), f"**{spot[0]}**")
    return before.replace("*", "**") + sample.abstract_zh + after.replace("*", "**")


def _swap(_: Sample, others: Sequence[Sample], dice: Dice) -> str | None:
    """Print another paper's translation."""
    return dice.choice(others).abstract_zh if others else None


# ── sense ─────────────────────────────────────────────────────────────────────────────────────

_NEGATED = {
    "无需": "需要", "不需要": "需要", "未被": "已被", "没有": "有", "无法": "能够", "不能": "能", "并未": "已", "未能": "能够",
    "不再": "仍然", "不足": "充足", "难以": "易于", "不会": "会", "不是": "是", "并非": "就是", "不仅": "仅", "无关": "有关",
    "不依赖": "依赖", "缺乏": "具有", "忽视": "重视", "忽略": "重视", "不影响": "影响", "未得到": "得到", "不同于": "等同于",
}  # fmt: skip
_AFFIRMED = {
    "能够": "不能", "可以": "不可以", "需要": "不需要", "证明了": "没有证明", "表明": "并未表明", "实现了": "未能实现",
    "提高了": "没有提高", "支持": "不支持", "优于": "并不优于", "依赖": "不依赖", "包含": "不包含", "有效地": "无效地",
    "使用": "不使用", "提升了": "没有提升", "允许": "不允许", "展示了": "未展示", "适用于": "不适用于", "利用": "不利用",
}  # fmt: skip
_TURNED = {
    "优于": "劣于", "超越": "不如", "超过": "低于", "提高": "降低", "提升": "降低", "增加": "减少", "增强": "削弱", "更高": "更低",
    "更好": "更差", "更快": "更慢", "更大": "更小", "更强": "更弱", "减少": "增加", "降低": "提高", "更低": "更高", "更少": "更多",
    "改善": "恶化", "下降": "上升", "加速": "减慢", "缓解": "加剧", "最高": "最低", "较低": "较高", "高于": "低于", "低于": "高于",
    "更小": "更大", "更多": "更少", "最佳": "最差", "促进": "阻碍", "阻碍": "促进", "更强大": "更弱小", "扩大": "缩小",
}  # fmt: skip


def _turn(words: Mapping[str, str], sample: Sample, dice: Dice) -> str | None:
    pattern = re.compile("|".join(sorted(words, key=len, reverse=True)))
    spot = _spot(pattern, sample.abstract_zh, dice)
    return spot and _instead(sample.abstract_zh, spot.start(), spot.end(), words[spot[0]])


def _negate(sample: Sample, _: Sequence[Sample], dice: Dice) -> str | None:
    """Put a negation in: 能够 is 不能."""
    return _turn(_AFFIRMED, sample, dice)


def _affirm(sample: Sample, _: Sequence[Sample], dice: Dice) -> str | None:
    """Take a negation out: 无需 is 需要."""
    return _turn(_NEGATED, sample, dice)


def _reverse(sample: Sample, _: Sequence[Sample], dice: Dice) -> str | None:
    """Turn a comparison or a direction round: 优于 is 劣于."""
    return _turn(_TURNED, sample, dice)


KINDS: Mapping[str, Plant] = {
    "digit": _digit,
    "decimal": _decimal,
    "magnitude": _magnitude,
    "percent": _percent,
    "link": _link,
    "name": _name,
    "dropped": _drop_middle,
    "last dropped": _drop_last,
    "added": _add,
    "negation in": _negate,
    "negation out": _affirm,
    "comparison": _reverse,
    "English": _english,
    "leftovers": _remains,
    "another paper": _swap,
    "repeated": _repeat,
}


# ── rewritten, and faithful still ─────────────────────────────────────────────────────────────


def _zh(change: Callable[[str], str]) -> Rewrite:
    """Change the translation, title and abstract; None where nothing changes."""

    def rewrite(sample: Sample) -> Sample | None:
        new = replace(
            sample, title_zh=change(sample.title_zh), abstract_zh=change(sample.abstract_zh)
        )
        return None if new == sample else new

    return rewrite


_SYNONYMS = (
    ("提出了", "介绍了"), ("方法", "方案"), ("显著", "明显"), ("优于", "超过"), ("性能", "表现"), ("旨在", "目的是"), ("展示了", "表明了"),
    ("广泛", "大量"), ("然而", "但是"), ("此外", "另外"), ("模型", "模型"), ("现有", "已有"), ("提高", "提升"), ("挑战", "难题"), ("能够", "可以"),
    ("利用", "借助"), ("评估", "评测"), ("关键", "重要"), ("数据集", "数据集合"), ("基准测试", "基准"), ("无需", "不需要"), ("缺乏", "缺少"),
    ("因此", "所以"), ("具有", "拥有"),
)  # fmt: skip


def _replaced(pairs: Sequence[tuple[str, str]]) -> Callable[[str], str]:
    words = dict(pairs)
    pattern = re.compile("|".join(map(re.escape, words)))
    return lambda text: pattern.sub(lambda match: words[match[0]], text)


def _merged(text: str) -> str:
    """Join every second sentence to the next with a comma."""
    sentences = _sentences(text)
    return "".join(
        f"{each[:-1]}，" if at % 2 == 0 and at + 1 < len(sentences) and each[-1] == "。" else each
        for at, each in enumerate(sentences)
    )


def _halved(text: str) -> str:
    """Make two sentences of those with several clauses, at the middle comma."""

    def halve(sentence: str) -> str:
        commas = [match.start() for match in re.finditer("，", sentence)]
        if len(commas) < 2:
            return sentence
        at = commas[len(commas) // 2]
        return f"{sentence[:at]}。{sentence[at + 1 :]}"

    return "".join(map(halve, _sentences(text)))


def _in_digits(text: str) -> str:
    """Write 150万 as 1500000 and 20000 as 2万."""

    def write(match: re.Match[str]) -> str:
        if match["wan"]:
            return f"{round(float(match['wan']) * 10_000):,}"
        value = int(match["plain"].replace(",", ""))
        return f"{value / 10_000:g}万" if value >= 10_000 and value % 100 == 0 else match[0]

    return re.sub(
        r"(?<![A-Za-z0-9.,_/-])(?:(?P<wan>[0-9]{1,5}(?:\.[0-9]{1,2})?)万(?![亿千百])"
        r"|(?P<plain>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{5,9}))(?![0-9A-Za-z万亿])",
        write,
        text,
    )


REWRITES: Mapping[str, Rewrite] = {
    "half width": _zh(
        _replaced(
            (("，", ", "), ("：", ": "), ("（", " ("), ("）", ") "), ("；", "; "), ("？", "? "))
        )
    ),
    "semicolons": _zh(lambda text: re.sub("。(?=.)", "；", text)),
    "synonyms": _zh(_replaced(_SYNONYMS)),
    "merged": _zh(_merged),
    "split": _zh(_halved),
    "singular": _zh(lambda text: re.sub(r"(?<=[A-Z])s(?![A-Za-z])", "", text)),
    "万 and digits": _zh(_in_digits),
    "spaced": _zh(
        lambda text: re.sub(
            r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9%])(?=[\u4e00-\u9fff])", " ", text
        )
    ),
}
