"""Negation and comparison held against each other within beads: what was turned round. Pure.

A Chinese word of direction (优于, 降低) or of negation (不能) has to be explained by an English one of
its group near it, and an English negation by any Chinese one. The groups are broad, because a
faithful translation turns words freely ("too subtle for" is 难以): so few false alarms, at the price
of errors that hide behind another word of the group in the same sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ribao.checks.alignment import Alignment
from ribao.checks.around import Around, surroundings
from ribao.checks.opposites import FALLING, RISING, SURELY, balance, contradicted, denied


@dataclass(frozen=True, slots=True)
class Group:
    """Chinese words of one direction, and beginnings of English words that explain them."""

    chinese: re.Pattern[str]
    english: re.Pattern[str]


def _group(chinese: str, english: str) -> Group:
    return Group(
        re.compile("|".join(chinese.split())),
        re.compile(rf"(?<![a-z])(?:{'|'.join(english.split())})", re.IGNORECASE | re.ASCII),
    )


_MORE = (
    r"increas improv enhanc boost rais gain gr[eo]w strength strong elevat ris(?:e|ing) high better best more most much"
    r" add(?!ress) advan promot empower accelerat scal expan exten great augment foster uplift lift benefit exceed larg"
    r" amplif further refin optim(?!al) reinforc facilit super extra multipl doubl tripl surg deepen heighten maxim outperform"
    r" surpass fast speed quick enrich robust upgrad progress rapid up(?![a-z]) upscal beyond push leap state-of-the-art sota"
    r" long wid(?:e|th) broad deep rich big ampl elicit help support enabl contribut excel succe win won beat(?:s|ing|en)?(?![a-z])"
    r" [0-9.]+\s?(?:x|\\?times) [a-z]+fold top effective bolster sharpen escalat intensif inflat upward maximum over(?!l|c|f|h|v) above"
    r" unlock compound accumul substantial heav expens cost overhead amount from.[0-9.]+\s?\\?\\?%?.to dens(?:e|er)(?![a-z]) outpac outstrip outweigh supplement complement lead(?:s|ing)?(?![a-z]) than superior"
)
_LESS = (
    r"reduc decreas lower less mitigat alleviat declin drop degrad diminish minim shrink shrunk cut(?:s|ting)?(?![a-z]) down"
    r" few sav(?:e|ing) short weak lessen compress fall fell hurt impair hinder deteriorat limit eliminat collaps suppress"
    r" undermin compromis relax attenuat loss los[et] narrow erod harm low light avoid without free prun distill tiny slim"
    r" small slow worse poor penal insufficient sub[a-z-]* underperform damag sacrific reliev eas(?:e|ing) constrain restrict"
    r" economi efficien cheap afford trim lack moderat compact lag behind inferior bottleneck only just remov halv half under(?!st)"
    r" below bias regress forget discard quantiz simplif streamlin within minor collapse drift vanish dilut scarc regulari"
    r" obviat from.[0-9.]+\s?\\?\\?%?.to prevent hamper imped trad(?:e|ing) relief parsimon curb"
)
_GROUPS = (
    _group("优于 超越 超过 胜过 高于 赶超 领先于", rf"{_MORE} at.least surmount transcend greater ahead dominat prevail against"),
    _group("劣于 不如 逊于 逊色 落后 差于 不及", r"worse inferior underperform lag behind f[ae]ll less below poor lower weak not trail short gap fail"),
    _group("低于 少于", rf"{_LESS} underperform"),
    _group("提高 提升 增加 增强 增长 上升 加强 升高 升至 改善 扩大 增大 加大", _MORE + r" recover correct restor enlarg widen bring adjust"),
    _group("降低 减少 下降 减小 减轻 削减 缩减 减弱 削弱 降至 降到 缩小 减缓", _LESS + r" bridg clos cost redundan overhead"),
    _group("更高 较高 最高 更强 更好 更佳 更优 最好 最优 最佳 更大 更多 更快 较好 最强 最大 最多", _MORE + r" optim better well good fine new impressive competitive remarkable less.known peak favorabl prefer other reliab"),
    _group("更低 较低 最低 更少 较少 最少 更小 较小 最小 更短 最短", _LESS + r" minim least fine"),
    _group("更差 最差 较差 更弱 最弱 恶化 更慢 最慢 减慢 放缓 变差 退化", rf"{_LESS} slow bad degenerat catastroph fail"),
    _group("加剧 加重", r"exacerbat intensif worse aggravat amplif increas compound heighten escalat deepen severe accelerat more grow further"),
    _group("阻碍 妨碍", r"hinder hamper imped obstruct prevent block limit barrier obstacle bottleneck restrict inhibit challeng stall constrain slow difficult"),
    _group("促进 推动 加速", _MORE + r" fost facilitat encourag driv stimulat catal spur enabl cultivat prompt motivat fuel steer propel inspir streamlin pav reduc"),
    _group("(?<![不])仅(?!仅)", r"(?<!not\s)only (?<!not\s)just (?<!not\s)merely sole minim few little alone single simpl pure limit exclusiv less small at.most under within but mere low narrow short one pa?rtial modest"),
    _group("易于 很容易", r"eas simpl straightforward prone susceptib vulnerab read convenien likely tend accessib friendl sensitive conducive amenable interpretab scalab intuitiv ready flexib plug facilit"),
    _group("充足", r"suffic ample enough adequat abundan rich plent well"),
)  # fmt: skip
# The groups of adjectives, which may stand far from what they render: looked for in all of the bead.
_ADJECTIVES = (5, 6)
# Words that only hold a negating character, and say nothing that could be turned round.
_HARMLESS = re.compile(
    r"(.)不\1|(?:提升|提高|增长|增加|领先)(?:幅度)?(?:最?[高多]|可)达|最[高多大低少小][达可为能至]|[高多]达|[最至]多(?= ?[0-9接支可只几数十百千万亿一二两三])|不同|不断|不仅|不论|不管|不少|不足|不确定|不一致?|不得不|不可或缺|不容忽视|必不可少|密不可分|不乏|不良|不变|不平衡|不完[整备全]|不稳定|不准确|不匹配|不相关|不连续"
    "|无论|无缝|无监督|无关|无偏|无人|无线|无限|无损|无标签|无害|无约束|无条件|无参考|未来|未知|未见|未标[注记]|未充分|未配对|非常|并非总|除非|非线性|非平凡|非凡|非结构化|无处不在|独一无二|前所未[有见]|不[可合]避免|不[佳当对适逊]|不利(?!用)"
)
_NEGATION = re.compile("不(?!过)|没有|未(?!必)|无法|无需|并非|而非|毫无|绝非|无效|没能")
# English words that explain a negation beside them: those that deny, and those that say it otherwise.
_NEGATIVE = re.compile(
    r"(?<![a-z])(?:not|no|cannot|without|never|none|neither|nor|non-?[a-z]*|[a-z]+n't|un(?!i|der|til)[a-z]+|in(?:dep|suff|eff|acc|cons|compl|cap|ad|corr|val|vis|stab|flex|feas|app|expl|var|distin)[a-z]*"
    r"|im(?:poss|prac|perf|balan|plaus)[a-z]*|ir[a-z]+|il[l-][a-z]*|dis(?!t|c|p)[a-z]+|mis(?!s)[a-z]+|lack[a-z]*|fail[a-z]*|free|absen[a-z]+|avoid[a-z]*|prevent[a-z]*"
    r"|limit[a-z]*|hard(?!w)[a-z]*|difficult[a-z]*|too|rather|instead|only|few|little|rare[a-z]*|scarc[a-z]*|beyond|despite|although|regardless|struggl[a-z]*|hinder[a-z]*|ignor[a-z]*|neglect[a-z]*"
    r"|overlook[a-z]*|remov[a-z]*|eliminat[a-z]*|poor[a-z]*|agnostic|obviat[a-z]*|except[a-z]*|unlike|challeng[a-z]*|miss[a-z]*|less|yet|zero|elusive|arbitrar[a-z]*|prohibit[a-z]*"
    r"|invarian[a-z]*|constant|stop[a-z]*|shortcoming[a-z]*|inferior|suboptim[a-z]*|sub-?[a-z]+|alone|far|away|inadequa[a-z]*|barrier|deviat[a-z]*|drop[a-z]*|preserv[a-z]*|forget[a-z]*|bypass[a-z]*"
    r"|under-?(?!st)[a-z]+|infinit[a-z]*|gap[s]?|weak[a-z]*|circumvent[a-z]*|omit[a-z]*|exclud[a-z]*|discard[a-z]*|sparse[a-z]*|hidden|still|fluctuat[a-z]*|erratic[a-z]*|fragil[a-z]*|noisy|ambig[a-z]*"
    r"|incon[a-z]+|incom[a-z]+|bad|wrong[a-z]*|error[s]?|false|los[est][a-z]*|broken?|anonym[a-z]*|blind[a-z]*|[a-z]+less(?:ly)?|behind|nothing|almost|hardly|outside|opposed)(?![a-z])",
    re.IGNORECASE | re.ASCII,
)  # fmt: skip
_STRONG = re.compile(
    r"(?<![a-z])(?:not|no|cannot|without|never|none|neither|nor|[a-z]+n't|un[a-z]+able|in[a-z]+ible|fail[a-z]*|lack[a-z]*|struggl[a-z]*|rather than|instead of|unseen|unknown|unlike)(?![a-z])",
    re.IGNORECASE | re.ASCII,
)
# Beside the very word that is denied fewer will do: "challenging" explains a 不 of its clause only.
_NEARBY = re.compile(
    r"(?<![a-z])(?:not|no|cannot|without|never|none|neither|nor|non-?[a-z]*|[a-z]+n't|un(?!i|der|til)[a-z]+|in(?:dep|suff|eff|acc|cons|compl|cap|ad|corr|val|vis|stab|flex|feas|app|expl|var|distin)[a-z]*"
    r"|im(?:poss|prac|perf|balan|plaus)[a-z]*|ir[a-z]+|il[l-][a-z]*|dis(?!t|c|p)[a-z]+|mis(?!s)[a-z]+|lack[a-z]*|fail[a-z]*|free|absen[a-z]+|avoid[a-z]*|prevent[a-z]*|limited|hard|difficult[a-z]*"
    r"|too|rather|instead|few|little|rare[a-z]*|regardless|struggl[a-z]*|hinder[a-z]*|ignor[a-z]*|neglect[a-z]*|overlook[a-z]*|remov[a-z]*|eliminat[a-z]*|poor[a-z]*|agnostic|obviat[a-z]*|unlike"
    r"|miss[a-z]*|less|prohibit[a-z]*|arbitrar[a-z]*|constant|stop[a-z]*|suboptim[a-z]*|inadequa[a-z]*|drop[a-z]*|bypass[a-z]*|circumvent[a-z]*|omit[a-z]*|exclud[a-z]*|discard[a-z]*|[a-z]+less(?:ly)?|hardly|nothing"
    r"|under-?explor[a-z]*|beyond|only|erratic[a-z]*|fluctuat[a-z]*|elusive|remain[a-z]*)(?![a-z])",
    re.IGNORECASE | re.ASCII,
)  # fmt: skip
# What denies in English for certain, and how Chinese may say it.
_DENIALS = tuple(
    (
        re.compile(rf"(?<![a-z-])(?:{english})(?![a-z-])", re.IGNORECASE | re.ASCII),
        re.compile(chinese),
    )
    for english, chinese in (
        (r"without", "[不无没未非免缺]|避|脱离|而"),
        (
            r"cannot|unable|[a-z]+n't|not(?! only| just| merely| least| necessarily)|never|incapable",
            "[不无没未非难免否缺]|避|失败|错|尚|以外|之外",
        ),
        (r"no(?! longer)|no longer|neither|none", "[不无没未非免缺零]|排除"),
        (r"rather than|instead of", "而非|[不无非没]|代替|取代|替代|反而|仅|只"),
        (r"lack(?:s|ing|ed)?|absen(?:t|ce)", "[缺不无没未非欠]|匮乏|稀"),
        (r"overlook(?:s|ed|ing)?|neglect(?:s|ed|ing)?|ignor(?:e|es|ed|ing)", "[忽未不无没漏]|轻视"),
        (
            r"fail(?:s|ed|ing)?|struggl(?:e|es|ed|ing)",
            "[失无未不难没错]|挣扎|困|吃力|挑战|障碍|努力|受|制约",
        ),
        (r"insufficient(?:ly)?|limited|scarce|scarcity", "[不缺限少乏稀未无]|短|紧"),
        (
            r"difficult(?:y|ies)?|challenging|hard|hinder(?:s|ed|ing)?|hamper(?:s|ed|ing)?",
            "[难不困阻碍限坚]|挑战|棘手|艰|制约|硬|妨",
        ),
        (r"not only", "不仅|不但|不只|不光|不单|既|还|也|同时|更|除"),
        (
            r"under-?explored|unexplored|understudied|unclear|unknown",
            "[未不少缺没忽]|空白|有限|尚|匮乏|模糊",
        ),
    )
)
_UNDONE = re.compile(r"(?<![a-z])un([a-z]{4,})", re.ASCII)
# These deny nothing.
_EMPTY = re.compile("不同|不断|未来|非常|无论|不论|不管|缺陷|除了|难题")
# A clause with more negations than these is no text.
_MOST = 20
# Of the denials so many must stand beside what they deny, so many in its clause, the rest anywhere.
_TIGHT, _LOOSE = 4, 6


def turned(alignment: Alignment) -> Iterator[tuple[str, str]]:
    """Yield words that turn the sense of their sentence: the word, and the clause or sentence."""
    for place, bead in enumerate(alignment.beads):
        if bead.original and bead.translation:
            said: list[str] = []
            for word, text in _turned(surroundings(alignment, place), _sides(alignment, place)):
                # Several ways to find it, one finding: 零射 and 零射击.
                if not any(word in other or other in word for other in said):
                    said.append(word)
                    yield word, text


def _turned(around: Around, sides: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The same of one bead; a word may be found in several ways."""
    for at, (start, end) in enumerate(around.clauses):
        clause = around.alignment.text[start:end]
        for word in _unexplained(clause, start, around, at):
            yield word, clause
    for word in (*_unsaid(around), *_counted(around, sides), *_opposed(around, sides)):
        yield word, around.chinese


