r"""LaTeX that has a plain form: `17.5 \times 60` is shown as `17.5 × 60`, `x^2` as `x²`, `\frac{a}{b}` as `a/b`.

All or nothing: a formula with anything that is not known here is shown as it was written. The table is what chat
models write in prose; layout in two dimensions (matrices, cases, alignments) has no plain form.
"""

from __future__ import annotations

import re

_SYMBOLS = {
    name: symbol
    for line in r"""
    alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ lambda λ mu μ
    nu ν xi ξ pi π rho ρ sigma σ tau τ upsilon υ phi φ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ
    Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω
    times × cdot · div ÷ pm ± mp ∓ ast ∗ star ⋆ circ ∘ bullet • oplus ⊕ otimes ⊗ wedge ∧ land ∧ vee ∨ lor ∨ neg ¬ lnot ¬
    leq ≤ le ≤ geq ≥ ge ≥ neq ≠ ne ≠ approx ≈ equiv ≡ sim ∼ simeq ≃ cong ≅ propto ∝ ll ≪ gg ≫ prec ≺ succ ≻
    in ∈ notin ∉ ni ∋ subset ⊂ subseteq ⊆ supset ⊃ supseteq ⊇ cup ∪ cap ∩ setminus ∖ emptyset ∅ varnothing ∅
    forall ∀ exists ∃ nexists ∄ to → rightarrow → leftarrow ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐
    Leftrightarrow ⇔ implies ⇒ iff ⇔ mapsto ↦ longrightarrow ⟶ uparrow ↑ downarrow ↓ therefore ∴ because ∵
    infty ∞ partial ∂ nabla ∇ sum ∑ prod ∏ int ∫ iint ∬ oint ∮ angle ∠ perp ⊥ parallel ∥ mid ∣ degree ° prime ′
    ldots … dots … cdots ⋯ vdots ⋮ hbar ℏ ell ℓ Re ℜ Im ℑ aleph ℵ top ⊤ bot ⊥ vdash ⊢ models ⊨ langle ⟨ rangle ⟩
    lceil ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ square □ triangle △ checkmark ✓ euro € pounds £ dagger † lvert | rvert | vert |
    lVert ‖ rVert ‖ Vert ‖ lbrace { rbrace } backslash \
    """.strip().split("\n")
    for name, symbol in zip(line.split()[::2], line.split()[1::2], strict=True)
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAMES = _words(
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp min max sup inf lim det dim ker gcd deg "
    "arg Pr mod bmod"
)
_BLANKS = {"quad": "  ", "qquad": "    ", ",": " ", ";": " ", ":": " ", " ": " ", "!": "", "\\": "\n", "enspace": " "}
_IGNORED = _words("left right big Big bigg Bigg bigl bigr Bigl Bigr displaystyle textstyle limits nolimits boxed")
_TEXT = _words("text textbf textit textrm mathrm mathbf mathit mathsf mathtt operatorname mbox hbox boldsymbol")
_BLACKBOARD = dict(zip("RNZQCPEFH", "ℝℕℤℚℂℙ𝔼𝔽ℍ", strict=True))
_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "overline": "\u0304", "vec": "\u20d7", "tilde": "\u0303", "dot": "\u0307"}

