"""The rows of a CSV file whose columns have known names, read so that no cell can be taken for another one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from judge.errors import InputError
from judge.files import read_text


def read_cells(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line that each row ends on and its cells by the name of their column; blank rows are left out.

    A row of fewer cells than columns has empty ones at its end. Raises InputError for a file that is not UTF-8, a
    column that stands twice, a row of more cells than columns (`8,5` for 8.5), a quotation mark that is never closed
    and a cell of more than 131,072 characters.
    """
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    header: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = _header(cells, path)
                continue
            if any(cell.strip() for cell in cells[len(header) :]):
                raise InputError(
                    f"{len(cells)} cells for {len(header)} columns",
                    path=path,
                    line=reader.line_num,
                    mend="put cells that hold a comma in quotation marks, no blank before them; write 8.5 with a point",
                )
            yield reader.line_num, dict.fromkeys(header, "") | dict(zip(header, cells, strict=False))
    except csv.Error as error:
        what = f"cannot be read as CSV ({error})"
        raise InputError(what, path=path, line=reader.line_num, mend="write it again as CSV UTF-8") from None


def _header(cells: list[str], path: Path) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name in names:
        if name and names.count(name) > 1:
            raise InputError(f"two columns are called '{name}'", path=path, line=1, mend="rename or delete one")
    return names
