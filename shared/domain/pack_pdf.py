"""The evidence pack on paper: the same parts as the page, as a PDF whose bytes follow from the summary alone.

Helvetica, which every reader has, so that nothing is embedded; a character that it lacks is written as its
number. No date, no name of a program, no compression: equal summaries give equal bytes.

Source: ISO 32000-1 (PDF 1.7), 7.5 file structure, 9.6.2 standard fonts; widths of Adobe's Helvetica metrics.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shared.domain.pack_page import NOTHING, Row, Section, columns, heading, outline, spoken, told

WIDE, HIGH, MARGIN = 842.0, 595.0, 36.0  # A4 on its side, in points
SMALL, TEXT, TITLE = 7.0, 9.0, 14.0
_LEADING = 1.3
# Thousandths of an em of the characters from space to tilde.
_WIDTHS = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 "
    "556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 "
    "722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 "
    "500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
WIDTHS = {chr(32 + place): int(width) for place, width in enumerate(_WIDTHS.split())}
_OTHER = 778  # as wide as the widest small letter: a line never runs over


@dataclass
class _Paper:
    """Pages that fill from the top; every line goes where the one before ended."""

    pages: list[list[str]] = field(default_factory=lambda: [[]])
    y: float = HIGH - MARGIN

    def need(self, points: float) -> None:
        """Begin another page where this one has not as much room."""
        if self.y - points < MARGIN:
            self.pages.append([])
            self.y = HIGH - MARGIN

    def write(self, text: str, *, x: float, size: float, bold: bool) -> None:
        """One line at the present height."""
        font = "F2" if bold else "F1"
        self.pages[-1].append(f"BT /{font} {size:g} Tf {x:.2f} {self.y:.2f} Td ({_escaped(text)}) Tj ET")

    def rule(self) -> None:
        """A thin line across the page."""
        self.pages[-1].append(f"0.3 w {MARGIN:.2f} {self.y:.2f} m {WIDE - MARGIN:.2f} {self.y:.2f} l S")

    def paragraph(self, text: str, *, size: float, bold: bool = False) -> None:
        """Lines over the whole width."""
        for line in _wrapped(text, WIDE - 2 * MARGIN, size=size):
            self.need(size * _LEADING)
            self.y -= size * _LEADING
            self.write(line, x=MARGIN, size=size, bold=bold)

    def row(self, cells: Sequence[str], widths: Sequence[float], *, bold: bool = False) -> None:
        """Cells side by side; one that is higher than a page goes on on the next."""
        wrapped = [_wrapped(cell, width - 6, size=SMALL) for cell, width in zip(cells, widths, strict=True)]
        for number in range(max(len(lines) for lines in wrapped)):
            self.need(SMALL * _LEADING)
            self.y -= SMALL * _LEADING
            x = MARGIN
            for lines, width in zip(wrapped, widths, strict=True):
                if number < len(lines):
                    self.write(lines[number], x=x, size=SMALL, bold=bold)
                x += width
        self.y -= 3
        self.rule()


def as_pdf(summary: Row, *, period: tuple[str, str], site: str) -> bytes:
    """The whole pack as one PDF file.

    Args:
        summary: what `pack.summarise` answered.
        period: the first and the last instant.
        site: how the site is named.
    """
    paper = _Paper()
    paper.paragraph(heading(period, site), size=TITLE, bold=True)
    for section in outline(summary):
        _add(paper, section)
    return _file(paper.pages)


def _add(paper: _Paper, section: Section) -> None:
    paper.need(60)
    paper.y -= TEXT
    paper.paragraph(section.title, size=TEXT + 2 if section.level == 2 else TEXT, bold=True)
    if section.lead:
        paper.paragraph(section.lead, size=TEXT)
    paper.y -= SMALL / 2
    if section.facts is not None:
        room = WIDE - 2 * MARGIN
        for name, value in section.facts.items():
            paper.row([spoken(name), told(value)], [0.25 * room, 0.75 * room])
    elif section.rows:
        names = columns(section.rows)
        lines = [[told(row.get(name)) for name in names] for row in section.rows]
        _table(paper, [[spoken(name) for name in names], *lines])
    elif section.rows is not None:
        paper.paragraph(NOTHING, size=TEXT)


def _table(paper: _Paper, rows: Sequence[Sequence[str]]) -> None:
    widths = _shares(rows)
    for number, row in enumerate(rows):
        paper.row(row, widths, bold=number == 0)


def _shares(rows: Sequence[Sequence[str]]) -> list[float]:
    """The width of each column: by its longest cell, but none starves beside a very long one."""
    longest = [max(4, min(40, max(len(row[place]) for row in rows))) for place in range(len(rows[0]))]
    room = WIDE - 2 * MARGIN
    return [room * one / sum(longest) for one in longest]


def _wrapped(text: str, width: float, *, size: float) -> list[str]:
    """Lines that are no wider than `width` points; a word that is wider is broken."""
    lines, line, used = [], "", 0.0
    for word in _pieces(text, width, size=size):
        wide = _width(word, size)
        if line and used + wide > width:
            lines.append(line.rstrip())
            line, used = "", 0.0
        line, used = line + word, used + wide
    return [*lines, line.rstrip()]


def _pieces(text: str, width: float, *, size: float) -> Iterator[str]:
    """Words with the space behind them, cut where one alone is too wide."""
    for word in text.replace("\n", " ").split(" "):
        piece, used = "", 0.0
        for letter in f"{word} ":
            wide = _width(letter, size)
            if piece and used + wide > width:
                yield piece
                piece, used = "", 0.0
            piece, used = piece + letter, used + wide
        yield piece


def _width(text: str, size: float) -> float:
    return sum(WIDTHS.get(letter, _OTHER) for letter in text) * size * 1.06 / 1000  # bold is a little wider


def _escaped(text: str) -> str:
    """A string of PDF in the encoding of Windows; what that lacks stands as its number."""
    text = text.replace("\N{MINUS SIGN}", "-")
    raw = "".join(one if _has(one) else f"<U+{ord(one):04X}>" for one in text).encode("cp1252")
    safe = raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return "".join(chr(one) if 32 <= one < 127 else f"\\{one:03o}" for one in safe)


def _has(letter: str) -> bool:
    try:
        return letter.encode("cp1252") >= b" "
    except UnicodeEncodeError:
        return False


def _file(pages: Sequence[Sequence[str]]) -> bytes:
    """The objects of a PDF one after the other, then where each begins."""
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    fonts = "<< /Font << /F1 3 0 R /F2 4 0 R >> >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R /Lang (en) >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>",
        *(
            f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
            for name in ("Helvetica", "Helvetica-Bold")
        ),
    ]
    for number, lines in enumerate(pages):
        told_lines = "\n".join(lines)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDE:g} {HIGH:g}] /Resources {fonts} "
            f"/Contents {6 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(told_lines)} >>\nstream\n{told_lines}\nendstream")
    return _numbered(objects)


def _numbered(objects: Sequence[str]) -> bytes:
    out, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{one}\nendobj\n".encode("ascii")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode("ascii")
