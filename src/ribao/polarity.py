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

from ribao.alignment import Alignment


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
    r"(.)不\1|(?:提升|提高|增长|增加|领先)(?:幅度)?(?:最?[高多]|可)达|最[高多大低少小][达可为能至]|[高多]达|[最至]多(?=[0-9接支可只])|不同|不断|不仅|不论|不管|不少|不足|不确定|不一致?|不得不|不可或缺|不容忽视|必不可少|密不可分|不乏|不良|不变|不平衡|不完[整备全]|不稳定|不准确|不匹配|不相关|不连续"
    "|无论|无缝|无监督|无关|无偏|无人|无线|无限|无损|无标签|无害|无约束|无条件|无参考|未来|未知|未见|未标[注记]|未充分|未配对|非常|并非总|除非|非线性|非平凡|非凡|非结构化|无处不在|独一无二|前所未[有见]|不[可合]避免|不[佳当对利适逊]"
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
            "[未不少缺没]|空白|有限|尚|匮乏|模糊",
        ),
    )
)
_BESIDE = 5
# These deny nothing.
_EMPTY = re.compile("不同|不断|未来|非常|无论|不论|不管|缺陷|除了|难题")
# Of the denials so many must stand beside what they deny, so many in its clause, the rest anywhere.
_TIGHT, _LOOSE = 4, 6
_CLAUSE = re.compile(r"[^，。；：！？,;!?\n]++[，。；：！？,;!?\n]*+")
_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9]*+(?:'[a-z]+)?|[0-9][0-9.,]*+|[,;:.()]", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Around:
    """A bead with the places of its English words and Chinese clauses."""

    alignment: Alignment
    english: str
    # The same with the neighbours' where the bead is not one to one: its borders are less sure.
    wide: str
    plain: bool
    start: int
    chinese: str
    clauses: tuple[tuple[int, int], ...]
    # For each English token: where it begins and ends, and the clauses that render it.
    tokens: tuple[tuple[int, int, frozenset[int]], ...]
    # For each English token the characters of this bead that render it.
    places: tuple[int, ...]

    def beside(self, start: int, end: int) -> str:
        """The English within five words of those that render some characters; empty if none does."""
        wanted = (1 << end) - (1 << start)
        at = [place for place, mask in enumerate(self.places) if mask & wanted]
        return " … ".join(
            self.english[
                self.tokens[max(each - _BESIDE, 0)][0] : self.tokens[
                    min(each + _BESIDE, len(self.tokens) - 1)
                ][1]
            ]
            for each in at[:8]
        )

    def spoken(self, end: int) -> str:
        """The Chinese within eight characters of what renders the four known words after a place."""
        following = [
            mask
            for (first, _, _), mask in zip(self.tokens, self.places, strict=True)
            if first >= end and mask
        ]
        return " … ".join(
            self.alignment.text[max(at - 8, self.start) : at + 8]
            for mask in following[:4]
            for at in _ones(mask)[:6]
        )

    def window(self, clause: int) -> str:
        """The English that one clause renders, generously: up to three words on either side."""
        sure = (
            [at for at, (_, _, where) in enumerate(self.tokens) if where == {clause}]
            if self.plain
            else []
        )
        likely = [at for at, (_, _, where) in enumerate(self.tokens) if clause in where]
        if len(sure) < 2:
            return self.wide
        first, last = min(sure), max(sure)
        # Words that stand in several clauses widen it only where they are near.
        first = min([at for at in likely if at >= first - 3] + [first])
        last = max([at for at in likely if at <= last + 3] + [last])
        return self.english[
            self.tokens[max(first - 4, 0)][0] : self.tokens[min(last + 4, len(self.tokens) - 1)][1]
        ]

    def rendered(self, start: int, end: int) -> str:
        """The Chinese clauses that render what stands around a place of the English."""
        places = [
            at for at, (first, last, _) in enumerate(self.tokens) if first < end and last > start
        ]
        if not places:
            return self.chinese
        following = [
            self.tokens[at][2]
            for at in range(places[-1] + 1, min(places[-1] + 7, len(self.tokens)))
        ]
        before = [self.tokens[at][2] for at in range(max(places[0] - 4, 0), places[0])]
        sure = [where for where in following if len(where) == 1] + [
            where for where in before if len(where) == 1
        ]
        if len(sure) < 2:
            return self.chinese
        clauses = sorted(set().union(*sure))
        first, last = self.clauses[max(clauses[0] - 1, 0)][0], self.clauses[clauses[-1]][1]
        return self.chinese[first - self.start : last - self.start]


def _around(alignment: Alignment, place: int) -> _Around:
    beads = alignment.beads
    bead = beads[place]
    plain = len(bead.original) == len(bead.translation) == 1
    near = [bead] if plain else beads[max(place - 1, 0) : place + 2]
    wide = " ".join(alignment.original[at].text for each in near for at in each.original)
    english = " ".join(alignment.original[at].text for at in bead.original)
    start = alignment.translation[bead.translation.start].start
    chinese = alignment.text[start : alignment.translation[bead.translation.stop - 1].end]
    clauses = tuple(
        (start + match.start(), start + match.end()) for match in _CLAUSE.finditer(chinese)
    )
    masks = [(1 << end) - (1 << first) for first, end in clauses]
    tokens, places = [], []
    whole = (1 << (start + len(chinese))) - (1 << start)
    for match in _TOKEN.finditer(english):
        place = (alignment.place(match[0]) or 0) if match[0][0].isalpha() else 0
        where = frozenset(at for at, mask in enumerate(masks) if mask & place)
        tokens.append((match.start(), match.end(), where))
        places.append(place & whole)
    return _Around(
        alignment, english, wide, plain, start, chinese, clauses, tuple(tokens), tuple(places)
    )


def _ones(mask: int) -> list[int]:
    """The places where runs of set bits begin."""
    firsts = mask & ~(mask << 1)
    found = []
    while firsts:
        low = firsts & -firsts
        found.append(low.bit_length() - 1)
        firsts ^= low
    return found


def turned(alignment: Alignment) -> Iterator[tuple[str, str]]:
    """Yield words that turn the sense of their sentence: the word, and the clause or sentence."""
    for place, bead in enumerate(alignment.beads):
        if bead.original and bead.translation:
            around = _around(alignment, place)
            for at, (start, end) in enumerate(around.clauses):
                clause = alignment.text[start:end]
                for word in _unexplained(clause, start, around, at):
                    yield word, clause
            for word in (*_unsaid(around), *_unbalanced(around)):
                yield word, around.chinese


def _unexplained(clause: str, start: int, around: _Around, at: int) -> Iterator[str]:
    """Words of direction and negations of a clause that no English word near it explains."""
    plain = _HARMLESS.sub(lambda found: "＊" * len(found[0]), clause)
    window = around.window(at)
    for place, group in enumerate(_GROUPS):
        found = group.chinese.search(plain)
        if found and not group.english.search(around.wide if place in _ADJECTIVES else window):
            yield found[0]
    for negation in _NEGATION.finditer(plain):
        near = around.beside(start + negation.end(), start + min(negation.end() + 3, len(clause)))
        explained = _NEARBY.search(near) if near else _NEGATIVE.search(window)
        if not explained and not _STRONG.search(window):
            yield negation[0]


def _unsaid(around: _Around) -> Iterator[str]:
    """English denials that the Chinese does not say where it renders the words beside them."""
    for place, (english, chinese) in enumerate(_DENIALS):
        for match in english.finditer(around.english):
            if place >= _LOOSE:
                said = bool(chinese.search(around.chinese))
            else:
                near = around.spoken(match.end()) if place < _TIGHT else ""
                told = near or around.rendered(match.start(), match.end())
                said = bool(chinese.search(_EMPTY.sub("", told)))
            if not said:
                yield match[0]


_RISING = re.compile(
    r"(?<![a-z])(?:improv|enhanc|boost|increas|outperform|surpass|exceed|better|higher|faster|superior|larger|stronger|greater|accelerat|promot|more(?! than)|gain|foster|rais|strengthen)",
    re.ASCII | re.IGNORECASE,
)
_FALLING = re.compile(
    r"(?<![a-z])(?:reduc|decreas|lower|less|mitigat|alleviat|declin|drop|degrad|few|small|worse|diminish|minimi|underperform|hinder|hamper|imped|shrink|compress|cut|slow|weak|sav|short|limit|eliminat|inferior|below|poor|loss|bridg|narrow|clos|under|fall|fell|avoid|only|within|eas|light|low)",
    re.ASCII | re.IGNORECASE,
)
_UP = re.compile(
    "提高|提升|改善|增强|增加|优于|超越|超过|更高|更好|更快|更大|更强|加速|促进|高于|更优|胜过|更多|上升|增长|改进|加强|增益|提增|更|优|进|扩大|增|高|以上|快"
)
_DOWN = re.compile(
    "降低|减少|下降|低于|更低|更少|更小|更差|恶化|减小|缩小|劣于|不如|阻碍|减弱|削弱|更慢|更弱|减慢|最低|较低|最差|加剧|缩短|减轻|不及|逊于|落后"
)
_SURELY_UP = re.compile(
    "提高|提升|改善|增强|增加|优于|超越|超过|更高|更好|更快|更大|更强|加速|促进|高于|更优|胜过|更多|上升|增长|加强|扩大|最高|较高"
)
_LOWERED = re.compile(
    "降低|减少|下降|低于|更低|更少|更小|更差|恶化|减小|缩小|劣于|不如|减弱|削弱|更慢|缓解|减轻|最小化|短|较少|较低|小|少|低|退化|损|避免|压缩|节省|限|慢|差|弱|不|消除|弥合|弥补|克服|妨|阻|仅|轻|失|减|降|缺|难"
)


def _unbalanced(around: _Around) -> Iterator[str]:
    """One direction too often and the other too seldom, against the English: one was turned round."""
    english, chinese = around.english, _HARMLESS.sub("", around.chinese)
    down, falling = len(_DOWN.findall(chinese)), len(_FALLING.findall(english))
    if down > falling and len(_UP.findall(chinese)) < len(_RISING.findall(english)):
        yield _DOWN.findall(chinese)[0]
    up, rising = len(_SURELY_UP.findall(chinese)), len(_EVER_MORE.findall(english))
    if up > rising and len(_LOWERED.findall(chinese)) < len(_FALLING_SURELY.findall(english)):
        yield _SURELY_UP.findall(chinese)[0]


_EVER_MORE = re.compile(rf"(?<![a-z])(?:{'|'.join(_MORE.split())})", re.ASCII | re.IGNORECASE)
_FALLING_SURELY = re.compile(
    r"(?<![a-z])(?:reduc|decreas|lower|less(?! than)|mitigat|alleviat|declin|degrad|fewer|smaller|worse|diminish|minimi|underperform|hinder|hamper|imped)",
    re.ASCII | re.IGNORECASE,
)
