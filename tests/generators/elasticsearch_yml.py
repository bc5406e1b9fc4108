# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files as people write elasticsearch.yml, and edits of them, for tests over many."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

# The same files in every run, and no limit of time: the machine may be busy.
ALIKE = settings(derandomize=True, deadline=None, database=None)

KEYS = ["a", "b-c", "d_e", "ssl", "path", "é"]
WORDS = st.sampled_from(["x", "certs/a.crt", "${HOSTNAME}", "10.0.0.1:9300", "true", "yes", "9200", "2h", "ü"])
INLINE = [
    "{0}",
    "'{0}'",
    '"{0}"',
    "'it''s {0}'",
    '"a: {0} # \\" \\u00e9"',
    "!!str {0}",
    "&anchor {0}",
    "*alias",
    "[{0}, y]",
    "[]",
    "['{0}',\n{1}  y ] ",
    "[ {0}, # of a list\n{1}  y]",
    "{0}\n{1}  more",
    "'{0}\n\n{1}  more'",
    '"{0}\\\n{1}  more"',
]
BLOCK = [
    "|\n{1}  {0}",
    "|-\n{1}  {0}\n\n{1}  # text",
    ">  # of a block\n{1}  {0}\n{1}  y",
    "|+\n{1}  {0}\n",
    "|2\n{1}    {0}",
    "|",
    "\n{1}- {0}\n{1}- y",
    " # of a list\n{1}  - '{0}'\n{1}  # in a list\n{1}  - {0} # of an item",
    "\n{1}  {0}",
]
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([True, 9443, "true", "certs/new.crt", "a: b # c", "", "${HOME}/x", "é\u2028\U0001f600", [], None]),
    st.lists(st.sampled_from(["certs/new.crt", "a, b", "10:20"]), max_size=2),
    st.none(),
)


COMMENTS = st.sampled_from(["", "", "", " # c", "   "])
# Elasticsearch takes a tab behind a plain value, and nowhere else.
PLAIN_COMMENTS = st.sampled_from(["\t# c", " \t", " # c"])


@st.composite
def between(draw: Any, indent: str) -> str:
    return draw(st.sampled_from(["", "", "", f"{indent}# c: d\n", "\n", f"{indent}      # deep\n", "# flush\n"]))


@st.composite
def inline(draw: Any, depth: int) -> str:
    """A mapping within braces."""
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=0 if depth else 1, max_size=3))
    simple = st.sampled_from(["{0}", "'{0}'", '"{0}"', "['{0}', y]"])
    parts = []
    for key in keys:
        value = draw(simple).format(draw(WORDS).replace("${HOSTNAME}", "x"))
        if depth < 2 and draw(st.booleans()):
            value = draw(inline(depth + 1))
        parts.append(f"{key}: {value}")
    return "{" + draw(st.sampled_from([", ", " ,  "])).join(parts) + "}"


@st.composite
def block(draw: Any, indent: str, depth: int = 0) -> str:
    """A mapping in lines."""
    text = draw(between(indent))
    for key in draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=1, max_size=4 - depth)):
        written = draw(st.sampled_from(["{}", "{}", "{}.x", "'{}.y'", '"{}"', "{} "])).format(key)
        kind = draw(st.sampled_from(["inline", "inline", "block", "map", "map", "braces", "explicit"]))
        if kind == "map" and depth < 3:
            inner = indent + draw(st.sampled_from([" ", "  ", "    "]))
            text += f"{indent}{written}:{draw(COMMENTS)}\n{draw(block(inner, depth + 1))}"
        elif kind == "braces":
            text += f"{indent}{written}: {draw(inline(0))}{draw(COMMENTS)}\n"
        elif kind == "explicit":
            text += f"{indent}? {written}\n{indent}: {draw(WORDS)}\n"
        elif kind == "block":
            text += f"{indent}{written}: {draw(st.sampled_from(BLOCK)).format(draw(WORDS), indent)}\n"
        else:
            style, word = draw(st.sampled_from(INLINE)), draw(WORDS)
            # Braces within a list that is written in one line begin a mapping.
            if style[0] == "[" and "'" not in style:
                word = word.replace("${HOSTNAME}", "x")
            value = style.format(word, indent)
            text += f"{indent}{written}: {value}{draw(PLAIN_COMMENTS if style == '{0}' else COMMENTS)}\n"
        text += draw(between(indent))
    return text


@st.composite
def files(draw: Any) -> str:
    kind = draw(st.sampled_from(["block"] * 8 + ["braces", "comments"]))
    start = draw(st.sampled_from(["", "", "", "---\n", "# c\n", "%YAML 1.1\n---\n"]))
    end = draw(st.sampled_from(["", "", "", "...\n", "...\n# c\n", "... # c"]))
    if kind == "comments":
        text = draw(st.sampled_from(["", "# c", "#c\n\n", "\n"]))
    elif kind == "braces":
        text = start + draw(inline(0)) + "\n" + end
    else:
        text = start + draw(block(draw(st.sampled_from(["", "", "", " ", "  "])))) + end
    if draw(st.integers(0, 4)) == 0:
        text = text.removesuffix("\n")
    bom = draw(st.sampled_from(["", "", "", "\ufeff"]))
    return bom + text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n", "\r"])))