def _unexplained(clause: str, start: int, around: Around, at: int) -> Iterator[str]:
    """Words of direction and negations of a clause that no English word near it explains."""
    plain = _HARMLESS.sub(lambda found: "＊" * len(found[0]), clause)
    window = around.window(at)
    for place, group in enumerate(_GROUPS):
        found = group.chinese.search(plain)
        if found and not group.english.search(around.wide if place in _ADJECTIVES else window):
            yield found[0]
    for negation in islice(_NEGATION.finditer(plain), _MOST):
        if _is_part(clause[negation.start() :], around):
            continue
        near = around.beside(start + negation.end(), start + min(negation.end() + 3, len(clause)))
        explained = _NEARBY.search(near) if near else _NEGATIVE.search(window)
        if not explained and not _STRONG.search(window):
            yield negation[0]


def _is_part(text: str, around: Around) -> bool:
    """Whether a text's first character is the "un-" of an English word that its next ones render."""
    stems = _UNDONE.findall(around.english.lower()) if text[0] in "未不" else ()
    renderings = around.alignment.known.renderings
    return any(text.startswith(own, 1) for stem in stems for own in renderings(stem))


def _is_name(match: re.Match[str]) -> bool:
    """Whether a word with a capital stands within a sentence: "RoboTwin-Easy/Hard"."""
    before = match.string[: match.start()].rstrip()
    return match[0][0].isupper() and before != "" and before[-1] not in ".:;!?"


