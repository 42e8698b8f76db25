"""Dates, weekdays and counts in an edition's words. Pure: no clock, no locale of the machine."""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache

# Between the names of weekdays and of months: some languages have blanks within them.
BETWEEN = "|"
# In a word's name, which of its plural forms it is: ``page.papers_unit[0]``.
FORM = "{name}[{form}]"


def in_words(day: date, texts: Mapping[str, str]) -> str:
    """Return ``day`` as the edition writes it (2026 年 1 月 12 日, 12 janvier 2026)."""
    names = texts["page.months"].split(BETWEEN)
    return texts["page.date"].format(
        year=day.year, month=day.month, day=day.day, month_name=names[day.month - 1]
    )


def weekday(day: date, texts: Mapping[str, str]) -> str:
    """Return the name of the day of the week."""
    return texts["page.weekdays"].split(BETWEEN)[day.weekday()]


def counted(name: str, count: float, texts: Mapping[str, str]) -> str:
    """Return the words ``name`` in the form that goes with ``count`` (1 paper, 2 papers).

    Nothing is filled in. A number that is not whole (a mean) takes the last form, the general one.
    """
    if count != int(count):
        return texts[name]
    form = _rule(texts["plural.rule"])(int(count))
    return texts.get(FORM.format(name=name, form=form), texts[name])


@cache
def _rule(expression: str) -> Callable[[int], int]:
    """Read a plural rule as gettext writes it in a catalogue's head: ``n != 1``."""
    return gettext.c2py(expression)
