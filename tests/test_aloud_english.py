"""Written English as it is said."""

from __future__ import annotations

from importlib.resources import files

import pytest

from ribao.aloud import read_lexicon, speak

EAR = read_lexicon((files("ribao") / "aloud" / "lexicon.toml").read_text("utf-8"))
PAIRS = [
    ("of 3,602 questions", "of three thousand six hundred two questions"),
    ("in 1,950 steps", "in one thousand nine hundred fifty steps"),
    ("in 4096 steps", "in four thousand ninety six steps"),
    ("RTX 4090", "R T X forty ninety"),
    ("3.5", "three point five"),
    ("22.1%", "twenty two point one percent"),
    ("10-20 samples", "ten to twenty samples"),
    ("5%–10%", "five to ten percent"),
    ("3× faster", "three times faster"),
    ("1280×720", "one thousand two hundred eighty by seven hundred twenty"),
    ("in 2024", "in twenty twenty four"),
    ("GPT-4o", "G P T four o"),
    ("Qwen2.5-72B", "Qwen two point five seventy two B"),
    ("$1.5M", "one point five million dollars"),
    ("$20", "twenty dollars"),
    ("72k videos", "seventy two thousand videos"),
    ("7B parameters", "seven billion parameters"),
    ("a 7B model", "a seven B model"),
    ("1.5 million", "one point five million"),
    ("456 billion", "four hundred fifty six billion"),
    ("2 of 1,000,000", "two of one million"),
    ("1/2", "one half"),
    ("3/4", "three quarters"),
    ("8/15", "eight fifteenths"),
    ("3:1", "three to one"),
    ("12:30", "twelve thirty"),
    ("2026-01-12", "January twelfth, twenty twenty six"),
    ("10^{-3}", "ten to the minus three"),
    ("x^2", "x squared"),
    ("1.5e-4", "one point five times ten to the minus four"),
    ("≤5", "at most five"),
    ("~100", "about one hundred"),
    ("±0.5", "plus or minus zero point five"),
    ("A→B", "A to B"),
    ("-5%", "minus five percent"),
    ("24GB", "twenty four gigabytes"),
    ("40 ms", "forty milliseconds"),
    ("1 s", "one second"),
    ("25°C", "twenty five degrees Celsius"),
    ("Code is at https://github.com/a/b.", "Code is at the address in the text."),
    ("(see https://a.io/x)", "see the address in the text,"),
    ("as shown [12]", "as shown"),
    ("in [12] we", "in the work cited we"),
    ("GRPO and LoRA", "G R P O and LoRA"),
    ("DeepSeek", "Deep Seek"),
    ("LLMs", "L L M"),
    ("REINFORCE++", "REINFORCE plus plus"),
    ("e.g., images", "for example, images"),
    ("1st and 2nd and 3rd", "first and second and third"),
    ("21st", "twenty first"),
    ("(1) fast, (2) good", "first, fast, second, good"),
    ("α and β", "alpha and beta"),
    ("1990s", "nineteen nineties"),
    ("don't", "don't"),
    ("5-shot", "five shot"),
    ("3D", "three D"),
    ("5+ tasks", "more than five tasks"),
    ("10086", "ten thousand eighty six"),
    ("v1.0.2", "v one point zero point two"),
]


@pytest.mark.parametrize(("written", "said"), PAIRS, ids=[written for written, _ in PAIRS])
def test_it_is_said_as_people_say_it(written, said):
    assert speak(written, "en", EAR) == said