def _unsaid(around: Around) -> Iterator[str]:
    """English denials that the Chinese does not say where it renders the words beside them."""
    for place, (english, chinese) in enumerate(_DENIALS):
        for match in english.finditer(around.english):
            if _is_name(match):
                continue
            if place >= _LOOSE:
                said = bool(chinese.search(around.chinese))
            else:
                near = around.spoken(match.end()) if place < _TIGHT else ""
                told = near or around.rendered(match.start(), match.end())
                said = bool(chinese.search(_EMPTY.sub("", told)))
            if not said:
                yield match[0]


# ── one too many, one too few ──


def _sides(alignment: Alignment, place: int) -> list[tuple[str, str]]:
    """A bead's texts; where it is not one to one, also those with its neighbours.

    The borders of such a bead are less sure: what does not come out even must do so in both.
    """
    beads = alignment.beads
    bead = beads[place]
    plain = len(bead.original) == len(bead.translation) == 1
    groups = [[bead]] if plain else [[bead], list(beads[max(place - 1, 0) : place + 2])]
    return [
        (
            " ".join(alignment.original[at].text for each in group for at in each.original),
            "".join(alignment.translation[at].text for each in group for at in each.translation),
        )
        for group in groups
    ]


def _counted(around: Around, sides: list[tuple[str, str]]) -> Iterator[str]:
    """Negations and directions that do not come out even."""
    renderings = around.alignment.known.renderings
    uneven = [list(denied(english, chinese, renderings)) for english, chinese in sides]
    if all(uneven):
        yield from uneven[0]
    scales = [balance(en, _HARMLESS.sub("", zh), renderings) for en, zh in sides]
    if all(each.turned for each in scales):
        yield scales[0].turned
    yield from contradicted(around.chinese)