_SHIFTED = {
    "^": ("0123456789+-=()niabcdefghjklmoprstuvwxyzTAB′∘", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴬᴮ′°"),
    "_": ("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"),
}
_LETTERS = {mark: dict(zip(plain, small, strict=True)) for mark, (plain, small) in _SHIFTED.items()}

_TOKEN = re.compile(r"\\([a-zA-Z]+|.)|([{}^_])|(\s+)|([^\\{}^_\s])", re.DOTALL)
_DELIMITERS = (("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$"), ("$", "$"))
_LONGEST = 2048  # characters; a formula is shorter
_DEEPEST = 12


class _NoPlainFormError(Exception):
    """There is something that the table does not know."""


def plain_formula(source: str) -> str | None:
    r"""Return the plain form of a formula with its marks, `\(x^2\)` or `$$...$$`; None if it has none."""
    for opening, closing in _DELIMITERS:
        if source.startswith(opening) and source.endswith(closing) and len(source) >= len(opening) + len(closing):
            body = source[len(opening) : -len(closing)].strip()
            break
    else:
        return None
    if not body or len(body) > _LONGEST:
        return None
    try:
        return _Reader(body).read()
    except _NoPlainFormError:
        return None


def shifted(text: str, mark: str) -> str:
    """Return `text` in letters above ("^") or below ("_") the line; behind `mark` where it has none, and for words."""
    letters = _LETTERS[mark]
    if text and all(character in letters for character in text) and not (len(text) > 2 and text.isalpha()):
        return "".join(letters[character] for character in text)
    return mark + text if len(text) < 2 or text.isalpha() else f"{mark}({text})"


class _Reader:
    """Reads one formula from left to right."""

    def __init__(self, source: str) -> None:
        self._tokens = [match.groups() for match in _TOKEN.finditer(source)]
        self._at = 0
        self._depth = 0

    def read(self) -> str:
        text = self._until_brace()
        if self._at < len(self._tokens):
            raise _NoPlainFormError
        return re.sub(r" *\n *", "\n", re.sub(r"(?<=\S) {2,}(?=[^ ])", " ", text)).strip()

    def _until_brace(self) -> str:
        """Return what comes up to a closing brace or the end."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _NoPlainFormError
        parts: list[str] = []
        while self._at < len(self._tokens) and self._tokens[self._at][1] != "}":
            parts.append(self._next())
        self._depth -= 1
        return "".join(parts)

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise _NoPlainFormError
        command, mark, blank, character = self._tokens[self._at]
        self._at += 1
        if command is not None:
            return self._command(command)
        if mark == "{":
            text = self._until_brace()
            if self._at >= len(self._tokens):
                raise _NoPlainFormError
            self._at += 1
            return text
        if mark in ("^", "_"):
            return shifted(self._argument().replace(" ", ""), mark)
        if mark == "}" or character in ("&", "#", "%", "~"):
            raise _NoPlainFormError
        return " " if blank else {"'": "′", "*": "*"}.get(character, character)

    def _argument(self) -> str:
        while self._at < len(self._tokens) and self._tokens[self._at][2]:
            self._at += 1
        return self._next()

    def _command(self, name: str) -> str:
        if name in _SYMBOLS:
            return _SYMBOLS[name]
        if name in _NAMES:
            return self._spaced(name)
        if name in _BLANKS:
            return _BLANKS[name]
        if name in _IGNORED:
            return self._delimiter() if name in ("left", "right") else ""
        if name in "{}$%&#_|":
            return "‖" if name == "|" else name
        return self._with_argument(name)

    def _with_argument(self, name: str) -> str:
        if name in ("frac", "dfrac", "tfrac"):
            return f"{_grouped(self._argument())}/{_grouped(self._argument())}"
        if name == "sqrt":
            return f"√{_grouped(self._argument())}" if not self._has_option() else self._fail()
        if name == "binom":
            return f"C({self._argument()}, {self._argument()})"
        if name in _TEXT:
            return self._argument()
        if name == "mathbb":
            letter = self._argument()
            return _BLACKBOARD[letter] if letter in _BLACKBOARD else self._fail()
        if name in _ACCENTS:
            letter = self._argument()
            return letter + _ACCENTS[name] if len(letter) == 1 else self._fail()
        return self._fail()

    def _has_option(self) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at][3] == "["

    def _delimiter(self) -> str:
        delimiter = self._argument()
        return "" if delimiter == "." else delimiter

    def _spaced(self, name: str) -> str:
        """Set a function's name apart from a letter behind it: `sin x`, but `sin(x)` and `sin²`."""
        follows = self._tokens[self._at] if self._at < len(self._tokens) else None
        apart = follows is not None and (follows[0] not in (None, "left", ",", "!") or (follows[3] or "(").isalnum())
        return f"{name} " if apart else name

    @staticmethod
    def _fail() -> str:
        raise _NoPlainFormError


def _grouped(text: str) -> str:
    """Put brackets around what would be read otherwise next to a slash or a root."""
    text = text.strip()
    return text if re.fullmatch(r"[\w.,∞′⁰-⁹₀-ₜ²³¹ⁿ]+|\([^()]*\)", text) else f"({text})"