# How far from its object a word of direction may stand, and by how much nearer than one of its kind.
_REACH, _NEARER, _OBJECT = 4, 1, 5
_BREAK = re.compile("[、（）()]")
# What follows and is no object: "准确率提高了5%", "效率更高的情况下".
_NOUN = re.compile("(?![了的至到为约超近而且])[\u4e00-\u9fff]")
_STOP = frozenset(".,:;")


def _opposed(around: Around, sides: list[tuple[str, str]]) -> Iterator[str]:
    """Words of direction whose object has one of the other direction beside it in the English.

    "降低质量" for "improves quality": 质量 renders "quality", and what stands there goes up.
    """
    words = [around.english[start:end] for start, end, _ in around.tokens]
    directed = {
        "up": [at for at, word in enumerate(words) if RISING.fullmatch(word)],
        "down": [at for at, word in enumerate(words) if FALLING.fullmatch(word)],
    }
    if not directed["up"] and not directed["down"]:
        return
    stops = [at for at, word in enumerate(words) if word in _STOP]
    plain = frozenset(range(len(words))).difference(*directed.values())
    scales = [balance(english, chinese) for english, chinese in sides]
    for match, objects in _objects(around, plain):
        direction = match.lastgroup or ""
        same = _nearest(objects, directed[direction], stops)
        other = _nearest(objects, directed["down" if direction == "up" else "up"], stops)
        if (
            other <= _REACH
            and same >= other + _NEARER
            and all(each.doubtful(direction) for each in scales)
        ):
            yield match[0]


def _nearest(places: list[int], others: list[int], stops: list[int]) -> int:
    """The fewest words between two of them; a stop between counts for three more."""
    return min(
        (
            abs(a - b) + 3 * any(min(a, b) < stop < max(a, b) for stop in stops)
            for a in places
            for b in others
        ),
        default=99,
    )


def _objects(around: Around, plain: frozenset[int]) -> Iterator[tuple[re.Match[str], list[int]]]:
    """Each sure word of direction, and the English words that its object or its subject renders."""
    text = around.alignment.text
    for start, end in around.clauses:
        clause = _HARMLESS.sub(lambda found: "＊" * len(found[0]), text[start:end])
        matches = list(SURELY.finditer(clause))
        for at, match in enumerate(matches):
            before = matches[at - 1].end() if at else 0
            after = matches[at + 1].start() if at + 1 < len(matches) else len(clause)
            left = max(before, match.start() - _OBJECT)
            right = min(after, match.end() + _OBJECT)
            left += max((m.end() for m in _BREAK.finditer(clause[left : match.start()])), default=0)
            stop = _BREAK.search(clause, match.end() + 1, right)
            right = stop.start() if stop else right
            follows = around.rendering(start + match.end(), start + right, plain)
            precedes = around.rendering(start + left, start + match.start(), plain)
            bare = not _NOUN.match(clause, match.end())
            yield match, follows or (precedes if bare else [])
